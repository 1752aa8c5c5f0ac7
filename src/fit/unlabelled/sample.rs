//! The rows that a detector is fitted on.
//!
//! Each row of the file has a hash of the seed and of its offset. The sample is the rows of the smallest hashes: a random
//! choice, the same for every way of cutting the file, and the samples of two parts make that of both.

use crate::fit::rng::mix;
use crate::table::number::{Cell, parse};
use crate::table::{Broken, Record, RecordSink};
use std::collections::BinaryHeap;

/// The most rows in a sample.
///
/// A detector's ranks come from 1,024 quantiles of these rows' scores, so there are sixteen rows for each, and a
/// contamination of 1 % flags 1 ± 0.08 % of a large file. More rows make the trees no better: each takes 256.
pub const MAX_SAMPLE_ROWS: usize = 16_384;

/// The most cells in a sample: 64 MB.
const MAX_CELLS: usize = 1 << 24;

/// How many rows a sample of a file with so many columns has: [`MAX_SAMPLE_ROWS`], and fewer where there are more than
/// a thousand columns.
pub fn sample_rows(n_columns: usize) -> usize {
    (MAX_CELLS / n_columns.max(1)).min(MAX_SAMPLE_ROWS)
}

/// A cell in 32 bits: a number's own, or one of two NaNs.
const MISSING: u32 = 0x7fc0_0000;
const TEXT: u32 = 0x7fc0_0001;

fn encode(cell: Cell) -> u32 {
    match cell {
        Cell::Number(value) => value.to_bits(),
        Cell::Missing => MISSING,
        Cell::Invalid => TEXT,
    }
}

/// A random sample of the rows of a file, or of a part of it. Takes records as a reader finds them.
#[derive(Clone, Debug)]
pub struct RowSample {
    seed: u64,
    n_columns: usize,
    most: usize,
    /// Added to the offset of every record, for files that are read one after another.
    base: u64,
    rows_offered: u64,
    /// Hash and offset of each row that is kept, and where its cells are; the largest hash on top.
    kept: BinaryHeap<(u64, u64, usize)>,
    /// The cells of the rows that are kept, row by row.
    cells: Vec<u32>,
}

impl RowSample {
    /// An empty sample of a file with so many columns. Other records than those of so many cells are not rows.
    pub fn new(n_columns: usize, seed: u64) -> Self {
        Self {
            seed,
            n_columns,
            most: sample_rows(n_columns),
            base: 0,
            rows_offered: 0,
            kept: BinaryHeap::new(),
            cells: Vec::new(),
        }
    }

    /// The records to come are of a file whose first byte is at `base`, counted from the first file's.
    pub fn begin_file(&mut self, base: u64) {
        self.base = base;
    }

    /// What the hashes are of, besides offsets.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many rows there were to choose from.
    pub fn rows_offered(&self) -> u64 {
        self.rows_offered
    }

    /// How many rows are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there were no rows at all.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Adds the sample of another part of the same file, with the same seed. Associative and commutative.
    pub fn merge(&mut self, other: &Self) {
        self.rows_offered += other.rows_offered;
        for &(hash, offset, slot) in &other.kept {
            if let Some(cells) = self.place((hash, offset)) {
                cells.copy_from_slice(other.row(slot));
            }
        }
    }

    /// The rows in the order of the file.
    pub(super) fn table(&self) -> SampleTable<'_> {
        let mut rows: Vec<(u64, usize)> = self
            .kept
            .iter()
            .map(|&(_, offset, slot)| (offset, slot))
            .collect();
        rows.sort_unstable();
        SampleTable {
            sample: self,
            slots: rows.into_iter().map(|(_, slot)| slot).collect(),
        }
    }

    fn row(&self, slot: usize) -> &[u32] {
        &self.cells[slot * self.n_columns..][..self.n_columns]
    }

    /// Room for the cells of a row if it belongs to the sample; the row of the largest hash may have to go for it.
    fn place(&mut self, (hash, offset): (u64, u64)) -> Option<&mut [u32]> {
        let slot = if self.kept.len() < self.most {
            let slot = self.kept.len();
            self.cells.resize((slot + 1) * self.n_columns, MISSING);
            self.kept.push((hash, offset, slot));
            slot
        } else {
            let mut top = self.kept.peek_mut()?;
            if (top.0, top.1) <= (hash, offset) {
                return None;
            }
            let slot = top.2;
            *top = (hash, offset, slot);
            slot
        };
        Some(&mut self.cells[slot * self.n_columns..][..self.n_columns])
    }
}

impl RecordSink for RowSample {
    fn record(&mut self, record: &Record<'_>) {
        if record.len() != self.n_columns {
            return;
        }
        self.rows_offered += 1;
        let offset = self.base + record.offset;
        let hash = mix(mix(self.seed).wrapping_add(offset));
        if let Some(cells) = self.place((hash, offset)) {
            for (index, cell) in cells.iter_mut().enumerate() {
                let (start, end) = record.span(index);
                *cell = encode(parse(record.text(), start, end));
            }
        }
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

/// The rows of a sample, in the order of the file.
#[derive(Debug)]
pub(super) struct SampleTable<'a> {
    sample: &'a RowSample,
    slots: Vec<usize>,
}

impl SampleTable<'_> {
    pub(super) fn n_rows(&self) -> usize {
        self.slots.len()
    }

    /// The cells of a column.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = Cell> + '_ {
        let cell = move |&slot: &usize| match self.sample.row(slot)[column] {
            MISSING => Cell::Missing,
            TEXT => Cell::Invalid,
            bits => Cell::Number(f32::from_bits(bits)),
        };
        self.slots.iter().map(cell)
    }

    /// The slots of the rows that have no text in these columns. The others are rejects when they are scored.
    pub(super) fn rows_without_text(&self, columns: &[usize]) -> Vec<usize> {
        let is_row = |&slot: &usize| {
            let row = self.sample.row(slot);
            columns.iter().all(|&column| row[column] != TEXT)
        };
        self.slots.iter().copied().filter(is_row).collect()
    }

    /// The values of a column in rows that have no text there; NaN where missing.
    pub(super) fn values(&self, column: usize, slots: &[usize]) -> Vec<f32> {
        let value = |&slot: &usize| f32::from_bits(self.sample.row(slot)[column]);
        slots.iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample of rows of one cell, the row's offset, at these offsets.
    fn sample(offsets: impl Iterator<Item = u64>, most: usize) -> RowSample {
        let mut sample = RowSample::new(1, 5);
        sample.most = most;
        for offset in offsets {
            let mut text = vec![b' '; crate::table::PADDING];
            text.extend_from_slice(offset.to_string().as_bytes());
            let ends = [text.len() as u32];
            sample.record(&Record::of_cells(&text, &ends, offset, 0));
        }
        sample
    }

    fn values(sample: &RowSample) -> Vec<f32> {
        let table = sample.table();
        table.values(0, &table.rows_without_text(&[0]))
    }

    #[test]
    fn parts_in_any_order_make_the_sample_of_the_whole() {
        let whole = sample(0..3000, 40);
        assert_eq!((whole.len(), whole.rows_offered()), (40, 3000));
        assert!(values(&whole).is_sorted(), "in the order of the file");
        assert!(
            values(&whole)[20] > 500.0 && values(&whole)[20] < 2500.0,
            "from all over it"
        );
        for cuts in [[1, 2], [700, 2999], [1500, 1510]] {
            let [a, b] = cuts;
            let mut merged = sample(a..b, 40);
            merged.merge(&sample(b..3000, 40));
            merged.merge(&sample(0..a, 40));
            assert_eq!(values(&merged), values(&whole), "{cuts:?}");
            assert_eq!(merged.rows_offered(), 3000);
        }
    }

    #[test]
    fn a_file_with_few_rows_is_taken_whole() {
        let all: Vec<f32> = (0..30).map(|offset| offset as f32).collect();
        assert_eq!(values(&sample((0..30).rev(), 40)), all);
    }

    #[test]
    fn samples_of_wide_files_have_fewer_rows() {
        assert_eq!(sample_rows(0), MAX_SAMPLE_ROWS);
        assert_eq!(sample_rows(1024), MAX_SAMPLE_ROWS);
        assert_eq!(sample_rows(crate::table::MAX_COLUMNS), 1024);
    }

    #[test]
    fn cells_come_back_as_they_were() {
        let mut sample = RowSample::new(4, 1);
        let mut text = vec![b' '; crate::table::PADDING];
        text.extend_from_slice(b"-1.5,-,tcp,inf");
        let start = crate::table::PADDING as u32;
        let ends = [4, 6, 10, 14].map(|end| start + end);
        sample.record(&Record::of_cells(&text, &ends, 0, 0));
        sample.record(&Record::of_cells(&text, &ends[..3], 20, 1));
        let table = sample.table();
        let cells: Vec<Cell> = (0..4).flat_map(|column| table.column(column)).collect();
        assert_eq!(
            cells,
            [
                Cell::Number(-1.5),
                Cell::Missing,
                Cell::Invalid,
                Cell::Number(f32::INFINITY)
            ]
        );
        assert_eq!(sample.rows_offered(), 1, "a row has all its cells");
    }
}
