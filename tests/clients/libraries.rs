//! paho for Python and MQTT.js. Their scripts hold the scenarios and check them; a test here is one scenario in one
//! version, against a broker of its own.

use crate::install;
use crate::program::Program;
use harness::*;

/// The scenario must end well, and say so: a script that ends early by mistake proves nothing.
async fn run(script: fn(&str) -> Program, file: &str, v: Version, scenario: &str) {
    let mut builder = TestBroker::builder();
    if scenario == "aliases" {
        builder = builder.conf("topic_alias_max_client = 5\ntopic_alias_max_broker = 5");
    }
    let broker = builder.start().await;
    let lines = script(file)
        .arg(broker.addr().port().to_string())
        .arg(level(v))
        .arg(scenario)
        .succeed();
    assert_eq!(lines.last().map(String::as_str), Some("done"), "{lines:?}");
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
    ($library:ident, $run:expr, $file:literal, $($scenario:ident: $($version:ident),+;)+) => {
        mod $library {
            use super::*;
            $(
                async fn $scenario(v: Version) {
                    run($run, $file, v, stringify!($scenario)).await;
                }
                versions!($scenario: $($version),+);
            )+
        }
    };
}

scenarios!(paho, install::python, "with_paho.py",
    every_qos: V3, V4, V5;
    in_order: V3, V4, V5;
    resume: V3, V4, V5;
    retained: V3, V4, V5;
    will: V3, V4, V5;
    unsubscribe: V3, V4, V5;
    properties: V5;
    request_response: V5;
    options: V5;
);

scenarios!(mqtt_js, install::node, "with_mqtt_js.js",
    every_qos: V3, V4, V5;
    in_order: V3, V4, V5;
    resume: V3, V4, V5;
    retained: V3, V4, V5;
    will: V3, V4, V5;
    unsubscribe: V3, V4, V5;
    properties: V5;
    aliases: V5;
);
