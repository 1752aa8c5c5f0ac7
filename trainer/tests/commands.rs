//! The program as a whole, on flows that are made up here.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use support::{evaluation, fail, flowsieve, succeed, text, train, write_flows};
use tempfile::TempDir;

#[test]
fn a_model_is_trained_described_and_evaluated() {
    let trained = train(&["--name", "demo"]);
    for part in [
        "label_binary",
        "an index, by its name",
        "macro F1",
        "AUROC",
        "Out of bag, ",
        "Wrote",
    ] {
        assert!(
            trained.printed.contains(part),
            "{part:?} is not in {}",
            trained.printed
        );
    }
    let info = succeed(&["info", text(&trained.model)]);
    for part in [
        "demo",
        "900 rows, 4 features",
        "benign rows",
        "leaves 16",
        "FRST",
        "label_binary",
        "macro F1",
    ] {
        assert!(info.contains(part), "{part:?} is not in {info}");
    }

    let found = evaluation(&trained.model, &trained.flows, &[]);
    assert_eq!(found["schema_version"], 1);
    assert_eq!(
        (&found["rows"], &found["rejected"]),
        (&900.into(), &0.into())
    );
    assert!(found["macro_f1"].as_f64() > Some(0.9), "{found}");
    assert!(found["accuracy"].as_f64() > Some(0.9), "{found}");
    assert_eq!(
        found["confusion"]["labels"],
        serde_json::json!(["benign", "flood", "scan"])
    );
    let supports = ["benign", "flood", "scan"].map(|class| {
        let scores = &found["per_class"][class];
        assert!(
            ["precision", "recall", "f1"]
                .iter()
                .all(|name| scores[name].is_f64()),
            "{scores}"
        );
        scores["support"].as_u64().expect("a count")
    });
    assert_eq!(supports.iter().sum::<u64>(), 900);
    assert!(found["binary"]["f1"].as_f64() > Some(0.9), "{found}");
    let detector = &found["detectors"]["isolation_forest"];
    assert!(detector["auroc"].as_f64() > Some(0.5), "{detector}");
    let base_rate = detector["base_rate"].as_f64();
    let [_, flood, scan] = supports;
    assert_eq!(base_rate, Some((flood + scan) as f64 / 900.0));
    assert!(
        detector["average_precision"].as_f64() > base_rate,
        "{detector}"
    );
    let ends = |curve: &str, axis: &str| {
        let shares = detector[curve][axis].as_array().expect("a curve");
        let end = |place: usize| shares[place].as_f64().expect("a share");
        (end(0), end(shares.len() - 1))
    };
    assert_eq!(ends("roc", "false_alarm_rate"), (0.0, 1.0));
    assert_eq!(ends("roc", "recall"), (0.0, 1.0));
    assert_eq!(ends("precision_recall", "recall"), (0.0, 1.0));
    assert_eq!(
        Some(ends("precision_recall", "precision").1),
        detector["base_rate"].as_f64()
    );
    let contaminations: Vec<f64> = detector["thresholds"]
        .as_array()
        .expect("thresholds")
        .iter()
        .filter_map(|threshold| threshold["contamination"].as_f64())
        .collect();
    assert_eq!(contaminations, [0.05, 0.1, 0.15, 0.2]);
    assert_eq!(found["digest"].as_str().map(str::len), Some(64));
    assert!(found["rows_per_second"].as_f64() > Some(0.0));
}

#[test]
fn one_thread_or_two_and_twice_give_the_same_bytes() {
    let first = train(&["--threads", "1", "--seed", "7"]);
    let bytes = fs::read(&first.model).expect("a model");
    for threads in ["1", "2", "2"] {
        let again = train(&["--threads", threads, "--seed", "7"]);
        assert_eq!(
            fs::read(&again.model).expect("a model"),
            bytes,
            "{threads} threads"
        );
        assert_eq!(again.printed.lines().count(), first.printed.lines().count());
    }
    let other = train(&["--seed", "8"]);
    assert_ne!(
        fs::read(&other.model).expect("a model"),
        bytes,
        "another seed is another model"
    );

    let digest =
        |threads| evaluation(&first.model, &first.flows, &["--threads", threads])["digest"].clone();
    assert_eq!(digest("1"), digest("2"));
}

#[test]
fn a_baseline_is_scored_on_the_same_rows() {
    let trained = train(&["--baseline"]);
    assert!(
        trained.printed.contains("smartcore, 100 trees"),
        "{}",
        trained.printed
    );
}

#[test]
fn files_of_several_parts_are_one() {
    let trained = train(&[]);
    let found = evaluation(&trained.model, &trained.flows, &[text(&trained.flows)]);
    assert_eq!(found["rows"], 1800);
    let model = trained.folder.path().join("twice.sieve");
    let flows = text(&trained.flows);
    succeed(&[
        "train",
        flows,
        flows,
        "--label",
        "label",
        "--out",
        text(&model),
        "--trees",
        "2",
    ]);
    assert!(succeed(&["info", text(&model)]).contains("1,800 rows"));
    let other = trained.folder.path().join("other.csv");
    fs::write(&other, "no,duration,proto,gate\n1,2,3,4\n").expect("a file");
    let arguments = [
        "train",
        flows,
        text(&other),
        "--label",
        "label",
        "--out",
        text(&model),
    ];
    let said = fail(&arguments);
    assert!(
        said.contains("other.csv does not have. It has: no, duration, proto, gate."),
        "{said}"
    );
}

#[test]
fn flows_without_labels_or_with_unknown_ones_are_scored() {
    let trained = train(&[]);
    let flows = fs::read_to_string(&trained.flows).expect("flows");
    let path = trained.folder.path().join("changed.csv");

    let without: Vec<&str> = flows
        .lines()
        .filter_map(|line| line.rsplitn(3, ',').last())
        .collect();
    fs::write(&path, without.join("\n")).expect("a file");
    let found = evaluation(&trained.model, &path, &[]);
    assert_eq!(
        (&found["rows"], &found["macro_f1"]),
        (&900.into(), &serde_json::Value::Null)
    );
    for measure in [
        "auroc",
        "average_precision",
        "base_rate",
        "roc",
        "precision_recall",
    ] {
        let value = &found["detectors"]["isolation_forest"][measure];
        assert!(value.is_null(), "{measure}: {value}");
    }

    fs::write(&path, flows.replace(",scan\n", ",unheard of\n")).expect("a file");
    let found = evaluation(&trained.model, &path, &[]);
    let unknown = found["unknown_labels"]["unheard of"]
        .as_u64()
        .expect("a count");
    assert!((200..400).contains(&unknown), "{unknown}");
}

#[test]
fn ragged_rows_are_counted_and_not_used() {
    let trained = train(&[]);
    let path = trained.folder.path().join("ragged.csv");
    let flows = fs::read_to_string(&trained.flows).expect("flows");
    fs::write(&path, flows + "1,2\n1,x,tcp,1,1,0,scan\n").expect("a file");
    let found = evaluation(&trained.model, &path, &[]);
    assert_eq!(
        (&found["rows"], &found["rejected"]),
        (&902.into(), &2.into())
    );
    let model = trained.folder.path().join("ragged.sieve");
    let printed = succeed(&[
        "train",
        text(&path),
        "--label",
        "label",
        "--out",
        text(&model),
        "--trees",
        "2",
    ]);
    assert!(printed.contains("2 rows could not be used"), "{printed}");
}

/// Whatever is wrong with a file, there is a message that names it and says what is wrong.
#[test]
fn wrong_files_are_refused_with_the_reason() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("a file");
        path
    };
    let pack = fs::read(&trained.model).expect("a model");
    let mut flipped = pack.clone();
    flipped[pack.len() / 2] ^= 0x10;
    let models: [(&str, &[u8]); 5] = [
        ("truncated.sieve", &pack[..pack.len() / 2]),
        ("flipped.sieve", &flipped),
        ("empty.sieve", b""),
        ("text.sieve", b"this is no model but a line of text\n"),
        ("header.sieve", &pack[..12]),
    ];
    for (name, bytes) in models {
        let path = write(name, bytes);
        for arguments in [
            vec!["info", text(&path)],
            vec!["evaluate", text(&path), text(&trained.flows)],
        ] {
            let said = fail(&arguments);
            assert!(
                said.contains(name) && said.len() > name.len() + 40,
                "{said}"
            );
        }
    }

    let flows: [(&str, &[u8], &str); 6] = [
        (
            "notes.csv",
            b"Dear all,\nthis is a letter.\nRegards\n",
            "does not have the columns",
        ),
        ("empty.csv", b"", "empty"),
        (
            "header.csv",
            b"no,duration,proto,port,bytes,label\n",
            "no rows below it",
        ),
        (
            "other.csv",
            b"alpha,beta\n1,2\n",
            "does not have the columns",
        ),
        ("image.csv", b"\x89PNG\r\n\x1a\n\0\0", "PNG"),
        ("binary.csv", b"a,b\n\0\0\0", "NUL"),
    ];
    for (name, bytes, word) in flows {
        let path = write(name, bytes);
        let said = fail(&["evaluate", text(&trained.model), text(&path)]);
        assert!(said.contains(name) && said.contains(word), "{said}");
    }
    for (name, bytes, word) in &flows[1..3] {
        let path = write(name, bytes);
        let out = folder.join("never.sieve");
        let said = fail(&[
            "train",
            text(&path),
            "--label",
            "label",
            "--out",
            text(&out),
        ]);
        assert!(said.contains(name) && said.contains(word), "{said}");
        assert!(
            !out.exists(),
            "nothing is written where nothing was learned"
        );
    }
    assert!(fail(&["info", text(&folder.join("nowhere.sieve"))]).contains("cannot read"));
}

#[test]
fn what_cannot_be_asked_for_is_refused_with_the_reason() {
    let trained = train(&[]);
    let refuse = |more: &[&str]| {
        let out = trained.folder.path().join("never.sieve");
        let mut arguments = vec!["train", text(&trained.flows), "--out", text(&out)];
        arguments.extend(more);
        fail(&arguments)
    };
    for (more, word) in [
        (&["--label", "kind"][..], "It has: no, duration"),
        (
            &["--label", "label", "--benign", "Normal"],
            "Their labels are: ",
        ),
        (
            &["--label", "label", "--keep", "gate"],
            "names the column \"gate\"",
        ),
        (&["--label", "label", "--trees", "0"], "1 to 1000"),
        (&["--label", "label", "--features-per-split", "1.5"], "1.5"),
        (
            &["--label", "proto", "--drop", "duration,port,bytes"],
            "No column is left",
        ),
        (&["--label", "duration"], "different values"),
        (
            &["--label", "label", "--taxonomy", "nowhere.toml"],
            "cannot read nowhere.toml",
        ),
    ] {
        let said = refuse(more);
        assert!(said.contains(word), "{more:?}: {said}");
    }
    let usage = flowsieve(&["train"]);
    assert_eq!(
        usage.status.code(),
        Some(2),
        "wrong usage has its own exit code"
    );
}

#[test]
fn a_model_of_two_classes_is_compared_with_the_sums() {
    let kinds = train(&["--seed", "4"]);
    let info = succeed(&["info", text(&kinds.model)]);
    for part in [
        "attack-or-benign by sums over the classes precision",
        "attack-or-benign by a forest of two classes",
        "level kind",
    ] {
        assert!(info.contains(part), "{part:?} is not in {info}");
    }
    let binary = train(&["--level", "binary"]);
    let found = evaluation(&binary.model, &binary.flows, &[]);
    assert_eq!(
        found["confusion"]["labels"],
        serde_json::json!(["Benign", "Attack"])
    );
    assert!(found["macro_f1"].as_f64() > Some(0.9), "{found}");
    assert!(
        found["unknown_labels"]
            .as_object()
            .is_some_and(serde_json::Map::is_empty)
    );
}

#[test]
fn a_file_is_inspected_whatever_its_format() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 60);
    let csv = fs::read_to_string(&flows).expect("flows");
    let wide: Vec<u8> = format!(
        "\u{feff}{}",
        csv.replace('.', ",,").replace(',', ";").replace(";;", ",")
    )
    .encode_utf16()
    .flat_map(u16::to_le_bytes)
    .collect();
    let other = folder.path().join("wide.csv");
    fs::write(&other, wide).expect("written");
    let inspect = |path: &Path| succeed(&["inspect".to_owned(), text(path).to_owned()]);
    let (plain, wide) = (inspect(&flows), inspect(&other));
    assert!(plain.contains("CSV, comma-separated, UTF-8, "), "{plain}");
    assert!(
        wide.contains("CSV, semicolon-separated, decimal comma, UTF-16 LE, "),
        "{wide}"
    );
    assert!(plain.contains("60 rows, of which 0 have"), "{plain}");
    assert!(plain.contains("Labels in \"label\": "), "{plain}");
    // All but the first line is about what is in the file, not how it is written.
    let contents = |printed: &str| {
        printed
            .lines()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(contents(&plain), contents(&wide));
    assert!(fail(&["inspect".to_owned(), text(folder.path()).to_owned()]).contains("cannot"));
}

#[test]
fn a_sweep_shows_both_ways_to_fit() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 900);
    let sweep = |more: &[&str]| -> Vec<String> {
        let words = ["sweep", text(&flows), "--label", "label"];
        words
            .iter()
            .chain(more)
            .map(|&word| word.to_owned())
            .collect()
    };
    let printed = succeed(&sweep(&["--benign", "benign"]));
    for part in [
        "Fitted on all 900 rows, scored on them",
        "benign rows, scored on",
        "benign rows, scored on all rows, these included",
        "precision",
        "AUROC",
        "average precision",
        "of the labelled rows are attacks",
        "0.15",
    ] {
        assert!(printed.contains(part), "{part:?} is not in {printed}");
    }
    let share = printed
        .lines()
        .find(|line| line.trim_start().starts_with("0.2 "))
        .expect("a row");
    assert!(
        share.contains("20.00 %") || share.contains("19."),
        "{share}"
    );
    assert!(fail(&sweep(&[])).contains("--benign"));
    assert!(fail(&sweep(&["--benign", "benign", "--contamination", "2"])).contains("from 0 to 1"));
}

#[test]
fn bad_labels_taxonomies_classes_and_mappings_are_named() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    for (toml, words) in [
        ("[[kind]\nlabel = 'a'\n", &["is no taxonomy", "line 1"][..]),
        (
            "[[kind]]\nlable = 'a'\n",
            &["is no taxonomy", "lable", "line 2"],
        ),
        (
            "families = ['x']\n[[kind]]\nlabel = 'scan'\nfamily = 'y'\n",
            &["\"scan\"", "\"y\"", "families: x"],
        ),
        (
            "[[kind]]\nlabel = 'scan'\n[[kind]]\nlabel = 'SCAN'\n",
            &["\"SCAN\" stands twice"],
        ),
    ] {
        let path = folder.join("bad.toml");
        fs::write(&path, toml).expect("a file");
        let out = folder.join("never.sieve");
        let said = fail(&[
            "train",
            text(&trained.flows),
            "--label",
            "label",
            "--taxonomy",
            text(&path),
            "--out",
            text(&out),
        ]);
        assert!(
            said.contains("bad.toml") && words.iter().all(|word| said.contains(word)),
            "{said}"
        );
    }
    let evaluate = |more: &[&str]| {
        fail(
            &[
                &["evaluate", text(&trained.model), text(&trained.flows)][..],
                more,
            ]
            .concat(),
        )
    };
    let said = evaluate(&["--map", "scan=probe"]);
    assert!(
        said.contains("“probe”, which is no class") && said.contains("benign, flood, scan"),
        "{said}"
    );
    let said = evaluate(&["--map", "scan"]);
    assert!(
        said.contains("\"scan\", which maps nothing: write LABEL=CLASS"),
        "{said}"
    );
    assert!(evaluate(&["--map", "a=scan,a=flood"]).contains("twice"));
    assert!(evaluate(&["--label", "verdict"]).contains("no column “verdict”"));

    let flows = fs::read_to_string(&trained.flows).expect("flows");
    let path = folder.join("renamed.csv");
    fs::write(&path, flows.replace(",scan\n", ",probe\n")).expect("a file");
    let found = evaluation(&trained.model, &path, &["--map", "probe=scan"]);
    assert!(found["macro_f1"].as_f64() > Some(0.9), "{found}");
}

/// A Zeek-like file, one with a column per word and one that repeats rows of the first teach one model.
#[test]
fn files_of_several_forms_teach_one_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let flows = write_flows(folder.path(), 600);
    let plain = fs::read_to_string(&flows).expect("flows");
    let mut one_hot = "proto_tcp,proto_udp,bytes,kind\n".to_owned();
    for row in plain.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let is = |word| u8::from(cells[2] == word);
        let (tcp, udp) = (is("tcp"), is("udp"));
        writeln!(one_hot, "{tcp},{udp},{},{}", cells[4], cells[6]).expect("text");
    }
    let other = folder.path().join("one-hot.csv");
    fs::write(&other, one_hot).expect("a file");
    let model = folder.path().join("m.sieve");
    let train = |more: &[&str]| {
        let words = ["train", text(&flows), text(&other), "--label", "label,kind"];
        let out = ["--benign", "benign", "--trees", "5", "--out", text(&model)];
        succeed(&[&words[..], &out, more].concat())
    };
    let printed = train(&[]);
    assert!(
        printed.contains("1,200 rows of 2 files, 4 features"),
        "{printed}"
    );
    assert!(printed.contains("Categorical: proto"), "{printed}");
    // The second file says nothing of a row but what the first does.
    let printed = train(&["--once"]);
    assert!(printed.contains("600 rows of 2 files"), "{printed}");
    assert!(
        printed.contains("600 rows are in an earlier file, too"),
        "{printed}"
    );
    for file in [&flows, &other] {
        let found = evaluation(&model, file, &[]);
        assert_eq!(found["rows"], 600);
        assert!(found["accuracy"].as_f64() > Some(0.6), "{found}");
    }
}

#[test]
fn all_detectors_are_trained_and_attacks_are_left_out() {
    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 3000);
    let model = |threads: &str| {
        let out = folder.path().join(format!("all-{threads}.sieve"));
        let printed = succeed(&[
            "train",
            text(&flows),
            "--label",
            "label",
            "--benign",
            "benign",
            "--trees",
            "5",
            "--detectors",
            "all",
            "--evaluate",
            "leave-out",
            "--name",
            "demo",
            "--threads",
            threads,
            "--out",
            text(&out),
        ]);
        (printed, out)
    };
    let (printed, out) = model("1");
    for part in [
        "local outlier factor",
        "one-class SVM",
        "all together",
        "Called unknown",
        "Attack classes left out one by one",
        "flood",
        "scan",
    ] {
        assert!(printed.contains(part), "{part:?} is not in {printed}");
    }
    assert!(succeed(&["info", text(&out)]).contains("DTCT"));
    let (_, again) = model("2");
    let bytes = |path: &Path| fs::read(path).expect("a model");
    assert!(bytes(&out) == bytes(&again), "threads change the model");
    let found = succeed(&["evaluate", text(&out), text(&flows), "--label", "label"]);
    for part in ["All detectors together", "unknown"] {
        assert!(found.contains(part), "{part:?} is not in {found}");
    }
    let json = evaluation(&out, &flows, &["--label", "label"]);
    assert!(json["unknown"]["benign"].is_u64(), "{json}");
}
