//! A mosquitto that runs.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

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
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
