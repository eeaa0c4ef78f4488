//! The client side of TLS: whom a test's client trusts, who it says it is, and which versions it speaks.

use crate::certificates::{Authority, Identity, authority};
use crate::stream::ByteStream;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

static EITHER: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
static ONLY_1_2: &[&SupportedProtocolVersion] = &[&TLS12];
static ONLY_1_3: &[&SupportedProtocolVersion] = &[&TLS13];

/// How a client shakes hands. By default it trusts the authority of the tests, has no certificate, and speaks 1.2 and
/// 1.3.
#[derive(Clone, Debug)]
pub struct ClientTls {
    trusted: CertificateDer<'static>,
    identity: Option<Identity>,
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Default for ClientTls {
    fn default() -> Self {
        Self {
            trusted: authority().der(),
            identity: None,
            versions: EITHER,
        }
    }
}

impl ClientTls {
    /// One that presents a certificate.
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        Self {
            identity: Some(identity.clone()),
            ..Self::default()
        }
    }

    /// Trusts this authority and no other.
    #[must_use]
    pub fn trusting(mut self, authority: &Authority) -> Self {
        self.trusted = authority.der();
        self
    }

    /// Speaks 1.2 only.
    #[must_use]
    pub fn only_1_2(mut self) -> Self {
        self.versions = ONLY_1_2;
        self
    }

    /// Speaks 1.3 only.
    #[must_use]
    pub fn only_1_3(mut self) -> Self {
        self.versions = ONLY_1_3;
        self
    }

    /// Shakes hands. With 1.3 a refused certificate is known only at the first read.
    ///
    /// # Errors
    /// The handshake failed.
    pub async fn handshake<S: ByteStream>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let name = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST).into());
        TlsConnector::from(Arc::new(self.config()))
            .connect(name, stream)
            .await
    }

    /// Every handshake is a full one: what a test asks about certificates must not be answered from a cache.
    fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder
                .with_client_auth_cert(identity.chain_der(), identity.key_der())
                .unwrap(),
        };
        config.resumption = Resumption::disabled();
        config
    }
}
