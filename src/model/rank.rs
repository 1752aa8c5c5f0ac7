//! How strange a row is by a detector, as its place among the reference rows': those that the detector was fitted on, or
//! others like them.
//!
//! Raw scores of two models, or of two detectors, say nothing beside each other. A rank says the same for all: which share of the
//! reference rows is less strange. So a threshold is a contamination rate for every detector.
//!
//! Ranks are of *keys*: integers that are the smaller the stranger the row, such as an isolation forest's sum of path lengths,
//! or [`score_key`] of a score.

/// The rank of the training row with the lowest score.
pub const RANK_LOW: u16 = 1024;
/// The rank of the training row with the highest score. Ranks above it are stranger than all that training saw.
pub const RANK_HIGH: u16 = 61_024;
/// How many equal steps a quantile table divides the reference rows into.
pub const QUANTILE_STEPS: usize = 1024;

/// The key of a score that is the larger the stranger the row: in the order of the scores, with as many keys from 1 to 2 as from 2
/// to 4.
pub fn score_key(score: f32) -> u32 {
    // −0 and 0 are the same score.
    let bits = (score + 0.0).to_bits();
    let rising = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
    !rising
}

/// The quantile table of reference rows' keys: 1,025 values at equal steps from the largest (the least strange row) to the
/// smallest, linear between neighbours. Sorts `keys`; empty if they are.
pub fn quantile_table(keys: &mut [u32]) -> Vec<u32> {
    keys.sort_unstable_by(|a, b| b.cmp(a));
    let Some(last) = keys.len().checked_sub(1) else {
        return Vec::new();
    };
    let steps = QUANTILE_STEPS as u64;
    (0..=steps)
        .map(|step| {
            let position = step * last as u64;
            let index = (position / steps) as usize;
            let here = keys[index];
            let next = keys[(index + 1).min(last)];
            here - (u64::from(here - next) * (position % steps) / steps) as u32
        })
        .collect()
}

/// Keys to ranks, in integers.
///
/// ```text
/// key   largest possible … quantile 0 … quantile 1024 … least possible
/// rank                 0 …      1,024 … 61,024        … 65,535
/// ```
///
/// Between these, and between neighbouring quantiles, ranks are linear, and they never fall as keys do. Among equal quantiles
/// a key counts as the least strange of them, so that a threshold at a quantile flags what is strictly stranger, as
/// scikit-learn's does.
#[derive(Clone, Debug)]
pub struct Ranking {
    quantiles: Vec<u32>,
    least: u32,
    largest: u32,
}

impl Ranking {
    /// Ranks by a quantile table as [`quantile_table`] makes it; `bounds` are the least and the largest key that any row can
    /// have.
    #[inline(never)] // Three times in the page's module otherwise.
    pub fn new(quantiles: &[u32], bounds: (u32, u32)) -> Self {
        Self {
            quantiles: quantiles.to_vec(),
            least: bounds.0,
            largest: bounds.1,
        }
    }

    /// The rank of a key; 0 where there are no quantiles.
    pub fn rank(&self, key: u32) -> u16 {
        let (Some(&first), Some(&last)) = (self.quantiles.first(), self.quantiles.last()) else {
            return 0;
        };
        if key > first {
            return RANK_LOW - share_up(key - first, self.largest.max(first) - first, RANK_LOW);
        }
        if key < last {
            let room = u16::MAX - RANK_HIGH;
            return RANK_HIGH + share_up(last - key, last - self.least.min(last), room);
        }
        // The first quantile that is no larger; there is one, the last.
        let index = self.quantiles.partition_point(|&quantile| quantile > key);
        let steps = (self.quantiles.len() - 1).max(1) as u64;
        let span = u64::from(RANK_HIGH - RANK_LOW);
        let rank = match index.checked_sub(1) {
            None => 0,
            Some(before) => {
                let above = self.quantiles[before];
                let gap = u64::from(above - self.quantiles[index]);
                let into = u64::from(above - key);
                span * (before as u64 * gap + into) / (steps * gap)
            }
        };
        RANK_LOW + rank as u16
    }
}

/// `range × part / whole`, rounded up, at most `range`.
fn share_up(part: u32, whole: u32, range: u16) -> u16 {
    if part >= whole {
        return range;
    }
    (u64::from(part) * u64::from(range)).div_ceil(u64::from(whole)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fall_as_scores_rise() {
        let scores = [
            f32::MIN,
            -7.5,
            -1e-30,
            0.0,
            1e-30,
            0.5,
            1.0,
            300.0,
            f32::MAX,
        ];
        let keys = scores.map(score_key);
        assert!(keys.is_sorted_by(|a, b| a > b), "{keys:?}");
        assert_eq!(score_key(-0.0), score_key(0.0));
    }
}
