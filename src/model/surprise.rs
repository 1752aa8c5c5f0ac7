//! How surprising a rank is: −log₂ of the share of reference rows that are at least as strange.
//!
//! Shares of different detectors compare with each other, and where several detectors each find a row somewhat strange, or one
//! of them very, that can be said as one number. In units of 1/4096 bit, all in integers but for a table made once.

use super::rank::{QUANTILE_STEPS, RANK_HIGH, RANK_LOW};

/// One bit of surprise.
pub(crate) const BIT: u32 = 4096;

/// Ranks above the strangest reference row's go on to this many bits.
const MOST_BITS: u32 = 24;

/// The table from ranks to surprise.
#[derive(Clone, Debug)]
pub(crate) struct Surprise {
    /// At each quantile: of the ranks from [`RANK_LOW`] to [`RANK_HIGH`] in equal steps.
    at_quantile: Vec<u32>,
}

impl Surprise {
    #[inline(never)] // Twice in the page's module otherwise.
    pub(crate) fn new() -> Self {
        let at_quantile = |step: usize| {
            // Half a step on, so that the last of them is finite.
            let share = (QUANTILE_STEPS - step) as f64 + 0.5;
            let share = share / (QUANTILE_STEPS as f64 + 0.5);
            (-libm::log2(share) * f64::from(BIT) + 0.5) as u32
        };
        Self {
            at_quantile: (0..=QUANTILE_STEPS).map(at_quantile).collect(),
        }
    }

    /// The surprise of a rank: 0 for the least strange reference rows, rising with the rank, linear between quantiles and
    /// beyond the last.
    pub(crate) fn of(&self, rank: u16) -> u32 {
        let Some(above) = rank.checked_sub(RANK_LOW) else {
            return 0;
        };
        let range = u32::from(RANK_HIGH - RANK_LOW);
        let most = self.at_quantile[QUANTILE_STEPS];
        if rank >= RANK_HIGH {
            let beyond = u32::from(rank - RANK_HIGH);
            return most + beyond * (MOST_BITS * BIT - most) / u32::from(u16::MAX - RANK_HIGH);
        }
        let place = u32::from(above) * QUANTILE_STEPS as u32;
        let (step, into) = ((place / range) as usize, place % range);
        let (here, next) = (self.at_quantile[step], self.at_quantile[step + 1]);
        here + (u64::from(next - here) * u64::from(into) / u64::from(range)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logarithm_of_the_share_above_and_never_falls() {
        let surprise = Surprise::new();
        assert_eq!([surprise.of(0), surprise.of(RANK_LOW)], [0, 0]);
        let of_share = |share: f64| {
            let rank = f64::from(RANK_HIGH) - share * f64::from(RANK_HIGH - RANK_LOW);
            f64::from(surprise.of(rank as u16)) / f64::from(BIT)
        };
        for share in [0.5, 0.25, 0.1, 0.05] {
            let expected = -libm::log2(share);
            assert!(
                (of_share(share) - expected).abs() < 0.02,
                "{share}: {} bits",
                of_share(share)
            );
        }
        let all: Vec<u32> = (0..=u16::MAX).map(|rank| surprise.of(rank)).collect();
        assert!(all.is_sorted());
        assert_eq!(all.last(), Some(&(MOST_BITS * BIT)));
    }
}
