//! Why an upgrade was refused: for the metric, for the log and for the client.

/// The way out, for whoever reads an answer.
const HINT: &str = "ask for GET /mqtt over HTTP/1.1 with Upgrade: websocket and Sec-WebSocket-Protocol: mqtt";

/// An upgrade that did not happen. The client has its answer, unless it was gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeRefusal {
    #[error("not a request of HTTP; this port speaks MQTT over WebSocket")]
    BadRequest,
    #[error("the request has a body; an upgrade has none")]
    UnexpectedBody,
    #[error("nothing is here; MQTT over WebSocket is at /mqtt")]
    NotFound,
    #[error("the method is not GET; an upgrade begins with GET")]
    MethodNotAllowed,
    #[error("not an upgrade to websocket; /mqtt serves nothing else")]
    UpgradeRequired,
    #[error("the version of WebSocket is not 13; send Sec-WebSocket-Version: 13")]
    UnsupportedVersion,
    #[error("Sec-WebSocket-Key is missing, doubled or not 16 bytes in base64")]
    BadKey,
    #[error("no known sub-protocol was offered; send Sec-WebSocket-Protocol: mqtt")]
    NoKnownSubprotocol,
    #[error("the request line is too long; shorten the query or raise max_request_line_length")]
    UriTooLong,
    #[error("the headers are too long or too many; send fewer or raise max_header_value_length")]
    HeadersTooLarge,
    #[error("the peer is not in proxy_xff_trusted_intermediate; connect through a trusted proxy or add it")]
    UntrustedProxy,
    #[error("X-Forwarded-For is missing; the proxy must set it")]
    ForwardedForMissing,
    #[error("X-Forwarded-For does not begin with an IP address; the proxy must set it")]
    ForwardedForInvalid,
    #[error("the header with the user's name is missing or empty; see proxy_xff_cn_header")]
    UsernameMissing,
    /// Before the head was complete, or while the answer was written; without an answer.
    #[error("the peer closed during the upgrade")]
    PeerClosed,
}

impl UpgradeRefusal {
    /// The word for a metric's label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::UnexpectedBody => "unexpected_body",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UpgradeRequired => "upgrade_required",
            Self::UnsupportedVersion => "unsupported_version",
            Self::BadKey => "bad_key",
            Self::NoKnownSubprotocol => "no_known_subprotocol",
            Self::UriTooLong => "uri_too_long",
            Self::HeadersTooLarge => "headers_too_large",
            Self::UntrustedProxy => "untrusted_proxy",
            Self::ForwardedForMissing => "forwarded_for_missing",
            Self::ForwardedForInvalid => "forwarded_for_invalid",
            Self::UsernameMissing => "username_missing",
            Self::PeerClosed => "peer_closed",
        }
    }

    /// The line that VerneMQ logs as an error for faults of a proxy (config.md 7.2), which alerts look for.
    #[must_use]
    pub const fn error_line(self) -> Option<&'static str> {
        match self {
            Self::UntrustedProxy | Self::ForwardedForMissing | Self::ForwardedForInvalid => {
                Some("XFF proxy not in trusted list!")
            }
            _ => None,
        }
    }

    /// The whole answer; `None` = there is nobody to read it.
    pub(super) fn response(self) -> Option<String> {
        let status = self.status()?;
        let extra = match self {
            Self::UpgradeRequired => "Upgrade: websocket\r\n",
            Self::UnsupportedVersion => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            Self::MethodNotAllowed => "Allow: GET\r\n",
            _ => "",
        };
        let hint = match self {
            Self::BadRequest | Self::NotFound | Self::MethodNotAllowed | Self::UpgradeRequired => HINT,
            _ => "",
        };
        let body = format!("{self}\n{hint}{}", if hint.is_empty() { "" } else { "\n" });
        // An upgrade that is asked for is named in Connection too (RFC 9110 7.8).
        let connection = if extra.starts_with("Upgrade") {
            "Upgrade, close"
        } else {
            "close"
        };
        Some(format!(
            "HTTP/1.1 {status}\r\nConnection: {connection}\r\n{extra}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    const fn status(self) -> Option<&'static str> {
        Some(match self {
            Self::BadRequest
            | Self::UnexpectedBody
            | Self::BadKey
            | Self::NoKnownSubprotocol
            | Self::ForwardedForMissing
            | Self::ForwardedForInvalid => "400 Bad Request",
            Self::UsernameMissing => "401 Unauthorized",
            Self::UntrustedProxy => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::UriTooLong => "414 URI Too Long",
            Self::UpgradeRequired | Self::UnsupportedVersion => "426 Upgrade Required",
            Self::HeadersTooLarge => "431 Request Header Fields Too Large",
            Self::PeerClosed => return None,
        })
    }
}
