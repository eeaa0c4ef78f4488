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
mod auth;
mod api;
mod health;
mod limits;
mod metrics;
mod linger;
mod respond;
mod route;
mod status;
#[cfg(test)]
mod tests;

use crate::api_keys::{ApiKeys, Scope};
use crate::connection::Transport;
use crate::core::Core;
use crate::events::Provoked;
use crate::listener::Peer;
use api::Asked;
use bytes::Bytes;
use deadline::Deadline;
use health::NodeState;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use linger::Lingering;
use respond::{Answer, Body};
use route::{Page, Route};
use status::Part;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, warn};
use vmq_config::{HttpAuth, HttpConfig};

/// How long requests under way may take to end, once the connection is to end.
const GRACE: Duration = Duration::from_secs(2);

/// Serves one connection from its first byte to its last. Requests are logged at debug.
pub async fn serve(core: Arc<Core>, config: &HttpConfig, stream: Box<dyn Transport>, peer: &Peer) {
    let stopping = core.stopping.subscribe();
    let (scraped, commanded, shown) = (Arc::clone(&core), Arc::clone(&core), Arc::clone(&core));
    let site = Arc::new(Site {
        config: config.clone(),
        peer: Arc::clone(&peer.address),
        keys: Arc::clone(&core.api_keys),
        node: Box::new(move || NodeState::of(&core)),
        metrics: Box::new(move || Box::pin(metrics::page(Arc::clone(&scraped)))),
        api: Box::new(move |asked| Box::pin(api::answer(Arc::clone(&commanded), asked))),
        status: Box::new(move || Box::pin(status::feed(Arc::clone(&shown)))),
        deadline: Arc::new(Deadline::new()),
    });
    site.serve(stream, stopping).await;
}

/// An answer that takes a moment.
type Later = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What the requests of one connection share.
struct Site {
    config: HttpConfig,
    peer: Arc<str>,
    keys: Arc<ApiKeys>,
    /// How the node is at this moment.
    node: Box<dyn Fn() -> NodeState + Send + Sync>,
    /// The page with the metrics of this moment.
    metrics: Box<dyn Fn() -> Later + Send + Sync>,
    /// What a management interface answers.
    api: Box<dyn Fn(Asked) -> Later + Send + Sync>,
    /// The status of this moment.
    status: Box<dyn Fn() -> Later + Send + Sync>,
    deadline: Arc<Deadline>,
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
    async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        self.deadline.extend();
        let (head, body) = request.into_parts();
        let (version, method, uri) = (head.version, head.method.clone(), head.uri.clone());
        let answer = self.answer(head, body).await;
        debug!(
            peer = &*self.peer,
            %method,
            path = uri.path(),
            status = answer.status().as_u16(),
            "HTTP request"
        );
        self.deadline.extend();
        answer.into_response(version, method == Method::HEAD)
    }

    async fn answer(&self, head: Parts, body: Incoming) -> Answer {
        let (route, key) = match self.admit(&head) {
            Ok(admitted) => admitted,
            Err(refusal) => return refusal,
        };
        let wants_body = matches!(route.page, Page::Api(_));
        match limits::read_body(body, wants_body).await {
            Err(status) => Answer::empty(status).closing(),
            Ok(form) => self.ask(route, head, form, key).await,
        }
    }

    /// Who asks for what: bounds, route, method, key. Gives the beginning of the key, where one is wanted.
    fn admit(&self, head: &Parts) -> Result<(Route, Option<String>), Answer> {
        limits::check(head, &self.config).map_err(|status| Answer::empty(status).closing())?;
        let route = route::find(&self.config.modules, head.uri.path())
            .ok_or_else(|| Answer::empty(StatusCode::NOT_FOUND))?;
        if !route.allows(&head.method) {
            return Err(Answer::method_not_allowed(route.allowed_text()));
        }
        if route.auth_of(&head.method) == HttpAuth::Open {
            return Ok((route, None));
        }
        let now = Timestamp::now().as_second();
        match auth::admitted(&head.headers, &self.keys, Scope::of(route.module), now) {
            Some(key) => Ok((route, Some(key))),
            None => {
                self.note_refused(head, route);
                Err(Answer::unauthorized())
            }
        }
    }

    /// Somebody tries keys, or one has expired; who brings none may only not know yet that one is wanted.
    fn note_refused(&self, head: &Parts, route: Route) {
        if auth::brings_one(&head.headers) && Provoked::RefusedKey.may_log() {
            let (peer, module) = (without_port(&self.peer), route.module.name());
            warn!("API key of {peer} refused by {module}: unknown, expired or for something else");
        }
    }

    async fn ask(&self, route: Route, head: Parts, form: Bytes, key: Option<String>) -> Answer {
        match route.page {
            Page::Health(probe) => health::answer(probe, &(self.node)()),
            Page::Metrics | Page::Status(_) if head.method == Method::OPTIONS => {
                Answer::options(route.allowed_text())
            }
            Page::Metrics => (self.metrics)().await,
            Page::Status(Part::Page) => status::page(),
            Page::Status(Part::Elsewhere) => Answer::moved("../status"),
            Page::Status(Part::Feed) => (self.status)().await,
            Page::Api(api) => {
                let asked = Asked {
                    api,
                    head,
                    form,
                    peer: without_port(&self.peer),
                    key,
                    deadline: Arc::clone(&self.deadline),
                };
                (self.api)(asked).await
            }
            Page::Unavailable => Answer::unavailable(route.module.name()),
        }
    }
}

/// The address alone; what is none stays as it is.
fn without_port(peer: &str) -> String {
    match peer.parse::<SocketAddr>() {
        Ok(address) => address.ip().to_canonical().to_string(),
        Err(_) => peer.to_owned(),
    }
}
