//! Why a handshake failed: a closed list for metric labels, and a text for the log.

use crate::metrics::Counter;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};
use std::io;

/// Every failed handshake has exactly one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeFailure {
    #[error("the handshake took longer than tls_handshake_timeout")]
    Timeout,
    /// Also what a health check of a load balancer looks like.
    #[error("the peer closed the connection during the handshake")]
    PeerClosed,
    #[error("the first bytes are not TLS")]
    NotTls,
    #[error("no TLS version in common; the listener offers those of tls_version")]
    NoSharedVersion,
    /// Suites, curves or signature algorithms.
    #[error("no cipher suite in common: {0}")]
    NoSharedCipher(Box<str>),
    #[error("the client sent no certificate, and the listener demands one")]
    CertificateRequired,
    /// Also one that is not valid yet.
    #[error("client certificate: {0}")]
    CertificateExpired(Box<str>),
    #[error("client certificate: revoked")]
    CertificateRevoked,
    #[error("client certificate: its issuer is not in cafile")]
    CertificateUntrusted,
    /// Self-signed, longer chain than `depth`, bad signature, wrong purpose, ...
    #[error("client certificate: {0}")]
    CertificateInvalid(Box<str>),
    /// Most often a client that does not trust the certificate of the listener.
    #[error("the client ended the handshake with the alert {0}")]
    PeerAlert(Box<str>),
    #[error("{0}")]
    Other(Box<str>),
}

impl HandshakeFailure {
    /// The word used as metric label and log field.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::PeerClosed => "peer_closed",
            Self::NotTls => "not_tls",
            Self::NoSharedVersion => "no_shared_version",
            Self::NoSharedCipher(_) => "no_shared_cipher",
            Self::CertificateRequired => "certificate_required",
            Self::CertificateExpired(_) => "certificate_expired",
            Self::CertificateRevoked => "certificate_revoked",
            Self::CertificateUntrusted => "certificate_untrusted",
            Self::CertificateInvalid(_) => "certificate_invalid",
            Self::PeerAlert(_) => "peer_alert",
            Self::Other(_) => "other",
        }
    }

    /// The same among the reasons of all kinds.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Timeout => "tls_timeout",
            Self::PeerClosed => "tls_peer_closed",
            Self::NotTls => "tls_not_tls",
            Self::NoSharedVersion => "tls_no_shared_version",
            Self::NoSharedCipher(_) => "tls_no_shared_cipher",
            Self::CertificateRequired => "tls_certificate_required",
            Self::CertificateExpired(_) => "tls_certificate_expired",
            Self::CertificateRevoked => "tls_certificate_revoked",
            Self::CertificateUntrusted => "tls_certificate_untrusted",
            Self::CertificateInvalid(_) => "tls_certificate_invalid",
            Self::PeerAlert(_) => "tls_peer_alert",
            Self::Other(_) => "tls_other",
        }
    }

    /// The counter of the reason.
    #[must_use]
    pub const fn counter(&self) -> Counter {
        match self {
            Self::Timeout => Counter::TlsTimeout,
            Self::PeerClosed => Counter::TlsPeerClosed,
            Self::NotTls => Counter::TlsNotTls,
            Self::NoSharedVersion => Counter::TlsNoSharedVersion,
            Self::NoSharedCipher(_) => Counter::TlsNoSharedCipher,
            Self::CertificateRequired => Counter::TlsCertificateRequired,
            Self::CertificateExpired(_) => Counter::TlsCertificateExpired,
            Self::CertificateRevoked => Counter::TlsCertificateRevoked,
            Self::CertificateUntrusted => Counter::TlsCertificateUntrusted,
            Self::CertificateInvalid(_) => Counter::TlsCertificateInvalid,
            Self::PeerAlert(_) => Counter::TlsPeerAlert,
            Self::Other(_) => Counter::TlsOther,
        }
    }

    /// The peer still listens, and an alert tells it what is wrong.
    pub(super) const fn is_told_to_peer(&self) -> bool {
        !matches!(self, Self::Timeout | Self::PeerClosed | Self::PeerAlert(_))
    }

    /// What ended the reading of the first message.
    pub(super) fn of_hello(error: &io::Error) -> Self {
        match tls_error(error) {
            Some(Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge
                | InvalidMessage::InvalidEmptyPayload,
            )) => Self::NotTls,
            _ => Self::of(error),
        }
    }

    /// What ended the rest of the handshake.
    pub(super) fn of(error: &io::Error) -> Self {
        match tls_error(error) {
            Some(Error::AlertReceived(AlertDescription::CloseNotify)) => Self::PeerClosed,
            Some(Error::AlertReceived(alert)) => Self::PeerAlert(
                alert
                    .as_str()
                    .map_or_else(|| format!("{alert:?}").into(), Into::into),
            ),
            Some(Error::PeerIncompatible(reason)) => of_incompatible(reason),
            Some(Error::NoCertificatesPresented) => Self::CertificateRequired,
            Some(Error::InvalidCertificate(reason)) => of_certificate(reason),
            Some(error) => Self::Other(error.to_string().into()),
            None => of_socket(error),
        }
    }
}

/// The error of rustls inside the one of the stream.
fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn of_socket(error: &io::Error) -> HandshakeFailure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected => HandshakeFailure::PeerClosed,
        _ => HandshakeFailure::Other(error.to_string().into()),
    }
}

fn of_incompatible(reason: &PeerIncompatible) -> HandshakeFailure {
    use PeerIncompatible as P;
    match reason {
        // A client of TLS 1.1 or older sends no signature algorithms, and that is looked at first.
        P::SignatureAlgorithmsExtensionRequired
        | P::ServerDoesNotSupportTls12Or13
        | P::SupportedVersionsExtensionRequired
        | P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled => HandshakeFailure::NoSharedVersion,
        P::NoCipherSuitesInCommon
        | P::NoKxGroupsInCommon
        | P::NoSignatureSchemesInCommon
        | P::NoEcPointFormatsInCommon
        | P::NoCertificateRequestSignatureSchemesInCommon
        | P::EcPointsExtensionRequired
        | P::NamedGroupsExtensionRequired
        | P::UncompressedEcPointsRequired => HandshakeFailure::NoSharedCipher(format!("{reason:?}").into()),
        _ => HandshakeFailure::Other(format!("the client lacks what TLS needs: {reason:?}").into()),
    }
}

fn of_certificate(reason: &CertificateError) -> HandshakeFailure {
    use CertificateError as C;
    match reason {
        C::Expired | C::ExpiredContext { .. } => HandshakeFailure::CertificateExpired("expired".into()),
        C::NotValidYet | C::NotValidYetContext { .. } => {
            HandshakeFailure::CertificateExpired("not valid yet".into())
        }
        C::Revoked => HandshakeFailure::CertificateRevoked,
        C::UnknownIssuer => HandshakeFailure::CertificateUntrusted,
        C::BadEncoding => HandshakeFailure::CertificateInvalid("broken".into()),
        C::BadSignature => HandshakeFailure::CertificateInvalid("bad signature".into()),
        C::Other(reason) => HandshakeFailure::CertificateInvalid(reason.to_string().into()),
        reason => HandshakeFailure::CertificateInvalid(reason.to_string().into()),
    }
}
