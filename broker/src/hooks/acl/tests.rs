//! Cases of hooks.md 19, and two exhaustive properties over all small filters: the engine agrees with a naive model,
//! and an allowed subscription never receives a topic outside the rules.

use vmq_mqtt::topic::matches;

use super::*;

fn rules(text: &str) -> AclRules {
    let (rules, warnings) = AclRules::parse(text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    rules
}

fn who<'a>(username: Option<&'a str>, client_id: &'a str) -> Who<'a> {
    Who {
        mountpoint: "",
        client_id,
        username,
    }
}

fn read(rules: &AclRules, topic: &str) -> bool {
    rules.check(Access::Read, topic, &who(None, "c")).is_some()
}

fn fault(text: &str) -> FileFault {
    AclRules::parse(text).unwrap_err()
}

const JOHN: &str = "\
# ACL for everybody
topic bar
topic write foo
topic read open_to_all

# ACL for user 'john'
user john
topic foo
topic read baz
topic write open_to_all
";

const TABLE: &str = "\
# simple comment
topic read a/b/c
# other comment
topic write a/b/c
topic write v/w x/y

#
# ACL for user 'test'
user test


topic x/y/z/#
# some patterns
pattern read %m/%u/%c
pattern write %m/%u/%c
";

#[test]
fn everybody_and_john() {
    let rules = rules(JOHN);
    let line = |access, topic, user| rules.check(access, topic, &who(user, "c")).map(|line| line.0);
    for user in [None, Some("john"), Some("jane"), Some("")] {
        assert_eq!(line(Access::Read, "bar", user), Some(2));
        assert_eq!(line(Access::Write, "bar", user), Some(2));
        assert_eq!(line(Access::Write, "foo", user), Some(3));
        assert_eq!(line(Access::Read, "open_to_all", user), Some(4));
        let john = user == Some("john");
        assert_eq!(line(Access::Read, "foo", user), john.then_some(8));
        assert_eq!(line(Access::Read, "baz", user), john.then_some(9));
        assert_eq!(line(Access::Write, "open_to_all", user), john.then_some(10));
        assert_eq!(line(Access::Write, "baz", user), None);
    }
}

#[test]
fn the_table_of_the_manual() {
    let rules = rules(TABLE);
    let allowed = |user, access, topic| {
        rules
            .check(access, topic, &who(Some(user), "my-client-id"))
            .is_some()
    };
    for topic in ["a/b/c", "x/y/z/#", "/test/my-client-id"] {
        assert!(allowed("test", Access::Read, topic), "{topic}");
        assert_eq!(
            allowed("invalid-user", Access::Read, topic),
            topic == "a/b/c",
            "{topic}"
        );
    }
    for topic in ["a/b/c", "x/y/z/blabla", "/test/my-client-id", "v/w x/y"] {
        assert!(allowed("test", Access::Write, topic), "{topic}");
        let everybody = topic == "a/b/c" || topic == "v/w x/y";
        assert_eq!(
            allowed("invalid-user", Access::Write, topic),
            everybody,
            "{topic}"
        );
    }
}

/// Hostile input 17.
#[test]
fn an_empty_file_denies_all() {
    for rules in [
        AclRules::empty(),
        rules(""),
        rules("\n"),
        rules("# nothing\n"),
        rules("user john\n"),
    ] {
        for topic in ["a", "#", "$SYS/x", "$share/g/a"] {
            assert_eq!(rules.check(Access::Read, topic, &who(Some("john"), "c")), None);
            assert_eq!(rules.check(Access::Write, topic, &who(Some("john"), "c")), None);
        }
    }
}

#[test]
fn blanks_line_ends_and_alphabets() {
    let rules = rules(
        "topic read  a/b/c \r\ntopic машина/скорость\r\nuser    test   \r\ntopic\u{20}\tt\t\r\nuser test",
    );
    assert!(read(&rules, "a/b/c") && read(&rules, "машина/скорость"));
    assert!(rules.check(Access::Write, "t", &who(Some("test"), "c")).is_some());
    assert!(rules.check(Access::Write, "t", &who(None, "c")).is_none());
}

#[test]
fn a_second_blank_makes_another_rule_with_a_warning() {
    let (rules, warnings) = AclRules::parse("topic  read a/b\npattern \twrite %c\ntopic  a\n").unwrap();
    assert_eq!(
        warnings.iter().map(|warning| warning.line).collect::<Vec<_>>(),
        [1, 2]
    );
    let allows = |access, topic| rules.check(access, topic, &who(None, "c")).is_some();
    assert!(
        allows(Access::Read, "read a/b") && allows(Access::Write, "read a/b") && !allows(Access::Read, "a/b")
    );
    // `write %c` is no complete level `%c`.
    assert!(allows(Access::Read, "write %c") && !allows(Access::Write, "c") && allows(Access::Write, "a"));
}

/// Decision 13 and hostile input 20: one bad line refuses the whole file.
#[test]
fn bad_lines() {
    for (bad, why) in [
        (
            "topics a",
            "expected topic, pattern, user or #, each keyword followed by a blank",
        ),
        (
            "topic",
            "expected topic, pattern, user or #, each keyword followed by a blank",
        ),
        (
            "Topic a",
            "expected topic, pattern, user or #, each keyword followed by a blank",
        ),
        (
            "topic\ta",
            "expected topic, pattern, user or #, each keyword followed by a blank",
        ),
        (
            "deny a",
            "expected topic, pattern, user or #, each keyword followed by a blank",
        ),
        (
            " topic a",
            "starts with a blank; keywords start in the first column",
        ),
        (
            " # note",
            "starts with a blank; keywords start in the first column",
        ),
        (" \t", "only blanks; leave an empty line really empty"),
        ("topic  ", "rule without a topic"),
        ("topic read ", "rule without a topic"),
        ("pattern write \t", "rule without a topic"),
        ("user  ", "user without a name"),
    ] {
        assert_eq!(
            fault(&format!("topic #\n{bad}\ntopic b\n")),
            FileFault {
                line: 2,
                why: why.into()
            },
            "{bad:?}"
        );
    }
    assert_eq!(
        AclRules::parse(b"topic a\ntopic \xff\n").unwrap_err().to_string(),
        "line 2: not UTF-8"
    );
}

#[test]
fn bad_filters() {
    for (text, start) in [
        (
            "topic a+",
            "can't validate read acl topic a+ for user all due to ",
        ),
        (
            "topic read a#",
            "can't validate read acl topic a# for user all due to ",
        ),
        (
            "topic write #/a",
            "can't validate write acl topic #/a for user all due to ",
        ),
        (
            "user joe\ntopic a/#/b",
            "can't validate read acl topic a/#/b for user joe due to ",
        ),
        (
            "user joe\npattern write %c+",
            "can't validate write acl topic %c+ for user all due to ",
        ),
        (
            "topic $share/g",
            "can't validate read acl topic $share/g for user all due to ",
        ),
        (
            "topic $share/+/",
            "can't validate read acl topic $share/+/ for user all due to ",
        ),
        (
            "topic $share/#",
            "can't validate read acl topic $share/# for user all due to ",
        ),
        (
            "topic $share/g+/a",
            "can't validate read acl topic $share/g+/a for user all due to ",
        ),
        (
            "topic a\0",
            "can't validate read acl topic a\0 for user all due to ",
        ),
    ] {
        let fault = fault(text);
        assert!(
            fault.why.starts_with(start) && fault.why.len() > start.len(),
            "{text}: {fault}"
        );
    }
    assert!(AclRules::parse(format!("topic {}", "a".repeat(65_536))).is_err());
    assert!(AclRules::parse(format!("topic {}", "/".repeat(65_535))).is_ok());
}

/// Hostile input 38, and the flaws of the original that hooks.md 19.3 names.
#[test]
fn wildcards() {
    let a = rules("topic read a/#\n");
    for (topic, allowed) in [
        ("a", true),
        ("a/b", true),
        ("a/+", true),
        ("a/#", true),
        ("a/b/c", true),
        ("ab", false),
        ("+", false),
    ] {
        assert_eq!(read(&a, topic), allowed, "{topic}");
    }
    let one = rules("topic read a/+\ntopic read a/b\n");
    for (topic, allowed) in [
        ("a/x", true),
        ("a/+", true),
        ("a/", true),
        ("a/#", false),
        ("a", false),
        ("a/x/y", false),
    ] {
        assert_eq!(read(&one, topic), allowed, "{topic}");
    }
    let plus = rules("topic read +\n");
    assert!(read(&plus, "+") && read(&plus, "$SYS") && !read(&plus, "#") && !read(&plus, "+/#"));
    let all = rules("topic read #\n");
    assert!(read(&all, "#") && read(&all, "$SYS/#") && read(&all, "$share/g/#"));
    assert!(!read(&rules("topic read a/b\n"), "a/+"));
    assert!(read(&rules("topic read +/x\n"), "$SYS/x"));
}

/// Hostile input 15.
#[test]
fn substituted_values_are_never_wildcards() {
    let rules = rules("pattern sensor/%c/data\npattern user/%u/#\npattern %m/x\n");
    let check = |requested: &str, who: &Who<'_>| rules.check(Access::Read, requested, who).is_some();
    for name in ["+", "#", "a+", "a#", "a/b", "+/#"] {
        let hostile = who(Some(name), name);
        for requested in [
            "sensor/+/data",
            "sensor/#",
            "user/+/#",
            "user/#",
            "user/a/x",
            "sensor/a/data",
            "#",
            "+/x",
        ] {
            assert!(!check(requested, &hostile), "{name} {requested}");
        }
        for requested in [
            format!("sensor/{name}/data"),
            format!("user/{name}/x"),
            format!("{name}/x"),
        ] {
            assert!(
                !check(
                    &requested,
                    &Who {
                        mountpoint: name,
                        ..hostile
                    }
                ),
                "{name} {requested}"
            );
        }
    }
    let bob = Who {
        mountpoint: "m",
        client_id: "c1",
        username: Some("bob"),
    };
    for requested in ["sensor/c1/data", "user/bob/#", "user/bob", "m/x"] {
        assert!(check(requested, &bob), "{requested}");
    }
    for requested in [
        "sensor/+/data",
        "sensor/c2/data",
        "sensor/%c/data",
        "user/+",
        "user/#",
        "/x",
    ] {
        assert!(!check(requested, &bob), "{requested}");
    }
    let anonymous = who(None, "c1");
    assert!(
        check("/x", &anonymous) && !check("user//x", &anonymous) && check("user//x", &who(Some(""), "c1"))
    );
}

#[test]
fn substitutions_are_text_outside_patterns_and_inside_levels() {
    let rules = rules("topic read %c/t\npattern read x%c/p\n");
    assert!(read(&rules, "%c/t") && !read(&rules, "c/t"));
    assert!(read(&rules, "x%c/p") && !read(&rules, "xc/p"));
}

/// Hostile input 33: a shared subscription is what its filter is.
#[test]
fn shared_subscriptions() {
    let inner = rules("topic read a/b\ntopic read c/+\n");
    for (filter, allowed) in [
        ("$share/g/a/b", true),
        ("$share/g/c/x", true),
        ("$share/g/c/#", false),
        ("$share/g/a/+", false),
        ("$share/g/#", false),
        ("$share/g/", false),
        ("$share/g", false),
        ("$share/+/a/b", false),
    ] {
        assert_eq!(read(&inner, filter), allowed, "{filter}");
    }
    let written = rules("topic read $share/g/a/#\ntopic read $share/+/b\npattern read $share/g/%c\n");
    for (filter, allowed) in [
        ("$share/g/a/b", true),
        ("$share/h/a/b", false),
        ("a/b", false),
        ("$share/x/b", true),
        ("b", false),
        ("$share/g/c", true),
    ] {
        assert_eq!(read(&written, filter), allowed, "{filter}");
    }
    // Wildcards of an ordinary rule never reach through the `$share` words.
    assert!(!read(&rules("topic read +/+/a/b\n"), "$share/g/a/b"));
    assert!(!read(&rules("topic read +/g/#\n"), "$share/g/a"));
    let (rules, warnings) = AclRules::parse("topic write $share/g/a\n").unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(!read(&rules, "$share/g/a"));
}

#[test]
fn very_deep_topics_do_not_recurse() {
    let deep = "/".repeat(65_000);
    assert!(read(&rules(&format!("topic read {deep}+\n")), &deep));
    assert!(read(&rules("topic read +/#\n"), &deep));
}

/// All filters, or all topics, of up to three levels over a small alphabet.
fn words(levels: &[&str], wildcards: bool) -> Vec<String> {
    let mut all: Vec<Vec<&str>> = vec![];
    let mut longest: Vec<Vec<&str>> = vec![vec![]];
    for _ in 0..3 {
        longest = longest
            .iter()
            .flat_map(|start| {
                levels
                    .iter()
                    .map(move |level| [start.as_slice(), &[*level]].concat())
            })
            .collect();
        all.extend(longest.iter().cloned());
    }
    let mut words: Vec<_> = all
        .iter()
        .map(|levels| levels.join("/"))
        .filter(|word| !word.is_empty())
        .collect();
    if wildcards {
        words.push("#".into());
        words.extend(
            all.iter()
                .filter(|levels| levels.len() < 3)
                .map(|levels| format!("{}/#", levels.join("/"))),
        );
    }
    words
}

/// The model: a rule covers a filter when it matches each topic that the filter can stand for. Topics of four levels
/// with one word that no rule contains are enough to tell all small filters apart.
fn model_covers(rule: &str, requested: &str, topics: &[String]) -> bool {
    let bare = |filter: &str, topic: &str| matches(&format!("x/{filter}"), &format!("x/{topic}"));
    topics
        .iter()
        .all(|topic| !bare(requested, topic) || bare(rule, topic))
}

#[test]
fn agrees_with_the_model_and_never_grants_too_much() {
    let filters = words(&["a", "", "+"], true);
    let mut topics = words(&["a", "", "z"], false);
    // No topic by itself, but what `/#` says of the level before its `#`.
    topics.push(String::new());
    topics.extend(
        words(&["a", "z"], false)
            .into_iter()
            .map(|topic| format!("{topic}/z")),
    );
    for rule in &filters {
        let rules = rules(&format!("topic read {rule}\n"));
        for requested in &filters {
            let allowed = read(&rules, requested);
            // `+/#` matches whatever `#` does, yet a `+` never covers a requested `#` (decision 13).
            let want =
                model_covers(rule, requested, &topics) && (rule.as_str(), requested.as_str()) != ("+/#", "#");
            assert_eq!(allowed, want, "rule {rule}, requested {requested}");
            assert_eq!(
                read(&rules, &format!("$share/g/{requested}")),
                allowed,
                "rule {rule}, shared {requested}"
            );
            if allowed {
                let outside = topics
                    .iter()
                    .find(|topic| matches(requested, topic) && !read(&rules, topic));
                assert_eq!(outside, None, "rule {rule}, requested {requested}");
            }
        }
    }
}

/// Many rules at once: the fast tables answer like the rules one by one.
#[test]
fn a_set_of_rules_allows_what_one_of_them_allows() {
    let filters = words(&["a", "b", "+"], true);
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..300 {
        let mut pick = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            filters[usize::try_from(seed % filters.len() as u64).unwrap()].as_str()
        };
        let chosen = [pick(), pick(), pick(), pick()];
        let text = format!(
            "topic read {}\npattern {}\nuser u\ntopic read {}\nuser v\ntopic {}\n",
            chosen[0], chosen[1], chosen[2], chosen[3]
        );
        let set = rules(&text);
        let single = chosen.map(|rule| rules(&format!("topic read {rule}\n")));
        for requested in &filters {
            let line = set.check(Access::Read, requested, &who(Some("u"), "c"));
            let one = [(&single[0], 1), (&single[2], 4), (&single[1], 2)];
            let want = one
                .iter()
                .find(|(rules, _)| read(rules, requested))
                .map(|&(_, line)| RuleLine(line));
            assert_eq!(line, want, "{text} {requested}");
        }
    }
}
