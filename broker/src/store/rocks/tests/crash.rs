//! Killed at any instant: every acknowledged group is there whole, every other whole or not at all.

use super::*;
use crate::store::tests::support::{id, wait, waiting};
use crate::store::{Commit, CommitState, FlightState};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const CHILD_DIR: &str = "STORE_CRASH_TEST_DIR";
const OUTSTANDING: usize = 16;

/// Group `n` marks itself in three queues, with an exchange and a received id.
fn group(n: u64) -> Vec<Op> {
    let packet_id = id(1 + (n % 65_535) as u16);
    let mut ops = vec![
        publish("shared", &[1, 2], n),
        publish("alone", &[3], n),
        Op::PutFlight {
            queue: QueueId(1),
            order: n,
            packet_id,
            seq: Some(n),
            message: None,
        },
        Op::PutReceived {
            queue: QueueId(2),
            packet_id,
        },
    ];
    if n >= 3 {
        // Three groups later an exchange gets on: part of the next group, so whole with it.
        let before = id(1 + ((n - 3) % 65_535) as u16);
        ops.push(Op::ReleaseFlight {
            queue: QueueId(1),
            order: n - 3,
            packet_id: before,
            seq: Some(n - 3),
        });
    }
    ops
}

/// The process that is killed. Only does something when started by the test below.
#[test]
fn crash_child() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let store = open(Path::new(&dir));
    let mut out = std::io::stdout();
    let mut outstanding: VecDeque<(u64, Commit)> = VecDeque::new();
    for n in store
        .read_entries_newest(QueueId(3), u64::MAX, 1)
        .unwrap()
        .first()
        .map_or(0, |last| last.seq + 1)..
    {
        outstanding.push_back((n, store.submit(group(n))));
        while outstanding.len() > OUTSTANDING {
            let (n, commit) = outstanding.pop_front().unwrap();
            assert_eq!(wait(&commit), CommitState::Durable);
            writeln!(out, "acknowledged {n}").unwrap();
            out.flush().unwrap();
        }
    }
}

fn run_and_kill(dir: &Path, lines: usize) -> u64 {
    let name = "store::rocks::tests::crash::crash_child";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut last = None;
    let mut seen = 0;
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        // After the kill the pipe still holds acknowledgements; they count.
        if out.read_line(&mut line).unwrap() == 0 {
            break;
        }
        if let Some((_, n)) = line.trim().split_once("acknowledged ") {
            last = Some(n.parse().unwrap_or_else(|_| last.unwrap_or(0)));
            seen += 1;
        }
        if seen == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    last.expect("some acknowledgement")
}

#[test]
fn every_acknowledged_group_survives_a_kill_whole() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let acknowledged = run_and_kill(dir.path(), 200 + 313 * round);
        let store = open(dir.path());
        let last = *waiting(&store, 3).last().unwrap();
        assert!(
            last >= acknowledged,
            "acknowledged {acknowledged}, stored up to {last}"
        );
        let all: Vec<u64> = (0..=last).collect();
        assert_eq!(waiting(&store, 2), all, "the groups are those of queue 3");
        assert_eq!(waiting(&store, 3), all);
        let stored = store.read_flights(QueueId(1)).unwrap();
        assert_eq!(
            stored
                .flights
                .iter()
                .map(|flight| flight.order)
                .collect::<Vec<_>>(),
            all
        );
        for flight in &stored.flights {
            let released = flight.order + 3 <= last;
            assert_eq!(
                flight.state == FlightState::Released,
                released,
                "{}",
                flight.order
            );
            assert_eq!(flight.entry.is_none(), released);
        }
        assert_eq!(
            store.read_flights(QueueId(2)).unwrap().received.len() as u64,
            (last + 1).min(65_535)
        );
        store.audit();
    }
}
