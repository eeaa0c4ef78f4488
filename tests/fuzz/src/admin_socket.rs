//! The admin socket: lines do not depend on how bytes arrive, messages survive encoding, command lines lead to
//! commands or to help, never to a panic.

use super::wire::finish;
use tokio::io::BufReader;
use vmq_admin::argv::Arguments;
use vmq_admin::command::{self, Command, Parsed, help};
use vmq_admin::wire::{self, Reply, Request};
use vmq_broker::admin::lines;

/// Bytes of a peer. They are read as lines, as messages of both directions, and as command lines.
pub fn admin_socket(data: &[u8]) {
    let lines = read_lines(data, 8192);
    assert_eq!(lines, read_lines(data, 1));
    assert_eq!(lines, read_lines(data, 7));
    for line in &lines {
        if let Ok(request) = wire::decode::<Request>(line) {
            check_request(&request);
        }
        if let Ok(reply) = wire::decode::<Reply>(line)
            && let Ok(encoded) = wire::encode(&reply)
        {
            let again: Reply = wire::decode(&encoded).expect("what was sent can be read");
            assert_eq!(again, reply);
        }
        if let Ok(text) = std::str::from_utf8(line) {
            command_line(text);
        }
    }
}

fn read_lines(data: &[u8], chunk: usize) -> Vec<Vec<u8>> {
    let mut reader = BufReader::with_capacity(chunk, data);
    let mut found = Vec::new();
    while let Ok(Some(line)) = finish(lines::next(&mut reader)) {
        assert!(line.len() < wire::FRAME_BYTES_MAX);
        assert!(!line.contains(&b'\n'));
        found.push(line);
    }
    let ends = data.iter().filter(|byte| **byte == b'\n').count();
    assert!(found.len() <= ends, "a line without an end is none");
    found
}

fn check_request(request: &Request) {
    if let Ok(encoded) = wire::encode(request) {
        assert_eq!(encoded.iter().filter(|byte| **byte == b'\n').count(), 1);
        let again: Request = wire::decode(&encoded).expect("what was sent can be read");
        assert_eq!(&again, request);
    }
    if let Request::Exec { command, .. } = request {
        let _ = (command.access(), command.line());
    }
}

fn command_line(text: &str) {
    let words: Vec<&str> = text.split(' ').collect();
    assert!(help::usage(&words).starts_with("Usage: "));
    let Ok(arguments) = Arguments::parse(words.iter().map(|word| (*word).to_owned())) else {
        return;
    };
    let Ok(Parsed::Command(command)) = command::parse(&arguments) else {
        return;
    };
    check_request(&Request::Exec {
        id: 1,
        command: command.clone(),
    });
    check_audit_line(&command);
}

/// The line in the audit log is a command line for the same command.
fn check_audit_line(command: &Command) {
    let line = command.line();
    let arguments = Arguments::parse(line.split(' ').map(str::to_owned)).expect("the grammar is kept");
    match command::parse(&arguments) {
        Ok(Parsed::Command(again)) => assert_eq!(&again, command, "{line}"),
        other => panic!("{line}: {other:?}"),
    }
}
