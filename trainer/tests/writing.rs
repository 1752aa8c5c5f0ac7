//! The commands that write flows: `score` and `synth`, on flows that are made up here.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::{evaluation, fail, succeed, text, train};

#[test]
fn synthetic_flows_are_new_usable_and_the_same_for_any_threads() {
    let trained = train(&[]);
    let synth = |name: &str, threads: &str| -> (PathBuf, String) {
        let path: &Path = &trained.folder.path().join(name);
        let flows = text(&trained.flows);
        let rows = [
            "--rows",
            "3000",
            "--seed",
            "3",
            "--threads",
            threads,
            "--out",
            text(path),
        ];
        succeed(&[&["synth", flows, "--label", "label"][..], &rows].concat());
        (path.to_owned(), fs::read_to_string(path).expect("flows"))
    };
    let (path, made_up) = synth("a.csv", "1");
    assert!(
        made_up == synth("b.csv", "2").1,
        "the same seed gives the same flows"
    );
    let real = fs::read_to_string(&trained.flows).expect("flows");
    let cells = |line: &str| -> String { line.split(',').skip(1).collect::<Vec<_>>().join(",") };
    let known: std::collections::HashSet<String> = real.lines().skip(1).map(cells).collect();
    assert!(
        made_up
            .lines()
            .skip(1)
            .all(|line| !known.contains(&cells(line))),
        "a real row is in it"
    );
    assert_eq!(
        made_up.lines().next(),
        real.lines().next(),
        "the header is the data's"
    );
    assert!(
        made_up.lines().skip(1).all(|line| {
            let mut cells = line.split(',').skip(3);
            cells.next().is_some_and(|port| port.parse::<u32>().is_ok())
        }),
        "whole numbers stay whole"
    );
    let found = evaluation(&trained.model, &path, &[]);
    assert_eq!(
        (&found["rows"], &found["rejected"]),
        (&3000.into(), &0.into())
    );
    assert!(found["macro_f1"].as_f64() > Some(0.8), "{found}");
    let flows = text(&trained.flows);
    assert!(fail(&["synth", flows, "--label", "label", "--out", flows]).contains("which is read"));
}

#[test]
fn scored_flows_keep_their_bytes_and_score_the_same_again() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    let flows = fs::read_to_string(&trained.flows).expect("flows");
    let mut lines: Vec<&str> = flows.lines().collect();
    lines.push("1,2");
    lines.push("900,0.1,\"tcp\",80,40,1,\"scan\"");
    let input = folder.join("input.csv");
    fs::write(&input, lines.join("\r\n")).expect("a file");
    let score = |input: &Path, threads: &str| {
        let out = folder.join(format!("out-{threads}.csv"));
        let arguments = [
            "score",
            text(&trained.model),
            text(input),
            "--out",
            text(&out),
            "--threads",
            threads,
        ];
        let said = succeed(&arguments);
        assert!(
            said.contains("902 rows, of which 1 could not be read"),
            "{said}"
        );
        fs::read_to_string(out).expect("scored flows")
    };
    let scored = score(&input, "1");
    assert!(scored == score(&input, "3"), "threads change nothing");
    for (line, before) in scored.split("\r\n").zip(&lines) {
        assert!(
            line.starts_with(before) && line[before.len()..].starts_with(','),
            "{line}"
        );
    }
    assert!(scored.ends_with("\r\n") && scored.contains("\r\n1,2,,,,,,,\r\n"));
    let again = folder.join("again.csv");
    fs::write(&again, &scored).expect("a file");
    let digest = |path: &Path| {
        let found = evaluation(&trained.model, path, &[]);
        (
            found["macro_f1"].clone(),
            found["class_counts"].clone(),
            found["detectors"].clone(),
        )
    };
    assert_eq!(digest(&input), digest(&again));
    assert_ne!(digest(&input).0, serde_json::Value::Null);

    let both = [
        "score",
        text(&trained.model),
        text(&input),
        text(&input),
        "--out",
        "-",
        "--contamination",
        "0.5",
    ];
    let printed = succeed(&both);
    assert_eq!(printed.lines().count(), 1 + 2 * 902);
    assert_eq!(printed.matches("flowsieve_class").count(), 1);
    assert_eq!(printed.matches("\r\n1,2,,,,,,,\r\n").count(), 2);
}

#[test]
fn what_cannot_be_scored_is_refused_with_the_reason() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    let other = folder.join("other.csv");
    let flows = fs::read_to_string(&trained.flows).expect("flows");
    fs::write(&other, flows.replacen("bytes", "octets", 1)).expect("a file");
    let out = folder.join("out.csv");
    let (model, flows) = (text(&trained.model), text(&trained.flows));
    for (arguments, word) in [
        (
            vec![flows, text(&other), "--out", text(&out)],
            "column 5 is \"bytes\" in the one and \"octets\"",
        ),
        (vec![flows, "--out", flows], "which is read"),
        (
            vec![flows, "--out", text(&out), "--contamination", "5"],
            "from 0 to 1",
        ),
        (
            vec!["nowhere.csv", "--out", text(&out)],
            "cannot read nowhere.csv",
        ),
    ] {
        let said = fail(&[&["score", model][..], &arguments].concat());
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn it_is_said_when_flows_are_unlike_those_of_training() {
    let trained = train(&[]);
    let flows = fs::read_to_string(&trained.flows).expect("flows");
    let (header, rows) = flows.split_once('\n').expect("a header");
    let write = |name: &str, row: &dyn Fn(Vec<&str>) -> String, n: usize| {
        let path = trained.folder.path().join(name);
        let rows = rows
            .lines()
            .take(n)
            .map(|line| row(line.split(',').collect()));
        let rows: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
        fs::write(&path, rows.join("\n") + "\n").expect("a file");
        path
    };
    let of_training = write("same.csv", &|cells| cells.join(","), 900);
    let other_units = write(
        "other.csv",
        &|cells| {
            let bytes: u64 = cells[4].parse().expect("bytes");
            [
                cells[0],
                "99",
                "icmp",
                cells[3],
                &(1000 * bytes + 7).to_string(),
                cells[5],
                cells[6],
            ]
            .join(",")
        },
        900,
    );
    let few = write("few.csv", &|cells| cells.join(","), 499);
    let out = trained.folder.path().join("scored.csv");
    let said = |path: &Path| {
        let scored = succeed(&[
            "score",
            text(&trained.model),
            text(path),
            "--out",
            text(&out),
        ]);
        let evaluated = succeed(&["evaluate", text(&trained.model), text(path)]);
        let drift = scored[scored.find("Drift: ").expect("a word about drift")..].to_owned();
        assert!(
            evaluated.contains(drift.trim()),
            "{drift} is not in {evaluated}"
        );
        drift
    };
    let drift = said(&of_training);
    assert!(drift.contains("none of 4 features"), "{drift}");
    let drift = said(&other_units);
    assert!(drift.contains("3 of 4 features"), "{drift}");
    assert!(
        ["duration (", "proto (", "bytes ("]
            .iter()
            .all(|name| drift.contains(name)),
        "{drift}"
    );
    assert!(drift.contains("its classes may not hold"), "{drift}");
    assert!(said(&few).contains("499 rows are too few"));

    let found = evaluation(&trained.model, &other_units, &[]);
    assert!(found["psi"]["bytes"].as_f64() > Some(0.25), "{found}");
    assert!(found["psi"]["port"].as_f64() < Some(0.01), "{found}");
}
