//! WebSocket as RFC 6455 has it, read in one go over all bytes there are. Written without a look at the broker's reader.

/// What a peer's frames come to.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) payload: Vec<u8>,
    pub(super) pings: Vec<Vec<u8>>,
    pub(super) violation: Option<&'static str>,
    /// The payload of the close frame that the peer gets.
    pub(super) close: Vec<u8>,
}

/// A peer's frame.
struct Frame<'a> {
    is_final: bool,
    reserved: u8,
    opcode: u8,
    length: u64,
    is_shortest: bool,
    mask: Option<[u8; 4]>,
    /// What has come of its payload and of everything behind it.
    rest: &'a [u8],
}

/// The end of an orderly connection.
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();

/// Reads a peer's frames; messages may have `limit` bytes.
pub(super) fn read(bytes: &[u8], limit: usize) -> Expected {
    let mut expected = Expected {
        close: NORMAL.to_vec(),
        ..Expected::default()
    };
    let mut rest = bytes;
    let mut message: Option<u64> = None;
    while let Some(frame) = parse(rest) {
        let so_far = message.unwrap_or_default().saturating_add(frame.length);
        if let Some((code, name)) = fault(&frame, message.is_some(), so_far, limit) {
            expected.fail(code, name);
            break;
        }
        let arrived = frame
            .rest
            .len()
            .min(usize::try_from(frame.length).unwrap_or(usize::MAX));
        let is_complete = arrived as u64 == frame.length;
        let (payload, behind) = frame.rest.split_at(arrived);
        let payload = unmasked(payload, frame.mask);
        match frame.opcode {
            0..=2 => {
                expected.payload.extend(payload);
                message = (!frame.is_final).then_some(so_far);
            }
            8 if is_complete => {
                expected.closed(&payload);
                break;
            }
            9 if is_complete => expected.pings.push(payload),
            _ => {}
        }
        rest = behind;
    }
    expected
}

impl Expected {
    fn fail(&mut self, code: u16, name: &'static str) {
        self.violation = Some(name);
        self.close = [&code.to_be_bytes()[..], name.as_bytes()].concat();
    }

    /// A close frame: answered with its code, if it is a good one.
    fn closed(&mut self, payload: &[u8]) {
        match payload {
            [] => self.close.clear(),
            [_] => self.fail(1002, "close_code"),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                if !matches!(code, 1000..=1003 | 1007..=1013 | 3000..=4999) {
                    self.fail(1002, "close_code");
                } else if std::str::from_utf8(reason).is_err() {
                    self.fail(1007, "close_reason");
                } else {
                    self.close = code.to_be_bytes().to_vec();
                }
            }
        }
    }
}

/// The first of the faults that a header can have.
fn fault(frame: &Frame<'_>, in_message: bool, so_far: u64, limit: usize) -> Option<(u16, &'static str)> {
    let is_control = frame.opcode >= 8;
    Some(match frame.opcode {
        3..=7 | 11.. => (1002, "opcode"),
        _ if !frame.is_shortest || frame.length >> 63 != 0 => (1002, "length"),
        _ if frame.reserved != 0 => (1002, "reserved_bits"),
        _ if frame.mask.is_none() => (1002, "unmasked"),
        _ if is_control && (!frame.is_final || frame.length > 125) => (1002, "control_frame"),
        _ if is_control => return None,
        _ if in_message != (frame.opcode == 0) => (1002, "fragments"),
        1 => (1003, "text_frame"),
        _ if so_far > limit as u64 => (1009, "too_big"),
        _ => return None,
    })
}

/// A frame, as soon as its header is complete.
fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
    let [first, second, rest @ ..] = bytes else {
        return None;
    };
    let (length, least, rest) = match second & 0x7F {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*length)), 126, rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*length), 65_536, rest)
        }
        short => (u64::from(short), 0, rest),
    };
    let (mask, rest) = if second & 0x80 != 0 {
        let (mask, rest) = rest.split_first_chunk()?;
        (Some(*mask), rest)
    } else {
        (None, rest)
    };
    Some(Frame {
        is_final: first & 0x80 != 0,
        reserved: first & 0x70,
        opcode: first & 0x0F,
        length,
        is_shortest: length >= least,
        mask,
        rest,
    })
}

fn unmasked(payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mask = mask.unwrap_or_default();
    payload
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect()
}

/// What the peer gets.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) binary: Vec<u8>,
    pub(super) pongs: Vec<Vec<u8>>,
    pub(super) close: Vec<u8>,
}

/// Reads what a server has sent, which is well formed to its end, and ends with a close frame.
pub(super) fn told(bytes: &[u8]) -> Told {
    let mut told = Told::default();
    let mut rest = bytes;
    loop {
        let frame = parse(rest).expect("a close frame at the end");
        assert!(frame.is_final && frame.reserved == 0 && frame.is_shortest && frame.mask.is_none());
        let length = usize::try_from(frame.length).expect("a small number");
        let (payload, behind) = frame.rest.split_at_checked(length).expect("complete frames");
        match frame.opcode {
            2 => told.binary.extend_from_slice(payload),
            8 => {
                assert!(behind.is_empty(), "nothing follows a close frame");
                told.close = payload.to_vec();
                return told;
            }
            10 => told.pongs.push(payload.to_vec()),
            other => panic!("a server sends opcode {other}"),
        }
        rest = behind;
    }
}

/// Where the head of a request ends: behind its first empty line.
pub(super) fn head_bytes(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line == b"\n" || line == b"\r\n" {
            return Some(at);
        }
    }
    None
}
