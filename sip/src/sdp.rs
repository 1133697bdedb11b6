//! Session descriptions (RFC 4566/8866), as far as joining two telephones needs them.
//!
//! Promises: what was read is written again line by line, so that attributes we do not know pass through; edits touch one
//! line each; a description that was read has an origin, and every medium a readable `m=` line. Leaves to others: the
//! offer/answer rules (the bridge).

use crate::media::Codec;
use crate::scan::number;
use crate::text::has_control;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The most lines of a description: many times what a telephone sends.
const MAX_LINES: usize = 512;

/// Why text is no session description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SdpError(&'static str);

/// Which way media flows, as `a=` says it. Absent: [`Direction::SendRecv`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// From the describer only.
    SendOnly,
    /// To the describer only.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    const ALL: [Self; 4] = [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive];

    /// The attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// Who made a description and which version it is (`o=`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The user name, `-` without one.
    pub username: String,
    /// The session's number.
    pub session_id: u64,
    /// Grows with each changed description of the same session.
    pub version: u64,
    /// The maker's address.
    pub address: IpAddr,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, session_id, version, address } = self;
        write!(f, "{username} {session_id} {version} {}", Network(*address))
    }
}

/// `IN IP4 192.0.2.1`.
struct Network(IpAddr);

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.0.is_ipv4() { "IP4" } else { "IP6" };
        write!(f, "IN {kind} {}", self.0)
    }
}

/// One line: its letter and its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Line {
    kind: char,
    value: String,
}

/// The `m=` line of a medium and the lines below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Media {
    /// `audio`, `video` …
    pub kind: String,
    /// The port; 0: the medium is refused or off.
    pub port: u16,
    /// `RTP/AVP` …
    pub protocol: String,
    /// Payload types in order of preference.
    pub formats: Vec<String>,
    lines: Vec<Line>,
}

/// A session description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sdp {
    /// The lines before the first `m=`; one of them is `o=`.
    session: Vec<Line>,
    /// The media in order.
    pub media: Vec<Media>,
}

/// The payload type we offer for telephone events: what everybody uses.
const TELEPHONE_EVENT: &str = "101";

impl Sdp {
    /// The offer with which a phone is called before the far end is known: G.711 and telephone events at an address of
    /// ours, both ways. Never without `m=`, never held: phones refuse the one and fall silent on the other.
    #[must_use]
    pub fn offer(origin: &Origin, media: SocketAddr, codecs: &[Codec]) -> Self {
        let line = |kind, value: String| Line { kind, value };
        let session = vec![
            line('v', "0".to_owned()),
            line('o', origin.to_string()),
            line('s', "-".to_owned()),
            line('c', Network(media.ip()).to_string()),
            line('t', "0 0".to_owned()),
        ];
        let mut formats: Vec<String> = codecs.iter().map(|codec| codec.payload_type().to_string()).collect();
        let mut lines: Vec<Line> = codecs
            .iter()
            .map(|codec| line('a', format!("rtpmap:{} {}/8000", codec.payload_type(), codec.name())))
            .collect();
        formats.push(TELEPHONE_EVENT.to_owned());
        lines.push(line('a', format!("rtpmap:{TELEPHONE_EVENT} telephone-event/8000")));
        lines.push(line('a', format!("fmtp:{TELEPHONE_EVENT} 0-16")));
        lines.push(line('a', Direction::SendRecv.as_str().to_owned()));
        let audio = Media {
            kind: "audio".to_owned(),
            port: media.port(),
            protocol: "RTP/AVP".to_owned(),
            formats,
            lines,
        };
        Self { session, media: vec![audio] }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// It is no session description.
    pub fn parse(body: &[u8]) -> Result<Self, SdpError> {
        let text = std::str::from_utf8(body).map_err(|_| SdpError("not UTF-8"))?;
        text.parse()
    }

    /// The origin.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.session.iter().find(|line| line.kind == 'o').and_then(|line| parse_origin(&line.value))
    }

    /// The same description under another origin: what a B2BUA puts on each description it passes on.
    #[must_use]
    pub fn with_origin(mut self, origin: &Origin) -> Self {
        if let Some(line) = self.session.iter_mut().find(|line| line.kind == 'o') {
            line.value = origin.to_string();
        }
        self
    }

    /// Whether both describe the same media, whoever made them: everything but `o=` is equal.
    #[must_use]
    pub fn same_media(&self, other: &Self) -> bool {
        let rest = |sdp: &Self| -> Vec<Line> {
            sdp.session.iter().filter(|line| line.kind != 'o').cloned().collect()
        };
        self.media == other.media && rest(self) == rest(other)
    }

    /// The first audio medium that is not off.
    #[must_use]
    pub fn audio(&self) -> Option<&Media> {
        self.media.iter().find(|media| media.kind == "audio" && media.port != 0)
    }

    /// Where its audio is received: the medium's own `c=`, else the session's. `None` without audio, and for host names.
    #[must_use]
    pub fn audio_address(&self) -> Option<SocketAddr> {
        let audio = self.audio()?;
        let connection = find(&audio.lines, 'c').or_else(|| find(&self.session, 'c'))?;
        Some(SocketAddr::new(parse_network(connection)?, audio.port))
    }

    /// The first G.711 codec of its audio: what we can send it a tone in.
    #[must_use]
    pub fn g711(&self) -> Option<Codec> {
        self.audio()?.formats.iter().find_map(|format| match format.as_str() {
            "0" => Some(Codec::Pcmu),
            "8" => Some(Codec::Pcma),
            _ => None,
        })
    }

    /// The direction of its audio: the medium's own, else the session's, else both ways.
    #[must_use]
    pub fn direction(&self) -> Direction {
        let audio = self.audio().and_then(|audio| find_direction(&audio.lines));
        audio.or_else(|| find_direction(&self.session)).unwrap_or(Direction::SendRecv)
    }

    /// The same description with another direction of its audio.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        let audio = self.media.iter_mut().find(|media| media.kind == "audio" && media.port != 0);
        if let Some(audio) = audio {
            audio.lines.retain(|line| !is_direction(line));
            audio.lines.push(Line { kind: 'a', value: direction.as_str().to_owned() });
        }
        self
    }

    /// Whether it is on hold: no packets wanted, in the new way or the old (`c=0.0.0.0`).
    #[must_use]
    pub fn is_hold(&self) -> bool {
        let unspecified = self.audio_address().is_some_and(|address| address.ip().is_unspecified());
        unspecified || matches!(self.direction(), Direction::SendOnly | Direction::Inactive)
    }

    /// The body of a message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl Media {
    /// The encoding of a payload type as its `rtpmap` says it (`PCMU/8000`), in the spelling of the peer; for 0 and 8
    /// also without `rtpmap`.
    #[must_use]
    pub fn encoding(&self, format: &str) -> Option<&str> {
        let mapped =
            self.attributes("rtpmap").find_map(|value| value.split_once(' ').filter(|(f, _)| *f == format));
        match (mapped, format) {
            (Some((_, encoding)), _) => Some(encoding.trim_matches(' ')),
            (None, "0") => Some("PCMU/8000"),
            (None, "8") => Some("PCMA/8000"),
            (None, _) => None,
        }
    }

    /// The values of `a=name:value` lines.
    pub fn attributes<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter(|line| line.kind == 'a').filter_map(move |line| {
            line.value.split_once(':').filter(|(known, _)| *known == name).map(|(_, value)| value)
        })
    }
}

fn find(lines: &[Line], kind: char) -> Option<&str> {
    lines.iter().find(|line| line.kind == kind).map(|line| line.value.as_str())
}

fn is_direction(line: &Line) -> bool {
    line.kind == 'a' && Direction::ALL.iter().any(|direction| direction.as_str() == line.value)
}

fn find_direction(lines: &[Line]) -> Option<Direction> {
    let line = lines.iter().find(|line| is_direction(line))?;
    Direction::ALL.into_iter().find(|direction| direction.as_str() == line.value)
}

fn parse_network(value: &str) -> Option<IpAddr> {
    let mut parts = value.split(' ');
    let (Some("IN"), Some(kind), Some(address), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let address: IpAddr = address.parse().ok()?;
    let fits = (kind == "IP4" && address.is_ipv4()) || (kind == "IP6" && address.is_ipv6());
    fits.then_some(address)
}

fn parse_origin(value: &str) -> Option<Origin> {
    let mut parts = value.splitn(4, ' ');
    let username = parts.next().filter(|name| !name.is_empty())?.to_owned();
    let session_id = number(parts.next()?)?;
    let version = number(parts.next()?)?;
    Some(Origin { username, session_id, version, address: parse_network(parts.next()?)? })
}

/// Checks an `o=` of any maker: six parts; numbers may be longer than ours and hosts may be names.
fn check_origin(value: &str) -> Result<(), SdpError> {
    let parts: Vec<&str> = value.split(' ').collect();
    let [_, id, version, "IN", "IP4" | "IP6", _] = parts.as_slice() else {
        return Err(SdpError("an o= line that is none"));
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(id) && digits(version) && parts.iter().all(|part| !part.is_empty()) {
        Ok(())
    } else {
        Err(SdpError("an o= line that is none"))
    }
}

fn parse_media(value: &str) -> Result<Media, SdpError> {
    let bad = SdpError("an m= line that is none");
    let mut parts = value.split(' ').filter(|part| !part.is_empty());
    let kind = parts.next().ok_or(bad)?.to_owned();
    let port = parts.next().ok_or(bad)?;
    // `port/count` describes several streams; telephones do not use it.
    let port = number(port).ok_or(SdpError("an m= line whose port is no number"))?;
    let protocol = parts.next().ok_or(bad)?.to_owned();
    let formats: Vec<String> = parts.map(str::to_owned).collect();
    if formats.is_empty() { Err(bad) } else { Ok(Media { kind, port, protocol, formats, lines: Vec::new() }) }
}

impl std::str::FromStr for Sdp {
    type Err = SdpError;
    /// Lines end with CR LF; LF alone is taken too (RFC 8866 5).
    fn from_str(text: &str) -> Result<Self, SdpError> {
        let mut sdp = Self { session: Vec::new(), media: Vec::new() };
        let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        for (count, line) in lines.filter(|line| !line.is_empty()).enumerate() {
            if count >= MAX_LINES {
                return Err(SdpError("more lines than a telephone sends"));
            }
            let (kind, value) = line.split_once('=').ok_or(SdpError("a line without ="))?;
            let mut letters = kind.chars();
            let (Some(kind @ 'a'..='z'), None) = (letters.next(), letters.next()) else {
                return Err(SdpError("a line whose type is not one letter"));
            };
            if has_control(&value.replace('\t', " ")) {
                return Err(SdpError("a control character"));
            }
            if (count == 0) != (kind == 'v') || (kind == 'v' && value != "0") {
                return Err(SdpError("it does not begin with v=0"));
            }
            match (kind, sdp.media.last_mut()) {
                ('m', _) => sdp.media.push(parse_media(value)?),
                (_, Some(media)) => media.lines.push(Line { kind, value: value.to_owned() }),
                (_, None) => sdp.session.push(Line { kind, value: value.to_owned() }),
            }
        }
        let mut origins = sdp.session.iter().filter(|line| line.kind == 'o');
        let origin = origins.next().ok_or(SdpError("no o= line"))?;
        check_origin(&origin.value)?;
        if origins.next().is_some() { Err(SdpError("two o= lines")) } else { Ok(sdp) }
    }
}

impl fmt::Display for Sdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write_lines = |f: &mut fmt::Formatter<'_>, lines: &[Line]| {
            lines.iter().try_for_each(|line| write!(f, "{}={}\r\n", line.kind, line.value))
        };
        write_lines(f, &self.session)?;
        for media in &self.media {
            write!(f, "m={} {} {} {}\r\n", media.kind, media.port, media.protocol, media.formats.join(" "))?;
            write_lines(f, &media.lines)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Sdp {
    type Error = SdpError;
    fn try_from(text: String) -> Result<Self, SdpError> {
        text.parse()
    }
}

impl From<Sdp> for String {
    fn from(sdp: Sdp) -> Self {
        sdp.to_string()
    }
}
