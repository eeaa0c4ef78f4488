//! Verification of client certificates (config.md 8.1): chain and dates by webpki, then what it does not know:
//! `depth`, no self-signed leaf, the operator's list of revocations.

use super::authorities::Authorities;
use super::certificate::{is_self_issued, parse};
use super::revocations::Revocations;
use super::version_one;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};
use std::sync::Arc;
use x509_parser::certificate::X509Certificate;

/// Certificates between a leaf and its root that are looked at; webpki goes no further.
const PATH_CERTIFICATES_MAX: usize = 6;
/// Presented intermediates that are looked at.
const PRESENTED_MAX: usize = 8;
/// Paths followed for one leaf: cross-signed authorities give a few, only an attacker gives many.
const PATHS_MAX: usize = 64;
/// Paths whose signatures are checked for one leaf.
const VERIFICATIONS_MAX: usize = 8;

/// Why a certificate is refused although webpki has nothing against it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum ClientCertificateFault {
    #[error("self-signed")]
    SelfSigned,
    #[error("more intermediate certificates than depth = {0} allows")]
    TooDeep(usize),
    #[error("X.509 version 1, and not issued by a root of cafile itself")]
    VersionOneBelowIntermediate,
}

impl From<ClientCertificateFault> for Error {
    fn from(fault: ClientCertificateFault) -> Self {
        CertificateError::Other(OtherError(Arc::new(fault))).into()
    }
}

#[derive(Debug)]
pub(super) struct ClientCertificates {
    pub(super) authorities: Authorities,
    /// Intermediates allowed between leaf and root.
    pub(super) depth: usize,
    pub(super) is_required: bool,
    pub(super) revocations: Option<Arc<Revocations>>,
}

/// A certificate that may stand between the leaf and a root.
struct Intermediate<'a> {
    der: &'a CertificateDer<'a>,
    subject: &'a [u8],
    issuer: &'a [u8],
}

impl ClientCertificates {
    /// Follows the names from the leaf to each root and has webpki check one path at a time. webpki sees only the
    /// certificates of that path, so that what it accepts is never longer than what was counted, whatever the client
    /// names its certificates.
    fn verify_chain(
        &self,
        leaf_der: &CertificateDer<'_>,
        leaf: &X509Certificate<'_>,
        presented: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let known = self.intermediates(presented);
        let mut verdict = Error::from(CertificateError::UnknownIssuer);
        let mut verifications = 0;
        let mut paths: Vec<Vec<&Intermediate<'_>>> = vec![Vec::new()];
        for _ in 0..PATHS_MAX {
            let Some(path) = paths.pop() else { break };
            let issuer = path.last().map_or(leaf.issuer().as_raw(), |last| last.issuer);
            if self.authorities.has_root(issuer) && verifications < VERIFICATIONS_MAX {
                verifications += 1;
                match self.verify_path(leaf_der, &path, now) {
                    Ok(()) => return Ok(()),
                    // "unknown issuer" says the least.
                    Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {}
                    Err(error) => verdict = error,
                }
            }
            if path.len() < PATH_CERTIFICATES_MAX {
                let next = known.iter().filter(|next| {
                    next.subject == issuer && !path.iter().any(|seen| std::ptr::eq(*seen, *next))
                });
                // Taken from the end: what the client sent first is tried first.
                paths.extend(next.rev().map(|next| [path.as_slice(), &[next]].concat()));
            }
        }
        Err(verdict)
    }

    fn verify_path(
        &self,
        leaf: &CertificateDer<'_>,
        path: &[&Intermediate<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let chain: Vec<CertificateDer<'_>> = path
            .iter()
            .map(|intermediate| CertificateDer::from(intermediate.der.as_ref()))
            .collect();
        self.authorities.webpki.verify_client_cert(leaf, &chain, now)?;
        let counted = path
            .iter()
            .filter(|intermediate| intermediate.subject != intermediate.issuer)
            .count();
        if counted > self.depth {
            return Err(ClientCertificateFault::TooDeep(self.depth).into());
        }
        Ok(())
    }

    fn intermediates<'a>(&'a self, presented: &'a [CertificateDer<'a>]) -> Vec<Intermediate<'a>> {
        let presented = presented.iter().take(PRESENTED_MAX);
        presented
            .chain(&self.authorities.intermediates)
            .filter_map(|der| {
                let certificate = parse(der)?.tbs_certificate;
                Some(Intermediate {
                    der,
                    subject: certificate.subject.as_raw(),
                    issuer: certificate.issuer.as_raw(),
                })
            })
            .collect()
    }
}

impl ClientCertVerifier for ClientCertificates {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        self.is_required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.authorities.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let leaf = parse(end_entity).ok_or(CertificateError::BadEncoding)?;
        if is_self_issued(&leaf) {
            return Err(ClientCertificateFault::SelfSigned.into());
        }
        if version_one::is_version_one(&leaf) {
            version_one::verify(&leaf, &self.authorities, now)?;
        } else {
            self.verify_chain(end_entity, &leaf, intermediates, now)?;
        }
        let revocations = self.revocations.as_ref();
        if revocations.is_some_and(|revocations| revocations.contains(&leaf)) {
            return Err(CertificateError::Revoked.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match parse(cert) {
            Some(leaf) if version_one::is_version_one(&leaf) => {
                version_one::verify_tls12_signature(message, &leaf, dss, &self.authorities)
            }
            _ => self.authorities.webpki.verify_tls12_signature(message, cert, dss),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match parse(cert) {
            Some(leaf) if version_one::is_version_one(&leaf) => {
                version_one::verify_tls13_signature(message, &leaf, dss, &self.authorities)
            }
            _ => self.authorities.webpki.verify_tls13_signature(message, cert, dss),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.webpki.supported_verify_schemes()
    }
}
