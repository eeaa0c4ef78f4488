//! User properties as they stand in a packet: names and values in one block. Forwarding them, which is all a broker does
//! with most, costs one copy however many there are; nobody pays for a thousand little strings that nobody looks at.

use crate::encode::cut;
use crate::property::id;
use std::fmt;

/// Names and values; order and duplicates are kept [MQTT5-3.3.2-18].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserProperties {
    /// Each with its identifier, as on the wire; the texts are valid UTF-8 of at most 65535 bytes.
    block: Vec<u8>,
    count: usize,
}

impl UserProperties {
    /// Adds one. A text over 65535 bytes is cut between two characters.
    pub fn push(&mut self, name: &str, value: &str) {
        self.block.push(id::USER_PROPERTY);
        for text in [name, value] {
            let text = cut(text.as_bytes());
            let len = u16::try_from(text.len()).unwrap_or(u16::MAX);
            self.block.extend_from_slice(&len.to_be_bytes());
            self.block.extend_from_slice(text);
        }
        self.count += 1;
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Removes all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.block.as_slice();
        std::iter::from_fn(move || {
            rest = rest.get(1..)?;
            Some((text(&mut rest)?, text(&mut rest)?))
        })
    }

    /// As they stand in a packet.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.block
    }

    /// Adds one as it stands in a packet behind its identifier: name and value, valid, each behind its length.
    pub(crate) fn push_wire(&mut self, name_and_value: &[u8]) {
        self.block.push(id::USER_PROPERTY);
        self.block.extend_from_slice(name_and_value);
        self.count += 1;
    }

    /// Makes room for what comes.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.block.reserve_exact(bytes);
    }

    /// Gives back room that is not needed.
    pub fn shrink_to_fit(&mut self) {
        self.block.shrink_to_fit();
    }
}

/// The next text of a block.
fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (len, behind) = rest.split_first_chunk()?;
    let (text, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *rest = behind;
    std::str::from_utf8(text).ok()
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for UserProperties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut all = Self::default();
        for (name, value) in pairs {
            all.push(name.as_ref(), value.as_ref());
        }
        all
    }
}

impl fmt::Debug for UserProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::UserProperties;

    #[test]
    fn order_duplicates_and_empty_texts_are_kept() {
        let pairs = [("b", "2"), ("a", "1"), ("b", "2"), ("", ""), ("é", "\u{10FFFF}")];
        let all: UserProperties = pairs.into_iter().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), pairs);
        assert_eq!((all.len(), all.is_empty()), (5, false));
        assert_eq!(format!("{all:?}").matches("\"b\"").count(), 2);
        let mut cleared = all.clone();
        cleared.clear();
        assert_eq!(cleared, UserProperties::default());
        assert_eq!(cleared.iter().count(), 0);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(40_000);
        let mut all = UserProperties::default();
        all.push(&long, "v");
        assert_eq!(
            all.iter().collect::<Vec<_>>(),
            [("é".repeat(32_767).as_str(), "v")]
        );
    }
}
