//! TLS of a listener: what was asked for, as far as it can be served, and never less than it (config.md 8).

use std::path::PathBuf;
use std::time::Duration;

use super::lookup::Lookup;
use crate::resolve::Resolved;
use crate::sections::{ListenerConfig, Secret, TlsConfig, TlsVersion};
use crate::value::Value;

/// The suites that are served, by their OpenSSL names.
const SUITES: [(&str, TlsVersion); 9] = [
    ("TLS_AES_256_GCM_SHA384", TlsVersion::V1_3),
    ("TLS_AES_128_GCM_SHA256", TlsVersion::V1_3),
    ("TLS_CHACHA20_POLY1305_SHA256", TlsVersion::V1_3),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", TlsVersion::V1_2),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", TlsVersion::V1_2),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", TlsVersion::V1_2),
    ("ECDHE-RSA-AES256-GCM-SHA384", TlsVersion::V1_2),
    ("ECDHE-RSA-AES128-GCM-SHA256", TlsVersion::V1_2),
    ("ECDHE-RSA-CHACHA20-POLY1305", TlsVersion::V1_2),
];

/// The curves that are served; the second and the third are two names of one.
const CURVES: [&str; 4] = ["x25519", "prime256v1", "secp256r1", "secp384r1"];

const HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(5000);

impl TlsVersion {
    /// The word in `tls_version`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1_2 => "tlsv1.2",
            Self::V1_3 => "tlsv1.3",
        }
    }
}

impl TlsConfig {
    /// Clients are asked for a certificate; whether they must have one is `require_certificate`.
    pub fn asks_for_certificate(&self) -> bool {
        self.require_certificate || self.use_identity_as_username
    }
}

/// `None`: a kind without TLS, or a fault has been noted.
pub(super) fn build(lookup: &Lookup, resolved: &mut Resolved) -> Option<TlsConfig> {
    if !lookup.kind.is_tls() {
        return None;
    }
    let [certfile, keyfile] = ["certfile", "keyfile"].map(|option| required(lookup, resolved, option));
    let require_certificate = lookup.flag(resolved, "require_certificate");
    let use_identity_as_username = lookup.flag(resolved, "use_identity_as_username");
    let cafile = lookup.path(resolved, "cafile");
    if (require_certificate || use_identity_as_username) && cafile.is_none() {
        refuse_unverifiable(lookup, resolved);
    }
    let mut versions = versions(lookup, resolved);
    let ciphers = ciphers(lookup, resolved, &mut versions);
    let eccs = curves(lookup, resolved);
    let handshake_timeout = handshake_timeout(lookup, resolved);
    Some(TlsConfig {
        certfile: certfile?,
        keyfile: keyfile?,
        keypasswd: Secret::new(lookup.text(resolved, "keypasswd").unwrap_or_default()),
        cafile,
        depth: lookup.number(resolved, "depth", 1),
        versions,
        ciphers,
        eccs,
        require_certificate,
        use_identity_as_username,
        crlfile: lookup.path(resolved, "crlfile"),
        handshake_timeout,
    })
}

fn required(lookup: &Lookup, resolved: &mut Resolved, option: &str) -> Option<PathBuf> {
    let path = lookup.path(resolved, option);
    if path.is_none() && !lookup.was_refused(resolved, option) {
        let address = lookup.address_key();
        let text = format!("{address} has no {option}: set {}", lookup.either_key(option));
        resolved.refuse(&address, &text);
    }
    path
}

/// Without authorities every client certificate is as good as none.
fn refuse_unverifiable(lookup: &Lookup, resolved: &mut Resolved) {
    if lookup.was_refused(resolved, "cafile") {
        return;
    }
    let asking = ["require_certificate", "use_identity_as_username"]
        .into_iter()
        .find(|option| lookup.flag(resolved, option));
    if let Some((key, _)) = asking.and_then(|option| lookup.find(resolved, option)) {
        let text = format!(
            "{key} = on needs the authorities of client certificates: set {}",
            lookup.either_key("cafile")
        );
        resolved.refuse_once(&key, &text);
    }
}

/// The versions that are served; the table has seen to it that there is one.
fn versions(lookup: &Lookup, resolved: &mut Resolved) -> Vec<TlsVersion> {
    let Some((key, names)) = lookup.names(resolved, "tls_version") else {
        return vec![TlsVersion::V1_2];
    };
    let served = [TlsVersion::V1_2, TlsVersion::V1_3];
    let is_served = |name: &str| served.iter().any(|version| version.name() == name);
    let old: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !is_served(name))
        .collect();
    note_left_out(resolved, &key, &old);
    served
        .into_iter()
        .filter(|version| names.iter().any(|name| name == version.name()))
        .collect()
}

fn note_left_out(resolved: &mut Resolved, key: &str, names: &[&str]) {
    if !names.is_empty() {
        resolved.notice_once(
            key,
            format!("{key}: not served and left out: {}", names.join(", ")),
        );
    }
}

/// The suites that are served, as ordered by the file. Takes away versions that have none of them, as the file says
/// what may be used and nothing else.
fn ciphers(lookup: &Lookup, resolved: &mut Resolved, versions: &mut Vec<TlsVersion>) -> Vec<String> {
    let Some((key, names)) = lookup.names(resolved, "ciphers") else {
        return Vec::new();
    };
    let suites: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
    let Some(served) = served(resolved, &key, &names, &suites) else {
        return Vec::new();
    };
    let version_of = |name: &String| {
        SUITES
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, version)| *version)
    };
    let (with, without): (Vec<TlsVersion>, Vec<TlsVersion>) = versions
        .iter()
        .partition(|version| served.iter().any(|name| version_of(name) == Some(**version)));
    let words = |versions: &[TlsVersion]| {
        let words: Vec<&str> = versions.iter().map(|version| version.name()).collect();
        words.join(", ")
    };
    if with.is_empty() {
        let text = format!(
            "{key}: none of these is for {}: add one, or change {}",
            words(versions),
            lookup.either_key("tls_version")
        );
        resolved.refuse_once(&key, &text);
        return Vec::new();
    }
    if !without.is_empty() {
        let text = format!(
            "{key} has no cipher for {}: that version is not offered",
            words(&without)
        );
        resolved.notice_once(&key, text);
    }
    *versions = with;
    served
        .into_iter()
        .filter(|name| version_of(name).is_some_and(|version| versions.contains(&version)))
        .collect()
}

fn curves(lookup: &Lookup, resolved: &mut Resolved) -> Vec<String> {
    let Some((key, names)) = lookup.names(resolved, "eccs") else {
        return Vec::new();
    };
    served(resolved, &key, &names, &CURVES).unwrap_or_default()
}

/// Those of the names that are known, each once; `None` and a fault if there is none. The others are told.
fn served(resolved: &mut Resolved, key: &str, names: &[String], known: &[&str]) -> Option<Vec<String>> {
    let mut served: Vec<String> = Vec::new();
    let mut others = Vec::new();
    for name in names {
        if !known.contains(&name.as_str()) {
            others.push(name.as_str());
        } else if !served.contains(name) {
            served.push(name.clone());
        }
    }
    if served.is_empty() {
        let text = format!(
            "{key}: none of these is served: {}; served are {}",
            others.join(", "),
            known.join(", ")
        );
        resolved.refuse_once(key, &text);
        return None;
    }
    note_left_out(resolved, key, &others);
    Some(served)
}

fn handshake_timeout(lookup: &Lookup, resolved: &mut Resolved) -> Option<Duration> {
    let Some((key, setting)) = lookup.find(resolved, "tls_handshake_timeout") else {
        return Some(HANDSHAKE_TIMEOUT);
    };
    match setting.value {
        Value::Integer(0) => {
            resolved.refuse_once(&key, &format!("{key} must be 1 or more, -1 or infinity"));
            None
        }
        Value::Integer(ms) => Some(u64::try_from(ms).map_or(HANDSHAKE_TIMEOUT, Duration::from_millis)),
        _ => None,
    }
}

/// Looks into the key file, which is done when a file is read and not at every change of a setting: an encrypted key
/// that cannot be opened is refused with its line.
pub(super) fn check_key_file(lookup: &Lookup, listener: &ListenerConfig, resolved: &mut Resolved) {
    let Some(tls) = &listener.tls else { return };
    let Some((key, _)) = lookup.find(resolved, "keyfile") else {
        return;
    };
    // Unreadable: the check of the value has told it.
    let pem = crate::value::check::readable(&tls.keyfile).unwrap_or_default();
    let has = |mark: &[u8]| pem.windows(mark.len()).any(|window| window == mark);
    if has(b"Proc-Type: 4,ENCRYPTED") {
        let text = format!(
            "{key}: the key is encrypted in the old form, which is not read: convert it with openssl pkcs8 -topk8"
        );
        resolved.refuse_once(&key, &text);
    } else if has(b"BEGIN ENCRYPTED PRIVATE KEY") && tls.keypasswd.expose().is_empty() {
        let text = format!(
            "{key}: the key is encrypted: set {}",
            lookup.either_key("keypasswd")
        );
        resolved.refuse_once(&key, &text);
    }
}
