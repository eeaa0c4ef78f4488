//! A ClientHello byte by byte, for offers that no library would make, and the first record of the answer (RFC 8446 4.1.2
//! and 4.1.3, which RFC 5246 7.4.1 reads alike).

use harness::{DEADLINE, within};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A ClientHello.
#[derive(Clone, Debug)]
pub(super) struct Hello {
    /// Of the record and of the message: 0x0300 is SSL 3.0, 0x0303 TLS 1.2 and 1.3.
    pub(super) version: u16,
    /// The client speaks TLS 1.3 and nothing else.
    pub(super) is_1_3: bool,
    pub(super) suites: Vec<u16>,
    pub(super) compressions: Vec<u8>,
}

/// What the server says first.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Hello(ServerHello),
    /// The number of a fatal alert.
    Alert(u8),
    /// It closes without a word.
    Closed,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub(super) suite: u16,
    pub(super) compression: u8,
    /// A server that could do 1.3 and does 1.2 says so there (RFC 8446 4.1.3).
    pub(super) random: [u8; 32],
}

impl Hello {
    /// A client of TLS 1.2.
    pub(super) fn of_1_2(suites: &[u16]) -> Self {
        Self {
            version: 0x0303,
            is_1_3: false,
            suites: suites.to_vec(),
            compressions: vec![0],
        }
    }

    /// A client of TLS 1.3.
    pub(super) fn of_1_3(suites: &[u16]) -> Self {
        Self {
            is_1_3: true,
            ..Self::of_1_2(suites)
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let suites: Vec<u8> = self.suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
        let body = [
            &self.version.to_be_bytes()[..],
            &[7; 32],
            &[0],
            &counted(&suites, 2),
            &counted(&self.compressions, 1),
            &counted(&self.extensions(), 2),
        ];
        let message = [&[1], &counted(&body.concat(), 3)[..]].concat();
        let record_version = self.version.min(0x0301).to_be_bytes();
        [&[0x16], &record_version[..], &counted(&message, 2)].concat()
    }

    fn extensions(&self) -> Vec<u8> {
        // x25519, secp256r1, secp384r1.
        let groups = counted(&[0, 29, 0, 23, 0, 24], 2);
        // ECDSA with P-256 and SHA-256, RSA-PSS and RSA PKCS 1 with SHA-256.
        let signatures = counted(&[4, 3, 8, 4, 4, 1], 2);
        let mut extensions = [extension(10, &groups), extension(13, &signatures)].concat();
        if self.is_1_3 {
            // Any 32 bytes are a public key of x25519.
            let share = [&[0, 29][..], &counted(&[9; 32], 2)].concat();
            extensions.extend(extension(43, &counted(&[3, 4], 1)));
            extensions.extend(extension(51, &counted(&share, 2)));
        } else {
            extensions.extend(extension(11, &counted(&[0], 1)));
        }
        extensions
    }
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &counted(body, 2)].concat()
}

/// Bytes behind their number, which takes `width` bytes.
fn counted(bytes: &[u8], width: usize) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&length[4 - width..], bytes].concat()
}

/// The answer to a hello.
pub(super) async fn answer(server: SocketAddr, hello: &Hello) -> Answer {
    answer_to_bytes(server, &hello.bytes()).await
}

/// The answer to any bytes.
pub(super) async fn answer_to_bytes(server: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let record = within(DEADLINE, "a record or the end", read_record(&mut stream)).await;
    match record {
        None => Answer::Closed,
        Some((0x15, body)) => {
            assert_eq!(body[0], 2, "a warning: {body:02x?}");
            Answer::Alert(body[1])
        }
        Some((0x16, body)) => Answer::Hello(server_hello(&body)),
        Some((kind, body)) => panic!("record {kind} {body:02x?}"),
    }
}

async fn read_record(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.ok()?;
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).await.ok()?;
    Some((head[0], body))
}

fn server_hello(body: &[u8]) -> ServerHello {
    assert_eq!(body[0], 2, "{body:02x?}");
    let (random, rest) = body[6..].split_at(32);
    let rest = &rest[1 + usize::from(rest[0])..];
    ServerHello {
        suite: u16::from_be_bytes([rest[0], rest[1]]),
        compression: rest[2],
        random: random.try_into().unwrap(),
    }
}
