//! Lines of the daemon, each with a bound and a deadline. What was read before a deadline passed is kept: the next try goes
//! on from there.

use super::ClientError;
use crate::wire::{FRAME_BYTES_MAX, FrameFault};
use std::io::{self, BufRead as _, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// What is read at once.
const READ_BYTES: usize = 64 * 1024;

/// The reading side of a connection.
#[derive(Debug)]
pub(super) struct Lines {
    from: BufReader<Patient>,
    /// The last line, or the beginning of the next one.
    line: Vec<u8>,
}

/// A socket that is waited for until a deadline.
#[derive(Debug)]
struct Patient {
    stream: UnixStream,
    deadline: Option<Instant>,
}

impl Lines {
    pub(super) fn new(stream: UnixStream) -> Self {
        let deadline = None;
        Self {
            from: BufReader::with_capacity(READ_BYTES, Patient { stream, deadline }),
            line: Vec::new(),
        }
    }

    /// The socket itself, to write to.
    pub(super) fn stream(&self) -> &UnixStream {
        &self.from.get_ref().stream
    }

    /// The next line, with its end.
    pub(super) fn next(&mut self, deadline: Option<Instant>) -> Result<&[u8], ClientError> {
        if self.line.ends_with(b"\n") {
            self.line.clear();
        }
        self.from.get_mut().deadline = deadline;
        let room = (FRAME_BYTES_MAX - self.line.len()) as u64;
        self.from.by_ref().take(room).read_until(b'\n', &mut self.line)?;
        match self.line.last() {
            Some(b'\n') => Ok(&self.line),
            _ if self.line.len() >= FRAME_BYTES_MAX => Err(FrameFault::TooLong.into()),
            _ => Err(ClientError::Closed),
        }
    }
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(left(self.deadline)?)?;
        self.stream.read(into)
    }
}

/// What is left until a deadline; a zero timeout would mean "for ever".
///
/// # Errors
/// Nothing is left.
pub(super) fn left(deadline: Option<Instant>) -> io::Result<Option<Duration>> {
    let Some(deadline) = deadline else { return Ok(None) };
    match deadline.checked_duration_since(Instant::now()) {
        Some(left) if !left.is_zero() => Ok(Some(left)),
        _ => Err(io::ErrorKind::TimedOut.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const SOON: Duration = Duration::from_millis(20);

    #[test]
    fn what_came_before_a_deadline_is_kept() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut lines = Lines::new(ours);
        let mut next = |patience: Duration| {
            let line = lines.next(Some(Instant::now() + patience))?;
            Ok::<_, ClientError>(line.to_vec())
        };
        theirs.write_all(b"one\ntw").unwrap();
        assert_eq!(next(SOON).unwrap(), b"one\n");
        for _ in 0..2 {
            assert!(matches!(next(SOON), Err(ClientError::Timeout)));
        }
        theirs.write_all(b"o\n\nhalf").unwrap();
        drop(theirs);
        assert_eq!(next(SOON).unwrap(), b"two\n");
        assert_eq!(next(SOON).unwrap(), b"\n");
        assert!(matches!(next(SOON), Err(ClientError::Closed)));
    }
}
