//! Rows of a table as a model takes them.

use flowsieve::model::ModelSpec;
use flowsieve::schema::{ColumnKind, LabelChoice};
use flowsieve::table::head::HEAD_BYTES;
use flowsieve::table::number::{Cell, parse, parse_time};
use flowsieve::table::{Broken, DialectChoice, Head, Record, RecordSink, SliceReader, SliceSpan};

/// The features of the table's rows in a random order, over and over until there are `n_rows`; none where the table cannot
/// be read or has other columns.
pub(crate) fn read(spec: &ModelSpec, table: &[u8], n_rows: usize) -> Option<Vec<f32>> {
    let size = table.len() as u64;
    let first = &table[..table.len().min(HEAD_BYTES)];
    let head = Head::read(first, size, DialectChoice::default()).ok()?;
    let found = spec
        .schema
        .match_header(
            &head.columns,
            &LabelChoice::Auto,
            &spec.preparation.features,
            &[],
        )
        .ok()?;
    let cells: Option<Vec<usize>> = found.columns.into_iter().collect();
    let mut rows = Rows {
        spec,
        cells: cells?,
        values: Vec::new(),
    };
    let span = SliceSpan {
        begin: head.data_start,
        end: size,
        first: Some(head.data_start),
    };
    let mut reader = SliceReader::new(span, &head.layout);
    reader.push(&table[head.data_start as usize..], &mut rows);
    reader.finish(&mut rows);

    let n_features = rows.cells.len();
    let mut order: Vec<usize> = (0..rows.values.len() / n_features).collect();
    shuffle(&mut order);
    let taken = order.iter().cycle().take(n_rows);
    Some(
        taken
            .flat_map(|&row| &rows.values[row * n_features..][..n_features])
            .copied()
            .collect(),
    )
}

struct Rows<'a> {
    spec: &'a ModelSpec,
    /// The cell of each feature.
    cells: Vec<usize>,
    values: Vec<f32>,
}

impl RecordSink for Rows<'_> {
    fn record(&mut self, record: &Record<'_>) {
        let columns = &self.spec.schema.columns;
        let features = &self.spec.preparation.features;
        for ((&cell, column), feature) in self.cells.iter().zip(columns).zip(features) {
            let read = match column.kind {
                ColumnKind::Numeric => {
                    let (start, end) = record.span(cell);
                    parse(record.text(), start, end)
                }
                ColumnKind::Time => parse_time(record.cell(cell)),
                ColumnKind::Categorical => {
                    let word = String::from_utf8_lossy(record.cell(cell));
                    Cell::Number(feature.code(word.trim()))
                }
            };
            self.values.push(match read {
                Cell::Number(value) => value,
                Cell::Missing | Cell::Invalid => f32::NAN,
            });
        }
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

/// Fisher and Yates, with numbers of `SplitMix64`.
fn shuffle(order: &mut [usize]) {
    let mut state = 0u64;
    for last in (1..order.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        order.swap(last, ((mixed ^ (mixed >> 31)) % (last as u64 + 1)) as usize);
    }
}
