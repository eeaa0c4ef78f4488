//! Files of PEM blocks, read whole and bounded.

use super::fault::TlsFault;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Certificates and keys; the bundle of a system has a quarter of that.
pub(super) const PEM_BYTES_MAX: u64 = 4 * 1024 * 1024;

const READABLE: &str = "name a file that the broker's user may read";

/// Reads a file of at most `bytes_max`.
///
/// # Errors
/// Not readable, or larger.
pub(super) fn read(key: &'static str, path: &Path, bytes_max: u64) -> Result<Vec<u8>, TlsFault> {
    if path.as_os_str().is_empty() {
        return Err(TlsFault::setting(key, "is not set", "name a PEM file"));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    File::open(path)
        .and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes))
        .map_err(|error| TlsFault::file(key, path, format!("cannot be read: {error}"), READABLE))?;
    if bytes.len() as u64 > bytes_max {
        let why = format!("is larger than {bytes_max} bytes");
        return Err(TlsFault::file(key, path, why, READABLE));
    }
    Ok(bytes)
}

/// Every certificate of a file, at least one.
///
/// # Errors
/// Not readable, not PEM, or without a certificate.
pub(super) fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    const WAY_OUT: &str = "put certificates in PEM form there (-----BEGIN CERTIFICATE-----)";
    let bytes = read(key, path, PEM_BYTES_MAX)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsFault::file(key, path, reason(&error), WAY_OUT))?;
    if certificates.is_empty() {
        return Err(TlsFault::file(key, path, "no certificate in it", WAY_OUT));
    }
    Ok(certificates)
}

/// What is wrong with a PEM file, without its bytes: they may be a key.
pub(super) fn reason(error: &pem::Error) -> String {
    let why = match error {
        pem::Error::MissingSectionEnd { .. } => "a block has no END line",
        pem::Error::IllegalSectionStart { .. } => "a BEGIN line is broken",
        pem::Error::Base64Decode(_) => "a block is not base64",
        pem::Error::NoItemsFound => "no block of the expected kind in it",
        _ => "not readable as PEM",
    };
    why.to_owned()
}
