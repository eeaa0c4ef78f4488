//! A mosquitto that runs, and what is played against it.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;
use tempfile::TempDir;

/// A mosquitto on a port of its own, until it is dropped.
pub(crate) struct Broker {
    pub(crate) child: Child,
    pub(crate) dir: TempDir,
    pub(crate) address: SocketAddr,
}

impl Broker {
    /// `lines` follow the listener's. A free port can be taken by somebody else before mosquitto has it; then there is another.
    pub(crate) fn start(lines: &str) -> Broker {
        (0..10)
            .find_map(|_| Self::start_once(lines))
            .expect("mosquitto starts")
    }

    fn start_once(lines: &str) -> Option<Broker> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("broker.conf");
        let common =
            "allow_anonymous true\nlog_dest none\nset_tcp_nodelay true\nmax_queued_messages 0\nuser root\n";
        fs::write(
            &file,
            format!("listener {} 127.0.0.1\n{lines}\n{common}", address.port()),
        )
        .unwrap();
        let mut command = Command::new(super::broker::mosquitto());
        let child = command
            .arg("-c")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut broker = Broker { child, dir, address };
        broker.eventually_listens().then_some(broker)
    }

    /// Whether it listens; not if it has ended.
    fn eventually_listens(&mut self) -> bool {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "mosquitto does not listen"
            );
            thread::sleep(Duration::from_millis(5));
        }
        self.child.try_wait().unwrap().is_none()
    }

    /// Plays a file; returns what was said, and the result file.
    pub(crate) fn play(&self, file: &Path, arguments: &[&str]) -> (Output, Value) {
        let json = self.dir.path().join("result.json");
        let output = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
            .arg("play")
            .arg(file)
            .args(["--target", &self.address.to_string(), "--every", "0.2"])
            .args(["--pid", &self.child.id().to_string()])
            .arg("--json")
            .arg(&json)
            .args(arguments)
            .output()
            .unwrap();
        let result = fs::read(&json)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        (output, result.unwrap_or_default())
    }

    /// A scenario file with this text.
    pub(crate) fn file(&self, text: &str) -> PathBuf {
        let file = self.dir.path().join("scenario.toml");
        fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn count(result: &Value, counter: &str) -> u64 {
    result["counters"][counter]
        .as_u64()
        .unwrap_or_else(|| panic!("no {counter} in {result}"))
}

/// Latencies mean nothing on a busy machine; everything else holds.
pub(crate) fn assert_held(output: &Output, result: &Value) {
    for judged in result["assertions"]
        .as_array()
        .unwrap_or_else(|| panic!("{output:?}"))
    {
        let text = judged["text"].as_str().unwrap();
        assert!(
            judged["passed"].as_bool().unwrap() || text.contains("p99"),
            "{text}: {judged} {output:?}"
        );
    }
    assert_eq!(result["fault_count"].as_u64(), Some(0), "{output:?}");
}
