//! Lines from a socket, with a bound: memory grows with what really came, and never above the longest line there may be.

use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};
use vmq_admin::wire::FRAME_BYTES_MAX;

/// Why there is no next line.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    #[error("a line of more than 1 MiB")]
    TooLong,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The next line without its end; `None` = the peer has closed. A line without an end is none.
///
/// Not cancel-safe: what was read of a line is lost with the future, and the connection with it.
///
/// # Errors
/// The line is longer than a message may be, or reading fails.
pub async fn next(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Vec<u8>>, LineFault> {
    let mut line = Vec::new();
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(None);
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let length = end.unwrap_or(chunk.len());
        if line.len() + length >= FRAME_BYTES_MAX {
            return Err(LineFault::TooLong);
        }
        line.extend_from_slice(&chunk[..length]);
        reader.consume(length + usize::from(end.is_some()));
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::BufReader;

    #[tokio::test]
    async fn lines_end_with_their_end_only() {
        let mut reader = BufReader::with_capacity(4, &b"one\n\nthree\nhalf"[..]);
        for expected in ["one", "", "three"] {
            assert_eq!(next(&mut reader).await.unwrap().unwrap(), expected.as_bytes());
        }
        assert_eq!(next(&mut reader).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_longest_line_is_a_mebibyte_with_its_end() {
        let mut bytes = vec![b'x'; FRAME_BYTES_MAX - 1];
        bytes.push(b'\n');
        let line = next(&mut &bytes[..]).await.unwrap().unwrap();
        assert_eq!(line.len(), FRAME_BYTES_MAX - 1);
        bytes.insert(0, b'x');
        assert!(matches!(next(&mut &bytes[..]).await, Err(LineFault::TooLong)));
    }
}
