//! The frames of all tones, made once.
//!
//! Promises: North American tones: ringback 440 + 480 Hz, two seconds on and four off; busy 480 + 620 Hz, half a second on
//! and off; -19 and -24 dBm0 a frequency, as exchanges send them. For a test of a phone, 440 Hz without a break. Leaves to
//! others: packets.

use super::g711::{a_law, mu_law};
use ringbridge_sip::media::{Codec, ToneKind};
use std::f64::consts::TAU;

/// The samples of a frame.
const SAMPLES: usize = 160;
/// The bytes of a frame.
type Frame = [u8; SAMPLES];

/// One cycle of each tone in each codec.
pub(super) struct Frames {
    silence: PerCodec,
    ringback: PerCodec,
    busy: PerCodec,
    test: PerCodec,
}

struct PerCodec {
    pcmu: Vec<Frame>,
    pcma: Vec<Frame>,
}

/// A tone: its frequencies, the amplitude of each, and its cadence in frames.
struct Tone {
    hertz: [f64; 2],
    amplitude: f64,
    on: usize,
    off: usize,
}

/// The amplitude of a sine of 0 dBm0: 3.17 dB below the loudest (G.711 table 5).
const ZERO_DBM0: f64 = 32_768.0 * 0.694;

impl Frames {
    pub(super) fn new() -> Self {
        // 10^(-19/20) and 10^(-24/20).
        let ringback = Tone { hertz: [440.0, 480.0], amplitude: ZERO_DBM0 * 0.112, on: 100, off: 200 };
        let busy = Tone { hertz: [480.0, 620.0], amplitude: ZERO_DBM0 * 0.063, on: 25, off: 25 };
        let silence = Tone { hertz: [0.0, 0.0], amplitude: 0.0, on: 0, off: 1 };
        // A second has 440 whole waves, so that nothing clicks where the cycle begins anew.
        let test = Tone { hertz: [440.0, 0.0], amplitude: ZERO_DBM0 * 0.112, on: 50, off: 0 };
        Self {
            silence: silence.encode(),
            ringback: ringback.encode(),
            busy: busy.encode(),
            test: test.encode(),
        }
    }

    /// The frame at a place of a tone, round and round.
    pub(super) fn frame(&self, kind: ToneKind, codec: Codec, place: usize) -> Frame {
        let per_codec = match kind {
            ToneKind::Silence => &self.silence,
            ToneKind::Ringback => &self.ringback,
            ToneKind::Busy => &self.busy,
            ToneKind::Test => &self.test,
        };
        let cycle = match codec {
            Codec::Pcmu => &per_codec.pcmu,
            Codec::Pcma => &per_codec.pcma,
        };
        cycle.get(place % cycle.len().max(1)).copied().unwrap_or([0xff; SAMPLES])
    }
}

impl Tone {
    fn encode(&self) -> PerCodec {
        let frames = self.on + self.off;
        let samples: Vec<i16> = (0..frames * SAMPLES).map(|at| self.sample(at)).collect();
        let encoded = |encode: fn(i16) -> u8| -> Vec<Frame> {
            let (chunks, _) = samples.as_chunks::<SAMPLES>();
            chunks.iter().map(|chunk| chunk.map(encode)).collect()
        };
        PerCodec { pcmu: encoded(mu_law), pcma: encoded(a_law) }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "small numbers, bounded amplitude"
    )]
    fn sample(&self, at: usize) -> i16 {
        if at >= self.on * SAMPLES {
            return 0;
        }
        let seconds = at as f64 / 8000.0;
        let sum: f64 = self.hertz.iter().map(|hertz| (TAU * hertz * seconds).sin()).sum();
        (sum * self.amplitude) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of these frames are silent.
    fn silent(kind: ToneKind, codec: Codec, places: impl Iterator<Item = usize>) -> Vec<bool> {
        let frames = Frames::new();
        let silence = match codec {
            Codec::Pcmu => [0xff; SAMPLES],
            Codec::Pcma => [0xd5; SAMPLES],
        };
        places.map(|place| frames.frame(kind, codec, place) == silence).collect()
    }

    #[test]
    fn ringback_sounds_for_two_seconds_and_is_silent_for_four() {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            let expected: Vec<bool> = (0..600).map(|place| place % 300 >= 100).collect();
            assert_eq!(silent(ToneKind::Ringback, codec, 0..600), expected);
        }
    }

    #[test]
    fn busy_sounds_and_is_silent_for_half_a_second_each() {
        let expected: Vec<bool> = (0..100).map(|place| place % 50 >= 25).collect();
        assert_eq!(silent(ToneKind::Busy, Codec::Pcmu, 0..100), expected);
    }

    #[test]
    fn a_test_tone_has_no_break() {
        assert_eq!(silent(ToneKind::Test, Codec::Pcma, 0..250), vec![false; 250]);
    }

    #[test]
    fn silence_is_silent() {
        assert_eq!(silent(ToneKind::Silence, Codec::Pcma, 0..3), [true, true, true]);
    }
}
