//! Each row of config.md 7.1 both ways, however the bytes arrive; and bytes that nobody should send.

use super::crc32c::Crc32c;
use super::{ProxyFault, ProxyHeader, read_header, v2};
use std::io::Cursor;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

const AFTER: &[u8] = b"\x10\x0c\x00\x04MQTT";

/// Hands out its bytes in pieces: up to `split`, then up to `piece` bytes each.
struct Pieces<'a> {
    bytes: &'a [u8],
    split: usize,
    piece: usize,
    given: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let until = if self.given < self.split {
            self.split
        } else {
            self.given + self.piece
        };
        let until = until.min(self.bytes.len()).min(self.given + buffer.remaining());
        buffer.put_slice(&self.bytes[self.given..until]);
        self.given = until;
        Poll::Ready(Ok(()))
    }
}

/// Reads a header and asserts that nothing behind it was taken.
fn read(header: &[u8]) -> Result<ProxyHeader, ProxyFault> {
    let bytes = [header, AFTER].concat();
    let mut stream = Cursor::new(bytes);
    let read = block_on(read_header(&mut stream));
    if read.is_ok() {
        let mut rest = Vec::new();
        block_on(stream.read_to_end(&mut rest)).unwrap();
        assert_eq!(rest, AFTER, "{header:?}");
    }
    read
}

fn source(header: &[u8]) -> String {
    read(header)
        .unwrap()
        .source
        .map_or_else(|| "socket".to_owned(), |source| source.to_string())
}

fn fault(header: &[u8]) -> String {
    read(header).unwrap_err().to_string()
}

/// The streams here are always ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(std::task::Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("waits for nothing"),
    }
}

/// A header of version 2 with this block of addresses and values.
fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap().to_be_bytes();
    [v2::SIGNATURE, &[command, family], &length, block].concat()
}

fn value(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[kind], &length[..], bytes].concat()
}

/// 192.0.2.1:4660 to 192.0.2.2:1883.
fn ipv4_block() -> Vec<u8> {
    vec![192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x34, 0x07, 0x5b]
}

/// [2001:db8::1]:4660 to [2001:db8::2]:1883.
fn ipv6_block() -> Vec<u8> {
    let mut block = Vec::new();
    for last in [1, 2] {
        block.extend_from_slice(&[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    block.extend_from_slice(&[0x12, 0x34, 0x07, 0x5b]);
    block
}

/// A proxied IPv4 connection with these values.
fn with_values(values: &[u8]) -> Vec<u8> {
    binary(0x21, 0x11, &[&ipv4_block(), values].concat())
}

fn ssl(client: u8, verify: u32, nested: &[u8]) -> Vec<u8> {
    value(0x20, &[&[client], &verify.to_be_bytes()[..], nested].concat())
}

/// Adds a checksum value, right or wrong by `error`.
fn with_checksum(values: &[u8], error: u32) -> Vec<u8> {
    let mut header = with_values(&[&value(3, &[0; 4]), values].concat());
    let checksum = Crc32c::new().update(&header).value() ^ error;
    header[31..35].copy_from_slice(&checksum.to_be_bytes());
    header
}

fn common_name(values: &[u8]) -> Option<String> {
    read(&with_values(values)).unwrap().common_name
}

#[test]
fn a_line_names_the_client() {
    assert_eq!(
        source(b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 1883\r\n"),
        "192.0.2.1:56324"
    );
    assert_eq!(source(b"PROXY TCP4 1.1.1.1 1.1.1.1 1 65535\r\n"), "1.1.1.1:1");
    assert_eq!(
        source(b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 1883\r\n"),
        "[2001:db8::1]:56324"
    );
    assert_eq!(source(b"PROXY TCP6 :: :: 1 1\r\n"), "[::]:1");
    assert_eq!(
        source(b"PROXY TCP6 ::ffff:192.0.2.1 ::1 7 8\r\n"),
        "[::ffff:192.0.2.1]:7"
    );
    let longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    let line = format!("PROXY TCP6 {longest} {longest} 65535 65535\r\n");
    assert_eq!(source(line.as_bytes()), format!("[{longest}]:65535"));
}

#[test]
fn an_unknown_client_is_the_peer_of_the_socket() {
    for rest in ["", " ", " ff:ff a b c d\r", " a\rb", " \u{fc}"] {
        assert_eq!(
            source(format!("PROXY UNKNOWN{rest}\r\n").as_bytes()),
            "socket",
            "{rest:?}"
        );
    }
    let rest = "x".repeat(107 - 16);
    assert_eq!(source(format!("PROXY UNKNOWN {rest}\r\n").as_bytes()), "socket");
}

#[test]
fn what_is_no_header_is_refused_at_its_first_wrong_byte() {
    let text = "The PROXY protocol header signature was not recognized. (PP 2.1, PP 2.2)";
    let connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00";
    for bytes in [
        &connect[..],
        b"GET / HTTP/1.1\r\n",
        b"proxy TCP4 1.1.1.1",
        b"PROXYTCP4 1.1.1.1",
        b"\r\n\r\n\r\n",
    ] {
        assert_eq!(fault(bytes), text, "{bytes:?}");
    }
    // Not before: the client that waits for an answer is told at once, the slow proxy is waited for.
    let (mut near, mut far) = tokio::io::duplex(64);
    let mut reading = Box::pin(async move { read_header(&mut far).await });
    let mut context = Context::from_waker(std::task::Waker::noop());
    block_on(tokio::io::AsyncWriteExt::write_all(&mut near, b"PRO")).unwrap();
    assert!(reading.as_mut().poll(&mut context).is_pending());
    block_on(tokio::io::AsyncWriteExt::write_all(&mut near, b"X!")).unwrap();
    assert!(matches!(
        reading.as_mut().poll(&mut context),
        Poll::Ready(Err(ProxyFault::Signature))
    ));
}

#[test]
fn a_line_is_taken_literally() {
    let protocol = "The INET protocol and family string was not recognized. (PP 2.1)";
    for line in [
        "TCP5 1.1.1.1 1.1.1.1 1 1",
        "tcp4 1.1.1.1 1.1.1.1 1 1",
        "UNKNOWNX",
        "",
        "FOO",
        " TCP4 1.1.1.1",
    ] {
        assert_eq!(fault(format!("PROXY {line}\r\n").as_bytes()), protocol, "{line}");
    }
    let malformed = "Malformed or incomplete PROXY protocol header line. (PP 2.1)";
    for line in [
        "TCP4\r\n",
        "TCP4 1.1.1.1\r\n",
        "TCP4 1.1.1.1 1.1.1.1 1\r\n",
        "TCP4 1.1.1.1 1.1.1.1 1 1 \r\n",
        "TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n",
        "TCP4  1.1.1.1 1.1.1.1 1 1\r\n",
        "TCP4 1.1.1.1 1.1.1.1 1 1\n",
        "UNKNOWN a\nb\r\n",
        "UNKNOWN\n",
    ] {
        assert_eq!(fault(format!("PROXY {line}").as_bytes()), malformed, "{line:?}");
    }
    assert_eq!(fault(b"PROXY TCP4 \xff.1.1.1 1.1.1.1 1 1\r\n"), malformed);
    // No end within 107 bytes.
    let endless = format!("PROXY UNKNOWN {}\r\n", "x".repeat(107 - 15));
    assert_eq!(fault(endless.as_bytes()), malformed);
}

#[test]
fn addresses_and_ports_have_one_form() {
    for address in [
        "01.1.1.1",
        "1.1.1",
        "1.1.1.256",
        "+1.1.1.1",
        "::1",
        "1.1.1.1.",
        "0x1.1.1.1",
        "a",
    ] {
        let text = "Failed to parse an IPv4 address in the PROXY protocol header line. (PP 2.1)";
        assert_eq!(
            fault(format!("PROXY TCP4 {address} 1.1.1.1 1 1\r\n").as_bytes()),
            text,
            "{address}"
        );
        assert_eq!(
            fault(format!("PROXY TCP4 1.1.1.1 {address} 1 1\r\n").as_bytes()),
            text,
            "{address}"
        );
    }
    for address in [
        "1.1.1.1",
        "1::2::3",
        "::g",
        "fe80::1%eth0",
        "[::1]",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
    ] {
        let text = "Failed to parse an IPv6 address in the PROXY protocol header line. (PP 2.1)";
        assert_eq!(
            fault(format!("PROXY TCP6 {address} ::1 1 1\r\n").as_bytes()),
            text,
            "{address}"
        );
        assert_eq!(
            fault(format!("PROXY TCP6 ::1 {address} 1 1\r\n").as_bytes()),
            text,
            "{address}"
        );
    }
    for port in [
        "0",
        "01",
        "+1",
        "-1",
        "65536",
        "1e3",
        "99999999999999999999",
        "1\r",
    ] {
        let text = "Failed to parse a port number in the PROXY protocol header line. (PP 2.1)";
        assert_eq!(
            fault(format!("PROXY TCP4 1.1.1.1 1.1.1.1 {port} 1\r\n").as_bytes()),
            text,
            "{port}"
        );
        assert_eq!(
            fault(format!("PROXY TCP4 1.1.1.1 1.1.1.1 1 {port}\r\n").as_bytes()),
            text,
            "{port}"
        );
    }
}

#[test]
fn a_binary_header_names_the_client() {
    for transport in [1, 2] {
        assert_eq!(
            source(&binary(0x21, 0x10 | transport, &ipv4_block())),
            "192.0.2.1:4660"
        );
        assert_eq!(
            source(&binary(0x21, 0x20 | transport, &ipv6_block())),
            "[2001:db8::1]:4660"
        );
    }
}

#[test]
fn a_binary_header_without_an_address_leaves_the_peer_of_the_socket() {
    for family in [0x31, 0x32] {
        assert_eq!(source(&binary(0x21, family, &[7; 216])), "socket");
    }
    // Unspecified, with nothing, with addresses, with bytes of no known kind.
    for family in [0x00, 0x01, 0x10, 0x20, 0x30] {
        for block in [&[][..], &[0xff], &ipv4_block(), &[9; 300]] {
            assert_eq!(source(&binary(0x21, family, block)), "socket", "{family:#x}");
        }
    }
    // LOCAL: the family and what follows are ignored, but read.
    for family in [0x00, 0x11, 0x21, 0xff] {
        for block in [&[][..], &[0xff], &ipv4_block(), &[9; 300]] {
            assert_eq!(
                read(&binary(0x20, family, block)).unwrap(),
                ProxyHeader::default()
            );
        }
    }
}

#[test]
fn a_binary_header_is_judged_field_by_field() {
    let text = |what| format!("Invalid {what} in the PROXY protocol binary header. (PP 2.2)");
    for version in [0x01, 0x11, 0x31, 0xf1] {
        assert_eq!(fault(&binary(version, 0x11, &ipv4_block())), text("version"));
    }
    for command in [0x22, 0x2f] {
        assert_eq!(fault(&binary(command, 0x11, &ipv4_block())), text("command"));
    }
    for family in [0x41, 0xf1] {
        assert_eq!(
            fault(&binary(0x21, family, &ipv4_block())),
            text("address family")
        );
    }
    for transport in [0x13, 0x2f] {
        assert_eq!(
            fault(&binary(0x21, transport, &ipv4_block())),
            text("transport protocol")
        );
    }
    for (family, bytes) in [(0x11, 11), (0x21, 35), (0x31, 215), (0x11, 0)] {
        assert_eq!(fault(&binary(0x21, family, &vec![1; bytes])), text("length"));
    }
}

#[test]
fn lengths_of_values_are_checked() {
    let text = "Invalid length in the PROXY protocol binary header. (PP 2.2)";
    let faulty = [
        vec![4],
        vec![4, 0],
        vec![4, 0, 1],
        vec![0xee, 0xff, 0xff, 1, 2, 3],
        value(3, &[0; 3]),
        value(3, &[0; 5]),
        value(5, &[0; 129]),
        value(0x20, &[1, 0, 0, 0]),
        ssl(7, 0, &[0x22]),
        ssl(7, 0, &[0x22, 0, 2, b'a']),
        ssl(0, 1, &[0x22, 0, 2, b'a']),
    ];
    for values in faulty {
        assert_eq!(fault(&with_values(&values)), text, "{values:?}");
        assert_eq!(
            fault(&binary(0x21, 0x31, &[vec![0; 216], values.clone()].concat())),
            text,
            "{values:?}"
        );
    }
    let sound = [
        value(1, b"mqtt"),
        value(2, "br\u{f6}ker".as_bytes()),
        value(4, &[]),
        value(5, &[0xff; 128]),
        value(0x30, b"blue"),
        value(0xee, &[1; 1000]),
        ssl(0, 0, &[]),
        ssl(
            1,
            1,
            &[
                value(0x21, b"TLSv1.3"),
                value(0x23, b"x"),
                value(0x24, b"y"),
                value(0x25, b"z"),
            ]
            .concat(),
        ),
    ];
    assert_eq!(source(&with_values(&sound.concat())), "192.0.2.1:4660");
    assert_eq!(common_name(&sound.concat()), None);
}

#[test]
fn the_checksum_covers_the_whole_header() {
    let values = [value(4, b"padding"), ssl(7, 0, &value(0x22, b"sensor"))].concat();
    let sound = with_checksum(&values, 0);
    assert_eq!(read(&sound).unwrap().common_name.as_deref(), Some("sensor"));
    let text = "Failed CRC32C verification in PROXY protocol binary header. (PP 2.2)";
    assert_eq!(fault(&with_checksum(&values, 1)), text);
    for changed in [16, 24, 40, sound.len() - 1] {
        let mut header = sound.clone();
        header[changed] ^= 0x40;
        assert_eq!(fault(&header), text, "{changed}");
    }
    // Also where the address does not count.
    let mut header = binary(0x21, 0x00, &value(3, &[0; 4]));
    assert_eq!(fault(&header), text);
    let checksum = Crc32c::new().update(&header).value();
    header[19..23].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(source(&header), "socket");
    // A second one would have to be wrong, and thousands of them would cost time.
    assert_eq!(fault(&with_checksum(&value(3, &[0; 4]), 0)), text);
}

#[test]
fn the_common_name_counts_only_if_it_was_verified() {
    let name = value(0x22, b"sensor-7");
    for client in [0b011, 0b101, 0b111, 0xff] {
        assert_eq!(
            common_name(&ssl(client, 0, &name)).as_deref(),
            Some("sensor-7"),
            "{client:#b}"
        );
        for verify in [1, 0x0100_0000, u32::MAX] {
            assert_eq!(common_name(&ssl(client, verify, &name)), None);
        }
    }
    for client in [0b000, 0b001, 0b010, 0b100, 0b110] {
        assert_eq!(common_name(&ssl(client, 0, &name)), None, "{client:#b}");
    }
    // Outside of the SSL value it means nothing; of two values the first counts.
    assert_eq!(common_name(&name), None);
    let second = ssl(7, 0, &value(0x22, b"second"));
    assert_eq!(
        common_name(&[ssl(7, 0, &name), second.clone()].concat()).as_deref(),
        Some("sensor-7")
    );
    assert_eq!(common_name(&[ssl(1, 1, &name), second].concat()), None);
    let twice = [value(0x21, b"TLSv1.3"), name, value(0x22, b"second")].concat();
    assert_eq!(common_name(&ssl(7, 0, &twice)).as_deref(), Some("sensor-7"));
}

#[test]
fn a_common_name_must_be_usable_as_a_username() {
    let named = |name: &[u8]| common_name(&ssl(7, 0, &value(0x22, name)));
    assert_eq!(named("J\u{fc}rgen".as_bytes()).as_deref(), Some("J\u{fc}rgen"));
    assert_eq!(named(&[b'n'; 256]), Some("n".repeat(256)));
    for name in [&[b'n'; 257][..], b"", b"a\0b", b"\xff\xfe"] {
        assert_eq!(named(name), None, "{name:?}");
    }
}

#[test]
fn the_largest_header_is_read() {
    let fill = vec![0xab; 65535 - 12 - 3];
    let largest = with_values(&value(0xee, &fill));
    assert_eq!(largest.len(), 16 + 65535);
    assert_eq!(source(&largest), "192.0.2.1:4660");
    let many = value(4, &[]).repeat((65535 - 12) / 3);
    assert_eq!(source(&with_values(&many)), "192.0.2.1:4660");
}

#[test]
fn an_end_inside_the_header_is_a_fault() {
    let read_all = |bytes: &[u8]| block_on(read_header(&mut Cursor::new(bytes.to_vec()))).unwrap_err();
    assert!(matches!(read_all(b""), ProxyFault::PeerClosed));
    let line = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 1883\r\n";
    for end in 1..line.len() {
        let fault = read_all(&line[..end]);
        let expected = if end < 6 {
            "signature"
        } else {
            "Malformed or incomplete"
        };
        assert!(fault.to_string().contains(expected), "{end}: {fault}");
    }
    let header = with_values(&value(1, b"mqtt"));
    for end in 1..header.len() {
        let fault = read_all(&header[..end]);
        let expected = if end < 12 { "signature" } else { "Missing data" };
        assert!(fault.to_string().contains(expected), "{end}: {fault}");
    }
}

#[test]
fn it_does_not_matter_how_the_bytes_arrive() {
    let headers = [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 1883\r\n".to_vec(),
        b"PROXY TCP6 2001:db8::1 2001:db8::2 1 1883\r\n".to_vec(),
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN a\r\r\n".to_vec(),
        binary(0x20, 0, &[]),
        binary(0x21, 0x21, &ipv6_block()),
        with_checksum(
            &[ssl(7, 0, &value(0x22, b"sensor")), value(4, &[0; 600])].concat(),
            0,
        ),
    ];
    for header in headers {
        let expected = read(&header).unwrap();
        let bytes = [&header, AFTER].concat();
        for piece in [1, 2, 7, usize::MAX / 2] {
            for split in 0..=header.len() {
                let mut stream = Pieces {
                    bytes: &bytes,
                    split,
                    piece,
                    given: 0,
                };
                assert_eq!(block_on(read_header(&mut stream)).unwrap(), expected);
                assert_eq!(stream.given, header.len(), "took what is not its own");
            }
        }
    }
}

#[test]
fn arbitrary_bytes_do_no_harm() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let seeds = [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 1883\r\n".to_vec(),
        b"PROXY TCP6 2001:db8::1 2001:db8::2 1 1883\r\n".to_vec(),
        binary(0x21, 0x31, &[0; 230]),
        with_checksum(
            &[ssl(7, 0, &value(0x22, b"sensor")), value(4, &[0; 9])].concat(),
            0,
        ),
    ];
    for round in 0..40_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=random() % 4 {
            let at = usize::try_from(random()).unwrap() % bytes.len();
            let [byte, ..] = random().to_le_bytes();
            bytes[at] = byte;
        }
        let keep = usize::try_from(random()).unwrap() % (bytes.len() + 1);
        let end = if round % 3 == 0 { keep } else { bytes.len() };
        let mut stream = Pieces {
            bytes: &bytes[..end],
            split: keep,
            piece: 5,
            given: 0,
        };
        drop(block_on(read_header(&mut stream)));
        assert!(stream.given <= 16 + 65535);
    }
}

#[tokio::test]
async fn memory_follows_what_arrives() {
    // 64 KiB announced, nothing sent: the reader waits, and is dropped by whoever keeps the time.
    let (mut near, mut far) = tokio::io::duplex(64);
    let announced = [v2::SIGNATURE, &[0x21, 0x11, 0xff, 0xff]].concat();
    tokio::io::AsyncWriteExt::write_all(&mut near, &announced)
        .await
        .unwrap();
    let mut reading = Box::pin(read_header(&mut far));
    let mut context = Context::from_waker(std::task::Waker::noop());
    assert!(reading.as_mut().poll(&mut context).is_pending());
    drop(near);
    assert!(matches!(reading.await, Err(ProxyFault::MissingData)));
}
