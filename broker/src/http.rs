//! HTTP: what http and https listeners serve. The entrance of a listener hands over each connection; `serve` is its
//! whole life, HTTP/1.1 with keep-alive or HTTP/2, as the client speaks.
//!
//! What holds:
//! - A stranger costs bounded memory and time. Head, body, streams and their number have bounds (`limits`); a connection
//!   without a new request is closed (`deadline`), whatever it does instead: a slow head, an answer that is not read,
//!   pings.
//! - Every request takes the same way: bounds, route, method, key, body, answer. Only then a module is asked.
//! - When the broker stops, requests under way are answered and the connection ends.

mod deadline;
mod health;
mod limits;
mod metrics;
mod linger;
mod respond;
mod route;
#[cfg(test)]
mod tests;

use crate::connection::Transport;
use crate::core::Core;
use crate::listener::Peer;
use bytes::Bytes;
use deadline::Deadline;
use health::NodeState;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use linger::Lingering;
use respond::Answer;
use route::{Page, Route};
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::debug;
use vmq_config::{HttpAuth, HttpConfig};

/// How long requests under way may take to end, once the connection is to end.
const GRACE: Duration = Duration::from_secs(2);

/// Serves one connection from its first byte to its last. Requests are logged at debug.
pub async fn serve(core: Arc<Core>, config: &HttpConfig, stream: Box<dyn Transport>, peer: &Peer) {
    let stopping = core.stopping.subscribe();
    let scraped = Arc::clone(&core);
    let site = Arc::new(Site {
        config: config.clone(),
        peer: Arc::clone(&peer.address),
        node: Box::new(move || NodeState::of(&core)),
        metrics: Box::new(move || Box::pin(metrics::page(Arc::clone(&scraped)))),
        deadline: Deadline::new(),
    });
    site.serve(stream, stopping).await;
}

/// An answer that takes a moment.
type Later = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What the requests of one connection share.
struct Site {
    config: HttpConfig,
    peer: Arc<str>,
    /// How the node is at this moment.
    node: Box<dyn Fn() -> NodeState + Send + Sync>,
    /// The page with the metrics of this moment.
    metrics: Box<dyn Fn() -> Later + Send + Sync>,
    deadline: Deadline,
}

impl Site {
    async fn serve(self: Arc<Self>, stream: Box<dyn Transport>, mut stopping: watch::Receiver<bool>) {
        let builder = limits::builder(&self.config);
        let site = Arc::clone(&self);
        let service = service_fn(move |request| {
            let site = Arc::clone(&site);
            async move { Ok::<_, Infallible>(site.respond(request).await) }
        });
        let stream = TokioIo::new(Lingering::new(stream));
        let mut connection = pin!(builder.serve_connection(stream, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = self.deadline.passed() => None,
            _ = stopping.wait_for(|stopping| *stopping) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                timeout(GRACE, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            debug!(peer = &*self.peer, %error, "HTTP connection ended");
        }
    }

    /// One request. While it is answered, and for a while after, the connection is in use.
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        self.deadline.extend();
        let (head, body) = request.into_parts();
        let answer = match self.admit(&head) {
            Err(refusal) => refusal,
            Ok(route) => match limits::discard_body(body).await {
                Err(status) => Answer::empty(status).closing(),
                Ok(()) => self.ask(route, &head.method).await,
            },
        };
        debug!(
            peer = &*self.peer,
            method = %head.method,
            path = head.uri.path(),
            status = answer.status().as_u16(),
            "HTTP request"
        );
        self.deadline.extend();
        answer.into_response(head.version, head.method == Method::HEAD)
    }

    /// Who asks for what: bounds, route, method, key.
    fn admit(&self, head: &Parts) -> Result<Route, Answer> {
        limits::check(head, &self.config).map_err(|status| Answer::empty(status).closing())?;
        let route = route::find(&self.config.modules, head.uri.path())
            .ok_or_else(|| Answer::empty(StatusCode::NOT_FOUND))?;
        if !route.allows(&head.method) {
            return Err(Answer::method_not_allowed(route.allowed_text()));
        }
        match route.auth {
            HttpAuth::Open => Ok(route),
            // This version creates no keys, so that none can be right.
            HttpAuth::ApiKey => Err(Answer::unauthorized()),
        }
    }

    async fn ask(&self, route: Route, method: &Method) -> Answer {
        match route.page {
            Page::Health(probe) => health::answer(probe, &(self.node)()),
            Page::Metrics if method == Method::OPTIONS => Answer::options(route.allowed_text()),
            Page::Metrics => (self.metrics)().await,
            Page::Unavailable => Answer::unavailable(route.module.name()),
        }
    }
}
