//! One handshake: from the first byte to a stream and the name of its peer, or to the reason why not.

use super::certificate::common_name;
use super::failure::HandshakeFailure;
use super::{Served, ServerTls};
use rustls::server::Acceptor;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{error::Elapsed, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// Bytes of plain text, and of sealed records, that a session holds for a slow peer; the connection writes the rest
/// later.
const BUFFER_BYTES_MAX: usize = 16 * 1024;

/// How long a refused peer may take to read its alert.
const ALERT_GRACE: Duration = Duration::from_millis(500);
/// Bytes of a refused peer that are read and thrown away meanwhile.
const ALERT_DISCARD_BYTES_MAX: usize = 64 * 1024;

/// The certificate that a client presented and that was verified. The certificate itself stays in the session of
/// rustls and is not kept twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    pub common_name: Option<Arc<str>>,
    /// The listener takes the common name for the username, as of this handshake.
    identity_is_username: bool,
}

impl PeerCertificate {
    /// The username that replaces the one of CONNECT: the table of config.md 8.1. `None` = it stays.
    #[must_use]
    pub fn username(&self) -> Option<Arc<str>> {
        self.common_name.clone().filter(|_| self.identity_is_username)
    }
}

/// Performs a handshake. `None` as limit = no limit. When it fails, the peer gets its alert before the stream is
/// dropped, which may take half a second beyond the limit.
///
/// # Errors
/// Why there is no session.
pub async fn handshake<S>(
    stream: S,
    tls: &ServerTls,
    limit: Option<Duration>,
) -> Result<(TlsStream<S>, Option<PeerCertificate>), HandshakeFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let served = tls.served();
    // Boxed: its kilobytes are needed for the handshake only, and the future of the connection lives for months.
    let negotiation = Box::pin(negotiate(stream, &served));
    let negotiated = match limit {
        Some(limit) => timeout(limit, negotiation).await,
        None => Ok(negotiation.await),
    };
    match negotiated {
        Ok(Ok(stream)) => {
            let peer = peer_certificate(&stream, &served);
            Ok((stream, peer))
        }
        Ok(Err((failure, refused))) => {
            if let Some(stream) = refused.filter(|_| failure.is_told_to_peer()) {
                part(stream).await;
            }
            Err(failure)
        }
        Err(Elapsed { .. }) => Err(HandshakeFailure::Timeout),
    }
}

/// The version that was negotiated, as people write it.
pub fn protocol<S>(stream: &TlsStream<S>) -> Option<&'static str> {
    let (_, session) = stream.get_ref();
    session.protocol_version()?.as_str().map(|name| match name {
        "TLSv1_2" => "TLSv1.2",
        "TLSv1_3" => "TLSv1.3",
        other => other,
    })
}

/// In two halves, because only the first message tells "not TLS" from a broken handshake.
async fn negotiate<S>(stream: S, served: &Served) -> Result<TlsStream<S>, (HandshakeFailure, Option<S>)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
    let start = match (&mut hello).await {
        Ok(start) => start,
        Err(error) => return Err((HandshakeFailure::of_hello(&error), hello.take_io())),
    };
    start
        .into_stream_with(Arc::clone(&served.server), |session| {
            session.set_buffer_limit(Some(BUFFER_BYTES_MAX));
        })
        .into_fallible()
        .await
        .map_err(|(error, stream)| (HandshakeFailure::of(&error), Some(stream)))
}

fn peer_certificate<S>(stream: &TlsStream<S>, served: &Served) -> Option<PeerCertificate> {
    let (_, session) = stream.get_ref();
    let leaf = session.peer_certificates()?.first()?;
    Some(PeerCertificate {
        common_name: common_name(leaf).map(Arc::from),
        identity_is_username: served.identity_is_username,
    })
}

/// A socket that is closed with unread bytes in it is reset, and a reset destroys the alert on its way. A client that
/// has finished its half of TLS 1.3 sends CONNECT at once, so there usually are such bytes: they are read away, for a
/// while.
async fn part<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let farewell = async {
        if stream.shutdown().await.is_err() {
            return;
        }
        let mut unread = [0_u8; 512];
        let mut discarded = 0;
        while discarded < ALERT_DISCARD_BYTES_MAX {
            match stream.read(&mut unread).await {
                Ok(0) | Err(_) => return,
                Ok(bytes) => discarded += bytes,
            }
        }
    };
    if timeout(ALERT_GRACE, farewell).await.is_err() {
        tracing::trace!("the peer of a refused handshake stays connected and is cut off");
    }
}
