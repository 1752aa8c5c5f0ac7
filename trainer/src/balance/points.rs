//! Rows of one class as points between which there is a distance.
//!
//! Numbers are scaled to 0 … 1 by the extremes of all rows that are fitted on, as in the usual chain of a min-max scaler
//! and SMOTE. A value that is missing stands at the column's median, an infinite one at the extreme on its side. Words differ
//! or do not: a column of words in which two rows differ adds the square of the median of the standard deviations that
//! the class has in its columns of numbers (SMOTE-NC, Chawla et al. 2002, section 6.1).

use flowsieve::fit::TrainingTable;
use flowsieve::prepare::Feature;
use rayon::prelude::*;

/// How many differences are squared at once.
const LANES: usize = 8;
/// After how many lots of lanes a sum is compared with the limit.
const LOTS_PER_LOOK: usize = 4;

/// Points, one after the other: numbers, then words as codes, each padded with zeros to a multiple of [`LANES`].
#[derive(Clone, Debug)]
pub(super) struct Points {
    values: Vec<f32>,
    count: usize,
    /// Values per point.
    width: usize,
    /// How many of these are numbers.
    n_numbers: usize,
    /// What a word that differs adds to the square of a distance.
    word_weight: f32,
}

/// The rows of a class as points. `features` describe the columns of `table`.
pub(super) fn of_rows(table: &TrainingTable, features: &[Feature], rows: &[u32]) -> Points {
    let columns: Vec<(bool, Vec<f32>)> = table
        .columns
        .par_iter()
        .zip(features)
        .map(|(column, feature)| {
            let values = rows.iter().map(|&row_idx| column[row_idx as usize]);
            if feature.categories.is_empty() {
                (false, scaled(values, feature))
            } else {
                let code = |value: f32| if value.is_nan() { -1.0 } else { value };
                (true, values.map(code).collect())
            }
        })
        .collect();
    let mut numbers = Vec::new();
    let mut words = Vec::new();
    for (is_words, values) in columns {
        if is_words { &mut words } else { &mut numbers }.push(values);
    }
    Points::new(&numbers, &words)
}

fn scaled(values: impl Iterator<Item = f32>, feature: &Feature) -> Vec<f32> {
    let ends = (feature.quantiles.first(), feature.quantiles.last());
    let (Some(&low), Some(&high)) = ends else {
        return values.map(|_| 0.0).collect();
    };
    let range = f64::from(high) - f64::from(low);
    let scale = |value: f32| {
        let value = if value.is_nan() {
            feature.median
        } else {
            value
        };
        let above = f64::from(value.clamp(low, high)) - f64::from(low);
        if range > 0.0 {
            (above / range) as f32
        } else {
            0.0
        }
    };
    values.map(scale).collect()
}

impl Points {
    /// Points of these columns, all of one length. Columns in which all points are equal are left out, and those in which
    /// they differ most come first, because a distance that grows early is given up early.
    pub(super) fn new(numbers: &[Vec<f32>], words: &[Vec<f32>]) -> Self {
        let count = numbers
            .iter()
            .chain(words)
            .map(Vec::len)
            .next()
            .unwrap_or(0);
        let deviations: Vec<f64> = numbers.par_iter().map(|column| deviation(column)).collect();
        let of_words = if numbers.is_empty() {
            1.0
        } else {
            median(deviations.clone())
        };
        let mut numbers: Vec<(f64, &Vec<f32>)> = deviations.into_iter().zip(numbers).collect();
        numbers.retain(|(_, column)| differs(column));
        numbers.sort_by(|a, b| b.0.total_cmp(&a.0));
        let words: Vec<&Vec<f32>> = words.iter().filter(|column| differs(column)).collect();
        let n_numbers = numbers.len().next_multiple_of(LANES);
        let width = n_numbers + words.len().next_multiple_of(LANES);
        let mut values = vec![0.0; count * width];
        if width > 0 {
            for (i, point) in values.chunks_exact_mut(width).enumerate() {
                for (value, (_, column)) in point.iter_mut().zip(&numbers) {
                    *value = column[i];
                }
                for (value, column) in point[n_numbers..].iter_mut().zip(&words) {
                    *value = column[i];
                }
            }
        }
        Self {
            values,
            count,
            width,
            n_numbers,
            word_weight: (of_words * of_words) as f32,
        }
    }

    /// How many points there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Values per point.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A point.
    pub(super) fn point(&self, i: usize) -> &[f32] {
        &self.values[i * self.width..][..self.width]
    }

    /// The same points in another order.
    pub(super) fn reordered(&self, order: &[u32]) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for &i in order {
            values.extend_from_slice(self.point(i as usize));
        }
        Self { values, ..*self }
    }

    /// What a span of values adds to the square of a distance at most, where it is `low` to `high` at `place`.
    pub(super) fn spread(&self, place: usize, low: f32, high: f32) -> f32 {
        if place < self.n_numbers {
            (high - low) * (high - low)
        } else if low < high {
            self.word_weight
        } else {
            0.0
        }
    }

    /// The square of the distance of two points, or infinity where it is not below `limit`.
    ///
    /// Every term is at least 0 and added in the same order, so the distance to the nearest corner or side of a box is never
    /// larger than that to a point inside, roundings included.
    pub(super) fn distance(&self, a: &[f32], b: &[f32], limit: f32) -> f32 {
        let (a_numbers, a_words) = a.split_at(self.n_numbers);
        let (b_numbers, b_words) = b.split_at(self.n_numbers);
        let mut sums = [0.0f32; LANES];
        for (lot, (a, b)) in lots(a_numbers).zip(lots(b_numbers)).enumerate() {
            for lane in 0..LANES {
                let difference = a[lane] - b[lane];
                sums[lane] += difference * difference;
            }
            if lot % LOTS_PER_LOOK == LOTS_PER_LOOK - 1 && total(&sums) >= limit {
                return f32::INFINITY;
            }
        }
        for (a, b) in lots(a_words).zip(lots(b_words)) {
            for lane in 0..LANES {
                if a[lane] != b[lane] {
                    sums[lane] += self.word_weight;
                }
            }
        }
        let distance = total(&sums);
        if distance < limit {
            distance
        } else {
            f32::INFINITY
        }
    }
}

fn lots(values: &[f32]) -> std::slice::ChunksExact<'_, f32> {
    values.chunks_exact(LANES)
}

fn total(sums: &[f32; LANES]) -> f32 {
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}

fn differs(column: &[f32]) -> bool {
    column.windows(2).any(|pair| pair[0] != pair[1])
}

/// The population standard deviation.
fn deviation(column: &[f32]) -> f64 {
    let n = column.len().max(1) as f64;
    let mean = column.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
    let square = |&value: &f32| (f64::from(value) - mean) * (f64::from(value) - mean);
    (column.iter().map(square).sum::<f64>() / n).sqrt()
}

/// The middle value, or the mean of the middle two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    f64::midpoint(values[last / 2], values[last.div_ceil(2)])
}
