//! Client certificates of X.509 version 1. `openssl x509 -req` without extensions makes them, many fleets carry them,
//! and webpki refuses them. They are accepted where nothing but a signature is to be checked: issued by a root of
//! cafile itself. Such a certificate has no extensions, so there is no purpose or constraint to read.

use super::authorities::Authorities;
use super::certificate::parse;
use super::client_certificates::ClientCertificateFault;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::verify_tls13_signature_with_raw_key;
use rustls::pki_types::{SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved};
use x509_parser::certificate::X509Certificate;
use x509_parser::x509::X509Version;

pub(super) fn is_version_one(leaf: &X509Certificate<'_>) -> bool {
    leaf.version() == X509Version::V1
}

/// Dates, and a signature of one of the roots.
///
/// # Errors
/// What is wrong with the certificate.
pub(super) fn verify(
    leaf: &X509Certificate<'_>,
    authorities: &Authorities,
    now: UnixTime,
) -> Result<(), Error> {
    let issuer = leaf.issuer().as_raw();
    if !authorities.has_root(issuer) {
        return Err(no_root(issuer, authorities));
    }
    let now_secs = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now_secs < leaf.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now_secs > leaf.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    let roots = authorities.roots.iter().filter_map(parse);
    let mut issuers = roots.filter(|root| root.subject().as_raw() == issuer);
    if issuers.any(|root| is_signed_by(leaf, &root, authorities)) {
        return Ok(());
    }
    Err(CertificateError::BadSignature.into())
}

fn no_root(issuer: &[u8], authorities: &Authorities) -> Error {
    let mut known = authorities.intermediates.iter().filter_map(parse);
    if known.any(|intermediate| intermediate.subject().as_raw() == issuer) {
        return ClientCertificateFault::VersionOneBelowIntermediate.into();
    }
    CertificateError::UnknownIssuer.into()
}

fn is_signed_by(leaf: &X509Certificate<'_>, root: &X509Certificate<'_>, authorities: &Authorities) -> bool {
    let key = &root.public_key().subject_public_key.data;
    let algorithms = authorities.algorithms.all.iter();
    let mut fitting = algorithms.filter(|algorithm| names(**algorithm, leaf));
    fitting.any(|algorithm| {
        algorithm
            .verify_signature(key, leaf.tbs_certificate.as_ref(), &leaf.signature_value.data)
            .is_ok()
    })
}

/// The certificate says that it is signed with this algorithm.
fn names(algorithm: &dyn SignatureVerificationAlgorithm, leaf: &X509Certificate<'_>) -> bool {
    /// DER tag of an object identifier, which opens the algorithm's encoding.
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let oid = leaf.signature_algorithm.algorithm.as_bytes();
    let Ok(oid_bytes) = u8::try_from(oid.len()) else {
        return false;
    };
    let encoded = algorithm.signature_alg_id();
    encoded
        .as_ref()
        .strip_prefix(&[OBJECT_IDENTIFIER, oid_bytes])
        .is_some_and(|rest| rest.starts_with(oid))
}

/// The client holds the key of its certificate.
///
/// # Errors
/// It does not.
pub(super) fn verify_tls12_signature(
    message: &[u8],
    leaf: &X509Certificate<'_>,
    dss: &DigitallySignedStruct,
    authorities: &Authorities,
) -> Result<HandshakeSignatureValid, Error> {
    let (_, algorithms) = authorities
        .algorithms
        .mapping
        .iter()
        .find(|(scheme, _)| *scheme == dss.scheme)
        .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let key = &leaf.public_key().subject_public_key.data;
    let is_valid = |algorithm: &&dyn SignatureVerificationAlgorithm| {
        algorithm.verify_signature(key, message, dss.signature()).is_ok()
    };
    if algorithms.iter().any(is_valid) {
        return Ok(HandshakeSignatureValid::assertion());
    }
    Err(CertificateError::BadSignature.into())
}

/// The same for TLS 1.3.
///
/// # Errors
/// It does not.
pub(super) fn verify_tls13_signature(
    message: &[u8],
    leaf: &X509Certificate<'_>,
    dss: &DigitallySignedStruct,
    authorities: &Authorities,
) -> Result<HandshakeSignatureValid, Error> {
    let key = SubjectPublicKeyInfoDer::from(leaf.public_key().raw);
    verify_tls13_signature_with_raw_key(message, &key, dss, &authorities.algorithms)
}
