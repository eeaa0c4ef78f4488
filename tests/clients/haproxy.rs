//! haproxy in front of the broker: who the client is, as the proxy tells it. Clients come from addresses of their own
//! (all of 127.0.0.0/8 is this machine), the proxy comes from 127.0.0.1.

mod proxy;

use crate::files::IdentityFiles;
use crate::install;
use crate::libraries::{level, url};
use crate::mosquitto::{MESSAGE, publisher, subscribed, subscriber};
use crate::program::{Ended, Program};
use crate::witness::Witness;
use harness::*;
use proxy::Setup;
use std::fs;
use std::path::Path;

/// The two forms of the header.
const FORMS: [&str; 2] = ["send-proxy", "send-proxy-v2"];

/// A broker whose connections start with a header.
fn behind_a_proxy() -> (Witness, BrokerBuilder) {
    let (witness, builder) = Witness::builder();
    (witness, builder.conf("listener.tcp.default.proxy_protocol = on"))
}

/// The options of a `bind` that ends TLS and takes whatever certificate a client shows: what it is worth, the header
/// tells.
fn ending_tls(home: &Path) -> String {
    fs::write(home.join("ca.pem"), certificates::authority().pem()).unwrap();
    let server = certificates::server();
    fs::write(home.join("haproxy.pem"), server.pem() + server.key_pem()).unwrap();
    format!(
        "ssl crt {home}/haproxy.pem ca-file {home}/ca.pem verify optional crt-ignore-err all ca-ignore-err all",
        home = home.display()
    )
}

/// config.md 7.1
async fn the_broker_sees_the_client(v: Version) {
    for form in FORMS {
        let (witness, builder) = behind_a_proxy();
        let broker = builder.start().await;
        let proxy = Setup::tcp(broker.addr()).server(form).start();
        let mut sub = subscribed(subscriber(v, proxy.addr()).words("-A 127.0.0.2 -q 1 -t a"));
        assert_eq!(host(&witness), "127.0.0.2", "{form}");
        publisher(v, proxy.addr())
            .words("-A 127.0.0.3 -q 1 -t a -m small")
            .succeed();
        assert_eq!(host(&witness), "127.0.0.3", "{form}");
        assert_eq!(sub.line(MESSAGE), "a 1 0 5 small");
        publisher(v, proxy.addr())
            .words("-q 1 -t a -s")
            .input(vec![b'x'; 300_000])
            .succeed();
        let large = format!("a 1 0 300000 {}", "x".repeat(300_000));
        assert!(sub.line(MESSAGE) == large, "the large payload is another one");
    }
}
versions!(tcp the_broker_sees_the_client: V3, V4, V5);

/// The address of the only client since the last question.
fn host(witness: &Witness) -> String {
    let peer = witness.only().peer;
    let (host, port) = peer.rsplit_once(':').unwrap();
    assert_ne!(port, "0");
    host.to_owned()
}

/// config.md 7.1: a header where none is wanted is no CONNECT, and a CONNECT where one is wanted is no header.
async fn both_sides_must_agree(v: Version) {
    let (witness, builder) = behind_a_proxy();
    let broker = builder.start().await;
    let nobody = |address| publisher(v, address).words("-q 1 -t a -m m").run();
    assert_ne!(nobody(broker.addr()).code, Some(0));
    let proxy = Setup::tcp(broker.addr()).start();
    assert_ne!(nobody(proxy.addr()).code, Some(0));
    assert!(witness.saw_nobody());
    let (witness, builder) = Witness::builder();
    let broker = builder.start().await;
    for form in FORMS {
        let proxy = Setup::tcp(broker.addr()).server(form).start();
        assert_ne!(nobody(proxy.addr()).code, Some(0), "{form}");
    }
    assert!(witness.saw_nobody());
}
versions!(tcp both_sides_must_agree: V4, V5);

/// config.md 7.1: only a name that the proxy has verified is a name.
async fn the_certificate_names_the_user(v: Version) {
    let good = certificates::authority().client("device");
    let foreign = Authority::root("somebody else").client("device");
    for (setting, expected) in [("on", ["device", "mqtt", "mqtt"]), ("off", ["mqtt"; 3])] {
        let (witness, builder) = behind_a_proxy();
        let home = builder.home().to_owned();
        let broker = builder
            .conf(&format!(
                "listener.tcp.default.proxy_protocol_use_cn_as_username = {setting}"
            ))
            .start()
            .await;
        let proxy = Setup::tcp(broker.addr())
            .bind(&ending_tls(&home))
            .server("send-proxy-v2-ssl-cn")
            .start();
        let client = || {
            publisher(v, proxy.addr())
                .arg("--cafile")
                .arg(home.join("ca.pem"))
                .words("-A 127.0.0.2 -u mqtt -P secret -q 1 -t a -m m")
        };
        let showing = |name: &str, identity: &Identity| {
            let files = IdentityFiles::write(&home, name, identity);
            client()
                .arg("--cert")
                .arg(files.certificate)
                .arg("--key")
                .arg(files.key)
        };
        let clients = [showing("good", &good), showing("foreign", &foreign), client()];
        for (number, (client, user)) in clients.into_iter().zip(expected).enumerate() {
            client.succeed();
            let seen = witness.only();
            assert_eq!(seen.username.as_deref(), Some(user), "{setting}, client {number}");
            assert_eq!(seen.password.as_deref(), Some(&b"secret"[..]));
            assert!(seen.peer.starts_with("127.0.0.2:"), "{}", seen.peer);
        }
    }
}
versions!(tcp the_certificate_names_the_user: V4, V5);

/// config.md 7.1: the LOCAL header of a check that speaks MQTT. The peer is the proxy itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_health_check_is_answered() {
    let (witness, builder) = behind_a_proxy();
    let broker = builder.start().await;
    let connect = "1012 00044d515454 04 02 003c 00066865616c7468".replace(' ', "");
    let proxy = Setup::tcp(broker.addr())
        .line("option log-health-checks")
        .line("option tcp-check")
        .line("tcp-check connect send-proxy")
        .line(&format!("tcp-check send-binary {connect}"))
        .line("tcp-check expect binary 20020000")
        .server("send-proxy-v2 check inter 1h")
        .start();
    eventually("the check", async || {
        proxy
            .output()
            .contains("Health check for server proxy/broker succeeded")
    })
    .await;
    let seen = witness.only();
    assert_eq!(seen.client_id, "health");
    assert!(seen.peer.starts_with("127.0.0.1:"), "{}", seen.peer);
}

/// MQTT.js at a haproxy that speaks HTTP, from an address of its own.
fn web_client(v: Version, url: &str) -> Program {
    install::node("with_mqtt_js.js")
        .env("SOURCE", "127.0.0.4")
        .arg(url)
        .arg(level(v))
}

fn is_done(ended: &Ended) -> bool {
    ended.code == Some(0) && ended.lines.last().is_some_and(|line| line == "done")
}

/// config.md 7.1
async fn websocket_behind_a_header(v: Version) {
    for form in FORMS {
        let (witness, builder) = behind_a_proxy();
        let broker = builder.start().await;
        let proxy = Setup::http(broker.addr()).server(form).start();
        let ended = web_client(v, &url(Transport::Ws, proxy.addr()))
            .arg("large")
            .run();
        assert!(is_done(&ended), "{ended:?}");
        assert_eq!(host(&witness), "127.0.0.4", "{form}");
    }
}
versions!(ws websocket_behind_a_header: V5);

/// config.md 7.2
async fn websocket_behind_x_forwarded_for(v: Version) {
    for (trusted, gets_in) in [("127.0.0.1", true), ("192.0.2.1", false)] {
        let (witness, builder) = Witness::builder();
        let broker = builder
            .conf("listener.ws.default.proxy_xff_support = on")
            .conf(&format!(
                "listener.ws.default.proxy_xff_trusted_intermediate = {trusted}"
            ))
            .start()
            .await;
        let proxy = Setup::http(broker.addr()).line("option forwardfor").start();
        let ended = web_client(v, &url(Transport::Ws, proxy.addr()))
            .arg("every_qos")
            .run();
        assert_eq!(is_done(&ended), gets_in, "{ended:?}");
        if gets_in {
            assert_eq!(host(&witness), "127.0.0.4");
        } else {
            assert!(witness.saw_nobody());
        }
    }
}
versions!(ws websocket_behind_x_forwarded_for: V5);

/// config.md 7.2: haproxy ends TLS, verifies the certificate and names its owner in a header.
async fn websocket_with_a_certificate(v: Version) {
    let (witness, builder) = Witness::builder();
    let home = builder.home().to_owned();
    let broker = builder
        .conf("listener.ws.default.proxy_xff_support = on")
        .conf("listener.ws.default.proxy_xff_trusted_intermediate = 127.0.0.1")
        .conf("listener.ws.default.proxy_xff_use_cn_as_username = on")
        .start()
        .await;
    let proxy = Setup::http(broker.addr())
        .bind(&ending_tls(&home))
        .line("option forwardfor")
        .line("http-request del-header X-SSL-Client-CN")
        .line(
            "http-request set-header X-SSL-Client-CN %[ssl_c_s_dn(cn)] if { ssl_c_used } { ssl_c_verify 0 }",
        )
        .start();
    let client = || {
        web_client(v, &url(Transport::Wss, proxy.addr()))
            .env("CAFILE", home.join("ca.pem"))
            .arg("every_qos")
    };
    let device = certificates::authority().client("device");
    let device = IdentityFiles::write(&home, "device", &device);
    let ended = client()
        .env("CERTFILE", device.certificate)
        .env("KEYFILE", device.key)
        .run();
    assert!(is_done(&ended), "{ended:?}");
    let seen = witness.only();
    assert_eq!(seen.username.as_deref(), Some("device"));
    assert!(seen.peer.starts_with("127.0.0.4:"), "{}", seen.peer);
    // No certificate, no name.
    let ended = client().run();
    assert!(!is_done(&ended), "{ended:?}");
    assert!(witness.saw_nobody());
}
versions!(ws websocket_with_a_certificate: V5);
