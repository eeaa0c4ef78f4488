//! Listeners: inheritance, options of every kind, what is told of those that lead nowhere.

use std::net::SocketAddr;
use std::time::Duration;

use super::*;

pub(super) fn listener(text: &str) -> ListenerConfig {
    load_text(text).config.listeners.remove(0)
}

/// A file of the cases; only the frame of keys and certificates is looked at.
pub(super) fn part(name: &str) -> String {
    format!(
        "{}/../../tests/config/valid/parts/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// A listener `a` of a kind, with what it needs to open.
pub(super) fn of_kind(kind: &str) -> String {
    let address = format!("listener.{kind}.a = 127.0.0.1:0\n");
    if !["ssl", "wss", "https", "vmqs"].contains(&kind) {
        return address;
    }
    let (cert, key) = (part("cert.pem"), part("key.pem"));
    format!("{address}listener.{kind}.certfile = {cert}\nlistener.{kind}.keyfile = {key}\n")
}

/// The faults of a file without their places.
pub(super) fn listener_faults(text: &str) -> Vec<String> {
    let faults = load_str(text, &|_| None).expect_err("faults");
    let start = "Translation for 'vmq_server.listeners' found invalid configuration: ";
    faults
        .iter()
        .map(|fault| fault.text().replace(start, ""))
        .collect()
}

#[test]
fn listeners_inherit_from_kind_and_from_all() {
    let all = "listener.max_connections = 100\n";
    let kind = "listener.tcp.max_connections = 50\n";
    let name = "listener.tcp.a = 127.0.0.1:0\n";
    assert_eq!(listener(&format!("{name}{all}")).max_connections, Some(100));
    assert_eq!(listener(&format!("{name}{all}{kind}")).max_connections, Some(50));
    let own = |value: &str| {
        listener(&format!(
            "{name}{all}{kind}listener.tcp.a.max_connections = {value}"
        ))
    };
    assert_eq!(own("10").max_connections, Some(10));
    assert_eq!(own("-1").max_connections, Some(50));
    assert_eq!(own("infinity").max_connections, None);
    let acceptors = |text: &str| listener(&format!("listener.http.a = 127.0.0.1:0\n{text}")).acceptors;
    assert_eq!(acceptors(""), 10);
    assert_eq!(acceptors("listener.http.nr_of_acceptors = 3"), 3);
    assert_eq!(
        acceptors("listener.nr_of_acceptors = 3\nlistener.http.nr_of_acceptors = -1"),
        3
    );
}

/// Two values of an option that is not at its default with the first, and what it needs besides.
fn values(option: &str) -> ([String; 2], &'static str) {
    let words = |one: &str, two: &str| [one.to_owned(), two.to_owned()];
    match option {
        "max_connections"
        | "nr_of_acceptors"
        | "max_connection_lifetime"
        | "active_n"
        | "connect_rate"
        | "connect_rate_per_source"
        | "tls_handshake_timeout"
        | "depth" => (words("7", "8"), ""),
        "mountpoint" => (words("m", "n"), ""),
        "allowed_protocol_versions" => (words("4", "5"), ""),
        "buffer_sizes" => (words("1,2,3", "4,5,6"), ""),
        "forward_connection_opts" | "proxy_protocol" => (words("on", "off"), ""),
        "proxy_protocol_use_cn_as_username" => (words("off", "on"), "proxy_protocol = on"),
        "proxy_protocol_trusted" => (words("10.0.0.0/8", "::1"), "proxy_protocol = on"),
        "proxy_xff_support" => (words("on", "off"), "proxy_xff_trusted_intermediate = ::1"),
        "proxy_xff_trusted_intermediate" => (words("10.0.0.1", "10.0.0.2"), "proxy_xff_support = on"),
        "cafile" | "certfile" | "crlfile" => ([part("key.pem"), part("cert.pem")], ""),
        "keyfile" => ([part("cert.pem"), part("key.pem")], ""),
        "keypasswd" => (words("one", "two"), ""),
        "ciphers" => (
            words("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"),
            "",
        ),
        "eccs" => (words("[x25519]", "[secp384r1]"), ""),
        "tls_version" => (words("tlsv1.3", "tlsv1.2"), ""),
        "require_certificate" | "use_identity_as_username" => (words("on", "off"), "cafile"),
        "psk_support" | "psk_identity_hint" => (words("off", "off"), ""),
        other => panic!("{other} is new: say here which values it takes"),
    }
}

#[test]
fn every_option_of_a_name_goes_before_its_kind_and_that_before_all() {
    let mut count = 0;
    for row in table::rows() {
        let words: Vec<&str> = row.key.split('.').collect();
        let ["listener", kind, "$name", option] = words[..] else {
            continue;
        };
        if row.area == table::Area::Legacy || table::row(&format!("listener.{kind}.{option}")).is_none() {
            continue;
        }
        let ([one, two], needed) = values(option);
        let needed = match needed {
            "" => String::new(),
            "cafile" => format!("listener.{kind}.cafile = {}\n", part("cert.pem")),
            other => format!("listener.{kind}.{other}\n"),
        };
        let base = of_kind(kind) + &needed;
        let at = |level: &str, value: &str| format!("listener.{level}{option} = {value}\n");
        let (all, of_kind, of_name) = (String::new(), format!("{kind}."), format!("{kind}.a."));
        let expected = listener(&(base.clone() + &at(&of_name, &one)));
        // Pre-shared keys do nothing, and a file that trusts no proxy is refused.
        if !option.starts_with("psk_") && option != "proxy_xff_trusted_intermediate" {
            assert_ne!(listener(&base), expected, "{}: no effect", row.key);
        }
        let of_kind_alone = listener(&(base.clone() + &at(&of_kind, &one)));
        assert_eq!(of_kind_alone, expected, "{}", row.key);
        let both = listener(&(base.clone() + &at(&of_kind, &two) + &at(&of_name, &one)));
        assert_eq!(both, expected, "{}", row.key);
        if table::row(&format!("listener.{option}")).is_some() {
            let for_all = listener(&(base.clone() + &at(&all, &one)));
            assert_eq!(for_all, expected, "{}", row.key);
            let all_and_kind = listener(&(base + &at(&all, &two) + &at(&of_kind, &one)));
            assert_eq!(all_and_kind, expected, "{}", row.key);
        }
        count += 1;
    }
    assert!(count > 100, "{count}");
}

#[test]
fn secrets_of_a_listener_do_not_show() {
    let text = of_kind("https")
        + "listener.https.a.keypasswd = hush\n\
           listener.https.a.http_modules.vmq_http_pub.mqtt_auth.password = hush\n";
    let loaded = load_text(&text);
    assert!(!crate::effective_text(&loaded, true).contains("hush"));
    assert!(!format!("{:?}", loaded.config).contains("hush"));
    let tls = loaded.config.listeners[0].tls.clone().expect("TLS");
    assert_eq!(tls.keypasswd.expose(), "hush");
}

#[test]
fn a_mountpoint_can_be_switched_off_for_one_listener() {
    let text = "listener.tcp.a = 127.0.0.1:0\nlistener.tcp.mountpoint = m//\n";
    assert_eq!(listener(text).mountpoint, "m");
    assert_eq!(
        listener(&format!("{text}listener.tcp.a.mountpoint = off")).mountpoint,
        ""
    );
}

#[test]
fn listener_options_reach_their_fields() {
    let listener = listener(
        "listener.tcp.a\\.b = local:/run/x.sock:0\nlistener.tcp.a\\.b.allowed_protocol_versions = [4, 5]\n\
         listener.tcp.buffer_sizes = 1,2,3\nlistener.tcp.a\\.b.active_n = 7\n\
         listener.tcp.a\\.b.auth_plugins = vmq_passwd\nlistener.tcp.max_connection_lifetime = 60\n\
         listener.tcp.a\\.b.connect_rate = 9",
    );
    assert_eq!(listener.name, "a.b");
    assert_eq!(listener.address, ListenerAddress::Unix("/run/x.sock".into()));
    assert_eq!(listener.allowed_protocol_versions, [4, 5]);
    assert_eq!(
        listener.buffer_sizes,
        Some(BufferSizes {
            send: 1,
            receive: 2,
            read_buffer: 3
        })
    );
    assert_eq!((listener.active_n, listener.connect_rate), (7, 9));
    assert_eq!(listener.auth_plugins, Some(vec![Plugin::Passwd]));
    assert_eq!(listener.authz_plugins, None);
    assert_eq!(listener.max_connection_lifetime, Some(Duration::from_secs(60)));
}

#[test]
fn a_listener_of_the_file_has_the_defaults_of_new() {
    let address: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    for (word, kind) in table::LISTENER_KINDS {
        let from_file = listener(&of_kind(word));
        let new = ListenerConfig::new(kind, "a", ListenerAddress::Ip(address));
        assert_eq!(from_file.tls.is_some(), kind.is_tls());
        assert_eq!(
            ListenerConfig {
                tls: None,
                ..from_file
            },
            new
        );
        assert_eq!(kind.key_word(), word);
    }
}

#[test]
fn ipv6_needs_no_brackets() {
    let address = ListenerAddress::Ip("[::]:1883".parse().expect("an address"));
    assert_eq!(listener("listener.tcp.v6 = :::1883").address, address);
}

#[test]
fn shared_addresses_and_options_without_listener_are_noticed() {
    let same = "listener.tcp.a = 127.0.0.1:1\nlistener.ws.b = 127.0.0.1:1";
    assert_eq!(load_text(same).config.listeners.len(), 2);
    assert_eq!(
        warnings_of(same),
        ["vernemq.conf:2: listener.ws.b has the address of listener.tcp.a: it will not open"]
    );
    assert!(warnings_of("listener.tcp.a = 127.0.0.1:0\nlistener.tcp.b = 127.0.0.1:0").is_empty());
    assert!(warnings_of("listener.tcp.name.allow_anonymous_override = off").is_empty());
    assert_eq!(
        warnings_of("listener.tcp.x.mountpoint = m"),
        [
            "vernemq.conf:1: config: listener.tcp.x.mountpoint has no effect here (listener.tcp.x has no address)"
        ]
    );
}

/// Decisions 34: as if the file had named it.
#[test]
fn a_listener_by_hand_has_what_the_file_would_give_it() {
    let loaded = load_text("listener.tcp.max_connections = 7\nlistener.tcp.127-0-0-1-1 = 127.0.0.1:1");
    let address = ListenerAddress::Ip("127.0.0.1:1".parse().expect("an address"));
    let start = |kind, options: &[(&str, &str)]| {
        let options: Vec<_> = options
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        loaded.listener(kind, address.clone(), &options)
    };
    let (listener, notices) = start(
        ListenerKind::Tcp,
        &[("mountpoint", "mp"), ("allow_anonymous_override", "on")],
    )
    .expect("a listener");
    assert_eq!(listener.name, "127-0-0-1-1-2");
    assert_eq!(
        (listener.max_connections, listener.mountpoint.as_str()),
        (Some(7), "mp")
    );
    assert_eq!(listener.allowed_protocol_versions, [3, 4, 5, 131, 132]);
    assert!(listener.allow_anonymous_override && notices.is_empty());
    assert_eq!(
        start(ListenerKind::Tcp, &[("max_connections", "many")]),
        Err(ListenerRefusal::Value {
            option: "max_connections".into(),
            value: "many".into()
        })
    );
    assert_eq!(
        start(ListenerKind::Tcp, &[("certfile", "/x")]),
        Err(ListenerRefusal::Option("certfile".into()))
    );
    match start(ListenerKind::Ssl, &[]) {
        Err(ListenerRefusal::Faults(faults)) => {
            assert!(faults.to_string().contains("has no certfile"), "{faults}")
        }
        other => panic!("{other:?}"),
    }
}
