//! Which values go together: a Gaussian copula.
//!
//! Each column's values become normal scores: where a value stands among the others, as the value of a standard normal that
//! stands there. The correlations of these scores, and the normal rows with the same correlations that their Cholesky
//! factor makes, say how columns go up and down together whatever their own distributions are.
//!
//! All sums run in a fixed order and `log`, `erfc` and their kin come from `libm`: the same rows on any machine.

use super::marginal::Marginal;
use flowsieve::fit::rng::SplitMix64;
use rayon::prelude::*;

/// Correlations are taken of so many rows at most, spread evenly over the class.
const MAX_ROWS: usize = 16_384;
/// Correlations are drawn towards none as if so many more rows had been seen that have none.
const SHRINKING_ROWS: f64 = 5.0;
/// The least square of a column's own part in the Cholesky factor, where others determine it altogether.
const LEAST_PIVOT: f64 = 1e-6;

/// How the columns of a class go together.
#[derive(Debug)]
pub(super) struct Copula {
    n_columns: usize,
    /// The columns that vary.
    columns: Vec<usize>,
    /// Rows of the lower triangle of the correlations' Cholesky factor, one after another.
    factor: Vec<f64>,
}

impl Copula {
    /// Of the columns of a class.
    pub(super) fn of(columns: &[Vec<f32>], marginals: &[Marginal]) -> Self {
        let n_columns = columns.len();
        let varying: Vec<usize> = (0..n_columns)
            .filter(|&i| !columns[i].is_empty() && !marginals[i].is_constant())
            .collect();
        let scores: Vec<Vec<f64>> = varying
            .par_iter()
            .map(|&i| normal_scores(&columns[i]))
            .collect();
        let n_rows = scores.first().map_or(0, Vec::len) as f64;
        let kept = n_rows / (n_rows + SHRINKING_ROWS);
        let correlations: Vec<Vec<f64>> = (0..scores.len())
            .into_par_iter()
            .map(|i| (0..i).map(|j| kept * dot(&scores[i], &scores[j])).collect())
            .collect();
        Self {
            n_columns,
            columns: varying,
            factor: cholesky(&correlations),
        }
    }

    /// A place between 0 and 1 for every column of the header; those that do not vary are at ½.
    pub(super) fn draw(&self, rng: &mut SplitMix64) -> Vec<f64> {
        let mut places = vec![0.5; self.n_columns];
        let normals: Vec<f64> = (0..self.columns.len())
            .map(|_| normal_quantile(rng.unit() + 0.5 / (1u64 << 53) as f64))
            .collect();
        let mut begin = 0;
        for (i, &column) in self.columns.iter().enumerate() {
            let row = &self.factor[begin..=begin + i];
            places[column] = normal_share(dot(row, &normals[..=i]));
            begin += i + 1;
        }
        places
    }
}

/// The sum of products, in four parts of a fixed order.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut parts = [0.0; 4];
    let (fours_a, fours_b) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = fours_a
        .remainder()
        .iter()
        .zip(fours_b.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in fours_a.zip(fours_b) {
        for k in 0..4 {
            parts[k] += a[k] * b[k];
        }
    }
    (parts[0] + parts[1]) + (parts[2] + parts[3]) + rest
}

/// The normal scores of values, missing ones below all others, with mean 0 and length 1. Equal values share the middle of
/// their places.
fn normal_scores(values: &[f32]) -> Vec<f64> {
    let stride = values.len().div_ceil(MAX_ROWS).max(1);
    let values: Vec<f32> = values
        .iter()
        .step_by(stride)
        .map(|value| {
            if value.is_nan() {
                f32::NEG_INFINITY
            } else {
                value + 0.0
            }
        })
        .collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut scores = vec![0.0; values.len()];
    let n = values.len() as f64;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let before = order.partition_point(|&i| values[i] < values[equal[0]]);
        let score = normal_quantile((before as f64 + equal.len() as f64 / 2.0) / n);
        for &i in equal {
            scores[i] = score;
        }
    }
    let mean = scores.iter().sum::<f64>() / n;
    for score in &mut scores {
        *score -= mean;
    }
    let length = dot(&scores, &scores).sqrt();
    if length > 0.0 {
        for score in &mut scores {
            *score /= length;
        }
    }
    scores
}

/// The Cholesky factor of a matrix of correlations, of which `below` has what is below the diagonal of ones. Where rounding
/// or missing rows make it less than positive definite, the nearest that rows of length 1 give.
fn cholesky(below: &[Vec<f64>]) -> Vec<f64> {
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for correlations in below {
        let mut row: Vec<f64> = Vec::new();
        for (j, correlation) in correlations.iter().enumerate() {
            row.push((correlation - dot(&row, &rows[j][..j])) / rows[j][j]);
        }
        let square = dot(&row, &row);
        let most = 1.0 - LEAST_PIVOT;
        if square > most {
            let scale = (most / square).sqrt();
            for value in &mut row {
                *value *= scale;
            }
        }
        row.push((1.0 - square.min(most)).sqrt());
        rows.push(row);
    }
    rows.concat()
}

/// The share of a standard normal below `x`.
fn normal_share(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Where a share of a standard normal lies below (Acklam's rational approximation, relative error below 1.2·10⁻⁹).
fn normal_quantile(share: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    const TAIL: f64 = 0.024_25;
    let polynomial =
        |factors: &[f64], x: f64| factors.iter().fold(0.0, |sum, factor| sum * x + factor);
    let tail = |share: f64| {
        let x = (-2.0 * libm::log(share)).sqrt();
        polynomial(&C, x) / polynomial(&D, x)
    };
    let share = share.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0);
    if share < TAIL {
        tail(share)
    } else if share > 1.0 - TAIL {
        -tail(1.0 - share)
    } else {
        let x = share - 0.5;
        let square = x * x;
        x * polynomial(&A, square) / polynomial(&B, square)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_shares_are_inverse() {
        for share in [1e-9, 0.001, 0.02, 0.3, 0.5, 0.9, 0.99, 0.999_999] {
            let found = normal_share(normal_quantile(share));
            assert!(
                (found - share).abs() < 1e-8 * share.max(1e-3),
                "{share} {found}"
            );
        }
        assert_eq!(normal_quantile(0.5), 0.0);
    }

    #[test]
    fn drawn_places_go_together_as_the_values_do() {
        let mut rng = SplitMix64::new(3);
        let mut columns = vec![Vec::new(); 4];
        for _ in 0..5000 {
            let (a, b) = (rng.unit() as f32, rng.unit() as f32);
            columns[0].push(a);
            columns[1].push(-a * a);
            columns[2].push(b);
            columns[3].push(7.0);
        }
        let marginals: Vec<Marginal> = columns.iter().map(|values| Marginal::of(values)).collect();
        let copula = Copula::of(&columns, &marginals);
        let (mut opposite, mut same) = (0, 0);
        for _ in 0..2000 {
            let places = copula.draw(&mut rng);
            opposite += usize::from((places[0] < 0.5) != (places[1] < 0.5));
            same += usize::from((places[0] < 0.5) == (places[2] < 0.5));
            assert_eq!(places[3], 0.5);
        }
        assert!(opposite > 1950, "{opposite}");
        assert!((900..1100).contains(&same), "{same}");
    }

    #[test]
    fn columns_that_others_determine_keep_the_factor_finite() {
        let below = vec![vec![], vec![1.0], vec![1.0, 1.0], vec![0.9, -0.9, 0.9]];
        let factor = cholesky(&below);
        assert_eq!(factor.len(), 10);
        assert!(
            factor
                .iter()
                .all(|value| value.is_finite() && value.abs() <= 1.0),
            "{factor:?}"
        );
    }
}
