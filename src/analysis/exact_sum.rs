//! Sums of `f32` without rounding, so that the order of adding cannot matter.
//!
//! Every finite `f32` is an integer times 2⁻¹⁴⁹. The sum is kept as one long integer in that unit, in digits of 32 bits
//! held in 64, so that digits take two billion additions before a carry must be passed on.

/// 277 bits for the largest value and its unit, and as many more as anyone can add.
const DIGITS: usize = 12;

/// An exact sum of `f32` values. Equal sums are equal byte for byte once [`normalise`](Self::normalise)d.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExactSum {
    digits: [i64; DIGITS],
}

impl ExactSum {
    /// Adds a finite value. [`normalise`](Self::normalise) must follow before two billion more.
    #[inline]
    pub fn add(&mut self, value: f32) {
        self.add_times(value, 1);
    }

    /// Adds a finite value `times` times, which counts as so many additions.
    #[inline]
    pub fn add_times(&mut self, value: f32, times: u64) {
        let bits = value.to_bits();
        let exponent = bits >> 23 & 0xff;
        let fraction = bits & 0x007f_ffff;
        // Subnormals share the smallest exponent and lack the leading one.
        let (mantissa, shift) = if exponent == 0 {
            (fraction, 0)
        } else {
            (fraction | 0x0080_0000, exponent - 1)
        };
        let shifted = u64::from(mantissa) << (shift & 31);
        let (low, high) = ((shifted & 0xffff_ffff) as i64, (shifted >> 32) as i64);
        let times = (1 - 2 * i64::from(bits >> 31)) * times as i64;
        // At most 7; the mask spares a check of bounds.
        let digit = (shift >> 5) as usize & 7;
        self.digits[digit] += times * low;
        self.digits[digit + 1] += times * high;
    }

    /// Passes the carries on: all digits but the last become 0 to 2³²−1.
    pub fn normalise(&mut self) {
        let mut carry = 0;
        for digit in &mut self.digits[..DIGITS - 1] {
            let sum = *digit + carry;
            *digit = sum & 0xffff_ffff;
            carry = sum >> 32;
        }
        self.digits[DIGITS - 1] += carry;
    }

    /// Adds another sum; both and the result are normalised.
    pub fn merge(&mut self, other: &Self) {
        for (digit, other) in self.digits.iter_mut().zip(other.digits) {
            *digit += other;
        }
        self.normalise();
    }

    /// The sum, to within a few units in the last place of `f64`.
    pub fn value(&self) -> f64 {
        let mut digits = self.clone();
        digits.normalise();
        let negative = digits.digits[DIGITS - 1] < 0;
        if negative {
            for digit in &mut digits.digits {
                *digit = -*digit;
            }
            digits.normalise();
        }
        let mut value = 0.0;
        for (i, &digit) in digits.digits.iter().enumerate().rev() {
            value += digit as f64 * libm::ldexp(1.0, 32 * i as i32 - 149);
        }
        if negative { -value } else { value }
    }
}

crate::record::record!(ExactSum { digits });

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(values: &[f32]) -> ExactSum {
        let mut sum = ExactSum::default();
        for &value in values {
            sum.add(value);
        }
        sum.normalise();
        sum
    }

    #[test]
    fn a_value_added_often_is_the_sum_of_as_many() {
        for value in [3.7_f32, -1e30, 1e-40] {
            let mut often = ExactSum::default();
            often.add_times(value, 1000);
            often.normalise();
            assert_eq!(often, sum(&[value; 1000]));
        }
    }

    #[test]
    fn small_values_are_not_lost_in_large_ones() {
        assert_eq!(
            sum(&[f32::MAX, 1.0, 1e-45, -f32::MAX]).value(),
            1.0 + f64::from(1e-45_f32)
        );
        assert_eq!(sum(&[-0.5, -0.25]).value(), -0.75);
        assert_eq!(sum(&[f32::MAX; 100]).value(), f64::from(f32::MAX) * 100.0);
        assert_eq!(sum(&[]).value(), 0.0);
    }

    proptest! {
        #[test]
        fn the_order_of_adding_and_merging_does_not_matter(bits in prop::collection::vec(any::<u32>(), 0..60), cut in 0_usize..60) {
            let values: Vec<f32> = bits.iter().map(|&bits| f32::from_bits(bits)).filter(|value| value.is_finite()).collect();
            let (left, right) = values.split_at(cut.min(values.len()));
            let (mut ab, mut ba) = (sum(left), sum(right));
            ab.merge(&sum(right));
            ba.merge(&sum(left));
            prop_assert_eq!(&ab, &ba);
            prop_assert_eq!(ab, sum(&values));
        }
    }
}
