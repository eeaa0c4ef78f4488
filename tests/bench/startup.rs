//! Start-up with many sessions: time to the first CONNACK and resident memory, with 100,000 persistent offline sessions
//! that hold 1,000,000 messages. Run it with
//! `cargo test --profile fast -p vmq-tests --test startup -- --ignored --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement: it prints its figures, and a panic is a failed one"
)]

use harness::*;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use std::{env, fs};
use vmq_broker::message::Message;
use vmq_broker::registry::SessionRecord;
use vmq_broker::router::Subscription;
use vmq_broker::store::rocks::RocksStore;
use vmq_broker::store::{EntryOp, Op, QueueId, Store};
use vmq_config::Config;

const SESSIONS: u64 = 100_000;
const MESSAGES_EACH: u64 = 10;
const FILL: &str = "VERNEMQ_BENCH_FILL";

/// What one session has stored: its record, a subscription of its own, and messages of 64 bytes.
fn session(number: u64) -> Vec<Op> {
    let queue = QueueId(number);
    let topic = format!("device/{number}/command");
    let record = SessionRecord {
        mountpoint: String::new(),
        client_id: format!("device-{number}"),
        username: None,
        expiry_secs: None,
        expires_at: None,
        last_packet_id: 0,
        will: None,
    };
    let subscription = Subscription {
        qos: QOS1,
        ..Subscription::default()
    };
    let mut ops = vec![
        Op::PutSession {
            queue,
            record: record.encode(),
        },
        Op::PutSubscription {
            queue,
            filter: topic.clone(),
            options: subscription.encode(),
        },
    ];
    for seq in 1..=MESSAGES_EACH {
        let entry = EntryOp {
            queue,
            seq,
            qos: QOS1,
            retain: false,
            subscription_id: 0,
        };
        let message = Arc::new(Message::new(&topic, &[b'x'; 64], QOS1, false));
        ops.push(Op::PutEntries {
            message,
            entries: vec![entry],
        });
    }
    ops
}

/// In a process of its own, so that filling leaves no memory behind in the measured one.
#[test]
#[ignore = "a part of the measurement below"]
fn fill() {
    let Ok(conf) = env::var(FILL) else { return };
    let config = config(&conf);
    let store = RocksStore::open(&config.store).unwrap();
    for number in 1..=SESSIONS {
        let commit = store.submit(session(number));
        if number % 1000 == 0 {
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
                .block_on(commit.done());
        }
    }
    store.close();
}

fn config(conf: &str) -> Config {
    vmq_config::load_str(conf, &|_| None).unwrap().config
}

fn resident_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute and measures; see the head of the file"]
async fn first_connack_with_a_million_waiting_messages() {
    let builder = TestBroker::builder().conf("leveldb.maximum_memory = 256MB");
    let filled = Command::new(env::current_exe().unwrap())
        .args(["fill", "--exact", "--ignored"])
        .env(FILL, builder.text())
        .status()
        .unwrap();
    assert!(filled.success());
    let before = resident_mib();
    let started = Instant::now();
    let broker = builder.start().await;
    let mut client = broker
        .client(V4, "device-77")
        .persistent()
        .connect_present(true)
        .await;
    let connack = started.elapsed();
    println!("{SESSIONS} sessions, {} messages", SESSIONS * MESSAGES_EACH);
    println!("start to first CONNACK: {:.2} s", connack.as_secs_f64());
    println!(
        "resident memory: {} MiB (before the start {before} MiB)",
        resident_mib()
    );
    for _ in 0..MESSAGES_EACH {
        client.receive("device/77/command", [b'x'; 64]).await;
    }
    broker.stop().await;
}
