//! An exponential that is the same bit for bit natively and in wasm, and that compilers turn into vector instructions.

/// Below this e^x is taken for 0: results would soon be no normal numbers.
const LEAST: f32 = -87.0;
/// ln 2 in two parts, of which the first has so few digits that its multiples by whole numbers up to 128 are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Adding it leaves no digits after the point, and the whole number in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;

/// e^x for x of −∞ to 0 with a relative error of at most 2·10⁻⁷; 0 below −87, and for NaN.
///
/// x = k·ln 2 + r with a whole k and |r| ≤ ln 2 / 2; e^r is the polynomial of degree 7 of Moshier's Cephes (`expf`), and k goes
/// into the exponent. Nothing in it branches, is fused or comes from a library, so eight of them in a loop are as one.
#[inline(always)]
#[allow(clippy::inline_always)] // A call here would keep the loop around it from becoming vector instructions.
pub(super) fn exp_of_negative(x: f32) -> f32 {
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let k = shifted - ROUNDER;
    let r = x - k * LN_2_HIGH - k * LN_2_LOW;
    let mut polynomial = 1.987_569_1e-4_f32;
    polynomial = polynomial * r + 1.398_199_9e-3;
    polynomial = polynomial * r + 8.333_452e-3;
    polynomial = polynomial * r + 4.166_579_6e-2;
    polynomial = polynomial * r + 1.666_666_6e-1;
    polynomial = polynomial * r + 0.5;
    let power = polynomial * (r * r) + r + 1.0;
    // The bits of 2^k times the power: k is in the lowest bits of the sum above, and goes where the exponent is.
    let scaled = f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23));
    if x >= LEAST { scaled } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential_to_two_parts_in_ten_million() {
        let mut worst = 0.0f64;
        for step in 0..=8_700_000 {
            let x = -step as f32 * 1e-5;
            let expected = libm::exp(f64::from(x));
            let error = (f64::from(exp_of_negative(x)) - expected).abs() / expected;
            worst = worst.max(error);
        }
        assert!(worst <= 2e-7, "{worst:e}");
    }

    /// A machine or a compiler that rounds otherwise gives other bits: FNV-1a over a million results.
    #[test]
    fn the_bits_are_the_same_everywhere() {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for step in 0..1_000_000_u32 {
            let x = -(step as f32) * (87.0 / 1e6);
            hash ^= u64::from(exp_of_negative(x).to_bits());
            hash = hash.wrapping_mul(0x0100_0000_01b3);
        }
        assert_eq!(hash, 0x595d_efcb_6657_ae23, "{hash:#x}");
    }

    #[test]
    fn what_is_too_small_is_nothing() {
        let least = [
            -87.000_01,
            -1e3,
            -1e30,
            f32::MIN,
            f32::NEG_INFINITY,
            f32::NAN,
        ];
        assert_eq!(least.map(exp_of_negative), [0.0; 6]);
        let largest = [0.0, -0.0, -1e-30];
        assert_eq!(largest.map(exp_of_negative), [1.0; 3]);
    }
}
