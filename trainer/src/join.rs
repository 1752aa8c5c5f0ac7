//! Files of several forms as one table: every column that any of them has, missing where a file lacks it.
//!
//! ```text
//! a.log:  duration proto detailed-label        duration proto bytes detailed-label
//!         0.31     tcp   DDoS             ──▶  0.31     tcp         DDoS
//! b.csv:  duration,proto_tcp,proto_udp,bytes,label
//!         0.4,0,1,77,Benign               ──▶  0.4      udp   77    Benign
//! ```
//!
//! Columns are the same if their names are, or if the taxonomy says that one name stands for the other. A category that a
//! file has as one column of zeros and ones per word is put together again, where another file has it in one column.

use crate::error::TrainerError;
use crate::source::{Source, require_whole};
use crate::taxonomy::TaxonomyFile;
use flowsieve::schema::{Column, ColumnKind, normalised};
use flowsieve::table::number::is_set;
use flowsieve::table::{Broken, DialectChoice, PADDING, Record, RecordSink};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Files that are read as one table.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) sources: Vec<Source>,
    /// The columns of the table.
    pub(crate) columns: Vec<String>,
    /// Index of the label in them.
    pub(crate) label: usize,
    /// Per file, where it has each column of the table.
    places: Vec<Vec<Place>>,
}

/// Where a file has a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Nowhere,
    Cell(usize),
    /// One cell per word.
    Words(Vec<(usize, String)>),
}

/// Takes the records of several files.
pub(crate) trait JoinedSink: RecordSink {
    /// The records of another file begin.
    fn begin_file(&mut self);
}

impl Joined {
    /// Opens files that are written as `dialect` says, or as each looks. The labels of each are in the first of `labels` that it has.
    pub(crate) fn open(
        paths: &[PathBuf],
        labels: &[String],
        taxonomy: &TaxonomyFile,
        dialect: DialectChoice,
    ) -> Result<Self, TrainerError> {
        let sources = Source::open_all(paths, dialect)?;
        // A model of half a file would say that it is one of the whole.
        require_whole(&sources)?;
        let headers: Vec<Vec<String>> = sources
            .iter()
            .map(|source| taxonomy.canonical(&source.head.columns))
            .collect();
        let label_cells: Vec<usize> = sources
            .iter()
            .zip(&headers)
            .map(|(source, header)| label_cell(source, header, labels))
            .collect::<Result<_, _>>()?;
        let mut joined = Self {
            sources,
            columns: Vec::new(),
            label: 0,
            places: Vec::new(),
        };
        let one_hot = joined.one_hot(&headers, &label_cells, taxonomy)?;
        joined.add_columns(&headers, &label_cells, &one_hot);
        Ok(joined)
    }

    /// Hands all records of all files to `sink`, in order.
    pub(crate) fn read(&self, what: &str, sink: &mut impl JoinedSink) -> Result<(), TrainerError> {
        for (source, places) in self.sources.iter().zip(&self.places) {
            sink.begin_file();
            let is_cell = |(index, place): (usize, &Place)| *place == Place::Cell(index);
            if places.iter().enumerate().all(is_cell) {
                source.read(what, sink)?;
            } else {
                source.read(what, &mut Rewriter::new(source, places, sink))?;
            }
        }
        Ok(())
    }

    /// Whether the file number `file` has a column of the table.
    pub(crate) fn has(&self, file: usize, column: usize) -> bool {
        self.places[file][column] != Place::Nowhere
    }

    /// Per file, the categories that it has as one column per word and another file in one column.
    fn one_hot(
        &self,
        headers: &[Vec<String>],
        label_cells: &[usize],
        taxonomy: &TaxonomyFile,
    ) -> Result<Vec<OneHotColumns>, TrainerError> {
        let mut found = vec![OneHotColumns::new(); headers.len()];
        for (file, header) in headers.iter().enumerate() {
            let own: BTreeSet<String> = header.iter().map(|name| normalised(name)).collect();
            let mut used = vec![false; header.len()];
            used[label_cells[file]] = true;
            for (other, names) in headers.iter().enumerate() {
                for (cell, name) in names.iter().enumerate() {
                    let key = normalised(name);
                    if own.contains(&key) || cell == label_cells[other] {
                        continue;
                    }
                    let words = category(name, taxonomy).words_in(header, &used);
                    if found[file].contains_key(&key) || words.is_empty() {
                        continue;
                    }
                    let mut seen = SeenWords::new(cell, &words);
                    self.sources[other].read("looking for words", &mut seen)?;
                    if seen.any {
                        for (index, _) in &words {
                            used[*index] = true;
                        }
                        found[file].insert(key, words);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Lists the columns of all files, and where each file has them.
    fn add_columns(
        &mut self,
        headers: &[Vec<String>],
        label_cells: &[usize],
        one_hot: &[OneHotColumns],
    ) {
        let mut index_of: BTreeMap<String, usize> = BTreeMap::new();
        for ((header, &label_cell), one_hot) in headers.iter().zip(label_cells).zip(one_hot) {
            let is_word = |cell: usize| one_hot.values().flatten().any(|(index, _)| *index == cell);
            let mut places = vec![Place::Nowhere; self.columns.len()];
            for (cell, name) in header.iter().enumerate() {
                let known = if self.places.is_empty() {
                    // The first file's columns are the table's, repeated names included.
                    None
                } else if cell == label_cell {
                    Some(self.label)
                } else if is_word(cell) {
                    continue;
                } else {
                    index_of.get(&normalised(name)).copied()
                };
                let index = known.unwrap_or_else(|| {
                    self.columns.push(name.clone());
                    places.push(Place::Nowhere);
                    self.columns.len() - 1
                });
                if self.places.is_empty() && cell == label_cell {
                    self.label = index;
                } else if cell != label_cell {
                    index_of.entry(normalised(name)).or_insert(index);
                }
                if places[index] == Place::Nowhere {
                    places[index] = Place::Cell(cell);
                }
            }
            self.places.push(places);
        }
        for (places, one_hot) in self.places.iter_mut().zip(one_hot) {
            places.resize(self.columns.len(), Place::Nowhere);
            for (name, words) in one_hot {
                if let Some(&index) = index_of.get(name) {
                    places[index] = Place::Words(words.clone());
                }
            }
        }
    }
}

/// By normalised name, the cell of each word.
type OneHotColumns = BTreeMap<String, Vec<(usize, String)>>;

/// The first of `labels` that a file has.
fn label_cell(
    source: &Source,
    header: &[String],
    labels: &[String],
) -> Result<usize, TrainerError> {
    let place = |label: &String| {
        let label = normalised(label);
        header.iter().position(|name| normalised(name) == label)
    };
    labels.iter().find_map(place).ok_or_else(|| {
        TrainerError::asked(format!(
            "--label names the column {}, which {} does not have. It has: {}.",
            labels
                .iter()
                .map(|label| format!("{label:?}"))
                .collect::<Vec<_>>()
                .join(" or "),
            source.path.display(),
            source.head.columns.join(", ")
        ))
    })
}

fn category(name: &str, taxonomy: &TaxonomyFile) -> Column {
    Column {
        name: name.to_owned(),
        aliases: taxonomy.column_aliases(name),
        kind: ColumnKind::Categorical,
        importance: 0.0,
    }
}

/// Looks for words in a column.
struct SeenWords<'a> {
    cell: usize,
    words: &'a [(usize, String)],
    any: bool,
}

impl<'a> SeenWords<'a> {
    fn new(cell: usize, words: &'a [(usize, String)]) -> Self {
        Self {
            cell,
            words,
            any: false,
        }
    }
}

impl RecordSink for SeenWords<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if !self.any && self.cell < record.len() {
            let word = record.cell(self.cell).trim_ascii();
            self.any = self.words.iter().any(|(_, known)| known.as_bytes() == word);
        }
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

/// Writes the records of a file as the table has them.
struct Rewriter<'a, S> {
    n_cells: usize,
    places: &'a [Place],
    sink: &'a mut S,
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl<'a, S: RecordSink> Rewriter<'a, S> {
    fn new(source: &Source, places: &'a [Place], sink: &'a mut S) -> Self {
        Self {
            n_cells: source.head.columns.len(),
            places,
            sink,
            text: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl<S: RecordSink> RecordSink for Rewriter<'_, S> {
    fn record(&mut self, record: &Record<'_>) {
        self.text.clear();
        self.text.resize(PADDING, b' ');
        self.ends.clear();
        // A ragged record stays one: it has one cell, and a table with a label and features has more.
        let places = if record.len() == self.n_cells {
            self.places
        } else {
            &[Place::Nowhere]
        };
        for place in places {
            match place {
                Place::Nowhere => {}
                Place::Cell(cell) => self.text.extend_from_slice(record.cell(*cell)),
                Place::Words(words) => {
                    let mut set = words.iter().filter(|(cell, _)| is_set(record.cell(*cell)));
                    if let (Some((_, word)), None) = (set.next(), set.next()) {
                        self.text.extend_from_slice(word.as_bytes());
                    }
                }
            }
            self.ends.push(self.text.len() as u32);
            self.text.push(0);
        }
        let record = Record::of_cells(&self.text, &self.ends, record.offset, record.line);
        self.sink.record(&record);
    }

    fn broken(&mut self, offset: u64, line: u64, why: Broken) {
        self.sink.broken(offset, line, why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps the rows that it is handed as text.
    #[derive(Default)]
    struct Rows(Vec<String>);

    impl JoinedSink for Rows {
        fn begin_file(&mut self) {
            self.0.push("file".to_owned());
        }
    }

    impl RecordSink for Rows {
        fn record(&mut self, record: &Record<'_>) {
            let cells = record.cells().map(String::from_utf8_lossy);
            self.0.push(cells.collect::<Vec<_>>().join("|"));
        }

        fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
    }

    fn join(
        files: &[&str],
        labels: &[&str],
        taxonomy: &str,
    ) -> Result<(Joined, String), TrainerError> {
        let folder = tempfile::tempdir().expect("a folder");
        let paths: Vec<PathBuf> = (0..files.len())
            .map(|i| folder.path().join(format!("{i}.csv")))
            .collect();
        for (path, text) in paths.iter().zip(files) {
            std::fs::write(path, text).expect("a file");
        }
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        let taxonomy = toml::from_str(taxonomy).expect("a taxonomy");
        let joined = Joined::open(&paths, &labels, &taxonomy, DialectChoice::default())?;
        let mut rows = Rows::default();
        joined.read("reading", &mut rows)?;
        Ok((joined, rows.0.join("\n")))
    }

    #[test]
    fn files_of_several_forms_are_one_table() {
        let files = [
            "dur,proto,state,detail,label\n0.31,tcp,S0,DDoS,x\n2,udp,SF,-,y\n",
            "label,Duration,proto_udp,proto_tcp,bytes,proto_sctp\nBenign,0.4,1,0,77,0\nBenign,0.5,0,0,78,1\nscan,0.6,1,1,79,0\n1,2\n",
            "Detail,PROTO,duration\n-,icmp,9\n",
        ];
        let taxonomy = "[aliases]\ndur = ['duration']";
        let (joined, rows) = join(&files, &["detail", "label"], taxonomy).expect("a table");
        assert_eq!(
            rows,
            "file\n0.31|tcp|S0|DDoS|x|\n2|udp|SF|-|y|\n\
             file\n0.4|udp||Benign||77\n0.5|sctp||Benign||78\n0.6|||scan||79\n\n\
             file\n9|icmp||-||"
        );
        assert_eq!(
            joined.columns,
            ["dur", "proto", "state", "detail", "label", "bytes"]
        );
        assert_eq!(joined.label, 3);
        assert!(joined.has(1, 1) && !joined.has(1, 2) && !joined.has(1, 4) && joined.has(2, 0));
    }

    #[test]
    fn a_file_without_any_of_the_labels_is_named() {
        let files = ["x,label\n1,a\n", "x,kind\n1,a\n"];
        let error = join(&files, &["detail", "label"], "").expect_err("a refusal");
        let text = error.to_string();
        assert!(
            text.contains("1.csv") && text.contains("\"detail\" or \"label\""),
            "{text}"
        );
    }
}
