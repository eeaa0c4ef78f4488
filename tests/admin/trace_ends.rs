//! How many traces may run, how much one may say, and what ends it (admin.md 2.6, 12; monitoring.md 8.1, 8.2).

use crate::trace::{Watch, cell, client, connect, done, exec, listed, plain};
use harness::control::eventually_blocking;
use harness::process::admin_program;
use harness::{DEADLINE, Node, QOS0, V4, publish};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use vmq_admin::command::trace::{OnLimit, Trace, TraceLimits};
use vmq_admin::{Client, Element, Outcome};

fn alert(text: &str) -> Outcome {
    Outcome {
        elements: vec![Element::alert(text)],
        lines: Vec::new(),
        exit: 1,
    }
}

/// monitoring.md 12.14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_quick_publishes_reach_the_limit() {
    let node = Node::started("");
    let mut talker = connect(&node, V4, "client").await;
    let limits = TraceLimits {
        // Longer than the test, so that its speed does not matter.
        rate_interval: 3_600_000,
        ..TraceLimits::default()
    };
    let watch = Watch::start(&node, client("client"), limits);
    watch.next();
    let burst: Vec<_> = (0..20)
        .map(|n| harness::Packet::Publish(publish("a", format!("{n}"))))
        .collect();
    talker.send_all(&burst).await;
    let (lines, outcome) = watch.rest();
    assert_eq!(lines.len(), 11 + 1, "{lines:?}");
    assert_eq!(lines[11], "Trace rate limit triggered.");
    assert_eq!(outcome, done());
    assert_eq!(listed(&node).len(), 0);
    talker.ping().await;
}

/// Ours: `--on-limit=sample` (admin.md 12).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_goes_on() {
    let node = Node::started("");
    let mut talker = connect(&node, V4, "client").await;
    let limits = TraceLimits {
        rate_max: 5,
        rate_interval: 200,
        on_limit: OnLimit::Sample,
        ..TraceLimits::default()
    };
    let watch = Watch::start(&node, client("client"), limits);
    watch.next();
    let burst: Vec<_> = (0..1000)
        .map(|_| harness::Packet::Publish(publish("a", "b")))
        .collect();
    talker.send_all(&burst).await;
    // Nothing more comes from the client: what was left out is told all the same.
    let mut shown = 0;
    let dropped: usize = loop {
        let line = watch.next();
        if let Some(count) = line.strip_suffix(" trace messages dropped)") {
            break count.trim_start_matches('(').parse().unwrap();
        }
        shown += 1;
    };
    assert_eq!(shown + dropped, 3 * 1000);
    watch.canceller.cancel().unwrap();
    assert_eq!(watch.rest().1, done());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_run_and_are_listed_and_stopped() {
    let node = Node::started("");
    let first = Watch::of(&node, "a");
    let second = Watch::of(&node, "b");
    first.expect(&["No sessions found for client \"a\""]);
    second.expect(&["No sessions found for client \"b\""]);
    let rows = listed(&node);
    let columns: Vec<&str> = rows[0].0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(columns.join(" "), "id kind filter started events owner");
    let filters: Vec<String> = rows.iter().map(|row| cell(row, "filter")).collect();
    assert_eq!(filters, ["client-id=a", "client-id=b"]);
    let id = cell(&rows[0], "id").parse().unwrap();
    assert_eq!(exec(&node, Trace::Stop { id }), Outcome::default());
    let terminated = vec!["Trace terminated by external action.".to_owned()];
    assert_eq!(first.rest(), (terminated.clone(), done()));
    let none = alert(&format!("No trace with id {id} is running."));
    assert_eq!(exec(&node, Trace::Stop { id }), none);
    assert_eq!(exec(&node, Trace::StopAll), Outcome::default());
    assert_eq!(second.rest(), (terminated, done()));
    assert_eq!(
        exec(&node, Trace::StopAll),
        Outcome::default(),
        "also when none runs"
    );
}

#[test]
fn there_is_a_limit_with_its_text() {
    let start = |node: &Node| Watch::of(node, "a");
    let node = Node::started("trace.max_concurrent = 1");
    let first = start(&node);
    first.next();
    let text = "Cannot start trace as another trace is already running.";
    assert_eq!(start(&node).rest(), (vec![], alert(text)));
    first.canceller.cancel().unwrap();
    assert_eq!(first.rest(), (vec![], done()));
    let node = Node::started("trace.max_concurrent = 2");
    let held = [start(&node), start(&node)];
    held.iter().for_each(|watch| drop(watch.next()));
    let text = "Cannot start trace as 2 traces are already running.";
    assert_eq!(start(&node).rest(), (vec![], alert(text)));
    drop(held);
}

/// admin.md 18.3: closing the connection cancels everything started on it.
#[test]
fn a_trace_ends_when_its_client_goes() {
    let node = Node::started("");
    let mut stream = UnixStream::connect(node.socket()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let exec = r#"{"t":"exec","id":5,"command":{"trace":{"client":{"client":{"client_ids":["c"]},"limits":{"rate_max":10,"rate_interval":100,"trunc_payload":200,"on_limit":"stop"}}}}}"#;
    stream.write_all(format!("{exec}\n").as_bytes()).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line
    };
    assert!(line().starts_with(r#"{"t":"hello""#));
    let first = line();
    assert!(
        first.starts_with(r#"{"t":"line","id":5,"stream":"out","text":""#),
        "{first}"
    );
    // Others of the same connection do not wait for it.
    stream
        .write_all(b"{\"t\":\"ping\",\"id\":6}\n{\"t\":\"cancel\",\"id\":7}\n")
        .unwrap();
    assert_eq!(line(), "{\"t\":\"pong\",\"id\":6}\n");
    stream
        .write_all(b"{\"t\":\"exec\",\"id\":8,\"command\":{\"trace\":\"list\"}}\n")
        .unwrap();
    assert!(line().contains(r#""filter":"client-id=c""#));
    assert_eq!(line(), "{\"t\":\"end\",\"id\":8,\"exit\":0}\n");
    drop((reader, stream));
    eventually_blocking("the trace to end", || listed(&node).is_empty());
}

/// A reader that does not read holds back nobody but himself: what he misses is counted and told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader() {
    let node = Node::started("");
    let mut stream = UnixStream::connect(node.socket()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let exec = r#"{"t":"exec","id":1,"command":{"trace":{"client":{"client":{"client_ids":["c"]},"limits":{"rate_max":1000000,"rate_interval":100,"trunc_payload":10000,"on_limit":"sample"}}}}}"#;
    stream.write_all(format!("{exec}\n").as_bytes()).unwrap();
    eventually_blocking("the trace to begin", || listed(&node).len() == 1);
    let mut talker = connect(&node, V4, "c").await;
    let payload = "x".repeat(10_000);
    for _ in 0..2000 {
        talker
            .send(&harness::Packet::Publish(publish("a", &payload)))
            .await;
    }
    talker.publish("a", QOS0, "last").await;
    // Two texts for each publish: 40 MB, of which the broker has kept one.
    let events: u64 = cell(&listed(&node)[0], "events").parse().unwrap();
    assert!(events >= 3 * 2001, "{events}");
    let mut reader = BufReader::new(stream);
    let (mut bytes, mut line) = (0, String::new());
    while !line.contains("trace messages dropped)") {
        line.clear();
        bytes += reader.read_line(&mut line).unwrap();
    }
    assert!(bytes < 4_000_000, "{bytes} bytes had waited");
}

/// `vmq-admin` as an operator runs it.
fn tool(node: &Node, input: Stdio, flags: &[&str]) -> Child {
    Command::new(admin_program())
        .args(["trace", "client", "client-id=c"])
        .args(flags)
        .arg(format!("--socket={}", node.socket().display()))
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// admin.md 2.6, monitoring.md 8.1
#[test]
fn the_tool_prints_lines_as_they_come_and_ends_well() {
    let node = Node::started("");
    let first = |child: &mut Child| {
        let mut line = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut line).unwrap();
        assert_eq!(plain(line.trim_end()), "No sessions found for client \"c\"");
        reader
    };
    let ends_well = |mut child: Child| {
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
        eventually_blocking("the trace to end", || listed(&node).is_empty());
    };
    // ^C
    let mut child = tool(&node, Stdio::null(), &[]);
    let mut reader = first(&mut child);
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    ends_well(child);
    // The end of standard input.
    let mut child = tool(&node, Stdio::piped(), &[]);
    let mut reader = first(&mut child);
    drop(child.stdin.take());
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "Done.\n");
    ends_well(child);
    // A closed pipe is noticed by the next line.
    let mut child = tool(&node, Stdio::null(), &[]);
    drop(first(&mut child));
    let mut client = Client::connect(&node.socket()).unwrap();
    let stop_all = vmq_admin::Command::Trace(Trace::StopAll);
    client.exec(stop_all, Some(DEADLINE)).unwrap();
    ends_well(child);
}

/// Ours: a capture file on standard output, words beside it on standard error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tool_writes_a_capture() {
    let node = Node::started("");
    let mut child = tool(&node, Stdio::null(), &["--pcapng", "--rate-max=1000"]);
    let mut words = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    words.read_line(&mut line).unwrap();
    assert_eq!(plain(line.trim_end()), "No sessions found for client \"c\"");
    let mut client = connect(&node, V4, "c").await;
    client.publish("topic", QOS0, "payload").await;
    exec(&node, Trace::StopAll);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let file = output.stdout;
    assert_eq!(file[..4], [0x0A, 0x0D, 0x0D, 0x0A]);
    let has = |text: &[u8]| file.windows(text.len()).any(|bytes| bytes == text);
    // CONNECT, and the PUBLISH as it came.
    assert!(has(b"\x00\x04MQTT\x04") && has(b"\x30\x0e\x00\x05topicpayload"));
    let mut rest = String::new();
    words.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("Trace terminated by external action.\n"), "{rest}");
}
