//! `mosquitto_pub` and `mosquitto_sub` over TLS: whom they trust, and whom the broker lets in.

use crate::files::IdentityFiles;
use crate::install;
use crate::mosquitto::{MESSAGE, publisher, subscribed, subscriber};
use crate::program::Program;
use harness::*;
use std::path::PathBuf;

const TLS_VERSIONS: [&str; 2] = ["tlsv1.2", "tlsv1.3"];

/// A broker of the builder's transport, and the folder of its files and of its clients' ones.
struct Secure {
    broker: TestBroker,
    home: PathBuf,
}

impl Secure {
    async fn start(builder: BrokerBuilder) -> Self {
        Self {
            home: builder.home().to_owned(),
            broker: builder.start().await,
        }
    }

    /// What a client needs to trust the broker.
    fn trusting(&self, program: Program) -> Program {
        program.arg("--cafile").arg(self.home.join("ca.pem"))
    }

    fn publisher(&self, v: Version) -> Program {
        self.trusting(publisher(v, self.broker.addr()))
            .words("-t news -m x")
    }

    fn subscriber(&self, v: Version) -> Program {
        self.trusting(subscriber(v, self.broker.addr()))
    }

    /// This publisher does not get through, with either version of TLS, and the broker counts why. What it prints
    /// differs from run to run: with 1.3 it may have sent its CONNECT before it hears of the refusal.
    async fn refuses(&self, publisher: impl Fn() -> Program, why: &str) {
        for tls in TLS_VERSIONS {
            let before = self.broker.metric_of("tls_handshake_failed", why);
            let ended = publisher().arg("--tls-version").arg(tls).run();
            assert_ne!(ended.code, Some(0), "{why} {tls}");
            eventually(&format!("{tls}: tls_handshake_failed of {why}"), async || {
                self.broker.metric_of("tls_handshake_failed", why) == before + 1
            })
            .await;
        }
        assert_eq!(self.broker.metric("mqtt_connect_received"), 0, "{why}");
    }
}

fn presenting(program: Program, files: &IdentityFiles) -> Program {
    program
        .arg("--cert")
        .arg(&files.certificate)
        .arg("--key")
        .arg(&files.key)
}

/// Clients must show a certificate.
fn demanding() -> BrokerBuilder {
    TestBroker::builder().conf("listener.ssl.default.require_certificate = on")
}

/// config.md 8
async fn with_cafile(v: Version) {
    let secure = Secure::start(TestBroker::builder()).await;
    for tls in TLS_VERSIONS {
        let with_version = |program: Program| program.arg("--tls-version").arg(tls);
        let mut sub = subscribed(with_version(secure.subscriber(v)).words("-q 2 -t news -t large"));
        for qos in 0..3 {
            with_version(secure.publisher(v))
                .words(&format!("-q {qos}"))
                .succeed();
            assert_eq!(sub.line(MESSAGE), format!("news {qos} 0 1 x"));
        }
        // Many records.
        with_version(secure.trusting(publisher(v, secure.broker.addr())))
            .words("-q 1 -t large -s")
            .input(vec![b'x'; 300_000])
            .succeed();
        let large = format!("large 1 0 300000 {}", "x".repeat(300_000));
        assert!(sub.line(MESSAGE) == large, "the large payload is another one");
    }
}
versions!(ssl with_cafile: V4, V5);

/// Nothing differs for 3.1 but the CONNECT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_cafile_and_3_1() {
    over(Transport::Ssl, with_cafile(V3)).await;
}

/// The client is the one who refuses: the broker hears of it as an alert.
async fn a_client_trusts_its_authorities_only(v: Version) {
    let secure = Secure::start(TestBroker::builder()).await;
    let other = secure.home.join("other.pem");
    std::fs::write(&other, Authority::root("authority of the tests").pem()).unwrap();
    let ended = publisher(v, secure.broker.addr())
        .words("-t news -m x --cafile")
        .arg(other)
        .run();
    assert_ne!(ended.code, Some(0), "{ended:?}");
    eventually("the alert to be counted", async || {
        secure.broker.metric_of("tls_handshake_failed", "peer_alert") == 1
    })
    .await;
}
versions!(ssl a_client_trusts_its_authorities_only: V5);

/// config.md 8.1: the name of the certificate is the user, whatever the client says; the password is the client's.
async fn the_certificate_names_the_user(v: Version) {
    let builder = demanding()
        .conf("listener.ssl.default.use_identity_as_username = on")
        .closed()
        .acl("pattern own/%u/#\n");
    let passwords = builder.home().join("vmq.passwd");
    install::vmq_passwd()
        .arg(&passwords)
        .arg("device")
        .input("secret\nsecret\n")
        .succeed();
    let secure = Secure::start(builder).await;
    let device = certificates::authority().client("device");
    let device = IdentityFiles::write(&secure.home, "device", &device);
    let connecting = |program: Program, password: &str| {
        presenting(program, &device).words(&format!("-u admin -P {password} -i {v:?}"))
    };
    let granted = connecting(secure.subscriber(v), "secret").words("-q 1 -E -t own/device/#");
    assert!(
        granted
            .succeed()
            .iter()
            .any(|line| line == "Subscribed (mid: 1): 1")
    );
    let refused = connecting(secure.subscriber(v), "secret").words("-q 1 -E -t own/admin/#");
    let code = if v == V5 { "135" } else { "128" };
    let lines = refused.run().lines;
    let told = format!("Subscribed (mid: 1): {code}");
    assert!(lines.contains(&told), "{lines:?}");
    let wrong = connecting(secure.publisher(v), "wrong").run();
    assert_eq!(wrong.code, Some(if v == V5 { 134 } else { 4 }), "{wrong:?}");
}
versions!(ssl the_certificate_names_the_user: V4, V5);

/// config.md 8.1: with the override the certificate is all a device needs.
async fn the_certificate_alone_lets_in(v: Version) {
    let builder = demanding()
        .conf("listener.ssl.default.use_identity_as_username = on")
        .conf("listener.ssl.default.allow_anonymous_override = on")
        .closed()
        .acl("pattern own/%u/#\n");
    let secure = Secure::start(builder).await;
    let device = certificates::authority().client("device");
    let device = IdentityFiles::write(&secure.home, "device", &device);
    let mut sub = subscribed(presenting(secure.subscriber(v), &device).words("-q 1 -t own/device/#"));
    presenting(secure.trusting(publisher(v, secure.broker.addr())), &device)
        .words("-q 1 -t own/device/x -m hello")
        .succeed();
    assert_eq!(sub.line(MESSAGE), "own/device/x 1 0 5 hello");
}
versions!(ssl the_certificate_alone_lets_in: V4, V5);

/// config.md 8.1
async fn who_is_refused(v: Version) {
    let secure = Secure::start(demanding()).await;
    let authority = certificates::authority();
    secure
        .refuses(|| secure.publisher(v), "certificate_required")
        .await;
    for (name, identity, why) in [
        ("expired", authority.expired_client("x"), "certificate_expired"),
        ("future", authority.future_client("x"), "certificate_expired"),
        (
            "foreign",
            Authority::root("somebody else").client("x"),
            "certificate_untrusted",
        ),
        ("own", Identity::self_signed("x"), "certificate_invalid"),
        ("server", authority.server(), "certificate_invalid"),
    ] {
        let files = IdentityFiles::write(&secure.home, name, &identity);
        secure
            .refuses(|| presenting(secure.publisher(v), &files), why)
            .await;
    }
    let good = IdentityFiles::write(&secure.home, "good", &authority.client("x"));
    presenting(secure.publisher(v), &good).succeed();
}
versions!(ssl who_is_refused: V5);

/// config.md 8.3
async fn a_revoked_certificate_is_refused(v: Version) {
    let authority = certificates::authority();
    let (good, bad) = (authority.client("x"), authority.client("x"));
    let builder = demanding();
    builder.write("crl.pem", &authority.revocation_list(&[&bad]));
    let line = format!(
        "listener.ssl.default.crlfile = {}/crl.pem",
        builder.home().display()
    );
    let secure = Secure::start(builder.conf(&line)).await;
    let good = IdentityFiles::write(&secure.home, "good", &good);
    let bad = IdentityFiles::write(&secure.home, "bad", &bad);
    secure
        .refuses(|| presenting(secure.publisher(v), &bad), "certificate_revoked")
        .await;
    presenting(secure.publisher(v), &good).succeed();
}
versions!(ssl a_revoked_certificate_is_refused: V4, V5);

/// config.md 8.3: a device that was let in yesterday is kept out today, without a restart.
async fn a_certificate_is_revoked_while_the_broker_runs(v: Version) {
    let authority = certificates::authority();
    let (stays, leaves) = (authority.client("stays"), authority.client("leaves"));
    let builder = demanding().conf("crl_refresh_interval = 200");
    builder.write("crl.pem", &authority.revocation_list(&[]));
    let line = format!(
        "listener.ssl.default.crlfile = {}/crl.pem",
        builder.home().display()
    );
    let secure = Secure::start(builder.conf(&line)).await;
    let list = authority.revocation_list(&[&leaves]);
    let stays = IdentityFiles::write(&secure.home, "stays", &stays);
    let leaves = IdentityFiles::write(&secure.home, "leaves", &leaves);
    let mut running = subscribed(presenting(secure.subscriber(v), &leaves).words("-q 1 -t news"));
    secure.broker.write("crl.pem", &list);
    eventually("the list to be in force", async || {
        presenting(secure.publisher(v), &leaves).run().code != Some(0)
    })
    .await;
    // Sessions that run are not touched.
    presenting(secure.publisher(v), &stays).words("-q 1").succeed();
    while running.line(MESSAGE) != "news 1 0 1 x" {}
}
versions!(ssl a_certificate_is_revoked_while_the_broker_runs: V5);

/// Neither a plain client at a TLS listener nor a TLS client at a plain one gets anywhere, or hangs.
async fn the_wrong_listener(v: Version) {
    let secure = Secure::start(TestBroker::builder()).await;
    let lost = publisher(v, secure.broker.addr()).words("-t news -m x").run();
    assert_ne!(lost.code, Some(0), "{lost:?}");
    eventually("the attempt to be counted", async || {
        secure.broker.metric_of("tls_handshake_failed", "not_tls") == 1
    })
    .await;
    let plain = TestBroker::builder().transport(Transport::Tcp).start().await;
    let lost = secure
        .trusting(publisher(v, plain.addr()))
        .words("-t news -m x")
        .run();
    assert_ne!(lost.code, Some(0), "{lost:?}");
    assert_eq!(plain.metric("mqtt_connect_received"), 0);
}
versions!(ssl the_wrong_listener: V5);
