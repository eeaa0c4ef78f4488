//! WebSocket of a listener: bounds, and who the client is behind a proxy (config.md 6.3).

use super::lookup::Lookup;
use super::{http, proxy};
use crate::resolve::Resolved;
use crate::sections::WebSocketConfig;
use crate::value::Value;

/// `max_ws_frame_size` of the table.
const FRAME_BYTES_MAX: usize = 268_435_456;

impl Default for WebSocketConfig {
    /// As the table says.
    fn default() -> Self {
        Self {
            frame_bytes_max: Some(FRAME_BYTES_MAX),
            request_line_max: http::REQUEST_LINE_MAX,
            header_value_max: http::HEADER_VALUE_MAX,
            forwarded_for: None,
        }
    }
}

/// `None`: a kind without WebSocket.
pub(super) fn build(
    lookup: &Lookup,
    resolved: &mut Resolved,
    has_proxy_protocol: bool,
) -> Option<WebSocketConfig> {
    if !lookup.kind.is_websocket() {
        return None;
    }
    Some(WebSocketConfig {
        frame_bytes_max: match resolved.get("max_ws_frame_size") {
            Some(Value::Integer(bytes)) => Some(usize::try_from(*bytes).unwrap_or(FRAME_BYTES_MAX)),
            _ => None,
        },
        request_line_max: lookup.number(resolved, "max_request_line_length", http::REQUEST_LINE_MAX),
        header_value_max: lookup.number(resolved, "max_header_value_length", http::HEADER_VALUE_MAX),
        forwarded_for: proxy::forwarded_for(lookup, resolved, has_proxy_protocol),
    })
}
