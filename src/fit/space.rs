//! The scales in which detectors that compare distances see rows: see [`crate::model::space`].

use super::statistics::describe;
use crate::model::space::{KNOTS, Ranks, Space, Standard};

/// The standard scaler of columns of finite values.
pub fn standard(columns: &[Vec<f32>]) -> Space {
    let features: Vec<_> = columns
        .iter()
        .map(|column| describe(column, Vec::new()))
        .collect();
    Space::Standard(Standard {
        means: features.iter().map(|feature| feature.mean).collect(),
        deviations: features.iter().map(|feature| feature.std).collect(),
    })
}

/// The ranks of columns of finite values.
pub fn ranks(columns: &[Vec<f32>]) -> Space {
    let mut ranks = Ranks::default();
    for column in columns {
        let mut sorted = column.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        for (knot, share) in knots(&sorted) {
            ranks.knots.push(knot);
            ranks.shares.push(share);
        }
        ranks.deviations.push(describe(column, Vec::new()).std);
    }
    Space::Ranks(ranks)
}

/// Some of the values, rising, each with the share of values below it, half of the equal ones included; the last repeated where there
/// are fewer. Those are chosen that are nearest above equal steps of the share.
fn knots(sorted: &[f32]) -> [(f32, f32); KNOTS] {
    let n = sorted.len() as f64;
    let mut distinct: Vec<(f32, f64)> = Vec::new();
    let mut first = 0;
    for equal in sorted.chunk_by(|a, b| a == b) {
        let middle = first as f64 + equal.len() as f64 / 2.0;
        distinct.push((equal[0], middle / n));
        first += equal.len();
    }
    let (Some(&(_, least)), Some(&(_, largest))) = (distinct.first(), distinct.last()) else {
        return [(0.0, 0.0); KNOTS];
    };
    let last = distinct.len() - 1;
    std::array::from_fn(|step| {
        let place = if distinct.len() <= KNOTS {
            step
        } else {
            let share = least + (largest - least) * step as f64 / (KNOTS - 1) as f64;
            distinct.partition_point(|&(_, found)| found < share)
        };
        let (value, share) = distinct[place.min(last)];
        (value, share as f32)
    })
}

/// What a space makes of rows given as columns: rows one after another.
pub fn placed(space: &Space, columns: &[Vec<f32>], row_idxs: &[u32]) -> Vec<f32> {
    let n_features = columns.len();
    let mut placed = vec![0.0; n_features * row_idxs.len()];
    let mut row = vec![0.0; n_features];
    for (out, &row_idx) in placed.chunks_exact_mut(n_features).zip(row_idxs) {
        for (value, column) in row.iter_mut().zip(columns) {
            *value = column[row_idx as usize];
        }
        space.place(&row, out);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_all_knots_and_many_are_evenly_chosen() {
        let few = knots(&[1.0, 1.0, 4.0, 9.0]);
        assert_eq!(few[..3], [(1.0, 0.25), (4.0, 0.625), (9.0, 0.875)]);
        assert!(few[3..].iter().all(|&knot| knot == few[2]));
        let values: Vec<f32> = (0..1600).map(|value| value as f32).collect();
        let many = knots(&values);
        assert_eq!((many[0].0, many[16].0), (0.0, 1599.0));
        for pair in many.windows(2) {
            assert!(
                (99.0..=101.0).contains(&(pair[1].0 - pair[0].0)),
                "{pair:?}"
            );
        }
    }

    #[test]
    fn half_of_the_rows_of_one_value_leave_knots_for_the_others() {
        let mut values = vec![7.0; 500];
        values.extend((0..500).map(|value| 10.0 + value as f32));
        let knots = knots(&values);
        assert_eq!(knots[0], (7.0, 0.25));
        assert!(knots[1].0 > 7.0 && knots.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1));
    }
}
