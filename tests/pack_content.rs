//! Model files whose checksums are right and whose sections say what cannot be: each is refused with a typed error, none panics.

mod model_support;
mod pack_sections;

use flowsieve::ErrorKind::{self, PackDamaged};
use flowsieve::model::ModelSpec;
use flowsieve::model::calibration::Curve;
use flowsieve::pack;
use model_support::{boosted, spec, with_self_test};
use pack_sections::{
    MANDATORY, Section, check_refused, files, load, put_together, small_file, small_shape,
    take_apart,
};
#[test]
fn a_model_without_classes_has_no_forest_and_no_taxonomy() {
    let mut sections = take_apart(&small_file());
    let calibration = sections.iter().position(|section| section.tag == *b"CALB");
    let calibration = sections.remove(calibration.expect("a section"));
    let sections = sections;
    let index = |tag: &[u8; 4]| {
        let position = sections.iter().position(|section| section.tag == *tag);
        position.expect("a section")
    };
    let (taxonomy, forest, rows) = (index(b"TAXO"), index(b"FRST"), index(b"TEST"));
    let without = |more: &[(usize, &[u8])], without_forest: bool| {
        let mut sections = sections.clone();
        for &(index, raw) in more {
            sections[index] = Section::plain(sections[index].tag, MANDATORY, raw);
        }
        if without_forest {
            sections.remove(forest);
        }
        put_together(1, &sections)
    };
    let empty: [(usize, &[u8]); 2] = [(taxonomy, &[0, 0]), (rows, &[0])];
    let alone = load(&without(&empty, true)).unwrap();
    assert!(!alone.spec().has_classes());
    let mut calibrated = take_apart(&without(&empty, true));
    calibrated.push(calibration);
    check_refused(
        &put_together(1, &calibrated),
        PackDamaged,
        "a calibration of nothing",
    );
    check_refused(
        &without(&empty[..1], true),
        ErrorKind::PackSelfTest,
        "test rows with classes",
    );
    check_refused(&without(&empty, false), PackDamaged, "a forest of nothing");
    // No classes, no distributions, no trees.
    let forest_of_none: [(usize, &[u8]); 3] = [empty[0], empty[1], (forest, &[0; 9])];
    check_refused(
        &without(&forest_of_none, false),
        PackDamaged,
        "a forest without classes",
    );
    let families: [(usize, &[u8]); 2] = [(taxonomy, &[0, 1, 1, b'a']), empty[1]];
    check_refused(
        &without(&families, true),
        PackDamaged,
        "a family of no class",
    );
}

#[test]
fn leaves_that_hold_scores_go_with_the_exponential_curve() {
    let scores = with_self_test(boosted(spec(small_shape()), 1), 3);
    let file = pack::write(&scores).unwrap();
    load(&file).unwrap();

    let sections = take_apart(&file);
    let index = sections.iter().position(|section| section.tag == *b"CALB");
    let index = index.expect("a section");
    let with = |calibration: Option<&[u8]>| {
        let mut sections = sections.clone();
        match calibration {
            Some(raw) => sections[index] = Section::plain(*b"CALB", MANDATORY, raw),
            None => drop(sections.remove(index)),
        }
        put_together(1, &sections)
    };
    let adds_up = |file: &[u8], what: &str| {
        check_refused(file, PackDamaged, what);
        let message = load(file).unwrap_err().to_string();
        assert!(message.contains("adds up to"), "{message}");
    };
    adds_up(&with(None), "scores without a curve");
    // The power curve with offset 0 and exponent 1, and no sets.
    let power = [&[0][..], &0f64.to_le_bytes(), &1f64.to_le_bytes(), &[0]].concat();
    adds_up(&with(Some(&power)), "scores with a power curve");
    let exponential = |rate: f64| [&[1][..], &rate.to_le_bytes(), &[0]].concat();
    assert_eq!(sections[index].raw(), exponential(rate_of(&scores)));
    for rate in [0.0, -0.5, 65.0, f64::NAN] {
        check_refused(
            &with(Some(&exponential(rate))),
            PackDamaged,
            "a rate out of range",
        );
    }
    // With another rate they are scores, too, but the test rows have other confidences.
    check_refused(
        &with(Some(&exponential(2.0))),
        ErrorKind::PackSelfTest,
        "another rate",
    );

    let mut unsaid = scores;
    unsaid.calibration = None;
    assert_eq!(pack::write(&unsaid).unwrap_err().kind(), PackDamaged);
}

fn rate_of(spec: &ModelSpec) -> f64 {
    match spec
        .calibration
        .as_ref()
        .map(|calibration| calibration.curve)
    {
        Some(Curve::Exponential { rate }) => rate,
        other => panic!("{other:?}"),
    }
}

/// Changes a section's content under checksums that are right.
fn with_content(good: &[Section], index: usize, raw: &[u8]) -> Vec<u8> {
    let mut sections = good.to_vec();
    sections[index] = Section::plain(sections[index].tag, MANDATORY, raw);
    put_together(1, &sections)
}

#[test]
fn content_that_ends_early_or_late_is_damage() {
    for file in files() {
        check_ends(&take_apart(&file));
    }
}

fn check_ends(good: &[Section]) {
    for (index, section) in good.iter().enumerate() {
        let raw = section.raw();
        let tag = String::from_utf8_lossy(&section.tag);
        load(&with_content(good, index, &raw)).unwrap();
        if tag == "NAME" {
            continue; // any text is a name
        }
        for len in 0..raw.len() {
            let file = with_content(good, index, &raw[..len]);
            check_refused(&file, PackDamaged, &format!("{tag} cut to {len}"));
        }
        let longer = [&raw[..], &[0]].concat();
        check_refused(&with_content(good, index, &longer), PackDamaged, &tag);
    }
    check_refused(
        &with_content(good, 0, b"\xff\xfe"),
        PackDamaged,
        "a name that is no text",
    );
    check_refused(&with_content(good, 0, b""), PackDamaged, "no name");
}

#[test]
fn content_changed_anywhere_never_panics() {
    for file in files() {
        check_changes(&take_apart(&file));
    }
}

fn check_changes(good: &[Section]) {
    let mut refused = 0;
    let mut tried = 0;
    for (index, section) in good.iter().enumerate() {
        let raw = section.raw();
        for at in 0..raw.len() {
            for change in [
                raw[at] ^ (1 << (at % 8)),
                raw[at].wrapping_add(1),
                0xff,
                0x80,
                0,
            ] {
                let mut changed = raw.clone();
                changed[at] = change;
                tried += 1;
                // Some changes make another valid model: a different median, say. Those must score.
                match load(&with_content(good, index, &changed)) {
                    Err(error) => {
                        refused += 1;
                        assert!(
                            matches!(error.kind(), PackDamaged | ErrorKind::PackSelfTest),
                            "{error}"
                        );
                    }
                    Ok(model) => {
                        let row = vec![f32::NAN; model.n_features()];
                        model.score(&row, &mut model.scratch());
                    }
                }
            }
        }
    }
    assert!(refused > tried / 10, "{refused} of {tried} were refused");
}

#[test]
fn counts_that_lie_are_damage() {
    let good = take_apart(&small_file());
    let forest = good
        .iter()
        .position(|section| &section.tag == b"FRST")
        .unwrap();
    // Varints: 127 is one byte, these are the largest of five and ten.
    let (five, ten): (&[u8], &[u8]) = (&[0xff, 0xff, 0xff, 0xff, 0x0f], &[0xff; 9]);
    let ten = [ten, &[1]].concat();
    let one_leaf: &[&[u8]] = &[&[3], &[1], &[255, 0, 0]];
    let lies: &[(&str, &[&[u8]])] = &[
        ("classes", &[five]),
        ("distributions", &[&[3], five]),
        ("distributions in 64 bits", &[&[3], &ten]),
        (
            "more distributions than bytes",
            &[&[3], &[0xff, 0xff, 0xff, 0x1f]],
        ),
        ("trees", &[&[3], &[1], &[255, 0, 0], five]),
        ("nodes", &[&[3], &[1], &[255, 0, 0], &[1], five]),
        (
            "nodes that are not there",
            &[&[3], &[1], &[255, 0, 0], &[1], &[0xff, 0xff, 0xff, 1]],
        ),
        ("features", &[&[3], &[1], &[255, 0, 0], &[1, 1, 0], five]),
        (
            "thresholds",
            &[&[3], &[1], &[255, 0, 0], &[1, 3, 1, 1, 0], five],
        ),
        (
            "byte planes",
            &[&[3], &[1], &[255, 0, 0], &[1, 1, 0, 0, 0, 0, 0, 5]],
        ),
    ];
    for (what, parts) in lies {
        let raw = parts.concat();
        check_refused(&with_content(&good, forest, &raw), PackDamaged, what);
    }
    // The same with the truth: a tree of one leaf, no features, four empty columns.
    let raw = [&one_leaf.concat()[..], &[1, 1, 0, 0, 0, 0, 0, 0]].concat();
    let file = with_content(&good, forest, &raw);
    assert_eq!(load(&file).unwrap_err().kind(), ErrorKind::PackSelfTest);
    assert_eq!(pack::read(&file).unwrap().forest.trees[0].nodes.len(), 1);
}

#[test]
fn trees_that_are_no_trees_are_damage() {
    let good = take_apart(&small_file());
    let forest = good
        .iter()
        .position(|section| &section.tag == b"FRST")
        .unwrap();
    // Three classes, one distribution, then so many trees, so many nodes and their shape.
    let with_shape = |trees: u8, nodes: u8, shape: &[u8], rest: &[u8]| {
        let raw = [&[3, 1, 255, 0, 0, trees, nodes][..], shape, rest].concat();
        with_content(&good, forest, &raw)
    };
    // One feature (0) with one threshold (key 0x80000000, which is 0.0), one split, two leaves.
    let split: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 0, 0, 0, 0];
    let read = pack::read(&with_shape(1, 3, &[0b001], split)).unwrap();
    assert_eq!(read.forest.trees[0].nodes.len(), 3);

    check_refused(
        &with_shape(1, 3, &[0b111], split),
        PackDamaged,
        "splits only",
    );
    check_refused(&with_shape(1, 3, &[0b011], split), PackDamaged, "no end");
    check_refused(
        &with_shape(1, 3, &[0b000], split),
        PackDamaged,
        "leaves nobody leads to",
    );
    check_refused(
        &with_shape(2, 3, &[0b001], split),
        PackDamaged,
        "a tree without nodes",
    );
    check_refused(
        &with_shape(0, 3, &[0b001], split),
        PackDamaged,
        "nodes without a tree",
    );
    check_refused(
        &with_shape(1, 3, &[0b1001], split),
        PackDamaged,
        "bits behind the last",
    );
    let no_feature: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 1, 1, 0, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], no_feature),
        PackDamaged,
        "a feature not listed",
    );
    let no_threshold: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 0, 1, 1, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], no_threshold),
        PackDamaged,
        "a threshold not listed",
    );
    let far_feature: &[u8] = &[1, 77, 1, 4, 0, 0, 0, 0x80, 0, 0, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], far_feature),
        PackDamaged,
        "feature 77 of 5",
    );
    let nan: &[u8] = &[1, 0, 1, 4, 0, 0, 0xc0, 0xff, 0, 0, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], nan),
        PackDamaged,
        "NaN as a threshold",
    );
    let no_distribution: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 0, 0, 0, 1, 0, 9];
    check_refused(
        &with_shape(1, 3, &[1], no_distribution),
        PackDamaged,
        "distribution 9 of 1",
    );
}
