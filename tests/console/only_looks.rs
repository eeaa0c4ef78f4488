//! Who is in the read-only group of the socket: the console knows it from the greeting on and offers nothing that would be
//! refused (console.md 6).

use crate::terminal::Terminal;
use harness::process::console_program;
use harness::stranger::{NOBODY, can_be_another, name_of_group, open_to_all};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

#[test]
fn what_may_not_be_done_is_grey_from_the_start() {
    // The program may lie where nobody comes.
    let comes_there = || {
        let mut command = Command::new(console_program());
        command.arg("--version").uid(NOBODY).gid(NOBODY).current_dir("/");
        command.output().is_ok_and(|said| said.status.success())
    };
    let Some(group) = name_of_group(NOBODY).filter(|_| can_be_another() && comes_there()) else {
        return;
    };
    let node = open_to_all(&format!("admin.socket.readonly_group = {group}"));
    let mut terminal = Terminal::of_nobody(&node, &["--view", "listeners"]);
    terminal.until("listeners, to be looked at", |screen| {
        screen.contains("read-only") && screen.contains("127.0.0.1")
    });
    // Nothing was asked of the broker yet that it would have refused.
    terminal.press("D");
    terminal.shows("you may only look here");
    terminal.press(":");
    terminal.press("set max_inflight_messages=7\r");
    terminal.shows("you may only look here");
    assert!(!node.log().contains("refused cmd="), "{}", node.log());
    terminal.press("q");
    assert!(terminal.end().0.success());
    // Root may everything.
    let terminal = Terminal::open(&node, &["--view", "listeners"]);
    let screen = terminal.shows("127.0.0.1");
    assert!(!screen.contains("read-only"), "{screen}");
}
