//! A file of flows: cut anywhere it reads the same, and as other readers read it.

use crate::input::Input;
use crate::model_support::Random;
use crate::records::{Records, Row, read_cut, read_whole};
use crate::reference;
use crate::slice_support::{analyse, analyse_whole, model};
use flowsieve::analysis::{CLASS_REJECTED, Plan, PlanOptions, read_cells};
use flowsieve::model::Model;
use flowsieve::table::dialect::{Format, text_of};
use flowsieve::table::{Broken, DialectChoice, Head};
use std::sync::{Arc, LazyLock};

/// What the files of the seeds are scored with.
static MODEL: LazyLock<Arc<Model>> = LazyLock::new(model);

/// Reads a file with its cuts. Returns whether it is one of that format at all.
///
/// # Panics
///
/// If a cut changes anything, or another reader of that format reads something else.
pub fn check(data: &[u8], format: Format) -> bool {
    let Some(input) = Input::of(data) else {
        return false;
    };
    let file = input.file;
    let head = match Head::read(file, file.len() as u64, DialectChoice::default()) {
        Ok(head) if head.layout.dialect.format == format => head,
        _ => return false,
    };
    let bounds = input.bounds(head.data_start);
    let random = &mut input.random();

    let whole = read_whole(&head, &head.layout, file);
    let cut = read_cut(&head, file, &bounds, random);
    assert_eq!(cut, whole, "cut at {bounds:?}");
    assert_consistent(&whole, &head, file);
    match format {
        Format::Csv => reference::csv::assert_agrees(&head, file),
        Format::ZeekTsv => reference::zeek::assert_agrees(&head, file, &whole),
        Format::JsonLines => reference::json::assert_agrees(&head, file, &whole),
    }
    check_results(file, &bounds, random);
    true
}

/// What holds of the records of any file.
fn assert_consistent(records: &Records, head: &Head, file: &[u8]) {
    let rows = &records.rows;
    assert!(rows.is_sorted_by(|a, b| a.offset < b.offset && a.line < b.line));
    for row in rows {
        assert!((head.data_start..file.len() as u64).contains(&row.offset));
        assert_ne!(row.cells, Err(Broken::TooLong), "a small file");
    }
    let unclosed = |row: &&Row| row.cells == Err(Broken::UnclosedQuote);
    assert!(rows.iter().rev().skip(1).find(unclosed).is_none());
    let end = file.len() as u64;
    assert!(records.other_fields.is_none_or(|offset| offset < end));
}

/// Scores the file, whole and cut, where the model knows its columns.
fn check_results(file: &[u8], bounds: &[u64], random: &mut Random) {
    let options = PlanOptions {
        seed: 7,
        ..PlanOptions::default()
    };
    let Ok(plan) = Plan::new(Arc::clone(&MODEL), file, file.len() as u64, &options) else {
        return;
    };
    let plan = Arc::new(plan);
    let whole = analyse_whole(&plan, file);
    let cut = analyse(&plan, file, bounds, random);
    assert_eq!(cut, whole, "cut at {bounds:?}");
    let bytes = |summary| format!("{summary:?}");
    assert_eq!(bytes(&cut.1), bytes(&whole.1), "cut at {bounds:?}");
    let (columns, summary) = whole;
    assert_eq!(summary.rows, columns.class.len() as u64);
    let is_rejected = |&&class: &&u8| class == CLASS_REJECTED;
    let rejected = columns.class.iter().filter(is_rejected).count();
    assert_eq!(summary.rejects.rows(), rejected as u64);

    // The rows that are shown are those that were scored.
    let head = plan.head();
    let shown = read_cells(&plan, &file[head.data_start as usize..], usize::MAX);
    let mut layout = head.layout.clone();
    layout.dialect.decimal_comma = false;
    let read = read_whole(head, &layout, file);
    let cells = |cells: &Result<Vec<Vec<u8>>, Broken>| -> Vec<String> {
        let cells = cells.as_ref().map_or(&[][..], Vec::as_slice);
        cells.iter().map(|cell| text_of(cell)).collect()
    };
    let expected: Vec<Vec<String>> = read.rows.iter().map(|row| cells(&row.cells)).collect();
    assert_eq!(shown.rows, expected);
}
