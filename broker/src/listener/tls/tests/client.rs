//! The other side of a handshake: a rustls client that talks at once, as MQTT clients do.

use super::super::{HandshakeFailure, PeerCertificate, ServerTls, handshake};
use super::pki::{Authority, Leaf};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

pub(super) static BOTH: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12, &rustls::version::TLS13];

pub(super) type ClientStream = tokio_rustls::client::TlsStream<DuplexStream>;
pub(super) type ServerStream = tokio_rustls::server::TlsStream<DuplexStream>;

pub(super) struct Meeting {
    pub(super) server: Result<(ServerStream, Option<PeerCertificate>), HandshakeFailure>,
    pub(super) client: io::Result<ClientStream>,
}

impl Meeting {
    /// The reason's word; "ok" if there is a session, and then both sides agree on it.
    pub(super) fn outcome(&self) -> &'static str {
        match &self.server {
            Ok(_) => {
                assert!(
                    self.client.is_ok(),
                    "the client did not get its answer: {:?}",
                    self.client
                );
                "ok"
            }
            Err(failure) => failure.name(),
        }
    }

    pub(super) fn peer(&self) -> Option<&PeerCertificate> {
        self.server.as_ref().ok().and_then(|(_, peer)| peer.as_ref())
    }

    pub(super) fn username(&self) -> Option<Arc<str>> {
        self.peer().and_then(PeerCertificate::username)
    }

    /// What the client was told.
    pub(super) fn alert(&self) -> Option<AlertDescription> {
        let error = self.client.as_ref().err()?;
        match error.get_ref()?.downcast_ref::<Error>()? {
            Error::AlertReceived(alert) => Some(*alert),
            _ => None,
        }
    }
}

/// Both sides in memory, to the first byte of application data in each direction.
pub(super) async fn meet(tls: &ServerTls, client: ClientConfig) -> Meeting {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let serve = async {
        let (mut stream, peer) = handshake(near, tls, None).await?;
        stream.write_all(b"k").await.unwrap();
        stream.flush().await.unwrap();
        Ok((stream, peer))
    };
    let connect = async {
        let name = ServerName::try_from("localhost").unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
        let mut stream = connector.connect(name, far).await?;
        stream.write_all(b"CONNECT").await?;
        stream.flush().await?;
        stream.read_u8().await?;
        Ok(stream)
    };
    let (server, client) = tokio::join!(serve, connect);
    Meeting { server, client }
}

fn builder(
    versions: &[&'static SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
}

fn trusting(root: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    roots
}

/// A client without a certificate.
pub(super) fn anonymous(root: &Authority) -> ClientConfig {
    of_versions(root, BOTH)
}

pub(super) fn of_versions(root: &Authority, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    builder(versions)
        .with_root_certificates(trusting(root))
        .with_no_client_auth()
}

/// A client that presents a certificate, and the chain above it.
pub(super) fn presenting(root: &Authority, leaf: &Leaf, chain: &[&Authority]) -> ClientConfig {
    presenting_by(root, leaf, chain, BOTH)
}

pub(super) fn presenting_by(
    root: &Authority,
    leaf: &Leaf,
    chain: &[&Authority],
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut certificates = vec![leaf.certificate.der().clone()];
    certificates.extend(chain.iter().map(|authority| authority.der().clone()));
    let key = PrivateKeyDer::try_from(leaf.key.serialize_der()).unwrap();
    builder(versions)
        .with_root_certificates(trusting(root))
        .with_client_auth_cert(certificates, key)
        .unwrap()
}

/// A client that presents whatever it is given and trusts whoever it meets: rustls itself refuses old certificates.
pub(super) fn careless(
    certificate: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let builder = builder(versions)
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(TrustsAll));
    match certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
            builder.with_client_cert_resolver(Arc::new(Fixed(Arc::new(CertifiedKey::new(
                vec![certificate],
                key,
            )))))
        }
    }
}

#[derive(Debug)]
struct Fixed(Arc<CertifiedKey>);

impl ResolvesClientCert for Fixed {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct TrustsAll;

impl ServerCertVerifier for TrustsAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
