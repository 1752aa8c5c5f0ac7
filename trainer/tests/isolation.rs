//! What the isolation forest is fitted with, from the command line to the model file.

mod support;

use support::{fail, succeed, text, train, write_flows};
use tempfile::TempDir;

const OPTIONS: [&str; 8] = [
    "--isolation-sample",
    "200",
    "--isolation-features",
    "3",
    "--isolation-trees",
    "30",
    "--isolation-points",
    "ranks",
];

#[test]
fn any_number_of_threads_gives_the_same_file_and_its_card_names_the_options() {
    let model = |more: &[&str]| {
        let trained = train(more);
        let info = succeed(&["info", text(&trained.model)]);
        let bytes = std::fs::read(&trained.model).expect("a file");
        (bytes, info)
    };
    let (one, info) = model(&[&OPTIONS[..], &["--threads", "1"]].concat());
    for part in [
        "isolation-features 3",
        "isolation-points ranks",
        "isolation-sample 200",
        "isolation-trees 30",
    ] {
        assert!(info.contains(part), "{part}: {info}");
    }
    assert_eq!(one, model(&[&OPTIONS[..], &["--threads", "3"]].concat()).0);

    // On all features the card does not name them, however they are asked for.
    let (all, info) = model(&[]);
    assert!(!info.contains("isolation-features"), "{info}");
    assert!(!info.contains("isolation-points"), "{info}");
    assert_eq!(all, model(&["--isolation-features", "1.0"]).0);
    assert_ne!(all, model(&["--isolation-features", "1"]).0);
    assert_ne!(all, model(&["--isolation-sample", "65536"]).0);
    assert_ne!(all, model(&["--isolation-points", "ranks"]).0);
}

#[test]
fn a_sweep_takes_the_same_options() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 600);
    let sweep = |more: &[&str]| {
        let arguments = [
            "sweep",
            text(&flows),
            "--label",
            "label",
            "--benign",
            "benign",
        ];
        succeed(&[&arguments, more].concat())
    };
    let found = sweep(&OPTIONS);
    assert!(found.contains("AUROC"), "{found}");
    assert_ne!(found, sweep(&[]));
    assert_eq!(found, sweep(&[&OPTIONS[..], &["--threads", "3"]].concat()));
}

#[test]
fn options_out_of_range_are_refused_before_anything_is_read() {
    for (option, value, part) in [
        ("--isolation-sample", "1", "must be 2 to 65536"),
        ("--isolation-sample", "65537", "must be 2 to 65536"),
        ("--isolation-features", "0", "must be 1 to 4096"),
        ("--isolation-features", "1.5", "above 0 and up to 1"),
        ("--isolation-features", "0.0", "above 0 and up to 1"),
        ("--isolation-trees", "0", "must be 1 to 1000"),
    ] {
        let arguments = [
            "train",
            "no-file.csv",
            "--label",
            "label",
            "--out",
            "no.sieve",
        ];
        let error = fail(&[&arguments[..], &[option, value]].concat());
        assert!(error.contains(part), "{option} {value}: {error}");
    }
}
