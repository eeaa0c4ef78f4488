//! Topic names and filters: validity, matching, shared subscriptions. (interface fixed; bodies to be written)

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

/// Checks a topic name (mqtt.md 8.1). `levels_max` counts levels including empty ones.
///
/// # Errors
/// The first fault found.
pub fn check_name(topic: &str, levels_max: usize) -> Result<(), TopicFault> {
    let _unused = (topic, levels_max);
    Ok(())
}

/// Checks a topic filter (mqtt.md 8.2), shared ones included.
///
/// # Errors
/// The first fault found.
pub fn check_filter(filter: &str, levels_max: usize) -> Result<(), TopicFault> {
    let _unused = (filter, levels_max);
    Ok(())
}

/// Splits `$share/GROUP/FILTER` into group and filter; `None` for an ordinary filter.
#[must_use]
pub fn split_shared(filter: &str) -> Option<(&str, &str)> {
    let _unused = filter;
    None
}

/// Whether a (valid, unshared) filter matches a topic name, with the `$` rule [MQTT-4.7.2-1].
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    let _unused = (filter, topic);
    false
}
