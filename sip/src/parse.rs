//! The strict parser of SIP messages.
//!
//! Promises: any bytes give a message or an error, never a panic; what RFC 3261 calls malformed and RFC 4475 shows as such
//! is refused: a wrong version, blanks in the request line, a missing, doubled or unreadable mandatory header, a CSeq whose
//! method is another, a Content-Length that is no number or more than there is, quotes and brackets that do not close,
//! escapes that are none. Unknown methods and headers are fine. Stricter than the RFC in one thing: a control byte in a
//! header, even escaped inside quotes, refuses the message (SEC-18). Limits: [`MAX_MESSAGE`], [`MAX_HEADERS`],
//! [`MAX_LINE`]. Leaves to others: framing of streams ([`crate::stream`]).

use crate::header::{CSeq, CallId, HeaderName, Headers, NameAddr, Via, media_type};
use crate::message::{Message, Request, Response};
use crate::method::Method;
use crate::scan::number;
use crate::status::Status;
use crate::text::{HeaderValue, Invalid};
use crate::uri::{SipUri, Uri};
use std::borrow::Cow;

/// The most bytes of a message: what a datagram can carry (SEC-37).
pub const MAX_MESSAGE: usize = 64 * 1024;
/// The most header lines of a message: ten times what a long route needs (SEC-37).
pub const MAX_HEADERS: usize = 256;
/// The most bytes of one header with its continuation lines.
pub const MAX_LINE: usize = 8 * 1024;

/// Why bytes are no message. Names headers, never their values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Beyond [`MAX_MESSAGE`].
    #[error("longer than 64 KiB")]
    TooLong,
    /// Beyond [`MAX_HEADERS`].
    #[error("more than 256 headers")]
    TooManyHeaders,
    /// Beyond [`MAX_LINE`].
    #[error("a header of more than 8 KiB")]
    LineTooLong,
    /// No blank line behind the headers.
    #[error("the headers do not end")]
    NoEnd,
    /// The headers are not UTF-8 text, or hold control bytes or bare line ends.
    #[error("bytes that cannot stand in a header")]
    BadBytes,
    /// Neither a request line nor a status line.
    #[error("no request line and no status line: {0}")]
    StartLine(Invalid),
    /// The version is not SIP/2.0.
    #[error("not SIP/2.0")]
    Version,
    /// A line without a colon, or whose name is no token.
    #[error("a line that is no header")]
    NoHeader,
    /// A header whose value cannot be read.
    #[error("{name}: {why}")]
    Header {
        /// Which.
        name: HeaderName,
        /// Why.
        why: Invalid,
    },
    /// A mandatory header is missing.
    #[error("{0} is missing")]
    Missing(HeaderName),
    /// A header that may come only once came again.
    #[error("{0} came twice")]
    Twice(HeaderName),
    /// The method of CSeq is not the request's.
    #[error("the method of CSeq is another")]
    CSeqMethod,
    /// Content-Length promises more than there is.
    #[error("the body is shorter than Content-Length")]
    BodyTooShort,
}

/// Reads one whole message: a datagram, or a frame of a stream. Bytes behind Content-Length are cut off; without
/// Content-Length the body is all there is. Line ends before the start line are skipped (RFC 3261 7.5).
///
/// # Errors
/// What makes the bytes no message.
pub fn parse(bytes: &[u8]) -> Result<Message, ParseError> {
    if bytes.len() > MAX_MESSAGE {
        return Err(ParseError::TooLong);
    }
    let bytes = skip_line_ends(bytes);
    let end = find_blank_line(bytes).ok_or(ParseError::NoEnd)?;
    let (head, body) = (bytes.get(..end).unwrap_or(&[]), bytes.get(end + 4..).unwrap_or(&[]));
    let head = std::str::from_utf8(head).map_err(|_| ParseError::BadBytes)?;
    let mut lines = head.split("\r\n");
    let start = lines.next().unwrap_or("");
    check_text(start)?;
    let collected = Collected::read(lines)?;
    let body = collected.body(body)?;
    match start.strip_prefix("SIP/") {
        Some(rest) => {
            status_line(rest).and_then(|line| collected.response(line, body)).map(Message::Response)
        }
        None => request_line(start).and_then(|line| collected.request(line, body)).map(Message::Request),
    }
}

/// Drops CR LF in front.
#[must_use]
pub(crate) fn skip_line_ends(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(b"\r\n") {
        bytes = rest;
    }
    bytes
}

/// Where the headers end: the place of CR LF CR LF.
#[must_use]
pub(crate) fn find_blank_line(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n")
}

/// Refuses control bytes; tabs are blanks and have been dealt with before.
fn check_text(text: &str) -> Result<(), ParseError> {
    if crate::text::has_control(text) { Err(ParseError::BadBytes) } else { Ok(()) }
}

fn request_line(line: &str) -> Result<(Method, Uri), ParseError> {
    let bad = |why| ParseError::StartLine(Invalid(why));
    let mut parts = line.split(' ');
    let (Some(method), Some(uri), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(bad("not three parts with one blank between them"));
    };
    let method = method.parse().map_err(ParseError::StartLine)?;
    if !version.get(..4).is_some_and(|protocol| protocol.eq_ignore_ascii_case("SIP/")) {
        return Err(bad("no version"));
    }
    if version.get(4..) != Some("2.0") {
        return Err(ParseError::Version);
    }
    let uri: Uri = uri.parse().map_err(ParseError::StartLine)?;
    if uri.as_sip().is_some_and(SipUri::has_headers) {
        return Err(bad("headers in the Request-URI"));
    }
    Ok((method, uri))
}

fn status_line(rest: &str) -> Result<(Status, HeaderValue), ParseError> {
    let bad = |why| ParseError::StartLine(Invalid(why));
    let (version, rest) = rest.split_once(' ').ok_or(bad("no status"))?;
    if version != "2.0" {
        return Err(ParseError::Version);
    }
    let (code, reason) = rest.split_once(' ').ok_or(bad("no blank behind the status"))?;
    let code = Some(code).filter(|code| code.len() == 3).and_then(number).and_then(Status::new);
    let reason = HeaderValue::new(reason).map_err(ParseError::StartLine)?;
    Ok((code.ok_or(bad("a status that is not 100 to 699"))?, reason))
}

/// The headers of a message while they are read.
#[derive(Default)]
struct Collected {
    vias: Vec<Via>,
    from: Option<NameAddr>,
    to: Option<NameAddr>,
    call_id: Option<CallId>,
    cseq: Option<CSeq>,
    max_forwards: Option<u8>,
    content_length: Option<usize>,
    headers: Headers,
}

impl Collected {
    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Self, ParseError> {
        let mut collected = Self::default();
        let mut count = 0;
        let mut lines = lines.peekable();
        while let Some(first) = lines.next() {
            let mut line = Cow::Borrowed(first);
            while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t'])) {
                // A continuation counts as one blank (RFC 3261 7.3.1).
                let line = line.to_mut();
                line.push(' ');
                line.push_str(more.trim_matches([' ', '\t']));
                if line.len() > MAX_LINE {
                    return Err(ParseError::LineTooLong);
                }
            }
            if line.len() > MAX_LINE {
                return Err(ParseError::LineTooLong);
            }
            count += 1;
            if count > MAX_HEADERS {
                return Err(ParseError::TooManyHeaders);
            }
            if line.contains('\t') {
                line = Cow::Owned(line.replace('\t', " "));
            }
            check_text(&line)?;
            let (name, value) = line.split_once(':').ok_or(ParseError::NoHeader)?;
            let name = name.trim_end_matches(' ').parse().map_err(|_| ParseError::NoHeader)?;
            collected.take(name, value.trim_matches(' '))?;
        }
        Ok(collected)
    }

    /// Takes one header: into its field, or checked and into the list.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "of sixty headers, those that are named here are fields"
    )]
    fn take(&mut self, name: HeaderName, value: &str) -> Result<(), ParseError> {
        let bad = |why| ParseError::Header { name: name.clone(), why };
        match &name {
            HeaderName::Via => return Via::parse_list(value, &mut self.vias).map_err(bad),
            HeaderName::From => return once(&mut self.from, value.parse(), name),
            HeaderName::To => return once(&mut self.to, value.parse(), name),
            HeaderName::CallId => return once(&mut self.call_id, value.parse(), name),
            HeaderName::CSeq => return once(&mut self.cseq, value.parse(), name),
            HeaderName::MaxForwards => {
                let hops = number(value).ok_or(Invalid("not a number from 0 to 255"));
                return once(&mut self.max_forwards, hops, name);
            }
            HeaderName::ContentLength => {
                let length = number(value).ok_or(Invalid("not a number"));
                return once(&mut self.content_length, length, name);
            }
            HeaderName::Expires | HeaderName::ContentType if self.headers.get(&name).is_some() => {
                return Err(ParseError::Twice(name));
            }
            other => check_plain(other, value).map_err(bad)?,
        }
        let value = HeaderValue::new(value).map_err(|_| ParseError::BadBytes)?;
        self.headers.push(name, value);
        Ok(())
    }

    fn body(&self, rest: &[u8]) -> Result<Vec<u8>, ParseError> {
        match self.content_length {
            None => Ok(rest.to_vec()),
            Some(length) => rest.get(..length).map(<[u8]>::to_vec).ok_or(ParseError::BodyTooShort),
        }
    }

    fn request(self, (method, uri): (Method, Uri), body: Vec<u8>) -> Result<Request, ParseError> {
        let (via, more_via) = split_vias(self.vias)?;
        let cseq = self.cseq.ok_or(ParseError::Missing(HeaderName::CSeq))?;
        if cseq.method != method {
            return Err(ParseError::CSeqMethod);
        }
        Ok(Request {
            method,
            uri,
            via,
            more_via,
            max_forwards: self.max_forwards,
            from: self.from.ok_or(ParseError::Missing(HeaderName::From))?,
            to: self.to.ok_or(ParseError::Missing(HeaderName::To))?,
            call_id: self.call_id.ok_or(ParseError::Missing(HeaderName::CallId))?,
            cseq: cseq.number,
            headers: self.headers,
            body,
        })
    }

    fn response(
        self,
        (status, reason): (Status, HeaderValue),
        body: Vec<u8>,
    ) -> Result<Response, ParseError> {
        let (via, more_via) = split_vias(self.vias)?;
        Ok(Response {
            status,
            reason,
            via,
            more_via,
            from: self.from.ok_or(ParseError::Missing(HeaderName::From))?,
            to: self.to.ok_or(ParseError::Missing(HeaderName::To))?,
            call_id: self.call_id.ok_or(ParseError::Missing(HeaderName::CallId))?,
            cseq: self.cseq.ok_or(ParseError::Missing(HeaderName::CSeq))?,
            headers: self.headers,
            body,
        })
    }
}

/// Checks a header that stays text, where its grammar matters here.
fn check_plain(name: &HeaderName, value: &str) -> Result<(), Invalid> {
    let addresses = [HeaderName::Contact, HeaderName::Route, HeaderName::RecordRoute];
    if addresses.contains(name) && !(*name == HeaderName::Contact && value == "*") {
        NameAddr::parse_list(value, &mut Vec::new())?;
    }
    if *name == HeaderName::Expires {
        number::<u32>(value).ok_or(Invalid("not a number of seconds"))?;
    }
    if *name == HeaderName::ContentType {
        media_type(value)?;
    }
    // RFC 4475 3.1.2.12: only GMT is a date of SIP.
    if *name == HeaderName::Date && !value.ends_with(" GMT") {
        return Err(Invalid("not a date in GMT"));
    }
    Ok(())
}

fn once<T>(place: &mut Option<T>, value: Result<T, Invalid>, name: HeaderName) -> Result<(), ParseError> {
    match value {
        Err(why) => Err(ParseError::Header { name, why }),
        Ok(_) if place.is_some() => Err(ParseError::Twice(name)),
        Ok(value) => {
            *place = Some(value);
            Ok(())
        }
    }
}

fn split_vias(vias: Vec<Via>) -> Result<(Via, Vec<Via>), ParseError> {
    let mut vias = vias.into_iter();
    let top = vias.next().ok_or(ParseError::Missing(HeaderName::Via))?;
    Ok((top, vias.collect()))
}
