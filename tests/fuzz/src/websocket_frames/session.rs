//! One connection: the broker's side of it, led to its end.

use super::super::wire::{Cut, Wire, finish};
use super::{Choices, PROXY};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vmq_broker::listener::websocket::{UpgradeRefusal, Upgraded, Violation, WebSocket, upgrade};

/// Bytes that are read after the end at most, with a last read that goes over.
const DISCARD_BYTES_MAX: usize = 64 * 1024 + 1024;

/// Bytes of a request at most: what the broker adds to the two settings, and a last read.
const HEAD_BYTES_MAX: usize = 32 * 1024 + 64 + 48 + 2048;

/// What came of a connection.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// And the answer to it.
    Refused {
        refusal: UpgradeRefusal,
        answer: Vec<u8>,
    },
    Served {
        upgraded: Upgraded,
        /// To the request.
        answer: Vec<u8>,
        payload: Vec<u8>,
        end: Result<(), Violation>,
        /// Frames to the peer.
        sent: Vec<u8>,
        /// Payload that was accepted for them.
        echoed: Vec<u8>,
    },
}

impl Outcome {
    /// The part of it that no network may change: what is sent can stand in another order.
    pub(super) fn said(&self) -> Self {
        match self {
            Self::Refused { refusal, answer } => Self::Refused {
                refusal: *refusal,
                answer: answer.clone(),
            },
            Self::Served {
                upgraded,
                answer,
                payload,
                end,
                ..
            } => Self::Served {
                upgraded: upgraded.clone(),
                answer: answer.clone(),
                payload: payload.clone(),
                end: *end,
                sent: Vec::new(),
                echoed: Vec::new(),
            },
        }
    }
}

/// Serves a peer that sends these bytes and closes; they come, and answers leave, in pieces of `sizes`.
pub(super) fn serve(bytes: &[u8], choices: Choices, sizes: &[u8]) -> Outcome {
    let mut wire = Wire::new(bytes, Cut::new(sizes), Cut::new(sizes));
    let outcome = finish(session(&mut wire, choices));
    let room_max = if choices.upgrades() { HEAD_BYTES_MAX } else { 4096 };
    assert!(wire.room_max <= room_max, "reads of {}", wire.room_max);
    let sent = std::mem::take(&mut wire.outgoing);
    match outcome {
        Err(refusal) => {
            assert!(wire.taken <= HEAD_BYTES_MAX + DISCARD_BYTES_MAX);
            let is_gone = refusal == UpgradeRefusal::PeerClosed;
            assert!(
                wire.is_shut != is_gone && sent.is_empty() == is_gone,
                "refused without a word"
            );
            Outcome::Refused {
                refusal,
                answer: sent,
            }
        }
        Ok((upgraded, payload, end, echoed)) => {
            let answer_bytes = if choices.upgrades() {
                super::model::head_bytes(&sent).expect("an answer has an end")
            } else {
                0
            };
            let (answer, frames) = sent.split_at(answer_bytes);
            Outcome::Served {
                upgraded,
                answer: answer.to_vec(),
                payload,
                end,
                sent: frames.to_vec(),
                echoed,
            }
        }
    }
}

type Served = (Upgraded, Vec<u8>, Result<(), Violation>, Vec<u8>);

async fn session(wire: &mut Wire<'_>, choices: Choices) -> Result<Served, UpgradeRefusal> {
    let config = choices.config();
    let (mut socket, upgraded) = if choices.upgrades() {
        upgrade(wire, &config, Some(PROXY), choices.is_proxied()).await?
    } else {
        (WebSocket::server(wire, &config), Upgraded::default())
    };
    if choices.is_accepted() {
        socket.accepted();
    }
    let (mut payload, mut echoed) = (Vec::new(), Vec::new());
    let mut room = vec![0; choices.room()];
    let mut echoes = choices.echoes();
    let end = loop {
        match socket.read(&mut room).await {
            Ok(0) => break Ok(()),
            Ok(count) => {
                payload.extend_from_slice(&room[..count]);
                if echoes {
                    echoes = echo(&mut socket, &room[..count], &mut echoed).await;
                }
            }
            Err(error) => break Err(Violation::of_io(&error).expect("the wire never fails")),
        }
    };
    assert_eq!(socket.read(&mut room).await.ok(), Some(0), "behind the end");
    socket.shutdown().await.expect("the wire never fails");
    Ok((upgraded, payload, end, echoed))
}

/// `false`: the peer has closed, nothing is sent any more.
async fn echo(socket: &mut WebSocket<&mut Wire<'_>>, bytes: &[u8], echoed: &mut Vec<u8>) -> bool {
    match socket.write(bytes).await {
        Ok(count) => {
            echoed.extend_from_slice(&bytes[..count]);
            count == bytes.len()
        }
        Err(error) => {
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            false
        }
    }
}
