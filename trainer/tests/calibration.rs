//! Calibrated probabilities and sets of classes, on flows of which two classes cannot always be told apart.

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use support::{evaluation, succeed, text};
use tempfile::TempDir;

/// Flows of three classes: `XSS` and `SqlInjection` share half of their values.
fn write_alike(folder: &Path, name: &str, rows: u32, mut state: u64) -> PathBuf {
    let mut below = |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut flows = String::from("duration,bytes,packets,label\n");
    for _ in 0..rows {
        let (label, least) = [("benign", 0), ("XSS", 60), ("SqlInjection", 90)][below(3) as usize];
        let (duration, bytes, packets) = (below(9000), least + below(60), below(4000));
        writeln!(flows, "0.{duration:04},{bytes},{packets},{label}").expect("text");
    }
    let path = folder.join(name);
    std::fs::write(&path, flows).expect("a file");
    path
}

fn train_on(flows: &Path, model: &Path, more: &[&str]) -> String {
    let mut arguments = vec![
        "train",
        text(flows),
        "--label",
        "label",
        "--out",
        text(model),
    ];
    arguments.extend(["--trees", "20", "--leaves", "64", "--benign", "benign"]);
    arguments.extend(more);
    succeed(&arguments)
}

/// The numbers of the line that begins so.
fn figures(printed: &str, begin: &str) -> Vec<f64> {
    let line = printed.lines().find(|line| line.trim().starts_with(begin));
    let line = line.unwrap_or_else(|| panic!("{begin:?} is not in {printed}"));
    line.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

#[test]
fn calibration_lowers_log_loss_and_sets_cover_what_is_stated() {
    calibration_is_worth_it(&[], 0.05);
}

#[test]
fn so_they_do_for_boosted_trees() {
    // Trees that correct each other learn more of what is chance by heart.
    calibration_is_worth_it(&["--learner", "boosted"], 0.07);
}

fn calibration_is_worth_it(options: &[&str], most_error: f64) {
    let folder = TempDir::new().expect("a folder");
    let known = write_alike(folder.path(), "known.csv", 6000, 1);
    let unseen = write_alike(folder.path(), "unseen.csv", 6000, 2);
    let model = folder.path().join("alike.sieve");
    let printed = train_on(&known, &model, options);
    let info = succeed(&["info", text(&model)]);
    for printed in [&printed, &info] {
        let [votes, calibrated] =
            ["not calibrated", "calibrated"].map(|begin| figures(printed, begin));
        assert!(calibrated[0] < votes[0], "log-loss: {printed}");
        assert!(calibrated[1] < votes[1], "calibration error: {printed}");
    }

    let found = evaluation(&model, &unseen, &[]);
    let sets = &found["sets"];
    let number = |name: &str| sets[name].as_f64().expect("a number");
    let difference = number("coverage") - number("stated_coverage");
    assert!(difference.abs() < 0.02, "{sets}");
    for class in ["benign", "XSS", "SqlInjection"] {
        let count = |name: &str| sets["per_class"][class][name].as_f64().expect("a count");
        let covered = count("covered") / count("rows");
        assert!(
            covered > number("stated_class_coverage") - 0.02,
            "{class}: {sets}"
        );
    }
    let error = found["calibration_error"].as_f64().expect("a number");
    assert!(error < most_error, "{error}");
    assert!(number("mean_classes") <= 2.0, "{sets}");

    let out = folder.path().join("out.csv");
    succeed(&["score", text(&model), text(&unseen), "--out", text(&out)]);
    let scored = std::fs::read_to_string(out).expect("a file");
    let mut sizes = vec![0u64; 4];
    for row in scored.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let set: Vec<&str> = cells[10]
            .split(" | ")
            .filter(|name| !name.is_empty())
            .collect();
        sizes[set.len()] += 1;
        // The class predicted is the most probable one, but a threshold is the class's own.
        assert!(
            set.iter()
                .all(|name| ["benign", "XSS", "SqlInjection"].contains(name))
        );
    }
    assert_eq!(serde_json::json!(sizes), sets["rows_per_size"]);
    assert!(scored.contains(",SqlInjection | XSS\n"));
}

#[test]
fn identical_rows_say_no_more_than_one() {
    let folder = TempDir::new().expect("a folder");
    let known = write_alike(folder.path(), "known.csv", 2000, 1);
    let rows = std::fs::read_to_string(&known).expect("a file");
    let (header, body) = rows.split_once('\n').expect("a header");
    let first = body.lines().next().expect("a row");
    let flooded = folder.path().join("flooded.csv");
    let flood = format!("{first}\n").repeat(3000);
    std::fs::write(&flooded, format!("{header}\n{body}{flood}")).expect("a file");
    let printed = train_on(&flooded, &folder.path().join("flooded.sieve"), &[]);
    let line = printed
        .lines()
        .find(|line| line.starts_with("Probabilities of the"));
    let rows = figures(&line.expect("a line").replace(',', ""), "Probabilities");
    assert!((500.0..700.0).contains(&rows[0]), "30 % of 2,000: {rows:?}");
}

#[test]
fn without_parts_probabilities_are_shares_of_votes() {
    let folder = TempDir::new().expect("a folder");
    let known = write_alike(folder.path(), "known.csv", 1000, 1);
    let model = folder.path().join("votes.sieve");
    let printed = train_on(&known, &model, &["--calibration-parts", "0"]);
    assert!(
        printed.contains("shares of votes, not calibrated"),
        "{printed}"
    );
    let info = succeed(&["info", text(&model)]);
    assert!(!info.contains("CALB") && !info.contains("CERR"), "{info}");
    let found = evaluation(&model, &known, &[]);
    assert!(found["sets"].is_null());
    assert!(found["calibration_error"].is_f64());
}

#[test]
fn threads_do_not_change_the_calibration() {
    let folder = TempDir::new().expect("a folder");
    let known = write_alike(folder.path(), "known.csv", 1500, 1);
    let [one, four] = ["1", "4"].map(|threads| {
        let model = folder.path().join("model.sieve");
        train_on(&known, &model, &["--threads", threads]);
        std::fs::read(model).expect("a file")
    });
    assert_eq!(one, four);
}
