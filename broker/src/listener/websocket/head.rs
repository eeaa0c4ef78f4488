//! The head of an upgrade request, and whether it is one that we follow. Pure: bytes to a verdict.

use super::refusal::UpgradeRefusal;
use http::Uri;
use httparse::{Header, Request, Status};
use vmq_config::WebSocketConfig;

/// Headers of a request.
const HEADERS_MAX: usize = 100;

/// Where MQTT is served.
const PATH: &str = "/mqtt";

/// The sub-protocols that a client may offer [MQTT-6.0.0-3].
const SUBPROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];

/// A request that was parsed: header names as they came, values within bounds.
#[derive(Debug)]
pub(super) struct Head<'a> {
    method: &'a str,
    target: &'a str,
    minor_version: u8,
    headers: Vec<Header<'a>>,
}

/// What the answer to a good request is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub key: &'a str,
    pub subprotocol: &'static str,
}

impl<'a> Head<'a> {
    /// Parses a complete head.
    ///
    /// # Errors
    /// It is not HTTP, or a bound of the listener is exceeded.
    pub(super) fn parse(bytes: &'a [u8], config: &WebSocketConfig) -> Result<Self, UpgradeRefusal> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut request = Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(Status::Complete(_)) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(UpgradeRefusal::HeadersTooLarge),
            Ok(Status::Partial) | Err(_) => return Err(UpgradeRefusal::BadRequest),
        }
        if request
            .headers
            .iter()
            .any(|header| header.value.len() > config.header_value_max)
        {
            return Err(UpgradeRefusal::HeadersTooLarge);
        }
        Ok(Self {
            method: request.method.unwrap_or_default(),
            target: request.path.unwrap_or_default(),
            minor_version: request.version.unwrap_or_default(),
            headers: request.headers.to_vec(),
        })
    }

    /// The values of a header in their order. `name` is compared without regard to case. A value that is not text counts
    /// as empty: nothing that is looked at here may be other than text.
    pub(super) fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'a str> + 'h {
        self.headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| str::from_utf8(header.value).unwrap_or_default().trim())
    }

    /// The elements of a header that is a comma-separated list and may be repeated.
    fn elements<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'a str> + 'h {
        self.values(name)
            .flat_map(|value| value.split(','))
            .map(str::trim)
    }

    fn lists(&self, name: &str, element: &str) -> bool {
        self.elements(name)
            .any(|found| found.eq_ignore_ascii_case(element))
    }

    /// The one value of a header.
    fn only(&self, name: &str) -> Option<&'a str> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// Whether this asks for WebSocket at the place where we serve it (RFC 6455 4.2.1).
    ///
    /// # Errors
    /// It asks for something else.
    pub(super) fn check_request(&self) -> Result<(), UpgradeRefusal> {
        // The absolute form has to be understood too (RFC 9112 3.2.2).
        let uri: Uri = self.target.parse().map_err(|_| UpgradeRefusal::BadRequest)?;
        if uri.path() != PATH {
            return Err(UpgradeRefusal::NotFound);
        }
        if self.method != "GET" {
            return Err(UpgradeRefusal::MethodNotAllowed);
        }
        if self.minor_version != 1
            || !self.lists("upgrade", "websocket")
            || !self.lists("connection", "upgrade")
        {
            return Err(UpgradeRefusal::UpgradeRequired);
        }
        // What a proxy takes for a body must not be frames to us.
        if self.values("transfer-encoding").next().is_some()
            || self.values("content-length").any(|length| length != "0")
        {
            return Err(UpgradeRefusal::UnexpectedBody);
        }
        Ok(())
    }

    /// What the client offers of WebSocket and MQTT.
    ///
    /// # Errors
    /// Nothing that we serve.
    pub(super) fn check_offer(&self) -> Result<Answer<'a>, UpgradeRefusal> {
        if self.only("sec-websocket-version") != Some("13") {
            return Err(UpgradeRefusal::UnsupportedVersion);
        }
        let key = self
            .only("sec-websocket-key")
            .filter(|key| is_key(key.as_bytes()))
            .ok_or(UpgradeRefusal::BadKey)?;
        let subprotocol = self
            .elements("sec-websocket-protocol")
            .find_map(|offered| SUBPROTOCOLS.into_iter().find(|known| *known == offered))
            .ok_or(UpgradeRefusal::NoKnownSubprotocol)?;
        Ok(Answer { key, subprotocol })
    }
}

/// Whether this is base64 of 16 bytes: 22 characters and their padding.
fn is_key(key: &[u8]) -> bool {
    key.strip_suffix(b"==").is_some_and(|digits| {
        digits.len() == 22
            && digits
                .iter()
                .all(|digit| digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/'))
    })
}
