//! `--prometheus ADDRESS`: `GET /metrics` while the load runs. One thread serves one request after the other, so that the load
//! is not disturbed and nobody can make it hold more than one connection.
//!
//! Holds: a request has `REQUEST_BYTES_MAX` bytes and `WITHIN` of time; then its connection is closed.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::exposition;
use super::meter::Meter;

const REQUEST_BYTES_MAX: usize = 8 * 1024;

/// For a request, and again for its answer.
const WITHIN: Duration = Duration::from_secs(2);

/// Serves `meter` until the process ends, and says where on standard error.
pub(crate) fn serve(address: SocketAddr, meter: Arc<Meter>, scenario: String) -> Result<()> {
    let listener =
        TcpListener::bind(address).with_context(|| format!("--prometheus: cannot listen on {address}"))?;
    let bound = listener.local_addr()?;
    writeln!(io::stderr().lock(), "metrics: http://{bound}/metrics")?;
    thread::Builder::new().name("prometheus".into()).spawn(move || {
        for stream in listener.incoming() {
            match stream {
                // Who asks wrongly, or goes away, is no concern of the load.
                Ok(stream) => answer(stream, &meter, &scenario).unwrap_or_default(),
                // Files may have run out: not as often as a processor can.
                Err(_) => thread::sleep(Duration::from_millis(100)),
            }
        }
    })?;
    Ok(())
}

fn answer(mut stream: TcpStream, meter: &Meter, scenario: &str) -> io::Result<()> {
    stream.set_write_timeout(Some(WITHIN))?;
    let Some(request) = head(&mut stream)? else {
        return Ok(());
    };
    let mut words = request.split_ascii_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        ("GET" | "HEAD", "/metrics") => ("200 OK", exposition::text(meter, scenario)),
        ("GET" | "HEAD", _) => ("404 Not Found", "look at /metrics\n".into()),
        _ => ("405 Method Not Allowed", "GET /metrics\n".into()),
    };
    let bytes = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {bytes}\r\n\
         Connection: close\r\n\r\n"
    );
    let body = if method == "HEAD" { "" } else { &body };
    stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())
}

/// The first line of a request, once its head is complete; `None`: it is none, or takes too much.
fn head(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let until = Instant::now() + WITHIN;
    let mut bytes = Vec::new();
    let mut part = [0; 1024];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || bytes.len() >= REQUEST_BYTES_MAX {
            return Ok(None);
        }
        stream.set_read_timeout(Some(left))?;
        let read = stream.read(&mut part)?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&part[..read]);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().next().map(str::to_owned))
}
