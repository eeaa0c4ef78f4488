//! What is offered where (admin.md 18.3, packaging.md 7), with a broker that knows two clients.

use super::*;

/// Remembers what it was asked.
#[derive(Default)]
struct Known(Vec<(Kind, String)>);

impl Source for Known {
    fn values(&mut self, kind: Kind, typed: &str, _: &[String]) -> Vec<Candidate> {
        self.0.push((kind, typed.to_owned()));
        let texts: &[&str] = match kind {
            Kind::ClientId => &["pump-1", "pump-2", "valve"],
            Kind::Setting => &["retry_interval", "max_inflight_messages"],
            Kind::Port => &["1883"],
            _ => &[],
        };
        texts.iter().map(|text| candidate(*text, "")).collect()
    }

    fn choices(&mut self, setting: &str) -> Vec<Candidate> {
        let words: &[&str] = if setting == "allow_anonymous" {
            &["on", "off"]
        } else {
            &[]
        };
        words.iter().map(|word| candidate(*word, "")).collect()
    }
}

#[test]
fn settings_come_with_the_words_that_they_may_be() {
    assert_eq!(offered("set retry"), ["retry_interval="]);
    assert_eq!(offered("set allow_anonymous=of"), ["allow_anonymous=off"]);
    assert_eq!(
        offered("set retry_interval=7 allow_anonymous="),
        ["allow_anonymous=on", "allow_anonymous=off"]
    );
    assert!(offered("set retry_interval=").is_empty());
}

fn ask(line: &str, source: &mut Known) -> Vec<String> {
    let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let (current, before) = args.split_last().unwrap();
    let found = Line::new(before, current).candidates(source);
    found.into_iter().map(|candidate| candidate.text).collect()
}

fn offered(line: &str) -> Vec<String> {
    ask(line, &mut Known::default())
}

#[test]
fn words_lead_to_commands() {
    let top = offered("");
    for word in ["node", "session", "set", "log"] {
        assert!(top.contains(&word.to_owned()), "{word}");
    }
    assert_eq!(offered("ses"), ["session"]);
    assert_eq!(offered("log show "), ["config"]);
    assert_eq!(
        offered("session disconnect "),
        ["clients", "batch", "client-id="],
        "a command and a group"
    );
    assert!(offered("nonsense ").iter().all(|text| text.starts_with("--")));
}

#[test]
fn keys_come_with_their_mark_and_once() {
    assert_eq!(offered("session unsubscribe "), ["client-id=", "topic="]);
    assert_eq!(offered("session unsubscribe client-id=a "), ["topic="]);
    assert_eq!(offered("log level l"), ["logger=", "level="]);
    assert_eq!(offered("log level level=not"), ["level=notice"]);
}

#[test]
fn values_are_asked_for_with_what_is_typed() {
    let mut known = Known::default();
    assert_eq!(
        ask("session disconnect client-id=pu", &mut known),
        ["client-id=pump-1", "client-id=pump-2"]
    );
    assert_eq!(known.0, [(Kind::ClientId, "pu".to_owned())]);
    assert_eq!(
        offered("session disconnect clients client-ids=valve,pump-1,v"),
        ["client-ids=valve,pump-1,valve"]
    );
    assert_eq!(offered("session show --client_id=v"), ["--client_id=valve"]);
    assert_eq!(offered("listener stop address=::1 port="), ["port=1883"]);
    assert_eq!(offered("show ret"), ["retry_interval"]);
    assert_eq!(offered("show retry_interval max"), ["max_inflight_messages"]);
    assert_eq!(offered("set ret"), ["retry_interval="]);
}

#[test]
fn flags_say_whether_they_want_a_value() {
    let flags = offered("session show --");
    for flag in ["--client_id", "--limit=", "--sort=", "--format=", "--help"] {
        assert!(flags.contains(&flag.to_owned()), "{flag}");
    }
    assert!(!offered("session show --client_id --").contains(&"--client_id".to_owned()));
    assert_eq!(
        offered("session show --is_online="),
        ["--is_online=true", "--is_online=false"]
    );
    assert_eq!(
        offered("session show --sort=-queue_s"),
        ["--sort=-queue_size", "--sort=-queue_started_at"]
    );
    assert_eq!(offered("node status --format j"), ["json", "jsonl"]);
    assert_eq!(
        offered("metrics show --mqtt_version="),
        ["--mqtt_version=4", "--mqtt_version=5"]
    );
    assert_eq!(
        offered("trace client client-id=x --on-limit s"),
        ["stop", "sample"]
    );
    // After a switch comes no value.
    assert!(
        offered("listener show --tls ")
            .iter()
            .all(|text| text.starts_with("--"))
    );
}

#[test]
fn nobody_types_control_characters() {
    let none = run(
        &["session".into(), "disconnect".into(), "client-id=".into()],
        |_| PathBuf::from("there/is/no/broker"),
    );
    assert_eq!(none, "");
    let words = run(&["lo".into()], |_| PathBuf::new());
    assert_eq!(words, "log\tLoggers and their levels\n");
}
