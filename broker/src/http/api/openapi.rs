//! `/api/v1/openapi.json`: the document that the command table makes of itself, made once.

use super::super::respond::Answer;
use bytes::Bytes;
use http::StatusCode;
use std::sync::LazyLock;
use vmq_admin::web::openapi::document;

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document(env!("CARGO_PKG_VERSION")).to_string().into());

pub(super) fn answer() -> Answer {
    Answer::json_text(StatusCode::OK, DOCUMENT.clone())
}
