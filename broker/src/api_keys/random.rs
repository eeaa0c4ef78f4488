//! New keys: letters and digits, every one as likely as any other, from the random numbers of the operating system.

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Characters of a key, unless more are wanted.
const LENGTH: usize = 32;

/// Bytes below this fall on the alphabet evenly.
const EVEN: u8 = 62 * 4;

/// A key of 32 characters, or of `length_min` if that is more. `None` = the system gives no random numbers.
pub(super) fn key(length_min: usize) -> Option<String> {
    let length = length_min.max(LENGTH);
    let mut key = String::with_capacity(length);
    let mut bytes = [0; 64];
    while key.len() < length {
        getrandom::fill(&mut bytes).ok()?;
        let even = bytes.iter().filter(|byte| **byte < EVEN);
        let characters = even.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        key.extend(characters.take(length - key.len()));
    }
    Some(key)
}
