//! Cutting a byte stream into messages (RFC 3261 18.3).
//!
//! Promises: a frame ends where its Content-Length says; a stream that cannot be cut is an error at once, since what follows
//! could be anything; no more than one message is ever kept. Leaves to others: parsing the frames, and the time a peer may
//! take for one (the engine closes connections that are [`Frames::is_inside`] a message for too long).

use crate::header::HeaderName;
use crate::parse::{MAX_HEADERS, MAX_MESSAGE, find_blank_line, skip_line_ends};
use crate::scan::number;

/// Why a stream cannot be cut. The connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// Headers or body beyond [`MAX_MESSAGE`].
    #[error("a message longer than 64 KiB")]
    TooLong,
    /// On a stream every message needs a Content-Length (RFC 3261 20.14), and only one.
    #[error("a message without a sound Content-Length")]
    NoLength,
}

/// The bytes of a stream that have not become messages yet.
#[derive(Default)]
pub struct Frames {
    buffer: Vec<u8>,
    /// Where the search for the end of the headers goes on, so that a slow peer does not make us search from the start.
    searched: usize,
}

impl Frames {
    /// An empty stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a message has begun and not ended.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next whole message, if it is there. Line ends between messages are keep-alives (RFC 5626 3.5.1) and skipped.
    ///
    /// # Errors
    /// The stream cannot be cut.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        let skipped = self.buffer.len() - skip_line_ends(&self.buffer).len();
        if skipped > 0 {
            self.buffer.drain(..skipped);
            self.searched = 0;
        }
        // A CR LF may be cut between its bytes.
        if self.buffer == b"\r" {
            return Ok(None);
        }
        let from = self.searched.saturating_sub(3);
        let Some(end) = self.buffer.get(from..).and_then(find_blank_line).map(|end| from + end) else {
            self.searched = self.buffer.len();
            return if self.buffer.len() > MAX_MESSAGE { Err(StreamError::TooLong) } else { Ok(None) };
        };
        self.searched = end;
        let length = content_length(self.buffer.get(..end).unwrap_or(&[]))?;
        let whole = end + 4 + length;
        if whole > MAX_MESSAGE {
            return Err(StreamError::TooLong);
        }
        if self.buffer.len() < whole {
            return Ok(None);
        }
        let rest = self.buffer.split_off(whole);
        self.searched = 0;
        Ok(Some(std::mem::replace(&mut self.buffer, rest)))
    }
}

/// The Content-Length among header lines.
fn content_length(head: &[u8]) -> Result<usize, StreamError> {
    let mut found = None;
    for line in head.split(|byte| *byte == b'\n').skip(1).take(MAX_HEADERS) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) else { continue };
        let name = name.trim_end_matches([' ', '\t']);
        if !matches!(name.parse(), Ok(HeaderName::ContentLength)) {
            continue;
        }
        let value = value.trim_start_matches(':').trim_matches([' ', '\t', '\r']);
        let length = number(value).filter(|length: &usize| *length <= usize::MAX / 2);
        if found.replace(length.ok_or(StreamError::NoLength)?).is_some() {
            return Err(StreamError::NoLength);
        }
    }
    found.ok_or(StreamError::NoLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 3\r\n\r\nabc";
    const TWO: &[u8] = b"OPTIONS sip:b SIP/2.0\r\nl : 0\r\n\r\n";

    fn all(frames: &mut Frames) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| frames.next_frame().expect("it can be cut")).collect()
    }

    #[test]
    fn a_stream_is_cut_into_the_same_messages_however_its_bytes_arrive() {
        let stream = [b"\r\n\r\n", ONE, b"\r\n", TWO, ONE].concat();
        for size in 1..=stream.len() {
            let mut frames = Frames::new();
            let mut cut = Vec::new();
            for bytes in stream.chunks(size) {
                frames.push(bytes);
                cut.extend(all(&mut frames));
            }
            assert_eq!(cut, [ONE, TWO, ONE], "in pieces of {size}");
            assert!(!frames.is_inside());
        }
    }

    #[test]
    fn a_message_without_a_sound_length_ends_the_stream() {
        for bad in ["", "Content-Length: -1\r\n", "Content-Length: x\r\n", "l: 1\r\nContent-Length: 1\r\n"] {
            let mut frames = Frames::new();
            frames.push(format!("OPTIONS sip:a SIP/2.0\r\nVia: x\r\n{bad}\r\n").as_bytes());
            assert_eq!(frames.next_frame(), Err(StreamError::NoLength), "{bad:?}");
        }
    }

    #[test]
    fn a_message_that_is_or_would_be_too_long_ends_the_stream() {
        let mut frames = Frames::new();
        frames.push(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 70000\r\n\r\n");
        assert_eq!(frames.next_frame(), Err(StreamError::TooLong));
        let mut endless = Frames::new();
        endless.push(&vec![b'a'; MAX_MESSAGE + 1]);
        assert_eq!(endless.next_frame(), Err(StreamError::TooLong));
    }
}
