//! API keys: who may use the HTTP side, and which part of it (admin.md 13, decisions.md 12).
//!
//! What holds:
//! - A key is shown when it is made and never again: only its SHA-256 is kept, in memory and on disk.
//! - One entry for each key and scope. A request is compared with every entry, in the same time whatever matches.
//! - A change counts once it is on disk. A file that cannot be understood lets nobody in and is not written over.

mod expiry;
mod file;
mod random;
#[cfg(test)]
mod tests;

pub use expiry::{Expiry, shown};

use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use subtle::{Choice, ConstantTimeEq as _};
use tracing::{error, info};
use vmq_config::{HttpApiConfig, HttpModule};

/// Entries there may be: every request is compared with all of them.
const ENTRIES_MAX: usize = 1000;

/// Bytes of a key that somebody brings; a header value has room for more.
const KEY_BYTES_MAX: usize = 1024;

/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 12;

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Status,
    Mgmt,
    Metrics,
    Health,
    Api2,
    HttpPub,
}

/// The keys that are known.
#[derive(Debug)]
pub struct ApiKeys {
    entries: RwLock<Vec<Entry>>,
    /// Where they are kept, or why they cannot be. Held by the one who writes.
    home: Mutex<Result<PathBuf, String>>,
}

/// A key and one thing that it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// SHA-256 of the key.
    hash: [u8; 32],
    pub scope: Scope,
    /// From this Unix second on it opens nothing; `None` = never.
    pub expires: Option<i64>,
    /// When it was made, in Unix seconds.
    pub created: i64,
}

/// Why a command on keys was refused; the words are those of the original.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    #[error("{{error,invalid_key_length}}")]
    Length,
    #[error("{{error,key_already_exists}}")]
    Exists,
    #[error("{{error,invalid_scope}}")]
    Scope,
    #[error("{{error,invalid_expiry_date}}")]
    Expiry,
    #[error("{{error,key_not_found}}")]
    NotFound,
    #[error("{{error,too_many_keys}}")]
    TooMany,
    #[error("the system has no random numbers")]
    NoRandomness,
    #[error("can't keep API keys: {0}")]
    Home(String),
}

impl Scope {
    const ALL: [(&'static str, Self); 6] = [
        ("status", Self::Status),
        ("mgmt", Self::Mgmt),
        ("metrics", Self::Metrics),
        ("health", Self::Health),
        ("api2", Self::Api2),
        ("httppub", Self::HttpPub),
    ];

    /// The scope of a name.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn from_name(name: &str) -> Result<Self, KeyFault> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, scope)| *scope).ok_or(KeyFault::Scope)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        // Every scope stands in the list.
        let found = Self::ALL.iter().find(|(_, scope)| *scope == self);
        found.map_or("", |(name, _)| name)
    }

    /// What a key must be for to be let into a module.
    #[must_use]
    pub const fn of(module: HttpModule) -> Self {
        match module {
            HttpModule::Metrics => Self::Metrics,
            HttpModule::Status => Self::Status,
            HttpModule::Health => Self::Health,
            HttpModule::V2 => Self::Api2,
            HttpModule::Publish => Self::HttpPub,
            HttpModule::Management | HttpModule::WebUi => Self::Mgmt,
        }
    }
}

impl Entry {
    /// Says which key it is without telling the key: the first digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = file::to_hex(&self.hash);
        id.truncate(ID_DIGITS);
        id
    }

    /// Whether it opens nothing any longer.
    #[must_use]
    pub fn is_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }
}

impl Default for ApiKeys {
    /// None, and no place for any.
    fn default() -> Self {
        Self {
            entries: RwLock::default(),
            home: Mutex::new(Err("the node is starting".to_owned())),
        }
    }
}

impl ApiKeys {
    /// Reads what the folder holds, and keeps there what is added; blocks on the disk.
    pub fn open(&self, folder: &Path) {
        let path = folder.join(file::NAME);
        let mut home = self.home.lock();
        match file::read(&path) {
            Ok(entries) => {
                if !entries.is_empty() {
                    info!("loaded {} API keys", entries.len());
                }
                *self.entries.write() = entries;
                *home = Ok(path);
            }
            Err(why) => {
                let text = format!("{} is not used: {why}", path.display());
                error!(
                    "API keys: {text}; no key opens anything until the file is mended and the node restarted"
                );
                *home = Err(text);
            }
        }
    }

    /// Whether a key opens this at this moment, in Unix seconds.
    #[must_use]
    pub fn opens(&self, key: &[u8], scope: Scope, now: i64) -> bool {
        let hash = hash_of(key);
        let mut opens = Choice::from(0);
        for entry in self.entries.read().iter() {
            let is_valid = entry.scope == scope && !entry.is_expired(now);
            opens |= entry.hash.ct_eq(&hash) & Choice::from(u8::from(is_valid));
        }
        opens.into()
    }

    /// Makes a key and gives it. Blocks on the disk.
    ///
    /// # Errors
    /// Its expiry is not allowed, or it cannot be kept.
    pub fn create(
        &self,
        scope: Scope,
        expiry: Expiry<'_>,
        rules: &HttpApiConfig,
    ) -> Result<String, KeyFault> {
        let key = random::key(rules.key_bytes_min).ok_or(KeyFault::NoRandomness)?;
        self.add(&key, scope, expiry, rules)?;
        Ok(key)
    }

    /// Lets a key in. Blocks on the disk.
    ///
    /// # Errors
    /// The key is too short or too long, there already for this scope, its expiry is not allowed, or it cannot be kept.
    pub fn add(
        &self,
        key: &str,
        scope: Scope,
        expiry: Expiry<'_>,
        rules: &HttpApiConfig,
    ) -> Result<(), KeyFault> {
        if key.is_empty() || key.len() < rules.key_bytes_min || key.len() > KEY_BYTES_MAX {
            return Err(KeyFault::Length);
        }
        let entry = Entry {
            hash: hash_of(key.as_bytes()),
            scope,
            expires: expiry.check(rules.key_days_max)?,
            created: expiry.now,
        };
        self.change(|entries| {
            if entries
                .iter()
                .any(|known| known.hash == entry.hash && known.scope == scope)
            {
                return Err(KeyFault::Exists);
            }
            if entries.len() >= ENTRIES_MAX {
                return Err(KeyFault::TooMany);
            }
            entries.push(entry);
            Ok(())
        })
    }

    /// Takes a key, named by itself or by its id, away for one scope. Blocks on the disk.
    ///
    /// # Errors
    /// It is not there for this scope, or that it is gone cannot be kept.
    pub fn delete(&self, key_or_id: &str, scope: Scope) -> Result<(), KeyFault> {
        let hash = hash_of(key_or_id.as_bytes());
        self.change(|entries| {
            let before = entries.len();
            entries.retain(|entry| entry.scope != scope || (entry.hash != hash && entry.id() != key_or_id));
            match entries.len() < before {
                true => Ok(()),
                false => Err(KeyFault::NotFound),
            }
        })
    }

    /// The entries, in the order in which they were made.
    #[must_use]
    pub fn all(&self) -> Vec<Entry> {
        self.entries.read().clone()
    }

    /// What could not be written did not happen.
    fn change(&self, change: impl FnOnce(&mut Vec<Entry>) -> Result<(), KeyFault>) -> Result<(), KeyFault> {
        let home = self.home.lock();
        let path = home.as_ref().map_err(|why| KeyFault::Home(why.clone()))?;
        let mut entries = self.all();
        change(&mut entries)?;
        let written = file::write(path, &entries);
        written
            .map_err(|why| KeyFault::Home(format!("{} cannot be written due to {why}", path.display())))?;
        *self.entries.write() = entries;
        Ok(())
    }
}

fn hash_of(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}
