//! One slice: its rows are read, prepared and scored as they come.

use super::memory::Answer;
use super::places::Places;
use super::plan::Plan;
use super::row_scorer::{Counted, RowScorer, Scored};
use super::summary::{CONFIDENCE_BINS, Summary};
use super::tally::Tally;
use super::{CLASS_REJECTED, LABEL_NONE, LABEL_UNKNOWN, Reject, RejectKind, SliceColumns};
use crate::table::{Broken, Progress, Record, RecordSink, SliceReader, SliceSpan};
use std::sync::Arc;

/// What a slice is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Scores its rows.
    Score,
    /// Only finds its rows and rejects them: the way out where scoring failed.
    RejectAll,
}

/// What one slice says to the [`Merger`](super::Merger).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceOutcome {
    /// Which slice.
    pub slice: u32,
    /// Where its first record starts; `None` if none starts in it.
    pub first_record: Option<u64>,
    /// Where the next slice's first record starts; `u64::MAX` at the end of the file.
    pub next_record: u64,
    /// Line ends from the first to the next.
    pub lines: u64,
    /// Where a Zeek log goes on with other fields, if it does in this slice.
    pub other_fields: Option<u64>,
    /// Its rows. Lines of rejects count from the first record's.
    pub summary: Summary,
}

/// Reads and scores one slice.
#[derive(Debug)]
pub struct SliceTask {
    slice: u32,
    reader: SliceReader,
    scorer: Scorer,
}

impl SliceTask {
    /// Slice number `slice` of the file, which is `span` of it.
    ///
    /// The file's first record is known, so a slice that begins with it need not guess.
    pub fn new(plan: Arc<Plan>, slice: u32, mut span: SliceSpan, purpose: Purpose) -> Self {
        if span.begin == plan.head().data_start {
            span.first.get_or_insert(span.begin);
        }
        let reader = SliceReader::new(span, &plan.head().layout);
        Self {
            slice,
            reader,
            scorer: Scorer::new(plan, purpose),
        }
    }

    /// Offset of the next byte that the task wants.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// Reads on: `bytes` are those from [`position`](Self::position) on, as many as there are at hand.
    pub fn push(&mut self, bytes: &[u8]) -> Progress {
        self.reader.push(bytes, &mut self.scorer)
    }

    /// Rows so far whose answer was known from a row that ended alike: for measuring, since results do not depend on it.
    pub fn remembered(&self) -> u64 {
        self.scorer.rows.remembered()
    }

    /// The end: [`push`](Self::push) said so, or the file has no more bytes.
    pub fn finish(mut self) -> (SliceOutcome, SliceColumns) {
        self.reader.finish(&mut self.scorer);
        let Scorer {
            mut summary,
            rows,
            columns,
            ..
        } = self.scorer;
        summary.blank_lines = self.reader.blank_lines();
        summary.comment_lines = self.reader.comment_lines();
        summary.unknown_values = self.reader.unknown_values();
        let Counted { tally, places } = rows.into_counted();
        summary.columns = tally.map_or(Vec::new(), Tally::into_columns);
        summary.places = places.map_or(Vec::new(), Places::into_counts);
        let outcome = SliceOutcome {
            slice: self.slice,
            first_record: self.reader.first_record(),
            next_record: self.reader.next_record(),
            lines: self.reader.lines(),
            other_fields: self.reader.other_fields(),
            summary,
        };
        (outcome, columns)
    }
}

/// Takes records and adds what they are to the slice's columns and summary.
#[derive(Debug)]
struct Scorer {
    plan: Arc<Plan>,
    purpose: Purpose,
    rows: RowScorer,
    summary: Summary,
    columns: SliceColumns,
    /// Offset of the slice's first record.
    first: Option<u64>,
}

impl Scorer {
    fn new(plan: Arc<Plan>, purpose: Purpose) -> Self {
        let model = plan.model();
        let summary = Summary::new(&model.spec().taxonomy, model.n_features());
        let counted = Counted {
            tally: Some(Tally::new(model.n_features())),
            places: Some(Places::new(&model.spec().preparation.features)),
        };
        Self {
            rows: RowScorer::new(Arc::clone(&plan), counted),
            plan,
            purpose,
            summary,
            columns: SliceColumns::default(),
            first: None,
        }
    }

    /// Adds a row that was scored.
    fn accept(&mut self, record: &Record<'_>, scored: &Scored) {
        let (score, class) = (scored.answer.score, scored.label);
        let label = self
            .plan
            .header()
            .label
            .map(|cell| record.cell(cell).trim_ascii());
        self.count(&scored.answer, class, label);
        self.summary.offer_to_sample(self.plan.seed, record.offset);
        self.columns.class.push(score.class);
        self.columns.label.push(class);
        self.columns.confidence.push(score.confidence);
        self.columns.rank.push(score.rank);
        self.add_offset(record.offset);
    }

    fn count(&mut self, answer: &Answer, label: u8, name: Option<&[u8]>) {
        let Answer { score, set, .. } = answer;
        let summary = &mut self.summary;
        summary.rows += 1;
        for (counts, index) in [
            (&mut summary.class_counts, score.class),
            (&mut summary.family_counts, score.family),
        ] {
            // A model without classes has none to count.
            if let Some(count) = counts.get_mut(usize::from(index)) {
                *count += 1;
            }
        }
        if self.plan.model().sets().is_some() {
            summary.set_sizes[set.len()] += 1;
        }
        summary.attack_rows += u64::from(score.attack);
        summary.confidence_histogram[(usize::from(score.confidence) * CONFIDENCE_BINS) >> 16] += 1;
        summary.rank_histogram[usize::from(score.rank >> 8)] += 1;
        let kinds = &self.plan.model().spec().taxonomy.kinds;
        let is_attack = match (label, name) {
            (LABEL_NONE, _) | (_, None) => {
                summary.unknown[2] += u64::from(score.unknown);
                return;
            }
            (LABEL_UNKNOWN, Some(name)) => {
                summary.unknown_labels.add(name);
                true
            }
            (class, Some(_)) => {
                summary.confusion[usize::from(class) * kinds.len() + usize::from(score.class)] += 1;
                summary.covered[usize::from(class)] += u64::from(set.contains(class));
                kinds[usize::from(class)].attack
            }
        };
        summary.binary[usize::from(is_attack)][usize::from(score.attack)] += 1;
        summary.unknown[usize::from(is_attack)] += u64::from(score.unknown);
    }

    fn reject(
        &mut self,
        offset: u64,
        line: u64,
        kind: RejectKind,
        column: Option<u16>,
        found: String,
    ) {
        self.summary.rows += 1;
        self.summary.rejects.add(Reject {
            offset,
            line,
            column,
            kind,
            found,
        });
        self.columns.class.push(CLASS_REJECTED);
        self.columns.label.push(LABEL_NONE);
        self.columns.confidence.push(0);
        self.columns.rank.push(0);
        self.add_offset(offset);
    }

    fn add_offset(&mut self, offset: u64) {
        let first = *self.first.get_or_insert(offset);
        self.columns.offsets.push((offset - first) as u32);
    }
}

impl RecordSink for Scorer {
    fn record(&mut self, record: &Record<'_>) {
        if self.purpose == Purpose::RejectAll {
            self.reject(
                record.offset,
                record.line,
                RejectKind::WorkerFailed,
                None,
                String::new(),
            );
            return;
        }
        match self.rows.score(record) {
            Ok(scored) => self.accept(record, &scored),
            Err((kind, column, found)) => {
                self.reject(record.offset, record.line, kind, column, found);
            }
        }
    }

    fn broken(&mut self, offset: u64, line: u64, why: Broken) {
        let kind = match why {
            Broken::TooLong => RejectKind::TooLong,
            Broken::UnclosedQuote => RejectKind::UnclosedQuote,
            Broken::NotAnObject => RejectKind::NotAnObject,
        };
        self.reject(offset, line, kind, None, String::new());
    }
}

crate::record::record!(SliceOutcome {
    slice,
    first_record,
    next_record,
    lines,
    other_fields,
    summary
});
