//! paho for Python and MQTT.js. Their scripts hold the scenarios and check them; a test here is one scenario in one
//! version over one transport, against a broker of its own.

use crate::install;
use crate::program::Program;
use harness::*;
use std::ffi::OsStr;
use std::net::SocketAddr;

/// The scenario must end well, and say so: a script that ends early by mistake proves nothing.
async fn run(script: fn(&str) -> Program, file: &str, v: Version, scenario: &str) {
    let mut builder = TestBroker::builder();
    if scenario == "aliases" {
        builder = builder.conf("topic_alias_max_client = 5\ntopic_alias_max_broker = 5");
    }
    let transport = transport::under_test();
    let cafile = builder.home().join("ca.pem");
    let broker = builder.start().await;
    let lines = script(file)
        .env(
            "CAFILE",
            if transport.is_tls() {
                cafile.as_os_str()
            } else {
                OsStr::new("")
            },
        )
        .arg(url(transport, broker.addr()))
        .arg(level(v))
        .arg(scenario)
        .succeed();
    assert_eq!(lines.last().map(String::as_str), Some("done"), "{lines:?}");
}

/// The address of a listener, as both libraries want it.
pub(crate) fn url(transport: Transport, address: SocketAddr) -> String {
    match transport {
        Transport::Tcp => format!("mqtt://{address}"),
        Transport::Ssl => format!("mqtts://{address}"),
        Transport::Ws => format!("ws://{address}/mqtt"),
        Transport::Wss => format!("wss://{address}/mqtt"),
    }
}

/// The protocol level, as both libraries call their versions.
pub(crate) fn level(v: Version) -> &'static str {
    match v {
        V3 => "3",
        V4 => "4",
        V5 => "5",
    }
}

macro_rules! scenarios {
    ($library:ident, $run:expr, $file:literal, $($over:ident $scenario:ident: $($version:ident),+;)+) => {
        mod $library {
            use super::*;
            $(
                async fn $scenario(v: Version) {
                    run($run, $file, v, stringify!($scenario)).await;
                }
                versions!($over $scenario: $($version),+);
            )+
        }
    };
}

scenarios!(paho, install::python, "with_paho.py",
    all every_qos: V3, V4, V5;
    all large: V4, V5;
    tcp in_order: V3, V4, V5;
    tcp resume: V3, V4, V5;
    tcp retained: V3, V4, V5;
    tcp will: V3, V4, V5;
    tcp unsubscribe: V3, V4, V5;
    tcp properties: V5;
    tcp request_response: V5;
    tcp options: V5;
);

scenarios!(mqtt_js, install::node, "with_mqtt_js.js",
    all every_qos: V3, V4, V5;
    all large: V4, V5;
    all in_order: V3, V4, V5;
    tcp resume: V3, V4, V5;
    tcp retained: V3, V4, V5;
    all will: V3, V4, V5;
    tcp unsubscribe: V3, V4, V5;
    tcp properties: V5;
    tcp aliases: V5;
);

/// Version 3.1 asks for a sub-protocol of its own, `mqttv3.1` (config.md 6.3).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mqtt_js_finds_the_sub_protocol_of_3_1() {
    over(
        Transport::Ws,
        run(install::node, "with_mqtt_js.js", V3, "every_qos"),
    )
    .await;
}
