//! Rows that end like an earlier one are scored by what is known of it; that changes no result, whatever their first cells
//! hold.

mod model_support;
mod slice_support;

use flowsieve::analysis::{ExportOptions, ExportTask, Merger, Purpose, SliceTask};
use flowsieve::table::SliceSpan;
use model_support::Random;
use proptest::prelude::*;
use slice_support::{HEADER, analyse, analyse_whole, plan};
use std::fmt::Write;
use std::sync::Arc;

/// Ends of lines: the stable part of rows that take turns.
const ENDS: [&str; 3] = [
    "kind 1,0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "kind 2,0000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    "who,1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
];

/// Cells of a number, a word and a time: mostly good ones.
fn first_cells() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        8 => "-?[0-9]{1,3}(\\.[0-9])?",
        1 => Just("-".to_owned()),
        1 => Just("inf".to_owned()),
        1 => Just("-0".to_owned()),
        1 => Just("x".to_owned()),
        1 => Just("1,2".to_owned()),
        1 => Just("\"1\"".to_owned()),
    ];
    let word =
        prop_oneof![6 => "word [0-3]", 1 => Just("other".to_owned()), 1 => Just(String::new())];
    let time =
        prop_oneof![6 => Just("86500".to_owned()), 2 => "[0-9]{1,6}", 1 => Just("noon".to_owned())];
    (number, word, time).prop_map(|(number, word, time)| format!("{number},{word},{time}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_end_alike_get_what_they_get_alone(rows in prop::collection::vec((first_cells(), 0_usize..3), 200..400), seed: u64) {
        let mut text = format!("{HEADER}\n");
        for (cells, end) in &rows {
            writeln!(text, "{cells},{}", ENDS[*end]).expect("text");
        }
        let bytes = text.as_bytes();
        let plan = plan(bytes);
        let whole = analyse_whole(&plan, bytes);
        // A slice of a few rows has nothing to remember.
        let bounds: Vec<u64> = (plan.head().data_start..plan.size()).step_by(150).chain([plan.size()]).collect();
        let alone = analyse(&plan, bytes, &bounds, &mut Random(seed | 1));
        prop_assert_eq!(whole.0, alone.0);
        prop_assert_eq!(whole.1, alone.1);
    }
}

#[test]
fn rows_that_end_alike_are_remembered() {
    let mut text = format!("{HEADER}\n");
    for row in 0..1000 {
        writeln!(text, "{},word 1,86500,{}", row % 50, ENDS[row % 2]).expect("text");
    }
    let bytes = text.as_bytes();
    let plan = plan(bytes);
    let span = SliceSpan {
        begin: plan.head().data_start,
        end: plan.size(),
        first: None,
    };
    let mut task = SliceTask::new(Arc::clone(&plan), 0, span, Purpose::Score);
    task.push(&bytes[task.position() as usize..]);
    assert!(task.remembered() > 800, "{} of 1,000", task.remembered());
}

/// Values behind the first MiB of a file are counted in a sample of its rows.
#[test]
fn cutting_changes_no_sample_of_values() {
    let mut text = format!("{HEADER}\n");
    for row in 0..20_000 {
        let cells = [row % 50, row % 3, row % 86_400];
        let [number, word, time] = cells;
        writeln!(text, "{number},word {word},{time},{}", ENDS[row % 3]).expect("text");
    }
    let bytes = text.as_bytes();
    assert!(bytes.len() > 2 << 20, "{} bytes", bytes.len());
    let plan = plan(bytes);
    let places = |slice_bytes: u64| {
        let bounds = plan.slice_bounds(slice_bytes);
        let mut merger = Merger::new(&plan, bounds.clone());
        let mut exported = vec![0; merger.summary().places.len()];
        for (slice, span) in bounds.windows(2).enumerate() {
            let span = SliceSpan {
                begin: span[0],
                end: span[1],
                first: None,
            };
            let mut task = SliceTask::new(Arc::clone(&plan), slice as u32, span, Purpose::Score);
            task.push(&bytes[task.position() as usize..]);
            merger.offer(task.finish().0);
            let options = ExportOptions::default();
            let mut task = ExportTask::new(Arc::clone(&plan), span, &options).with_places();
            task.push(&bytes[task.position() as usize..]);
            for (count, more) in exported.iter_mut().zip(task.finish().places) {
                *count += more;
            }
        }
        assert!(merger.is_complete());
        let found = merger.summary().places.clone();
        assert_eq!(exported, found, "an export counts what an analysis does");
        found
    };
    let whole = places(u64::MAX);
    assert_eq!(places(10_000), whole);
    assert_eq!(places(300_000), whole);
    let of_first: u64 = whole[..whole.len() / 3].iter().sum();
    assert!(
        of_first.abs_diff(20_000) < 1_000,
        "{of_first} stand for 20,000 rows"
    );
}
