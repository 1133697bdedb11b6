//! Mends request lines that links of the old kind produce, before the HTTP parser sees them.
//!
//! The reference prints links with raw blanks, line breaks, quotes and letters beyond ASCII in them (semantics 1.3).
//! Browsers encode these on their own; programs send them as they stand, and an HTTP/1.1 parser rightly refuses such a
//! line. Promises: a well-formed request passes byte for byte; in a target with odd bytes line breaks and tabs vanish (as
//! in a browser), every other odd byte becomes `%XX`; a target longer than [`TARGET_MAX`] is replaced by [`TOO_LONG`], so
//! that the router can answer in plain words; memory is bounded. Leaves to others: HTTP/2, whose frames have no line to
//! break, and everything after the request line.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest request target in bytes: 64 KiB less what the `http` crate keeps for itself.
pub const TARGET_MAX: usize = 65_534;

/// The path that stands in for a target that is too long; the router answers 414 there.
pub const TOO_LONG: &str = "/.too-long";

/// Method, blanks and version around the target.
const LINE_EXTRA: usize = 32;

/// How much of an overlong line is read and thrown away before the connection is closed.
const DISCARD_MAX: usize = 1 << 20;

/// The longest header line that is looked at; longer ones are the parser's to refuse.
const HEADER_LINE_MAX: usize = 64 * 1024;

/// Where in the stream of one connection we are.
#[derive(Debug)]
enum State {
    /// In a request line, of which this much is here.
    Line(Vec<u8>),
    /// In a request line that is too long already: its method, its last bytes, how much was thrown away.
    Overlong { method: Vec<u8>, tail: Vec<u8>, discarded: usize },
    /// In the headers.
    Headers { line: Vec<u8>, framing: Framing },
    /// In a body with this many bytes to come.
    Body(u64),
    /// Nothing is mended any more: chunked bodies, upgrades, and what is no HTTP/1 at all.
    Through,
}

/// What the headers say about the body.
#[derive(Clone, Copy, Debug)]
enum Framing {
    /// So many bytes; none at first.
    Length(u64),
    /// Something that is not followed here.
    Opaque,
}

/// The mending itself, without I/O: bytes in, bytes out.
#[derive(Debug)]
pub struct Mender {
    state: State,
}

impl Default for Mender {
    fn default() -> Self {
        Self { state: State::Line(Vec::new()) }
    }
}

impl Mender {
    /// Takes what was read and appends what the parser shall see.
    ///
    /// # Errors
    /// When an overlong request line does not end.
    pub fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        while !input.is_empty() {
            input = self.step(input, out)?;
        }
        Ok(())
    }

    /// Takes some of the input and gives the rest.
    fn step<'a>(&mut self, input: &'a [u8], out: &mut Vec<u8>) -> io::Result<&'a [u8]> {
        let (next, rest) = match std::mem::replace(&mut self.state, State::Through) {
            State::Line(mut line) => {
                let (part, rest) = through_line_break(input);
                line.extend_from_slice(part);
                (after_line(line, out), rest)
            }
            State::Overlong { method, mut tail, discarded } => {
                let (part, rest) = through_line_break(input);
                let discarded = discarded + part.len();
                if discarded > DISCARD_MAX {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a request line without end"));
                }
                tail.extend_from_slice(part);
                tail.drain(..tail.len().saturating_sub(LINE_EXTRA));
                let next = if ends_request_line(&tail) {
                    too_long(&method, out)
                } else {
                    State::Overlong { method, tail, discarded }
                };
                (next, rest)
            }
            State::Headers { mut line, framing } => {
                let (part, rest) = through_line_break(input);
                out.extend_from_slice(part);
                line.extend_from_slice(part);
                let next = match line.last() {
                    Some(b'\n') => after_header(&line, framing),
                    Some(_) | None if line.len() > HEADER_LINE_MAX => State::Through,
                    Some(_) | None => State::Headers { line, framing },
                };
                (next, rest)
            }
            State::Body(left) => {
                let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                let (part, rest) = input.split_at(take);
                out.extend_from_slice(part);
                let left = left - take as u64;
                (if left == 0 { State::Line(Vec::new()) } else { State::Body(left) }, rest)
            }
            State::Through => {
                out.extend_from_slice(input);
                (State::Through, &[][..])
            }
        };
        self.state = next;
        Ok(rest)
    }
}

/// Splits behind the first line break, or takes everything.
fn through_line_break(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|&b| b == b'\n') {
        Some(at) => input.split_at(at + 1),
        None => (input, &[]),
    }
}

fn ends_request_line(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\n").map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    line.is_some_and(|l| l.ends_with(b" HTTP/1.1") || l.ends_with(b" HTTP/1.0"))
}

/// A link of ours, whose target may hold raw line breaks.
fn is_click(line: &[u8]) -> bool {
    ["GET", "POST", "HEAD"].iter().any(|method| {
        line.strip_prefix(method.as_bytes()).is_some_and(|rest| rest.starts_with(b" /AGUI/make_call.php?"))
    })
}

fn after_line(line: Vec<u8>, out: &mut Vec<u8>) -> State {
    if ends_request_line(&line) {
        return mend(&line, out);
    }
    if line.len() > TARGET_MAX + LINE_EXTRA {
        let method = line.split(|&b| b == b' ').next().unwrap_or_default();
        let tail = line[line.len() - LINE_EXTRA..].to_vec();
        return State::Overlong { method: method.to_vec(), tail, discarded: line.len() };
    }
    match line.last() {
        // Blank lines before a request are the parser's to skip.
        Some(b'\n') if line == b"\r\n" || line == b"\n" => {
            out.extend_from_slice(&line);
            State::Line(Vec::new())
        }
        Some(b'\n') if is_click(&line) => State::Line(line),
        Some(b'\n') => {
            out.extend_from_slice(&line);
            State::Through
        }
        Some(_) | None => State::Line(line),
    }
}

/// Writes a whole request line with its target mended.
fn mend(line: &[u8], out: &mut Vec<u8>) -> State {
    let headers = State::Headers { line: Vec::new(), framing: Framing::Length(0) };
    let (Some(first), Some(last)) =
        (line.iter().position(|&b| b == b' '), line.iter().rposition(|&b| b == b' '))
    else {
        out.extend_from_slice(line);
        return headers;
    };
    let (method, target, version) =
        (&line[..first], line.get(first + 1..last).unwrap_or_default(), &line[last..]);
    let start = out.len();
    out.extend_from_slice(method);
    out.push(b' ');
    let target_start = out.len();
    for &byte in target {
        match byte {
            b'\r' | b'\n' | b'\t' => {}
            b' ' | b'"' | b'#' | b'<' | b'>' | 0..=0x1f | 0x7f..=0xff => {
                out.extend_from_slice(&[b'%', hex(byte >> 4), hex(byte & 15)]);
            }
            0x21..=0x7e => out.push(byte),
        }
    }
    if out.len() - target_start > TARGET_MAX {
        out.truncate(start);
        return too_long(method, out);
    }
    out.extend_from_slice(version);
    headers
}

fn hex(nibble: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(nibble)]
}

fn too_long(method: &[u8], out: &mut Vec<u8>) -> State {
    let plain = !method.is_empty() && method.len() <= 16 && method.iter().all(u8::is_ascii_uppercase);
    out.extend_from_slice(if plain { method } else { b"GET" });
    out.push(b' ');
    out.extend_from_slice(TOO_LONG.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    State::Headers { line: Vec::new(), framing: Framing::Length(0) }
}

fn after_header(line: &[u8], framing: Framing) -> State {
    let text = line.trim_ascii();
    if text.is_empty() {
        return match framing {
            Framing::Length(0) => State::Line(Vec::new()),
            Framing::Length(left) => State::Body(left),
            Framing::Opaque => State::Through,
        };
    }
    let colon = text.iter().position(|&b| b == b':').unwrap_or(text.len());
    let (name, value) = (&text[..colon], text.get(colon + 1..).unwrap_or_default().trim_ascii());
    let framing = if name.eq_ignore_ascii_case(b"content-length") {
        std::str::from_utf8(value).ok().and_then(|v| v.parse().ok()).map_or(Framing::Opaque, |length| {
            match framing {
                Framing::Length(_) => Framing::Length(length),
                Framing::Opaque => Framing::Opaque,
            }
        })
    } else if name.eq_ignore_ascii_case(b"transfer-encoding") || name.eq_ignore_ascii_case(b"upgrade") {
        Framing::Opaque
    } else {
        framing
    };
    State::Headers { line: Vec::new(), framing }
}

/// A stream whose reading side is mended.
#[derive(Debug)]
pub struct Mended<S> {
    stream: S,
    mender: Mender,
    ready: Vec<u8>,
    given: usize,
}

impl<S> Mended<S> {
    /// Wraps a connection at its beginning.
    pub fn new(stream: S) -> Self {
        Self { stream, mender: Mender::default(), ready: Vec::new(), given: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Mended<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let waiting = &this.ready[this.given..];
            if !waiting.is_empty() {
                let take = waiting.len().min(buf.remaining());
                buf.put_slice(&waiting[..take]);
                this.given += take;
                return Poll::Ready(Ok(()));
            }
            this.ready.clear();
            this.given = 0;
            let mut space = [0; 16 * 1024];
            let mut part = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
            if part.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.mender.push(part.filled(), &mut this.ready)?;
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Mended<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the parser sees when the input comes in parts of `size` bytes.
    fn seen(input: &[u8], size: usize) -> Vec<u8> {
        let (mut mender, mut out) = (Mender::default(), Vec::new());
        for part in input.chunks(size) {
            mender.push(part, &mut out).expect("it ends");
        }
        out
    }

    /// The mended form, the same however the bytes arrive.
    fn mended(input: &str) -> String {
        let whole = seen(input.as_bytes(), usize::MAX);
        assert_eq!(seen(input.as_bytes(), 1), whole, "byte by byte");
        String::from_utf8(whole).expect("it is text")
    }

    #[test]
    fn a_link_as_the_reference_prints_it_gets_a_request_line_that_parses() {
        assert_eq!(
            mended(
                "GET /AGUI/make_call.php? prefix=&phone=1&ctl_userdata=\r\n[a|b c][d|\n\"é\"] HTTP/1.1\r\nHost: x\r\n\r\n"
            ),
            "GET /AGUI/make_call.php?%20prefix=&phone=1&ctl_userdata=[a|b%20c][d|%22%C3%A9%22] HTTP/1.1\r\nHost: x\r\n\r\n"
        );
    }

    #[test]
    fn every_request_of_a_connection_is_mended_and_bodies_are_left_alone() {
        let body = "GET /AGUI/make_call.php?a b HTTP/1.1\r\n";
        let first =
            format!("POST /AGUI/make_call.php?a b HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let second = "GET /x y HTTP/1.1\r\n\r\n";
        assert_eq!(
            mended(&(first + second)),
            format!(
                "POST /AGUI/make_call.php?a%20b HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}GET /x%20y HTTP/1.1\r\n\r\n",
                body.len()
            )
        );
    }

    #[test]
    fn after_a_chunked_body_or_an_upgrade_nothing_is_touched() {
        let request =
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x y HTTP/1.1\r\n\r\n";
        assert_eq!(mended(request), request);
        let request = "GET /sip HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET /x y HTTP/1.1\r\n\r\n";
        assert_eq!(mended(request), request);
    }

    #[test]
    fn what_is_no_request_line_goes_through_for_the_parser_to_refuse() {
        for odd in [
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET /x\r\nA b HTTP/1.1\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(mended(odd), odd);
        }
    }

    #[test]
    fn a_target_beyond_the_limit_becomes_the_path_that_says_so() {
        let long = format!("POST /AGUI/make_call.php?a={} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(70_000));
        assert_eq!(mended(&long), "POST /.too-long HTTP/1.1\r\nHost: x\r\n\r\n");
        let grows = format!("GET /AGUI/make_call.php?a={} HTTP/1.1\r\nHost: x\r\n\r\n", "\"".repeat(40_000));
        assert_eq!(mended(&grows), "GET /.too-long HTTP/1.1\r\nHost: x\r\n\r\n");
        let just = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(TARGET_MAX - 1));
        assert_eq!(mended(&just), just);
    }

    #[test]
    fn a_request_line_that_never_ends_closes_the_connection() {
        let mut mender = Mender::default();
        let mut out = Vec::new();
        let endless = vec![b'x'; DISCARD_MAX + TARGET_MAX];
        assert!(mender.push(&endless, &mut out).and_then(|()| mender.push(&endless, &mut out)).is_err());
        assert_eq!(out, b"");
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_parts_give_the_same_and_well_formed_requests_are_unchanged(
            odd in proptest::collection::vec(any::<u8>(), 0..200), size in 1usize..50,
            target in "/[!$-;=?-~]{0,60}", body in "[ -~\r\n]{0,60}",
        ) {
            prop_assert_eq!(seen(&odd, size), seen(&odd, usize::MAX));
            let request = format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            prop_assert_eq!(seen(request.repeat(2).as_bytes(), size), request.repeat(2).into_bytes());
        }
    }
}
