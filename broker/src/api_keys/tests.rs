//! Keys are let in for what they are for, until they expire, and survive a restart without being on disk.

use super::*;
use jiff::tz::{self, TimeZone};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// 2025-01-01 00:00:00 UTC
const NOW: i64 = 1_735_689_600;
const DAY: i64 = 86_400;

fn rules() -> HttpApiConfig {
    HttpApiConfig::default()
}

fn until(typed: Option<&str>) -> Expiry<'_> {
    Expiry {
        typed,
        zone: TimeZone::UTC,
        now: NOW,
    }
}

fn opened(folder: &Path) -> ApiKeys {
    let keys = ApiKeys::default();
    keys.open(folder);
    keys
}

#[test]
fn a_key_opens_what_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let keys = opened(folder.path());
    let key = keys.create(Scope::Mgmt, until(None), &rules()).unwrap();
    assert!(keys.opens(key.as_bytes(), Scope::Mgmt, NOW));
    for (other, scope) in [
        (key.as_str(), Scope::Metrics),
        (key.as_str(), Scope::Api2),
        ("", Scope::Mgmt),
        (&key[1..], Scope::Mgmt),
        (&keys.all()[0].id(), Scope::Mgmt),
    ] {
        assert!(!keys.opens(other.as_bytes(), scope, NOW), "{other} {scope:?}");
    }
    keys.add(&key, Scope::Metrics, until(None), &rules()).unwrap();
    assert!(keys.opens(key.as_bytes(), Scope::Metrics, NOW));
    let again = keys.add(&key, Scope::Metrics, until(None), &rules());
    assert_eq!(again, Err(KeyFault::Exists));
    assert_eq!(keys.delete(&key, Scope::Mgmt), Ok(()));
    assert_eq!(keys.delete(&key, Scope::Mgmt), Err(KeyFault::NotFound));
    assert!(!keys.opens(key.as_bytes(), Scope::Mgmt, NOW));
    let id = keys.all()[0].id();
    assert_eq!(keys.delete(&id, Scope::Metrics), Ok(()));
    assert!(keys.all().is_empty());
}

#[test]
fn keys_are_random_and_long_enough() {
    let mut longer = rules();
    longer.key_bytes_min = 100;
    let folder = tempfile::tempdir().unwrap();
    let keys = opened(folder.path());
    let one = keys.create(Scope::Mgmt, until(None), &rules()).unwrap();
    let other = keys.create(Scope::Mgmt, until(None), &rules()).unwrap();
    assert_ne!(one, other);
    assert_eq!(one.len(), 32);
    assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{one}");
    assert_eq!(keys.create(Scope::Mgmt, until(None), &longer).unwrap().len(), 100);
    for key in ["x".repeat(99), "x".repeat(1025), String::new()] {
        let added = keys.add(&key, Scope::Mgmt, until(None), &longer);
        assert_eq!(added, Err(KeyFault::Length), "{}", key.len());
    }
}

/// admin.md 13: typed in local time, kept in UTC.
#[test]
fn expiry_is_local_time_in_the_future() {
    let second = |typed, zone, days| {
        let expiry = Expiry {
            typed: Some(typed),
            zone,
            now: NOW,
        };
        expiry.check(days)
    };
    let east = || TimeZone::fixed(tz::offset(2));
    assert_eq!(
        second("2025-01-02T00:00:00", TimeZone::UTC, None),
        Ok(Some(NOW + DAY))
    );
    assert_eq!(
        second("2025-01-02T00:00:00", east(), None),
        Ok(Some(NOW + DAY - 7200))
    );
    assert_eq!(
        second("2025-01-02T00:00:00", TimeZone::UTC, Some(1)),
        Ok(Some(NOW + DAY))
    );
    for (typed, days) in [
        ("2025-01-01T00:00:00", None),
        ("2024-12-31T23:59:59", None),
        ("2025-01-02T00:00:01", Some(1)),
        ("2025-02-30T00:00:00", None),
        ("2025-01-02", None),
        ("2025-01-02 00:00:00", None),
        ("2025-1-2T00:00:00", None),
        ("2025-01-02T00:00:00Z", None),
        ("tomorrow", None),
        ("", None),
        ("99999-01-01T00:00:0", None),
    ] {
        assert_eq!(
            second(typed, TimeZone::UTC, days),
            Err(KeyFault::Expiry),
            "{typed}"
        );
    }
    assert_eq!(until(None).check(None), Ok(None));
    assert_eq!(until(None).check(Some(9)), Err(KeyFault::Expiry));
    assert_eq!(shown(Some(NOW)), "2025-01-01 00:00:00");
    assert_eq!(shown(None), "never");
}

#[test]
fn an_expired_key_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = opened(folder.path());
    let expiry = until(Some("2025-01-02T00:00:00"));
    keys.add("secret", Scope::Health, expiry, &rules()).unwrap();
    assert!(keys.opens(b"secret", Scope::Health, NOW + DAY - 1));
    assert!(!keys.opens(b"secret", Scope::Health, NOW + DAY));
}

#[test]
fn keys_survive_and_are_not_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let keys = opened(folder.path());
    let key = keys
        .create(Scope::Api2, until(Some("2025-01-02T00:00:00")), &rules())
        .unwrap();
    let path = folder.path().join(file::NAME);
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&key), "{text}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = opened(folder.path());
    assert_eq!(again.all(), keys.all());
    assert!(again.opens(key.as_bytes(), Scope::Api2, NOW));
}

#[test]
fn a_damaged_file_opens_nothing_and_is_left_alone() {
    let good = |sha256: &str, version| {
        format!(
            r#"{{"version":{version},"keys":[{{"sha256":"{sha256}","scope":"mgmt","expires":null,"created":1}}]}}"#
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file::NAME);
    fs::write(&path, good(&"a".repeat(64), 1)).unwrap();
    assert_eq!(opened(folder.path()).all().len(), 1);
    for text in [
        String::new(),
        "{".to_owned(),
        "[".repeat(100_000),
        good("ab", 1),
        good(&"g".repeat(64), 1),
        good(&"\u{e9}".repeat(32), 1),
        good(&"a".repeat(64), 2),
    ] {
        fs::write(&path, &text).unwrap();
        let keys = opened(folder.path());
        assert!(keys.all().is_empty());
        let added = keys.add("secret", Scope::Mgmt, until(None), &rules());
        assert!(matches!(added, Err(KeyFault::Home(_))), "{added:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn what_cannot_be_written_did_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let keys = opened(&folder.path().join("not-there"));
    let added = keys.add("secret", Scope::Mgmt, until(None), &rules());
    assert!(matches!(added, Err(KeyFault::Home(_))), "{added:?}");
    assert!(!keys.opens(b"secret", Scope::Mgmt, NOW));
}

#[test]
fn there_are_not_more_than_can_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let keys = opened(folder.path());
    let entry = Entry {
        hash: [0; 32],
        scope: Scope::Mgmt,
        expires: None,
        created: NOW,
    };
    *keys.entries.write() = vec![entry; ENTRIES_MAX];
    let added = keys.add("secret", Scope::Mgmt, until(None), &rules());
    assert_eq!(added, Err(KeyFault::TooMany));
}

#[test]
fn every_scope_has_a_name() {
    for (name, scope) in Scope::ALL {
        assert_eq!(scope.name(), name);
        assert_eq!(Scope::from_name(name), Ok(scope));
        let json = serde_json::to_string(&scope).unwrap();
        assert_eq!(json, format!("\"{name}\""));
    }
    assert_eq!(Scope::from_name("all"), Err(KeyFault::Scope));
}
