//! `flowsieve score --fit`: a detector fitted on the files themselves.

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use support::{evaluation, fail, flowsieve, succeed, text, write_flows};
use tempfile::TempDir;

/// A table of numbers that no model knows; the row `strange` is far from the others.
fn write_readings(folder: &Path, name: &str, rows: usize, strange: Option<usize>) -> PathBuf {
    let mut readings = String::from("row,watts,volts,site\n");
    for row in 0..rows {
        let watts = if Some(row) == strange {
            5000
        } else {
            row * row % 97
        };
        let volts = 220 + row * 7 % 13;
        writeln!(readings, "{row},{watts},{volts}.5,north").expect("text");
    }
    let path = folder.join(name);
    std::fs::write(&path, readings).expect("a file");
    path
}

/// Scores with a fit; gives what was said to the error stream, and the rows written, the header first.
fn score_fitted(folder: &Path, data: &[&Path], more: &[&str]) -> (String, Vec<String>) {
    let out = folder.join("out.csv");
    let mut arguments = vec!["score", "--fit"];
    arguments.extend(data.iter().map(|path| text(path)));
    arguments.extend(["--out", text(&out)]);
    arguments.extend(more);
    let output = flowsieve(&arguments);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{said}");
    let written = std::fs::read_to_string(&out).expect("a file");
    (said, written.lines().map(str::to_owned).collect())
}

#[test]
fn a_table_that_no_model_knows_is_scored_with_a_detector_of_its_own() {
    let folder = TempDir::new().expect("a folder");
    let readings = write_readings(folder.path(), "readings.csv", 500, Some(123));
    let model = folder.path().join("readings.sieve");
    let (said, rows) = score_fitted(
        folder.path(),
        &[&readings],
        &["--seed", "7", "--save-model", text(&model)],
    );
    assert!(
        said.contains(
            "Fitted an isolation forest on 500 of 500 rows, 2 of 4 columns, with --seed 7"
        ),
        "{said}"
    );
    assert_eq!(rows.len(), 501);
    assert!(rows[0].ends_with("_forest_score,flowsieve_isolation_forest_flag,flowsieve_set"));
    assert!(rows[124].ends_with(",,,,,1.00000,1,"), "{}", rows[124]);
    let flagged = rows.iter().filter(|row| row.ends_with(",1,")).count();
    assert!((20..=30).contains(&flagged), "{flagged} of 500 at 5 %");

    let info = succeed(&["info", text(&model)]);
    for part in [
        "Isolation forest fitted on a file",
        "100 trees on 500 rows without labels",
        "seed 7",
        "No classes",
        "an index, by its name",
    ] {
        assert!(info.contains(part), "{part}: {info}");
    }
    let again = folder.path().join("again.csv");
    succeed(&[
        "score",
        text(&model),
        text(&readings),
        "--out",
        text(&again),
    ]);
    let again = std::fs::read_to_string(again).expect("a file");
    assert_eq!(again.lines().collect::<Vec<_>>(), rows);
    let found = evaluation(&model, &readings, &[]);
    assert_eq!(
        (&found["rows"], &found["rejected"]),
        (&500.into(), &0.into())
    );
    assert!(found["accuracy"].is_null());
}

#[test]
fn a_seed_gives_the_same_model_and_none_draws_one_that_is_printed() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 300);
    let model = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        let save = ["--save-model", text(&path)];
        let (said, _) = score_fitted(folder.path(), &[&flows], &[&save, more].concat());
        let seed = said.split("--seed ").nth(1).expect("a seed");
        let seed = seed.split_whitespace().next().expect("a seed").to_owned();
        (seed, std::fs::read(&path).expect("a file"))
    };
    let (seed, drawn) = model("drawn.sieve", &[]);
    let (_, other) = model("other.sieve", &[]);
    assert_ne!(drawn, other, "another seed is drawn each time");
    let (_, again) = model("again.sieve", &["--seed", &seed, "--threads", "1"]);
    assert_eq!(drawn, again);
}

#[test]
fn several_files_are_fitted_on_together() {
    let folder = TempDir::new().expect("a folder");
    let first = write_readings(folder.path(), "first.csv", 40, None);
    let second = write_readings(folder.path(), "second.csv", 40, Some(20));
    let (said, rows) = score_fitted(folder.path(), &[&first, &second], &["--seed", "1"]);
    assert!(said.contains("on 80 of 80 rows"), "{said}");
    assert!(rows[61].ends_with(",1.00000,1,"), "{}", rows[61]);
}

#[test]
fn what_cannot_be_fitted_is_refused_with_what_to_do() {
    let folder = TempDir::new().expect("a folder");
    let few = write_readings(folder.path(), "few.csv", 5, None);
    let out = folder.path().join("out.csv");
    let model = folder.path().join("some.sieve");
    let own = ["--save-model", text(&few)];
    for (arguments, part) in [
        (
            vec!["--fit", text(&few)],
            "5 rows that a detector could be fitted on",
        ),
        (vec![text(&few)], "name the model first, or fit one"),
        (vec!["--fit", text(&model), text(&few)], "some.sieve is one"),
        (
            [&["--fit", text(&few)][..], &own].concat(),
            "--save-model names",
        ),
    ] {
        let error = fail(&[&["score"], &arguments[..], &["--out", text(&out)]].concat());
        assert!(error.contains(part), "{error}");
        assert!(!out.exists(), "nothing is written");
    }
}
