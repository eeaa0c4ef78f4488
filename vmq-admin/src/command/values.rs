//! Values of keys and flags that several commands take.

use super::{FlagSpec, Given, help};
use crate::argv::ArgumentFault;

/// A flag's value: outer `None` = it was not given, inner `None` = without a value.
pub(super) fn text<'a>(given: &'a Given<'_>, spec: &FlagSpec) -> Option<Option<&'a str>> {
    let (_, value) = given.0.flags.iter().find(|(flag, _)| spec.is(flag))?;
    Some(value.as_deref().filter(|value| !value.is_empty()))
}

/// The mountpoint of a flag; the default one is the empty text (admin.md 6.2).
pub(super) fn mountpoint(given: &Given<'_>, spec: &FlagSpec) -> Result<String, ArgumentFault> {
    match text(given, spec) {
        None => Ok(String::new()),
        Some(Some(name)) => Ok(name.to_owned()),
        Some(None) => Err(ArgumentFault::NoMountpoint),
    }
}

/// A key that must be there; without it the usage is the answer.
pub(super) fn required<'a>(
    given: &'a Given<'_>,
    name: &'static str,
    words: &[&str],
) -> Result<&'a str, ArgumentFault> {
    given
        .key(name)
        .map_err(|_| ArgumentFault::Usage(help::usage(words).trim_end().to_owned()))
}

/// Values separated by commas, empty ones left out.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',')
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect()
}
