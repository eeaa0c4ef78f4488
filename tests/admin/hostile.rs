//! Limits of admin.md 18.2 and input that nobody sends by accident. After each of them the daemon must still answer.

use harness::{DEADLINE, Node};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use vmq_admin::Client;

/// A connection without a client library.
struct Raw(BufReader<UnixStream>);

impl Raw {
    fn open(node: &Node) -> Self {
        let stream = UnixStream::connect(node.socket()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Connected and greeted.
    fn greeted(node: &Node) -> Self {
        let mut raw = Self::open(node);
        let hello = raw.line();
        assert!(
            hello.starts_with(r#"{"t":"hello","v":1,"node":"VerneMQ@127.0.0.1","#),
            "{hello}"
        );
        assert!(
            hello.ends_with(r#","state":"running","access":"full"}"#),
            "{hello}"
        );
        raw
    }

    /// The daemon may hang up while we write.
    fn say(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).ok();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What comes until the daemon hangs up; an abrupt end is an end.
    fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).ok();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn still_answers(node: &Node) {
    Client::connect(&node.socket()).unwrap().ping(DEADLINE).unwrap();
}

#[test]
fn the_documented_lines() {
    let node = Node::started("");
    let mut raw = Raw::greeted(&node);
    raw.say(b"{\"t\":\"ping\",\"id\":2}\n{\"t\":\"cancel\",\"id\":9}\n{\"t\":\"ping\",\"id\":3}\n");
    assert_eq!(raw.line(), r#"{"t":"pong","id":2}"#);
    assert_eq!(raw.line(), r#"{"t":"pong","id":3}"#);
    raw.say(br#"{"t":"exec","id":4,"command":{"log":{"level":{"logger":"x","level":"debug"}}}}"#);
    raw.say(b"\n");
    let alert = r#"{"alert":[{"text":"Invalid value: \"x\"","type":"text"}],"type":"alert"}"#;
    assert_eq!(
        raw.line(),
        format!(r#"{{"t":"element","id":4,"element":{alert}}}"#)
    );
    assert_eq!(raw.line(), r#"{"t":"end","id":4,"exit":1}"#);
}

#[test]
fn what_is_no_request_ends_the_connection() {
    let node = Node::started("");
    let deep = "[".repeat(100_000);
    for nonsense in [
        "GET / HTTP/1.1",
        "",
        "\u{0}\u{1}\u{2}",
        "{}",
        r#"{"t":"exec","id":1}"#,
        r#"{"t":"exec","id":1,"command":"reboot"}"#,
        r#"{"t":"ping","id":99999999999999999999999}"#,
        deep.as_str(),
    ] {
        let mut raw = Raw::greeted(&node);
        raw.say(nonsense.as_bytes());
        raw.say(b"\n");
        let rest = raw.rest();
        assert!(rest.starts_with(r#"{"t":"refused","text":"#), "{rest}");
    }
    let mut raw = Raw::greeted(&node);
    raw.say(b"\xff\xfe\n");
    raw.rest();
    still_answers(&node);
}

#[test]
fn an_endless_line_is_cut_off() {
    let node = Node::started("");
    let mut raw = Raw::greeted(&node);
    raw.say(&vec![b'x'; 2 * 1024 * 1024]);
    raw.rest();
    still_answers(&node);
}

#[test]
fn half_a_line_is_no_request() {
    let node = Node::started("");
    let mut raw = Raw::greeted(&node);
    raw.say(br#"{"t":"exec","id":1,"command":{"daemon":"stop"}}"#);
    raw.0.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(raw.rest(), "");
    still_answers(&node);
}

#[test]
fn a_silent_client_is_left_after_five_seconds() {
    let node = Node::started("");
    let mut raw = Raw::greeted(&node);
    raw.say(b"{\"t\":");
    assert_eq!(raw.rest(), "");
    still_answers(&node);
}

#[test]
fn the_thirty_third_connection_is_refused() {
    let node = Node::started("");
    let held: Vec<Raw> = (0..32)
        .map(|id| {
            let mut raw = Raw::greeted(&node);
            raw.say(format!("{{\"t\":\"ping\",\"id\":{id}}}\n").as_bytes());
            assert_eq!(raw.line(), format!(r#"{{"t":"pong","id":{id}}}"#));
            raw
        })
        .collect();
    let mut raw = Raw::open(&node);
    assert_eq!(
        raw.line(),
        r#"{"t":"refused","text":"too many admin connections"}"#
    );
    drop(held);
    harness::control::eventually_blocking("a free place", || Client::connect(&node.socket()).is_ok());
    still_answers(&node);
}
