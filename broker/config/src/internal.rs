//! Values as the broker works with them, the form in which `vmq-admin show` prints them (admin.md 11.3): seconds,
//! bytes, numbers; flags stay words.

use crate::resolve::Setting;
use crate::table::Type;
use crate::value::Value;
use std::time::Duration;

/// `max_last_will_delay = client`: no bound, 2^32 seconds.
const AS_THE_CLIENT_ASKS_SECS: i64 = 1 << 32;

/// A value without the notation of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Internal {
    Number(i64),
    Text(String),
}

/// The value of a setting.
pub(crate) fn of(setting: &Setting) -> Internal {
    let number = |value: u64| Internal::Number(i64::try_from(value).unwrap_or(i64::MAX));
    let text = |text: &str| Internal::Text(text.to_owned());
    match &setting.value {
        Value::Flag(on) => text(if *on { "on" } else { "off" }),
        Value::Integer(integer) => Internal::Number(*integer),
        Value::Bytes(bytes) => number(*bytes),
        Value::Percent(percent) => Internal::Number(i64::from(*percent)),
        Value::Duration(duration) => number(in_unit(setting, *duration)),
        Value::Word("never") => Internal::Number(0),
        Value::Word("client") => Internal::Number(AS_THE_CLIENT_ASKS_SECS),
        // `mountpoint = off`: no name.
        Value::Word("off") if setting.row.types.contains(&Type::Text) => text(""),
        Value::Word(word) => text(word),
        Value::Integers(integers) => {
            let integers: Vec<String> = integers.iter().map(i64::to_string).collect();
            Internal::Text(integers.join(","))
        }
        Value::Names(names) => Internal::Text(names.join(",")),
        Value::Path(path) => Internal::Text(path.display().to_string()),
        Value::Text(_)
        | Value::Address(_)
        | Value::Ip(_)
        | Value::Ips(_)
        | Value::Networks(_)
        | Value::Options(_)
        | Value::Mode(_) => text(&setting.text),
    }
}

/// Seconds where the notation knows nothing shorter, else milliseconds.
fn in_unit(setting: &Setting, duration: Duration) -> u64 {
    if setting.row.types.contains(&Type::CoarseDuration) {
        duration.as_secs()
    } else {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }
}
