//! Rows as they stand in the file, for showing them.

use super::plan::{OtherCell, Plan, Reading};
use super::row::{read_other, read_row};
use crate::model::Scratch;
use crate::model::calibration::ClassSet;
use crate::table::dialect::text_of;
use crate::table::number::{Cell, parse_any, parse_time};
use crate::table::{Broken, Layout, Record, RecordSink, SliceReader, SliceSpan, comma_to_point};

/// Some rows of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellRows {
    /// The cells of each row as text; what is not UTF-8 is replaced. A row that has no cells is a reject.
    pub rows: Vec<Vec<String>>,
    /// How many standard deviations each cell is from the training rows' mean: rows × header columns, row-major. NaN where
    /// a cell is no number that the model reads.
    pub z_scores: Vec<f32>,
    /// What the model sees of each row: rows × features, row-major; NaN where missing, and all over where the row would be
    /// rejected.
    pub values: Vec<f32>,
    /// Where each row starts in the bytes.
    pub offsets: Vec<u32>,
    /// For each class of the model 1 if it is in the row's set: rows × classes, row-major. Nothing where the model has no
    /// sets.
    pub sets: Vec<u8>,
}

/// Splits `bytes`, which begin at the start of a record, into at most `max_rows` rows.
pub fn read_cells(plan: &Plan, bytes: &[u8], max_rows: usize) -> CellRows {
    // Shown as they are: a comma stays a comma.
    let mut layout = plan.head().layout.clone();
    layout.dialect.decimal_comma = false;
    let mut cells = read(plan, bytes, max_rows, &layout, None);
    if plan.model().sets().is_some() {
        // Scored as they are meant.
        let model = plan.model();
        let scoring = Some((vec![f32::NAN; model.n_features()], model.scratch()));
        cells.sets = read(plan, bytes, max_rows, &plan.head().layout, scoring).sets;
    }
    cells
}

fn read(
    plan: &Plan,
    bytes: &[u8],
    max_rows: usize,
    layout: &Layout,
    scoring: Option<(Vec<f32>, Scratch)>,
) -> CellRows {
    let mut sink = Cells {
        plan,
        max_rows,
        scoring,
        rows: CellRows::default(),
    };
    let size = bytes.len() as u64;
    let mut reader = SliceReader::new(
        SliceSpan {
            begin: 0,
            end: size,
            first: Some(0),
        },
        layout,
    );
    reader.push(bytes, &mut sink);
    reader.finish(&mut sink);
    sink.rows
}

/// A cell with a point for the comma of its number.
fn with_point(cell: &[u8], decimal_comma: bool) -> Vec<u8> {
    let mut cell = cell.to_vec();
    if decimal_comma {
        comma_to_point(&mut cell);
    }
    cell
}

struct Cells<'a> {
    plan: &'a Plan,
    max_rows: usize,
    /// What rows are scored in, if they are scored and not shown.
    scoring: Option<(Vec<f32>, Scratch)>,
    rows: CellRows,
}

impl Cells<'_> {
    /// Adds a row without classes in its set; gives these.
    fn add_set(&mut self) -> &mut [u8] {
        let base = self.rows.sets.len();
        let n_classes = self.plan.model().spec().taxonomy.kinds.len();
        self.rows.sets.resize(base + n_classes, 0);
        &mut self.rows.sets[base..]
    }
}

impl RecordSink for Cells<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if self.rows.offsets.len() == self.max_rows {
            return;
        }
        let n_columns = self.plan.head().columns.len();
        self.rows.offsets.push(record.offset as u32);
        if let Some((row, scratch)) = &mut self.scoring {
            let model = self.plan.model();
            let mut set = ClassSet::default();
            if read_row(self.plan, record, row).is_ok() {
                model.score(row, scratch);
                set = model.set(scratch);
            }
            for (class, held) in (0u8..).zip(self.add_set()) {
                *held = u8::from(set.contains(class));
            }
            return;
        }
        let base = self.rows.z_scores.len();
        self.rows.z_scores.resize(base + n_columns, f32::NAN);
        self.add_values();
        self.rows.rows.push(record.cells().map(text_of).collect());
        if record.len() != n_columns {
            return;
        }
        let mut is_rejected = false;
        let decimal_comma = self.plan.head().layout.dialect.decimal_comma;
        let numbers = self.plan.numbers.iter().map(|number| {
            let text = with_point(record.cell(number.cell), decimal_comma);
            (number.cell, number.feature, parse_any(&text))
        });
        let is_time = |other: &&OtherCell| matches!(other.reading, Reading::Time);
        let times = self.plan.others.iter().filter(is_time).map(|time| {
            let text = with_point(record.cell(time.cell), decimal_comma);
            (time.cell, time.feature, parse_time(&text))
        });
        let features = &self.plan.model().spec().preparation.features;
        let first = self.rows.values.len() - features.len();
        let values = &mut self.rows.values[first..];
        for (cell, feature, value) in numbers.chain(times) {
            match value {
                Cell::Number(value) => {
                    self.rows.z_scores[base + cell] = features[feature].scaled(value);
                    values[feature] = value;
                }
                Cell::Missing => {}
                Cell::Invalid => is_rejected = true,
            }
        }
        for other in &self.plan.others {
            // Nothing but a time can be refused.
            if !is_time(&other)
                && let Ok(value) = read_other(record, other)
            {
                values[other.feature] = value;
            }
        }
        if is_rejected {
            values.fill(f32::NAN);
        }
    }

    fn broken(&mut self, offset: u64, _line: u64, _why: Broken) {
        if self.rows.offsets.len() < self.max_rows {
            self.rows.offsets.push(offset as u32);
            if self.scoring.is_some() {
                self.add_set();
                return;
            }
            self.rows.rows.push(Vec::new());
            let len = self.rows.z_scores.len() + self.plan.head().columns.len();
            self.rows.z_scores.resize(len, f32::NAN);
            self.add_values();
        }
    }
}

impl Cells<'_> {
    /// Makes room for what the model sees of another row.
    fn add_values(&mut self) {
        let values = &mut self.rows.values;
        values.resize(values.len() + self.plan.model().n_features(), f32::NAN);
    }
}
