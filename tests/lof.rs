//! The local outlier factor: exact scores as scikit-learn has them, reduced ones beside the exact, and what happens where there
//! is little to compare with.

use flowsieve::ErrorKind;
use flowsieve::fit::lof::{
    Counting, Duplicates, ExactLof, LofOptions, Reduction, fit, smallest_within,
};
use flowsieve::model::lof::{Lof, LofScratch, LofSpec};
use proptest::prelude::*;

/// What `lof_golden.py` prints with the package that it names.
const GOLDEN: &str = include_str!("golden/lof.txt");

const SKLEARN: LofOptions = LofOptions {
    k: 20,
    duplicates: Duplicates::AsRows,
    floor: 0.0,
};
const DISTINCT: LofOptions = LofOptions {
    duplicates: Duplicates::Distinct,
    ..SKLEARN
};

fn fitted(rows: &[Vec<f32>], options: LofOptions) -> ExactLof {
    let params = options.check().expect("in range");
    fit(&columns(rows), &params).expect("rows that can be fitted on")
}

fn columns(rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let column = |feature: usize| rows.iter().map(|row| row[feature]).collect();
    (0..rows[0].len()).map(column).collect()
}

fn scores(spec: &LofSpec, rows: &[Vec<f32>]) -> Vec<f32> {
    let lof = Lof::new(spec).expect("valid");
    let mut scratch = LofScratch::default();
    rows.iter()
        .map(|row| lof.score(row, &mut scratch))
        .collect()
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs(),
        "{what}: {found}, not {expected}"
    );
}

/// A table of the golden file.
struct Table {
    name: &'static str,
    k: u32,
    rows: Vec<Vec<f32>>,
    /// Rows and what their scores are in each of the three fits.
    asked: Vec<([f64; 3], Vec<f32>)>,
}

fn golden_tables() -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for line in GOLDEN.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["table", name, "k", k] = words[..] {
            tables.push(Table {
                name,
                k: k.parse().expect("a number"),
                rows: Vec::new(),
                asked: Vec::new(),
            });
            continue;
        }
        let table = tables.last_mut().expect("a table");
        let values: Vec<f32> = words[4..]
            .iter()
            .map(|word| word.parse().expect("a value"))
            .collect();
        let score = |place: usize| words[place].parse().expect("a score");
        if words[0] == "row" {
            table.rows.push(values.clone());
        }
        table.asked.push(([score(1), score(2), score(3)], values));
    }
    tables
}

#[test]
fn exact_scores_are_those_of_scikit_learn() {
    let tables = golden_tables();
    assert_eq!(tables.len(), 8);
    for table in tables {
        let fits = [
            SKLEARN,
            DISTINCT,
            LofOptions {
                floor: 0.5,
                ..DISTINCT
            },
        ]
        .map(|options| {
            fitted(
                &table.rows,
                LofOptions {
                    k: table.k,
                    ..options
                },
            )
        });
        for (expected, row) in &table.asked {
            for (fit, &expected) in fits.iter().zip(expected) {
                let what = format!("{} {row:?}", table.name);
                assert_close(fit.scores(row)[0], expected, 1e-6, &what);
            }
        }
    }
}

#[test]
fn a_detector_of_all_points_scores_as_the_exact_one() {
    for table in golden_tables() {
        for options in [SKLEARN, DISTINCT] {
            let exact = fitted(
                &table.rows,
                LofOptions {
                    k: table.k,
                    ..options
                },
            );
            let spec = exact.reduce(usize::MAX, 3, Counting::ForThoseLeftOut);
            assert_eq!(spec.n_points(), exact.points().len());
            let rows: Vec<Vec<f32>> = table.asked.iter().map(|(_, row)| row.clone()).collect();
            for (row, found) in rows.iter().zip(scores(&spec, &rows)) {
                assert_close(f64::from(found), exact.scores(row)[0], 1e-5, table.name);
            }
        }
    }
}

fn tables() -> impl Strategy<Value = Vec<Vec<f32>>> {
    (1_usize..5, 1_usize..60).prop_flat_map(|(n_features, n_rows)| {
        // Coarse, so that rows are often equal and neighbours equally near.
        let value = (-8_i8..8).prop_map(|value| f32::from(value) / 4.0);
        prop::collection::vec(prop::collection::vec(value, n_features), n_rows)
    })
}

proptest! {
    #[test]
    fn reductions_are_sound(rows in tables(), k in 1_u32..30, n_points in 1_usize..60, seed: u64, as_rows: bool) {
        let options = LofOptions { k, ..if as_rows { SKLEARN } else { DISTINCT } };
        let exact = fitted(&rows, options);
        let mut reversed = rows.clone();
        reversed.reverse();
        let spec = exact.reduce(n_points, seed, Counting::ForThoseLeftOut);
        prop_assert_eq!(&spec, &fitted(&reversed, options).reduce(n_points, seed, Counting::ForThoseLeftOut));
        prop_assert_eq!(spec.n_points(), n_points.min(exact.points().len()));
        let stood_for: u32 = match spec.counts.len() {
            0 => spec.n_points() as u32,
            _ => spec.counts.iter().sum(),
        };
        let all = if as_rows { rows.len() } else { exact.points().len() };
        prop_assert_eq!(stood_for as usize, all);
        for score in scores(&spec, &rows) {
            prop_assert!(score.is_finite() && score > 0.0, "{}", score);
        }
        if spec.n_points() == exact.points().len() {
            for (row, found) in rows.iter().zip(scores(&spec, &rows)) {
                let expected = exact.scores(row)[0];
                prop_assert!((f64::from(found) - expected).abs() <= 1e-5 * expected);
            }
        }
    }

    #[test]
    fn pieces_of_the_neighbours_join_to_the_same_detector(rows in tables(), cut in 0_usize..60) {
        use flowsieve::fit::lof::DistinctPoints;
        let params = LofOptions { floor: 0.3, ..DISTINCT }.check().expect("in range");
        let points = DistinctPoints::new(&columns(&rows), &params).expect("rows");
        let cut = cut.min(points.len());
        let pieces = [points.neighbours(0..cut), points.neighbours(cut..points.len())];
        let (whole, joined) = (fit(&columns(&rows), &params).expect("rows"), points.join(&pieces));
        prop_assert_eq!(whole.reduce(20, 1, Counting::ForThoseLeftOut), joined.reduce(20, 1, Counting::ForThoseLeftOut));
        prop_assert_eq!(whole.densities(), joined.densities());
    }
}

/// 400 rows of three features in two crowds, the second ten times as dense.
fn two_crowds() -> Vec<Vec<f32>> {
    let mut rng = flowsieve::fit::rng::SplitMix64::new(5);
    let mut row = |centre: f64, width: f64| -> Vec<f32> {
        (0..3)
            .map(|_| (centre + width * (rng.unit() - 0.5)) as f32)
            .collect()
    };
    let mut rows: Vec<Vec<f32>> = (0..200).map(|_| row(0.0, 2.0)).collect();
    rows.extend((0..200).map(|_| row(5.0, 0.2)));
    rows
}

#[test]
fn a_row_beside_a_dense_crowd_is_stranger_than_one_beside_a_wide_one() {
    let exact = fitted(&two_crowds(), DISTINCT);
    let strange = [
        vec![5.0, 5.0, 6.0],
        vec![0.0, 0.0, 2.0],
        vec![0.1, 0.0, 0.1],
    ];
    for spec in [
        exact.reduce(400, 0, Counting::ForThoseLeftOut),
        exact.reduce(60, 0, Counting::ForThoseLeftOut),
    ] {
        let found = scores(&spec, &strange);
        assert!(found[0] > 2.0 * found[1], "{found:?}");
        assert!(found[1] > 1.3 && found[2] < 1.3, "{found:?}");
    }
}

#[test]
fn more_points_agree_more_and_the_fewest_that_agree_enough_are_chosen() {
    let rows = two_crowds();
    let (fitted_on, held_out) = rows.split_at(350);
    let exact = fitted(fitted_on, DISTINCT);
    let curve = exact
        .reductions(
            &[16, 64, 350],
            2,
            Counting::ForThoseLeftOut,
            &held_out.concat(),
        )
        .expect("valid");
    let sizes: Vec<(usize, usize)> = curve
        .iter()
        .map(|reduction| (reduction.n_points, reduction.bytes))
        .collect();
    assert_eq!(sizes, [(16, 16 * 24), (64, 64 * 24), (350, 350 * 20)]);
    assert!(curve[0].agreement < curve[1].agreement, "{curve:?}");
    assert!(curve[2].agreement > 0.9999, "{curve:?}");
    let chosen = |tolerance| smallest_within(&curve, tolerance).map(|chosen| chosen.n_points);
    assert_eq!(chosen(2.0), Some(16));
    assert_eq!(chosen(1.0 - curve[1].agreement), Some(64));
    assert_eq!(chosen(0.0001), Some(350));
    let impossible: Vec<Reduction> = curve[..2].to_vec();
    assert_eq!(smallest_within(&impossible, 0.0), Some(curve[1]));
    assert_eq!(smallest_within(&[], 0.5), None);
}

#[test]
fn points_that_count_once_keep_what_they_are_among_all() {
    let exact = fitted(&two_crowds(), DISTINCT);
    let spec = exact.reduce(40, 6, Counting::Once(5));
    let standing = exact.reduce(40, 6, Counting::ForThoseLeftOut);
    assert_eq!((spec.k, standing.k), (5, 20));
    let expected = LofSpec {
        k: 5,
        counts: Vec::new(),
        ..standing
    };
    assert_eq!(spec, expected);
    assert_eq!(exact.reduce(3, 6, Counting::default()).k, 3);
    let all = exact.reduce(usize::MAX, 0, Counting::Once(20));
    assert_eq!(all, exact.reduce(usize::MAX, 0, Counting::ForThoseLeftOut));
}

#[test]
fn fewer_points_of_a_seed_are_among_those_of_more() {
    let exact = fitted(&two_crowds(), DISTINCT);
    let points = |n_points: usize, seed: u64| -> Vec<Vec<f32>> {
        let spec = exact.reduce(n_points, seed, Counting::ForThoseLeftOut);
        spec.points.chunks_exact(3).map(<[f32]>::to_vec).collect()
    };
    let more = points(80, 9);
    assert!(points(20, 9).iter().all(|point| more.contains(point)));
    assert_ne!(points(20, 9), points(20, 10));
    assert_eq!(exact.reduce(0, 9, Counting::ForThoseLeftOut).n_points(), 1);
}

#[test]
fn where_all_rows_are_equal_others_are_strange() {
    for rows in [vec![vec![1.5, -2.0]], vec![vec![1.5, -2.0]; 40]] {
        for options in [SKLEARN, DISTINCT] {
            let exact = fitted(&rows, options);
            let asked = [vec![1.5, -2.0], vec![1.5, -1.0], vec![1e30, 0.0]];
            let found = scores(&exact.reduce(9, 0, Counting::ForThoseLeftOut), &asked);
            assert!((found[0] - 1.0).abs() < 1e-6, "{found:?}");
            assert!(found[1] > 1e9 && found[2] >= found[1] && found[2].is_finite());
            assert_close(exact.scores(&asked[0])[0], 1.0, 1e-9, "exact");
        }
    }
}

#[test]
fn a_pile_of_equal_rows_does_not_make_its_neighbours_strange_where_k_counts_distinct_rows() {
    let mut rows = two_crowds();
    let beside = rows[0].iter().map(|value| value + 0.01).collect();
    rows.extend(vec![rows[0].clone(); 100]);
    let beside = [beside];
    let score = |options| {
        scores(
            &fitted(&rows, options).reduce(1000, 0, Counting::ForThoseLeftOut),
            &beside,
        )[0]
    };
    assert!(score(SKLEARN) > 1e6);
    assert!(score(DISTINCT) < 2.0);
    assert_eq!(
        fitted(&rows, DISTINCT).reduce(1000, 0, Counting::ForThoseLeftOut),
        fitted(&two_crowds(), DISTINCT).reduce(1000, 0, Counting::ForThoseLeftOut)
    );
}

#[test]
fn k_is_lowered_to_the_neighbours_that_there_are() {
    let rows = vec![vec![0.0], vec![1.0], vec![1.0], vec![3.0], vec![-0.0]];
    for (options, expected) in [(SKLEARN, 4), (DISTINCT, 2)] {
        let exact = fitted(&rows, options);
        assert_eq!(exact.points().k(), expected);
        assert_eq!(exact.points().rows(), [2, 2, 1]);
        assert_eq!(exact.reduce(3, 0, Counting::ForThoseLeftOut).k, expected);
    }
}

#[test]
fn columns_that_are_constant_change_no_distance() {
    let rows = two_crowds();
    let wider: Vec<Vec<f32>> = rows
        .iter()
        .map(|row| [&[7.0], &row[..], &[0.0]].concat())
        .collect();
    let (narrow, wide) = (fitted(&rows, DISTINCT), fitted(&wider, DISTINCT));
    assert_eq!(narrow.scores(&rows.concat()), wide.scores(&wider.concat()));
}

#[test]
fn what_cannot_be_fitted_on_is_refused() {
    let params = DISTINCT.check().expect("in range");
    let good = vec![0.0, 1.0];
    for (columns, message) in [
        (vec![], "0 rows of 0 features"),
        (vec![vec![], vec![]], "0 rows of 2 features"),
        (
            vec![good.clone(), vec![1.0]],
            "Feature 1 has 1 values for 2 rows",
        ),
        (
            vec![good.clone(), vec![1.0, f32::NAN]],
            "Feature 1 is missing or infinite in row 1",
        ),
        (
            vec![vec![f32::NEG_INFINITY, 0.0], good],
            "Feature 0 is missing or infinite in row 0",
        ),
    ] {
        let error = fit(&columns, &params).expect_err(message);
        assert_eq!(error.kind(), ErrorKind::BadFit);
        assert!(error.to_string().contains(message), "{error}");
    }
}
