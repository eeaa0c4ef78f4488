//! Limits: what a request may cost before anybody is asked. The parser bounds what it keeps; what it let through is
//! measured here against the settings of the listener (config.md 6.1).

use bytes::{Buf as _, Bytes};
use http::request::Parts;
use http::{StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;
use vmq_config::HttpConfig;

/// Bytes of a head beside the request line and the longest value that the listener allows.
const HEAD_BYTES: usize = 32 * 1024;

/// Bytes of a head, whatever the listener allows.
const HEAD_BYTES_MAX: usize = 1024 * 1024;

/// Headers of one request; the parser of HTTP/1.1 has the same bound.
const HEADERS_MAX: usize = 100;

/// Bytes of a body: more than a form needs; one that nobody wants leaves the connection usable.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// How long a body may take.
const BODY_LIMIT: Duration = Duration::from_secs(10);

/// Requests under way on one HTTP/2 connection.
const STREAMS_MAX: u32 = 32;

/// Streams that a client made us reset, or reset before they were answered, until the connection ends
/// (CVE-2023-44487).
const RESETS_MAX: usize = 20;

/// Bytes of bodies that an HTTP/2 client may send ahead; bytes of answers that wait for it.
const WINDOW_BYTES: u16 = u16::MAX;

/// How connections are parsed. HTTP/1.1: a longer head is answered with 431, and so are more than `HEADERS_MAX` headers.
pub(super) fn builder(config: &HttpConfig) -> Builder<TokioExecutor> {
    let head_bytes = head_bytes_max(config);
    let mut builder = Builder::new(TokioExecutor::new());
    // Time is bounded by `Deadline`, for both versions alike.
    builder.http1().max_buf_size(head_bytes).header_read_timeout(None);
    builder
        .http2()
        .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_local_error_reset_streams(RESETS_MAX)
        .initial_stream_window_size(u32::from(WINDOW_BYTES))
        .initial_connection_window_size(u32::from(WINDOW_BYTES))
        .max_send_buf_size(usize::from(WINDOW_BYTES));
    builder
}

fn head_bytes_max(config: &HttpConfig) -> usize {
    HEAD_BYTES
        .saturating_add(config.request_line_max)
        .saturating_add(config.header_value_max)
        .min(HEAD_BYTES_MAX)
}

/// Measures a head. HTTP/2 has no request line; what would stand in one counts.
///
/// # Errors
/// 414 or 431: too long. 400: HTTP/1.1 without exactly one Host (RFC 9112 3.2).
pub(super) fn check(head: &Parts, config: &HttpConfig) -> Result<(), StatusCode> {
    if request_line_bytes(head) > config.request_line_max {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let too_long = head
        .headers
        .values()
        .any(|value| value.len() > config.header_value_max);
    if too_long || head.headers.len() > HEADERS_MAX {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let hosts = head.headers.get_all(header::HOST).iter().count();
    if head.version == Version::HTTP_11 && hosts != 1 {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(())
}

fn request_line_bytes(head: &Parts) -> usize {
    let uri = &head.uri;
    let scheme = uri.scheme_str().map_or(0, |scheme| scheme.len() + "://".len());
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    head.method.as_str().len() + scheme + authority + path + "  HTTP/1.1".len()
}

/// Reads a body; into nothing unless it is wanted.
///
/// # Errors
/// 413: too large. 408: too slow. 400: not a body.
pub(super) async fn read_body(body: impl Body, is_wanted: bool) -> Result<Bytes, StatusCode> {
    // Where the size is announced, nothing is read of one that is too large: no `100 Continue` either.
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    timeout(BODY_LIMIT, read_to_end(body, is_wanted))
        .await
        .unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

async fn read_to_end(body: impl Body, is_wanted: bool) -> Result<Bytes, StatusCode> {
    let mut body = pin!(body);
    let mut kept = Vec::new();
    let mut left = BODY_BYTES_MAX;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Ok(mut data) = frame.into_data() else { continue };
        let bytes = data.remaining();
        left = left.checked_sub(bytes).ok_or(StatusCode::PAYLOAD_TOO_LARGE)?;
        if is_wanted {
            kept.extend_from_slice(&data.copy_to_bytes(bytes));
        }
    }
    Ok(kept.into())
}
