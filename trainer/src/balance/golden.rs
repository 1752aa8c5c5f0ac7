//! What imbalanced-learn and scikit-learn find in a made-up table (`tests/balance_golden.py`), and the comparison with it.

use super::points::Points;
use super::smote::Synthesis;
use flowsieve::fit::rng::SplitMix64;
use std::collections::BTreeSet;

/// Columns of numbers; the others hold words.
const NUMBERS: usize = 4;

/// The table and what was found.
pub(crate) struct Golden {
    names: Vec<&'static str>,
    columns: Vec<Vec<f32>>,
    pub(crate) labels: Vec<u8>,
    lines: Vec<Vec<&'static str>>,
}

impl Golden {
    pub(crate) fn read() -> Self {
        let lines: Vec<Vec<&str>> = include_str!("../../tests/golden/balance.txt")
            .lines()
            .map(|line| line.split(' ').collect())
            .collect();
        let mut golden = Self {
            names: lines[0][1..].to_vec(),
            columns: vec![Vec::new(); lines[0].len() - 1],
            labels: Vec::new(),
            lines: Vec::new(),
        };
        for line in lines {
            if line[0] == "row" {
                golden.labels.push(line[1].parse().expect("a class"));
                for (column, value) in golden.columns.iter_mut().zip(&line[2..]) {
                    column.push(value.parse().expect("a value"));
                }
            }
            golden.lines.push(line);
        }
        golden
    }

    pub(crate) fn column(&self, name: &str) -> &[f32] {
        let place = self.names.iter().position(|&own| own == name);
        &self.columns[place.expect("a column")]
    }

    /// A score of each column that has it.
    pub(crate) fn scores(&self, of: &str) -> Vec<(&'static str, f64)> {
        let lines = self.lines.iter().filter(|line| line[0] == of);
        lines
            .map(|line| (line[1], line[2].parse().expect("a score")))
            .collect()
    }

    /// The neighbours of the rows of a class, as indexes among these, by `smote` or `smote_nc`.
    fn neighbours(&self, of: &str, rows: &[u32]) -> Vec<Vec<u32>> {
        let number = |word: &&str| word.parse::<u32>().expect("a row");
        let among = |row: u32| rows.iter().position(|&own| own == row).map(|i| i as u32);
        let lines = self.lines.iter().filter(|line| line[0] == of);
        lines
            .filter(|line| rows.contains(&number(&line[1])))
            .map(|line| line[2..].iter().filter_map(|word| among(number(word))))
            .map(Iterator::collect)
            .collect()
    }

    fn rows(&self, class: u8) -> Vec<u32> {
        let rows = (0u32..).zip(&self.labels);
        rows.filter(|(_, label)| **label == class)
            .map(|(row, _)| row)
            .collect()
    }

    fn of_class(&self, columns: std::ops::Range<usize>, rows: &[u32]) -> Vec<Vec<f32>> {
        let column = |column: &Vec<f32>| rows.iter().map(|&i| column[i as usize]).collect();
        self.columns[columns].iter().map(column).collect()
    }
}

pub(crate) fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs()
}

/// Makes up rows of a class and looks at each: it lies between a row and one of its neighbours by imbalanced-learn, at one
/// share of the way in all columns of numbers, and has words that most of these neighbours have.
fn check(of: &str, n_words: usize, class: u8) {
    let golden = Golden::read();
    let rows = golden.rows(class);
    let neighbours = golden.neighbours(of, &rows);
    assert_eq!(neighbours.len(), rows.len());
    let numbers = golden.of_class(0..NUMBERS, &rows);
    let words = golden.of_class(NUMBERS..NUMBERS + n_words, &rows);
    let points = Points::new(&numbers, &words);
    let synthesis = Synthesis::draw(&points, rows.clone(), 400, SplitMix64::new(9));
    let new = |place: usize| -> Vec<f32> {
        let mut values = golden.columns[place].clone();
        synthesis.extend_column(&mut values, place >= NUMBERS);
        values.split_off(golden.labels.len())
    };
    let new: Vec<Vec<f32>> = (0..NUMBERS + n_words).map(new).collect();
    let row = |i: usize| new.iter().map(|column| column[i]).collect::<Vec<f32>>();
    let mut used = BTreeSet::new();
    for new in (0..400).map(row) {
        let pair = (0..rows.len())
            .flat_map(|from| neighbours[from].iter().map(move |&to| (from, to as usize)))
            .find(|&(from, to)| {
                let of = |place: usize| {
                    let [from, to, value] =
                        [numbers[place][from], numbers[place][to], new[place]].map(f64::from);
                    (value - from, to - from)
                };
                let widest = (0..NUMBERS).max_by(|&a, &b| of(a).1.abs().total_cmp(&of(b).1.abs()));
                let (way, all) = of(widest.expect("a column"));
                let share = way / all;
                (-1e-6..=1.0 + 1e-6).contains(&share)
                    && (0..NUMBERS).all(|place| (of(place).0 - share * of(place).1).abs() < 1e-5)
                    && (0..n_words).all(|place| {
                        let count = |word: f32| {
                            let found = neighbours[from].iter();
                            found
                                .filter(|&&to| words[place][to as usize] == word)
                                .count()
                        };
                        let own = count(new[NUMBERS + place]);
                        words[place].iter().all(|&other| count(other) <= own)
                    })
            });
        let pair = pair.unwrap_or_else(|| panic!("{of}: {new:?} of class {class}"));
        used.insert((pair.0.min(pair.1), pair.0.max(pair.1)));
    }
    let mut pairs = BTreeSet::new();
    for (from, found) in neighbours.iter().enumerate() {
        let to = found.iter().map(|&to| to as usize);
        pairs.extend(to.map(|to| (from.min(to), from.max(to))));
    }
    // 400 draws of at most 85: nearly all of them occur.
    assert!(
        used.len() > pairs.len() * 9 / 10,
        "{} of {}",
        used.len(),
        pairs.len()
    );
}

#[test]
fn new_rows_lie_where_those_of_imbalanced_learn_may() {
    for class in [1, 2] {
        check("smote", 0, class);
        check("smote_nc", 3, class);
    }
}

#[test]
fn a_word_that_differs_counts_what_it_counts_in_imbalanced_learn() {
    let golden = Golden::read();
    for (class, median) in golden.scores("median") {
        let rows = golden.rows(class.parse().expect("a class"));
        let numbers = golden.of_class(0..NUMBERS, &rows);
        let points = Points::new(&numbers, &golden.of_class(NUMBERS..7, &rows));
        let found = f64::from(points.spread(points.width() - 1, 0.0, 1.0));
        assert!(close(found, median * median, 1e-6), "{found}, {median}²");
    }
}
