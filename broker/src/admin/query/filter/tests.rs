//! Expressions: what they find, and why some are none.

use super::*;

fn row(field: Field) -> Cell<'static> {
    match field {
        Field::ClientId => Cell::Text("pump-0017".into()),
        Field::User => Cell::Text("joe doe".into()),
        Field::PeerHost => Cell::Text("10.3.4.17".into()),
        Field::IsOnline => Cell::Flag(true),
        Field::Statename => Cell::Word("online".into()),
        Field::QueueSize => Cell::Number(812),
        Field::Protocol => Cell::Number(4),
        _ => Cell::Missing,
    }
}

fn holds(text: &str) -> bool {
    Filter::parse(text).unwrap().holds(&row)
}

#[test]
fn terms_of_every_kind() {
    for wanted in [
        "pump",
        "0017 online",
        "user=joe* queue>100 !mqtt5",
        "client_id=pump-0017",
        "client=*00*7",
        "client_id!=other",
        "client_id~^pump.*7$",
        "mqtt3",
        "queue<813",
        "state=online",
        "user=\"joe doe\"",
        "topic=undefined",
        "nobody | pump",
        "offline|online",
        "!offline",
        "!user=jane",
    ] {
        assert!(holds(wanted), "{wanted}");
    }
    for unwanted in [
        "PUMP",
        "offline",
        "mqtt5",
        "client_id=pump",
        "client_id=*17*0",
        "queue>812",
        "queue<812",
        "user>1",
        "!pump",
        "!online | offline",
        "nobody pump",
        "state~online",
    ] {
        assert!(!holds(unwanted), "{unwanted}");
    }
}

#[test]
fn a_star_stands_for_anything() {
    let matches = |pattern: &str, text: &str| Pattern::whole(pattern).matches(text);
    assert!(matches("*", "") && matches("a*", "a") && matches("a*b*c", "a-b-b-c"));
    assert!(!matches("a*a", "a") && !matches("ab*ba", "aba") && !matches("", "a"));
    assert!(matches("", ""));
}

#[test]
fn what_is_no_expression_says_why() {
    for (text, why) in [
        ("", "a term is missing"),
        ("a | ", "a term is missing"),
        ("!", "a term is missing"),
        ("nope=1", "\"nope\" is no field"),
        ("queue>many", "\"many\" is no number for >"),
        ("user~(", "\"(\" is no regular expression"),
        ("user!joe", "\"!\" is no comparison"),
        ("user=\"joe", "a quote is not closed"),
        ("payload=x", "\"payload\" is a field of messages: use --payload="),
    ] {
        assert_eq!(Filter::parse(text).unwrap_err(), why, "{text}");
    }
    assert!(Filter::parse(&"a ".repeat(65)).is_err());
    assert!(Filter::parse(&"a".repeat(5000)).is_err());
}

#[test]
fn a_client_id_that_must_be_is_known() {
    let id = |text: &str| Filter::parse(text).unwrap().client_id().map(str::to_owned);
    assert_eq!(id("online client_id=a"), Some("a".to_owned()));
    for text in ["client_id=a*", "client_id!=a", "!client_id=a", "client_id=a | b"] {
        assert_eq!(id(text), None, "{text}");
    }
}
