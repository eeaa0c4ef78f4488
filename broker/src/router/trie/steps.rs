//! Steps of a filter: the words up to the next wildcard or the end, and what comes behind them.

/// What follows the words of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing: the filter ends with them.
    End,
    Plus,
    Hash,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step<'a> {
    /// Where it begins in the filter, in bytes.
    pub(super) start: usize,
    /// What the filter says there, the wildcard included.
    pub(super) text: &'a str,
    /// Whether the filter ends with it.
    pub(super) is_last: bool,
    /// None, if a wildcard comes first: that is not the same as an empty word.
    pub(super) words: Option<&'a [u8]>,
    pub(super) then: Then,
}

impl<'a> Step<'a> {
    /// How many words.
    pub(super) fn length(&self) -> u32 {
        self.each_word().fold(0, |words, _| words + 1)
    }

    pub(super) fn each_word(&self) -> impl Iterator<Item = &'a [u8]> {
        self.words
            .into_iter()
            .flat_map(|words| words.split(|byte| *byte == b'/'))
    }
}

/// The steps of a valid filter from byte `from` on.
pub(super) fn of(filter: &str, from: usize) -> impl Iterator<Item = Step<'_>> {
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let start = next?;
        let rest = filter.get(start..)?;
        let wildcard = rest.find(['+', '#']);
        let text = &rest[..wildcard.map_or(rest.len(), |at| at + 1)];
        let then = match text.as_bytes() {
            [.., b'+'] => Then::Plus,
            [.., b'#'] => Then::Hash,
            _ => Then::End,
        };
        let words = match wildcard {
            None => Some(text),
            // A slash before the wildcard.
            Some(at) => at.checked_sub(1).map(|slash| &text[..slash]),
        };
        let is_last = text.len() == rest.len();
        // Behind `+` comes a slash, or nothing.
        next = (!is_last).then_some(start + text.len() + 1);
        Some(Step {
            start,
            text,
            is_last,
            words: words.map(str::as_bytes),
            then,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(filter: &str, from: usize) -> Vec<(Option<&str>, Then, bool)> {
        of(filter, from)
            .map(|step| {
                assert_eq!(&filter[step.start..step.start + step.text.len()], step.text);
                let words = step.words.map(|words| std::str::from_utf8(words).unwrap());
                (words, step.then, step.is_last)
            })
            .collect()
    }

    #[test]
    fn words_up_to_a_wildcard_are_one_step() {
        use Then::{End, Hash, Plus};
        assert_eq!(seen("#", 0), [(None, Hash, true)]);
        assert_eq!(seen("/#", 0), [(Some(""), Hash, true)]);
        assert_eq!(seen("a/b/+", 0), [(Some("a/b"), Plus, true)]);
        assert_eq!(
            seen("+/", 0),
            [(None, Plus, false), (Some(""), End, true)],
            "an empty word behind the slash"
        );
        assert_eq!(
            seen("$share/g/a//+/+/é/b", 9),
            [
                (Some("a/"), Plus, false),
                (None, Plus, false),
                (Some("é/b"), End, true)
            ]
        );
        assert_eq!(seen("+/#", 0), [(None, Plus, false), (None, Hash, true)]);
        let length = |filter| of(filter, 0).next().map(|step| step.length());
        assert_eq!(
            (length("+"), length("/+"), length("a/b/#")),
            (Some(0), Some(1), Some(2))
        );
    }
}
