//! AUROC, average precision and the curves behind them, beside scikit-learn's and beside a computation row by row.

use flowsieve::metrics::{Curve, RankCounts, Separation};
use proptest::prelude::*;

/// What `curves_golden.py` prints with the package that it names.
const GOLDEN: &str = include_str!("golden/curves.txt");
/// As many points a curve may have.
const MAX_POINTS: usize = 200;
/// A curve of fewer may be so far from the exact one.
const TOLERANCE: f64 = 1.0 / 2048.0;

type Row = (u16, Option<bool>);

fn counted(rows: &[Row]) -> RankCounts {
    let mut counts = RankCounts::new();
    for &(rank, attack) in rows {
        counts.add(rank, attack);
    }
    counts
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: {found}, not {expected}"
    );
}

fn points(curve: &Curve) -> Vec<[f64; 2]> {
    assert_eq!(curve.x.len(), curve.y.len());
    let pairs = curve.x.iter().zip(&curve.y);
    pairs.map(|(&x, &y)| [x, y]).collect()
}

/// How far a point is from a line through points.
fn distance(line: &[[f64; 2]], [x, y]: [f64; 2]) -> f64 {
    let from_part = |part: &[[f64; 2]]| {
        let [[x0, y0], [x1, y1]] = [part[0], part[1]];
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length = dx * dx + dy * dy;
        let at = (((x - x0) * dx + (y - y0) * dy) / length).clamp(0.0, 1.0);
        (x - x0 - at * dx).hypot(y - y0 - at * dy)
    };
    line.windows(2).map(from_part).fold(f64::INFINITY, f64::min)
}

/// The area below a line through points.
fn area(line: &[[f64; 2]]) -> f64 {
    let parts = line.windows(2);
    parts
        .map(|part| (part[1][0] - part[0][0]) * (part[1][1] + part[0][1]) / 2.0)
        .sum()
}

/// A set of the golden file.
#[derive(Default)]
struct Golden {
    name: &'static str,
    auroc: f64,
    average_precision: f64,
    rows: Vec<Row>,
    roc: Vec<[f64; 2]>,
    thresholds: Vec<[f64; 2]>,
}

fn golden_sets() -> Vec<Golden> {
    let number = |word: &str| -> f64 { word.parse().expect("a number") };
    let mut sets: Vec<Golden> = Vec::new();
    for line in GOLDEN.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["set", name, auroc, average_precision] = words[..] {
            sets.push(Golden {
                name,
                auroc: number(auroc),
                average_precision: number(average_precision),
                ..Golden::default()
            });
            continue;
        }
        let set = sets.last_mut().expect("a set");
        match words[..] {
            ["row", rank, attack] => {
                let rank = rank.parse().expect("a rank");
                set.rows.push((rank, Some(attack == "1")));
            }
            ["roc", x, y] => set.roc.push([number(x), number(y)]),
            ["threshold", x, y] => set.thresholds.push([number(x), number(y)]),
            _ => panic!("{line}"),
        }
    }
    sets
}

#[test]
fn areas_and_curves_are_those_of_scikit_learn() {
    let sets = golden_sets();
    assert_eq!(sets.len(), 7);
    for set in sets {
        let found = counted(&set.rows).separation().expect("both sides");
        assert_close(found.auroc, set.auroc, 1e-12, set.name);
        assert_close(
            found.average_precision,
            set.average_precision,
            1e-12,
            set.name,
        );
        for (curve, expected) in [
            (&found.roc, &set.roc),
            (&found.precision_recall, &set.thresholds),
        ] {
            let line = points(curve);
            for &point in expected {
                assert!(
                    distance(&line, point) <= TOLERANCE,
                    "{}: {point:?}, {line:?}",
                    set.name
                );
            }
        }
        // So few rows leave nothing out: the areas are those of the curves.
        let (roc, steps) = (points(&found.roc), points(&found.precision_recall));
        assert_close(area(&roc), set.auroc, 1e-12, set.name);
        assert_close(area(&steps), set.average_precision, 1e-12, set.name);
    }
}

/// All that a [`Separation`] has, from the rows and by definition; curves with every corner.
struct Naive {
    auroc: f64,
    average_precision: f64,
    roc: Vec<[f64; 2]>,
    steps: Vec<[f64; 2]>,
}

fn naive(rows: &[Row]) -> Option<Naive> {
    let ranks_of = |side: bool| -> Vec<u16> {
        let of_side = rows.iter().filter(|(_, attack)| *attack == Some(side));
        of_side.map(|&(rank, _)| rank).collect()
    };
    let (attacks, benign) = (ranks_of(true), ranks_of(false));
    if attacks.is_empty() || benign.is_empty() {
        return None;
    }
    let share = |ranks: &[u16], threshold: u16| {
        ranks.iter().filter(|&&rank| rank >= threshold).count() as f64 / ranks.len() as f64
    };
    let pairs = attacks.iter().flat_map(|attack| {
        benign.iter().map(move |benign| match attack.cmp(benign) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Greater => 1.0,
        })
    });
    let mut thresholds = [attacks.clone(), benign.clone()].concat();
    thresholds.sort_unstable();
    thresholds.dedup();
    let mut found = Naive {
        auroc: pairs.sum::<f64>() / (attacks.len() * benign.len()) as f64,
        average_precision: 0.0,
        roc: vec![[0.0, 0.0]],
        steps: Vec::new(),
    };
    let mut before = 0.0;
    for &threshold in thresholds.iter().rev() {
        let (recall, rate) = (share(&attacks, threshold), share(&benign, threshold));
        let (hits, false_alarms) = (recall * attacks.len() as f64, rate * benign.len() as f64);
        let precision = hits / (hits + false_alarms);
        found.average_precision += (recall - before) * precision;
        found.roc.push([rate, recall]);
        found
            .steps
            .extend([[before, precision], [recall, precision]]);
        before = recall;
    }
    Some(found)
}

/// That a curve stands for the exact one.
fn assert_stands_for(curve: &Curve, exact: &[[f64; 2]]) -> Result<(), TestCaseError> {
    let line = points(curve);
    prop_assert!(line.len() >= 2 && line.len() <= MAX_POINTS);
    prop_assert!(curve.x.is_sorted());
    for (end, exact_end) in [
        (line[0], exact[0]),
        (line[line.len() - 1], exact[exact.len() - 1]),
    ] {
        prop_assert!((end[0] - exact_end[0]).abs() + (end[1] - exact_end[1]).abs() < 1e-12);
    }
    for point in &line {
        prop_assert!(distance(exact, *point) < 1e-12, "{point:?}");
    }
    if line.len() < MAX_POINTS {
        for &point in exact {
            prop_assert!(distance(&line, point) <= TOLERANCE + 1e-12, "{point:?}");
        }
    }
    Ok(())
}

fn arbitrary_rows() -> impl Strategy<Value = Vec<Row>> {
    let ranks = prop_oneof![0u16..6, 65_530u16..=65_535, any::<u16>()];
    let attack = prop_oneof![Just(Some(true)), Just(Some(false)), Just(None)];
    prop::collection::vec((ranks, attack), 0..400)
}

proptest! {
    #[test]
    fn counts_give_what_the_rows_give(rows in arbitrary_rows(), cut in any::<prop::sample::Index>()) {
        let found = counted(&rows).separation();
        // Counted in two pieces, in another order.
        let (first, second) = rows.split_at(cut.index(rows.len() + 1));
        let mut pieces = counted(second);
        pieces.add_all(&counted(first));
        prop_assert_eq!(pieces.separation(), found.clone());
        let expected = naive(&rows);
        prop_assert_eq!(found.is_some(), expected.is_some());
        if let (Some(found), Some(expected)) = (found, expected) {
            prop_assert!((found.auroc - expected.auroc).abs() < 1e-9);
            prop_assert!((found.average_precision - expected.average_precision).abs() < 1e-9);
            let labelled = rows.iter().filter(|(_, attack)| attack.is_some()).count();
            let attacks = rows.iter().filter(|(_, attack)| *attack == Some(true)).count();
            prop_assert_eq!(found.base_rate, attacks as f64 / labelled as f64);
            assert_stands_for(&found.roc, &expected.roc)?;
            assert_stands_for(&found.precision_recall, &expected.steps)?;
        }
    }
}

/// 65,536 ranks with rows of both sides: a smooth curve, whose precision jumps where recall is low.
fn many_rows() -> Vec<Row> {
    let mut state = 1u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 24)
    };
    let row = |_| {
        let attack = random() < 0.1;
        let rank = if attack {
            random().max(random())
        } else {
            random()
        };
        ((rank * 65_536.0) as u16, Some(attack))
    };
    (0..200_000).map(row).collect()
}

#[test]
fn two_hundred_points_stand_for_tens_of_thousands() {
    let found: Separation = counted(&many_rows()).separation().expect("both sides");
    // An attack is the larger of two random numbers, a benign row is one.
    assert_close(found.auroc, 2.0 / 3.0, 0.01, "AUROC");
    let (roc, steps) = (points(&found.roc), points(&found.precision_recall));
    assert!(roc.len() < MAX_POINTS, "{}", roc.len());
    assert_eq!(steps.len(), MAX_POINTS);
    assert_close(area(&roc), found.auroc, 1e-3, "area");
    assert_close(area(&steps), found.average_precision, 1e-3, "area");
}

#[test]
fn curves_need_attacks_and_benign_rows() {
    assert_eq!(counted(&[]).separation(), None);
    let attack = (7, Some(true));
    assert_eq!(counted(&[attack, (9, None)]).separation(), None);
    let found = counted(&[attack, (9, None), (7, Some(false))]);
    let found = found.separation().expect("both sides");
    assert_eq!(
        (found.auroc, found.average_precision, found.base_rate),
        (0.5, 0.5, 0.5)
    );
    assert_eq!(points(&found.roc), [[0.0, 0.0], [1.0, 1.0]]);
    assert_eq!(points(&found.precision_recall), [[0.0, 0.5], [1.0, 0.5]]);
}
