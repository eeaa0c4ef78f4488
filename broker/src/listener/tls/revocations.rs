//! Revoked client certificates, by issuer and serial number (config.md 8.3). The file is the operator's own:
//! signature and nextUpdate are not checked, so that a list that was not renewed in time does not shut every client
//! out.

use super::certificate::serial;
use super::fault::TlsFault;
use super::pem_file;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

/// A million entries and more.
const CRL_BYTES_MAX: u64 = 128 * 1024 * 1024;

const WAY_OUT: &str =
    "put revocation lists in PEM form there (-----BEGIN X509 CRL-----), or take crlfile out";

/// Revoked serial numbers by the name of their issuer, both as encoded.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    by_issuer: HashMap<Box<[u8]>, HashSet<Box<[u8]>>>,
}

impl Revocations {
    /// # Errors
    /// Not readable, without a list, or with a broken one.
    pub(super) fn read(path: &Path) -> Result<Self, TlsFault> {
        let bytes = pem_file::read("crlfile", path, CRL_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|why| TlsFault::file("crlfile", path, why, WAY_OUT))
    }

    fn parse(pem: &[u8]) -> Result<Self, String> {
        let mut revocations = Self::default();
        for list in CertificateRevocationListDer::pem_slice_iter(pem) {
            let list = list.map_err(|error| pem_file::reason(&error))?;
            revocations.add(&list)?;
        }
        // A list without entries is one that revokes nobody; a file without a list is one that was cut off.
        if revocations.by_issuer.is_empty() {
            return Err("no revocation list in it".to_owned());
        }
        Ok(revocations)
    }

    /// Adds one list, version 1 or 2.
    pub(super) fn add(&mut self, der: &[u8]) -> Result<(), String> {
        let (_, list) =
            CertificateRevocationList::from_der(der).map_err(|_| "a revocation list is broken".to_owned())?;
        let serials = self.by_issuer.entry(list.issuer().as_raw().into()).or_default();
        for entry in list.iter_revoked_certificates() {
            serials.insert(serial(entry.raw_serial()).into());
        }
        Ok(())
    }

    pub(super) fn contains(&self, certificate: &X509Certificate<'_>) -> bool {
        self.by_issuer
            .get(certificate.issuer().as_raw())
            .is_some_and(|serials| serials.contains(serial(certificate.raw_serial())))
    }
}
