//! The web site of the page: three files, and a place where the page leaves its result. One request a connection, as
//! much of HTTP/1.1 as a browser needs for that.

use crate::install;
use std::fs;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

/// Head and body of a request.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// What a page does that a test waits for.
enum Event {
    Loaded,
    Result(String),
}

/// A site on loopback. Closed when dropped.
pub(super) struct Site {
    address: SocketAddr,
    events: Receiver<Event>,
    serving: JoinHandle<()>,
}

impl Site {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, events) = channel(8);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sender = sender.clone();
                // Browsers open connections in advance and leave them idle: one must not hold up the next.
                tokio::spawn(async move { serve(stream, sender).await.ok() });
            }
        });
        Self {
            address,
            events,
            serving,
        }
    }

    /// The address of the page.
    pub(super) fn page(&self, query: &str) -> String {
        format!("http://{}/?{query}", self.address)
    }

    /// Waits until a browser has asked for all of the page.
    pub(super) async fn loaded(&mut self) {
        while !matches!(self.events.recv().await.unwrap(), Event::Loaded) {}
    }

    /// What a page has left.
    pub(super) async fn result(&mut self) -> String {
        loop {
            if let Event::Result(result) = self.events.recv().await.unwrap() {
                return result;
            }
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut stream: TcpStream, events: Sender<Event>) -> io::Result<()> {
    let Some((head, body)) = request(&mut stream).await? else {
        return Ok(());
    };
    let target = head.split_whitespace().nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let (kind, content) = match path {
        "/" => ("text/html", read(install::beside_this_file("in_a_page.html"))),
        "/in_a_page.js" => {
            // The last one of the page.
            tell(&events, Event::Loaded).await;
            ("text/javascript", read(install::beside_this_file("in_a_page.js")))
        }
        "/mqtt.js" => ("text/javascript", read(install::mqtt_js_of_pages())),
        "/result" => {
            tell(&events, Event::Result(body)).await;
            ("text/plain", Vec::new())
        }
        // Icons and the like.
        _ => {
            return stream
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
        }
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&content).await?;
    stream.shutdown().await
}

/// The test may have ended; then nobody asks any more.
async fn tell(events: &Sender<Event>, event: Event) {
    events.send(event).await.ok();
}

fn read(file: std::path::PathBuf) -> Vec<u8> {
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Head and body; `None` = the browser has closed, or wants too much.
async fn request(stream: &mut TcpStream) -> io::Result<Option<(String, String)>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            return Ok(Some((head.to_owned(), body.to_owned())));
        }
        if stream.read_buf(&mut bytes).await? == 0 || bytes.len() > REQUEST_BYTES_MAX {
            return Ok(None);
        }
    }
}

fn content_length(head: &str) -> usize {
    let mut lengths = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.eq_ignore_ascii_case("content-length");
        is_it.then(|| value.trim().parse().unwrap_or(0))
    });
    lengths.next().unwrap_or(0)
}
