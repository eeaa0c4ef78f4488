//! `/api/v1`, the mirror of `vmq-admin` (admin.md 14), and `/api/v2`, two look-ups (admin.md 15).
//!
//! A request that got here has the right key. It becomes the typed command that a terminal would send, runs through the
//! same dispatch, and is answered by the same elements as JSON.

mod accept;
mod openapi;
mod table;
mod v1;
mod v2;

pub(super) use table::TableBody;

use super::deadline::Deadline;
use super::respond::Answer;
use crate::admin::{Admin, Caller, PATIENCE};
use crate::core::Core;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use std::sync::{Arc, Weak};
use vmq_admin::{Access, Command, Element, web};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    V1,
    V2,
}

/// A request that is let in.
pub(super) struct Asked {
    pub api: Api,
    pub head: Parts,
    /// The body; empty if there is none.
    pub form: Bytes,
    /// Who asks, without the port.
    pub peer: String,
    /// The beginning of the key; `None` = none was wanted.
    pub key: Option<String>,
    /// A table that leaves piece by piece keeps its connection open.
    pub deadline: Arc<Deadline>,
}

/// The answer.
pub(super) async fn answer(core: Arc<Core>, asked: Asked) -> Answer {
    let answer = match asked.head.method == Method::OPTIONS {
        true => options(),
        false => respond(&core, &asked).await,
    };
    allow_origin(answer, &core)
}

/// For browsers, before they send what they were asked to; nobody needs a key for it.
fn options() -> Answer {
    Answer::empty(StatusCode::OK)
        .with(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("1728000"))
        .with(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("HEAD, GET"),
        )
        .with(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-type, authorization"),
        )
}

/// Pages of other origins may read the answer where an operator wants it.
fn allow_origin(answer: Answer, core: &Core) -> Answer {
    let origin = &core.config().http_api.allow_origin;
    match HeaderValue::from_str(origin) {
        Ok(value) if !origin.is_empty() => answer.with(ACCESS_CONTROL_ALLOW_ORIGIN, value),
        _ => answer,
    }
}

async fn respond(core: &Arc<Core>, asked: &Asked) -> Answer {
    if !accept::takes_json(&asked.head.headers) {
        return Answer::empty(StatusCode::NOT_ACCEPTABLE);
    }
    let form = match form(asked) {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let request = Request { core, asked, form };
    match asked.api {
        Api::V1 => v1::answer(&request).await,
        Api::V2 => v2::answer(&request).await,
    }
}

/// What was posted, if it is a form.
fn form(asked: &Asked) -> Result<&str, Answer> {
    if asked.form.is_empty() {
        return Ok("");
    }
    let kind = asked.head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.unwrap_or_default().split(|byte| *byte == b';').next();
    let is_form = |kind: &[u8]| {
        kind.trim_ascii()
            .eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    };
    if !kind.is_some_and(is_form) {
        return Err(Answer::empty(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    std::str::from_utf8(&asked.form).map_err(|_| refused(StatusCode::BAD_REQUEST, "the body is not UTF-8"))
}

/// A request and what it needs to be answered.
struct Request<'a> {
    core: &'a Arc<Core>,
    asked: &'a Asked,
    form: &'a str,
}

impl Request<'_> {
    fn method(&self) -> &Method {
        &self.asked.head.method
    }

    fn query(&self) -> &str {
        self.asked.head.uri.query().unwrap_or_default()
    }

    /// Methods by what the command does (admin.md 14.2, decisions.md 11): HEAD and POST by the classes of 18.2.
    fn check_method(&self, command: &Command) -> Result<(), Answer> {
        let may_get = self.core.config().http_api.get_mutations || !command.changes();
        let allowed = match command.access() {
            Access::Read => "GET, HEAD, OPTIONS",
            Access::Full if may_get => "GET, OPTIONS, POST",
            Access::Full => "OPTIONS, POST",
        };
        match allowed.split(", ").any(|method| method == self.method().as_str()) {
            true => Ok(()),
            false => Err(Answer::method_not_allowed(allowed)),
        }
    }

    /// Runs a command and answers with what it leads to.
    async fn run(&self, command: Command) -> Answer {
        if let Err(refusal) = self.check_method(&command) {
            return refusal;
        }
        let Some(admin) = self.core.admin.get().and_then(Weak::upgrade) else {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "node is starting");
        };
        match self.ask(&admin, command).await {
            Ok(answer) => answer,
            Err(why) => refused(StatusCode::SERVICE_UNAVAILABLE, &why),
        }
    }

    async fn ask(&self, admin: &Arc<Admin>, command: Command) -> Result<Answer, String> {
        let caller = Caller::Http {
            key: self.asked.key.clone(),
            peer: self.asked.peer.clone(),
        };
        let ran = admin.ask(caller, command).await.map_err(|why| why.to_string())?;
        let slot = ran.slot;
        match ran.reaction.split() {
            Ok(answer) => Ok(with_notes(elements(&answer.elements), &answer.notes)),
            Err(parts) => {
                let first = table::first(parts, slot, Arc::clone(&self.asked.deadline));
                let first = tokio::time::timeout(PATIENCE, first).await;
                first.map_err(|_| "timeout".to_owned())
            }
        }
    }
}

/// What a terminal has on standard error, such as that a table is not whole; one header for each.
const NOTE: HeaderName = HeaderName::from_static("x-vernemq-note");

/// Notes of one answer.
const NOTES_MAX: usize = 8;

/// Adds notes. One that cannot stand in a header is left out.
fn with_notes(answer: Answer, notes: &[String]) -> Answer {
    let values = notes
        .iter()
        .take(NOTES_MAX)
        .filter_map(|note| HeaderValue::from_str(note).ok());
    values.fold(answer, |answer, value| answer.with(NOTE, value))
}

/// 200: a command has run, whatever came of it.
fn elements(elements: &[Element]) -> Answer {
    Answer::json_text(StatusCode::OK, web::body(elements))
}

/// An alert with this text.
fn refused(status: StatusCode, text: &str) -> Answer {
    Answer::json_text(status, web::body(&[Element::alert(text)]))
}
