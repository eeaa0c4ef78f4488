//! What certfile, keyfile and cafile hold: the chain that is sent, the key that signs, the authorities.

use super::certificate::{is_self_issued, parse};
use super::fault::TlsFault;
use super::leaf::Leaf;
use super::{pem_file, private_key};
use rustls::SignatureAlgorithm;
use rustls::pki_types::CertificateDer;
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use std::sync::Arc;
use vmq_config::TlsConfig;

/// Longest chain that is completed from cafile.
const CHAIN_CERTIFICATES_MAX: usize = 8;

pub(super) struct Material {
    /// Leaf first, without the root.
    chain: Vec<CertificateDer<'static>>,
    key: Arc<dyn SigningKey>,
    /// Everything in cafile.
    pub(super) authorities: Vec<CertificateDer<'static>>,
    /// When the leaf expires, in Unix seconds.
    pub(super) not_after_secs: Option<u64>,
}

impl Material {
    /// # Errors
    /// A file cannot be used, or key and certificate do not belong together.
    pub(super) fn read(config: &TlsConfig) -> Result<Self, TlsFault> {
        let mut chain = pem_file::certificates("certfile", &config.certfile)?;
        let key = load_key(config)?;
        let not_after_secs = check_pair(config, &chain, key.as_ref())?;
        let authorities = match &config.cafile {
            Some(cafile) => pem_file::certificates("cafile", cafile)?,
            None => Vec::new(),
        };
        complete(&mut chain, &authorities);
        Ok(Self {
            chain,
            key,
            authorities,
            not_after_secs,
        })
    }

    pub(super) fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    pub(super) fn leaf(&self) -> Option<Leaf> {
        Leaf::read(self.chain.first()?)
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        let certified = CertifiedKey::new(self.chain.clone(), Arc::clone(&self.key));
        Arc::new(SingleCertAndKey::from(certified))
    }
}

fn load_key(config: &TlsConfig) -> Result<Arc<dyn SigningKey>, TlsFault> {
    let key = private_key::read(config)?;
    rustls::crypto::ring::sign::any_supported_type(&key).map_err(|_| {
        let why = "not a key that is served";
        let way_out = "use RSA with 2048 to 8192 bits, ECDSA with P-256 or P-384, or Ed25519";
        TlsFault::file("keyfile", &config.keyfile, why, way_out)
    })
}

/// The leaf's public key is the one of the private key. Gives the end of the leaf's validity.
///
/// Compared here and not by rustls, which reads no certificates of X.509 version 1; `openssl x509 -req` makes such
/// ones, and clients take them.
fn check_pair(
    config: &TlsConfig,
    chain: &[CertificateDer<'static>],
    key: &dyn SigningKey,
) -> Result<Option<u64>, TlsFault> {
    let leaf = chain.first().and_then(parse).ok_or_else(|| {
        let way_out = "put the certificate of the listener first";
        TlsFault::file(
            "certfile",
            &config.certfile,
            "the first certificate is broken",
            way_out,
        )
    })?;
    let belongs = key
        .public_key()
        .is_none_or(|public| public.as_ref() == leaf.public_key().raw);
    if !belongs {
        let why = format!(
            "the key does not belong to the first certificate of certfile \"{}\"",
            config.certfile.display()
        );
        let way_out = "name the key the certificate was made with, and put the listener's certificate first in certfile";
        return Err(TlsFault::file("keyfile", &config.keyfile, why, way_out));
    }
    Ok(u64::try_from(leaf.validity().not_after.timestamp()).ok())
}

/// Adds the intermediates that certfile leaves out and cafile has; a root is not sent.
fn complete(chain: &mut Vec<CertificateDer<'static>>, authorities: &[CertificateDer<'static>]) {
    while chain.len() < CHAIN_CERTIFICATES_MAX {
        let Some(last) = chain.last().and_then(parse) else {
            return;
        };
        let is_issuer = |candidate: &&CertificateDer<'static>| {
            parse(candidate).is_some_and(|issuer| {
                issuer.subject().as_raw() == last.issuer().as_raw() && !is_self_issued(&issuer)
            })
        };
        let next = authorities.iter().find(is_issuer).cloned();
        match next {
            Some(issuer) if !chain.contains(&issuer) => chain.push(issuer),
            _ => return,
        }
    }
}
