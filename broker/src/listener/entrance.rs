//! The entrance of a listener: from an accepted socket to a stream of MQTT or HTTP. PROXY header, TLS, WebSocket
//! upgrade, in this order, each within its time; who does not get through is counted by reason and logged.

use super::proxy_protocol::{self, ProxyFault, ProxyHeader};
use super::rate::ConnectRate;
use super::tls::{self, HandshakeFailure, ServerTls};
use super::websocket::{self, UpgradeRefusal};
use super::{ListenerContext, Peer, Place};
use crate::connection::{Transport, serve};
use crate::core::Core;
use crate::events::{self, Provoked, RefusedConnection};
use crate::http;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tracing::{debug, error, info, warn};
use vmq_config::{ListenerConfig, ListenerKind, ProxyConfig, WebSocketConfig};

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

/// A stream that speaks MQTT or HTTP, and who is at its other end.
type Entered = Result<(Box<dyn Transport>, Peer), RefusedConnection>;

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
    fn entered(self: &Arc<Self>, entered: Option<Entered>, socket: &Peer, place: Place) {
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
                tokio::select! {
                    () = http::serve(core, config, stream, &peer) => {}
                    () = this.context.connections.told_to_leave() => {}
                }
            }
            drop(place);
        });
    }

    /// `None` = the broker stops, or the listener's connections have to go.
    async fn until_stopped<R>(&self, work: impl Future<Output = R>) -> Option<R> {
        let mut stopping = self.core.stopping.subscribe();
        tokio::select! {
            done = work => Some(done),
            _ = stopping.wait_for(|stopping| *stopping) => None,
            () = self.context.connections.told_to_leave() => None,
        }
    }

    async fn enter(&self, mut stream: TcpStream, address: SocketAddr) -> Entered {
        let Some(proxy) = &self.config.proxy_protocol else {
            return self
                .upgrade(stream, Peer::at(address), Some(address.ip()), false)
                .await;
        };
        let header = self.proxy_header(proxy, &mut stream, address).await?;
        let source = header.source.unwrap_or(address);
        self.rate
            .admit_source(source.ip(), Instant::now())
            .map_err(RefusedConnection::Rate)?;
        let tls_cn: Option<Arc<str>> = header.common_name.map(Arc::from);
        let peer = Peer {
            username: tls_cn.clone().filter(|_| proxy.cn_as_username),
            tls_cn,
            ..Peer::at(source)
        };
        self.upgrade(stream, peer, Some(source.ip()), true).await
    }

    async fn proxy_header(
        &self,
        proxy: &ProxyConfig,
        stream: &mut TcpStream,
        address: SocketAddr,
    ) -> Result<ProxyHeader, RefusedConnection> {
        if !proxy_protocol::is_trusted(&proxy.trusted, address.ip()) {
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
    async fn upgrade<S: Transport + 'static>(
        &self,
        stream: S,
        mut peer: Peer,
        address: Option<IpAddr>,
        proxied: bool,
    ) -> Entered {
        let Some(tls) = &self.tls else {
            return self.websocket(stream, peer, address, proxied).await;
        };
        let limit = self.config.tls.as_ref().and_then(|tls| tls.handshake_timeout);
        let (stream, certificate) = tls::handshake(stream, tls, limit)
            .await
            .map_err(RefusedConnection::Tls)?;
        peer.tls = tls::protocol(&stream);
        if let Some(certificate) = certificate {
            peer.username = certificate.username().or(peer.username);
            peer.tls_cn = certificate.common_name.or(peer.tls_cn);
        }
        self.websocket(stream, peer, address, proxied).await
    }

    async fn websocket<S: Transport + 'static>(
        &self,
        stream: S,
        peer: Peer,
        address: Option<IpAddr>,
        proxied: bool,
    ) -> Entered {
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

    async fn websocket_upgrade<S: Transport + 'static>(
        &self,
        stream: S,
        config: &WebSocketConfig,
        mut peer: Peer,
        address: Option<IpAddr>,
        proxied: bool,
    ) -> Entered {
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
            metrics.bump(failure.counter());
        }
        let detail = match refusal {
            RefusedConnection::Tls(failure) => failure.name(),
            RefusedConnection::WebSocket(refused) => refused.name(),
            _ => "",
        };
        self.context.connections.count_refused(match refusal {
            RefusedConnection::Tls(failure) => failure.label(),
            _ => refusal.name(),
        });
        let kind = events::Kind::ConnectionRefused;
        events::note(&self.core, kind, refusal.name(), Some(&peer.address), detail);
        if !Provoked::RefusedConnection.may_log() {
            return;
        }
        let (listener, peer, label) = (&*self.context.name, &*peer.address, &self.label);
        let kind = self.config.kind.type_name();
        let reason = match refusal {
            RefusedConnection::Tls(failure) => failure.name(),
            RefusedConnection::WebSocket(refused) => refused.name(),
            _ => refusal.name(),
        };
        match refusal {
            // Somebody looked whether the port is open, as load balancers do all the time.
            RefusedConnection::ProxyProtocol(fault @ ProxyFault::PeerClosed) => {
                debug!(listener, peer, reason, "{peer} on listener {label}: {fault}");
            }
            RefusedConnection::Tls(failure @ HandshakeFailure::PeerClosed) => {
                info!(listener, peer, reason, "{peer} on listener {label}: {failure}");
            }
            RefusedConnection::ProxyProtocol(fault) => {
                warn!(listener, peer, reason, "Proxy Protocol Error: {fault}");
            }
            RefusedConnection::Tls(failure) => warn!(
                listener,
                peer, reason, "TLS handshake with {peer} on {kind} listener {label} failed: {failure}"
            ),
            RefusedConnection::WebSocket(UpgradeRefusal::UntrustedProxy) => {
                error!(listener, peer, reason, "XFF proxy not in trusted list!");
            }
            RefusedConnection::WebSocket(refused) => warn!(
                listener,
                peer, reason, "WebSocket upgrade of {peer} on listener {label} refused: {refused}"
            ),
            _ => warn!(
                listener,
                peer, reason, "connection from {peer} to {kind} listener {label} refused: {reason}"
            ),
        }
    }
}
