//! The types of config.md 2, by examples on both sides of their borders.

use super::*;
use crate::table;

fn parse(key: &str, text: &str) -> Result<Value, Refusal> {
    super::parse(table::row(key).expect("a row"), text, Path::new("/base"))
}

fn refused(key: &str, text: &str) -> String {
    crate::resolve::refusal_fault(key, parse(key, text).expect_err("a refusal"), None).text()
}

#[test]
fn flags_and_words_are_exact() {
    assert_eq!(parse("allow_anonymous", "on"), Ok(Value::Flag(true)));
    assert_eq!(
        refused("allow_anonymous", "true"),
        "Error transforming datatype for: allow_anonymous\n\"true\" is not a valid enum value, acceptable values are: \
         on, off"
    );
    assert_eq!(parse("queue_type", "lifo"), Ok(Value::Word("lifo")));
    assert!(parse("queue_type", "LIFO").is_err());
}

#[test]
fn integers_and_their_bounds() {
    assert_eq!(parse("retry_interval", "+5"), Ok(Value::Integer(5)));
    assert_eq!(
        refused("retry_interval", "abc"),
        "Error transforming datatype for: retry_interval\n\"abc\" cannot be converted to a(n) integer"
    );
    assert_eq!(parse("max_offline_messages", "-1"), Ok(Value::Integer(-1)));
    assert_eq!(
        refused("max_offline_messages", "-2"),
        "max_offline_messages invalid, must be -1 or more"
    );
    assert_eq!(
        refused("systree_qos", "3"),
        "systree_qos invalid, must be between 0 and 2"
    );
    assert_eq!(
        refused("listener.tcp.active_n", "0"),
        "listener.tcp.active_n invalid, value must be an integer between 1 and 32767"
    );
    assert!(parse("retry_interval", "99999999999999999999").is_err());
    assert_eq!(
        parse("listener.max_connections", "infinity"),
        Ok(Value::Word("infinity"))
    );
    assert_eq!(refused("listener.max_connections", "x").lines().count(), 3);
}

#[test]
fn coarse_durations_have_no_minutes() {
    let secs = |text| match parse("persistent_client_expiration", text) {
        Ok(Value::Duration(duration)) => Some(duration.as_secs()),
        _ => None,
    };
    assert_eq!(secs("1w"), Some(604_800));
    assert_eq!(secs("1m"), Some(2_419_200));
    assert_eq!(secs("1y"), Some(29_030_400));
    assert_eq!(secs("99999999999999999999y"), Some(u64::from(u32::MAX)));
    assert_eq!(
        parse("persistent_client_expiration", "never"),
        Ok(Value::Word("never"))
    );
    for text in ["90", "10x", "", "w", "-1w", "1.5w", "1ä"] {
        assert!(parse("persistent_client_expiration", text).is_err(), "{text}");
    }
    assert_eq!(
        refused("persistent_client_expiration", "90"),
        "Translation for 'vmq_server.persistent_client_expiration' found invalid configuration: 90 must be an integer \
         followed by one of 'h', 'd', 'w', 'm', 'y' for hour, day, week, month, and year, or the string 'never'"
    );
}

#[test]
fn sizes_percentages_and_durations() {
    let size = |text| number::byte_size(text);
    assert_eq!(size("10MB"), Some(10 << 20));
    assert_eq!(size("1.5kb"), Some(1536));
    assert_eq!(size("4096"), Some(4096));
    for text in [
        "",
        "10K",
        "10Mb",
        "MB",
        "1 MB",
        "-1",
        "1.2.3KB",
        "99999999999GB",
        ".",
    ] {
        assert_eq!(size(text), None, "{text}");
    }
    assert_eq!(
        ["10%", "10", "0%", "100", "101", "%", "x%"]
            .map(number::percent)
            .map(|p| p.is_some()),
        [true, true, true, true, false, false, false]
    );
    let duration = |text| number::duration(text).map(|duration| duration.as_millis());
    assert_eq!(duration("1h30m"), Some(5_400_000));
    assert_eq!(duration(".5s"), Some(500));
    assert_eq!(duration("1f"), Some(1_209_600_000));
    assert_eq!(duration("0.1ms"), Some(1));
    for text in ["", "1", "h", "1x", "1h2", "99999999999999999f"] {
        assert_eq!(duration(text), None, "{text}");
    }
}

#[test]
fn addresses() {
    let ip = |text: &str| address::ip_port(text).map(|address| address.to_string());
    assert_eq!(ip("127.0.0.1:1883").as_deref(), Some("127.0.0.1:1883"));
    assert_eq!(ip(":::1883").as_deref(), Some("[::]:1883"));
    assert_eq!(ip("::1:8883").as_deref(), Some("[::1]:8883"));
    assert_eq!(ip("[::1]:0").as_deref(), Some("[::1]:0"));
    for text in [
        "localhost:1883",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:+1",
        "1883",
        ":1883",
    ] {
        assert_eq!(ip(text), None, "{text}");
    }
    assert_eq!(
        address::unix("local:/run/x.sock:0"),
        Some(PathBuf::from("/run/x.sock"))
    );
    assert_eq!(
        address::unix("unix:/run/x.sock:0"),
        Some(PathBuf::from("/run/x.sock"))
    );
    for text in ["local::0", "local:/a:1", "local:/a", "local:/a:b:0", "/a"] {
        assert_eq!(address::unix(text), None, "{text}");
    }
    assert_eq!(
        refused("listener.tcp.$name", "localhost:1883"),
        "Error transforming datatype for: listener.tcp.$name\n\"localhost:1883\" cannot be converted to a(n) \
         IP\n\"localhost:1883\" cannot be converted to a(n) UDS"
    );
    assert!(address::is_host_port("broker.example.com:1883") && address::is_host_port("::1:1883"));
    assert!(
        !address::is_host_port("broker:0")
            && !address::is_host_port("broker")
            && !address::is_host_port(":1")
    );
}

#[test]
fn lists() {
    let names = |text: &str| names(text).map(|names| names.join("|"));
    assert_eq!(names("[a, b]").as_deref(), Some("a|b"));
    assert_eq!(names("a,b").as_deref(), Some("a|b"));
    assert_eq!(names("[]").as_deref(), Some(""));
    assert_eq!(names("a,,b"), None);
    assert_eq!(names("[a"), None);
    assert_eq!(number::integers("[3,4, 5]"), Some(vec![3, 4, 5]));
    assert_eq!(
        parse("listener.tcp.buffer_sizes", "1,2,3"),
        Ok(Value::Integers(vec![1, 2, 3]))
    );
    assert_eq!(
        refused("listener.tcp.buffer_sizes", "1,2"),
        "listener.tcp.buffer_sizes invalid, value must be three comma-separated, positive integers"
    );
    // Which curves are served is decided for each listener (`build`).
    assert!(parse("listener.ssl.eccs", "[secp384r1,a,b]").is_ok());
    assert!(parse("listener.ssl.tls_version", "tlsv1.2, tlsv1.3").is_ok());
    assert!(parse("listener.ssl.tls_version", "tlsv1,tlsv1.1").is_err());
    assert!(parse("listener.ws.proxy_xff_trusted_intermediate", "10.0.0.1; ::1").is_ok());
    assert!(parse("listener.ws.proxy_xff_trusted_intermediate", "proxy").is_err());
    for networks in [
        "",
        "10.0.0.1",
        "10.0.0.0/8; ::1",
        "[2001:db8::]/32;::ffff:10.0.0.0/104",
    ] {
        assert!(
            parse("listener.ws.proxy_protocol_trusted", networks).is_ok(),
            "{networks}"
        );
    }
    for networks in [
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "/8",
        "10.0.0.0/8/8",
        "proxy",
    ] {
        assert!(
            parse("listener.ws.proxy_protocol_trusted", networks).is_err(),
            "{networks}"
        );
    }
}

#[test]
fn socket_options() {
    use erlang::{Term, options};
    let atom = |text: &str| Term::Atom(text.to_owned());
    let linger = Term::Tuple(vec![
        atom("linger"),
        Term::Tuple(vec![atom("true"), Term::Integer(0)]),
    ]);
    assert_eq!(
        options("[{linger, {true, 0}} , inet6]"),
        Some(vec![linger, atom("inet6")])
    );
    assert_eq!(options(" [] "), Some(vec![]));
    assert_eq!(
        options("[{cacertfile, \"/a b\"}]"),
        Some(vec![Term::Tuple(vec![
            atom("cacertfile"),
            Term::Text("/a b".into())
        ])])
    );
    for text in [
        "", "[", "[a", "a", "{a}", "[a,]", "[a}", "[a] b", "[,a]", "[A]", "[\"x]", "[a b]", "]", "[{a,b]}",
    ] {
        assert_eq!(options(text), None, "{text}");
    }
    assert_eq!(options(&"[".repeat(10_000)), None);
}

#[test]
fn paths_names_and_modes() {
    assert_eq!(
        parse("vmq_acl.acl_file", "etc/vmq.acl"),
        Ok(Value::Path("/base/etc/vmq.acl".into()))
    );
    assert_eq!(parse("vmq_acl.acl_file", "/x"), Ok(Value::Path("/x".into())));
    assert_eq!(parse("vmq_acl.acl_file", ""), Ok(Value::Path(PathBuf::new())));
    assert!(parse("nodename", "VerneMQ@10.0.0.1").is_ok());
    for text in ["VerneMQ", "@a", "a@", "a@b@c", "a b@c"] {
        assert!(
            refused("nodename", text).contains("nodename must be of the form name@host"),
            "{text}"
        );
    }
    assert_eq!(parse("admin.socket.mode", "0660"), Ok(Value::Mode(0o660)));
    for text in ["", "66", "0888", "u+rw", "7777", "00660", "+660"] {
        assert!(parse("admin.socket.mode", text).is_err(), "{text}");
    }
}

#[test]
fn files_that_a_listener_needs_are_looked_into() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cert.pem");
    let check = || parse("listener.ssl.$name.certfile", &path.to_string_lossy());
    assert_eq!(check(), Err(Refusal::Check("file does not exist".into())));
    std::fs::write(&path, "no certificate").expect("a file");
    assert_eq!(
        check(),
        Err(Refusal::Check(
            "file is not PEM-encoded with one or more entries".into()
        ))
    );
    std::fs::write(&path, "-----BEGIN CERTIFICATE-----\n").expect("a file");
    assert!(check().is_ok());
    assert!(parse("listener.ssl.cafile", "").is_ok());
}
