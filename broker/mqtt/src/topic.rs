//! Topic names and filters: validity, matching, shared subscriptions. Byte by byte and
//! without recursion: `/`, `+` and `#` are single bytes that cannot be a part of another character. Topics are compared
//! as they came, nothing is normalised [MQTT-4.7.3-4].

/// Why a topic name or filter is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicFault {
    #[error("empty")]
    Empty,
    #[error("contains a wildcard")]
    Wildcard,
    #[error("contains U+0000")]
    Nul,
    #[error("a wildcard does not stand alone in its level, or # is not last")]
    MisplacedWildcard,
    #[error("too many levels")]
    TooDeep,
    #[error("shared subscription without group or filter")]
    Shared,
    #[error("longer than 65535 bytes")]
    TooLong,
}

/// The longest topic or filter, in bytes [MQTT-4.7.3-3].
const BYTES_MAX: usize = 65_535;

const SHARE: &str = "$share";

/// Checks a topic name (mqtt.md 8.1). `levels_max` counts levels including empty ones.
///
/// # Errors
/// The first fault found.
pub fn check_name(topic: &str, levels_max: usize) -> Result<(), TopicFault> {
    check_length(topic)?;
    let bytes = topic.as_bytes();
    // Every PUBLISH comes here: without an early exit both loops take many bytes at a time.
    let is_fault = |byte: &u8| matches!(byte, b'+' | b'#' | 0);
    if bytes.iter().fold(false, |found, byte| found | is_fault(byte)) {
        let first = bytes.iter().find(|byte| is_fault(byte));
        return Err(if first == Some(&0) {
            TopicFault::Nul
        } else {
            TopicFault::Wildcard
        });
    }
    let levels = 1 + bytes.iter().filter(|&&byte| byte == b'/').count();
    check_depth(levels, levels_max)
}

/// Checks a topic filter (mqtt.md 8.2), shared ones included.
///
/// # Errors
/// The first fault found.
pub fn check_filter(filter: &str, levels_max: usize) -> Result<(), TopicFault> {
    check_length(filter)?;
    let (inner, outer_levels) = if is_shared(filter) {
        let (_, inner) = split_shared(filter).ok_or(TopicFault::Shared)?;
        (inner, 2)
    } else {
        (filter, 0)
    };
    // The group has been checked for wildcards only.
    if filter.as_bytes().contains(&0) {
        return Err(TopicFault::Nul);
    }
    check_depth(outer_levels + check_wildcards(inner)?, levels_max)
}

/// Splits `$share/GROUP/FILTER` into group and filter; `None` for an ordinary filter. Neither part is empty and the
/// group has no wildcard [MQTT-4.8.2-1] [MQTT-4.8.2-2], and the filter is not a shared one itself, so that nobody is
/// tempted to split twice; what lacks that is refused by [`check_filter`].
#[must_use]
pub fn split_shared(filter: &str) -> Option<(&str, &str)> {
    let (group, inner) = filter.strip_prefix(SHARE)?.strip_prefix('/')?.split_once('/')?;
    let valid = !group.is_empty() && !group.contains(['+', '#']) && !inner.is_empty() && !is_shared(inner);
    valid.then_some((group, inner))
}

/// Whether a (valid, unshared) filter matches a topic name, with the `$` rule [MQTT-4.7.2-1].
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    let (filter, topic) = (filter.as_bytes(), topic.as_bytes());
    if topic.first() == Some(&b'$') && matches!(filter.first(), Some(b'+' | b'#')) {
        return false;
    }
    let mut topic_levels = topic.split(|&byte| byte == b'/');
    for level in filter.split(|&byte| byte == b'/') {
        // Also after the last level of the topic: `a/#` matches `a`.
        if level == b"#" {
            return true;
        }
        match topic_levels.next() {
            Some(topic_level) if level == b"+" || level == topic_level => {}
            _ => return false,
        }
    }
    topic_levels.next().is_none()
}

/// Whether the first level is `$share`.
fn is_shared(filter: &str) -> bool {
    filter
        .strip_prefix(SHARE)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn check_length(topic: &str) -> Result<(), TopicFault> {
    match topic.len() {
        0 => Err(TopicFault::Empty),
        1..=BYTES_MAX => Ok(()),
        _ => Err(TopicFault::TooLong),
    }
}

fn check_depth(levels: usize, levels_max: usize) -> Result<(), TopicFault> {
    if levels > levels_max {
        Err(TopicFault::TooDeep)
    } else {
        Ok(())
    }
}

/// `#` alone and last [MQTT-4.7.1-1], `+` alone [MQTT-4.7.1-2]. Gives the number of levels.
fn check_wildcards(filter: &str) -> Result<usize, TopicFault> {
    let mut levels = 0;
    let mut ended = false;
    for level in filter.as_bytes().split(|&byte| byte == b'/') {
        let has_wildcard = level.iter().any(|byte| matches!(byte, b'+' | b'#'));
        if ended || (has_wildcard && level.len() > 1) {
            return Err(TopicFault::MisplacedWildcard);
        }
        ended = level == b"#";
        levels += 1;
    }
    Ok(levels)
}

#[cfg(test)]
mod tests;
