//! G.711: 16-bit samples to µ-law and A-law bytes.
//!
//! Promises: the values of ITU-T G.711. Leaves to others: what the samples are.

/// The byte of a sample in µ-law.
pub(super) fn mu_law(sample: i16) -> u8 {
    const BIAS: u32 = 0x84;
    const CLIP: u32 = 32_635;
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = u32::from(sample.unsigned_abs()).min(CLIP) + BIAS;
    // The bias makes bit 7 or a higher one the first that is set.
    let exponent = magnitude.ilog2().saturating_sub(7);
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !low_byte(sign | (exponent << 4) | mantissa)
}

/// The byte of a sample in A-law.
pub(super) fn a_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    // Negative values are mirrored so that -1 comes to 0, as in the reference code of G.191.
    let magnitude = u32::from(if sample < 0 { !sample } else { sample }.unsigned_abs()) >> 4;
    let code = match magnitude.checked_ilog2() {
        Some(bits) if bits >= 5 => ((bits - 3) << 4) | ((magnitude >> (bits - 4)) & 0x0f),
        Some(_) | None => magnitude,
    };
    low_byte(sign | code) ^ 0x55
}

fn low_byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_the_loudest_samples_have_their_known_bytes() {
        assert_eq!([0, i16::MAX, i16::MIN].map(mu_law), [0xff, 0x80, 0x00]);
        assert_eq!([0, i16::MAX, i16::MIN].map(a_law), [0xd5, 0xaa, 0x2a]);
    }

    #[test]
    fn samples_of_each_segment_have_their_known_bytes() {
        assert_eq!(
            [100, 1000, 5000, 10_000, 20_000, -1000].map(mu_law),
            [0xf2, 0xce, 0xab, 0x9c, 0x8c, 0x4e]
        );
        assert_eq!([100, 1000, 5000, 10_000, 20_000, -1000].map(a_law), [0xd3, 0xfa, 0x86, 0xb6, 0xa6, 0x7a]);
    }
}
