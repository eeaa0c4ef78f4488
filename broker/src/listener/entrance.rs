//! The entrance of a listener: from an accepted socket to a stream of MQTT or HTTP. PROXY header, TLS, WebSocket
//! upgrade, in this order, each within its time; who does not get through is counted by reason and logged.

use super::proxy_protocol::{self, ProxyFault, ProxyHeader};
use super::rate::ConnectRate;
use super::tls::{self, HandshakeFailure, PeerCertificate, ServerTls};
use super::websocket;
use super::{ListenerContext, Peer, Place};
use crate::connection::{Transport, serve};
use crate::core::Core;
use crate::events::{Provoked, RefusedConnection};
use crate::http;
use crate::metrics::Counter;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tracing::{debug, error, info, warn};
use vmq_config::{ListenerConfig, ListenerKind, WebSocketConfig};

/// How long a PROXY header may take (config.md 7.1).
const PROXY_LIMIT: Duration = Duration::from_secs(10);

/// The same before HTTP.
const PROXY_LIMIT_HTTP: Duration = Duration::from_secs(1);

/// What a listener does with its sockets.
pub(super) struct Entrance {
    pub core: Arc<Core>,
    pub context: Arc<ListenerContext>,
    pub config: ListenerConfig,
    pub tls: Option<Arc<ServerTls>>,
    pub rate: ConnectRate,
    /// The address, for log lines.
    pub label: String,
}

type Stream = Box<dyn Transport>;

impl Entrance {
    /// Whether another connection may come now. Behind a proxy the source is known only later.
    pub(super) fn admit(&self, address: Option<SocketAddr>, now: Instant) -> Result<(), RefusedConnection> {
        let source = address.filter(|_| self.config.proxy_protocol.is_none());
        self.rate
            .admit(source.map(|source| source.ip()), now)
            .map_err(RefusedConnection::Rate)
    }

    /// Lets a TCP connection in. Plain MQTT is served as it is.
    pub(super) fn start_tcp(self: &Arc<Self>, stream: TcpStream, address: SocketAddr, place: Place) {
        if self.config.kind == ListenerKind::Tcp && self.config.proxy_protocol.is_none() {
            let (core, context) = (Arc::clone(&self.core), Arc::clone(&self.context));
            tokio::spawn(serve(core, context, stream, Peer::at(address), place));
            return;
        }
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let entered = this.until_stopped(this.enter(stream, address)).await;
            this.entered(entered, &Peer::at(address), place);
        });
    }

    /// Lets a connection on a Unix socket in.
    pub(super) fn start_unix(self: &Arc<Self>, stream: UnixStream, place: Place) {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let entering = this.upgrade(stream, Peer::local(), None, false);
            let entered = this.until_stopped(entering).await;
            this.entered(entered, &Peer::local(), place);
        });
    }

    /// Whoever is in gets a task of its own: what only the way in needs does not stay with the connection.
    fn entered(
        self: &Arc<Self>,
        entered: Option<Result<(Stream, Peer), RefusedConnection>>,
        socket: &Peer,
        place: Place,
    ) {
        let (stream, peer) = match entered {
            None => return,
            Some(Err(refusal)) => return self.refused(&refusal, socket),
            Some(Ok(entered)) => entered,
        };
        let core = Arc::clone(&self.core);
        if self.config.http.is_none() {
            tokio::spawn(serve(core, Arc::clone(&self.context), stream, peer, place));
            return;
        }
        let this = Arc::clone(self);
        tokio::spawn(async move {
            if let Some(config) = &this.config.http {
                http::serve(core, config, stream, &peer).await;
            }
            drop(place);
        });
    }

    /// `None` = the broker stops.
    async fn until_stopped<R>(&self, work: impl Future<Output = R>) -> Option<R> {
        let mut stopping = self.core.stopping.subscribe();
        tokio::select! {
            done = work => Some(done),
            _ = stopping.wait_for(|stopping| *stopping) => None,
        }
    }

    async fn enter(
        &self,
        mut stream: TcpStream,
        address: SocketAddr,
    ) -> Result<(Stream, Peer), RefusedConnection> {
        let Some(proxy) = &self.config.proxy_protocol else {
            return self
                .upgrade(stream, Peer::at(address), Some(address.ip()), false)
                .await;
        };
        let header = self.proxy_header(&mut stream, address).await?;
        let source = header.source.unwrap_or(address);
        self.rate
            .admit_source(source.ip(), Instant::now())
            .map_err(RefusedConnection::Rate)?;
        let username = header.common_name.filter(|_| proxy.cn_as_username);
        let peer = Peer {
            username: username.map(Arc::from),
            ..Peer::at(source)
        };
        self.upgrade(stream, peer, Some(source.ip()), true).await
    }

    async fn proxy_header(
        &self,
        stream: &mut TcpStream,
        address: SocketAddr,
    ) -> Result<ProxyHeader, RefusedConnection> {
        let trusted = self
            .config
            .proxy_protocol
            .as_ref()
            .map_or(&[][..], |proxy| &proxy.trusted);
        if !proxy_protocol::is_trusted(trusted, address.ip()) {
            return Err(RefusedConnection::UntrustedProxy);
        }
        let limit = match self.config.kind {
            ListenerKind::Tcp => PROXY_LIMIT,
            _ => PROXY_LIMIT_HTTP,
        };
        timeout(limit, proxy_protocol::read_header(stream))
            .await
            .map_err(|_| RefusedConnection::ProxyTimeout)?
            .map_err(RefusedConnection::ProxyProtocol)
    }

    /// TLS, where the listener has it, then WebSocket.
    async fn upgrade<S: Raw>(
        &self,
        stream: S,
        mut peer: Peer,
        address: Option<IpAddr>,
        proxied: bool,
    ) -> Result<(Stream, Peer), RefusedConnection> {
        let Some(tls) = &self.tls else {
            return self.websocket(Plain(stream), peer, address, proxied).await;
        };
        let limit = self.config.tls.as_ref().and_then(|tls| tls.handshake_timeout);
        let (stream, certificate) = tls::handshake(stream, tls, limit)
            .await
            .map_err(RefusedConnection::Tls)?;
        peer.username = self.certificate_name(certificate).or(peer.username);
        self.websocket(Plain(stream), peer, address, proxied).await
    }

    fn certificate_name(&self, certificate: Option<PeerCertificate>) -> Option<Arc<str>> {
        let as_username = self.config.tls.as_ref()?.use_identity_as_username;
        certificate?.common_name.filter(|_| as_username)
    }

    async fn websocket<S: Raw>(
        &self,
        stream: Plain<S>,
        peer: Peer,
        address: Option<IpAddr>,
        proxied: bool,
    ) -> Result<(Stream, Peer), RefusedConnection> {
        let Some(config) = &self.config.websocket else {
            return Ok((Box::new(stream), peer));
        };
        let limit = self.core.session_config().connect_timeout;
        timeout(
            limit,
            self.websocket_upgrade(stream, config, peer, address, proxied),
        )
        .await
        .unwrap_or(Err(RefusedConnection::WebSocketTimeout))
    }

    async fn websocket_upgrade<S: Raw>(
        &self,
        stream: Plain<S>,
        config: &WebSocketConfig,
        mut peer: Peer,
        address: Option<IpAddr>,
        proxied: bool,
    ) -> Result<(Stream, Peer), RefusedConnection> {
        let (stream, upgraded) = websocket::upgrade(stream, config, address, proxied)
            .await
            .map_err(RefusedConnection::WebSocket)?;
        if let Some(client) = upgraded.client {
            // The port is the proxy's own: it does not tell the client's (config.md 7.2).
            let port = peer.address.parse().map_or(0, |socket: SocketAddr| socket.port());
            peer.address = Arc::from(SocketAddr::new(client, port).to_string());
        }
        peer.username = upgraded.username.map(Arc::from).or(peer.username);
        Ok((Box::new(stream), peer))
    }

    /// Counts and logs a socket that was given up.
    pub(super) fn refused(&self, refusal: &RefusedConnection, peer: &Peer) {
        let metrics = &self.core.metrics;
        metrics.bump(refusal.counter());
        if let RefusedConnection::Tls(failure) = refusal {
            metrics.bump(tls_counter(failure.name()));
        }
        if !Provoked::RefusedConnection.may_log() {
            return;
        }
        let (listener, peer, reason) = (&*self.context.name, &*peer.address, refusal.name());
        let kind = self.config.kind.type_name();
        match refusal {
            // Somebody looked whether the port is open, as load balancers do all the time.
            RefusedConnection::ProxyProtocol(fault @ ProxyFault::PeerClosed) => {
                debug!(
                    listener,
                    peer, reason, "{peer} on listener {}: {fault}", self.label
                );
            }
            RefusedConnection::Tls(failure @ HandshakeFailure::PeerClosed) => {
                info!(
                    listener,
                    peer,
                    reason = failure.name(),
                    "{peer} on listener {}: {failure}",
                    self.label
                );
            }
            RefusedConnection::ProxyProtocol(fault) => {
                warn!(listener, peer, reason, "Proxy Protocol Error: {fault}");
            }
            RefusedConnection::Tls(failure) => warn!(
                listener,
                peer,
                reason = failure.name(),
                "TLS handshake with {peer} on {kind} listener {} failed: {failure}",
                self.label
            ),
            RefusedConnection::WebSocket(refused) if refused.name() == "untrusted_proxy" => {
                error!(listener, peer, reason, "XFF proxy not in trusted list!");
            }
            RefusedConnection::WebSocket(refused) => warn!(
                listener,
                peer,
                reason = refused.name(),
                "WebSocket upgrade of {peer} on listener {} refused: {refused}",
                self.label
            ),
            _ => warn!(
                listener,
                peer, reason, "connection from {peer} to {kind} listener {} refused: {reason}", self.label
            ),
        }
    }
}

/// The counter of a failed handshake, by the word of its reason.
fn tls_counter(reason: &str) -> Counter {
    Counter::labelled("tls_handshake_failed", "reason", reason).unwrap_or(Counter::TlsOther)
}

/// A byte stream that nothing is known of.
trait Raw: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static> Raw for T {}

/// Such a stream as a transport without bounds of its own.
struct Plain<S>(S);

impl<S: Raw> Transport for Plain<S> {}

impl<S: Raw> AsyncRead for Plain<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: Raw> AsyncWrite for Plain<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
