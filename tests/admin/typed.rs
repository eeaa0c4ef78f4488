//! Command lines as an operator types them, and what is seen of the answer.

use harness::Node;
use vmq_admin::argv::Arguments;
use vmq_admin::command::{self, Parsed};
use vmq_admin::render::{Format, Style, render};
use vmq_admin::{Client, Outcome};

/// What came back.
pub(super) struct Typed(Outcome);

/// Types `vmq-admin LINE`; the line is known to be a command.
pub(super) fn typed(node: &Node, line: &str) -> Typed {
    let mut client = Client::connect(&node.socket()).unwrap();
    let command = parse(line);
    Typed(client.exec(command, Some(harness::DEADLINE)).unwrap())
}

fn parse(line: &str) -> vmq_admin::Command {
    let arguments = Arguments::parse(line.split_whitespace().map(str::to_owned)).unwrap();
    match command::parse(&arguments) {
        Ok(Parsed::Command(command)) => command,
        other => panic!("{line}: {other:?}"),
    }
}

impl Typed {
    pub(super) fn exit(&self) -> u8 {
        self.0.exit
    }

    /// Standard output, as a person reads it.
    pub(super) fn human(&self) -> String {
        self.rendered(Format::Human)
    }

    /// Standard output, as a program reads it.
    pub(super) fn json(&self) -> String {
        self.rendered(Format::Json)
    }

    /// Cells in rows, without frame.
    pub(super) fn raw(&self) -> String {
        self.rendered(Format::Raw)
    }

    /// Standard error.
    pub(super) fn notes(&self) -> String {
        self.0.lines.iter().map(|(_, line)| format!("{line}\n")).collect()
    }

    fn rendered(&self, format: Format) -> String {
        render(&self.0.elements, Style { format, bold: false }).out
    }
}
