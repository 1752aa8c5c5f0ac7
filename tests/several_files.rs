//! Several files as one table: the same as one file of their rows, and what is broken in one stays in it.

mod model_support;
mod slice_support;

use flowsieve::analysis::{FurtherFile, MergeEvent, Merger, Plan, ResultColumns, Summary};
use flowsieve::table::{DialectChoice, Head, SliceSpan};
use model_support::Random;
use slice_support::{HEADER, analyse_whole, plan, read_slice};
use std::sync::Arc;

/// Analyses files whose headers are alike, each cut into slices of about `slice_bytes`.
fn analyse_files(files: &[String], slice_bytes: usize, seed: u64) -> (ResultColumns, Summary) {
    let plan: Arc<Plan> = plan(files[0].as_bytes());
    let mut random = Random(seed);
    // Offset of each file's own beginning among all bytes.
    let (mut bounds, mut further, mut slices) = (Vec::new(), Vec::new(), Vec::new());
    let mut end = 0;
    for (index, file) in files.iter().enumerate() {
        let head = Head::read(file.as_bytes(), file.len() as u64, DialectChoice::default())
            .expect("a header");
        let begin = if index == 0 { head.data_start } else { end };
        let rows = &file.as_bytes()[head.data_start as usize..];
        if index > 0 {
            further.push(FurtherFile {
                begin,
                data_start: head.data_start,
                first_line: head.first_line,
                blank_lines: head.blank_lines,
                comment_lines: head.comment_lines,
            });
        }
        for at in (0..rows.len()).step_by(slice_bytes) {
            bounds.push(begin + at as u64);
            slices.push((begin, rows));
        }
        end = begin + rows.len() as u64 + u64::from(!file.ends_with('\n'));
    }
    bounds.push(end);
    let mut merger = Merger::new(&plan, bounds.clone()).with_further(further);
    let mut columns = ResultColumns::default();
    let mut open: Vec<(usize, Option<u64>)> =
        (0..slices.len()).map(|slice| (slice, None)).collect();
    let mut held = std::collections::BTreeMap::new();
    while !open.is_empty() {
        let (slice, first) = open.swap_remove(random.below(open.len()));
        let (file_begin, rows) = slices[slice];
        let span = SliceSpan {
            begin: bounds[slice],
            end: bounds[slice + 1],
            first: first.or((bounds[slice] == file_begin).then_some(file_begin)),
        };
        // The reader sees this file and no other, at its place among all.
        let padded = [vec![b'#'; file_begin as usize], rows.to_vec()].concat();
        let (outcome, of_slice) = read_slice(&plan, &padded, slice as u32, span, &mut random);
        held.insert(slice as u32, of_slice);
        for event in merger.offer(outcome) {
            match event {
                MergeEvent::Rerun { slice, first } => open.push((slice as usize, Some(first))),
                MergeEvent::Accept {
                    slice,
                    first_record,
                    ..
                } => {
                    columns.append(&held[&slice], first_record);
                }
            }
        }
    }
    assert!(merger.is_complete());
    (columns, merger.summary().clone())
}

fn rows(from: usize, to: usize) -> String {
    let row = |i: usize| {
        format!(
            "{}.5,word {},{i}.25,class 0,\"x{}y\"\n",
            i % 7,
            i % 3,
            ["", "\n"][i % 2]
        )
    };
    (from..to).map(row).collect()
}

#[test]
fn files_are_one_table_however_they_are_cut() {
    let parts = [rows(0, 90), rows(90, 95), rows(95, 300)];
    let whole = format!("{HEADER}\n{}", parts.concat());
    let (expected, summary) = analyse_whole(&plan(whole.as_bytes()), whole.as_bytes());
    assert_eq!(summary.rows, 300);
    let mut files = parts.map(|rows| format!("{HEADER}\n{rows}"));
    // One lacks its last line end.
    files[0].pop();
    for (seed, slice_bytes) in [(1, 1), (2, 17), (3, 100), (4, 1000), (5, 1 << 20)] {
        let (columns, found) = analyse_files(&files, slice_bytes, seed);
        assert_eq!(columns, expected, "slices of {slice_bytes}");
        assert_eq!(found.class_counts, summary.class_counts);
        assert_eq!(found.rows, 300);
    }
}

#[test]
fn what_is_broken_in_one_file_stays_in_it_and_has_its_line() {
    let files = [
        format!("{HEADER}\n{}1,2,3\n7,word 1,\"never closed\n", rows(0, 20)),
        format!("\n\n{HEADER}\n\n{}1,2\n{}", rows(0, 2), rows(2, 40)),
    ];
    for slice_bytes in [3, 50, 1 << 20] {
        let (_, found) = analyse_files(&files, slice_bytes, 9);
        assert_eq!(found.rows, 63, "slices of {slice_bytes}");
        let lines: Vec<u64> = found
            .rejects
            .first
            .iter()
            .map(|reject| reject.line)
            .collect();
        // Every second row has two lines; the second file has four above its rows.
        assert_eq!(lines, [32, 33, 8], "slices of {slice_bytes}");
        assert_eq!(found.blank_lines, 3);
    }
}
