//! What is recognised in files that people have: which of the shipped models opens them, how they are written, how many rows
//! they hold. Skipped, with a word about it, where `FLOWSIEVE_DATA` is not set.

mod support;

use flowsieve::ErrorKind;
use flowsieve::analysis::{Merger, Plan, PlanOptions, Purpose, SliceTask, Summary};
use flowsieve::model::Model;
use flowsieve::pack;
use flowsieve::table::SliceSpan;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::data;

/// What a file is taken for.
struct Case {
    file: &'static str,
    model: &'static str,
    format: &'static str,
    delimiter: u8,
    rows: u64,
    rejects: u64,
    /// Share of the model's importance that it has, in whole percent.
    importance: u32,
}

const fn case(
    file: &'static str,
    model: &'static str,
    (format, delimiter): (&'static str, u8),
    rows: u64,
    rejects: u64,
    importance: u32,
) -> Case {
    Case {
        file,
        model,
        format,
        delimiter,
        rows,
        rejects,
        importance,
    }
}

const CSV: (&str, u8) = ("CSV", b',');
const ZEEK: (&str, u8) = ("Zeek log", b'\t');
const JSON: (&str, u8) = ("JSON lines", b'\n');

/// Every file of flows in the folder.
const FILES: [Case; 17] = [
    case(
        "cicflowmeter/cicids2017_improved.csv",
        "cicflowmeter",
        CSV,
        17_131,
        0,
        100,
    ),
    case(
        "ciciot2023/ciciot2023_39f_10family_sample.csv",
        "ciciot2023",
        CSV,
        13_354,
        0,
        100,
    ),
    case(
        "ciciot2023/ciciot2023_39f_12class_official.csv",
        "ciciot2023",
        CSV,
        64_570,
        0,
        100,
    ),
    case(
        "fixtures/ciciot2023_25col_ddos.csv",
        "ciciot2023",
        CSV,
        25,
        0,
        82,
    ),
    case(
        "fixtures/ciciot2023_46f_unlabelled.csv",
        "ciciot2023",
        CSV,
        39,
        0,
        99,
    ),
    case(
        "fixtures/iot23_combined_onehot.csv",
        "iot23",
        CSV,
        19,
        0,
        65,
    ),
    case(
        "fixtures/zeek_flowmeter_unlabelled.csv",
        "rt-iot2022",
        CSV,
        11,
        0,
        100,
    ),
    case(
        "iot23/CTU-IoT-Malware-Capture-34-1.conn.log.labeled",
        "iot23",
        ZEEK,
        23_145,
        0,
        100,
    ),
    case(
        "iot23/iot23_mixed_captures.csv",
        "iot23",
        CSV,
        34_998,
        0,
        100,
    ),
    case("iot23/iot23_onehot.csv", "iot23", CSV, 48_003, 0, 65),
    case(
        "rt-iot2022/rt_iot2022.csv",
        "rt-iot2022",
        CSV,
        86_181,
        0,
        100,
    ),
    case(
        "zeek/001-malicious.labeled-conn.log",
        "iot23",
        ZEEK,
        992,
        0,
        100,
    ),
    case(
        "zeek/002-port-scan.conn.json.log",
        "iot23",
        JSON,
        4_504,
        0,
        100,
    ),
    case(
        "zeek/012-mixed.conn.log.labeled",
        "iot23",
        ZEEK,
        4_740,
        0,
        100,
    ),
    case(
        "zeek/benign-honeypot.conn.log",
        "iot23",
        ZEEK,
        1_209,
        0,
        100,
    ),
    case("zeek/conn.json.small.log", "iot23", JSON, 100, 0, 100),
    case("zeek/conn.tab.log", "iot23", ZEEK, 92, 0, 100),
];

/// The shipped models in the order in which the page tries them.
const MODELS: [&str; 4] = ["rt-iot2022", "ciciot2023", "iot23", "cicflowmeter"];

fn www() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../www")
}

fn models() -> Vec<Arc<Model>> {
    let read = |name: &str| {
        let bytes = std::fs::read(www().join(format!("models/{name}.sieve"))).expect("a model");
        Arc::new(Model::new(pack::read(&bytes).expect("a model")).expect("a model"))
    };
    MODELS.map(read).to_vec()
}

/// Chooses as the page does: the largest share of importance, then the most columns, then the first. Gives why each model
/// refused where none takes the file.
fn choose(models: &[Arc<Model>], bytes: &[u8]) -> Result<Plan, Vec<ErrorKind>> {
    let mut best: Option<Plan> = None;
    let mut refusals = Vec::new();
    for model in models {
        let options = PlanOptions::default();
        match Plan::new(Arc::clone(model), bytes, bytes.len() as u64, &options) {
            Ok(plan) => {
                let fit = |plan: &Plan| {
                    let n = plan.model().n_features();
                    let columns = (0..n).filter(|&column| plan.header().has(column)).count();
                    (plan.header().importance_share, columns)
                };
                if best.as_ref().is_none_or(|best| fit(&plan) > fit(best)) {
                    best = Some(plan);
                }
            }
            Err(error) => refusals.push(error.kind()),
        }
    }
    best.ok_or(refusals)
}

/// Reads a file in one slice.
fn analyse(plan: Plan, bytes: &[u8]) -> Summary {
    let plan = Arc::new(plan);
    let bounds = vec![plan.head().data_start, bytes.len() as u64];
    let mut merger = Merger::new(&plan, bounds.clone());
    let span = SliceSpan {
        begin: bounds[0],
        end: bounds[1],
        first: None,
    };
    let mut task = SliceTask::new(Arc::clone(&plan), 0, span, Purpose::Score);
    task.push(&bytes[bounds[0] as usize..]);
    merger.offer(task.finish().0);
    assert!(merger.is_complete());
    merger.summary().clone()
}

#[test]
fn every_file_is_recognised() {
    let Some(data) = data("every_file_is_recognised") else {
        return;
    };
    let models = models();
    let mut wrong = Vec::new();
    for expected in &FILES {
        let path = data.join(expected.file);
        if !path.is_file() {
            eprintln!(
                "SKIPPED {}: not in the folder (docs/datasets.md)",
                expected.file
            );
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let plan = choose(&models, &bytes).expect(expected.file);
        let dialect = plan.head().layout.dialect;
        let model = plan.model().spec().name.clone();
        let share = (100.0 * plan.header().importance_share) as u32;
        let summary = analyse(plan, &bytes);
        let found = format!(
            "{model}, {} {} {:?}, {} rows, {} rejects, {share} %",
            dialect.encoding_name(),
            dialect.format_name(),
            char::from(dialect.delimiter),
            summary.rows,
            summary.rejects.rows(),
        );
        let wanted = format!(
            "{}, UTF-8 {} {:?}, {} rows, {} rejects, {} %",
            expected.model,
            expected.format,
            char::from(expected.delimiter),
            expected.rows,
            expected.rejects,
            expected.importance
        );
        if found != wanted {
            wrong.push(format!(
                "{}\n  {found}\n  but should be\n  {wanted}",
                expected.file
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_of_the_folder_has_a_line_in_the_table() {
    let Some(data) = data("every_file_of_the_folder_has_a_line_in_the_table") else {
        return;
    };
    let known: BTreeSet<&str> = FILES.iter().map(|case| case.file).collect();
    for folder in std::fs::read_dir(&data).expect("a folder").flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        if name == "pcap" || !folder.path().is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder.path())
            .expect("a folder")
            .flatten()
        {
            let file = format!("{name}/{}", file.file_name().to_string_lossy());
            assert!(known.contains(file.as_str()), "{file} is not in the table");
        }
    }
}

/// Needs no data: the samples come with the page.
#[test]
fn every_sample_opens_with_its_own_model() {
    let models = models();
    for name in MODELS {
        let path = www().join(format!("samples/{name}-synthetic.csv"));
        let bytes = std::fs::read(path).expect("a sample");
        assert!(bytes.len() < 300_000, "{name}");
        let plan = choose(&models, &bytes).expect("a model");
        assert_eq!(plan.model().spec().name, name);
        let known_labels = plan.header().label.is_some();
        let summary = analyse(plan, &bytes);
        assert!(
            known_labels && summary.unknown_labels.names().is_empty(),
            "{name}"
        );
        assert_eq!(summary.rejects.rows(), 0, "{name}");
    }
}

#[test]
fn flows_of_no_model_are_refused_with_the_columns() {
    let models = models();
    let refusals = choose(&models, b"name,age\nada,36\n").expect_err("no model");
    assert_eq!(refusals, [ErrorKind::NoSchemaMatch; MODELS.len()]);
}

/// The names of the first release and of CSE-CIC-IDS2018 are those of the data that the model learned from.
#[test]
fn three_generations_of_cicflowmeter_are_one_form() {
    let models = models();
    let model = models.last().expect("a model");
    let columns = &model.spec().schema.columns;
    for generation in 0..3 {
        let names: Vec<String> = columns
            .iter()
            .map(|column| match (generation, column.aliases.as_slice()) {
                (0, _) | (_, []) => column.name.clone(),
                (1, [first, ..]) => format!(" {first}"),
                (_, aliases) => aliases[aliases.len() - 1].clone(),
            })
            .collect();
        let text = format!(
            "{}, Label\n{}BENIGN\n",
            names.join(","),
            "0,".repeat(names.len())
        );
        let plan = choose(&models, text.as_bytes()).expect("a model");
        assert_eq!(plan.model().spec().name, "cicflowmeter");
        assert!(
            plan.header().columns.iter().all(Option::is_some),
            "{names:?}"
        );
        assert_eq!(
            plan.head().columns[plan.header().label.expect("labels")],
            "Label"
        );
    }
}
