//! Squared Euclidean distances from one row to many reference points: what detectors that compare spend their time on.
//!
//! Points lie so that the same feature of neighbouring points is in neighbouring lanes:
//!
//! ```text
//! group 0: feature 0 of points 0 … 31 │ feature 1 of points 0 … 31 │ …   group 1: feature 0 of points 32 … 63 │ …
//! ```
//!
//! So a lane is a point, and a point's squares are added one by one in the order of the features: plain `f32` arithmetic
//! that gives the same bits on every machine, whatever its vectors are. The lanes of a group are as many independent sums
//! as the registers of wasm's `simd128` hold beside what they need to work.

use wide::f32x8;

/// How many vectors a group has.
const VECTORS: usize = 4;
/// How many points are compared at once.
pub const GROUP: usize = VECTORS * 8;
/// After how many features the sums so far are compared with the limit.
const FEATURES_PER_LOOK: usize = 16;

/// Reference points, ready to be compared with rows.
#[derive(Clone, Debug)]
pub struct Points {
    /// Group by group, in it feature by feature.
    values: Vec<[f32x8; VECTORS]>,
    n_features: usize,
    len: usize,
}

impl Points {
    /// Lays out points that follow each other in `points`, `n_features` finite values each.
    ///
    /// # Panics
    /// If there are no features, or `points` is no multiple of their number.
    pub fn new(points: &[f32], n_features: usize) -> Self {
        assert!(
            n_features > 0 && points.len().is_multiple_of(n_features),
            "points of {n_features} features have {} values",
            points.len()
        );
        let mut values = Vec::new();
        for group in points.chunks(GROUP * n_features) {
            for feature in 0..n_features {
                // Infinitely far from any row where the last group has no more points.
                let mut lanes = [[f32::INFINITY; 8]; VECTORS];
                let of_points = group.iter().skip(feature).step_by(n_features);
                for (lane, &value) in lanes.as_flattened_mut().iter_mut().zip(of_points) {
                    *lane = value;
                }
                values.push(lanes.map(f32x8::from));
            }
        }
        Self {
            values,
            n_features,
            len: points.len() / n_features,
        }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many values a point has.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// How many distances [`Self::squared_distances`] gives: the points, rounded up to whole groups.
    pub fn padded_len(&self) -> usize {
        self.len.next_multiple_of(GROUP)
    }

    /// Writes the squared distance of `row` to every point, in their order, then +∞ for each that the last group lacks.
    /// The row's values are finite; a distance that leaves the range of `f32` is +∞.
    ///
    /// # Panics
    /// If the row has not [`Self::n_features`] values, or `out` not room for [`Self::padded_len`].
    pub fn squared_distances(&self, row: &[f32], out: &mut [f32]) {
        assert_eq!(row.len(), self.n_features, "values of a row");
        assert_eq!(out.len(), self.padded_len(), "room for distances");
        let groups = self.values.chunks_exact(self.n_features);
        for (out, group) in out.as_chunks_mut::<GROUP>().0.iter_mut().zip(groups) {
            let mut sums = [f32x8::ZERO; VECTORS];
            add_squares(&mut sums, row, group);
            *out = lanes(sums);
        }
    }

    /// Calls `visit` with the index and the squared distance of each point whose squared distance to `row` is below the
    /// limit, in their order. What it gives is the limit from then on, no larger than the one before. Distances are those
    /// that [`Self::squared_distances`] gives; where the first features are enough to be beyond the limit the rest is
    /// left out.
    ///
    /// # Panics
    /// If the row has not [`Self::n_features`] values.
    pub(crate) fn each_nearer(
        &self,
        row: &[f32],
        mut limit: f32,
        mut visit: impl FnMut(usize, f32) -> f32,
    ) {
        assert_eq!(row.len(), self.n_features, "values of a row");
        for (group_idx, group) in self.values.chunks_exact(self.n_features).enumerate() {
            let mut sums = [f32x8::ZERO; VECTORS];
            let parts = row
                .chunks(FEATURES_PER_LOOK)
                .zip(group.chunks(FEATURES_PER_LOOK));
            let mut below = 0;
            for (row, group) in parts {
                add_squares(&mut sums, row, group);
                // Squares are not negative, so a sum that is beyond stays there.
                below = lanes_below(&sums, limit);
                if below == 0 {
                    break;
                }
            }
            if below == 0 {
                continue;
            }
            let distances = lanes(sums);
            while below != 0 {
                let lane = below.trailing_zeros() as usize;
                below &= below - 1;
                if distances[lane] < limit {
                    limit = visit(group_idx * GROUP + lane, distances[lane]);
                }
            }
        }
    }
}

// Small functions are not inlined in the page's module, and these keep the sums in registers.
#[allow(clippy::inline_always)]
#[inline(always)]
fn add_squares(sums: &mut [f32x8; VECTORS], row: &[f32], group: &[[f32x8; VECTORS]]) {
    for (&value, points) in row.iter().zip(group) {
        let value = f32x8::splat(value);
        for (sum, &point) in sums.iter_mut().zip(points) {
            let difference = value - point;
            *sum += difference * difference;
        }
    }
}

/// A bit for each lane that is below the limit.
#[allow(clippy::inline_always)]
#[inline(always)]
fn lanes_below(sums: &[f32x8; VECTORS], limit: f32) -> u32 {
    let limit = f32x8::splat(limit);
    let mut below = 0;
    for (place, sum) in sums.iter().enumerate() {
        below |= sum.simd_lt(limit).to_bitmask() << (8 * place);
    }
    below
}

#[allow(clippy::inline_always)]
#[inline(always)]
fn lanes(sums: [f32x8; VECTORS]) -> [f32; GROUP] {
    let mut lanes = [0.0; GROUP];
    for (out, sum) in lanes.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
        *out = sum.to_array();
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::SplitMix64;

    /// Values of both signs and many sizes.
    fn values(rng: &mut SplitMix64, n: usize) -> Vec<f32> {
        let mut value = || ((rng.unit() - 0.5) * libm::exp(6.0 * rng.unit())) as f32;
        (0..n).map(|_| value()).collect()
    }

    #[test]
    fn squares_are_added_in_the_order_of_the_features_for_any_number_of_points() {
        let mut rng = SplitMix64::new(3);
        for (len, n_features) in [(0, 2), (1, 1), (31, 3), (32, 39), (33, 7), (100, 82)] {
            let rows = values(&mut rng, len * n_features);
            let row = values(&mut rng, n_features);
            let points = Points::new(&rows, n_features);
            assert_eq!((points.len(), points.n_features()), (len, n_features));
            assert_eq!(points.is_empty(), len == 0);
            let mut found = vec![f32::NAN; points.padded_len()];
            points.squared_distances(&row, &mut found);
            let mut expected: Vec<u32> = rows
                .chunks_exact(n_features)
                .map(|point| {
                    let mut sum = 0.0_f32;
                    for (a, b) in row.iter().zip(point) {
                        sum += (a - b) * (a - b);
                    }
                    sum.to_bits()
                })
                .collect();
            expected.resize(points.padded_len(), f32::INFINITY.to_bits());
            let found: Vec<u32> = found.into_iter().map(f32::to_bits).collect();
            assert_eq!(found, expected, "{len} points of {n_features} features");
        }
    }

    #[test]
    fn a_distance_too_large_is_infinite_and_no_nan() {
        let points = Points::new(&[f32::MAX, f32::MIN, 0.0, 1.0], 2);
        let mut found = vec![0.0; points.padded_len()];
        points.squared_distances(&[f32::MIN, f32::MAX], &mut found);
        assert!(found.iter().all(|&distance| distance == f32::INFINITY));
    }

    #[test]
    #[should_panic(expected = "points of 3 features have 4 values")]
    fn points_that_are_cut_off_are_refused() {
        Points::new(&[0.0; 4], 3);
    }
}
