//! A mosquitto broker as a bridge to us: a client that marks its protocol level (131, 132) or, in version 5, asks for
//! no echo. Its own clients come through a Unix socket, so that no port must be guessed.

use crate::install;
use crate::mosquitto::{FORMAT, MESSAGE, SUBSCRIBED, publisher, subscribed, subscriber};
use crate::program::{Program, Running};
use harness::*;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A mosquitto whose bridge is up.
struct Bridge {
    home: TempDir,
    _running: Running,
}

impl Bridge {
    fn start(v: Version, broker: &TestBroker) -> Self {
        let home = tempfile::tempdir().unwrap();
        let version = match v {
            V3 => "mqttv31",
            V4 => "mqttv311",
            V5 => "mqttv50",
        };
        let text = format!(
            "user root\nlistener 0 {home}/socket\nallow_anonymous true\npersistence false\n\
             log_dest stdout\nlog_type all\nlog_timestamp false\n\
             connection bridge\naddress {address}\nremote_clientid bridge\nnotifications false\n\
             bridge_protocol_version {version}\ntopic both/# both 2\n",
            home = home.path().display(),
            address = broker.addr(),
        );
        let file = home.path().join("mosquitto.conf");
        fs::write(&file, text).unwrap();
        let mut running = install::mosquitto("mosquitto").arg("-c").arg(file).start();
        running.line("Received SUBACK");
        Self {
            home,
            _running: running,
        }
    }

    fn client(&self, name: &str) -> Program {
        install::mosquitto(name).arg("--unix").arg(self.socket())
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("socket")
    }
}

/// Both ways, each message once, with the retained flag as it was.
async fn a_bridge_carries_messages_both_ways(v: Version) {
    let broker = TestBroker::start().await;
    let bridge = Bridge::start(v, &broker);
    let mut there = bridge
        .client("mosquitto_sub")
        .arg("-d")
        .arg("-F")
        .arg(FORMAT)
        .words("-q 2 -t both/#")
        .start();
    there.line(SUBSCRIBED);
    let mut here = subscribed(subscriber(v, broker.addr()).words("-q 2 -t both/#"));
    for n in ["1", "2"] {
        bridge
            .client("mosquitto_pub")
            .words(&format!("-q 2 -r -t both/there -m {n}"))
            .succeed();
        assert_eq!(here.line(MESSAGE), format!("both/there 2 0 1 {n}"));
        publisher(v, broker.addr())
            .words(&format!("-q 1 -t both/here -m {n}"))
            .succeed();
        assert_eq!(here.line(MESSAGE), format!("both/here 1 0 1 {n}"));
        // An echo of ours would stand between these two.
        assert_eq!(there.line(MESSAGE), format!("both/there 2 0 1 {n}"));
        assert_eq!(there.line(MESSAGE), format!("both/here 1 0 1 {n}"));
    }
    let mut late = subscribed(subscriber(v, broker.addr()).words("-q 2 -t both/#"));
    assert_eq!(late.line(MESSAGE), "both/there 2 1 1 2");
}
versions!(tcp a_bridge_carries_messages_both_ways: V3, V4, V5);
