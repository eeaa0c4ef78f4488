//! Who may have issued a client's certificate: cafile, sorted into roots and the intermediates that complete a chain.

use super::certificate::{is_self_issued, parse};
use super::fault::TlsFault;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{DistinguishedName, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// Names of authorities sent to clients; TLS has room for 64 KiB, and a client without hints sends what it has.
const HINT_BYTES_MAX: usize = 32 * 1024;

const WAY_OUT: &str = "name a PEM file with the authorities that client certificates must come from";

/// The certificates of cafile, ready for verification.
#[derive(Debug)]
pub(super) struct Authorities {
    /// Chain, dates, purpose and signatures.
    pub(super) webpki: Arc<dyn ClientCertVerifier>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// Names of the roots, as encoded.
    root_subjects: Vec<Box<[u8]>>,
    pub(super) intermediates: Vec<CertificateDer<'static>>,
    pub(super) hints: Vec<DistinguishedName>,
}

impl Authorities {
    /// A certificate whose issuer is in the file too is an intermediate, so that `depth` counts it and its dates
    /// hold; every other one is a root.
    ///
    /// # Errors
    /// No cafile, or none of its certificates can be a root.
    pub(super) fn new(
        cafile: Option<&Path>,
        certificates: &[CertificateDer<'static>],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TlsFault> {
        let Some(cafile) = cafile else {
            let why = "is not set, and require_certificate or use_identity_as_username asks for client certificates";
            return Err(TlsFault::setting("cafile", why, WAY_OUT));
        };
        let (roots, intermediates, hints) = sort(cafile, certificates)?;
        let mut store = RootCertStore::empty();
        for root in &roots {
            store.add(root.clone()).map_err(|_| broken(cafile))?;
        }
        let webpki = WebPkiClientVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
            .clear_root_hint_subjects()
            .build()
            .map_err(|error| TlsFault::file("cafile", cafile, error.to_string(), WAY_OUT))?;
        Ok(Self {
            webpki,
            algorithms: provider.signature_verification_algorithms,
            root_subjects: roots.iter().filter_map(subject).collect(),
            roots,
            intermediates,
            hints,
        })
    }

    pub(super) fn has_root(&self, subject: &[u8]) -> bool {
        self.root_subjects.iter().any(|root| **root == *subject)
    }
}

type Sorted = (
    Vec<CertificateDer<'static>>,
    Vec<CertificateDer<'static>>,
    Vec<DistinguishedName>,
);

fn sort(cafile: &Path, certificates: &[CertificateDer<'static>]) -> Result<Sorted, TlsFault> {
    let (mut roots, mut intermediates, mut hints) = (Vec::new(), Vec::new(), Vec::new());
    let subjects: Vec<Box<[u8]>> = certificates.iter().filter_map(subject).collect();
    for der in certificates {
        let certificate = parse(der).ok_or_else(|| broken(cafile))?;
        hints.push(DistinguishedName::from(certificate.subject().as_raw().to_vec()));
        let issuer = certificate.issuer().as_raw();
        let has_issuer = subjects.iter().any(|subject| **subject == *issuer);
        if has_issuer && !is_self_issued(&certificate) {
            intermediates.push(der.clone());
        } else {
            roots.push(der.clone());
        }
    }
    let hint_bytes: usize = hints.iter().map(|hint| hint.as_ref().len() + 2).sum();
    if hint_bytes > HINT_BYTES_MAX {
        hints.clear();
    }
    Ok((roots, intermediates, hints))
}

fn subject(der: &CertificateDer<'static>) -> Option<Box<[u8]>> {
    parse(der).map(|certificate| certificate.subject().as_raw().into())
}

fn broken(cafile: &Path) -> TlsFault {
    TlsFault::file("cafile", cafile, "one of the certificates is broken", WAY_OUT)
}
