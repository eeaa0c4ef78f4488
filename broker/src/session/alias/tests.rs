//! Topic aliases in both directions.

use super::{InboundAliases, OutboundAliases, TopicForm};
use crate::session::tests::violation;
use vmq_mqtt::ReasonCode;

fn fault(aliases: &mut InboundAliases, topic: &'static str, alias: Option<u16>) -> ReasonCode {
    violation(&aliases.resolve(topic.into(), alias).unwrap_err())
}

#[test]
fn a_topic_with_an_alias_sets_it() {
    let mut aliases = InboundAliases::new(3);
    assert_eq!(aliases.resolve("a".into(), Some(3)).unwrap(), "a");
    assert_eq!(aliases.resolve("".into(), Some(3)).unwrap(), "a");
    assert_eq!(aliases.resolve("b".into(), Some(3)).unwrap(), "b");
    assert_eq!(
        aliases.resolve("".into(), Some(3)).unwrap(),
        "b",
        "the newest counts"
    );
    assert_eq!(aliases.resolve("c".into(), None).unwrap(), "c");
}

#[test]
fn aliases_out_of_range_or_unknown_are_refused() {
    let mut aliases = InboundAliases::new(3);
    for (topic, alias) in [("a", 0), ("a", 4), ("a", u16::MAX), ("", 0), ("", 1), ("", 4)] {
        assert_eq!(
            fault(&mut aliases, topic, Some(alias)),
            ReasonCode::TopicAliasInvalid,
            "{topic:?} {alias}"
        );
    }
    aliases.resolve("a".into(), Some(3)).unwrap();
    assert_eq!(
        fault(&mut aliases, "", Some(2)),
        ReasonCode::TopicAliasInvalid,
        "a gap below a known one"
    );
}

#[test]
fn neither_topic_nor_alias_is_a_protocol_error() {
    assert_eq!(
        fault(&mut InboundAliases::new(3), "", None),
        ReasonCode::ProtocolError
    );
}

#[test]
fn a_client_without_aliases_may_not_use_any() {
    assert_eq!(
        fault(&mut InboundAliases::new(0), "a", Some(1)),
        ReasonCode::TopicAliasInvalid
    );
}

#[test]
fn aliases_are_given_in_order_until_they_are_used_up() {
    let mut aliases = OutboundAliases::new(2);
    assert_ne!(aliases.form_of(b"x"), TopicForm::Full);
    assert_eq!(aliases.form(b"a"), TopicForm::Introduce(1));
    assert_eq!(aliases.form(b"a"), TopicForm::Alias(1));
    assert_eq!(aliases.form(b"b"), TopicForm::Introduce(2));
    assert_eq!(aliases.form(b"c"), TopicForm::Full);
    assert_eq!(aliases.form(b"b"), TopicForm::Alias(2));
    assert_eq!(aliases.form(b"c"), TopicForm::Full, "nobody is pushed out");
}

#[test]
fn without_aliases_topics_are_written_in_full() {
    let mut aliases = OutboundAliases::new(0);
    assert_eq!(aliases.form_of(b"x"), TopicForm::Full);
    assert_eq!(aliases.form(b"a"), TopicForm::Full);
    assert_eq!(aliases.form(b"a"), TopicForm::Full);
}

/// The 65536th topic is given alias 65535 a second time; later messages of the topic that had it before arrive under
/// the wrong topic.
#[test]
fn every_alias_of_the_largest_table_is_used_once() {
    let mut aliases = OutboundAliases::new(u16::MAX);
    for n in 1..=u16::MAX {
        assert_eq!(aliases.form(&n.to_be_bytes()), TopicForm::Introduce(n));
    }
    assert_eq!(aliases.form(b"one more"), TopicForm::Full);
}
