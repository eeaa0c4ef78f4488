//! ACL files: what the rules let somebody subscribe to never brings a topic that the rules do not let them read
//! (hostile inputs 17, 38).

use vmq_broker::hooks::acl::{Access, AclRules, Who};
use vmq_mqtt::topic::{check_filter, check_name, matches};

/// Levels are compared one by one; this many are enough.
const LEVELS_MAX: usize = 64;

/// A file; behind a zero byte the client id, the user name (absent without its line), filters and topics to ask for,
/// one a line. Topics of the file itself are always asked for.
pub fn acl_file(data: &[u8]) {
    let (file, questions) = split(data);
    let (rules, warnings) = match AclRules::parse(file) {
        Ok(parsed) => parsed,
        Err(fault) => {
            assert!((1..=lines(file)).contains(&fault.line));
            return;
        }
    };
    for warning in &warnings {
        assert!((1..=lines(file)).contains(&warning.line));
    }
    let Ok(questions) = std::str::from_utf8(questions) else {
        return;
    };
    let mut questions = questions.split('\n');
    let client_id = questions.next().unwrap_or_default();
    let username = questions.next();
    let who = Who {
        mountpoint: "",
        client_id,
        username,
    };
    let text = String::from_utf8_lossy(file);
    let asked: Vec<&str> = questions.chain(text.split([' ', '\n'])).take(64).collect();
    for filter in &asked {
        if check_filter(filter, LEVELS_MAX).is_err() {
            continue;
        }
        let allowed = rules.check(Access::Read, filter, &who);
        if allowed.is_some() {
            assert_ne!(file, b"", "an empty file denies all");
            check_covered(&rules, filter, &asked, &who);
        }
    }
}

/// Shared subscriptions may be allowed by rules of their own, which say nothing about the topic alone.
fn check_covered(rules: &AclRules, filter: &str, asked: &[&str], who: &Who<'_>) {
    if filter.starts_with("$share/") {
        return;
    }
    for topic in asked {
        if check_name(topic, LEVELS_MAX).is_ok() && !topic.starts_with("$share/") && matches(filter, topic) {
            assert!(
                rules.check(Access::Read, topic, who).is_some(),
                "{filter:?} is allowed, {topic:?} is not"
            );
        }
    }
}

fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == 0) {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, b""),
    }
}

fn lines(file: &[u8]) -> usize {
    file.split(|byte| *byte == b'\n').count()
}
