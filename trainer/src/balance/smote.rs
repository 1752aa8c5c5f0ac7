//! Made-up rows of a class between its own: SMOTE, and SMOTE-NC where there are words (Chawla et al. 2002).
//!
//! A row of the class and one of its five nearest neighbours within the class are drawn, every pair as likely as any other;
//! the new row lies between them, at a random share of the way, the same share in every column of numbers. In a column of
//! words it has the word that most of the five have, of several such words that of the nearest. What is between two values
//! is only known where both are finite: elsewhere the new row has the cell of the nearer of the two, so about as many
//! values are missing among new rows as among real ones.

use super::neighbours::nearest;
use super::points::Points;
use flowsieve::fit::rng::SplitMix64;

/// How many nearest neighbours of a row another may be drawn from; all others where the class has fewer.
const NEIGHBOURS: usize = 5;

/// A new row: indexes into the rows of its class, and how far it is from the one to the other.
#[derive(Clone, Copy, Debug)]
struct Between {
    from: u32,
    to: u32,
    /// 0 … 1.
    share: f64,
}

/// The new rows of a class.
#[derive(Debug)]
pub(super) struct Synthesis {
    /// The rows of the class, as indexes into the table.
    rows: Vec<u32>,
    /// For each of these, its nearest neighbours as indexes into `rows`, the nearest first.
    neighbours: Vec<u32>,
    n_neighbours: usize,
    new: Vec<Between>,
}

impl Synthesis {
    /// Draws `n_new` rows between those of a class, which are `points`. The only row of a class is copied.
    pub(super) fn draw(points: &Points, rows: Vec<u32>, n_new: usize, mut rng: SplitMix64) -> Self {
        let n_neighbours = NEIGHBOURS.min(rows.len() - 1);
        let neighbours = match n_neighbours {
            0 => Vec::new(),
            n => nearest(points, n),
        };
        let draw = |_| {
            let from = rng.below(rows.len() as u32);
            let to = match n_neighbours {
                0 => from,
                n => neighbours[from as usize * n + rng.below(n as u32) as usize],
            };
            let share = rng.unit();
            Between { from, to, share }
        };
        let new = (0..n_new).map(draw).collect();
        Self {
            rows,
            neighbours,
            n_neighbours,
            new,
        }
    }

    /// Puts the new rows' values behind those of a column of the table, or its words.
    pub(super) fn extend_column(&self, values: &mut Vec<f32>, words: bool) {
        let own: Vec<f32> = self.rows.iter().map(|&i| values[i as usize]).collect();
        if words && self.n_neighbours > 0 {
            let of_neighbours = self.neighbours.chunks_exact(self.n_neighbours);
            let usual: Vec<f32> = of_neighbours
                .map(|found| most_frequent(&found.iter().map(|&i| own[i as usize])))
                .collect();
            values.extend(self.new.iter().map(|new| usual[new.from as usize]));
        } else {
            let value = |new: &Between| {
                let (from, to) = (own[new.from as usize], own[new.to as usize]);
                between(from, to, new.share)
            };
            values.extend(self.new.iter().map(value));
        }
    }
}

/// What is at a share of the way from one value to another; where there is no way, the nearer of both.
fn between(from: f32, to: f32, share: f64) -> f32 {
    if from.is_finite() && to.is_finite() {
        let (from, to) = (f64::from(from), f64::from(to));
        (from + share * (to - from)) as f32
    } else if share < 0.5 {
        from
    } else {
        to
    }
}

/// The code that occurs most often, the first of several such ones. Missing is a word like others.
fn most_frequent(codes: &(impl Iterator<Item = f32> + Clone)) -> f32 {
    let same = |a: f32, b: f32| a == b || (a.is_nan() && b.is_nan());
    let mut most = (0, f32::NAN);
    for code in codes.clone() {
        let count = codes.clone().filter(|&other| same(code, other)).count();
        if count > most.0 {
            most = (count, code);
        }
    }
    most.1
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f32 = f32::NAN;

    #[test]
    fn what_lies_between_is_known_of_finite_values_alone() {
        assert_eq!(between(2.0, 6.0, 0.25), 3.0);
        assert_eq!(between(6.0, 2.0, 0.0), 6.0);
        assert_eq!(between(f32::MAX, f32::MIN, 0.5), 0.0);
        assert_eq!(between(2.0, f32::INFINITY, 0.4), 2.0);
        assert_eq!(between(2.0, f32::INFINITY, 0.6), f32::INFINITY);
        assert!(between(NAN, 2.0, 0.4).is_nan());
        assert_eq!(between(NAN, 2.0, 0.6), 2.0);
        assert!(between(NAN, NAN, 0.6).is_nan());
    }

    #[test]
    fn the_most_frequent_word_is_taken_and_missing_is_one() {
        let of = |codes: &[f32]| most_frequent(&codes.iter().copied());
        assert_eq!(of(&[1.0, 2.0, 2.0, 3.0, 0.0]), 2.0);
        assert_eq!(of(&[3.0, 2.0, 2.0, 3.0, 0.0]), 3.0, "the nearer of two");
        assert!(of(&[3.0, NAN, 2.0, NAN]).is_nan());
    }

    #[test]
    fn the_only_row_of_a_class_is_copied() {
        let points = Points::new(&[vec![1.0]], &[vec![0.0]]);
        let synthesis = Synthesis::draw(&points, vec![1], 3, SplitMix64::new(1));
        for words in [false, true] {
            let mut values = vec![5.0, 7.0, 9.0];
            synthesis.extend_column(&mut values, words);
            assert_eq!(values, [5.0, 7.0, 9.0, 7.0, 7.0, 7.0]);
        }
    }
}
