//! Answers: a status and, where there is something to say, a body.

use super::api::TableBody;
use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode, Version};
use http_body_util::{Either, Full};
use serde::Serialize;

/// A body of known length, or a table that leaves as it is made.
pub(super) type Body = Either<Full<Bytes>, TableBody>;

/// What a client asked is answered with this.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Bytes,
    /// Instead of the body.
    table: Option<Box<TableBody>>,
    /// What the status and the body want.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The client gets no further request through.
    is_last: bool,
}

/// Why there is nothing else to say.
#[derive(Serialize)]
struct Fault {
    error: String,
}

impl Answer {
    /// A status without a body.
    pub(super) const fn empty(status: StatusCode) -> Self {
        Self {
            status,
            body: Bytes::new(),
            table: None,
            headers: Vec::new(),
            is_last: false,
        }
    }

    /// A status with a body. 500 should it not be possible to write it.
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let Ok(json) = serde_json::to_vec(body) else {
            return Self::empty(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let mut answer = Self::with_header(status, CONTENT_TYPE, "application/json");
        answer.body = json.into();
        answer
    }

    /// A status with a body that is JSON already.
    pub(super) fn json_text(status: StatusCode, json: impl Into<Bytes>) -> Self {
        let mut answer = Self::with_header(status, CONTENT_TYPE, "application/json");
        answer.body = json.into();
        answer
    }

    /// 200 with a table that leaves as it is made.
    pub(super) fn table(table: TableBody) -> Self {
        let mut answer = Self::with_header(StatusCode::OK, CONTENT_TYPE, "application/json");
        answer.table = Some(Box::new(table));
        answer
    }

    /// The same with one more header.
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// 200 with a text of this type.
    pub(super) fn text(content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let mut answer = Self::with_header(StatusCode::OK, CONTENT_TYPE, content_type);
        answer.body = text.into();
        answer
    }

    /// 200 with the methods there are.
    pub(super) fn options(allowed: &'static str) -> Self {
        Self::with_header(StatusCode::OK, ALLOW, allowed)
    }

    /// 405 with the methods there are.
    pub(super) fn method_not_allowed(allowed: &'static str) -> Self {
        Self::with_header(StatusCode::METHOD_NOT_ALLOWED, ALLOW, allowed)
    }

    /// 401: no key, or not the right one (monitoring.md 4.1).
    pub(super) fn unauthorized() -> Self {
        Self::with_header(
            StatusCode::UNAUTHORIZED,
            WWW_AUTHENTICATE,
            "Basic realm=\"VerneMQ\"",
        )
    }

    /// 308 to an address beside the one that was asked for.
    pub(super) fn moved(to: &'static str) -> Self {
        Self::with_header(StatusCode::PERMANENT_REDIRECT, LOCATION, to)
    }

    /// The same for a text; one that cannot stand in a header is left out.
    pub(super) fn with_text(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.with(name, value),
            Err(_) => self,
        }
    }

    fn with_header(status: StatusCode, name: HeaderName, value: &'static str) -> Self {
        Self::empty(status).with(name, HeaderValue::from_static(value))
    }

    /// 501 of a module that is configured but not there yet.
    pub(super) fn unavailable(module: &str) -> Self {
        let error = format!("{module} is not available in this version");
        Self::json(StatusCode::NOT_IMPLEMENTED, &Fault { error })
    }

    /// The same as the last one of the connection: what follows cannot be trusted.
    pub(super) fn closing(mut self) -> Self {
        self.is_last = true;
        self
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    /// As HTTP. HEAD is told how long the body would be.
    pub(super) fn into_response(self, version: Version, is_head: bool) -> Response<Body> {
        let length = self.table.is_none().then_some(self.body.len());
        let body = if is_head { Bytes::new() } else { self.body };
        let mut response = Response::new(match self.table {
            Some(table) if !is_head => Either::Right(*table),
            _ => Either::Left(Full::new(body)),
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        headers.extend(self.headers);
        // Streams of HTTP/2 end by themselves.
        if self.is_last && version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
