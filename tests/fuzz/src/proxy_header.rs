//! The PROXY header: the same answer however its bytes arrive, not one byte read behind it, and addresses that stand in
//! it (hostile inputs: PROXY header spoofing; config.md 7.1).

use super::wire::{Cut, Wire, finish};
use std::net::{IpAddr, SocketAddr};
use vmq_broker::listener::proxy_protocol::{ProxyHeader, read_header};

/// Sizes of the pieces in which the bytes come.
const SIZES: usize = 4;

/// The longest line of version 1, and the fixed part of version 2, in bytes.
const LINE_BYTES_MAX: usize = 107;
const FIXED_BYTES: usize = 16;

/// Longest common name of a certificate, in bytes.
const COMMON_NAME_BYTES_MAX: usize = 256;

/// Four sizes of pieces; then what a peer sends.
pub fn proxy_header(data: &[u8]) {
    let Some((sizes, bytes)) = data.split_at_checked(SIZES) else {
        return;
    };
    let whole = read(bytes, Cut::new(&[]));
    assert_eq!(whole, read(bytes, Cut::new(&[0])), "byte by byte");
    assert_eq!(whole, read(bytes, Cut::new(sizes)), "in pieces");
    if let Ok(header) = whole {
        check_header(&header, bytes);
    }
}

/// The header or the text of the fault.
fn read(bytes: &[u8], cut: Cut<'_>) -> Result<ProxyHeader, String> {
    let mut wire = Wire::new(bytes, cut, Cut::new(&[]));
    let outcome = finish(read_header(&mut wire));
    let end = header_bytes(bytes);
    match &outcome {
        Ok(_) => assert_eq!(Some(wire.taken), end, "what follows belongs to somebody else"),
        // Who sends a line that ends without a carriage return is sent away, with the byte behind it.
        Err(_) => assert!(wire.taken <= end.map_or(LINE_BYTES_MAX.max(FIXED_BYTES), |end| end + 1)),
    }
    outcome.map_err(|fault| fault.to_string())
}

/// Where the header ends that these bytes begin with, if they begin with one.
fn header_bytes(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"PROXY ") {
        let line = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
        // Shorter lines are refused with what came along.
        let end = line.iter().position(|byte| *byte == b'\n')? + 1;
        return Some(end.max(b"PROXY UNKNOWN\r\n".len()));
    }
    let length = bytes.strip_prefix(b"\r\n\r\n\0\r\nQUIT\n")?.get(2..4)?;
    Some(FIXED_BYTES + usize::from(length[0]) * 256 + usize::from(length[1]))
}

/// An accepted header says what its bytes say, read in the plainest way.
fn check_header(header: &ProxyHeader, bytes: &[u8]) {
    if let Some(name) = &header.common_name {
        assert!(!bytes.starts_with(b"PROXY "), "a line has no certificate");
        assert!(!name.is_empty() && name.len() <= COMMON_NAME_BYTES_MAX && !name.contains('\0'));
        let is_there = bytes.windows(name.len()).any(|window| window == name.as_bytes());
        assert!(is_there, "{name:?} is not in the header");
    }
    let Some(source) = header.source else {
        return;
    };
    let expected = if bytes.starts_with(b"PROXY ") {
        source_of_line(bytes)
    } else {
        source_of_block(bytes)
    };
    assert_eq!(source, expected);
}

fn source_of_line(bytes: &[u8]) -> SocketAddr {
    let line = bytes.split(|byte| *byte == b'\r').next().expect("the first");
    let line = std::str::from_utf8(line).expect("addresses are text");
    let words: Vec<&str> = line.split(' ').collect();
    assert_eq!(words.len(), 6, "{line:?}");
    let address: IpAddr = words[2].parse().expect("an address");
    assert_eq!(address.is_ipv4(), words[1] == "TCP4");
    SocketAddr::new(address, words[4].parse().expect("a port"))
}

fn source_of_block(bytes: &[u8]) -> SocketAddr {
    let block = &bytes[FIXED_BYTES..];
    assert_eq!(bytes[12], 0x21, "only PROXY names a client");
    let (address, port): (IpAddr, &[u8]) = match bytes[13] >> 4 {
        1 => (
            <[u8; 4]>::try_from(&block[..4]).expect("four").into(),
            &block[8..],
        ),
        2 => (
            <[u8; 16]>::try_from(&block[..16]).expect("sixteen").into(),
            &block[32..],
        ),
        family => panic!("family {family} has no address"),
    };
    SocketAddr::new(address, u16::from_be_bytes([port[0], port[1]]))
}
