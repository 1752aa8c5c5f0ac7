//! Columns as ranks, for isolation trees that draw their split points by rows and not by values.
//!
//! A point drawn evenly between the least and the largest value of a column of bytes or durations nearly always parts a few
//! rows from all others, and a tree of log₂ n splits ends before it comes to the many. Drawn evenly between their ranks, it parts
//! as many rows as it likes. A tree is grown on ranks, then its thresholds become values between the same two rows, so
//! scoring knows nothing of ranks.

use crate::model::tree::{Tree, TreeNode};

/// The columns of some rows as ranks.
pub struct RankedColumns {
    scales: Vec<Scale>,
    columns: Vec<Vec<f32>>,
}

/// What values a column has.
struct Scale {
    /// Rising.
    values: Vec<f32>,
    /// Their ranks: how many rows are below a value, and as many again with those of the value itself. Not falling; whole
    /// numbers that 32 bits hold exactly up to eight million rows.
    ranks: Vec<f32>,
}

impl RankedColumns {
    /// Ranks columns of finite values.
    pub fn new(columns: &[Vec<f32>]) -> Self {
        let scales: Vec<Scale> = columns.iter().map(|column| Scale::new(column)).collect();
        let ranked = columns
            .iter()
            .zip(&scales)
            .map(|(column, scale)| column.iter().map(|&value| scale.rank(value)).collect())
            .collect();
        Self {
            scales,
            columns: ranked,
        }
    }

    /// The ranks, a column for each of those given: what trees are grown on.
    pub fn columns(&self) -> &[Vec<f32>] {
        &self.columns
    }

    /// Turns the thresholds of a tree that was grown on ranks into values. Each of the rows ends in the same leaf as before.
    pub fn restore(&self, tree: &mut Tree) {
        for node in &mut tree.nodes {
            if let TreeNode::Split {
                feature, threshold, ..
            } = node
            {
                *threshold = self.scales[usize::from(*feature)].value_at(*threshold);
            }
        }
    }
}

impl Scale {
    fn new(column: &[f32]) -> Self {
        let mut sorted = column.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        let (mut values, mut ranks) = (Vec::new(), Vec::new());
        let mut below = 0;
        // By value and not by bits: 0 and −0 are one.
        for equal in sorted.chunk_by(|a, b| a == b) {
            values.push(equal[0]);
            ranks.push((2 * below + equal.len()) as f32);
            below += equal.len();
        }
        Self { values, ranks }
    }

    fn rank(&self, value: f32) -> f32 {
        let place = self.values.partition_point(|&known| known < value);
        self.ranks[place]
    }

    /// A value as far between two neighbouring ones as a rank is between theirs. From the lower one on, and below the upper: what was
    /// at most the rank is at most the value.
    fn value_at(&self, rank: f32) -> f32 {
        let above = self.ranks.partition_point(|&known| known <= rank);
        let before = above.saturating_sub(1);
        let low = self.values[before];
        let Some(&high) = self.values.get(above) else {
            return low;
        };
        let [low_rank, high_rank, rank] =
            [self.ranks[before], self.ranks[above], rank].map(f64::from);
        let into = (rank - low_rank) / (high_rank - low_rank);
        let value = (f64::from(low) + into * (f64::from(high) - f64::from(low))) as f32;
        if low <= value && value < high {
            value
        } else {
            low
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::isolation::{grow_tree, path_sums};
    use crate::fit::options::IsolationOptions;
    use crate::fit::rng::SplitMix64;

    #[test]
    fn thresholds_lie_between_the_same_values_as_the_ranks() {
        let scale = Scale::new(&[5.0, -1.0, 5.0, 0.0, -0.0, 100.0]);
        assert_eq!(scale.values, [-1.0, 0.0, 5.0, 100.0]);
        assert_eq!(scale.ranks, [1.0, 4.0, 8.0, 11.0]);
        assert_eq!(scale.rank(-0.0), scale.rank(0.0));
        for (rank, value) in [
            (1.0, -1.0),
            (2.5, -0.5),
            (4.0, 0.0),
            (6.0, 2.5),
            (11.0, 100.0),
        ] {
            assert_eq!(scale.value_at(rank), value);
        }
        // Between numbers with none between them it is the lower one.
        let next = 1.0f32.next_up();
        let close = Scale::new(&[1.0, next]);
        assert_eq!(close.value_at(2.9), 1.0);
    }

    #[test]
    fn a_restored_tree_has_every_row_where_it_was_and_parts_the_many() {
        let mut random = SplitMix64::new(9);
        // Nearly all rows are small, a few are huge.
        let columns: Vec<Vec<f32>> = (0..3)
            .map(|_| {
                (0..500)
                    .map(|_| (1e-3 / random.unit().max(1e-9)) as f32)
                    .collect()
            })
            .collect();
        let row_idxs: Vec<u32> = (0..500).collect();
        let params = IsolationOptions::default().check().expect("in range");
        let ranked = RankedColumns::new(&columns);
        let mut nodes = [0, 0];
        for tree_idx in 0..10 {
            let on_ranks = grow_tree(ranked.columns(), &row_idxs, &params, tree_idx);
            let mut restored = on_ranks.clone();
            ranked.restore(&mut restored);
            assert_ne!(restored, on_ranks);
            let sums_on_ranks = path_sums(&[on_ranks], ranked.columns(), &row_idxs);
            nodes[0] += restored.nodes.len();
            let sums = path_sums(&[restored], &columns, &row_idxs).expect("valid trees");
            assert_eq!(sums, sums_on_ranks.expect("valid trees"));
            nodes[1] += grow_tree(&columns, &row_idxs, &params, tree_idx)
                .nodes
                .len();
        }
        assert!(nodes[0] > 2 * nodes[1], "{nodes:?}");
    }
}
