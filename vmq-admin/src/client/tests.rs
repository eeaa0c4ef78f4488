//! The client against daemons that behave, hang, lie or talk too much.

use super::*;
use crate::command::node::Node;
use crate::element::Row;
use crate::wire::{FRAME_BYTES_MAX, State};
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixListener;
use std::thread::JoinHandle;

const HELLO: &str = r#"{"t":"hello","v":1,"node":"a@b","version":"9","pid":7,"state":"running"}"#;
const PATIENCE: Duration = Duration::from_secs(10);
const STATUS: Command = Command::Node(Node::Status);

/// A daemon that says these lines, each after having read one (the first at once), and then hangs up.
struct Fake {
    folder: tempfile::TempDir,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    fn new(says: Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            for (index, text) in says.into_iter().enumerate() {
                let mut line = String::new();
                if index > 0 && reader.read_line(&mut line).unwrap() == 0 {
                    return;
                }
                (&stream).write_all(text.as_bytes()).ok();
            }
        });
        Self {
            folder,
            thread: Some(thread),
        }
    }

    fn connect(&self) -> Result<Client, ClientError> {
        Client::connect_within(&self.folder.path().join("s"), PATIENCE)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn hello_then(answer: &str) -> Fake {
    Fake::new(vec![format!("{HELLO}\n"), answer.to_owned()])
}

#[test]
fn an_answer_in_parts_becomes_one_table() {
    let answer = concat!(
        r#"{"t":"element","id":1,"element":{"table":[{"a":1}],"type":"table"},"more":true}"#,
        "\n",
        r#"{"t":"element","id":1,"element":{"table":[{"a":2}],"type":"table"}}"#,
        "\n",
        r#"{"t":"element","id":1,"element":{"text":"x","type":"text"}}"#,
        "\n",
        r#"{"t":"end","id":1,"exit":1}"#,
        "\n"
    );
    let fake = hello_then(answer);
    let mut client = fake.connect().unwrap();
    assert_eq!(client.hello().state, State::Running);
    let outcome = client.exec(STATUS, Some(PATIENCE)).unwrap();
    let rows = [1_u64, 2].map(|n| Row::default().with("a", n));
    assert_eq!(
        outcome.elements,
        [Element::Table(rows.to_vec()), Element::text("x")]
    );
    assert_eq!(outcome.exit, 1);
}

#[test]
fn nobody_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Client::connect(&folder.path().join("none"));
    assert!(matches!(missing, Err(ClientError::NotRunning(_))));
    let stale = folder.path().join("stale");
    drop(UnixListener::bind(&stale).unwrap());
    assert!(matches!(Client::connect(&stale), Err(ClientError::NotRunning(_))));
}

#[test]
fn another_version_is_named() {
    let fake = Fake::new(vec![r#"{"t":"salute","v":2,"version":"12.0"}"#.to_owned() + "\n"]);
    let error = fake.connect().unwrap_err().to_string();
    assert!(error.ends_with("cannot talk to VerneMQ 12.0"), "{error}");
}

#[test]
fn a_refusal_keeps_its_words() {
    let fake = Fake::new(vec![
        r#"{"t":"refused","text":"Permission denied"}"#.to_owned() + "\n",
    ]);
    assert_eq!(fake.connect().unwrap_err().to_string(), "Permission denied");
}

#[test]
fn a_daemon_that_says_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let _listener = UnixListener::bind(&path).unwrap();
    let result = Client::connect_within(&path, Duration::from_millis(20));
    assert!(matches!(result, Err(ClientError::Timeout)));
}

#[test]
fn endless_and_senseless_answers_are_errors() {
    let endless = Fake::new(vec!["x".repeat(FRAME_BYTES_MAX + 10)]);
    assert!(matches!(
        endless.connect(),
        Err(ClientError::Frame(FrameFault::TooLong))
    ));
    let nonsense = Fake::new(vec!["HTTP/1.1 200 OK\n".to_owned()]);
    assert!(matches!(
        nonsense.connect(),
        Err(ClientError::Frame(FrameFault::Json(_)))
    ));
    let broken = hello_then("{\"t\":\"po");
    let result = broken.connect().unwrap().ping(PATIENCE);
    assert!(matches!(result, Err(ClientError::Closed)));
    let other = hello_then("{\"t\":\"pong\",\"id\":99}\n");
    let result = other.connect().unwrap().ping(PATIENCE);
    assert!(matches!(result, Err(ClientError::Unexpected)));
}
