//! What a telephone says about its audio, reduced to what joining two of them needs.
//!
//! Promises: G.711 and telephone events only, so that the answer of one phone is always an offer the other understands and
//! flow II's ping-pong of RFC 3725 cannot begin; equal values mean equal media, whoever wrote them down (`o=`, `s=` and
//! unknown attributes are gone); what is printed has exactly the `m=` lines of the offer it answers. Leaves to others:
//! whole descriptions ([`crate::sdp`]) and when to offer or answer (the sibling files).

use crate::media::Codec;
use crate::sdp::{Direction, Media, Sdp};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::net::SocketAddr;

/// One payload type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Format {
    /// Its number in `m=`.
    pub(crate) number: u8,
    /// What it is.
    pub(crate) encoding: Encoding,
    /// Its `a=fmtp` as the phone wrote it.
    pub(crate) parameters: Option<String>,
}

/// What we let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Encoding {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// DTMF (RFC 4733).
    TelephoneEvent,
}

impl Encoding {
    /// The codec, where it is one.
    const fn codec(self) -> Option<Codec> {
        match self {
            Self::Pcmu => Some(Codec::Pcmu),
            Self::Pcma => Some(Codec::Pcma),
            Self::TelephoneEvent => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::TelephoneEvent => "telephone-event",
        }
    }

    fn of(encoding: &str) -> Option<Self> {
        // `/1` is the one channel that is meant without it.
        let plain = encoding.strip_suffix("/1").unwrap_or(encoding);
        let (name, rate) = plain.split_once('/')?;
        let known = [Self::Pcmu, Self::Pcma, Self::TelephoneEvent];
        known.into_iter().find(|known| rate == "8000" && known.name().eq_ignore_ascii_case(name))
    }
}

/// A phone's audio: where it listens, to what, and which way sound flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Audio {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it takes, in its order; at least one codec among them.
    pub(crate) formats: Vec<Format>,
    /// Which way sound flows, as this phone sees it.
    pub(crate) direction: Direction,
    /// How many milliseconds a packet holds, where it says so.
    pub(crate) packet_time: Option<u16>,
}

/// Who makes a description: its `o=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Author {
    /// The session's number.
    pub(crate) session: u64,
    /// Grows with every description that says something new.
    pub(crate) version: u64,
}

impl Audio {
    /// The offer a phone is called with before its partner is known.
    pub(crate) fn ours(address: SocketAddr) -> Self {
        let format = |number, encoding| Format { number, encoding, parameters: None };
        let events = Format { parameters: Some("0-16".to_owned()), ..format(101, Encoding::TelephoneEvent) };
        Self {
            address,
            formats: vec![format(8, Encoding::Pcma), format(0, Encoding::Pcmu), events],
            direction: Direction::SendRecv,
            packet_time: Some(20),
        }
    }

    /// What a description says; `None` where there is no plain RTP audio that is on, or nothing but codecs we do not pass.
    pub(crate) fn of(sdp: &Sdp) -> Option<Self> {
        let address = sdp.audio_address()?;
        let medium = sdp.audio().filter(|medium| medium.protocol.eq_ignore_ascii_case("RTP/AVP"))?;
        let formats: Vec<Format> =
            medium.formats.iter().filter_map(|number| read_format(medium, number)).collect();
        formats.iter().find_map(|format| format.encoding.codec())?;
        let packet_time = medium.attributes("ptime").find_map(|value| value.parse().ok());
        Some(Self { address, formats, direction: sdp.direction(), packet_time })
    }

    /// The codec it likes best.
    pub(crate) fn codec(&self) -> Option<Codec> {
        self.formats.iter().find_map(|format| format.encoding.codec())
    }

    /// Whether a partner who was told `before` may go on as it is now that this is true: same place, same direction, and
    /// everything the partner sends (what it named itself) is still taken.
    pub(crate) fn still_serves(&self, before: &Self, partner: &Self) -> bool {
        let takes = |encoding| self.formats.iter().any(|format| format.encoding == encoding);
        let sends_only_what_is_taken = partner
            .formats
            .iter()
            .filter(|format| format.encoding.codec().is_some())
            .all(|f| takes(f.encoding));
        self.address == before.address && self.direction == before.direction && sends_only_what_is_taken
    }

    /// The same audio as the answer to an offer: only what the offer takes, with the direction that fits its own (RFC 3264
    /// 6.1). The payload types stay: they are those that this audio's owner listens for. `None`: nothing in common.
    pub(crate) fn answering(&self, offer: &Self) -> Option<Self> {
        let taken = |encoding| offer.formats.iter().any(|format| format.encoding == encoding);
        let formats: Vec<Format> =
            self.formats.iter().filter(|format| taken(format.encoding)).cloned().collect();
        formats.iter().find_map(|format| format.encoding.codec())?;
        Some(Self {
            formats,
            direction: answering_direction(self.direction, offer.direction),
            ..self.clone()
        })
    }

    /// The body that offers this audio.
    pub(crate) fn offer_body(&self, author: &Author, host: &crate::uri::Host) -> Vec<u8> {
        let mut body = self.head(author, host);
        self.write_medium(&mut body);
        body.into_bytes()
    }

    /// The body that answers an offer with this audio: one `m=` line for each of the offer's, the others refused.
    pub(crate) fn answer_body(&self, offer: &Sdp, author: &Author, host: &crate::uri::Host) -> Vec<u8> {
        let mut body = self.head(author, host);
        let mut answered = false;
        for medium in &offer.media {
            if !answered && medium.kind == "audio" && medium.port != 0 {
                answered = true;
                self.write_medium(&mut body);
            } else {
                let formats = medium.formats.join(" ");
                write_line(&mut body, format_args!("m={} 0 {} {formats}", medium.kind, medium.protocol));
            }
        }
        body.into_bytes()
    }

    fn head(&self, author: &Author, host: &crate::uri::Host) -> String {
        let mut body = String::with_capacity(320);
        let Author { session, version } = author;
        // A host name counts as IP4: the address type tells which kind of address the name leads to.
        let kind = if matches!(host, crate::uri::Host::V6(_)) { "IP6" } else { "IP4" };
        let name = match host.address() {
            Some(address) => address.to_string(),
            None => host.to_string(),
        };
        let listens = if self.address.is_ipv4() { "IP4" } else { "IP6" };
        write_line(&mut body, format_args!("v=0"));
        write_line(&mut body, format_args!("o=- {session} {version} IN {kind} {name}"));
        write_line(&mut body, format_args!("s=-"));
        write_line(&mut body, format_args!("c=IN {listens} {}", self.address.ip()));
        write_line(&mut body, format_args!("t=0 0"));
        body
    }

    fn write_medium(&self, body: &mut String) {
        let _ = write!(body, "m=audio {} RTP/AVP", self.address.port());
        for format in &self.formats {
            let _ = write!(body, " {}", format.number);
        }
        body.push_str("\r\n");
        for Format { number, encoding, parameters } in &self.formats {
            write_line(body, format_args!("a=rtpmap:{number} {}/8000", encoding.name()));
            if let Some(parameters) = parameters {
                write_line(body, format_args!("a=fmtp:{number} {parameters}"));
            }
        }
        if let Some(packet_time) = self.packet_time {
            write_line(body, format_args!("a=ptime:{packet_time}"));
        }
        write_line(body, format_args!("a={}", self.direction.as_str()));
    }
}

/// Writing into a String cannot fail.
fn write_line(body: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = write!(body, "{line}\r\n");
}

fn read_format(medium: &Media, number: &str) -> Option<Format> {
    let encoding = Encoding::of(medium.encoding(number)?)?;
    let parameters = medium
        .attributes("fmtp")
        .find_map(|value| value.split_once(' ').filter(|(known, _)| *known == number))
        .map(|(_, parameters)| parameters.to_owned());
    Some(Format { number: number.parse().ok()?, encoding, parameters })
}

const fn answering_direction(ours: Direction, offer: Direction) -> Direction {
    match (ours, offer) {
        (Direction::SendRecv, Direction::SendRecv) => Direction::SendRecv,
        (Direction::SendRecv | Direction::SendOnly, Direction::RecvOnly)
        | (Direction::SendOnly, Direction::SendRecv) => Direction::SendOnly,
        (Direction::SendRecv | Direction::RecvOnly, Direction::SendOnly)
        | (Direction::RecvOnly, Direction::SendRecv) => Direction::RecvOnly,
        (Direction::Inactive, _)
        | (_, Direction::Inactive)
        | (Direction::SendOnly, Direction::SendOnly)
        | (Direction::RecvOnly, Direction::RecvOnly) => Direction::Inactive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 9 0 8 96\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\n\
        a=fmtp:96 0-15\r\na=sendonly\r\nm=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n";

    fn phone() -> Sdp {
        PHONE.parse().expect("a good description")
    }

    #[test]
    fn of_a_phones_codecs_only_g711_and_telephone_events_are_left() {
        let audio = Audio::of(&phone()).expect("it has G.711");
        let numbers: Vec<u8> = audio.formats.iter().map(|format| format.number).collect();
        assert_eq!(numbers, [0, 8, 96]);
        assert_eq!(audio.address, "192.0.2.1:4000".parse().expect("an address"));
        assert_eq!(audio.direction, Direction::SendOnly);
        assert_eq!(audio.codec(), Some(Codec::Pcmu));
    }

    #[test]
    fn a_phone_without_g711_or_without_plain_rtp_has_nothing_for_us() {
        let without = PHONE.replace(" 0 8 96", "").replace("a=rtpmap:0 PCMU/8000\r\n", "");
        assert_eq!(Audio::of(&without.parse().expect("good")), None);
        assert_eq!(Audio::of(&PHONE.replace("RTP/AVP 9", "RTP/SAVP 9").parse().expect("good")), None);
        assert_eq!(Audio::of(&PHONE.replace("audio 4000", "audio 0").parse().expect("good")), None);
    }

    #[test]
    fn an_answer_has_an_m_line_for_each_of_the_offer_and_the_direction_that_fits() {
        let offer = Audio::of(&phone()).expect("it has G.711");
        let ours = Audio::ours("192.0.2.9:6000".parse().expect("an address"))
            .answering(&offer)
            .expect("G.711 in common");
        let author = Author { session: 7, version: 2 };
        let host = "192.0.2.9".parse().expect("a host");
        let body = String::from_utf8(ours.answer_body(&phone(), &author, &host)).expect("text");
        assert_eq!(
            body,
            "v=0\r\no=- 7 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
             m=audio 6000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=recvonly\r\n\
             m=video 0 RTP/AVP 99\r\n"
        );
    }

    #[test]
    fn what_is_printed_reads_as_the_same_audio() {
        let audio = Audio::ours("[2001:db8::1]:6000".parse().expect("an address"));
        let host = "2001:db8::2".parse::<std::net::IpAddr>().expect("an address").into();
        let body = audio.offer_body(&Author { session: 1, version: 1 }, &host);
        assert_eq!(Audio::of(&Sdp::parse(&body).expect("ours is good")), Some(audio));
    }
}
