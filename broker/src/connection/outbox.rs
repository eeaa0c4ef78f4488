//! Outbox: packets that may leave only when the store has what they acknowledge. While something is held, everything
//! behind it waits too, so that packets leave in the order in which they were made.

use crate::store::{Commit, CommitState};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::task::{Context, Poll};
use vmq_mqtt::{Packet, PacketId, ReasonCode, Version, encode};

/// Held packets of one connection. Reading stops when there are too many, so it is bounded.
#[derive(Debug, Default)]
pub struct Outbox {
    segments: VecDeque<Segment>,
    /// Bytes of held deliveries.
    bytes: usize,
}

/// Reading stops while so many segments are held: one for each read of the socket.
pub const SEGMENTS_MAX: usize = 64;

#[derive(Debug)]
struct Segment {
    commit: Option<Commit>,
    replies: Vec<Packet>,
    encoded: BytesMut,
}

impl Outbox {
    /// Whether nothing is held, so that packets may be encoded straight into the write buffer.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether reading must stop.
    pub fn is_full(&self) -> bool {
        self.segments.len() >= SEGMENTS_MAX
    }

    /// Bytes of held deliveries: nothing more is taken from the queue above a bound.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds replies until the commit is durable.
    pub fn hold_replies(&mut self, commit: Option<Commit>, replies: Vec<Packet>) {
        self.segments.push_back(Segment {
            commit,
            replies,
            encoded: BytesMut::new(),
        });
    }

    /// Holds encoded packets (deliveries) until the commit is durable.
    pub fn hold_encoded(&mut self, commit: Option<Commit>, encoded: BytesMut) {
        self.bytes += encoded.len();
        if commit.is_none() {
            if encoded.is_empty() {
                return;
            }
            // Waits for nothing of its own: it leaves with what is in front of it.
            if let Some(last) = self.segments.back_mut() {
                last.encoded.extend_from_slice(&encoded);
                return;
            }
        }
        self.segments.push_back(Segment {
            commit,
            replies: Vec::new(),
            encoded,
        });
    }

    /// Waits until the first segment may leave.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self.segments.front().map(|segment| &segment.commit) {
            None => Poll::Pending,
            Some(None) => Poll::Ready(()),
            Some(Some(commit)) => commit.poll_done(cx).map(|_| ()),
        }
    }

    /// Moves everything that may leave to `out`; `each` is told of every reply. Returns the ids of received QoS 2
    /// publishes that could not be stored: their exchanges are not open.
    pub fn release(
        &mut self,
        version: Version,
        out: &mut BytesMut,
        mut each: impl FnMut(&Packet),
    ) -> Vec<PacketId> {
        let mut not_received = Vec::new();
        while let Some(segment) = self.segments.front() {
            let state = segment
                .commit
                .as_ref()
                .map_or(CommitState::Durable, Commit::state);
            if state == CommitState::Pending {
                break;
            }
            let Some(segment) = self.segments.pop_front() else {
                break;
            };
            for reply in segment.replies {
                let reply = if state == CommitState::Failed {
                    if let Packet::PubRec(ack) = &reply {
                        not_received.push(ack.packet_id);
                    }
                    failed(reply, version)
                } else {
                    Some(reply)
                };
                if let Some(reply) = reply {
                    encode(&reply, version, out);
                    each(&reply);
                }
            }
            self.bytes -= segment.encoded.len();
            out.extend_from_slice(&segment.encoded);
        }
        not_received
    }
}

/// What is answered when the store could not write: the acknowledgement is withheld; version 5 is told (mqtt.md 14.2
/// point 7).
fn failed(reply: Packet, version: Version) -> Option<Packet> {
    let v5 = version == Version::V5;
    let code = ReasonCode::ImplementationSpecificError;
    match reply {
        Packet::PubAck(mut ack) if v5 => {
            ack.reason = code;
            Some(Packet::PubAck(ack))
        }
        Packet::PubRec(mut ack) if v5 => {
            ack.reason = code;
            Some(Packet::PubRec(ack))
        }
        Packet::SubAck(mut ack) => {
            let refused = if v5 { code } else { ReasonCode::UnspecifiedError };
            ack.reasons.iter_mut().for_each(|reason| *reason = refused);
            Some(Packet::SubAck(ack))
        }
        Packet::PubAck(_)
        | Packet::PubRec(_)
        | Packet::PubRel(_)
        | Packet::PubComp(_)
        | Packet::UnsubAck(_) => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests;
