//! One hashed password: the text after the colon of a line, made, read and verified.
//!
//! Two schemes: `$6$` is one round of SHA-512 over password and salt, which is what VerneMQ reads and writes; `$7$`
//! is PBKDF2-HMAC-SHA512 as mosquitto writes it. Who calls it: [`crate::file`] and [`crate::edit`].

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

/// Bytes of a salt we write.
pub const SALT_BYTES: usize = 12;

/// Longest salt we read; newer mosquitto writes 64 bytes.
pub const SALT_BYTES_MAX: usize = 64;

/// Iterations of a `$7$` line when nobody asks for another number: what mosquitto writes.
pub const ITERATIONS_DEFAULT: u32 = 101;

/// Most iterations accepted on a `$7$` line. A login is checked while the client waits, on a core that serves other
/// clients: one million iterations cost about a second, and a file must not be able to ask for minutes.
pub const ITERATIONS_MAX: u32 = 1_000_000;

/// How a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `$6$`: SHA-512 of password and salt, one round. Readable by the original broker.
    Sha512,
    /// `$7$`: PBKDF2-HMAC-SHA512, `1..=ITERATIONS_MAX` iterations.
    Pbkdf2 {
        /// Rounds of the key derivation.
        iterations: u32,
    },
}

/// A hashed password. `Debug` prints the scheme only; [`fmt::Display`] writes the text of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed {
    scheme: Scheme,
    salt: Box<[u8]>,
    digest: [u8; 64],
}

impl Hashed {
    /// Hashes with the given salt.
    #[must_use]
    pub fn with_salt(scheme: Scheme, password: &[u8], salt: &[u8]) -> Self {
        Self {
            scheme,
            salt: salt.into(),
            digest: digest(scheme, password, salt),
        }
    }

    /// Hashes with a fresh random salt of [`SALT_BYTES`].
    ///
    /// # Errors
    /// The system has no random numbers to give.
    pub fn new(scheme: Scheme, password: &[u8]) -> Result<Self, getrandom::Error> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt)?;
        Ok(Self::with_salt(scheme, password, &salt))
    }

    /// Reads `$6$SALT$HASH` or `$7$ITERATIONS$SALT$HASH`.
    ///
    /// # Errors
    /// What is wrong, without a word of the text itself.
    pub fn parse(text: &[u8]) -> Result<Self, &'static str> {
        const SHAPE: &str = "password is not hashed; run vmq-passwd -U on the file";
        let mut parts = text.strip_prefix(b"$").ok_or(SHAPE)?.split(|&byte| byte == b'$');
        let scheme = match parts.next().unwrap_or_default() {
            b"6" => Scheme::Sha512,
            b"7" => Scheme::Pbkdf2 {
                iterations: iterations(parts.next().unwrap_or_default())?,
            },
            _ => return Err("unknown hash type, only $6$ and $7$ are known"),
        };
        let (Some(salt), Some(hash), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err("hash has the wrong number of parts");
        };
        // 4 characters carry 3 bytes: longer texts are refused before anything is decoded.
        if salt.is_empty() || salt.len() > SALT_BYTES_MAX.div_ceil(3) * 4 {
            return Err("salt is empty or too long");
        }
        let salt = STANDARD.decode(salt).map_err(|_| "salt is not base64")?;
        let mut digest = [0; 64];
        // The estimate of the decoder wants 66 bytes of room for 88 characters.
        let mut room = [0; 66];
        match STANDARD.decode_slice(hash, &mut room) {
            Ok(64) => digest.copy_from_slice(&room[..64]),
            _ => return Err("hash is not 64 bytes in base64"),
        }
        if salt.is_empty() || salt.len() > SALT_BYTES_MAX {
            return Err("salt is empty or too long");
        }
        Ok(Self {
            scheme,
            salt: salt.into(),
            digest,
        })
    }

    /// Whether this is the password. Takes the same time wherever the digests differ.
    #[must_use]
    pub fn verify(&self, password: &[u8]) -> bool {
        digest(self.scheme, password, &self.salt)
            .ct_eq(&self.digest)
            .into()
    }

    /// The scheme of this line.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }
}

impl fmt::Display for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Scheme::Sha512 => f.write_str("$6$")?,
            Scheme::Pbkdf2 { iterations } => write!(f, "$7${iterations}$")?,
        }
        write!(
            f,
            "{}${}",
            STANDARD.encode(&self.salt),
            STANDARD.encode(self.digest)
        )
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashed")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

/// Whether the text has the shape `$<digits>$...$...` of some hash, ours or not.
#[must_use]
pub fn looks_hashed(text: &[u8]) -> bool {
    let mut parts = text.split(|&byte| byte == b'$');
    let (Some(b""), Some(id), Some(salt), Some(hash)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    !id.is_empty() && id.iter().all(u8::is_ascii_digit) && !salt.is_empty() && !hash.is_empty()
}

fn iterations(text: &[u8]) -> Result<u32, &'static str> {
    let digits = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(count @ 1..=ITERATIONS_MAX) => Ok(count),
        _ => Err("iterations of a $7$ hash must be a number from 1 to 1000000"),
    }
}

fn digest(scheme: Scheme, password: &[u8], salt: &[u8]) -> [u8; 64] {
    match scheme {
        Scheme::Sha512 => Sha512::new()
            .chain_update(password)
            .chain_update(salt)
            .finalize()
            .into(),
        Scheme::Pbkdf2 { iterations } => {
            let mut out = [0; 64];
            pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut out);
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const SECRET: &str = "$6$AAECAwQFBgcICQoL$JqsxEv/ucyxjA5DKsQ+Y8CDWaQDNQI9FpAkmfwAqWfwZLk/JEGgM0EpylrJHAZKKyFQjJeZ3nFaHjPzOzPPmPw==";
    const UMLAUT: &str = "$6$AAECAwQFBgcICQoL$3SSe1aVl0kMji9YENpGbiQ5/1DOQ1Q6Qfn3tPOyhG13Bn5vnZBl3lM01DcayhkqBVHfq+LuUOWwyI3kzCQvUSw==";
    const PBKDF2: &str = "$7$101$AAECAwQFBgcICQoL$Xr99N9ym9ys8TWxis5ajETJq6EVYzmc6nb8t3pUYnPBbCAbICS4xejTltonXWCtJNBvA+By+TXUqU6qCblO00w==";

    #[test]
    fn vectors() {
        let pbkdf2 = Scheme::Pbkdf2 { iterations: 101 };
        for (text, scheme, password) in [
            (SECRET, Scheme::Sha512, "secret"),
            (UMLAUT, Scheme::Sha512, "pässword"),
            (PBKDF2, pbkdf2, "secret"),
        ] {
            assert_eq!(
                Hashed::with_salt(scheme, password.as_bytes(), &SALT).to_string(),
                text
            );
            let read = Hashed::parse(text.as_bytes()).unwrap();
            assert_eq!(read.to_string(), text);
            assert!(read.verify(password.as_bytes()));
            assert!(!read.verify(b"Secret"));
            assert!(!read.verify(b""));
        }
    }

    #[test]
    fn fresh_salts_differ_and_verify() {
        for scheme in [Scheme::Sha512, Scheme::Pbkdf2 { iterations: 3 }] {
            let (one, two) = (
                Hashed::new(scheme, b"pw").unwrap(),
                Hashed::new(scheme, b"pw").unwrap(),
            );
            assert_ne!(one.to_string(), two.to_string());
            assert!(one.verify(b"pw") && two.verify(b"pw"));
        }
    }

    #[test]
    fn bad_texts() {
        let hash = SECRET.rsplit('$').next().unwrap();
        for text in [
            String::new(),
            "secret".into(),
            "$".into(),
            "$6".into(),
            "$6$AAAA".into(),
            "$6$$".into(),
            format!("$6$${hash}"),
            format!("$5$AAAA${hash}"),
            format!("$6$AAAA${hash}$"),
            format!("$6$AA*A${hash}"),
            "$6$AAAA$AAAA".into(),
            format!("$6$AAAA$A{hash}"),
            format!("$6$AAAA${hash}AAAA"),
            format!("$6${}${hash}", "A".repeat(89)),
            format!("$6${}${hash}", "A".repeat(88)), // 66 bytes
            format!("$7$AAAA${hash}"),
            format!("$7$0$AAAA${hash}"),
            format!("$7$+5$AAAA${hash}"),
            format!("$7$1000001$AAAA${hash}"),
            format!("$7$99999999999999999999$AAAA${hash}"),
        ] {
            let why = Hashed::parse(text.as_bytes()).unwrap_err();
            assert!(!why.contains("AA*A"), "{text} {why}");
        }
        assert!(Hashed::parse(format!("$6$AAAA${hash}").as_bytes()).is_ok());
        assert!(Hashed::parse(format!("$7$1000000$AAAA${hash}").as_bytes()).is_ok());
    }

    #[test]
    fn debug_prints_no_digest() {
        let shown = format!("{:?}", Hashed::parse(SECRET.as_bytes()).unwrap());
        assert_eq!(shown, "Hashed { scheme: Sha512, .. }");
    }

    #[test]
    fn shape_of_a_hash() {
        for yes in [SECRET, PBKDF2, "$1$a$b", "$6$a$b$c"] {
            assert!(looks_hashed(yes.as_bytes()), "{yes}");
        }
        for no in [
            "", "$", "secret", "$6$", "$6$a", "$6$a$", "$x$a$b", "$$a$b", "a$6$a$b",
        ] {
            assert!(!looks_hashed(no.as_bytes()), "{no}");
        }
    }
}
