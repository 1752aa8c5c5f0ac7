//! Joins slices in the order of the file, whatever the order they arrive in.

use super::{Plan, SliceOutcome, Summary};
use crate::{Error, ErrorKind};
use std::sync::Arc;

/// What follows from a slice's arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeEvent {
    /// The slice's rows are the next ones of the file. Slices are accepted in order.
    Accept {
        /// Which slice.
        slice: u32,
        /// How many rows it has.
        rows: u64,
        /// How many rows came before.
        row_base: u64,
        /// Where its rows start in the file.
        first_record: u64,
        /// The first row's line.
        first_line: u64,
        /// The last line before the next slice's first row.
        last_line: u64,
    },
    /// The slice did not start where it assumed: its results are void, and it is to be read again from here.
    Rerun {
        /// Which slice.
        slice: u32,
        /// Where its first record starts.
        first: u64,
    },
}

/// What is said of a Zeek log that goes on with other fields at `offset`.
pub fn other_fields(offset: u64) -> Error {
    Error::new(
        ErrorKind::OtherFields,
        format!(
            "At byte {offset} the Zeek log goes on with other fields than it began with (a line #fields that differs). Split \
             it there and open the parts one by one."
        ),
    )
}

/// A file whose rows follow those of the files before it, without its header. Together they are one run of offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FurtherFile {
    /// Offset of its first row in that run, where a slice begins.
    pub begin: u64,
    /// The same in the file itself.
    pub data_start: u64,
    /// Line of its first row in the file itself.
    pub first_line: u64,
    /// Blank lines above it.
    pub blank_lines: u64,
    /// Lines about the file above it.
    pub comment_lines: u64,
}

/// The coordinator's rules.
#[derive(Debug)]
pub struct Merger {
    /// Begin of each slice, then the file's end.
    bounds: Vec<u64>,
    waiting: Vec<SliceOutcome>,
    /// The files behind the first one.
    further: Vec<FurtherFile>,
    /// What offsets are larger by than in the file that the next slice is of.
    shift: u64,
    next_slice: u32,
    next_record: u64,
    next_line: u64,
    other_fields: Option<u64>,
    summary: Summary,
}

impl Merger {
    /// For a file cut at `bounds` (see [`Plan::slice_bounds`]).
    pub fn new(plan: &Arc<Plan>, bounds: Vec<u64>) -> Self {
        let model = plan.model();
        let mut summary = Summary::new(&model.spec().taxonomy, model.n_features());
        summary.blank_lines = plan.head().blank_lines;
        summary.comment_lines = plan.head().comment_lines;
        Self {
            bounds,
            waiting: Vec::new(),
            further: Vec::new(),
            shift: 0,
            next_slice: 0,
            next_record: plan.head().data_start,
            next_line: plan.head().first_line,
            other_fields: None,
            summary,
        }
    }

    /// The same for several files, each cut on its own: a slice begins with each one's first row, and is told so.
    #[must_use]
    pub fn with_further(mut self, files: Vec<FurtherFile>) -> Self {
        for file in &files {
            self.summary.blank_lines += file.blank_lines;
            self.summary.comment_lines += file.comment_lines;
        }
        self.further = files;
        self
    }

    /// How many slices there are.
    pub fn slices(&self) -> usize {
        self.bounds.len() - 1
    }

    /// Size of the file, or of the run of files, in bytes.
    pub fn size(&self) -> u64 {
        self.bounds.last().copied().unwrap_or(0)
    }

    /// Takes what a slice says, and tells what follows for it and for those that waited for it.
    pub fn offer(&mut self, outcome: SliceOutcome) -> Vec<MergeEvent> {
        self.waiting.retain(|other| other.slice != outcome.slice);
        self.waiting.push(outcome);
        let mut events = Vec::new();
        while let Some(outcome) = self.take_next() {
            let event = self.accept_or_rerun(outcome);
            events.push(event);
            if matches!(event, MergeEvent::Rerun { .. }) {
                break;
            }
        }
        events
    }

    /// The outcome of the next slice of the file, if it is here. Only as many wait as there are workers, and some.
    fn take_next(&mut self) -> Option<SliceOutcome> {
        let is_next = |outcome: &SliceOutcome| outcome.slice == self.next_slice;
        let at = self.waiting.iter().position(is_next)?;
        Some(self.waiting.swap_remove(at))
    }

    /// The next slice's outcome.
    fn accept_or_rerun(&mut self, mut outcome: SliceOutcome) -> MergeEvent {
        let slice = outcome.slice;
        let bound = |slice| self.bounds.get(slice).copied().unwrap_or(0);
        let (begin, end) = (bound(slice as usize), bound(slice as usize + 1));
        // Whatever the file before ended with, a broken record or an open quote, ends with it.
        if let Some(file) = self.further.iter().find(|file| file.begin == begin) {
            self.next_record = begin;
            self.next_line = file.first_line;
            self.shift = begin.wrapping_sub(file.data_start);
        }
        let agrees = match outcome.first_record {
            Some(first) => first == self.next_record,
            None => self.next_record > end,
        };
        if !agrees {
            return MergeEvent::Rerun {
                slice,
                first: self.next_record,
            };
        }
        let (first_record, first_line) = (self.next_record, self.next_line);
        let (rows, row_base) = (outcome.summary.rows, self.summary.rows);
        for reject in &mut outcome.summary.rejects.first {
            reject.line += self.next_line;
        }
        self.summary.merge(&outcome.summary);
        if outcome.first_record.is_some() {
            self.next_record = outcome.next_record;
            self.next_line += outcome.lines;
        }
        self.next_slice += 1;
        let other_fields = outcome
            .other_fields
            .map(|offset| offset.wrapping_sub(self.shift));
        self.other_fields = self.other_fields.or(other_fields);
        let last_line = (self.next_line - 1).max(first_line);
        MergeEvent::Accept {
            slice,
            rows,
            row_base,
            first_record,
            first_line,
            last_line,
        }
    }

    /// Refuses a Zeek log that goes on with other fields.
    ///
    /// # Errors
    ///
    /// [`OtherFields`](ErrorKind::OtherFields) where a slice that was accepted has a line that names others.
    pub fn require_one_header(&self) -> Result<(), Error> {
        self.other_fields
            .map_or(Ok(()), |offset| Err(other_fields(offset)))
    }

    /// Whether all slices are accepted.
    pub fn is_complete(&self) -> bool {
        self.next_slice as usize == self.slices()
    }

    /// The summary of the slices accepted so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}
