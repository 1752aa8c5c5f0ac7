//! Choosing the forest's size, on flows that are made up here.

mod support;

use support::{fail, succeed, text, write_flows};
use tempfile::TempDir;

/// The lines of the table of sizes that `info` prints: the words of each.
fn sizes(info: &str) -> Vec<Vec<String>> {
    info.lines()
        .skip_while(|line| !line.contains("macro-F1  ± s.e."))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// Trains on made-up flows and gives what `info` says of the model.
fn train_and_describe(options: &[&str]) -> String {
    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 600);
    let model = folder.path().join("made-up.sieve");
    let [flows, model] = [&flows, &model].map(|path| text(path));
    succeed(
        &[
            &["train", flows, "--label", "label", "--out", model],
            options,
        ]
        .concat(),
    );
    succeed(&["info", model])
}

#[test]
fn the_smallest_that_is_as_good_as_the_best_is_taken_and_the_card_shows_the_others() {
    let info = train_and_describe(&[]);
    let sizes = sizes(&info);
    let taken: Vec<_> = sizes.iter().filter(|size| size[0] == "taken").collect();
    let [taken] = &taken[..] else {
        panic!("one size is taken: {info}")
    };
    let number = |words: &[String], place: usize| -> f64 {
        let place = place + usize::from(words[0] == "taken");
        words[place].replace(',', "").parse().expect("a number")
    };
    let best = sizes.last().expect("sizes");
    assert!(
        number(taken, 1) >= number(best, 1) - number(best, 2) / 2.0,
        "{info}"
    );
    for (smaller, larger) in sizes.iter().zip(&sizes[1..]) {
        assert!(number(smaller, 0) < number(larger, 0), "{info}");
        assert!(number(smaller, 1) < number(larger, 1), "{info}");
    }
    for (option, place) in [
        ("learner", 4),
        ("trees", 5),
        ("leaves", 6),
        ("rows-per-leaf", 7),
    ] {
        let option = format!("{option} {}", taken[place]);
        assert!(info.contains(&option), "{option} is not in {info}");
    }
}

#[test]
fn what_is_asked_for_is_not_chosen() {
    let info = train_and_describe(&["--trees", "7"]);
    assert!(
        sizes(&info).is_empty() && info.contains("leaves 512"),
        "{info}"
    );

    let options = [
        "--auto",
        "--trees",
        "7",
        "--min-leaf",
        "3",
        "--class-weight",
        "none",
    ];
    let info = train_and_describe(&options);
    let sizes = sizes(&info);
    assert!(!sizes.is_empty(), "{info}");
    for size in &sizes {
        let size: Vec<&str> = size.iter().map(String::as_str).collect();
        assert!(size.ends_with(&["none"]) && size.contains(&"7"), "{info}");
        assert_eq!(size[size.len() - 3], "3", "{info}");
    }

    for learner in ["forest", "boosted"] {
        let info = train_and_describe(&["--learner", learner]);
        let sizes = self::sizes(&info);
        assert!(!sizes.is_empty(), "{info}");
        for size in &sizes {
            assert!(size.iter().any(|word| word == learner), "{info}");
        }
    }

    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 600);
    let model = folder.path().join("none.sieve");
    let too_few = [
        "--label",
        "label",
        "--forest-bytes",
        "10",
        "--out",
        text(&model),
    ];
    let refused = fail(&[&["train", text(&flows)][..], &too_few].concat());
    assert!(
        refused.contains("10 bytes") && refused.contains("--forest-bytes"),
        "{refused}"
    );
    assert!(!model.exists());
}
