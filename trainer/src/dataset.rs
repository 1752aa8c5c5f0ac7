//! The second pass over the data: rows ready to fit on.

use crate::args::Level;
use crate::columns::{Columns, FeatureColumn};
use crate::error::TrainerError;
use crate::evaluations::origins::{OriginReader, Origins};
use crate::join::{Joined, JoinedSink};
use crate::profile::LeftOutRows;
use crate::split::hash;
use crate::taxonomy::{TaxonomyFile, at_level};
use flowsieve::fit::TrainingTable;
use flowsieve::fit::dictionary::dictionary;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::schema::ColumnKind;
use flowsieve::table::number::{Cell, is_unset, parse, parse_time};
use flowsieve::table::{Broken, Record, RecordSink};
use std::collections::{HashMap, HashSet};

/// Labelled rows with what it takes to read more like them.
#[derive(Debug)]
pub(crate) struct Dataset {
    /// The rows. Words are codes of the dictionaries.
    pub(crate) table: TrainingTable,
    /// Per feature, the words of a categorical column; none for the others.
    pub(crate) dictionaries: Vec<Vec<String>>,
    /// The classes.
    pub(crate) taxonomy: Taxonomy,
    /// The columns that only a lab's set-up explains and that are no features.
    pub(crate) unread: Unread,
    /// Where each row is from.
    pub(crate) origins: Origins,
    /// The name of the column that puts rows in order; empty where there is none.
    pub(crate) order_name: String,
    /// Rows that could not be used.
    pub(crate) left_out: LeftOutRows,
}

/// Columns beside the table, of the same rows.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    pub(crate) columns: Vec<Vec<f32>>,
    /// As those of the dataset.
    pub(crate) dictionaries: Vec<Vec<String>>,
}

/// Reads all files. With `once`, a row that an earlier file has counts once.
pub(crate) fn read(
    data: &Joined,
    columns: &Columns,
    taxonomy: &TaxonomyFile,
    benign: &[String],
    level: Level,
    once: bool,
) -> Result<Dataset, TrainerError> {
    let mut loader = Loader::new(columns, data.columns.len());
    data.read("reading rows", &mut loader)?;
    let labels = loader.labels.counts();
    let (taxonomy, mut class_of_label) = taxonomy.classes(&labels, benign)?;
    let taxonomy = at_level(&taxonomy, &mut class_of_label, level);
    let mut dictionaries = Vec::new();
    let mut table = TrainingTable {
        columns: Vec::new(),
        labels: loader
            .labels
            .ids
            .iter()
            .map(|&id| class_of_label[id as usize])
            .collect(),
        n_classes: taxonomy.kinds.len(),
    };
    for values in loader.values {
        let (values, words) = match values {
            Values::Numbers(values) => (values, Vec::new()),
            Values::Words(words) => words.into_codes(),
        };
        table.columns.push(values);
        dictionaries.push(words);
    }
    let n_features = columns.features.len();
    let mut unread = Unread {
        columns: table.columns.split_off(n_features),
        dictionaries: dictionaries.split_off(n_features),
    };
    let mut origins = loader.origins.finish();
    if once {
        let kept = first_occurrences(data, columns, &table, &loader.begins);
        loader.left_out.repeated = (table.n_rows() - kept.len()) as u64;
        table = table.rows(&kept);
        origins = origins.rows(&kept);
        for column in &mut unread.columns {
            *column = kept
                .iter()
                .map(|&row_idx| column[row_idx as usize])
                .collect();
        }
    }
    let order_name = columns
        .order
        .map(|column| data.columns[column.index].clone());
    Ok(Dataset {
        table,
        dictionaries,
        taxonomy,
        unread,
        origins,
        order_name: order_name.unwrap_or_default(),
        left_out: loader.left_out,
    })
}

/// The rows that no earlier file has: with the same label, and the same values in all features that both files have. What
/// is alike within a file stays. `begins` has the first row of each file.
fn first_occurrences(
    data: &Joined,
    columns: &Columns,
    table: &TrainingTable,
    begins: &[usize],
) -> Vec<u32> {
    let end = |file: usize| begins.get(file + 1).copied().unwrap_or(table.n_rows());
    let mut repeated = vec![false; table.n_rows()];
    for file in 1..begins.len() {
        for earlier in 0..file {
            let mut shared: Vec<&[f32]> = Vec::new();
            for (feature, values) in columns.features.iter().zip(&table.columns) {
                if data.has(file, feature.index) && data.has(earlier, feature.index) {
                    shared.push(values);
                }
            }
            let key = |row_idx: usize| {
                (
                    hash(shared.iter().copied(), row_idx, 0),
                    table.labels[row_idx],
                )
            };
            let known: HashSet<(u64, u8)> = (begins[earlier]..end(earlier)).map(key).collect();
            let rows = begins[file]..end(file);
            for (row_idx, repeated) in rows.clone().zip(&mut repeated[rows]) {
                *repeated |= known.contains(&key(row_idx));
            }
        }
    }
    (0u32..)
        .zip(repeated)
        .filter(|(_, repeated)| !repeated)
        .map(|(row_idx, _)| row_idx)
        .collect()
}

/// Words and how often each occurs; a cell is the index of its word.
#[derive(Debug, Default)]
struct Words {
    known: HashMap<Vec<u8>, u32>,
    ids: Vec<u32>,
}

/// The id of a cell that says nothing.
const NO_WORD: u32 = u32::MAX;

impl Words {
    fn add(&mut self, word: &[u8]) {
        let next = self.known.len() as u32;
        let known = self.known.get(word).copied();
        let id = known.unwrap_or_else(|| *self.known.entry(word.to_vec()).or_insert(next));
        self.ids.push(id);
    }

    /// The words in order of appearance, with how often each occurs.
    fn counts(&self) -> Vec<(String, u64)> {
        let mut counts = vec![(String::new(), 0); self.known.len()];
        for (word, &id) in &self.known {
            counts[id as usize].0 = String::from_utf8_lossy(word).into_owned();
        }
        for &id in self.ids.iter().filter(|&&id| id != NO_WORD) {
            counts[id as usize].1 += 1;
        }
        counts
    }

    /// The cells as codes, and the words of these.
    fn into_codes(self) -> (Vec<f32>, Vec<String>) {
        let counts = self.counts();
        let words = dictionary(&counts);
        let code_of_id: Vec<f32> = counts
            .iter()
            .map(|(word, _)| {
                words
                    .iter()
                    .position(|known| known == word)
                    .unwrap_or(words.len()) as f32
            })
            .collect();
        let code = |&id: &u32| {
            if id == NO_WORD {
                f32::NAN
            } else {
                code_of_id[id as usize]
            }
        };
        (self.ids.iter().map(code).collect(), words)
    }
}

#[derive(Debug)]
enum Values {
    Numbers(Vec<f32>),
    Words(Words),
}

/// Takes records as rows.
struct Loader<'a> {
    /// The features, and behind them what is read beside them.
    features: Vec<&'a FeatureColumn>,
    n_features: usize,
    label: usize,
    n_cells: usize,
    labels: Words,
    values: Vec<Values>,
    row: Vec<Cell>,
    /// The first row of each file.
    begins: Vec<usize>,
    origins: OriginReader,
    left_out: LeftOutRows,
}

impl<'a> Loader<'a> {
    fn new(columns: &'a Columns, n_cells: usize) -> Self {
        let features: Vec<&FeatureColumn> =
            columns.features.iter().chain(&columns.unread_lab).collect();
        let values = |column: &&FeatureColumn| match column.kind {
            ColumnKind::Categorical => Values::Words(Words::default()),
            ColumnKind::Numeric | ColumnKind::Time => Values::Numbers(Vec::new()),
        };
        Self {
            n_features: columns.features.len(),
            label: columns.label,
            n_cells,
            labels: Words::default(),
            values: features.iter().map(values).collect(),
            features,
            row: Vec::new(),
            begins: Vec::new(),
            origins: OriginReader::new(columns.order),
            left_out: LeftOutRows::default(),
        }
    }

    /// Reads the numbers of a record; says whether all of the features' are some.
    fn read_numbers(&mut self, record: &Record<'_>) -> bool {
        self.row.clear();
        for feature in &self.features {
            let (start, end) = record.span(feature.index);
            self.row.push(match feature.kind {
                ColumnKind::Numeric => parse(record.text(), start, end),
                ColumnKind::Time => parse_time(record.cell(feature.index)),
                ColumnKind::Categorical => Cell::Missing,
            });
        }
        !self.row[..self.n_features].contains(&Cell::Invalid)
    }
}

impl JoinedSink for Loader<'_> {
    fn begin_file(&mut self) {
        self.begins.push(self.labels.ids.len());
        self.origins.begin_file();
    }
}

impl RecordSink for Loader<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if record.len() != self.n_cells {
            self.left_out.ragged += 1;
        } else if !self.read_numbers(record) {
            self.left_out.not_a_number += 1;
        } else {
            self.labels.add(record.cell(self.label).trim_ascii());
            self.origins.add(|index| record.cell(index));
            for ((feature, values), cell) in
                self.features.iter().zip(&mut self.values).zip(&self.row)
            {
                match values {
                    Values::Numbers(values) => values.push(match *cell {
                        Cell::Number(value) => value,
                        Cell::Missing | Cell::Invalid => f32::NAN,
                    }),
                    Values::Words(words) => {
                        let word = record.cell(feature.index).trim_ascii();
                        if is_unset(word) {
                            words.ids.push(NO_WORD);
                        } else {
                            words.add(word);
                        }
                    }
                }
            }
        }
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {
        self.left_out.broken += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::read as read_text;

    #[test]
    fn rows_are_read_as_an_analysis_reads_them() {
        let features = [
            ("x", 0, ColumnKind::Numeric),
            ("proto", 1, ColumnKind::Categorical),
        ]
        .map(|(name, index, kind)| FeatureColumn {
            name: name.to_owned(),
            index,
            kind,
        });
        let columns = Columns {
            label: 2,
            features: features.to_vec(),
            lab: Vec::new(),
            unread_lab: Vec::new(),
            order: None,
            left_out: Vec::new(),
        };
        let mut loader = Loader::new(&columns, 3);
        read_text(
            "x,proto,label\n1,udp,-\ninf,tcp,dos\n-, tcp ,-\nword,tcp,dos\n1,2\n3,(empty),-\n\"4,udp,dos\n",
            &mut loader,
        );
        assert_eq!(
            loader.left_out,
            LeftOutRows {
                ragged: 1,
                broken: 1,
                not_a_number: 1,
                repeated: 0
            }
        );
        assert_eq!(
            loader.labels.counts(),
            [("-".to_owned(), 3), ("dos".to_owned(), 1)]
        );
        let [Values::Numbers(numbers), Values::Words(words)] = &mut loader.values[..] else {
            panic!("a numeric and a categorical column")
        };
        assert_eq!(numbers[..2], [1.0, f32::INFINITY]);
        assert!(numbers[2].is_nan());
        let (codes, dictionary) = std::mem::take(words).into_codes();
        assert_eq!(dictionary, ["tcp", "udp"]);
        assert_eq!(codes[..3], [1.0, 0.0, 0.0]);
        assert!(codes[3].is_nan());
    }
}
