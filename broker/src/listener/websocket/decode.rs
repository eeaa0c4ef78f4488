//! Frames to payload, in place: what arrived is unmasked and moved together where it lies, so that no payload is held
//! here. The state between two reads is a few numbers, an unfinished header and an unfinished control frame.

use super::outgoing::Outgoing;
use super::violation::Violation;
use std::io::{self, Cursor};
use std::str;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// The longest header of a frame in bytes.
const HEADER_BYTES_MAX: usize = 14;

/// The longest payload of a control frame in bytes.
pub(super) const CONTROL_BYTES_MAX: usize = 125;

/// How the reading side ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By the peer, with a close frame or without.
    Closed,
    Violation(Violation),
}

impl End {
    pub(super) fn into_result(self) -> io::Result<()> {
        match self {
            Self::Closed => Ok(()),
            Self::Violation(violation) => Err(violation.into()),
        }
    }
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug)]
enum Part {
    Header,
    Data,
    Control(Control),
}

/// The reader of one connection's frames.
#[derive(Debug)]
pub(super) struct Decoder {
    /// A header that is not complete.
    header: [u8; HEADER_BYTES_MAX],
    header_len: u8,
    part: Part,
    /// Payload of the present frame that has not arrived, in bytes.
    left: u64,
    /// Turned so that its first byte belongs to the next byte of payload.
    mask: [u8; 4],
    /// The next data frame continues a message.
    in_message: bool,
    /// Payload of the present message that was announced, in bytes.
    message_bytes: u64,
    /// Of a frame, and of a message.
    limit_bytes: u64,
    /// The payload of a control frame so far.
    control: Vec<u8>,
}

impl Decoder {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self {
            header: [0; HEADER_BYTES_MAX],
            header_len: 0,
            part: Part::Header,
            left: 0,
            mask: [0; 4],
            in_message: false,
            message_bytes: 0,
            limit_bytes: limit_bytes as u64,
            control: Vec::new(),
        }
    }

    pub(super) fn set_limit(&mut self, limit_bytes: usize) {
        self.limit_bytes = limit_bytes as u64;
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.control.capacity()
    }

    /// Takes all of `raw`. Returns how many bytes of payload now stand at its beginning, and the end if there is one: its
    /// close frame is on its way to `outgoing`, and nothing may be decoded after it.
    pub(super) fn decode(&mut self, raw: &mut [u8], outgoing: &mut Outgoing) -> (usize, Option<End>) {
        let (mut from, mut to) = (0, 0);
        while from < raw.len() {
            let step = match self.part {
                Part::Header => self.take_header(&raw[from..], outgoing),
                Part::Data => {
                    let n = self.take_data(raw, from, to);
                    to += n;
                    Ok(n)
                }
                Part::Control(kind) => self.take_control(kind, &raw[from..], outgoing),
            };
            match step {
                Ok(taken) => from += taken,
                Err(end) => {
                    if let End::Violation(violation) = end {
                        outgoing.close(Some(violation.close_code()), violation.name());
                    }
                    return (to, Some(end));
                }
            }
        }
        (to, None)
    }

    /// Returns how many bytes belong to the header.
    fn take_header(&mut self, raw: &[u8], outgoing: &mut Outgoing) -> Result<usize, End> {
        let had = usize::from(self.header_len);
        let n = raw.len().min(HEADER_BYTES_MAX - had);
        self.header[had..had + n].copy_from_slice(&raw[..n]);
        let mut cursor = Cursor::new(&self.header[..had + n]);
        // The only thing that a header cannot be is one with an unknown opcode.
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| End::Violation(Violation::Opcode))?;
        let header_bytes = cursor.position() as usize;
        let Some((header, length)) = parsed else {
            self.header_len += n as u8;
            return Ok(n);
        };
        self.header_len = 0;
        if header.len(length) != header_bytes || length > i64::MAX as u64 {
            return Err(End::Violation(Violation::Length));
        }
        self.begin(&header, length).map_err(End::Violation)?;
        if length == 0 {
            self.finish(outgoing)?;
        }
        Ok(header_bytes - had)
    }

    /// A frame begins; everything that its header can do wrong is seen before its payload.
    fn begin(&mut self, header: &FrameHeader, length: u64) -> Result<(), Violation> {
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Violation::ReservedBits);
        }
        self.mask = header.mask.ok_or(Violation::Unmasked)?;
        self.left = length;
        match header.opcode {
            OpCode::Control(kind) => {
                if !header.is_final || length > CONTROL_BYTES_MAX as u64 {
                    return Err(Violation::Control);
                }
                self.part = Part::Control(kind);
            }
            OpCode::Data(kind) => {
                if self.in_message != (kind == Data::Continue) {
                    return Err(Violation::Fragments);
                }
                if kind == Data::Text {
                    return Err(Violation::TextFrame);
                }
                self.message_bytes = self.message_bytes.saturating_add(length);
                if self.message_bytes > self.limit_bytes {
                    return Err(Violation::TooBig {
                        limit_bytes: self.limit_bytes,
                    });
                }
                self.in_message = !header.is_final;
                if header.is_final {
                    self.message_bytes = 0;
                }
                self.part = Part::Data;
            }
        }
        Ok(())
    }

    /// Moves payload from `from` down to `to` and unmasks it there.
    fn take_data(&mut self, raw: &mut [u8], from: usize, to: usize) -> usize {
        let n = self.advance(raw.len() - from);
        raw.copy_within(from..from + n, to);
        unmask(&mut raw[to..to + n], &mut self.mask);
        if self.left == 0 {
            self.part = Part::Header;
        }
        n
    }

    fn take_control(&mut self, kind: Control, raw: &[u8], outgoing: &mut Outgoing) -> Result<usize, End> {
        let n = self.advance(raw.len());
        // A pong asks for nothing.
        if kind != Control::Pong {
            let before = self.control.len();
            self.control.extend_from_slice(&raw[..n]);
            unmask(&mut self.control[before..], &mut self.mask);
        }
        if self.left == 0 {
            self.finish(outgoing)?;
        }
        Ok(n)
    }

    /// A frame is complete.
    fn finish(&mut self, outgoing: &mut Outgoing) -> Result<(), End> {
        let part = std::mem::replace(&mut self.part, Part::Header);
        let payload = std::mem::take(&mut self.control);
        match part {
            Part::Control(Control::Ping) => outgoing.pong(payload),
            Part::Control(Control::Close) => {
                let code = close_code(&payload).map_err(End::Violation)?;
                outgoing.close(code, "");
                return Err(End::Closed);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes note of what arrived. Returns how much of it belongs to the present frame.
    fn advance(&mut self, arrived: usize) -> usize {
        let n = usize::try_from(self.left).map_or(arrived, |left| left.min(arrived));
        self.left -= n as u64;
        n
    }
}

/// Takes the mask off the next bytes of payload, and turns it for those that follow.
fn unmask(payload: &mut [u8], mask: &mut [u8; 4]) {
    let [a, b, c, d] = *mask;
    // Sixteen bytes at a time become one vector instruction.
    let wide = [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d];
    for block in payload.chunks_mut(wide.len()) {
        for (byte, key) in block.iter_mut().zip(wide) {
            *byte ^= key;
        }
    }
    mask.rotate_left(payload.len() % 4);
}

/// The code of a close frame's payload, checked (RFC 6455 5.5.1, 7.4). `None` = no code was given.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        [_] => return Err(Violation::CloseCode),
    };
    if !CloseCode::from(code).is_allowed() {
        return Err(Violation::CloseCode);
    }
    if str::from_utf8(reason).is_err() {
        return Err(Violation::CloseReason);
    }
    Ok(Some(code))
}
