//! `vmq-admin`: parse, call, render. Exit code 0 or 1, nothing else (admin.md 2.6).

mod bundle;
mod complete;
mod console;
mod follow;
mod output;
mod tar;
mod watch;

use crate::argv::Arguments;
use crate::client::{Client, ClientError, ELEMENTS_MAX};
use crate::command::support::Support;
use crate::command::{self, Command, Parsed, alias, help, later};
use crate::element::Element;
use crate::locate;
use crate::render::{Copied, Format, Rendered, Style, escape, render};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use output::Sink;
use serde_json::json;
use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

/// How long a command may take that does not stream (admin.md 2.1).
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait; `None` = as long as it takes.
type Patience = Option<Duration>;

/// The configuration of the package, for the socket and the node's name.
const CONFIG_FILE: &str = "/etc/vernemq/vernemq.conf";

/// What the completion scripts of shells ask with.
const COMPLETE: &str = "__complete";

/// What the global options say.
struct Options {
    style: Style,
    socket: Option<PathBuf>,
    /// As asked for; without that it is for the command to say.
    patience: Option<Patience>,
    help: bool,
    version: bool,
    /// The command is asked again and again, with this time between.
    watch: Option<Duration>,
    /// A file for what the command says.
    output: Option<PathBuf>,
    /// For standard error, before anything else.
    note: Option<String>,
}

/// Runs the tool with the arguments after its name; gives the exit code.
#[must_use]
pub fn run(args: Vec<String>) -> u8 {
    if args.first().is_some_and(|word| word == COMPLETE) {
        write_out(&complete::run(&args[1..], complete::socket));
        return 0;
    }
    if let Some(("tui", rest)) = args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return console::open(rest);
    }
    let asked = Style::asked_for(&args);
    let (args, timeout) = match take_rpc_timeout(args) {
        Ok(taken) => taken,
        Err(text) => return answer(&[Element::alert(text)], asked, 1),
    };
    let mut arguments = match Arguments::parse(args) {
        Ok(arguments) => arguments,
        Err(fault) => return answer(&[Element::alert(fault.to_string())], asked, 1),
    };
    let options = match Options::take(&mut arguments, timeout) {
        Ok(options) => options,
        Err(text) => return answer(&[Element::alert(text)], asked, 1),
    };
    if let Some(note) = &options.note {
        write_err(&format!("{note}\n"));
    }
    if let Some(note) = alias::resolve(&mut arguments.words) {
        write_err(&format!("{note}\n"));
    }
    if options.version {
        return answer(&[Element::text(env!("CARGO_PKG_VERSION"))], options.style, 0);
    }
    if options.help {
        return usage(&arguments.words, options.style.format, 0);
    }
    match command::parse(&arguments) {
        Ok(Parsed::Command(command)) => match options.watch {
            Some(period) => again_and_again(&command, &arguments.words, period, &options),
            None => call(command, &options),
        },
        Ok(Parsed::Usage(words)) => usage(&words, options.style.format, 1),
        Ok(Parsed::NotAvailable) => answer(&[Element::alert(later::NOT_AVAILABLE)], options.style, 1),
        Err(fault) => answer(&[Element::alert(fault.to_string())], options.style, 1),
    }
}

impl Style {
    /// The format of a command line that cannot be read: its faults are told in it too (admin.md 3.3).
    fn asked_for(args: &[String]) -> Self {
        let mut words = args.iter();
        let named = words.find_map(|word| word.strip_prefix("--format"));
        let named = match named {
            Some("") => words.next().cloned(),
            Some(value) => Some(value.trim_start_matches('=').to_owned()),
            None => env::var("VMQ_ADMIN_FORMAT").ok(),
        };
        let format = named.and_then(|name| Format::parse(&name)).unwrap_or_default();
        Self { format, bold: false }
    }
}

impl Options {
    fn take(arguments: &mut Arguments, patience: Option<Patience>) -> Result<Self, String> {
        let mut note = None;
        let format = arguments
            .take_flag("format", None)
            .flatten()
            .or_else(|| env::var("VMQ_ADMIN_FORMAT").ok());
        let format = format.map_or(Format::Human, |name| {
            Format::parse(&name).unwrap_or_else(|| {
                note = Some(format!("Invalid format \"{name}\"! Defaulted to human-readable."));
                Format::Human
            })
        });
        let plain = arguments.take_flag("no-color", None).is_some() || env::var_os("NO_COLOR").is_some();
        let patience = match arguments.take_flag("timeout-rpc", None).flatten() {
            Some(value) => Some(rpc_timeout(&value)?),
            None => patience,
        };
        Ok(Self {
            style: Style {
                format,
                bold: !plain && io::stdout().is_terminal(),
            },
            socket: arguments
                .take_flag("socket", None)
                .flatten()
                .map(PathBuf::from)
                .or_else(|| env::var_os("VMQ_ADMIN_SOCKET").map(PathBuf::from)),
            patience,
            help: arguments.take_flag("help", Some('h')).is_some(),
            watch: match arguments.take_flag("watch", None) {
                Some(seconds) => Some(watch::period(seconds.as_deref())?),
                None => None,
            },
            output: match writes_a_file(&arguments.words) {
                true => arguments
                    .take_flag("output", None)
                    .map(|file| {
                        file.map(PathBuf::from)
                            .ok_or("Invalid value: \"\" for flag: output")
                    })
                    .transpose()?,
                false => None,
            },
            version: arguments.words.is_empty() && arguments.take_flag("version", Some('V')).is_some(),
            note,
        })
    }
}

/// The commands that take `--output`.
fn writes_a_file(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words[..], ["trace", "client" | "topic"] | ["support", "bundle"])
}

/// `-rpctimeout <v>` may stand anywhere and breaks the grammar; it is taken out first.
fn take_rpc_timeout(mut args: Vec<String>) -> Result<(Vec<String>, Option<Patience>), String> {
    let Some(at) = args.iter().position(|arg| arg == "-rpctimeout") else {
        return Ok((args, None));
    };
    if at + 1 == args.len() {
        return Err("Invalid flag: \"rpctimeout\"".to_owned());
    }
    args.remove(at);
    let value = args.remove(at);
    Ok((args, Some(rpc_timeout(&value)?)))
}

/// Plain numbers below 1000 are seconds, others milliseconds.
fn rpc_timeout(value: &str) -> Result<Patience, String> {
    if value == "infinity" {
        return Ok(None);
    }
    let bad = || format!("Invalid value: \"{value}\" for flag: rpctimeout");
    let (digits, unit) = match value.find(|character: char| !character.is_ascii_digit()) {
        Some(end) => value.split_at(end),
        None => (value, ""),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    Ok(Some(match unit {
        "" if number < 1000 => Duration::from_secs(number),
        "s" => Duration::from_secs(number),
        "" | "ms" => Duration::from_millis(number),
        _ => return Err(bad()),
    }))
}

/// Where the daemon is, and the name of its node.
fn place(options: &Options) -> (PathBuf, String) {
    let text = std::fs::read_to_string(CONFIG_FILE).unwrap_or_default();
    let socket = options.socket.clone().unwrap_or_else(|| {
        PathBuf::from(locate::setting(&text, "admin.socket.path").unwrap_or(locate::DEFAULT_SOCKET))
    });
    let node = locate::setting(&text, "nodename").unwrap_or(locate::DEFAULT_NODE);
    (socket, node.to_owned())
}

fn again_and_again(command: &Command, words: &[String], period: Duration, options: &Options) -> u8 {
    if let Some(text) = watch::refusal(command) {
        return answer(&[Element::alert(text)], options.style, 1);
    }
    let (socket, node) = place(options);
    watch::run(command, words, options, period, (&socket, &node))
}

fn call(command: Command, options: &Options) -> u8 {
    let (socket, node) = place(options);
    let default = if command.streams() { None } else { Some(PATIENCE) };
    let patience = options.patience.unwrap_or(default);
    let mut client = match Client::connect(&socket) {
        Ok(client) => client,
        Err(error) => {
            explain(&error, &node);
            return 1;
        }
    };
    if let Command::Support(Support::Bundle { with_logs }) = command {
        return match bundle::write(&mut client, options.output.as_deref(), with_logs) {
            Ok(outcome) => answer(&outcome.elements, options.style, outcome.exit),
            Err(bundle::Failure::Text(text)) => answer(&[Element::alert(text)], options.style, 1),
            Err(bundle::Failure::Client(error)) => {
                explain(&error, &node);
                1
            }
        };
    }
    let mut sink = Sink::Standard;
    if let Some(path) = &options.output {
        match output::create(path) {
            Ok(file) => sink = Sink::File(file),
            Err(text) => return answer(&[Element::alert(text)], options.style, 1),
        }
    }
    match exec(&mut client, command, patience, &mut sink, options.style) {
        Ok((rendered, exit)) => write(&rendered, exit.min(1)),
        Err(error) => {
            explain(&error, &node);
            1
        }
    }
}

fn exec(
    client: &mut Client,
    command: Command,
    patience: Patience,
    sink: &mut Sink,
    style: Style,
) -> Result<(Rendered, u8), ClientError> {
    let streams = command.streams();
    let started = client.start(command, patience)?;
    if streams {
        follow::until_nobody_looks(&started)?;
    }
    let each = |stream, text: &str| sink.line(stream, text);
    let Some(mut copied) = Copied::new(style.format) else {
        let outcome = started.finish(each)?;
        return Ok((render(&outcome.elements, style), outcome.exit));
    };
    let exit = started.parts(each, |part| match copied.take(part) {
        0..=ELEMENTS_MAX => Ok(()),
        _ => Err(ClientError::Unexpected),
    })?;
    let (out, err) = (copied.finish(), String::new());
    Ok((Rendered { out, err }, exit))
}

fn print_bytes(base64: &str) -> io::Result<()> {
    let bytes = BASE64_STANDARD.decode(base64).map_err(io::Error::other)?;
    let mut out = io::stdout();
    out.write_all(&bytes)?;
    out.flush()
}

fn explain(error: &ClientError, node: &str) {
    match error {
        ClientError::NotRunning(_) => write_err(&format!("Node '{node}' not responding to pings.\n")),
        // Scripts look for this one on standard output.
        ClientError::Denied => write_out(&format!("{error}\n")),
        ClientError::Refused(text) => write_out(&format!("{text}\n")),
        other => write_err(&format!("RPC to '{node}' failed: {other}\n")),
    }
}

fn usage(words: &[String], format: Format, exit: u8) -> u8 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let usage = help::usage(&words);
    write_out(&match format {
        Format::Json | Format::JsonLines => format!("{}\n", json!({ "type": "usage", "usage": usage })),
        Format::Human | Format::Csv | Format::Raw => usage,
    });
    exit
}

fn answer(elements: &[Element], style: Style, exit: u8) -> u8 {
    write(&render(elements, style), exit)
}

fn write(rendered: &Rendered, exit: u8) -> u8 {
    write_out(&rendered.out);
    write_err(&rendered.err);
    exit
}

/// A reader that has gone away is no failure.
fn write_out(text: &str) {
    drop(io::stdout().write_all(text.as_bytes()));
}

fn write_err(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_of_scripts_are_understood() {
        let timeout = |value| rpc_timeout(value).unwrap();
        assert_eq!(timeout("30"), Some(Duration::from_secs(30)));
        assert_eq!(timeout("30000"), Some(Duration::from_secs(30)));
        assert_eq!(timeout("1500ms"), Some(Duration::from_millis(1500)));
        assert_eq!(timeout("2000s"), Some(Duration::from_secs(2000)));
        assert_eq!(timeout("infinity"), None);
        for value in ["", "x", "5h", "-1"] {
            assert!(rpc_timeout(value).is_err(), "{value}");
        }
    }
}
