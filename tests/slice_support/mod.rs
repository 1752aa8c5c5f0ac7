//! Analysing made-up files in slices, as a pool of workers does: what tests about cuts and about formats share.

// Each test uses a part of it.
#![allow(dead_code)]

use crate::model_support::{Random, Shape, calibrated, spec};
use flowsieve::analysis::{
    MergeEvent, Merger, Plan, PlanOptions, Purpose, ResultColumns, SliceColumns, SliceOutcome,
    SliceTask, Summary,
};
use flowsieve::model::Model;
use flowsieve::table::{Progress, SliceSpan};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const HEADER: &str = "feature 0,FEATURE_1,Feature.2,label,extra";

/// A made-up model of one numeric, one categorical and one time column.
pub(crate) fn model() -> Arc<Model> {
    let shape = Shape {
        n_features: 3,
        n_classes: 3,
        n_trees: 5,
        n_leaves: 12,
        n_isolation_trees: 5,
        seed: 11,
    };
    let mut spec = calibrated(spec(shape), 1);
    for column in &mut spec.schema.columns {
        column.importance = 1.0;
    }
    Arc::new(Model::new(spec).expect("a valid model"))
}

pub(crate) fn plan(bytes: &[u8]) -> Arc<Plan> {
    let options = PlanOptions {
        seed: 7,
        ..PlanOptions::default()
    };
    let plan = Plan::new(model(), bytes, bytes.len() as u64, &options);
    Arc::new(plan.expect("a file that the model fits"))
}

/// Reads one slice in chunks of random sizes.
pub(crate) fn read_slice(
    plan: &Arc<Plan>,
    bytes: &[u8],
    slice: u32,
    span: SliceSpan,
    random: &mut Random,
) -> (SliceOutcome, SliceColumns) {
    let mut task = SliceTask::new(Arc::clone(plan), slice, span, Purpose::Score);
    let longest = [1, 7, 100, 1 << 20][random.below(4)];
    loop {
        let at = (task.position() as usize).min(bytes.len());
        let end = bytes.len().min(at + 1 + random.below(longest));
        if at == bytes.len() || task.push(&bytes[at..end]) == Progress::Done {
            return task.finish();
        }
    }
}

/// Analyses a file cut at `bounds` by workers that answer in random order.
pub(crate) fn analyse(
    plan: &Arc<Plan>,
    bytes: &[u8],
    bounds: &[u64],
    random: &mut Random,
) -> (ResultColumns, Summary) {
    let mut merger = Merger::new(plan, bounds.to_vec());
    let mut columns = ResultColumns::default();
    let mut held: BTreeMap<u32, SliceColumns> = BTreeMap::new();
    let mut open: Vec<(u32, Option<u64>)> = (0..merger.slices() as u32)
        .map(|slice| (slice, None))
        .collect();
    while !open.is_empty() {
        let (slice, first) = open.swap_remove(random.below(open.len()));
        let (begin, end) = (bounds[slice as usize], bounds[slice as usize + 1]);
        let (outcome, rows) =
            read_slice(plan, bytes, slice, SliceSpan { begin, end, first }, random);
        held.insert(slice, rows);
        for event in merger.offer(outcome) {
            match event {
                MergeEvent::Accept {
                    slice,
                    rows,
                    row_base,
                    first_record,
                    ..
                } => {
                    let slice = held.remove(&slice).expect("a slice that arrived");
                    assert_eq!(
                        (rows, row_base),
                        (slice.class.len() as u64, columns.class.len() as u64)
                    );
                    columns.append(&slice, first_record);
                }
                MergeEvent::Rerun { slice, first } => open.push((slice, Some(first))),
            }
        }
    }
    assert!(merger.is_complete());
    (columns, merger.summary().clone())
}

pub(crate) fn analyse_whole(plan: &Arc<Plan>, bytes: &[u8]) -> (ResultColumns, Summary) {
    let bounds = [plan.head().data_start, bytes.len() as u64];
    analyse(plan, bytes, &bounds, &mut Random(1))
}

/// Begin of each slice and the file's end, with slices of one byte up.
pub(crate) fn random_bounds(plan: &Plan, random: &mut Random) -> Vec<u64> {
    let mut bounds = vec![plan.head().data_start];
    let longest = [1, 3, 20, 400][random.below(4)];
    while let Some(&last) = bounds.last().filter(|&&last| last < plan.size()) {
        bounds.push(plan.size().min(last + 1 + random.below(longest) as u64));
    }
    bounds
}

pub(crate) fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if big_endian {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    text.encode_utf16().flat_map(bytes).collect()
}
