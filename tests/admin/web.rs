//! The HTTP side of a node, asked as `curl` asks it: one request, one connection, the whole answer.

use super::tool::{answer, rows};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use harness::{DEADLINE, Node};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A node with an HTTP listener, and a key for it.
pub(crate) struct Web {
    pub node: Node,
    address: SocketAddr,
    pub key: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: String,
}

impl Web {
    /// Starts a node with further lines of configuration; the key has the scope `mgmt`.
    pub(crate) fn started(lines: &str) -> Self {
        Self::of(Node::started(&format!(
            "listener.http.web = 127.0.0.1:0\n{lines}"
        )))
    }

    pub(crate) fn of(node: Node) -> Self {
        let key = answer(&node, "api-key create").trim_end().to_owned();
        Self {
            address: http_address(&node),
            node,
            key,
        }
    }

    /// `METHOD PATH` with these header lines and this body, whatever they are.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let length = match body {
            "" => String::new(),
            body => format!("Content-Length: {}\r\n", body.len()),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}{length}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Reply::read(&String::from_utf8(bytes).unwrap())
    }

    /// Asks with the key and reads no more than the first bytes of the answer.
    pub(crate) fn begin(&self, method: &str, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nx-api-key: {}\r\n\r\n",
            self.key
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        stream
    }

    /// With the key.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Reply {
        let headers = format!("x-api-key: {}\r\n{headers}", self.key);
        self.send(method, path, &headers, "")
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "")
    }

    /// A form, as `curl -d` sends it.
    pub(crate) fn post(&self, path: &str, form: &str) -> Reply {
        let kind = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";
        let headers = format!("x-api-key: {}\r\n{kind}\r\n", self.key);
        self.send("POST", path, &headers, form)
    }

    /// What is answered with 200.
    pub(crate) fn body(&self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        assert!(reply.has("content-type: application/json"), "{path}: {reply:?}");
        reply.body
    }

    /// The status with this key instead of the own one.
    pub(crate) fn status_with(&self, path: &str, key: &str) -> u16 {
        self.send("GET", path, &format!("x-api-key: {key}\r\n"), "")
            .status
    }
}

impl Reply {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        let head = head.to_lowercase();
        let is_chunked = head.contains("transfer-encoding: chunked");
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: if is_chunked { joined(body) } else { body.to_owned() },
            head,
        }
    }

    /// Whether the head has this line, in lower case.
    pub(crate) fn has(&self, line: &str) -> bool {
        self.head.lines().any(|own| own == line)
    }

    /// Status and text of an alert.
    pub(crate) fn alert(&self) -> (u16, &str) {
        let text = self.body.strip_prefix(r#"{"alert":[{"text":""#);
        let text = text.and_then(|text| text.strip_suffix(r#"","type":"text"}],"type":"alert"}"#));
        (self.status, text.unwrap_or_else(|| panic!("no alert: {self:?}")))
    }
}

/// The pieces of a body that came as it was made. One that broke off has no last piece.
fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    loop {
        let (size, rest) = chunks.split_once("\r\n").expect("a size");
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.push_str(&rest[..size]);
        chunks = rest[size..].strip_prefix("\r\n").expect("the end of a piece");
    }
}

/// The header that `curl -u USER:PASSWORD` sends.
pub(crate) fn basic(credentials: &str) -> String {
    format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode(credentials))
}

fn http_address(node: &Node) -> SocketAddr {
    let listeners = rows(node, "listener show");
    let http = listeners.iter().find(|row| row.starts_with("http\t")).unwrap();
    let columns: Vec<&str> = http.split('\t').collect();
    format!("{}:{}", columns[2], columns[3]).parse().unwrap()
}
