//! The one-class SVM against scikit-learn's, what ν promises, what reducing it costs, and what is no fit at all.

use flowsieve::ErrorKind;
use flowsieve::fit::one_class::{
    ExactOneClass, Gamma, OneClassOptions, OneClassParams, fit, sample,
};
use flowsieve::fit::rng::SplitMix64;
use flowsieve::model::one_class::{OneClass, OneClassSpec};

/// What `one_class_golden.py` prints with the package that it names.
const GOLDEN: &str = include_str!("golden/one_class.txt");

/// A set of the golden file.
struct Set {
    name: &'static str,
    options: OneClassOptions,
    rows: Vec<Vec<f32>>,
    queries: Vec<(f64, Vec<f32>)>,
}

/// As close to the optimum as scikit-learn is asked to come for the golden file.
const TIGHT: OneClassOptions = OneClassOptions {
    nu: 0.05,
    gamma: Gamma::Scaled(1.0),
    tolerance: 1e-9,
    max_iterations: 1_000_000,
    max_rows: 5_000,
    max_points: 256,
    seed: 0,
};

fn sets() -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    for line in GOLDEN.lines() {
        let (kind, rest) = line.split_once(' ').expect("a word and more");
        let words: Vec<&str> = rest.split(' ').collect();
        let numbers = |words: &[&str]| {
            words
                .iter()
                .map(|word| word.parse().expect("f32"))
                .collect()
        };
        match (kind, &words[..]) {
            ("set", &[name, nu, gamma]) => sets.push(Set {
                name,
                options: OneClassOptions {
                    nu: nu.parse().expect("f64"),
                    gamma: gamma.parse().map_or(Gamma::Scaled(1.0), Gamma::Value),
                    ..TIGHT
                },
                rows: Vec::new(),
                queries: Vec::new(),
            }),
            ("row", values) => sets.last_mut().expect("a set").rows.push(numbers(values)),
            ("query", [decision, values @ ..]) => {
                let query = (decision.parse().expect("f64"), numbers(values));
                sets.last_mut().expect("a set").queries.push(query);
            }
            other => panic!("{other:?} is no line"),
        }
    }
    sets
}

fn columns(rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let n_features = rows.first().map_or(0, Vec::len);
    (0..n_features)
        .map(|feature| rows.iter().map(|row| row[feature]).collect())
        .collect()
}

fn checked(options: OneClassOptions) -> OneClassParams {
    options.check().expect("in range")
}

fn fit_exactly(rows: &[Vec<f32>], options: OneClassOptions) -> ExactOneClass {
    let row_idxs: Vec<u32> = (0..rows.len() as u32).collect();
    ExactOneClass::fit(&columns(rows), &row_idxs, &checked(options)).expect("a fit")
}

fn score(spec: &OneClassSpec, row: &[f32]) -> f32 {
    let one_class = OneClass::new(spec).expect("valid");
    one_class.score(row, &mut vec![0.0; one_class.scratch_len()])
}

/// Rows of a few blobs, on which features depend on each other.
fn blobs(n_rows: usize, n_features: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut rng = SplitMix64::new(seed);
    let normal = |rng: &mut SplitMix64| (0..12).map(|_| rng.unit()).sum::<f64>() - 6.0;
    let centres: Vec<Vec<f64>> = (0..4)
        .map(|_| (0..n_features).map(|_| 1.5 * normal(&mut rng)).collect())
        .collect();
    (0..n_rows)
        .map(|_| {
            let centre = &centres[rng.below(4) as usize];
            let common = normal(&mut rng);
            let value = |centre: &f64| (centre + 0.7 * common + 0.3 * normal(&mut rng)) as f32;
            centre.iter().map(value).collect()
        })
        .collect()
}

#[test]
fn decisions_are_those_of_scikit_learn() {
    let mut compared = 0;
    for set in sets() {
        let exact = fit_exactly(&set.rows, set.options);
        for (query, (expected, row)) in set.queries.iter().enumerate() {
            let found = exact.decision(row);
            assert!(
                (found - expected).abs() < 1e-4,
                "{} query {query}: {found}, but scikit-learn has {expected}",
                set.name
            );
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
}

#[test]
fn what_is_stored_decides_alike_while_it_has_room_for_all_support_vectors() {
    for set in sets() {
        let exact = fit_exactly(&set.rows, set.options);
        let spec = exact.reduced(exact.n_support());
        for (_, row) in &set.queries {
            let (found, expected) = (f64::from(score(&spec, row)), -exact.decision(row));
            assert!((found - expected).abs() < 2e-4, "{}: {found}", set.name);
        }
    }
}

/// A row with less than all weight has a decision of no less than minus the tolerance, so those below that have all weight,
/// and as all weights add up to ν·n they are at most so many. As none has more than 1, at least so many have some; 1e-9 is
/// for the sum's rounding.
#[test]
fn nu_bounds_the_outliers_from_above_and_the_support_vectors_from_below() {
    let made_up = [0.01, 0.1, 0.5, 1.0].map(|nu| Set {
        name: "blobs",
        options: OneClassOptions {
            nu,
            tolerance: 1e-3,
            ..TIGHT
        },
        rows: blobs(700, 6, 8),
        queries: Vec::new(),
    });
    for set in sets().into_iter().chain(made_up) {
        let options = set.options;
        let exact = fit_exactly(&set.rows, options);
        let outside = (set.rows.iter())
            .filter(|row| exact.decision(row) < -options.tolerance - 1e-6)
            .count();
        let (n, nu) = (set.rows.len() as f64, options.nu);
        assert!(outside as f64 <= nu * n + 1e-9, "{} {nu}", set.name);
        assert!(
            exact.n_support() as f64 >= nu * n - 1e-9,
            "{} {nu}",
            set.name
        );
    }
}

#[test]
fn with_nu_of_1_every_row_weighs_the_same_and_none_lies_inside() {
    let rows = blobs(50, 3, 1);
    let exact = fit_exactly(&rows, OneClassOptions { nu: 1.0, ..TIGHT });
    assert_eq!((exact.n_support(), exact.iterations()), (50, 0));
    let decisions: Vec<f64> = rows.iter().map(|row| exact.decision(row)).collect();
    let highest = decisions.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    assert!(highest.abs() < 1e-5, "{highest}");
}

#[test]
fn one_row_or_equal_rows_are_a_bell_with_its_top_on_the_border() {
    for n in [1, 7] {
        let rows = vec![vec![2.0, -1.0]; n];
        let exact = fit_exactly(&rows, TIGHT);
        assert_eq!(exact.gamma(), 1.0 / (2.0 * 2.25), "{n}");
        let spec = exact.reduced(256);
        assert_eq!(spec.points, [2.0, -1.0]);
        assert!(score(&spec, &rows[0]).abs() < 1e-6);
        assert!((f64::from(score(&spec, &[40.0, 0.0])) - exact.rho()).abs() < 1e-6);
    }
}

#[test]
fn gamma_of_constant_columns_is_that_of_scikit_learn() {
    let equal = vec![vec![5.0, 5.0, 5.0]; 4];
    assert_eq!(fit_exactly(&equal, TIGHT).gamma(), 1.0);
    let constant: Vec<Vec<f32>> = (0..4u8).map(|row| vec![f32::from(row), 9.0]).collect();
    // The variance of 0, 1, 2, 3, 9, 9, 9, 9.
    let scale = fit_exactly(&constant, TIGHT).gamma();
    assert_eq!(scale, 1.0 / (2.0 * 14.6875));
    let gamma = Gamma::Scaled(4.0);
    let narrow = fit_exactly(&constant, OneClassOptions { gamma, ..TIGHT });
    assert_eq!(narrow.gamma(), 4.0 * scale);
}

#[test]
fn what_is_no_fit_is_refused_by_name() {
    let refused = |options: OneClassOptions, rows: &[Vec<f32>], word: &str| {
        let row_idxs: Vec<u32> = (0..rows.len() as u32).collect();
        let error = options
            .check()
            .and_then(|params| fit(&columns(rows), &row_idxs, &params))
            .expect_err(word);
        assert_eq!(error.kind(), ErrorKind::BadFit);
        assert!(error.to_string().contains(word), "{error}");
    };
    let rows = blobs(20, 2, 3);
    for nu in [0.0, -0.1, 1.000_001, f64::NAN, f64::INFINITY] {
        refused(OneClassOptions { nu, ..TIGHT }, &rows, "nu of rows outside");
    }
    for gamma in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-60, 1e60] {
        for gamma in [Gamma::Value(gamma), Gamma::Scaled(gamma)] {
            refused(OneClassOptions { gamma, ..TIGHT }, &rows, "kernel's gamma");
        }
    }
    for tolerance in [0.0, f64::NAN, f64::INFINITY] {
        refused(OneClassOptions { tolerance, ..TIGHT }, &rows, "tolerance");
    }
    let none = OneClassOptions {
        max_rows: 0,
        ..TIGHT
    };
    refused(none, &rows, "fitted on must be 1 to 50000");
    let none = OneClassOptions {
        max_points: 0,
        ..TIGHT
    };
    refused(none, &rows, "points of a one-class SVM must be 1 to 4096");
    let impatient = OneClassOptions {
        max_iterations: 3,
        ..TIGHT
    };
    refused(impatient, &rows, "has not converged after 3 steps");
    refused(TIGHT, &[], "at least one column");
    let params = checked(TIGHT);
    let error = fit(&columns(&rows), &[], &params).expect_err("no rows");
    assert!(error.to_string().contains("at least one row"), "{error}");
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut rows = rows.clone();
        rows[7][1] = bad;
        refused(TIGHT, &rows, "Feature 1 is missing or infinite in row 7");
    }
    refused(
        TIGHT,
        &[vec![f32::MAX], vec![f32::MIN], vec![1.0]],
        "too far apart",
    );
}

/// Places of the values in their order.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for (rank, &place) in order.iter().enumerate() {
        ranks[place] = rank as f64;
    }
    ranks
}

fn spearman(one: &[f64], other: &[f64]) -> f64 {
    let n = one.len() as f64;
    let squares = ranks(one).into_iter().zip(ranks(other));
    let sum: f64 = squares.map(|(a, b)| (a - b) * (a - b)).sum();
    1.0 - 6.0 * sum / (n * (n * n - 1.0))
}

#[test]
fn fewer_points_keep_the_order_of_held_out_rows() {
    let mut rows = blobs(2_500, 10, 21);
    let held_out = rows.split_off(1_500);
    let exact = fit_exactly(&rows, OneClassOptions { nu: 0.2, ..TIGHT });
    assert!(exact.n_support() > 290, "{}", exact.n_support());
    let expected: Vec<f64> = held_out.iter().map(|row| -exact.decision(row)).collect();
    let mut before = 0.0;
    for (max_points, least) in [(16, 0.9), (64, 0.99), (128, 0.999), (256, 0.9999)] {
        let spec = exact.reduced(max_points);
        assert!(spec.n_points() <= max_points);
        let found: Vec<f64> = (held_out.iter())
            .map(|row| f64::from(score(&spec, row)))
            .collect();
        let agreement = spearman(&found, &expected);
        assert!(
            agreement >= least && agreement >= before,
            "{max_points} points: {agreement}"
        );
        before = agreement;
    }
}

#[test]
fn points_that_say_nothing_new_are_not_stored() {
    let rows: Vec<Vec<f32>> = blobs(40, 3, 5).into_iter().cycle().take(400).collect();
    let exact = fit_exactly(&rows, OneClassOptions { nu: 0.9, ..TIGHT });
    assert!(exact.n_support() >= 360);
    assert!(exact.reduced(256).n_points() <= 40);
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_draws_other_rows() {
    let rows = blobs(900, 4, 2);
    let columns = columns(&rows);
    let row_idxs: Vec<u32> = (100..900).collect();
    let spec = |seed| {
        let options = OneClassOptions {
            seed,
            max_rows: 300,
            ..TIGHT
        };
        let params = checked(options);
        let drawn = sample(&row_idxs, &params);
        assert_eq!(drawn.len(), 300);
        assert!(drawn.is_sorted_by(|a, b| a < b) && drawn[0] >= 100);
        fit(&columns, &row_idxs, &params).expect("a fit")
    };
    assert_eq!(spec(4), spec(4));
    assert_ne!(spec(4), spec(5));
    let all = checked(TIGHT);
    assert_eq!(sample(&row_idxs, &all), row_idxs);
}
