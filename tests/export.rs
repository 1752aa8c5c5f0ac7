//! An export keeps the file's bytes, says the same of a row as the analysis does, and read again gives the same results,
//! however the file was cut.

mod model_support;

use flowsieve::ErrorKind;
use flowsieve::analysis::{
    CLASS_REJECTED, ExportOptions, ExportTask, LABEL_UNKNOWN, Plan, PlanOptions, Purpose,
    RESULT_COLUMNS, SliceColumns, SliceOutcome, SliceTask, Summary, export_header,
};
use flowsieve::model::Model;
use flowsieve::model::rank::{RANK_HIGH, RANK_LOW};
use flowsieve::table::{Progress, SliceSpan};
use model_support::{Random, Shape, calibrated, spec};
use proptest::prelude::*;
use std::sync::Arc;

/// A made-up model of one numeric, one categorical and one time column, with words and names that look like formulas.
fn model() -> Arc<Model> {
    let shape = Shape {
        n_features: 3,
        n_classes: 3,
        n_trees: 9,
        n_leaves: 40,
        n_isolation_trees: 5,
        seed: 11,
    };
    let mut spec = calibrated(spec(shape), 1);
    for column in &mut spec.schema.columns {
        column.importance = 1.0;
    }
    spec.preparation.features[1].categories = vec!["=tcp".into(), "-u,dp".into(), "@x".into()];
    spec.taxonomy.kinds[1].name = "=1+1".into();
    spec.taxonomy.kinds[2].name = "a \"b\", c".into();
    Arc::new(Model::new(spec).expect("a valid model"))
}

fn plan(bytes: &[u8], options: &PlanOptions) -> Arc<Plan> {
    let plan = Plan::new(model(), bytes, bytes.len() as u64, options);
    Arc::new(plan.expect("a file that the model fits"))
}

/// The results of a whole file.
fn analysed(plan: &Arc<Plan>, bytes: &[u8]) -> SliceColumns {
    analyse(plan, bytes).1
}

fn summary_of(plan: &Arc<Plan>, bytes: &[u8]) -> Summary {
    analyse(plan, bytes).0.summary
}

fn analyse(plan: &Arc<Plan>, bytes: &[u8]) -> (SliceOutcome, SliceColumns) {
    let begin = plan.head().data_start;
    let span = SliceSpan {
        begin,
        end: bytes.len() as u64,
        first: Some(begin),
    };
    let mut task = SliceTask::new(Arc::clone(plan), 0, span, Purpose::Score);
    task.push(&bytes[begin as usize..]);
    task.finish()
}

/// A file exported in slices of random sizes, each told where it begins, read in pieces of random sizes.
fn exported(
    plan: &Arc<Plan>,
    bytes: &[u8],
    options: &ExportOptions,
    random: &mut Random,
) -> Vec<u8> {
    let mut csv = export_header(plan, options);
    let mut begin = plan.head().data_start;
    let mut first = begin;
    let longest = [3, 60, 1 << 20][random.below(3)];
    while begin < bytes.len() as u64 {
        let end = (bytes.len() as u64).min(begin + 1 + random.below(400) as u64);
        let span = SliceSpan {
            begin,
            end,
            first: Some(first),
        };
        let mut task = ExportTask::new(Arc::clone(plan), span, options);
        let outcome = loop {
            let at = (task.position() as usize).min(bytes.len());
            let until = bytes.len().min(at + 1 + random.below(longest));
            if at == bytes.len() || task.push(&bytes[at..until]) == Progress::Done {
                break task.finish();
            }
        };
        if outcome.first_record.is_some() {
            first = outcome.next_record;
        }
        csv.extend(outcome.csv);
        begin = end;
    }
    csv
}

const CELLS: [&str; 22] = [
    "1.5",
    "-2",
    "+3",
    "-",
    "",
    "=tcp",
    "\"-u,dp\"",
    "@x",
    "word",
    "\"a \"\"q\"\" b\"",
    "\"x\ny\"",
    "\"=tcp\"",
    " =tcp",
    "nan",
    "-inf",
    "1e3",
    "kind 0",
    "=1+1",
    "\"a \"\"b\"\", c\"",
    "'quoted",
    "\t7",
    "\"@x\"",
];

/// A made-up file: some rows as they should be, others with anything in them, lines ending in any way.
fn file(random: &mut Random) -> Vec<u8> {
    let ends = ["\n", "\r\n", "\r", "\n\n"];
    let mut text = String::new();
    if random.below(3) == 0 {
        text.push('\u{feff}');
    }
    text.push_str("feature 0,FEATURE_1,Feature.2,label,=extra");
    text.push_str(ends[random.below(3)]);
    let rows = 1 + random.below(60);
    for row in 0..rows {
        let ragged = random.below(12) == 0;
        let cells = if ragged { 1 + random.below(7) } else { 5 };
        for i in 0..cells {
            if i > 0 {
                text.push(',');
            }
            let anything = CELLS[random.below(CELLS.len())];
            match i {
                0 if random.below(10) > 0 => text.push_str(&random.value().to_string()),
                2 if random.below(10) > 0 => text.push_str(&random.below(90_000).to_string()),
                3 => text.push_str(["kind 0", "=1+1", "\"a \"\"b\"\", c\"", "@z"][random.below(4)]),
                _ => text.push_str(anything),
            }
        }
        if cells == 1 {
            text.push('x');
        }
        if row + 1 < rows || random.below(2) == 0 {
            text.push_str(ends[random.below(4)]);
        }
    }
    text.into_bytes()
}

/// Rows as the crate `csv` reads them.
fn rows(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    reader
        .byte_records()
        .map(|record| record.expect("CSV").iter().map(<[u8]>::to_vec).collect())
        .collect()
}

proptest! {
    #[test]
    fn exports_keep_bytes_and_read_the_same_again(seed in any::<u64>(), raw in any::<bool>()) {
        let mut random = Random(seed);
        let bytes = file(&mut random);
        let plan_of = |bytes: &[u8]| plan(bytes, &PlanOptions::default());
        let plan = plan_of(&bytes);
        let options = ExportOptions { raw, ..ExportOptions::default() };
        let csv = exported(&plan, &bytes, &options, &mut random);
        let again = exported(&plan, &bytes, &options, &mut random);
        prop_assert_eq!(&csv, &again, "another cut");

        let (before, after) = (rows(&bytes), rows(&csv));
        prop_assert_eq!(before.len(), after.len());
        let found = analysed(&plan, &bytes);
        let mut sizes = vec![0; 4];
        for (i, (before, after)) in before.iter().zip(&after).enumerate() {
            let (kept, appended) = after.split_at(after.len() - RESULT_COLUMNS.len());
            prop_assert_eq!(kept.len(), before.len());
            for (kept, cell) in kept.iter().zip(before) {
                let protected = [&b"'"[..], cell].concat();
                prop_assert!(kept == cell || (!raw && *kept == protected), "{:?} {:?}", kept, cell);
            }
            if i == 0 {
                continue;
            }
            let class = found.class[i - 1];
            if class == CLASS_REJECTED {
                prop_assert!(appended.iter().all(Vec::is_empty));
                continue;
            }
            let name = &plan.model().spec().taxonomy.kinds[usize::from(class)].name;
            prop_assert!(appended[0].ends_with(name.as_bytes()));
            let number = |cell: &[u8]| -> f64 { std::str::from_utf8(cell).unwrap().parse().unwrap() };
            let confidence = f64::from(found.confidence[i - 1]) / 65_535.0;
            prop_assert!((number(&appended[3]) - confidence).abs() < 6e-5);
            let set: Vec<&[u8]> = appended[6]
                .split(|&byte| byte == b'|')
                .map(<[u8]>::trim_ascii)
                .filter(|name| !name.is_empty())
                .collect();
            sizes[set.len()] += 1;
            let rank = f64::from(found.rank[i - 1]);
            let score = (rank - f64::from(RANK_LOW)) / f64::from(RANK_HIGH - RANK_LOW);
            prop_assert!((number(&appended[4]) - score).abs() < 6e-6);
            prop_assert_eq!(number(&appended[5]) > 0.5, score > 0.95 + 1e-9);
        }
        prop_assert_eq!(sizes, summary_of(&plan, &bytes).set_sizes);
        // Every byte of a row is there: the export without what was appended is the file without blank lines.
        if raw {
            let lines = |bytes: &[u8]| bytes.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')).count();
            let appended: usize = after.iter().zip(&before).map(|(after, before)| {
                after[before.len()..].iter().map(|cell| cell.len() + 1).sum::<usize>()
            }).sum();
            let quotes: usize = after
                .iter()
                .flat_map(|row| row.iter().rev().take(RESULT_COLUMNS.len()))
                .filter(|cell| cell.contains(&b','))
                .map(|cell| 2 + cell.split(|&byte| byte == b'"').count() - 1)
                .sum();
            prop_assert_eq!(lines(&csv), lines(&bytes) + appended + quotes);
        }

        let read_again = plan_of(&csv);
        let found_again = analysed(&read_again, &csv);
        prop_assert_eq!(&found.class, &found_again.class);
        prop_assert_eq!(&found.label, &found_again.label);
        prop_assert_eq!(&found.confidence, &found_again.confidence);
        prop_assert_eq!(&found.rank, &found_again.rank);
    }
}

#[test]
fn lines_end_as_they_did_and_blank_ones_go() {
    let bytes = b"feature 0,FEATURE_1,Feature.2,label,e\r\n\r\n1,a,2,kind 0,5\r\n\r\n1,a,2,kind 0,5\n1,a,2,kind 0,\"5\n\"";
    let plan = plan(bytes, &PlanOptions::default());
    let csv = exported(&plan, bytes, &ExportOptions::default(), &mut Random(1));
    let text = String::from_utf8(csv).expect("text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 5, "{text:?}");
    assert!(lines[0].starts_with("feature 0,FEATURE_1,Feature.2,label,e,flowsieve_class,"));
    assert!(lines[0].ends_with("set\r\n") && lines[1].ends_with("\r\n"));
    assert!(!lines[2].ends_with("\r\n"), "{text:?}");
    assert!(
        lines[3].ends_with("\"5\n") && lines[4].starts_with("\",") && lines[4].ends_with("\r\n")
    );
}

#[test]
fn rows_are_filtered_by_class_label_and_reject() {
    let mut random = Random(5);
    let bytes = file(&mut random);
    let plan = plan(&bytes, &PlanOptions::default());
    let found = analysed(&plan, &bytes);
    let mut rows_of =
        |options: &ExportOptions| rows(&exported(&plan, &bytes, options, &mut random)).len() - 1;
    let n = found.class.len();
    let count = |keep: &dyn Fn(usize) -> bool| (0..n).filter(|&i| keep(i)).count();
    let is_reject = |i: usize| found.class[i] == CLASS_REJECTED;
    assert_eq!(rows_of(&ExportOptions::default()), n);
    for class in 0..3 {
        let options = ExportOptions {
            classes: Some(vec![class]),
            rejected: false,
            ..ExportOptions::default()
        };
        assert_eq!(rows_of(&options), count(&|i| found.class[i] == class));
    }
    for label in [0, 1, LABEL_UNKNOWN] {
        let options = ExportOptions {
            label: Some(label),
            ..ExportOptions::default()
        };
        assert_eq!(
            rows_of(&options),
            count(&|i| is_reject(i) || found.label[i] == label)
        );
    }
}

#[test]
fn labels_are_mapped_to_classes() {
    let bytes =
        b"feature 0,FEATURE_1,Feature.2,label,e\n1,a,2,Normal,5\n1,a,2,kind 0,5\n1,a,2,odd,5\n";
    let options = |pairs: &[(&str, &str)]| PlanOptions {
        label_map: pairs
            .iter()
            .map(|&(label, class)| (label.to_owned(), class.to_owned()))
            .collect(),
        ..PlanOptions::default()
    };
    let mapped = plan(
        bytes,
        &options(&[("Normal", "=1+1"), ("kind 0", "a \"b\", c")]),
    );
    assert_eq!(analysed(&mapped, bytes).label, [1, 2, LABEL_UNKNOWN]);
    let error = Plan::new(
        model(),
        bytes,
        bytes.len() as u64,
        &options(&[("Normal", "nothing")]),
    )
    .expect_err("no such class");
    assert_eq!(error.kind(), ErrorKind::NoSuchClass);
    let said = error.to_string();
    assert!(
        said.contains("“Normal”") && said.contains("“nothing”") && said.contains("kind 0, =1+1"),
        "{said}"
    );
}

#[test]
fn results_of_an_earlier_export_are_no_columns() {
    let bytes =
        b"feature 0,FEATURE_1,Feature.2,flowsieve_class,flowsieve_label\n1,a,2,=1+1,kind 0\n";
    let plan = plan(bytes, &PlanOptions::default());
    assert_eq!(plan.header().label, None);
    let why: Vec<&str> = plan
        .header()
        .ignored
        .iter()
        .map(|(_, why)| why.reason())
        .collect();
    assert_eq!(why, ["a result that an export wrote"; 2]);
}

#[test]
fn objects_get_the_results_as_their_last_values() {
    let log = "{\"feature 0\":1,\"FEATURE_1\":\"@x\",\"Feature.2\":2} \n{}\nno object\n{ }\r\n{\"feature 0\":{}}\n";
    let plan = plan(log.as_bytes(), &PlanOptions::default());
    let random = &mut Random(5);
    let written = exported(&plan, log.as_bytes(), &ExportOptions::default(), random);
    let written = String::from_utf8(written).expect("text");
    let lines: Vec<&str> = written.lines().collect();
    assert!(lines[0].starts_with(
        "{\"feature 0\":1,\"FEATURE_1\":\"@x\",\"Feature.2\":2,\"flowsieve_class\":\""
    ));
    assert!(
        lines[1].starts_with("{\"flowsieve_class\":\""),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "no object");
    assert!(
        lines[3].starts_with("{ \"flowsieve_class\":\""),
        "{}",
        lines[3]
    );
    assert!(
        lines[4].starts_with("{\"feature 0\":{},\"flowsieve_class\":\""),
        "{}",
        lines[4]
    );
    assert!(
        lines
            .iter()
            .all(|line| line.ends_with('}') != (*line == "no object"))
    );
}

#[test]
fn utf16_is_written_as_utf8() {
    let text =
        "feature 0,FEATURE_1,Feature.2,label,é€😀\r\n1,@x,3,=1+1,\"ü\n,\"\r\n\r\n2,x,4,y,😀\n5,,,,";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let options = ExportOptions::default();
    let narrow = plan(text.as_bytes(), &PlanOptions::default());
    let expected = exported(&narrow, text.as_bytes(), &options, &mut Random(1));
    for seed in 0..50 {
        let plan = plan(&wide, &PlanOptions::default());
        assert_eq!(
            exported(&plan, &wide, &options, &mut Random(seed)),
            expected
        );
    }
}

#[test]
fn results_alone_are_the_last_cells_of_each_row() {
    let mut random = Random(9);
    let bytes = file(&mut random);
    let plan = plan(&bytes, &PlanOptions::default());
    let alone = ExportOptions {
        results_only: true,
        ..ExportOptions::default()
    };
    let whole = rows(&exported(
        &plan,
        &bytes,
        &ExportOptions::default(),
        &mut random,
    ));
    let alone = rows(&exported(&plan, &bytes, &alone, &mut random));
    assert_eq!(alone.len(), whole.len());
    for (alone, whole) in alone.iter().zip(&whole) {
        assert_eq!(alone, &whole[whole.len() - RESULT_COLUMNS.len()..]);
    }
}
