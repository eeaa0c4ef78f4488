//! Lines of `vmq-admin listener`.

use super::super::tests::{command, fault};
use super::*;

fn line(typed: &str) -> String {
    command(typed).line()
}

#[test]
fn places_are_addresses_or_sockets() {
    let place = |typed: &str| match command(typed) {
        Command::Listener(Listener::Stop { place, .. }) => place,
        other => panic!("{other:?}"),
    };
    let stop = "listener stop port=1883 address=127.0.0.1";
    assert_eq!(place(stop), Place::Ip("127.0.0.1:1883".parse().unwrap()));
    assert_eq!(
        place("listener stop address=::1 port=0"),
        Place::Ip("[::1]:0".parse().unwrap())
    );
    assert_eq!(
        place("listener stop address=local:/run/a.sock"),
        Place::Local("/run/a.sock".into())
    );
    assert_eq!(line(stop), "listener stop address=127.0.0.1 port=1883");
    assert_eq!(
        line("listener stop address=127.0.0.1 port=1883 -k"),
        "listener stop address=127.0.0.1 port=1883 --kill_sessions"
    );
}

/// admin.md 2.4 and 8.2.
#[test]
fn bad_places_have_the_known_texts() {
    for (typed, text) in [
        ("address=127.0.0.1 port=99999", "Invalid arguments: port=99999 "),
        ("address=127.0.0.1 port=+1", "Invalid arguments: port=+1 "),
        ("address=foo port=1", "Invalid arguments: address=foo "),
        ("address=local:x port=0", "Invalid arguments: address=local:x "),
        ("address=local:/x port=7", "Invalid arguments: port=7 "),
    ] {
        for word in ["start", "stop", "restart", "delete"] {
            assert_eq!(fault(&format!("listener {word} {typed}")), text);
        }
    }
    let usage = fault("listener restart address=127.0.0.1");
    assert!(usage.starts_with("Usage: vmq-admin listener restart address=<ip> port=<port>\n"));
}

#[test]
fn a_start_has_its_options_in_the_words_of_the_file() {
    let typed = "listener start address=127.0.0.1 port=1 --ssl --websocket -m mp --require_certificate \
                 --proxy_protocol_use_cn_as_username=false --certfile=/a/b.pem --keypasswd=hush --eccs=x25519:secp384r1";
    let expected = "listener start address=127.0.0.1 port=1 --ssl --websocket --mountpoint=mp \
                    --proxy_protocol_use_cn_as_username=off --certfile=/a/b.pem --keypasswd=****** \
                    --eccs=x25519,secp384r1 --require_certificate=on";
    assert_eq!(line(typed), expected);
    match command("listener start address=127.0.0.1 port=1 --ssl --cafile=x.pem") {
        Command::Listener(Listener::Start(start)) => {
            assert_eq!(start.kind, Kind::Mqtts);
            let here = std::env::current_dir().unwrap().join("x.pem");
            assert_eq!(start.options, [("cafile".to_owned(), here.display().to_string())]);
        }
        other => panic!("{other:?}"),
    }
    let start = |flags: &str| fault(&format!("listener start address=::1 port=1 {flags}"));
    assert_eq!(
        start("--require_certificate=perhaps"),
        "Invalid value: \"perhaps\" for flag: require_certificate"
    );
    assert_eq!(
        start("--max_connections"),
        "Invalid value: \"\" for flag: max_connections"
    );
    assert_eq!(
        start("--websocket --http"),
        "Invalid value: \"websocket\" for flag: http"
    );
    assert_eq!(
        start("--persist=maybe"),
        "Invalid value: \"maybe\" for flag: persist"
    );
}
