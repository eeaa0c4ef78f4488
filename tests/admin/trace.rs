//! Traces over the admin socket: what tests of them share.

use harness::{ConnectBuilder, DEADLINE, Node, RawClient, Version};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::thread::JoinHandle;
use vmq_admin::client::Canceller;
use vmq_admin::command::listener::Listener;
use vmq_admin::command::trace::{ClientFilter, Trace, TraceLimits};
use vmq_admin::{Client, Command, Element, Outcome, Row};

/// User `henry`, password `secret`.
pub(crate) const HENRY: &str = "henry:$6$AAECAwQFBgcICQoL$JqsxEv/ucyxjA5DKsQ+Y8CDWaQDNQI9FpAkmfwAqWfwZLk/JEGgM0EpylrJHAZKKyFQjJeZ3nFaHjPzOzPPmPw==\n";

/// Enough for every test that is not about the limit.
pub(crate) const ROOMY: TraceLimits = TraceLimits {
    rate_max: 1_000_000,
    rate_interval: 100,
    trunc_payload: 200,
    on_limit: vmq_admin::command::trace::OnLimit::Stop,
    form: vmq_admin::command::trace::TraceForm::Text,
    payload: vmq_admin::command::trace::TracePayload::Text,
    events: vmq_admin::command::trace::TraceEvents::ALL,
    verbose: false,
    max_events: None,
    duration_ms: None,
};

/// A trace that somebody watches.
pub(crate) struct Watch {
    /// Comes when the trace has begun.
    first: RefCell<Option<String>>,
    lines: mpsc::Receiver<String>,
    pub(crate) canceller: Canceller,
    thread: JoinHandle<Outcome>,
}

impl Watch {
    pub(crate) fn of(node: &Node, client_id: &str) -> Self {
        Self::start(node, client(client_id), ROOMY)
    }

    pub(crate) fn start(node: &Node, client: ClientFilter, limits: TraceLimits) -> Self {
        Self::run(node, Trace::Client { client, limits })
    }

    pub(crate) fn run(node: &Node, trace: Trace) -> Self {
        let socket = node.socket();
        let (sender, lines) = mpsc::sync_channel(100_000);
        let (give, canceller) = mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || {
            let mut connection = Client::connect(&socket).unwrap();
            let started = connection.start(Command::Trace(trace), None).unwrap();
            give.send(started.canceller().unwrap()).unwrap();
            let each = |_, text: &str| {
                sender.send(text.to_owned()).unwrap();
                ControlFlow::Continue(())
            };
            started.finish(each).unwrap()
        });
        let canceller = canceller.recv_timeout(DEADLINE).unwrap();
        Self {
            first: RefCell::new(lines.recv_timeout(DEADLINE).ok()),
            lines,
            canceller,
            thread,
        }
    }

    /// The next line as it came.
    pub(crate) fn next_raw(&self) -> String {
        let first = self.first.take();
        first.unwrap_or_else(|| self.lines.recv_timeout(DEADLINE).unwrap())
    }

    /// The answer, whatever comes before it.
    pub(crate) fn rest_raw(self) -> Outcome {
        self.thread.join().unwrap()
    }

    /// The next line without its time, with names for what differs from run to run.
    pub(crate) fn next(&self) -> String {
        plain(&self.next_raw())
    }

    /// The next lines are these.
    pub(crate) fn expect(&self, lines: &[&str]) {
        for expected in lines {
            assert_eq!(self.next(), *expected);
        }
    }

    /// Everything until the end, and the answer.
    pub(crate) fn rest(self) -> (Vec<String>, Outcome) {
        let lines = self.first.take().into_iter().chain(self.lines.iter());
        let lines = lines.map(|line| plain(&line)).collect();
        (lines, self.thread.join().unwrap())
    }
}

/// The usual end of a trace.
pub(crate) fn done() -> Outcome {
    Outcome {
        elements: vec![Element::alert("Done.")],
        lines: Vec::new(),
        exit: 0,
    }
}

/// Any session of a client id.
pub(crate) fn client(client_id: &str) -> ClientFilter {
    ClientFilter {
        client_ids: vec![client_id.to_owned()],
        ..ClientFilter::default()
    }
}

pub(crate) fn exec(node: &Node, trace: Trace) -> Outcome {
    let mut client = Client::connect(&node.socket()).unwrap();
    client.exec(Command::Trace(trace), Some(DEADLINE)).unwrap()
}

/// The traces that run.
pub(crate) fn listed(node: &Node) -> Vec<Row> {
    match exec(node, Trace::List).elements.as_slice() {
        [Element::Table(rows)] => rows.clone(),
        other => panic!("no table: {other:?}"),
    }
}

pub(crate) fn cell(row: &Row, column: &str) -> String {
    row.0.iter().find(|(name, _)| name == column).unwrap().1.cell()
}

/// A CONNECT to the default listener of a node.
pub(crate) fn connecting(node: &Node, version: Version, client_id: &str) -> ConnectBuilder {
    ConnectBuilder::new(address(node), version, client_id)
}

pub(crate) async fn connect(node: &Node, version: Version, client_id: &str) -> RawClient {
    connecting(node, version, client_id).connect().await
}

fn address(node: &Node) -> SocketAddr {
    let (tls, mqtt) = (false, false);
    let show = Command::Listener(Listener::Show { tls, mqtt });
    let mut client = Client::connect(&node.socket()).unwrap();
    let shown = client.exec(show, Some(DEADLINE)).unwrap();
    let [Element::Table(rows)] = shown.elements.as_slice() else {
        panic!("no table: {shown:?}");
    };
    let (host, port) = (cell(&rows[0], "address"), cell(&rows[0], "port"));
    format!("{host}:{port}").parse().unwrap()
}

/// `<0.7.0>` is `<P>`, the port of the client is `PORT`, and the time at the beginning is checked and left out.
pub(crate) fn plain(line: &str) -> String {
    let (time, text) = line.split_once(' ').unwrap();
    let shape: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00Z", "{line}");
    let text = without_number(text, "<0.", ".0>", "<P>");
    without_number(&text, "{{127,0,0,1},", "}", "{{127,0,0,1},PORT}")
}

/// Replaces every `FROM number TO`.
fn without_number(text: &str, from: &str, to: &str, by: &str) -> String {
    let mut parts = text.split(from);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let behind = part.trim_start_matches(|c: char| c.is_ascii_digit());
        match behind.strip_prefix(to) {
            Some(behind) => plain.push_str(&format!("{by}{behind}")),
            None => plain.push_str(&format!("{from}{part}")),
        }
    }
    plain
}
