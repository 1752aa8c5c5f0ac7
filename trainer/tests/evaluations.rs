//! The evaluations in a card, on flows that are made up so that each way of splitting gives another answer.

mod support;

use flowsieve::metrics::Evaluation;
use flowsieve::model::trial::Trial;
use flowsieve::pack;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use support::{evaluation, fail, succeed, text};
use tempfile::TempDir;

/// Writes flows of four days. What `clue` says of the class is gone on the last day; `window` was set by class, `port` is
/// the attacker's; `worm` is on the last day alone.
fn write_days(folder: &Path) -> PathBuf {
    let mut flows = String::from("ts,window,port,clue,noise,label\n");
    for row in 0..1_000u32 {
        let day = row / 250;
        let label = match row % 4 {
            0 | 1 => "benign",
            2 => "flood",
            _ if day == 3 => "worm",
            _ => "flood",
        };
        let noise = (row.wrapping_mul(2_654_435_761) >> 20) % 37;
        let clue = if label == "benign" || day == 3 { 0 } else { 9 };
        let (window, port) = if label == "benign" {
            (10 + row % 3, 80 + row % 2)
        } else {
            (100 - row % 3, 4444)
        };
        writeln!(
            flows,
            "2017-07-{:02} 10:{:02}:{:02},{window},{port},{clue},{noise},{label}",
            3 + day,
            row % 250 / 60,
            row % 60
        )
        .expect("text");
    }
    let path = folder.join("days.csv");
    fs::write(&path, flows).expect("a file");
    path
}

/// Trains on flows; gives the trials in the card and what was printed.
fn trials(flows: &[&Path], folder: &Path, more: &[&str]) -> (Vec<Trial>, String) {
    let model = folder.join("m.sieve");
    let mut arguments = vec!["train"];
    arguments.extend(flows.iter().map(|path| text(path)));
    arguments.extend([
        "--label",
        "label",
        "--benign",
        "benign",
        "--out",
        text(&model),
    ]);
    arguments.extend(["--trees", "6", "--leaves", "8"]);
    arguments.extend(more);
    let printed = succeed(&arguments);
    let spec = pack::read(&fs::read(&model).expect("a model")).expect("a model");
    let trials = spec.card.evaluations.get(&spec.taxonomy).expect("trials");
    (trials, printed)
}

fn of<'a>(trials: &'a [Trial], kind: &str) -> &'a Trial {
    let found = trials.iter().find(|trial| trial.kind == kind);
    found.unwrap_or_else(|| panic!("no trial {kind}"))
}

#[test]
fn all_ways_are_in_the_card_and_info_shows_them_side_by_side() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let lab = ["--lab-columns", "window,port"];
    let (trials, printed) = trials(&[&flows], folder.path(), &lab);
    let kinds: Vec<&str> = trials.iter().map(|trial| trial.kind.as_str()).collect();
    assert_eq!(kinds, ["random", "grouped", "order", "without"]);
    let info = succeed(&["info", text(&folder.path().join("m.sieve"))]);
    for part in [
        "false positives per million benign",
        "at random",
        "identical rows together",
        "by order",
        "without lab columns",
        "first 3 of 4 days",
        "EVAL",
    ] {
        assert!(info.contains(part), "{part:?} is not in {info}");
    }
    assert!(
        printed.contains("scored and never fitted on: worm"),
        "{printed}"
    );

    let random = of(&trials, "random");
    assert_eq!(random.train_rows + random.test_rows(), 1_000);
    assert!(
        !random.method.contains("; 0.0 %"),
        "rows have copies: {}",
        random.method
    );
    let without = of(&trials, "without");
    assert_eq!(without.columns, ["window", "port"]);
}

#[test]
fn the_last_day_is_held_out_and_a_class_of_that_day_alone_counts_in_no_mean() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let drop = ["--drop", "window,port", "--evaluate", "order"];
    let (trials, _) = trials(&[&flows], folder.path(), &drop);
    let order = of(&trials, "order");
    assert_eq!((order.train_rows, order.test_rows()), (750, 250));
    let model = fs::read(folder.path().join("m.sieve")).expect("a model");
    let taxonomy = pack::read(&model).expect("a model").taxonomy;
    let worm = taxonomy.class_of("worm").expect("a class");
    let one_sided = order.one_sided();
    let worms = (750..1_000).filter(|row| row % 4 == 3).count() as u64;
    assert_eq!(one_sided.len(), 1);
    assert_eq!(
        (
            one_sided[0].class,
            one_sided[0].train_rows,
            one_sided[0].test_rows
        ),
        (usize::from(worm), 0, worms)
    );
    let (by_day, mixed) = (
        order.scores(&taxonomy),
        of(&trials, "grouped").scores(&taxonomy),
    );
    assert!(by_day.per_class.iter().all(|class| class.class != "worm"));
    // The clue that all earlier days have is no help on the last.
    let flood = |scores: &Evaluation| {
        let mut classes = scores.per_class.iter();
        classes
            .find(|class| class.class == "flood")
            .expect("floods")
            .f1
    };
    assert!(flood(&by_day) < 0.1, "{by_day:?}");
    assert!(flood(&mixed) > 0.8, "{mixed:?}");
}

#[test]
fn lab_columns_are_absent_from_the_evaluation_without_them() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let lab = ["--drop", "clue", "--lab-columns", "window,port"];
    let (trials, _) = trials(&[&flows], folder.path(), &lab);
    assert_eq!(trials.len(), 4);
    let model = fs::read(folder.path().join("m.sieve")).expect("a model");
    let taxonomy = pack::read(&model).expect("a model").taxonomy;
    let attack_f1 = |kind| {
        let binary = of(&trials, kind).scores(&taxonomy).binary;
        binary.expect("attacks and benign rows").f1
    };
    assert!(attack_f1("grouped") > 0.99, "the window tells all");
    assert!(attack_f1("without") < 0.8, "noise alone tells nothing");
}

#[test]
fn a_model_without_lab_columns_says_what_they_would_add() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let lab = [
        "--lab-columns",
        "window,port",
        "--without-lab-columns",
        "--drop",
        "clue",
    ];
    let (trials, printed) = trials(&[&flows], folder.path(), &lab);
    assert!(printed.contains("(--without-lab-columns)"), "{printed}");
    let spec =
        pack::read(&fs::read(folder.path().join("m.sieve")).expect("a model")).expect("a model");
    let columns: Vec<&str> = spec
        .schema
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(columns, ["noise"], "the model itself reads none of them");
    let with = of(&trials, "with");
    assert_eq!(with.columns, ["window", "port"]);
    let f1 = |trial: &Trial| trial.scores(&spec.taxonomy).binary.expect("both").f1;
    assert!(f1(with) > 0.99 && f1(of(&trials, "grouped")) < 0.8);
}

#[test]
fn files_are_scored_by_models_of_the_others_and_rows_in_their_order() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let all = fs::read_to_string(&flows).expect("flows");
    let (header, body) = all.split_once('\n').expect("a header");
    let lines: Vec<&str> = body.lines().collect();
    let parts: Vec<PathBuf> = (lines.chunks(400).enumerate())
        .map(|(i, part)| {
            let path = folder.path().join(format!("part{i}.csv"));
            fs::write(&path, format!("{header}\n{}\n", part.join("\n"))).expect("a file");
            path
        })
        .collect();
    let paths: Vec<&Path> = parts.iter().map(PathBuf::as_path).collect();
    let (by_file, _) = trials(&paths, folder.path(), &["--evaluate", "order"]);
    let order = of(&by_file, "order");
    assert!(
        order.method.contains("3 files (400, 400, 200 rows)"),
        "{}",
        order.method
    );
    assert_eq!((order.train_rows, order.test_rows()), (600, 1_000));

    let rows = ["--evaluate", "order", "--order", "rows"];
    let (by_rows, _) = trials(&paths, folder.path(), &rows);
    let order = of(&by_rows, "order");
    assert_eq!((order.train_rows, order.test_rows()), (701, 299));
    assert!(order.one_sided().is_empty(), "each class is on both sides");
}

#[test]
fn what_cannot_be_evaluated_is_refused_with_a_way_out() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let model = folder.path().join("m.sieve");
    for (more, part) in [
        (&["--order", "file"][..], "at least two files"),
        (&["--order", "capture"], "names the column \"capture\""),
        (&["--lab-columns", "wndow"], "names the column \"wndow\""),
        (
            &["--without-lab-columns"],
            "name the columns with --lab-columns",
        ),
    ] {
        let mut arguments = vec![
            "train",
            text(&flows),
            "--label",
            "label",
            "--out",
            text(&model),
        ];
        arguments.extend(["--trees", "2", "--leaves", "4"]);
        arguments.extend(more);
        let error = fail(&arguments);
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

#[test]
fn a_model_of_attacks_alone_says_so() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let attacks = folder.path().join("attacks.csv");
    let text_of = fs::read_to_string(&flows).expect("flows");
    let lines: Vec<&str> = text_of
        .lines()
        .filter(|line| !line.ends_with("benign"))
        .collect();
    fs::write(&attacks, lines.join("\n")).expect("a file");
    let model = folder.path().join("m.sieve");
    let printed = succeed(&[
        "train",
        text(&attacks),
        "--label",
        "label",
        "--out",
        text(&model),
        "--trees",
        "2",
        "--leaves",
        "4",
    ]);
    let info = succeed(&["info", text(&model)]);
    for said in [printed, info] {
        assert!(
            said.contains("It knows attacks alone: every flow, harmless ones too"),
            "{said}"
        );
    }
}

#[test]
fn evaluate_counts_false_positives_per_million_benign_rows() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_days(folder.path());
    let drop = ["--drop", "window,port", "--evaluate", "grouped"];
    trials(&[&flows], folder.path(), &drop);
    let found = evaluation(&folder.path().join("m.sieve"), &flows, &[]);
    let number = |name: &str| found[name].as_f64().expect("a number");
    assert_eq!(found["benign_rows"], 500);
    assert!(number("false_positives") > 0.0, "{found}");
    let expected = 1e6 * number("false_positives") / 500.0;
    assert!((number("false_positives_per_million") - expected).abs() < 1e-9);
}
