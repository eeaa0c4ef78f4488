//! `vmq-admin tls`: keys and certificates of the listeners (admin.md 8.4).

use super::{Access, Command, Entry, FlagSpec};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// The certificates that clients are shown.
    Show,
    /// Those that are not valid, or not for long.
    Check {
        /// How long they have to be valid.
        validity_secs: u32,
    },
    /// New handshakes use the files as they are now.
    ClearPemCache,
}

/// Two days.
const VALIDITY_SECS: u32 = 172_800;

const VALIDITY: FlagSpec = FlagSpec {
    long: "validity",
    short: Some('v'),
    about: "seconds for which certificates have to be valid, 172800 unless given",
};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["tls", "show"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin tls show",
        about: "Shows the certificates of the listeners.",
        example: "vmq-admin tls show",
        build: |_| Ok(Command::Tls(Tls::Show)),
    },
    Entry {
        words: &["tls", "check"],
        keys: &[],
        flags: &[VALIDITY],
        syntax: "vmq-admin tls check [--validity=<seconds>]",
        about: "Shows certificates that are not valid or soon will not be, and fails if there is one.",
        example: "vmq-admin tls check --validity=604800",
        build: |given| {
            let bad = |value: &str| ArgumentFault::BadFlagValue {
                value: value.to_owned(),
                flag: VALIDITY.long.to_owned(),
            };
            let given = given.text(&VALIDITY)?;
            let given = given.map(|text| text.parse().map_err(|_| bad(text)));
            Ok(Command::Tls(Tls::Check {
                validity_secs: given.transpose()?.unwrap_or(VALIDITY_SECS),
            }))
        },
    },
    Entry {
        words: &["tls", "clear-pem-cache"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin tls clear-pem-cache",
        about: "Reads keys, certificates and revocation lists of the listeners again, for new handshakes.",
        example: "vmq-admin tls clear-pem-cache",
        build: |_| Ok(Command::Tls(Tls::ClearPemCache)),
    },
];

impl Tls {
    pub(super) const fn access(self) -> Access {
        match self {
            Self::Show | Self::Check { .. } => Access::Read,
            Self::ClearPemCache => Access::Full,
        }
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::Show => "tls show".to_owned(),
            Self::Check { validity_secs } => format!("tls check --validity={validity_secs}"),
            Self::ClearPemCache => "tls clear-pem-cache".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, fault};

    #[test]
    fn certificates_have_to_be_valid_for_two_days() {
        assert_eq!(command("tls check").line(), "tls check --validity=172800");
        assert_eq!(command("tls check -v 60").line(), "tls check --validity=60");
        assert_eq!(
            fault("tls check --validity=x"),
            "Invalid value: \"x\" for flag: validity"
        );
        assert_eq!(
            fault("tls check --validity"),
            "Invalid value: \"\" for flag: validity"
        );
        assert_eq!(fault("tls show -v 5"), "Invalid Flags: [\"v\"]");
    }
}
