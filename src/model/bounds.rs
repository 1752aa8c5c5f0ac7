//! How far some features of a row may move before any tree turns another way.

/// For each of a few features the values, from above `low` up to `high`, with which a row ends in the same leaves of all
/// trees. What the model says is then the same as well.
#[derive(Clone, Debug)]
pub struct Bounds {
    features: Vec<(usize, f32, f32)>,
}

impl Bounds {
    /// More features than this are not followed.
    pub const MOST_FEATURES: usize = 8;

    /// No bounds yet for these features, whose values must be finite.
    pub fn of(features: impl Iterator<Item = usize>) -> Self {
        Self {
            features: features
                .map(|feature| (feature, f32::NEG_INFINITY, f32::INFINITY))
                .collect(),
        }
    }

    /// Takes in that a node compared `value` with `threshold`.
    #[inline]
    pub(super) fn narrow(&mut self, feature: usize, value: f32, threshold: f32) {
        for (followed, low, high) in &mut self.features {
            if *followed == feature {
                if value <= threshold {
                    *high = high.min(threshold);
                } else {
                    *low = low.max(threshold);
                }
            }
        }
    }

    /// Whether these features, the same as those given to [`of`](Self::of) and in the same order, lie within.
    #[inline]
    pub fn hold(&self, values: &[(usize, f32)]) -> bool {
        self.features
            .iter()
            .zip(values)
            .all(|(&(_, low, high), &(_, value))| low < value && value <= high && value.is_finite())
    }
}
