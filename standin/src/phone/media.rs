//! RTP of a phone: a tone out, a count in.
//!
//! Promises: one packet of G.711 every 20 ms while there is somewhere to send, and every packet that arrives is counted,
//! whoever sent it. Leaves to others: where to send (`call`), playing anything: nobody listens.

use super::RtpCount;
use ringbridge_sip::media::Codec;
use std::{
    f64::consts::TAU,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::UdpSocket,
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

/// The samples of one packet: 20 ms at 8 kHz.
const SAMPLES: u16 = 160;

/// How loud the tone is: a quarter of full scale.
const AMPLITUDE: f64 = 8000.0;

/// Where the tone goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sink {
    /// The far end's RTP address.
    pub(crate) to: SocketAddr,
    /// How it wants it.
    pub(crate) codec: Codec,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
}

/// The phone's RTP socket and its task, which ends with it.
#[derive(Debug)]
pub(crate) struct Media {
    address: SocketAddr,
    sink: watch::Sender<Option<Sink>>,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Media {
    /// Opens any free port on the phone's address.
    pub(crate) async fn open(host: SocketAddr, tone: u16) -> io::Result<Self> {
        let socket = UdpSocket::bind(SocketAddr::new(host.ip(), 0)).await?;
        let address = socket.local_addr()?;
        let (sink, told) = watch::channel(None);
        let counts = Arc::new(Counts::default());
        let task = tokio::spawn(run(socket, told, tone, Arc::clone(&counts)));
        Ok(Self { address, sink, counts, task })
    }

    /// Where it receives.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends there from now on, or nowhere.
    pub(crate) fn send_to(&self, sink: Option<Sink>) {
        self.sink.send_if_modified(|current| {
            let changed = *current != sink;
            *current = sink;
            changed
        });
    }

    /// Starts counting again: a new call.
    pub(crate) fn reset(&self) {
        self.counts.sent.store(0, Ordering::Relaxed);
        self.counts.received.store(0, Ordering::Relaxed);
    }

    /// The packets since.
    pub(crate) fn count(&self) -> RtpCount {
        RtpCount {
            sent: self.counts.sent.load(Ordering::Relaxed),
            received: self.counts.received.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sends and counts until it is aborted.
async fn run(socket: UdpSocket, mut told: watch::Receiver<Option<Sink>>, tone: u16, counts: Arc<Counts>) {
    let mut stream = Stream::new(tone);
    let mut buffer = [0; 2048];
    let mut tick = interval(Duration::from_millis(20));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        let sink = *told.borrow_and_update();
        tokio::select! {
            changed = told.changed() => {
                if changed.is_err() {
                    return;
                }
                // The pause was not media time that anybody waits for.
                tick.reset();
            }
            _ = tick.tick(), if sink.is_some() => {
                if let Some(sink) = sink
                    && socket.send_to(&stream.packet(sink.codec), sink.to).await.is_ok()
                {
                    counts.sent.fetch_add(1, Ordering::Relaxed);
                }
            }
            received = socket.recv_from(&mut buffer) => {
                // 12 bytes of RTP header, version 2; anything else on this port is no sound.
                if received.is_ok_and(|(length, _)| length >= 12) && buffer[0] >> 6 == 2 {
                    counts.received.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// The RTP stream of a phone: sequence, timestamp and the tone's phase.
struct Stream {
    sequence: u16,
    timestamp: u32,
    phase: f64,
    step: f64,
}

impl Stream {
    fn new(tone: u16) -> Self {
        Self { sequence: 0, timestamp: 0, phase: 0.0, step: TAU * f64::from(tone) / 8000.0 }
    }

    /// The next packet.
    fn packet(&mut self, codec: Codec) -> Vec<u8> {
        let mut packet = Vec::with_capacity(12 + usize::from(SAMPLES));
        packet.extend_from_slice(&[0x80, codec.payload_type()]);
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(b"tone");
        for _ in 0..SAMPLES {
            #[expect(clippy::cast_possible_truncation, reason = "the amplitude is far below i16's range")]
            let sample = (self.phase.sin() * AMPLITUDE) as i16;
            self.phase = (self.phase + self.step) % TAU;
            packet.push(match codec {
                Codec::Pcmu => mu_law(sample),
                Codec::Pcma => a_law(sample),
            });
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(u32::from(SAMPLES));
        packet
    }
}

/// G.711 µ-law: sign, segment and mantissa of the biased magnitude, all bits inverted.
fn mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(32_635) + 132;
    let segment = magnitude.ilog2().saturating_sub(7);
    let mantissa = (magnitude >> (segment + 3)) & 0x0F;
    !(sign | (low_byte(segment) << 4) | low_byte(u32::from(mantissa)))
}

/// G.711 A-law: sign, segment and mantissa of the magnitude, every second bit inverted.
fn a_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let magnitude = if sample < 0 { !sample } else { sample }.unsigned_abs() >> 3;
    let (segment, mantissa) = if magnitude < 32 {
        (0, magnitude >> 1)
    } else {
        let segment = magnitude.ilog2() - 4;
        (segment, magnitude >> segment)
    };
    (sign | (low_byte(segment) << 4) | low_byte(u32::from(mantissa & 0x0F))) ^ 0x55
}

/// The lowest eight bits.
const fn low_byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g711_is_as_the_tables_of_the_recommendation_have_it() {
        assert_eq!([0, -1, 1000, -1000, 32_635, -32_635].map(mu_law), [0xFF, 0x7F, 0xCE, 0x4E, 0x80, 0x00]);
        assert_eq!([0, -1, 1000, -1000, 32_767, -32_768].map(a_law), [0xD5, 0x55, 0xFA, 0x7A, 0xAA, 0x2A]);
    }

    #[test]
    fn packets_follow_each_other() {
        let mut stream = Stream::new(440);
        let (first, second) = (stream.packet(Codec::Pcma), stream.packet(Codec::Pcma));
        assert_eq!(first.len(), 172);
        assert_eq!(&second[..12], [0x80, 8, 0, 1, 0, 0, 0, 160, b't', b'o', b'n', b'e']);
        assert_ne!(first[12..], second[12..], "the tone goes on where it was");
    }
}
