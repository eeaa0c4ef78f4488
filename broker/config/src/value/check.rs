//! Bounds of values that have the right type.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Refusal, Value};
use crate::table::{Check, Row};

/// Bytes of a PEM file that are looked at.
const PEM_BYTES_MAX: u64 = 1 << 20;

/// Keeps a value inside the bounds of its row.
pub(super) fn check(row: &Row, value: &Value) -> Result<(), Refusal> {
    let fault = match (row.check, value) {
        (Check::Range(min, max), Value::Integer(number)) if !(min..=max).contains(number) => {
            Some(range_text(min, max))
        }
        (Check::Range(min, max), Value::Integers(numbers))
            if numbers.iter().any(|n| !(min..=max).contains(n)) =>
        {
            Some(format!("each must be between {min} and {max}"))
        }
        (Check::Range(min, max), Value::Percent(number)) if !(min..=max).contains(&i64::from(*number)) => {
            Some(range_text(min, max))
        }
        (Check::RangeText(min, max, text), Value::Integer(number)) if !(min..=max).contains(number) => {
            Some(text.to_owned())
        }
        (Check::RangeText(min, max, text), Value::Bytes(bytes))
            if !i64::try_from(*bytes).is_ok_and(|bytes| (min..=max).contains(&bytes)) =>
        {
            Some(text.to_owned())
        }
        (Check::ReadableFile, Value::Path(path)) => readable(path).err(),
        (Check::PemFile, Value::Path(path)) => pem(path).err(),
        (Check::OneChar, Value::Text(text)) if text.chars().count() != 1 => {
            Some("separator must be  a 1 character string".to_owned())
        }
        (Check::MustBeOff(text), Value::Flag(true)) => Some(text.to_owned()),
        (Check::KnownNames(known, text), Value::Names(names)) => return known_names(known, text, names),
        (Check::ServedTlsVersion, value) if !has_served_version(value) => {
            Some("tlsv1.2 or tlsv1.3 must be among the versions: older ones are not served".to_owned())
        }
        _ => None,
    };
    fault.map_or(Ok(()), |text| Err(Refusal::Check(text)))
}

fn range_text(min: i64, max: i64) -> String {
    if max >= i64::from(i32::MAX) {
        format!("must be {min} or more")
    } else {
        format!("must be between {min} and {max}")
    }
}

fn known_names(known: &[&str], text: &str, names: &[String]) -> Result<(), Refusal> {
    let unknown: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !known.contains(name))
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Translation(format!("{text}{}", unknown.join(","))))
    }
}

fn has_served_version(value: &Value) -> bool {
    let is_served = |version: &str| matches!(version, "tlsv1.2" | "tlsv1.3");
    match value {
        Value::Names(versions) => versions.iter().any(|version| is_served(version)),
        _ => true,
    }
}

/// The start of a file; nothing if the path is empty.
pub(crate) fn readable(path: &Path) -> Result<Vec<u8>, String> {
    if path.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    if !path.is_file() {
        let text = if path.exists() {
            "file is not readable, check permissions"
        } else {
            "file does not exist"
        };
        return Err(text.to_owned());
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PEM_BYTES_MAX).read_to_end(&mut bytes));
    read.map(|_| bytes)
        .map_err(|_| "file is not readable, check permissions".to_owned())
}

fn pem(path: &Path) -> Result<(), String> {
    let bytes = readable(path)?;
    let mark = b"-----BEGIN ";
    if path.as_os_str().is_empty() || bytes.windows(mark.len()).any(|window| window == mark) {
        return Ok(());
    }
    Err("file is not PEM-encoded with one or more entries".to_owned())
}
