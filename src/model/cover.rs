//! Covers: how much training weight ended in each leaf of the classifier, which is what an explanation weighs the ways
//! with that a row did not go.
//!
//! A cover is stored as a byte on a scale of eight steps an octave: code c stands for a weight of 2^(c / 8), so a cover is
//! at most 4.4 % off. A split's cover is the sum of its leaves', so what is stored always fits together.

/// 2^(k / 8) for k from 0 to 7, in 1/65536.
const STEPS: [u64; 8] = [
    65_536, 71_468, 77_936, 84_990, 92_682, 101_070, 110_218, 120_194,
];
/// 2^((k + 1/2) / 8), likewise: from here on the next step is nearer.
const BETWEEN: [u64; 8] = [
    68_438, 74_632, 81_386, 88_752, 96_785, 105_545, 115_098, 125_515,
];
/// Fractional bits of a cover.
const UNIT_BITS: u32 = 16;

/// The code of a weight, the nearest there is; 0 for no weight at all.
pub fn code_of(weight: u64) -> u8 {
    let octave = weight.max(1).ilog2();
    if octave > 31 {
        return u8::MAX;
    }
    // The weight as 1 to 2, in 1/65536.
    let mantissa = (u128::from(weight.max(1)) << UNIT_BITS >> octave) as u64;
    let step = BETWEEN.iter().filter(|&&bound| mantissa >= bound).count();
    (8 * octave as usize + step).min(255) as u8
}

/// The weight that a code stands for, in 1/65536: below 2^48, so that those of a whole tree add up in 64 bits.
pub fn weight_of(code: u8) -> u64 {
    STEPS[usize::from(code % 8)] << (code / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_for_weights_that_are_near() {
        for weight in (1..5000u64).chain([123_456, 1 << 28, (1 << 31) - 1, 1 << 31]) {
            let stands_for = weight_of(code_of(weight)) as f64 / 65_536.0;
            let ratio = stands_for / weight as f64;
            assert!((0.957..1.045).contains(&ratio), "{weight}: {stands_for}");
        }
        assert_eq!(
            [code_of(0), code_of(1), code_of(2), code_of(256)],
            [0, 0, 8, 64]
        );
        assert_eq!(code_of(u64::MAX), 255);
    }

    #[test]
    fn every_code_comes_back() {
        // Lower ones stand for weights that are no integers.
        for code in 40..=255 {
            assert_eq!(code_of((weight_of(code) + (1 << 15)) >> 16), code);
        }
        assert!((0..255).all(|code| weight_of(code) < weight_of(code + 1)));
    }
}
