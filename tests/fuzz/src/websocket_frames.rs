//! WebSocket, from the request or from its first frame on: what is read, and what the peer is told, does not depend on how
//! bytes are cut, and is what a plain reading of RFC 6455 says (hostile inputs 25, 30). That memory does not follow an
//! announced length (29) shows when a run bounds single allocations: `-malloc_limit_mb=16`.

mod model;
mod session;

use session::{Outcome, serve};
use std::net::{IpAddr, Ipv4Addr};
use vmq_broker::listener::websocket::STRANGER_BYTES_MAX;
use vmq_config::{ForwardedForConfig, WebSocketConfig};

/// The choices, and the sizes of the pieces in which bytes come and go.
const HEAD: usize = 5;

/// The peer that may tell for whom it speaks.
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Which way the same bytes are led, by the bits of a byte.
#[derive(Clone, Copy, Debug)]
struct Choices(u8);

impl Choices {
    const fn has(self, bit: u8) -> bool {
        self.0 >> bit & 1 != 0
    }

    const fn frame_bytes_max(self) -> Option<usize> {
        match self.0 & 3 {
            0 => None,
            1 => Some(16),
            2 => Some(300),
            _ => Some(2 * STRANGER_BYTES_MAX),
        }
    }

    /// CONNECT counts as accepted from the beginning.
    const fn is_accepted(self) -> bool {
        self.has(2)
    }

    /// What is read is sent back.
    const fn echoes(self) -> bool {
        self.has(3)
    }

    /// The peer begins with a request.
    const fn upgrades(self) -> bool {
        self.has(4)
    }

    const fn is_behind_proxy(self) -> bool {
        self.has(5)
    }

    /// A PROXY header has named the client.
    const fn is_proxied(self) -> bool {
        self.has(6)
    }

    /// Room of one read of the connection, in bytes.
    const fn room(self) -> usize {
        if self.has(7) { 7 } else { 4096 }
    }

    /// Bytes that a message may have.
    fn limit(self) -> usize {
        let setting = self.frame_bytes_max().unwrap_or(usize::MAX);
        if self.is_accepted() {
            setting
        } else {
            setting.min(STRANGER_BYTES_MAX)
        }
    }

    fn config(self) -> WebSocketConfig {
        WebSocketConfig {
            frame_bytes_max: self.frame_bytes_max(),
            request_line_max: 64,
            header_value_max: 48,
            forwarded_for: self.is_behind_proxy().then(|| ForwardedForConfig {
                trusted: vec![PROXY],
                cn_header: self.has(0).then(|| "x-cn".to_owned()),
            }),
        }
    }
}

/// A byte of choices and four sizes of pieces; then what a peer sends.
pub fn websocket_frames(data: &[u8]) {
    let Some((&[choices, ref sizes @ ..], bytes)) = data.split_first_chunk::<HEAD>() else {
        return;
    };
    let choices = Choices(choices);
    let whole = serve(bytes, choices, &[]);
    check(&whole, bytes, choices);
    for cut in [&[0][..], sizes] {
        let outcome = serve(bytes, choices, cut);
        check(&outcome, bytes, choices);
        assert_eq!(whole.said(), outcome.said(), "in pieces of {cut:?}");
    }
}

/// One run against the model.
fn check(outcome: &Outcome, bytes: &[u8], choices: Choices) {
    let frames = match outcome {
        Outcome::Refused { .. } => return,
        Outcome::Served { .. } if choices.upgrades() => {
            let head_bytes = model::head_bytes(bytes).expect("a request that is followed has an end");
            &bytes[head_bytes..]
        }
        Outcome::Served { .. } => bytes,
    };
    let Outcome::Served {
        payload,
        end,
        sent,
        echoed,
        ..
    } = outcome
    else {
        return;
    };
    let expected = model::read(frames, choices.limit());
    assert!(*payload == expected.payload, "payload of {frames:?}");
    assert_eq!(end.err().map(|violation| violation.name()), expected.violation);
    let told = model::told(sent);
    assert!(told.binary == *echoed, "what is written arrives");
    assert_eq!(told.close, expected.close);
    // An answer may be left out where a later one stands for it, which needs more than this.
    if frames.len() <= 4096 && !choices.echoes() {
        assert_eq!(told.pongs, expected.pings);
    } else {
        let mut pings = expected.pings.iter();
        let all_asked = told.pongs.iter().all(|pong| pings.any(|ping| ping == pong));
        assert!(all_asked, "a pong without its ping");
    }
}
