//! A detector fitted on a file's own rows: a model without classes, the same for any cut.

mod model_support;

use flowsieve::analysis::{
    ExportOptions, ExportTask, Plan, PlanOptions, Purpose, SliceColumns, SliceTask, Summary,
    export_header,
};
use flowsieve::fit::unlabelled::{MAX_SAMPLE_ROWS, RowSample, fit};
use flowsieve::model::rank::RANK_HIGH;
use flowsieve::model::{CLASS_NONE, Model};
use flowsieve::table::{DialectChoice, Head, Progress, SliceReader, SliceSpan};
use flowsieve::{Error, ErrorKind, pack};
use model_support::Random;
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::Arc;

/// A table of `rows` rows, two columns of numbers and one of each that is no feature. The last row is far from all others.
fn table(rows: u64) -> String {
    let mut random = Random(3);
    let mut text = String::from(
        "count,when,watts,volts,WATTS,site,fixed,empty,timestamp,label,flowsieve_class\n",
    );
    for row in 0..rows {
        let last = row + 1 == rows;
        let watts = if last { 900 } else { random.below(50) };
        let volts = match random.below(10) {
            _ if last => "-70.5".to_owned(),
            0 => "-".to_owned(),
            _ => format!("{}.25", 220 + random.below(12)),
        };
        let site = ["north", "south"][random.below(2)];
        let label = ["good", "bad"][random.below(2)];
        writeln!(
            text,
            "{row},{},{watts},{volts},{watts},{site},7,,2024-01-01 00:00:00,{label},x",
            1_700_000_000 + 7 * row,
        )
        .expect("text");
    }
    text
}

/// The sample of the records of a file that is cut at these offsets, slice by slice.
fn sample_in_slices(bytes: &[u8], seed: u64, cuts: &[u64]) -> (Head, RowSample) {
    let size = bytes.len() as u64;
    let head = Head::read(bytes, size, DialectChoice::default()).expect("a header");
    let mut whole = RowSample::new(head.columns.len(), seed);
    let mut begin = head.data_start;
    let mut first = head.data_start;
    for &end in cuts.iter().chain([&size]) {
        let span = SliceSpan {
            begin,
            end,
            first: Some(first),
        };
        let mut part = RowSample::new(head.columns.len(), seed);
        let mut reader = SliceReader::new(span, &head.layout);
        let position = (reader.position() as usize).min(bytes.len());
        if reader.push(&bytes[position..], &mut part) == Progress::More {
            reader.finish(&mut part);
        }
        first = reader.next_record();
        begin = end;
        // From either side: merging is commutative.
        if end % 2 == 0 {
            part.merge(&whole);
            whole = part;
        } else {
            whole.merge(&part);
        }
    }
    (head, whole)
}

fn fitted(text: &str, seed: u64) -> Result<Model, Error> {
    let (head, sample) = sample_in_slices(text.as_bytes(), seed, &[]);
    fit(&sample, &head.columns, None)
}

fn plan(model: Model, text: &str) -> Arc<Plan> {
    let plan = Plan::new(
        Arc::new(model),
        text.as_bytes(),
        text.len() as u64,
        &PlanOptions::default(),
    );
    Arc::new(plan.expect("a file that the model fits"))
}

fn scored(plan: &Arc<Plan>, text: &str) -> (SliceColumns, Summary) {
    let span = SliceSpan {
        begin: plan.head().data_start,
        end: text.len() as u64,
        first: None,
    };
    let mut task = SliceTask::new(Arc::clone(plan), 0, span, Purpose::Score);
    task.push(&text.as_bytes()[task.position() as usize..]);
    let (outcome, columns) = task.finish();
    (columns, outcome.summary)
}

#[test]
fn numbers_that_differ_are_features_and_the_rest_is_left_out_with_a_reason() {
    let model = fitted(&table(300), 1).expect("a fit");
    let spec = model.spec();
    let names: Vec<&str> = spec
        .schema
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["watts", "volts"]);
    let left_out: Vec<(&str, &str)> = spec
        .card
        .left_out
        .iter()
        .map(|left_out| (left_out.column.as_str(), left_out.why.as_str()))
        .collect();
    assert_eq!(
        left_out,
        [
            ("count", "rises from row to row as an index or a time does"),
            ("when", "rises from row to row as an index or a time does"),
            ("WATTS", "another column has the same name"),
            ("site", "text, where a detector alone takes numbers"),
            ("fixed", "the same in every row"),
            ("empty", "no finite number in the rows that were looked at"),
            ("timestamp", "times, which tell when a capture was made"),
            ("label", "a label, by its name"),
            (
                "flowsieve_class",
                "a result that an export of this program wrote"
            ),
        ]
    );
    assert!(
        spec.preparation.features[1].missing > 10,
        "missing values are allowed"
    );
    assert_eq!(spec.card.training_rows, 300);
    assert!(!spec.isolation.benign_only && !spec.has_classes());
}

#[test]
fn a_column_that_is_said_to_hold_labels_is_no_feature() {
    let (head, sample) = sample_in_slices(table(300).as_bytes(), 1, &[]);
    let model = fit(&sample, &head.columns, Some("Volts")).expect("a fit");
    assert_eq!(model.n_features(), 1);
    assert_eq!(model.spec().schema.label_columns, ["Volts"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_same_file_and_seed_give_the_same_model_for_any_cut(
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        seed: u64,
    ) {
        let text = table(120);
        let bytes = text.as_bytes();
        let (head, whole) = sample_in_slices(bytes, seed, &[]);
        let from = head.data_start as usize;
        let mut cuts: Vec<u64> = cuts.iter().map(|cut| (from + cut.index(bytes.len() - from)) as u64).collect();
        cuts.sort_unstable();
        let (_, parts) = sample_in_slices(bytes, seed, &cuts);
        let file = |sample| {
            let model = fit(sample, &head.columns, None).expect("a fit");
            pack::write(model.spec()).expect("a pack")
        };
        prop_assert_eq!(file(&whole), file(&parts));
    }
}

#[test]
fn a_large_file_is_sampled_and_another_seed_takes_other_rows() {
    let text = table(MAX_SAMPLE_ROWS as u64 + 4000);
    let models = [1, 1, 2].map(|seed| {
        let model = fitted(&text, seed).expect("a fit");
        assert_eq!(model.spec().card.training_rows, MAX_SAMPLE_ROWS as u64);
        pack::write(model.spec()).expect("a pack")
    });
    assert_eq!(models[0], models[1]);
    assert_ne!(models[0], models[2]);
    let parameters = pack::read(&models[2]).expect("a model").card.parameters;
    assert!(
        parameters.contains(&("seed".into(), "2".into())),
        "{parameters:?}"
    );
    assert!(parameters.contains(&("rows-in-the-file".into(), "20384".into())));
}

#[test]
fn rows_get_ranks_and_no_classes() {
    let text = table(400);
    let model = fitted(&text, 9).expect("a fit");
    let loaded = pack::read(&pack::write(model.spec()).expect("a pack")).and_then(Model::new);
    let plan = plan(loaded.expect("the model, read back"), &text);
    let (columns, summary) = scored(&plan, &text);
    assert_eq!((summary.rows, summary.rejects.rows()), (400, 0));
    assert!(columns.class.iter().all(|&class| class == CLASS_NONE));
    assert!(columns.confidence.iter().all(|&confidence| confidence == 0));
    let strangest = columns.rank.iter().max().copied();
    assert_eq!(strangest, columns.rank.last().copied());
    assert_eq!(strangest, Some(RANK_HIGH));
    assert_eq!(summary.class_counts.len() + summary.family_counts.len(), 0);
    // The file has a column of labels, which a model without classes cannot be compared with.
    assert!(plan.header().label.is_some());
    assert_eq!(summary.evaluation(&plan.model().spec().taxonomy), None);
    assert_eq!(summary.unknown_labels.rows, 400);
}

#[test]
fn rows_that_end_alike_get_the_ranks_that_they_get_alone() {
    let mut random = Random(8);
    let mut text = String::from("amps,watts,volts\n");
    let mut rows = Vec::new();
    for _ in 0..3000 {
        let row = [
            random.below(40),
            10 * random.below(3),
            230 + random.below(2),
        ];
        writeln!(text, "{},{},{}", row[0], row[1], row[2]).expect("text");
        rows.push(row.map(|value| value as f32));
    }
    let model = fitted(&text, 4).expect("a fit");
    let mut scratch = model.scratch();
    let alone: Vec<u16> = rows
        .iter()
        .map(|values| model.score(values, &mut scratch).rank)
        .collect();
    let (columns, _) = scored(&plan(model, &text), &text);
    assert_eq!(columns.rank, alone);
}

#[test]
fn exports_leave_the_columns_of_classes_empty() {
    let text = table(40);
    let rows = text.lines().count() - 1;
    let export = |text: &str| {
        let plan = plan(fitted(&table(40), 9).expect("a fit"), text);
        let span = SliceSpan {
            begin: plan.head().data_start,
            end: text.len() as u64,
            first: None,
        };
        let options = ExportOptions::default();
        let mut task = ExportTask::new(Arc::clone(&plan), span, &options);
        task.push(&text.as_bytes()[task.position() as usize..]);
        let csv = [export_header(&plan, &options), task.finish().csv].concat();
        String::from_utf8(csv).expect("text")
    };
    let csv = export(&text);
    assert_eq!(csv.lines().count(), rows + 1);
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 11 + 7, "{line}");
        assert_eq!(cells[11..15], [""; 4], "{line}");
        assert!(cells[15].parse::<f64>().is_ok(), "{line}");
        assert!(matches!(cells[16], "0" | "1"), "{line}");
        assert_eq!(cells[17], "", "{line}");
    }
    let json = export("{\"watts\":3,\"volts\":225.25}\n{}\n");
    let mut objects = json.lines();
    let first = objects.next().expect("an object");
    assert!(
        first.starts_with("{\"watts\":3,\"volts\":225.25,\"flowsieve_isolation_forest_score\":"),
        "{first}"
    );
    let second = objects.next().expect("an object");
    assert!(
        second.starts_with("{\"flowsieve_isolation_forest_score\":"),
        "{second}"
    );
}

#[test]
fn tables_that_nothing_can_be_fitted_on_are_refused_with_the_reason() {
    for (text, part) in [
        (
            table(9),
            "9 rows that a detector could be fitted on; at least 10",
        ),
        ("a,b\n1\n2\n".to_owned(), "0 rows"),
        (
            format!("name,kind\n{}", "x,y\n".repeat(20)),
            "“name” (text, where a detector alone takes numbers)",
        ),
        (
            format!("a,b\n{}", "1,-\n".repeat(20)),
            "“a” (the same in every row), “b” (no finite number",
        ),
    ] {
        let error = fitted(&text, 1).expect_err(part);
        assert_eq!(error.kind(), ErrorKind::BadFit);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_model_has_classes_or_a_detector() {
    let spec = fitted(&table(50), 1).expect("a fit").into_spec();
    let mut nothing = spec.clone();
    nothing.isolation = flowsieve::model::isolation::IsolationSpec::default();
    let mut families = spec.clone();
    families.taxonomy.families.push("Recon".into());
    let mut classes = spec.clone();
    classes.forest.n_classes = 2;
    for (spec, part) in [
        (nothing, "neither classes nor a detector"),
        (families, "no classes, and families"),
        (classes, "no classes, and families"),
    ] {
        let error = pack::write(&spec).expect_err(part);
        assert!(error.to_string().contains(part), "{error}");
        assert!(Model::new(spec).is_err());
    }
    let tags: Vec<String> = pack::sections(&pack::write(&spec).expect("a pack"))
        .expect("sections")
        .into_iter()
        .map(|section| section.tag)
        .collect();
    assert_eq!(
        tags,
        ["NAME", "SCHM", "PREP", "TAXO", "ISOF", "CARD", "TEST"]
    );
}
