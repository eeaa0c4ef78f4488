//! Vectors of mqtt.md 8 and properties against a naive model.

use super::*;
use proptest::prelude::*;

const DEPTH: usize = 10;

#[test]
fn names_are_checked() {
    for good in [
        "a",
        "/",
        "a//b",
        "$SYS/x",
        "a b",
        "\u{feff}a",
        "ü/日本",
        "a/b/c/d/e/f/g/h/i/k",
        "$",
        "$share/g/x",
    ] {
        assert_eq!(check_name(good, DEPTH), Ok(()), "{good}");
    }
    assert_eq!(check_name("", DEPTH), Err(TopicFault::Empty));
    for wild in ["+", "#", "a/+", "a+", "a/#/b", "日+"] {
        assert_eq!(check_name(wild, DEPTH), Err(TopicFault::Wildcard), "{wild}");
    }
    assert_eq!(check_name("a\0", DEPTH), Err(TopicFault::Nul));
    assert_eq!(
        check_name("a/b/c/d/e/f/g/h/i/k/l", DEPTH),
        Err(TopicFault::TooDeep)
    );
    assert_eq!(check_name("//////////", DEPTH), Err(TopicFault::TooDeep));
    assert_eq!(check_name(&"a".repeat(65_535), DEPTH), Ok(()));
    assert_eq!(check_name(&"a".repeat(65_536), DEPTH), Err(TopicFault::TooLong));
}

#[test]
fn filters_are_checked() {
    for good in [
        "#",
        "+",
        "a/#",
        "+/+",
        "/",
        "a/+/c",
        "$SYS/#",
        "+/#",
        "//",
        "$share/g/#",
        "$share/g//",
        "$shared",
    ] {
        assert_eq!(check_filter(good, DEPTH), Ok(()), "{good}");
    }
    for misplaced in [
        "a#",
        "#a",
        "a/#/b",
        "a+",
        "+a",
        "++",
        "a/b+/c",
        "##",
        "#/",
        "+#",
        "日+",
        "$share/g/a#",
    ] {
        assert_eq!(
            check_filter(misplaced, DEPTH),
            Err(TopicFault::MisplacedWildcard),
            "{misplaced}"
        );
    }
    let bad_shares = [
        "$share",
        "$share/",
        "$share/g",
        "$share/g/",
        "$share//x",
        "$share/g+/x",
        "$share/+/x",
        "$share/#",
        "$share/g/$share/h/x",
        "$share/g/$share",
    ];
    for share in bad_shares {
        assert_eq!(check_filter(share, DEPTH), Err(TopicFault::Shared), "{share}");
    }
    assert_eq!(check_filter("", DEPTH), Err(TopicFault::Empty));
    assert_eq!(check_filter("a\0", DEPTH), Err(TopicFault::Nul));
    assert_eq!(check_filter("$share/g\0/a", DEPTH), Err(TopicFault::Nul));
    assert_eq!(check_filter(&"a".repeat(65_536), DEPTH), Err(TopicFault::TooLong));
}

#[test]
fn depth_counts_empty_levels_and_the_share_words() {
    assert_eq!(check_filter("a/b/c/d/e/f/g/h/i/k", DEPTH), Ok(()));
    assert_eq!(
        check_filter("a/b/c/d/e/f/g/h/i/k/l", DEPTH),
        Err(TopicFault::TooDeep)
    );
    assert_eq!(check_filter("$share/g/a/b/c/d/e/f/g/h", DEPTH), Ok(()));
    assert_eq!(
        check_filter("$share/g/a/b/c/d/e/f/g/h/i", DEPTH),
        Err(TopicFault::TooDeep)
    );
    // What overflowed other brokers' stacks.
    assert_eq!(check_filter(&"/".repeat(65_400), DEPTH), Err(TopicFault::TooDeep));
    assert_eq!(check_filter(&"/".repeat(65_400), usize::MAX), Ok(()));
    assert!(matches(&"+/".repeat(30_000), &"a/".repeat(30_000)));
}

#[test]
fn shared_filters_are_split() {
    assert_eq!(split_shared("$share/g/a/b"), Some(("g", "a/b")));
    assert_eq!(split_shared("$share/日/#"), Some(("日", "#")));
    assert_eq!(split_shared("$share/g//"), Some(("g", "/")));
    for ordinary in [
        "a",
        "$share",
        "$share/g",
        "$share//a",
        "$share/g/",
        "$shared/g/a",
        "a/$share/g/b",
        "$SYS/#",
    ] {
        assert_eq!(split_shared(ordinary), None, "{ordinary}");
    }
}

#[test]
fn matching_vectors() {
    let matching = [
        ("#", &["a", "a/b", "/", "/a"][..]),
        ("a/#", &["a", "a/b", "a//b", "a/b/c", "a/"]),
        ("+", &["a", "日本"]),
        ("+/+", &["/a", "a/", "a/b", "/"]),
        ("/+", &["/a", "/"]),
        ("a/+/c", &["a/b/c", "a//c"]),
        ("a/+", &["a/"]),
        ("$SYS/#", &["$SYS", "$SYS/n/x"]),
        ("$SYS/+/x", &["$SYS/n/x"]),
        ("foo/+/baz/#", &["foo/bar/baz"]),
        (
            "+/+/+/+/+/+/+/+/+/test",
            &["one/two/three/four/five/six/seven/eight/nine/test"],
        ),
        ("foo/+/baz//", &["foo//baz//"]),
        ("/#", &["////foo///bar", "/"]),
        ("foo//baz/#", &["foo//baz/bar"]),
        ("test/topic/+", &["test/topic/"]),
        ("+/#", &["a", "a/b", "/"]),
        ("\u{feff}a", &["\u{feff}a"]),
    ];
    for (filter, topics) in matching {
        for topic in topics {
            assert!(matches(filter, topic), "{filter} must match {topic}");
        }
    }
    let not_matching = [
        ("#", &["$SYS/x", "$x"][..]),
        ("a/#", &["b", "/a", "aa", "ab/c"]),
        ("+", &["a/b", "/a", "$SYS", "a/"]),
        ("+/+", &["a", "$SYS/a", "a/b/c"]),
        ("+/#", &["$SYS/a", "$a"]),
        ("/+", &["a/b", "a", "//a"]),
        ("a/+/c", &["a/c", "a/b/b/c"]),
        ("a/+", &["a", "a/b/c"]),
        ("a", &["A", "a/", "/a", "\u{feff}a"]),
        ("a/b", &["a//b", "a/b/", "a"]),
        ("é", &["e\u{301}"]),
    ];
    for (filter, topics) in not_matching {
        for topic in topics {
            assert!(!matches(filter, topic), "{filter} must not match {topic}");
        }
    }
}

/// Expands the filter level by level over vectors of words, the slow and obvious way.
fn naive_matches(filter: &[&str], topic: &[&str]) -> bool {
    if let ([first, ..], [word, ..]) = (filter, topic)
        && (*first == "+" || *first == "#")
        && word.starts_with('$')
    {
        return false;
    }
    naive_levels(filter, topic)
}

fn naive_levels(filter: &[&str], topic: &[&str]) -> bool {
    match (filter, topic) {
        (["#"], _) | ([], []) => true,
        (["+", filter @ ..], [_, topic @ ..]) => naive_levels(filter, topic),
        ([word, filter @ ..], [other, topic @ ..]) if word == other => naive_levels(filter, topic),
        _ => false,
    }
}

fn topic() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["", "a", "b", "$a", "日", "ab"]), 1..6)
        .prop_map(|words| words.join("/"))
        .prop_filter("not empty", |topic| !topic.is_empty())
}

fn filter() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec!["", "a", "b", "$a", "日", "ab", "+", "+", "+"]);
    (prop::collection::vec(words, 1..6), any::<bool>())
        .prop_map(|(mut words, hash)| {
            if hash {
                words.push("#");
            }
            words.join("/")
        })
        .prop_filter("not empty", |filter| !filter.is_empty())
}

proptest! {
    #[test]
    fn matching_agrees_with_the_model(filter in filter(), topic in topic()) {
        prop_assert_eq!(check_filter(&filter, DEPTH), Ok(()));
        prop_assert_eq!(check_name(&topic, DEPTH), Ok(()));
        let filter_words: Vec<&str> = filter.split('/').collect();
        let topic_words: Vec<&str> = topic.split('/').collect();
        prop_assert_eq!(matches(&filter, &topic), naive_matches(&filter_words, &topic_words));
    }

    #[test]
    fn a_topic_is_a_filter_that_matches_itself(topic in topic()) {
        prop_assert!(matches(&topic, &topic));
    }

    #[test]
    fn no_string_is_a_panic(filter in any::<String>(), topic in any::<String>()) {
        let _fault = check_name(&topic, DEPTH);
        let _fault = check_filter(&filter, DEPTH);
        let _split = split_shared(&filter);
        let _matched = matches(&filter, &topic);
    }
}
