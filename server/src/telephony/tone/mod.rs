//! Tones: what an agent's phone hears while the far end rings, as RTP from one shared socket.
//!
//! Promises: a packet each 20 ms for each call, sequence numbers and timestamps without gaps of our own, the marker on the
//! first packet of each tone; frames are made once at the start; a call that is forgotten falls silent by itself. Nothing
//! that arrives at the socket is read, so that nobody can steer it (SEC-39). Leaves to others: which call hears what.

mod frames;
mod g711;

use self::frames::Frames;
use crate::chance;
use ringbridge_core::id::TransactionId;
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::media::{Codec, ToneCommand, ToneKind};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

/// The samples of a packet: 20 ms at 8000 Hz.
const SAMPLES: u32 = 160;
/// The time between packets.
const PACKET: Duration = Duration::from_millis(20);
/// The packets after which a tone ends by itself: ten minutes, longer than anything rings.
const MAX_PACKETS: u32 = 10 * 60 * 50;
/// The most calls that hear tones at once: what one task can send every 20 ms.
const MAX_STREAMS: usize = 20_000;
/// How many changes may wait.
pub(super) const MAX_WAITING: usize = 4096;

/// What one call hears.
struct Stream {
    to: SocketAddr,
    kind: ToneKind,
    codec: Codec,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// The next frame of the tone's cycle.
    place: usize,
    marker: Marker,
    packets: u32,
}

/// Whether the next packet begins a tone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Set,
    Clear,
}

/// The tone source.
pub(super) struct ToneSource {
    socket: UdpSocket,
    frames: Frames,
    streams: BTreeMap<TransactionId, Stream>,
    ids: IdSource,
}

impl ToneSource {
    /// Opens the socket at any free port of this address.
    ///
    /// # Errors
    /// The system refuses it.
    pub(super) async fn bind(ip: IpAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((ip, 0)).await?;
        let ids = IdSource::new(u64::from_ne_bytes(chance::bytes()));
        Ok(Self { socket, frames: Frames::new(), streams: BTreeMap::new(), ids })
    }

    /// Where packets come from.
    ///
    /// # Errors
    /// The system does not say.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends until all handles are gone.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<(TransactionId, ToneCommand)>) {
        let mut ticks = tokio::time::interval(PACKET);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut last = Instant::now();
        loop {
            // Without a tone there is nothing to wake up for.
            if self.streams.is_empty() {
                let Some((call, command)) = commands.recv().await else { return };
                self.command(call, command);
                ticks.reset();
                last = Instant::now();
            }
            tokio::select! {
                command = commands.recv() => match command {
                    Some((call, command)) => self.command(call, command),
                    None => return,
                },
                now = ticks.tick() => {
                    let passed = now.saturating_duration_since(last).as_millis() / PACKET.as_millis();
                    last = now;
                    self.send(u32::try_from(passed).unwrap_or(u32::MAX).max(1));
                }
            }
        }
    }

    fn command(&mut self, call: TransactionId, command: ToneCommand) {
        match command {
            ToneCommand::Stop => {
                self.streams.remove(&call);
            }
            ToneCommand::Start { to, .. }
                if to.port() == 0 || to.ip().is_unspecified() || to.ip().is_multicast() =>
            {
                self.streams.remove(&call);
            }
            ToneCommand::Start { to, kind, codec } => self.start(call, to, kind, codec),
        }
    }

    fn start(&mut self, call: TransactionId, to: SocketAddr, kind: ToneKind, codec: Codec) {
        let is_full = self.streams.len() >= MAX_STREAMS;
        match self.streams.get_mut(&call) {
            Some(stream) if stream.kind == kind && stream.codec == codec => stream.to = to,
            Some(stream) => {
                (stream.to, stream.kind, stream.codec) = (to, kind, codec);
                (stream.place, stream.marker, stream.packets) = (0, Marker::Set, 0);
            }
            None if is_full => {
                tracing::warn!(%call, "too many calls hear tones; this one hears none");
            }
            None => {
                let stream = self.begin(to, kind, codec);
                self.streams.insert(call, stream);
            }
        }
    }

    /// A new stream. Where the clock begins is chance (RFC 3550 5.1), the packets' numbers begin low: some phones (baresip
    /// 1.0) keep their place when another source takes over, and what then has a lower number is too late for them.
    /// Phones begin below 2^15, so that low numbers are the ones that any phone goes on from.
    fn begin(&mut self, to: SocketAddr, kind: ToneKind, codec: Codec) -> Stream {
        let [a, b, c, d, e, f, g, h] = self.ids.bits().to_be_bytes();
        Stream {
            to,
            kind,
            codec,
            ssrc: u32::from_be_bytes([a, b, c, d]),
            sequence: 1,
            timestamp: u32::from_be_bytes([e, f, g, h]),
            place: 0,
            marker: Marker::Set,
            packets: 0,
        }
    }

    /// Sends each call its next packet. `passed` packets' time has gone by; where that is more than one, the media clock
    /// moves on and the frames between are not sent.
    fn send(&mut self, passed: u32) {
        let (frames, socket) = (&self.frames, &self.socket);
        self.streams.retain(|_, stream| {
            stream.timestamp = stream.timestamp.wrapping_add(SAMPLES.wrapping_mul(passed - 1));
            let packet = stream.next_packet(frames);
            // A packet that cannot be sent is one that is lost.
            let _ = socket.try_send_to(&packet, stream.to);
            stream.packets < MAX_PACKETS
        });
    }
}

impl Stream {
    /// The next packet: the fixed header of RFC 3550 5.1 and a frame.
    fn next_packet(&mut self, frames: &Frames) -> Vec<u8> {
        let marker = match self.marker {
            Marker::Set => 0x80,
            Marker::Clear => 0,
        };
        let mut packet = Vec::with_capacity(12 + SAMPLES as usize);
        packet.extend([0x80, marker | self.codec.payload_type()]);
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(frames.frame(self.kind, self.codec, self.place));
        self.marker = Marker::Clear;
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(SAMPLES);
        self.place += 1;
        self.packets += 1;
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet taken apart.
    #[derive(Debug, PartialEq, Eq)]
    struct Parts {
        marker: bool,
        payload_type: u8,
        sequence: u16,
        timestamp: u32,
        ssrc: u32,
        payload: Vec<u8>,
    }

    fn parts(packet: &[u8]) -> Parts {
        assert_eq!(packet[0], 0x80);
        Parts {
            marker: packet[1] & 0x80 != 0,
            payload_type: packet[1] & 0x7f,
            sequence: u16::from_be_bytes([packet[2], packet[3]]),
            timestamp: u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]),
            ssrc: u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]),
            payload: packet[12..].to_vec(),
        }
    }

    async fn source() -> ToneSource {
        ToneSource::bind([127, 0, 0, 1].into()).await.unwrap()
    }

    #[tokio::test]
    async fn packets_follow_each_other_without_gaps_and_the_first_is_marked() {
        let mut source = source().await;
        let frames = Frames::new();
        let mut stream = source.begin("127.0.0.1:4000".parse().unwrap(), ToneKind::Ringback, Codec::Pcma);
        stream.sequence = u16::MAX;
        stream.timestamp = u32::MAX - 159;
        let first = parts(&stream.next_packet(&frames));
        let second = parts(&stream.next_packet(&frames));
        assert_eq!(
            (first.marker, first.payload_type, first.sequence, first.timestamp),
            (true, 8, 65535, u32::MAX - 159)
        );
        assert_eq!((second.marker, second.payload_type, second.sequence, second.timestamp), (false, 8, 0, 0));
        assert_eq!((first.ssrc, first.payload.len()), (second.ssrc, 160));
    }

    #[tokio::test]
    async fn a_phone_hears_ringback_from_the_address_of_the_offer_until_it_is_stopped() {
        let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let source = source().await;
        let address = source.address().unwrap();
        let (commands, receiver) = mpsc::channel(4);
        let task = tokio::spawn(source.run(receiver));
        let start = ToneCommand::Start {
            to: phone.local_addr().unwrap(),
            kind: ToneKind::Ringback,
            codec: Codec::Pcmu,
        };
        commands.send((TransactionId(1), start)).await.unwrap();
        let mut heard = Vec::new();
        let mut buffer = [0; 400];
        for _ in 0..5 {
            let (length, from) = phone.recv_from(&mut buffer).await.unwrap();
            assert_eq!(from, address);
            heard.push(parts(&buffer[..length]));
        }
        assert_eq!(
            heard.iter().map(|packet| packet.marker).collect::<Vec<_>>(),
            [true, false, false, false, false]
        );
        let frames = Frames::new();
        assert_eq!(heard[0].payload, frames.frame(ToneKind::Ringback, Codec::Pcmu, 0));
        commands.send((TransactionId(1), ToneCommand::Stop)).await.unwrap();
        drop(commands);
        task.await.unwrap();
    }

    #[tokio::test]
    async fn another_tone_goes_on_in_the_same_stream_with_a_marker() {
        let mut source = source().await;
        let frames = Frames::new();
        let to = "127.0.0.1:4000".parse().unwrap();
        let call = TransactionId(1);
        source.command(call, ToneCommand::Start { to, kind: ToneKind::Silence, codec: Codec::Pcmu });
        let before = parts(&source.streams.get_mut(&call).unwrap().next_packet(&frames));
        source.command(call, ToneCommand::Start { to, kind: ToneKind::Busy, codec: Codec::Pcmu });
        let after = parts(&source.streams.get_mut(&call).unwrap().next_packet(&frames));
        assert_eq!((after.ssrc, after.marker), (before.ssrc, true));
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
        assert_eq!(after.timestamp, before.timestamp.wrapping_add(160));
    }

    #[tokio::test]
    async fn a_tone_to_nowhere_is_none() {
        let mut source = source().await;
        for to in ["0.0.0.0:4000", "127.0.0.1:0", "224.0.0.1:4000"] {
            let to = to.parse().unwrap();
            source.command(
                TransactionId(1),
                ToneCommand::Start { to, kind: ToneKind::Busy, codec: Codec::Pcmu },
            );
            assert!(source.streams.is_empty());
        }
    }
}
