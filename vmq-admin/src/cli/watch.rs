//! `--watch`: a command that shows something, again and again. On a terminal every answer takes the place of the one before,
//! on a second screen, and ^C gives the first one back; elsewhere answers follow each other with a blank line between, for
//! whoever reads them. A terminal outlives a broker that restarts; a pipe ends with the first failure.

use super::output::Sink;
use super::{Options, explain};
use crate::client::{Client, ClientError, Outcome};
use crate::command::Command;
use crate::render::{Rendered, render};
use rustix::termios::tcgetwinsize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Without a value.
const PERIOD_DEFAULT: Duration = Duration::from_secs(2);
/// More often nobody can read, and less often is another tool's work.
const PERIODS: std::ops::RangeInclusive<f64> = 0.1..=86_400.0;

/// A second screen, and no cursor on it; and back.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l";
const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";

/// The seconds of `--watch[=SECONDS]`.
///
/// # Errors
/// The text for the operator.
pub(super) fn period(value: Option<&str>) -> Result<Duration, String> {
    let Some(text) = value else {
        return Ok(PERIOD_DEFAULT);
    };
    match text.parse::<f64>() {
        Ok(seconds) if PERIODS.contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("Invalid value: \"{text}\" for flag: watch")),
    }
}

/// Why a command is not watched; `None` = it can be.
pub(super) fn refusal(command: &Command) -> Option<String> {
    if command.streams() {
        return Some("--watch is not for a command that streams".to_owned());
    }
    command
        .changes()
        .then(|| "--watch is only for commands that show something".to_owned())
}

/// Watches until ^C or until nobody reads any longer; gives the exit code.
pub(super) fn run(
    command: &Command,
    words: &[String],
    options: &Options,
    period: Duration,
    (socket, node): (&Path, &str),
) -> u8 {
    let mut client = None;
    // Before there is a second screen: what is wrong with the command stays readable.
    let first = match answer(&mut client, socket, command, options) {
        Ok(outcome) if outcome.exit == 0 => outcome,
        Ok(outcome) => return super::answer(&outcome.elements, options.style, outcome.exit.min(1)),
        Err(error) => {
            explain(&error, node);
            return 1;
        }
    };
    match io::stdout().is_terminal() {
        true => {
            let title = format!("vmq-admin {}, every {} s", words.join(" "), period.as_secs_f64());
            let next = || answer(&mut client, socket, command, options);
            repaint(first, next, &title, options, period)
        }
        false => {
            let next = || answer(&mut client, socket, command, options);
            follow(first, next, node, options, period)
        }
    }
}

/// One answer; the connection is kept for the next one while it works.
fn answer(
    kept: &mut Option<Client>,
    socket: &Path,
    command: &Command,
    options: &Options,
) -> Result<Outcome, ClientError> {
    let mut client = match kept.take() {
        Some(client) => client,
        None => Client::connect(socket)?,
    };
    let patience = options.patience.unwrap_or(Some(super::PATIENCE));
    let outcome = client.exec(command.clone(), patience)?;
    *kept = Some(client);
    Ok(outcome)
}

/// Blocks for a reader that is no terminal.
fn follow(
    first: Outcome,
    mut next: impl FnMut() -> Result<Outcome, ClientError>,
    node: &str,
    options: &Options,
    period: Duration,
) -> u8 {
    let quiet = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    // The process ends as at any other moment of it.
    if signal_hook::flag::register_conditional_shutdown(SIGINT, 0, quiet).is_err() {
        return 1;
    }
    let mut outcome = first;
    loop {
        for (stream, text) in &outcome.lines {
            if Sink::Standard.line(*stream, text) == ControlFlow::Break(()) {
                return 0;
            }
        }
        let Rendered { out, err } = render(&outcome.elements, options.style);
        let written = write!(io::stderr(), "{err}").and_then(|()| {
            write!(io::stdout(), "{out}")?;
            io::stdout().flush()
        });
        if written.is_err() {
            return 0;
        }
        if outcome.exit != 0 {
            return 1;
        }
        std::thread::sleep(period);
        outcome = match next() {
            Ok(outcome) => outcome,
            Err(error) => {
                explain(&error, node);
                return 1;
            }
        };
        if writeln!(io::stdout()).is_err() {
            return 0;
        }
    }
}

/// The screen of a terminal, painted again and again.
fn repaint(
    first: Outcome,
    mut next: impl FnMut() -> Result<Outcome, ClientError>,
    title: &str,
    options: &Options,
    period: Duration,
) -> u8 {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return 1;
    };
    drop(write!(io::stdout(), "{ENTER}"));
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            // Whoever paints must not go on behind it.
            let mut out = io::stdout().lock();
            drop(write!(out, "{LEAVE}"));
            drop(out.flush());
            std::process::exit(0);
        }
    });
    let mut outcome = Ok(first);
    loop {
        let text = match &outcome {
            Ok(outcome) => {
                let notes: String = outcome
                    .lines
                    .iter()
                    .map(|(_, line)| format!("{line}\n"))
                    .collect();
                let Rendered { out, err } = render(&outcome.elements, options.style);
                format!("{out}{err}{notes}")
            }
            Err(error) => format!("{error}\n"),
        };
        let size = tcgetwinsize(io::stdout());
        // A terminal that does not know its size says zero.
        let (columns, rows) = match size {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => (80, 24),
        };
        let painted = frame(&format!("{title}, {}", clock()), &text, columns, rows);
        let mut out = io::stdout().lock();
        if out
            .write_all(painted.as_bytes())
            .and_then(|()| out.flush())
            .is_err()
        {
            return 0;
        }
        drop(out);
        std::thread::sleep(period);
        outcome = next();
    }
}

/// The time of day, UTC.
fn clock() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let second = since.as_secs() % 86_400;
    format!(
        "{:02}:{:02}:{:02} UTC",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// What is written to have a screen show a title and a text: from the top, each line to its end, and nothing below. Lines
/// that are wider than the screen go on in the next row, so that nothing is cut; what has no room is counted.
fn frame(title: &str, text: &str, columns: usize, rows: usize) -> String {
    let columns = columns.max(1);
    let mut room = rows.saturating_sub(2);
    let mut out = format!(
        "\u{1b}[H{}\u{1b}[K",
        title.chars().take(columns).collect::<String>()
    );
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let height = width(line).div_ceil(columns).max(1);
        let is_last = index + 1 == lines.len();
        if height > room || (height == room && !is_last) {
            out.push_str(&format!("\r\n\u{1b}[K... {} more lines", lines.len() - index));
            break;
        }
        room -= height;
        out.push_str(&format!("\r\n{line}\u{1b}[K"));
    }
    out.push_str("\u{1b}[J");
    out
}

/// Characters that take room: not those that make a header bold.
fn width(line: &str) -> usize {
    let (mut count, mut in_escape) = (0, false);
    for character in line.chars() {
        match (in_escape, character) {
            (false, '\u{1b}') => in_escape = true,
            (false, _) => count += 1,
            (true, _) => in_escape = !character.is_ascii_alphabetic(),
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argv::Arguments;
    use crate::command::{self, Parsed};

    #[test]
    fn periods_have_bounds() {
        assert_eq!(period(None), Ok(Duration::from_secs(2)));
        assert_eq!(period(Some("5")), Ok(Duration::from_secs(5)));
        assert_eq!(period(Some("0.5")), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "x", "NaN", "inf", "1e9"] {
            let told = format!("Invalid value: \"{text}\" for flag: watch");
            assert_eq!(period(Some(text)), Err(told));
        }
    }

    #[test]
    fn only_what_shows_something_is_watched() {
        let refused = |line: &str| {
            let arguments = Arguments::parse(line.split(' ').map(str::to_owned)).unwrap();
            match command::parse(&arguments) {
                Ok(Parsed::Command(command)) => refusal(&command),
                other => panic!("{line}: {other:?}"),
            }
        };
        for line in [
            "session show --payload",
            "retain show",
            "node status",
            "trace list",
            "tls check",
        ] {
            assert_eq!(refused(line), None, "{line}");
        }
        let changes = "--watch is only for commands that show something";
        for line in ["set retry_interval=3", "retain delete-expired", "node stop"] {
            assert_eq!(refused(line).as_deref(), Some(changes), "{line}");
        }
        let streams = refused("trace client client-id=a").unwrap();
        assert_eq!(streams, "--watch is not for a command that streams");
    }

    #[test]
    fn a_screen_is_painted_over_and_nothing_is_cut() {
        let painted = frame("title", "\u{1b}[1mab\u{1b}[0m\ncdefgh\n", 4, 5);
        assert_eq!(
            painted,
            "\u{1b}[Htitl\u{1b}[K\r\n\u{1b}[1mab\u{1b}[0m\u{1b}[K\r\ncdefgh\u{1b}[K\u{1b}[J"
        );
        let painted = frame("t", "1\n2\n3\n4\n", 10, 5);
        assert!(
            painted.contains("\r\n2\u{1b}[K\r\n\u{1b}[K... 2 more lines"),
            "{painted:?}"
        );
        assert!(!frame("t", "1\n2\n3\n", 10, 5).contains("more"));
        assert!(frame("t", "1\n2\n", 0, 0).contains("... 2 more lines"));
    }
}
