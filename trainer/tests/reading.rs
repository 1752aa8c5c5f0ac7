//! What the user says about files instead of the program's guess: how they are written, which column is which.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::{evaluation, fail, succeed, text, train};

/// A copy of the flows that was changed.
fn changed(flows: &Path, name: &str, change: impl Fn(&str) -> String) -> PathBuf {
    let path = flows.with_file_name(name);
    let text = fs::read_to_string(flows).expect("flows");
    fs::write(&path, change(&text)).expect("a file");
    path
}

/// The header with names that no model knows, in German.
fn foreign(text: &str) -> String {
    text.replacen(
        "no,duration,proto,port,bytes,label_binary,label",
        "nr,Dauer,Protokoll,Port Ziel,Menge,binaer,label",
        1,
    )
}

const COLUMNS: &str = r#"{
  "flowsieve-columns": 1,
  "model": "made-up",
  "columns": { "duration": "Dauer", "proto": "protokoll", "port": "Port Ziel", "bytes": "column 5" }
}
"#;

#[test]
fn connected_columns_give_what_their_own_names_give() {
    let trained = train(&[]);
    let model = text(&trained.model);
    let expected = evaluation(&trained.model, &trained.flows, &[]);
    let flows = changed(&trained.flows, "foreign.csv", foreign);
    let refusal = fail(&["evaluate", model, text(&flows)]);
    assert!(refusal.contains("does not have the columns"), "{refusal}");

    let columns = trained.folder.path().join("columns.json");
    fs::write(&columns, COLUMNS).expect("a file");
    let connected = ["--columns", text(&columns)];
    let found = evaluation(&trained.model, &flows, &connected);
    assert_eq!(found["confusion"], expected["confusion"]);
    let printed = succeed(&["evaluate", model, text(&flows), "--columns", text(&columns)]);
    assert!(
        printed.contains("Connected by hand: duration with Dauer, proto with Protokoll"),
        "{printed}"
    );
    let printed = succeed(&[
        "inspect",
        text(&flows),
        "--model",
        model,
        "--columns",
        text(&columns),
    ]);
    assert!(
        printed.contains("fits: 4 of 4 features, 100.0 %"),
        "{printed}"
    );
    assert!(
        printed.contains("Connected by hand: duration with Dauer"),
        "{printed}"
    );

    let out = |name: &str, flows: &Path, more: &[&str]| -> Vec<String> {
        let out = trained.folder.path().join(name);
        let mut arguments = vec!["score", model, text(flows), "--out", text(&out)];
        arguments.extend(more);
        succeed(&arguments);
        let csv = fs::read_to_string(&out).expect("rows");
        csv.lines().skip(1).map(str::to_owned).collect()
    };
    assert_eq!(
        out("a.csv", &flows, &connected),
        out("b.csv", &trained.flows, &[])
    );
}

#[test]
fn connections_that_cannot_be_are_refused_with_their_names() {
    let trained = train(&[]);
    let (model, flows) = (text(&trained.model), text(&trained.flows));
    let columns = trained.folder.path().join("columns.json");
    for (json, parts) in [
        (COLUMNS, &["no column “Dauer”", "label_binary"][..]),
        (
            r#"{"flowsieve-columns":1,"columns":{"dur":"port"}}"#,
            &["no column “dur”", "duration"],
        ),
        (
            r#"{"flowsieve-columns":1,"columns":{"port":"label"}}"#,
            &["“label” holds the labels"],
        ),
        (
            r#"{"flowsieve-columns":1,"model":"other","columns":{}}"#,
            &["model other", "made-up"],
        ),
        ("a,b", &["columns.json", "connects no columns"]),
    ] {
        fs::write(&columns, json).expect("a file");
        let says = fail(&[
            "evaluate",
            model,
            flows,
            "--label",
            "label",
            "--columns",
            text(&columns),
        ]);
        for part in parts {
            assert!(says.contains(part), "{part:?} is not in {says}");
        }
    }
}

#[test]
fn a_dialect_that_is_said_is_read() {
    let trained = train(&[]);
    let expected = evaluation(&trained.model, &trained.flows, &[]);
    let colons = changed(&trained.flows, "colons.csv", |text| {
        text.replace(',', ":").replace('.', ",")
    });
    let refusal = fail(&["evaluate", text(&trained.model), text(&colons)]);
    assert!(refusal.contains("does not have the columns"), "{refusal}");
    for more in [
        &["--delimiter", ":", "--decimal-comma"][..],
        &["--delimiter=:", "--decimal-comma=true"],
    ] {
        let found = evaluation(&trained.model, &colons, more);
        assert_eq!(found["confusion"], expected["confusion"]);
    }
    let as_points = ["--delimiter", ":", "--decimal-comma=false"];
    let found = evaluation(&trained.model, &colons, &as_points);
    assert!(found["rejected"].as_u64() > Some(500), "{found}");
    let printed = succeed(&[
        "inspect",
        text(&colons),
        "--delimiter",
        ":",
        "--quotes",
        "none",
    ]);
    assert!(
        printed.contains("separated by ':', decimal comma, no quotes, UTF-8"),
        "{printed}"
    );
    let says = flowsieve_usage(&["inspect", text(&colons), "--delimiter", "ab"]);
    assert!(says.contains("one ASCII character"), "{says}");
}

/// What the program says of a command line that it does not understand.
fn flowsieve_usage(arguments: &[&str]) -> String {
    let output = support::flowsieve(arguments);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_first_line_is_a_row_or_a_header_as_was_said() {
    let trained = train(&[]);
    let model = text(&trained.model);
    let bare = changed(&trained.flows, "bare.csv", |text| {
        let lines: Vec<&str> = text.lines().skip(1).collect();
        lines.join("\n")
    });
    let columns = trained.folder.path().join("columns.json");
    let by_number = r#"{"flowsieve-columns":1,"columns":{
        "duration":"column 2","proto":"column 3","port":"column 4","bytes":"column 5"}}"#;
    fs::write(&columns, by_number).expect("a file");
    let rows = |more: &[&str]| {
        let mut all = vec!["--columns", text(&columns)];
        all.extend(more);
        evaluation(&trained.model, &bare, &all)["rows"].clone()
    };
    assert_eq!(rows(&["--no-header"]), 900);
    assert_eq!(rows(&["--header"]), 899);
    let usage = flowsieve_usage(&["evaluate", model, text(&bare), "--header", "--no-header"]);
    assert!(usage.contains("cannot be used with"), "{usage}");
}

#[test]
fn a_model_is_trained_on_files_that_are_read_as_was_said() {
    let trained = train(&[]);
    let bars = changed(&trained.flows, "slashes.csv", |text| text.replace(',', "/"));
    let model = trained.folder.path().join("again.sieve");
    let arguments = [
        "train",
        text(&bars),
        "--label",
        "LABEL",
        "--out",
        text(&model),
        "--name",
        "made-up",
    ];
    let like = [
        "--trees",
        "8",
        "--leaves",
        "16",
        "--benign",
        "benign",
        "--delimiter",
        "/",
    ];
    succeed(&[&arguments[..], &like[..]].concat());
    assert_eq!(
        fs::read(&model).expect("a model"),
        fs::read(&trained.model).expect("a model")
    );
}

#[test]
fn an_encoding_that_is_said_is_read() {
    let trained = train(&[]);
    let expected = evaluation(&trained.model, &trained.flows, &[]);
    let units = fs::read_to_string(&trained.flows).expect("flows");
    let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let wide = trained.folder.path().join("wide.csv");
    fs::write(&wide, bytes).expect("a file");
    let found = evaluation(&trained.model, &wide, &["--encoding", "utf-16be"]);
    assert_eq!(found["confusion"], expected["confusion"]);
    let says = fail(&[
        "evaluate",
        text(&trained.model),
        text(&wide),
        "--encoding",
        "utf-8",
    ]);
    assert!(says.contains("NUL bytes"), "{says}");
}
