//! The private key of a listener: plain, or encrypted PKCS#8 opened with `keypasswd`.

use super::fault::TlsFault;
use super::pem_file;
use pkcs8::pkcs5::Error as Unsealed;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::Path;
use vmq_config::{Secret, TlsConfig};

const ENCRYPTED_BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const ENCRYPTED_END: &str = "-----END ENCRYPTED PRIVATE KEY-----";
/// Inside a block of the old form.
const LEGACY_MARK: &str = "Proc-Type: 4,ENCRYPTED";

const PUT_A_KEY: &str = "put a private key in PEM form there (-----BEGIN PRIVATE KEY-----)";
const CONVERT: &str =
    "convert it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in OLD -out NEW";

/// Reads `keyfile`.
///
/// # Errors
/// Not readable, no key in it, or encrypted in a way, or with a password, that does not open it.
pub(super) fn read(config: &TlsConfig) -> Result<PrivateKeyDer<'static>, TlsFault> {
    let path = &config.keyfile;
    let bytes = pem_file::read("keyfile", path, pem_file::PEM_BYTES_MAX)?;
    let text = String::from_utf8_lossy(&bytes);
    if text.contains(LEGACY_MARK) {
        let why = "encrypted in the old form (Proc-Type: 4,ENCRYPTED), which is not served";
        return Err(TlsFault::file("keyfile", path, why, CONVERT));
    }
    if text.contains(ENCRYPTED_BEGIN) {
        return open(path, &text, &config.keypasswd);
    }
    PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|error| TlsFault::file("keyfile", path, pem_file::reason(&error), PUT_A_KEY))
}

/// Opens encrypted PKCS#8.
fn open(path: &Path, text: &str, password: &Secret) -> Result<PrivateKeyDer<'static>, TlsFault> {
    if password.expose().is_empty() {
        let way_out = "set keypasswd to the password of the key";
        return Err(TlsFault::file("keyfile", path, "the key is encrypted", way_out));
    }
    // The block is framed like a plain one but for its label, and the reader knows the plain label only.
    let framed = text
        .replace(ENCRYPTED_BEGIN, "-----BEGIN PRIVATE KEY-----")
        .replace(ENCRYPTED_END, "-----END PRIVATE KEY-----");
    let sealed = PrivatePkcs8KeyDer::from_pem_slice(framed.as_bytes())
        .map_err(|error| TlsFault::file("keyfile", path, pem_file::reason(&error), PUT_A_KEY))?;
    let sealed = pkcs8::EncryptedPrivateKeyInfo::try_from(sealed.secret_pkcs8_der()).map_err(|_| {
        let why = "encrypted in a way that is not served";
        TlsFault::file("keyfile", path, why, CONVERT)
    })?;
    match sealed.decrypt(password.expose()) {
        Ok(plain) => Ok(PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec()).into()),
        Err(pkcs8::Error::EncryptedPrivateKey(
            Unsealed::NoPbes1CryptSupport
            | Unsealed::UnsupportedAlgorithm { .. }
            | Unsealed::AlgorithmParametersInvalid { .. },
        )) => {
            let why = "encrypted in a way that is not served";
            Err(TlsFault::file("keyfile", path, why, CONVERT))
        }
        // What the wrong password leaves is broken padding, or, one time in many, broken contents.
        Err(_) => {
            let why = "keypasswd does not open the key";
            let way_out = "set keypasswd to the password of the key";
            Err(TlsFault::file("keyfile", path, why, way_out))
        }
    }
}
