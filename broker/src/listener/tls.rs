//! TLS of a listener: the material of new handshakes, how it is read again, and the handshake itself (config.md 8).
//!
//! What holds: a handshake takes one immutable snapshot; new material replaces it whole, or, if anything in it is
//! wrong, not at all; running sessions keep what they have. Whoever accepts connections calls `handshake`; whoever
//! watches the files calls `refresh` and `refresh_revocations`, which read the disk and belong on a blocking thread.

mod fault;
mod policy;
mod pem_file;
mod private_key;
mod certificate;
mod leaf;
mod material;
mod revocations;
mod authorities;
mod client_certificates;
mod version_one;
mod handshake;
mod failure;
#[cfg(test)]
mod tests;

pub use certificate::common_name;
pub use failure::HandshakeFailure;
pub use fault::TlsFault;
pub use handshake::{PeerCertificate, handshake, protocol};
pub use leaf::Leaf;

use crate::file_stamp::FileStamp;
use authorities::Authorities;
use client_certificates::ClientCertificates;
use material::Material;
use parking_lot::{Mutex, RwLock};
use policy::Policy;
use revocations::Revocations;
use rustls::ServerConfig;
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vmq_config::TlsConfig;

/// Sessions remembered for TLS 1.2 clients that know session ids only; tickets cost the broker nothing.
const REMEMBERED_SESSIONS_MAX: usize = 1024;

/// The TLS side of one listener.
pub struct ServerTls {
    /// What new handshakes use; the lock is held for a clone of the `Arc` only.
    served: RwLock<Arc<Served>>,
    /// What the next reading is compared with. Held while files are read, so that two readings cannot overtake each
    /// other; `served` is taken inside it, never the other way round, and no handshake waits for it.
    loaded: Mutex<Loaded>,
}

/// One snapshot for handshakes.
struct Served {
    server: Arc<ServerConfig>,
    not_after: Option<SystemTime>,
    identity_is_username: bool,
}

/// Settings and files as they were last read.
struct Loaded {
    config: TlsConfig,
    alpn: Vec<Vec<u8>>,
    policy: Policy,
    material: Material,
    /// `None` = no client certificates, or no list of revocations.
    revocations: Option<Arc<Revocations>>,
    material_stamps: MaterialStamps,
    crl_stamp: Option<FileStamp>,
    /// Files that were refused: told once, then not again until they change.
    refused_material: Option<MaterialStamps>,
    refused_crl: Option<Option<FileStamp>>,
}

/// certfile, keyfile, cafile.
type MaterialStamps = [Option<FileStamp>; 3];

impl ServerTls {
    /// Reads the files of a listener. `alpn` are the protocols offered in the order of preference; empty = whatever a
    /// client offers is accepted and none is chosen.
    ///
    /// # Errors
    /// A file cannot be read or used, or the settings leave nothing to offer; the listener must not open.
    pub fn load(config: &TlsConfig, alpn: &[&[u8]]) -> Result<Self, TlsFault> {
        let alpn = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let (loaded, served) = Loaded::read(config.clone(), alpn)?;
        Ok(Self {
            served: RwLock::new(Arc::new(served)),
            loaded: Mutex::new(loaded),
        })
    }

    /// What the next handshake uses.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.served().server)
    }

    /// When the certificate of the listener expires; `None` if it never does.
    #[must_use]
    pub fn not_after(&self) -> Option<SystemTime> {
        self.served().not_after
    }

    /// What is in the certificate that clients are shown, for an operator; `None` = it cannot be read. Waits while
    /// files are read.
    #[must_use]
    pub fn leaf(&self) -> Option<Leaf> {
        self.loaded.lock().material.leaf()
    }

    /// Reads certfile, keyfile and cafile again if one of them changed, or if `force`; true = new material is in use.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// The new files are of no use: the old material stays. The same unusable files are not reported twice, unless
    /// `force`.
    pub fn refresh(&self, force: bool) -> Result<bool, TlsFault> {
        let mut loaded = self.loaded.lock();
        // Taken before the files are read: what changes while they are read is seen the next time.
        let stamps = material_stamps(&loaded.config);
        if !force && (stamps == loaded.material_stamps || Some(&stamps) == loaded.refused_material.as_ref()) {
            return Ok(false);
        }
        let read = Material::read(&loaded.config).and_then(|material| {
            let served = serve(
                &loaded.config,
                &loaded.alpn,
                &loaded.policy,
                &material,
                &loaded.revocations,
            )?;
            Ok((material, served))
        });
        match read {
            Ok((material, served)) => {
                loaded.material = material;
                loaded.material_stamps = stamps;
                loaded.refused_material = None;
                *self.served.write() = Arc::new(served);
                Ok(true)
            }
            Err(fault) => {
                loaded.refused_material = Some(stamps);
                Err(fault)
            }
        }
    }

    /// Reads crlfile again if it changed, or if `force`; true = a new list is in use. Blocks on the disk.
    ///
    /// # Errors
    /// The new file is of no use: the old list stays. The same unusable file is not reported twice, unless `force`.
    pub fn refresh_revocations(&self, force: bool) -> Result<bool, TlsFault> {
        let mut loaded = self.loaded.lock();
        if !checks_revocations(&loaded.config) {
            return Ok(false);
        }
        let stamp = crl_stamp(&loaded.config);
        if !force && (stamp == loaded.crl_stamp || Some(stamp) == loaded.refused_crl) {
            return Ok(false);
        }
        let read = read_revocations(&loaded.config).and_then(|revocations| {
            let served = serve(
                &loaded.config,
                &loaded.alpn,
                &loaded.policy,
                &loaded.material,
                &revocations,
            )?;
            Ok((revocations, served))
        });
        match read {
            Ok((revocations, served)) => {
                loaded.revocations = revocations;
                loaded.crl_stamp = stamp;
                loaded.refused_crl = None;
                *self.served.write() = Arc::new(served);
                Ok(true)
            }
            Err(fault) => {
                loaded.refused_crl = Some(stamp);
                Err(fault)
            }
        }
    }

    /// Takes over changed settings, and reads every file. Blocks on the disk.
    ///
    /// # Errors
    /// As `load`; the old settings stay.
    pub fn replace(&self, config: &TlsConfig) -> Result<(), TlsFault> {
        let mut loaded = self.loaded.lock();
        let (read, served) = Loaded::read(config.clone(), loaded.alpn.clone())?;
        *loaded = read;
        *self.served.write() = Arc::new(served);
        Ok(())
    }

    fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served.read())
    }
}

impl Loaded {
    fn read(config: TlsConfig, alpn: Vec<Vec<u8>>) -> Result<(Self, Served), TlsFault> {
        let policy = Policy::new(&config)?;
        let material_stamps = material_stamps(&config);
        let material = Material::read(&config)?;
        let crl_stamp = crl_stamp(&config);
        let revocations = read_revocations(&config)?;
        let served = serve(&config, &alpn, &policy, &material, &revocations)?;
        let loaded = Self {
            config,
            alpn,
            policy,
            material,
            revocations,
            material_stamps,
            crl_stamp,
            refused_material: None,
            refused_crl: None,
        };
        Ok((loaded, served))
    }
}

fn checks_revocations(config: &TlsConfig) -> bool {
    config.asks_for_certificate() && config.crlfile.is_some()
}

fn material_stamps(config: &TlsConfig) -> MaterialStamps {
    [
        FileStamp::at(&config.certfile),
        FileStamp::at(&config.keyfile),
        config.cafile.as_deref().and_then(FileStamp::at),
    ]
}

fn crl_stamp(config: &TlsConfig) -> Option<FileStamp> {
    config.crlfile.as_deref().and_then(FileStamp::at)
}

/// A list that cannot be read is a fault: a revoked client must not get in because a file is missing.
fn read_revocations(config: &TlsConfig) -> Result<Option<Arc<Revocations>>, TlsFault> {
    match &config.crlfile {
        Some(file) if checks_revocations(config) => Revocations::read(file).map(|list| Some(Arc::new(list))),
        _ => Ok(None),
    }
}

/// Puts settings and files together.
fn serve(
    config: &TlsConfig,
    alpn: &[Vec<u8>],
    policy: &Policy,
    material: &Material,
    revocations: &Option<Arc<Revocations>>,
) -> Result<Served, TlsFault> {
    policy.check_key(material.algorithm())?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(policy.provider()))
        .with_protocol_versions(policy.versions())
        .map_err(|error| {
            TlsFault::setting(
                "tls_version",
                error.to_string(),
                "name suites of that version in ciphers",
            )
        })?;
    let builder = if config.asks_for_certificate() {
        let authorities =
            Authorities::new(config.cafile.as_deref(), &material.authorities, policy.provider())?;
        builder.with_client_cert_verifier(Arc::new(ClientCertificates {
            authorities,
            depth: config.depth,
            is_required: config.require_certificate,
            revocations: revocations.clone(),
        }))
    } else {
        builder.with_no_client_auth()
    };
    let mut server = builder.with_cert_resolver(material.resolver());
    server.alpn_protocols = alpn.to_vec();
    // The order of `ciphers` is the operator's preference.
    server.ignore_client_order = true;
    set_resumption(&mut server, config.asks_for_certificate())?;
    Ok(Served {
        server: Arc::new(server),
        not_after: material
            .not_after_secs
            .map(|secs| UNIX_EPOCH + Duration::from_secs(secs)),
        identity_is_username: config.use_identity_as_username,
    })
}

/// A resumed session skips the certificates: a client that was revoked, whose authority was removed or whose
/// certificate expired would come back with its ticket. With client certificates there is therefore no resumption at
/// all; without them it costs nothing and saves the expensive half of every reconnect. Ticket keys belong to one
/// snapshot, so that nobody resumes a session made under a replaced key.
fn set_resumption(server: &mut ServerConfig, asks_for_certificate: bool) -> Result<(), TlsFault> {
    if asks_for_certificate {
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        return Ok(());
    }
    server.session_storage = ServerSessionMemoryCache::new(REMEMBERED_SESSIONS_MAX);
    server.send_tls13_tickets = 1;
    server.ticketer = rustls::crypto::ring::Ticketer::new().map_err(|error| {
        TlsFault::setting("certfile", format!("no random ticket key: {error}"), "try again")
    })?;
    Ok(())
}
