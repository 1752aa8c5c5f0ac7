//! Gauss–Legendre quadrature on [0, 1]: with m points, integrals of polynomials of degree up to 2 m − 1 are exact.

use std::f64::consts::PI;

/// The points and weights of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Quadrature {
    /// Rising, between 0 and 1.
    pub points: Vec<f64>,
    /// Positive, adding up to 1.
    pub weights: Vec<f64>,
}

impl Quadrature {
    /// The rule with `n_points` points, at least one.
    pub fn new(n_points: usize) -> Self {
        let n = n_points.max(1);
        let (mut points, mut weights) = (vec![0.0; n], vec![0.0; n]);
        for i in 0..n.div_ceil(2) {
            // The i-th root of the Legendre polynomial on [−1, 1] by Newton's method, from Tricomi's guess: it squares the
            // error, so five steps are more than enough.
            let mut root = cosine((i as f64 + 0.75) / (n as f64 + 0.5));
            let mut slope = 1.0;
            for _ in 0..6 {
                let (value, derivative) = legendre(n, root);
                root -= value / derivative;
                slope = derivative;
            }
            if 2 * i + 1 == n {
                root = 0.0;
                slope = legendre(n, root).1;
            }
            let weight = 1.0 / ((1.0 - root * root) * slope * slope);
            points[i] = 0.5 - 0.5 * root;
            points[n - 1 - i] = 0.5 + 0.5 * root;
            weights[i] = weight;
            weights[n - 1 - i] = weight;
        }
        Self { points, weights }
    }
}

/// The cosine of a number of half turns up to a half, near enough to begin with: Taylor's series, off by less than 1e-8.
fn cosine(half_turns: f64) -> f64 {
    let angle = PI * half_turns;
    let square = angle * angle;
    let mut sum = 0.0;
    for k in [12.0, 10.0, 8.0, 6.0, 4.0, 2.0] {
        sum = (1.0 + sum) * -square / (k * (k - 1.0));
    }
    1.0 + sum
}

/// The Legendre polynomial of degree `n` and its derivative at a place within (−1, 1).
fn legendre(n: usize, at: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, at);
    for k in 2..=n {
        let k = k as f64;
        let next = ((2.0 * k - 1.0) * at * value - (k - 1.0) * before) / k;
        before = value;
        value = next;
    }
    let derivative = n as f64 * (before - at * value) / (1.0 - at * at);
    (value, derivative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_integrated_exactly() {
        for n_points in [1, 2, 3, 5, 8, 16, 33, 64, 128] {
            let rule = Quadrature::new(n_points);
            assert!(rule.points.is_sorted_by(|a, b| a < b));
            for power in 0..2 * n_points as i32 {
                let pairs = rule.points.iter().zip(&rule.weights);
                let sum: f64 = pairs.map(|(t, weight)| weight * t.powi(power)).sum();
                let exact = 1.0 / f64::from(power + 1);
                assert!(
                    (sum - exact).abs() < 1e-13,
                    "{n_points} points, t^{power}: {sum}"
                );
            }
        }
    }
}
