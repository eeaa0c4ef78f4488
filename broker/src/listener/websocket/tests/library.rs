//! The library's client as a second opinion: what it sends is understood, what it gets is right.

use super::*;
use crate::listener::websocket::upgrade;
use std::io::{Read, Write};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// A wire that ends in two buffers.
#[derive(Debug, Default)]
struct Wire {
    incoming: io::Cursor<Vec<u8>>,
    sent: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut self.incoming, buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut self.sent, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn random_masks_and_sizes_come_through() {
    let mut library = tungstenite::WebSocket::from_raw_socket(Wire::default(), Role::Client, None);
    let mut expected: Vec<u8> = Vec::new();
    for length in (0..300).chain([65_535, 65_536, 200_000]) {
        let payload: Vec<u8> = (0..length).map(|n| (n % 253) as u8).collect();
        expected.extend(&payload);
        library.send(Message::Binary(payload.into())).unwrap();
    }
    let bytes = library.into_inner().sent;
    let (mut client, mut socket) = server(1024 * 1024);
    client.write_all(&bytes).await.unwrap();
    drop(client);
    let (all, end) = read_all(&mut socket).await;
    end.unwrap();
    assert!(all == expected);
}

#[tokio::test]
async fn a_library_reads_what_we_write() {
    let (mut client, mut socket) = server(1024 * 1024);
    let data: Vec<u8> = (0..100_000_u32).map(|n| (n % 249) as u8).collect();
    socket.write_all(&data).await.unwrap();
    client.write_all(&frame(PING, b"ping")).await.unwrap();
    assert!(poll_once(socket.read_u8()).is_pending());
    socket.shutdown().await.unwrap();
    let mut wire = Wire::default();
    client.read_to_end(wire.incoming.get_mut()).await.unwrap();
    let mut library = tungstenite::WebSocket::from_raw_socket(wire, Role::Client, None);
    assert_eq!(
        library.read().unwrap(),
        Message::Binary(data[..65_536].to_vec().into())
    );
    assert_eq!(
        library.read().unwrap(),
        Message::Binary(data[65_536..].to_vec().into())
    );
    assert_eq!(library.read().unwrap(), Message::Pong(b"ping".to_vec().into()));
    let Message::Close(Some(CloseFrame { code, reason })) = library.read().unwrap() else {
        panic!("no close frame");
    };
    assert_eq!((u16::from(code), reason), (1000, Utf8Bytes::from_static("")));
}

#[tokio::test]
async fn a_whole_connection_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let library = tokio::task::spawn_blocking(move || {
        let stream = std::net::TcpStream::connect(address).unwrap();
        let uri = format!("ws://{address}/mqtt?token=1").parse().unwrap();
        let request = tungstenite::ClientRequestBuilder::new(uri)
            .with_sub_protocol("unheard-of")
            .with_sub_protocol("mqtt");
        let (mut library, response) = tungstenite::client(request, stream).unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "mqtt");
        library
            .send(Message::Binary(b"to the broker"[..].into()))
            .unwrap();
        assert_eq!(
            library.read().unwrap(),
            Message::Binary(b"to the client"[..].into())
        );
        library.close(None).unwrap();
        loop {
            match library.read() {
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return,
                Err(error) => panic!("{error}"),
            }
        }
    });
    let (stream, peer) = listener.accept().await.unwrap();
    let (mut socket, _) = upgrade(stream, &config(), Some(peer.ip()), false).await.unwrap();
    let mut buffer = [0; 13];
    socket.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"to the broker");
    socket.write_all(b"to the client").await.unwrap();
    assert_eq!(socket.read(&mut buffer).await.unwrap(), 0);
    socket.shutdown().await.unwrap();
    drop(socket);
    library.await.unwrap();
}
