//! Handshakes as `openssl s_client` makes them.

use crate::install;
use crate::program::Program;
use std::net::SocketAddr;

/// What came of a handshake.
#[derive(Debug)]
pub(super) struct Outcome {
    lines: Vec<String>,
}

/// `openssl s_client` with further arguments, separated by blanks.
pub(super) fn s_client(server: SocketAddr, arguments: &str) -> Program {
    install::openssl()
        .words(&format!("s_client -connect {server}"))
        .words(arguments)
}

/// One handshake; the client leaves behind it.
pub(super) fn shake_hands(server: SocketAddr, arguments: &str) -> Outcome {
    Outcome {
        lines: s_client(server, arguments).run().lines,
    }
}

impl Outcome {
    /// Version and suite, such as `TLSv1.2` and `ECDHE-RSA-AES128-GCM-SHA256`; `None` = there is no session.
    pub(super) fn session(&self) -> Option<(&str, &str)> {
        let line = self.lines.iter().find_map(|line| line.strip_prefix("New, "))?;
        let session = line.split_once(", Cipher is ")?;
        (session.1 != "(NONE)").then_some(session)
    }

    pub(super) fn suite(&self) -> Option<&str> {
        self.session().map(|(_, suite)| suite)
    }

    /// The number of the alert that the server sent.
    pub(super) fn alert(&self) -> Option<u8> {
        let mut numbers = self
            .lines
            .iter()
            .filter_map(|line| line.split_once("SSL alert number "));
        numbers.next()?.1.trim().parse().ok()
    }

    pub(super) fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }

    /// Lines that start so.
    pub(super) fn count(&self, prefix: &str) -> usize {
        self.lines.iter().filter(|line| line.starts_with(prefix)).count()
    }
}
