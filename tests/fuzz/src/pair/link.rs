//! A connection to the broker: both ends of the pipe.

use bytes::BytesMut;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::task::JoinHandle;
use vmq_mqtt::{Packet, Version, decode, next_frame};

/// A client's end of a connection.
pub struct Link {
    pub(super) pipe: DuplexStream,
    pub(super) task: JoinHandle<()>,
    outgoing: BytesMut,
    incoming: BytesMut,
    /// The client reads what comes.
    pub listening: bool,
    /// The broker has said that nothing more comes.
    pub ended: bool,
    lost: bool,
}

impl Link {
    pub(super) fn new(pipe: DuplexStream, task: JoinHandle<()>) -> Self {
        Self {
            pipe,
            task,
            outgoing: BytesMut::new(),
            incoming: BytesMut::new(),
            listening: true,
            ended: false,
            lost: false,
        }
    }

    /// Sends a packet, as soon as there is room.
    pub fn send(&mut self, packet: &Packet, version: Version) {
        vmq_mqtt::encode(packet, version, &mut self.outgoing);
        self.pump();
    }

    /// Sends bytes.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.outgoing.extend_from_slice(bytes);
        self.pump();
    }

    /// Moves what can be moved. `true` = something was.
    pub fn pump(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let mut moved = false;
        while !self.lost && !self.outgoing.is_empty() {
            match Pin::new(&mut self.pipe).poll_write(&mut cx, &self.outgoing) {
                Poll::Ready(Ok(written)) => drop(self.outgoing.split_to(written)),
                Poll::Ready(Err(_)) => self.lost = true,
                Poll::Pending => break,
            }
            moved = true;
        }
        while self.listening && !self.ended {
            let mut room = [0; 4096];
            let mut buffer = ReadBuf::new(&mut room);
            match Pin::new(&mut self.pipe).poll_read(&mut cx, &mut buffer) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => self.ended = true,
                Poll::Ready(Ok(())) => self.incoming.extend_from_slice(buffer.filled()),
                Poll::Ready(Err(_)) => self.ended = true,
                Poll::Pending => break,
            }
            moved = true;
        }
        moved
    }

    /// As `packets`, when nobody knows the version the broker speaks: all of them are of one.
    pub fn check_unknown(&mut self, is_possible: &mut [(Version, bool); 3]) {
        while let Some(frame) = next_frame(&mut self.incoming, 0).expect("the broker sends frames") {
            for (version, is_possible) in is_possible.iter_mut() {
                *is_possible &= decode(frame.clone(), Some(*version)).is_ok();
            }
            assert!(
                is_possible.iter().any(|(_, is)| *is),
                "the broker sends {frame:?}"
            );
        }
    }

    /// The complete packets that have come since the last call. What a broker sends can always be decoded.
    pub fn packets(&mut self, version: Version) -> Vec<Packet> {
        let mut packets = Vec::new();
        while let Some(frame) = next_frame(&mut self.incoming, 0).expect("the broker sends frames") {
            let packet = decode(frame.clone(), Some(version));
            packets.push(packet.unwrap_or_else(|error| panic!("the broker sends {frame:?}: {error}")));
        }
        packets
    }
}
