//! `flowsieve train` with classes brought to one size and with the best columns alone.

mod support;

use std::fs;
use support::{evaluation, fail, flowsieve, succeed, text, train};

#[test]
fn classes_brought_to_one_size_give_the_same_bytes_on_any_number_of_threads() {
    for how in ["smote", "under", "over"] {
        let model = |more: &[&str]| {
            let options = [&["--balance", how, "--balance-to", "200"], more].concat();
            let trained = train(&options);
            (fs::read(&trained.model).expect("a model"), trained)
        };
        let (first, trained) = model(&["--threads", "1"]);
        assert!(
            trained
                .printed
                .contains(&format!("brought to one size by {how}")),
            "{}",
            trained.printed
        );
        assert_eq!(model(&["--threads", "2"]).0, first, "{how}");
        assert_ne!(model(&["--seed", "1"]).0, first, "{how}");
        let info = succeed(&["info", text(&trained.model)]);
        for part in ["900 rows", &format!("balance {how}"), "balance-to 200"] {
            assert!(info.contains(part), "{part:?} is not in {info}");
        }
        let found = evaluation(&trained.model, &trained.flows, &[]);
        assert!(found["macro_f1"].as_f64() > Some(0.9), "{how}: {found}");
    }
}

#[test]
fn boosted_trees_are_the_same_bytes_on_any_number_of_threads_and_say_what_they_are() {
    let model = |more: &[&str]| {
        let options = [&["--learner", "boosted"][..], more].concat();
        let trained = train(&options);
        (fs::read(&trained.model).expect("a model"), trained)
    };
    let (first, trained) = model(&["--threads", "1"]);
    assert_eq!(model(&["--threads", "2"]).0, first);
    for other in [&["--seed", "1"], &["--learning-rate", "0.3"]] {
        assert_ne!(model(other).0, first, "{other:?}");
    }
    let info = succeed(&["info", text(&trained.model)]);
    for part in ["learner boosted", "learning-rate 0.15"] {
        assert!(info.contains(part), "{part:?} is not in {info}");
    }
    let found = evaluation(&trained.model, &trained.flows, &[]);
    assert!(found["macro_f1"].as_f64() > Some(0.9), "{found}");
    let refused = fail(&[
        "train",
        text(&trained.flows),
        "--label",
        "label",
        "--learning-rate",
        "2",
        "--out",
        text(&trained.model),
    ]);
    assert!(
        refused.contains("learning rate must be above 0"),
        "{refused}"
    );
}

#[test]
fn balance_and_class_weight_are_two_names_of_one_choice() {
    let bytes = |more: &[&str]| fs::read(train(more).model).expect("a model");
    let weights = bytes(&[]);
    assert_eq!(bytes(&["--balance", "weights"]), weights);
    assert_eq!(
        bytes(&["--balance", "weights", "--class-weight", "balanced"]),
        weights
    );
    let none = bytes(&["--class-weight", "none"]);
    assert_eq!(bytes(&["--balance", "none"]), none);
    assert_ne!(none, weights);
}

#[test]
fn the_best_columns_are_read_and_the_others_are_listed_with_the_score() {
    for (score, options) in [
        ("f_classif", &["--select-k", "2"][..]),
        (
            "mutual_info",
            &["--select-k", "2", "--score", "mutual_info"],
        ),
        ("importance", &["--select-k", "2", "--score", "importance"]),
    ] {
        let trained = train(&[options, &["--baseline", "--balance", "smote"]].concat());
        assert!(
            trained.printed.contains("Selected 2 of 4 columns"),
            "{}",
            trained.printed
        );
        let info = succeed(&["info", text(&trained.model)]);
        for part in [
            "900 rows, 2 features",
            &format!("not among the 2 best by {score}"),
            &format!("score {score}"),
        ] {
            assert!(info.contains(part), "{part:?} is not in {info}");
        }
        // The flows' durations are drawn alike for all classes.
        let duration = info.lines().find(|line| line.contains("duration"));
        assert!(
            duration.is_some_and(|line| line.contains("not among")),
            "{info}"
        );
        let found = evaluation(&trained.model, &trained.flows, &[]);
        assert!(found["macro_f1"].as_f64() > Some(0.8), "{score}: {found}");
        let again = train(&[options, &["--threads", "1", "--balance", "smote"]].concat());
        assert_eq!(
            fs::read(again.model).expect("a model"),
            fs::read(trained.model).expect("a model")
        );
    }
}

#[test]
fn a_size_is_chosen_by_forests_that_see_the_same_rows_and_columns() {
    let options = ["--auto", "--balance", "under", "--select-k", "2"];
    let trained = train(&options);
    let info = succeed(&["info", text(&trained.model)]);
    for part in ["900 rows, 2 features", "balance under", "class-weight none"] {
        assert!(info.contains(part), "{part:?} is not in {info}");
    }
    let again = train(&[&options[..], &["--threads", "1"]].concat());
    assert_eq!(
        fs::read(again.model).expect("a model"),
        fs::read(trained.model).expect("a model")
    );
}

#[test]
fn all_columns_are_kept_where_there_are_no_more() {
    let trained = train(&["--select-k", "40"]);
    let info = succeed(&["info", text(&trained.model)]);
    assert!(info.contains("900 rows, 4 features"), "{info}");
    assert!(!info.contains("not among"), "{info}");
}

#[test]
fn options_that_contradict_each_other_are_refused_with_what_to_do() {
    let start = ["train", "no.csv", "--label", "l", "--out", "no.sieve"];
    for (options, part) in [
        (
            &["--balance", "weights", "--class-weight", "none"][..],
            "name one of the two",
        ),
        (
            &["--balance", "none", "--class-weight", "balanced"],
            "name one of the two",
        ),
        (
            &["--balance", "weights", "--balance-to", "9"],
            "only --balance smote, under and over",
        ),
        (
            &["--balance", "smote", "--balance-to", "0"],
            "--balance-to is 0",
        ),
        (&["--select-k", "0"], "--select-k is 0"),
    ] {
        let error = fail(&[&start, options].concat());
        assert!(error.contains(part), "{error}");
    }
    for (options, part) in [
        (["--score", "f_classif"], "--select-k"),
        (["--balance-to", "9"], "--balance"),
    ] {
        let output = flowsieve(&[&start[..], &options].concat());
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(part), "{error}");
    }
}
