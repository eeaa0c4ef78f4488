//! The table parses, refuses and explains.

use super::*;
use crate::command::listener::Listener;
use crate::command::log::Log;
use crate::command::metrics::{Metrics, Show};
use crate::command::node::Node;

fn parsed(line: &str) -> Result<Parsed, ArgumentFault> {
    let args = line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned);
    parse(&Arguments::parse(args)?)
}

pub(super) fn command(line: &str) -> Command {
    match parsed(line) {
        Ok(Parsed::Command(command)) => command,
        other => panic!("{line}: {other:?}"),
    }
}

pub(super) fn fault(line: &str) -> String {
    parsed(line).unwrap_err().to_string()
}

#[test]
fn lines_become_commands() {
    assert_eq!(command("node status"), Command::Node(Node::Status));
    let show = |tls, mqtt| Command::Listener(Listener::Show { tls, mqtt });
    assert_eq!(command("listener show"), show(false, false));
    assert_eq!(command("listener show -t --mqtt=true"), show(true, true));
    assert_eq!(command("log show config"), Command::Log(Log::ShowConfig));
    let level = Command::Log(Log::Level {
        logger: "console".into(),
        level: "debug".into(),
    });
    assert_eq!(command("log level level=debug logger=console"), level);
    assert_eq!(level.line(), "log level logger=console level=debug");
}

/// monitoring.md 2.1
#[test]
fn metrics_are_asked_for_by_label() {
    let show = |line: &str| match command(line) {
        Command::Metrics(Metrics::Show(show)) => show,
        other => panic!("{line}: {other:?}"),
    };
    let plain = Show {
        descriptions: false,
        aggregate: true,
        show_labels: false,
        structured: false,
        rates: false,
        labels: Vec::new(),
    };
    assert_eq!(show("metrics show"), plain);
    let labels = show("metrics show -d --mqtt_version=4 --return_code=success");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        labels.labels,
        [pair("mqtt_version", "4"), pair("return_code", "success")]
    );
    assert!(labels.descriptions && labels.aggregate);
    for (line, aggregate) in [
        ("metrics show -a", true),
        ("metrics show --aggregate", true),
        ("metrics show --aggregate=true", true),
        ("metrics show -a false", false),
        ("metrics show --aggregate=yes", false),
        ("metrics show --show-labels", false),
        ("metrics show --structured", false),
        ("metrics show --structured -a true", true),
    ] {
        assert_eq!(show(line).aggregate, aggregate, "{line}");
    }
    assert_eq!(fault("metrics show --colour=red"), "Invalid key: \"colour\"");
    assert_eq!(
        fault("metrics show --reason="),
        "Empty value in argument: \"reason\""
    );
    assert_eq!(
        fault("metrics reset --mqtt_version=4"),
        "Invalid Flags: [\"mqtt_version\"]"
    );
    let line = "metrics show --aggregate=true --with-descriptions --mqtt_version=4 --return_code=success";
    assert_eq!(Command::Metrics(Metrics::Show(labels)).line(), line);
    let rates = show("metrics show --rates");
    assert!(rates.rates && rates.aggregate);
    let line = "metrics show --aggregate=true --rates";
    assert_eq!(Command::Metrics(Metrics::Show(rates)).line(), line);
}

#[test]
fn the_help_lists_labels() {
    let usage = help::usage(&["metrics", "show"]);
    assert!(usage.starts_with("Usage: vmq-admin metrics show\n"), "{usage}");
    for line in ["      --mqtt_version=[4|5]", "    Example: --mqtt_version=4"] {
        assert!(usage.lines().any(|told| told == line), "{line} in {usage}");
    }
    assert!(!usage.contains("group"), "no metric has it: {usage}");
}

#[test]
fn wrong_arguments_have_the_known_texts() {
    assert_eq!(fault("node status a=1 b=2"), "Invalid arguments: a=1 b=2 ");
    assert_eq!(fault("node status --x"), "Invalid Flags: [\"x\"]");
    assert_eq!(fault("listener show --nope"), "Invalid key: \"nope\"");
    assert_eq!(fault("listener show -x"), "Invalid key: \"x\"");
    assert_eq!(
        fault("listener show --tls=maybe"),
        "Invalid value: \"maybe\" for flag: tls"
    );
    assert_eq!(
        fault("log level logger=console level=loud"),
        "Invalid value: \"loud\""
    );
    assert_eq!(fault("log level level=debug"), "Missing argument: logger");
    assert_eq!(
        fault("log level level=debug level=info logger=a"),
        "Argument given twice: \"level\""
    );
    assert_eq!(fault("log level nope=debug"), "Invalid key: \"nope\"");
}

#[test]
fn later_commands_are_no_typing_errors() {
    for line in ["bridge show", "cluster join discovery-node=x"] {
        assert!(matches!(parsed(line), Ok(Parsed::NotAvailable)), "{line}");
    }
    for line in ["", "sessions show", "session", "node", "node strat", "log"] {
        assert!(matches!(parsed(line), Ok(Parsed::Usage(_))), "{line}");
    }
}

#[test]
fn help_starts_with_the_syntax() {
    let first = |words: &[&str]| help::usage(words).lines().next().unwrap().to_owned();
    assert_eq!(first(&[]), "Usage: vmq-admin <sub-command>");
    assert_eq!(first(&["nonsense"]), "Usage: vmq-admin <sub-command>");
    assert_eq!(first(&["log"]), "Usage: vmq-admin log <sub-command>");
    assert_eq!(first(&["log", "show"]), "Usage: vmq-admin log show <sub-command>");
    assert_eq!(
        first(&["listener", "show"]),
        "Usage: vmq-admin listener show [--tls] [--mqtt]"
    );
}

/// A name never runs into its description.
#[test]
fn names_and_descriptions_are_apart() {
    let flags = help::usage(&["session", "show"]);
    assert!(
        flags.contains("    --session_expiry_interval  seconds, "),
        "{flags}"
    );
    assert!(
        flags.contains("    --limit                    most rows"),
        "{flags}"
    );
    let group = help::usage(&["retain"]);
    assert!(group.contains("    show        Shows") && group.contains("    delete-expired Deletes"));
}

#[test]
fn every_entry_explains_itself() {
    for entry in entries() {
        let words = entry.words.join(" ");
        assert!(entry.syntax.starts_with(&format!("vmq-admin {words}")), "{words}");
        assert!(entry.about.ends_with('.'), "{words}");
        assert!(entry.example.starts_with("vmq-admin "), "{words}");
        let example = entry.example.trim_start_matches("vmq-admin ");
        let mut arguments = Arguments::parse(example.split(' ').map(str::to_owned)).unwrap();
        arguments.take_flag("format", None);
        assert!(
            matches!(parse(&arguments), Ok(Parsed::Command(_))),
            "the example of {words}"
        );
    }
}

#[test]
fn only_looking_needs_less() {
    assert_eq!(command("node status").access(), Access::Read);
    assert_eq!(
        command("log level level=debug logger=console").access(),
        Access::Full
    );
    assert_eq!(command("metrics show").access(), Access::Read);
    assert_eq!(command("metrics reset").access(), Access::Full);
    assert_eq!(Command::Daemon(daemon::Daemon::Stop).access(), Access::Full);
}

#[test]
fn traces_have_their_defaults_and_their_usage() {
    use crate::command::trace::{ClientFilter, OnLimit, Trace, TraceForm, TraceLimits};
    let filter = |client_id: &str| ClientFilter {
        client_ids: vec![client_id.to_owned()],
        ..ClientFilter::default()
    };
    let plain = Command::Trace(Trace::Client {
        client: filter("c"),
        limits: TraceLimits::default(),
    });
    assert_eq!(command("trace client client-id=c"), plain);
    assert_eq!(plain.line(), "trace client client-id=c");
    assert!(plain.streams() && !Command::Trace(Trace::List).streams());
    let line = "trace client client-id=c --mountpoint=m --username=u --peer=10.0.0.0/8 --listener=l --rate-max=1 \
                --rate-interval=2 --trunc-payload=3 --on-limit=sample --json";
    let full = command(line);
    let expected = Command::Trace(Trace::Client {
        client: ClientFilter {
            mountpoint: "m".to_owned(),
            username: Some("u".to_owned()),
            peer: Some("10.0.0.0/8".to_owned()),
            listener: Some("l".to_owned()),
            ..filter("c")
        },
        limits: TraceLimits {
            rate_max: 1,
            rate_interval: 2,
            trunc_payload: 3,
            on_limit: OnLimit::Sample,
            form: TraceForm::Json,
            ..TraceLimits::default()
        },
    });
    assert_eq!((full.line().as_str(), full), (line, expected));
    assert!(
        fault("trace client").starts_with("Usage: vmq-admin trace client client-id=<id> [--mountpoint=<mp>]")
    );
    for (flag, name) in [
        ("--rate-max=many", "'rate-max'"),
        ("--on-limit=never", "'on-limit'"),
        ("--peer=here", "peer"),
    ] {
        let value = flag.split_once('=').unwrap().1;
        assert_eq!(
            fault(&format!("trace client client-id=c {flag}")),
            format!("Invalid value: \"{value}\" for flag: {name}")
        );
    }
    for (flags, flag, value) in [
        ("--events=all", "events", "all"),
        ("--duration=1d", "duration", "1d"),
        ("--duration=0s", "duration", "0s"),
        ("--max-events=0", "'max-events'", "0"),
        ("--hex --no-payload", "'no-payload'", "true"),
        ("--hex --pcapng", "hex", "true"),
    ] {
        let told = format!("Invalid value: \"{value}\" for flag: {flag}");
        assert_eq!(fault(&format!("trace client client-id=c {flags}")), told);
    }
    for line in [
        "trace client client-id=a client-id=b-* client-id=~^c --events=connect,hook --hex --duration=1500ms --max-events=7 --verbose",
        "trace topic topic=a/# --no-payload",
    ] {
        assert_eq!(command(line).line(), line);
    }
    assert_eq!(
        command("trace client client-id=a --duration=2m").line(),
        "trace client client-id=a --duration=120000ms"
    );
    assert_eq!(
        fault("trace topic topic=a topic=b"),
        "Argument given twice: \"topic\""
    );
    assert_eq!(fault("trace stop id=x"), "Invalid value: \"x\"");
    assert_eq!(command("trace stop id=7"), Command::Trace(Trace::Stop { id: 7 }));
    let topic = command("trace topic topic=a/# --mountpoint=m --rate-max=5");
    assert_eq!(topic.line(), "trace topic topic=a/# --mountpoint=m --rate-max=5");
    assert!(topic.streams());
}

mod sessions {
    //! `session` and `retain` (admin.md 6).

    use super::*;
    use crate::command::query::{Condition, Query, Test};
    use crate::command::retain::Retain;
    use crate::command::session::{Field, Session, Who};

    fn show(line: &str) -> Query<Field> {
        match command(line) {
            Command::Session(Session::Show { query, .. }) => query,
            other => panic!("{other:?}"),
        }
    }

    /// admin.md 6.1: without a value a column, with one a filter; the same field may be both.
    #[test]
    fn fields_are_columns_and_filters() {
        let query = show("session show --topic --client_id --topic=~some/.* --is_online=true --limit=5");
        assert_eq!(query.columns, [Field::Topic, Field::ClientId]);
        let condition = |field, test| Condition { field, test };
        assert_eq!(
            query.conditions,
            [
                condition(Field::Topic, Test::Like("some/.*".into())),
                condition(Field::IsOnline, Test::Is("true".into())),
            ]
        );
        assert_eq!((query.limit, query.rowtimeout_ms), (5, 100));
        assert_eq!(show("session show --msg_ref=AAA=").conditions.len(), 1);
        assert_eq!(
            show("session show --user= --user").columns,
            [Field::User],
            "an empty value is none"
        );
    }

    /// admin.md 2.4, 6.1.
    #[test]
    fn values_that_are_none_are_refused() {
        let bad = |value: &str, flag: &str| format!("Invalid value: \"{value}\" for flag: {flag}");
        assert_eq!(fault("session show --limit=x"), bad("x", "limit"));
        assert_eq!(fault("session show --limit"), bad("", "limit"));
        assert_eq!(fault("session show --rowtimeout=-1"), bad("-1", "rowtimeout"));
        assert_eq!(fault("session show --is_online=maybe"), bad("maybe", "is_online"));
        assert_eq!(fault("session show --sort=topic"), bad("topic", "sort"));
        assert_eq!(fault("session show --sort"), bad("", "sort"));
        assert_eq!(fault("session show --protocol=five"), bad("five", "protocol"));
        assert_eq!(show("session show --protocol=undefined").conditions.len(), 1);
        assert_eq!(
            fault("session show client_id=x"),
            "Invalid arguments: client_id=x "
        );
        assert_eq!(fault("session show --nope"), "Invalid key: \"nope\"");
        assert_eq!(fault("retain delete topic=a"), "Invalid arguments: topic=a ");
        assert_eq!(
            fault("session disconnect batch count=many"),
            "Invalid value: \"many\""
        );
        for line in ["session disconnect client-id=x -m", "retain delete -t a -m"] {
            assert_eq!(fault(line), "Invalid mountpoint value", "{line}");
        }
    }

    /// admin.md 6.2-6.4: the usage is the answer.
    #[test]
    fn a_missing_key_is_answered_with_the_usage() {
        for (line, first) in [
            (
                "session disconnect",
                "Usage: vmq-admin session disconnect client-id=",
            ),
            (
                "session disconnect clients",
                "Usage: vmq-admin session disconnect clients",
            ),
            (
                "session disconnect batch",
                "Usage: vmq-admin session disconnect batch",
            ),
            (
                "session unsubscribe client-id=a",
                "Usage: vmq-admin session unsubscribe",
            ),
            (
                "session reauthorize client-id=a",
                "Usage: vmq-admin session reauthorize",
            ),
        ] {
            assert!(fault(line).starts_with(first), "{line}: {}", fault(line));
        }
    }

    /// The line in the audit log is a command line for the same command.
    #[test]
    fn lines_lead_back_to_their_commands() {
        for line in [
            "session show --topic --client_id=a=b --user=~^x --limit=3 --rowtimeout=9 --filter=online",
            "session show --filter=offline --sort=-queue_size",
            "session unsubscribe client-id=a topic=b --plugin",
            "config reset app=vmq_server --key=retry_interval --config-val=3",
            "listener start address=127.0.0.1 port=1 --mountpoint=mp --persist",
            "session disconnect client-id=a --mountpoint=m --cleanup --verbose",
            "session disconnect clients client-ids=a,b",
            "session disconnect batch count=3 --filter-client-ids=a,b --node=n --cleanup",
            "session disconnect --filter=user=x --dry-run",
            "session unsubscribe client-id=a topic=b/#",
            "session reauthorize username=u client-id=a --mountpoint=m",
            "session reauthorize client-id=a --anonymous",
            "retain show --payload --topic=a/#",
            "retain delete --topic=a/# --mountpoint=m --all-matching --dry-run",
            "retain delete-expired",
        ] {
            assert_eq!(command(line).line(), line);
        }
        let Command::Session(Session::Disconnect { who, .. }) =
            command("session disconnect clients client-ids=a,,b")
        else {
            panic!("no disconnect");
        };
        assert_eq!(who, Who::Clients(vec!["a".into(), "b".into()]));
    }

    /// admin.md 18.2: payloads are not everybody's.
    #[test]
    fn payloads_need_more_than_looking() {
        assert_eq!(
            command("session show --client_id --msg_ref").access(),
            Access::Read
        );
        for line in [
            "session show --payload",
            "session show --payload=x",
            "retain show",
            "session disconnect client-id=a",
        ] {
            assert_eq!(command(line).access(), Access::Full, "{line}");
        }
        assert!(matches!(
            command("retain delete"),
            Command::Retain(Retain::Delete { topic: None, .. })
        ));
    }
}
