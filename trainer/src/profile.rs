//! The first pass over the data: what each column is like, whatever its name.

use crate::join::JoinedSink;
use flowsieve::fit::rng::mix;
use flowsieve::table::number::{Cell, is_unset, parse, parse_time};
use flowsieve::table::{Broken, Record, RecordSink};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// A text column with more different words than this says who, not what.
pub(crate) const MANY_WORDS: usize = 256;
/// How many of a column's texts are looked at to see whether they are addresses or times.
const EXAMINED_TEXTS: u64 = 2000;

/// What a column of the training data is like.
#[derive(Debug, Default)]
pub(crate) struct ColumnProfile {
    /// Cells that say nothing.
    pub(crate) missing: u64,
    /// Cells that are numbers.
    pub(crate) numbers: u64,
    /// Cells that are text.
    pub(crate) texts: u64,
    words: HashSet<Vec<u8>>,
    examined: u64,
    addresses: u64,
    times: u64,
    first_value: Option<u64>,
    varies: bool,
    last_number: Option<f64>,
    breaks_count: bool,
    /// Per label, the value of its first row.
    value_of_label: Vec<Option<u64>>,
    breaks_label: bool,
}

impl ColumnProfile {
    /// Whether at least 90 % of the cells that say something are numbers.
    pub(crate) fn is_numeric(&self) -> bool {
        self.numbers * 10 >= (self.numbers + self.texts) * 9
    }

    /// Whether all cells say the same.
    pub(crate) fn is_constant(&self) -> bool {
        !self.varies
    }

    /// Whether every number is one more than that of the row before.
    pub(crate) fn counts_rows(&self) -> bool {
        !self.breaks_count && self.missing + self.texts == 0 && self.numbers > 2
    }

    /// Whether all rows of a label say the same. Needs more rows than a few per label to be more than chance.
    pub(crate) fn follows_label(&self) -> bool {
        let n_labels = self.value_of_label.iter().flatten().count() as u64;
        !self.breaks_label && self.missing + self.numbers + self.texts >= 4 * n_labels
    }

    /// Whether its texts are internet or hardware addresses.
    pub(crate) fn holds_addresses(&self) -> bool {
        self.is_mostly(self.addresses)
    }

    /// Whether its texts are times.
    pub(crate) fn holds_times(&self) -> bool {
        self.is_mostly(self.times)
    }

    /// How many different words it has; only counted a little beyond [`MANY_WORDS`].
    pub(crate) fn n_words(&self) -> usize {
        self.words.len()
    }

    fn is_mostly(&self, examined_so: u64) -> bool {
        self.texts > self.numbers && self.examined > 0 && examined_so * 10 >= self.examined * 9
    }

    fn add(&mut self, text: &[u8], (start, end): (usize, usize), label: usize) {
        let word = text[start..end].trim_ascii();
        let value = match parse(text, start, end) {
            Cell::Number(number) => {
                self.numbers += 1;
                self.add_to_count(word, number);
                u64::from((number + 0.0).to_bits())
            }
            Cell::Missing => {
                self.missing += 1;
                u64::MAX
            }
            Cell::Invalid => {
                self.texts += 1;
                self.add_text(word);
                hash(word)
            }
        };
        self.varies |= *self.first_value.get_or_insert(value) != value;
        if !self.breaks_label {
            if self.value_of_label.len() <= label {
                self.value_of_label.resize(label + 1, None);
            }
            self.breaks_label = *self.value_of_label[label].get_or_insert(value) != value;
        }
    }

    fn add_to_count(&mut self, word: &[u8], number: f32) {
        if self.breaks_count {
            return;
        }
        // Counts run past what f32 holds exactly.
        let exact = std::str::from_utf8(word)
            .ok()
            .and_then(|word| word.parse::<f64>().ok());
        let number = exact.unwrap_or(f64::from(number));
        self.breaks_count = self.last_number.is_some_and(|last| number != last + 1.0);
        self.last_number = Some(number);
    }

    fn add_text(&mut self, word: &[u8]) {
        if self.words.len() <= MANY_WORDS && !self.words.contains(word) {
            self.words.insert(word.to_vec());
        }
        if self.examined < EXAMINED_TEXTS {
            self.examined += 1;
            self.addresses += u64::from(is_address(word));
            self.times += u64::from(matches!(parse_time(word), Cell::Number(_)));
        }
    }
}

/// Rows of a file that could not be used, by reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOutRows {
    /// More or fewer cells than the header has columns.
    pub(crate) ragged: u64,
    /// Longer than a record may be, or with a quote that never closes.
    pub(crate) broken: u64,
    /// Text in a numeric column.
    pub(crate) not_a_number: u64,
    /// In an earlier file, too, where such rows count once.
    pub(crate) repeated: u64,
}

impl LeftOutRows {
    pub(crate) fn total(&self) -> u64 {
        self.ragged + self.broken + self.not_a_number
    }
}

/// Profiles all columns of the records that it is handed.
#[derive(Debug)]
pub(crate) struct Profiler {
    n_cells: usize,
    label: usize,
    labels: HashMap<Vec<u8>, usize>,
    /// Rows that were profiled.
    pub(crate) rows: u64,
    /// One entry per column of the header.
    pub(crate) columns: Vec<ColumnProfile>,
}

impl Profiler {
    /// For files of so many columns, of which `label` holds the label.
    pub(crate) fn new(n_columns: usize, label: usize) -> Self {
        Self {
            n_cells: n_columns,
            label,
            labels: HashMap::new(),
            rows: 0,
            columns: (0..n_columns).map(|_| ColumnProfile::default()).collect(),
        }
    }
}

impl JoinedSink for Profiler {
    /// Counts of rows may begin again.
    fn begin_file(&mut self) {
        for column in &mut self.columns {
            column.last_number = None;
        }
    }
}

impl RecordSink for Profiler {
    fn record(&mut self, record: &Record<'_>) {
        if record.len() != self.n_cells {
            return;
        }
        self.rows += 1;
        let next = self.labels.len();
        let label = record.cell(self.label).trim_ascii();
        let label = match self.labels.get(label) {
            Some(&known) => known,
            None => *self.labels.entry(label.to_vec()).or_insert(next),
        };
        for (i, column) in self.columns.iter_mut().enumerate() {
            column.add(record.text(), record.span(i), label);
        }
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

fn hash(word: &[u8]) -> u64 {
    word.iter()
        .fold(1 << 40, |state, &byte| mix(state ^ (u64::from(byte) + 1)))
}

/// An IPv4, IPv6 or hardware address.
fn is_address(word: &[u8]) -> bool {
    let Ok(word) = std::str::from_utf8(word) else {
        return false;
    };
    let hardware = || {
        let parts: Vec<&str> = word.split([':', '-']).collect();
        let is_byte = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
        parts.len() == 6 && parts.iter().all(is_byte)
    };
    !is_unset(word.as_bytes()) && (word.parse::<IpAddr>().is_ok() || hardware())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flowsieve::table::{DialectChoice, Head, SliceReader, SliceSpan};
    use std::fmt::Write as _;

    /// Hands the records of a CSV text to a sink.
    pub(crate) fn read(text: &str, sink: &mut impl RecordSink) -> Vec<String> {
        let size = text.len() as u64;
        let head = Head::read(text.as_bytes(), size, DialectChoice::default()).expect("a header");
        let span = SliceSpan {
            begin: head.data_start,
            end: size,
            first: Some(head.data_start),
        };
        let mut reader = SliceReader::new(span, &head.layout);
        reader.push(&text.as_bytes()[head.data_start as usize..], sink);
        reader.finish(sink);
        head.columns
    }

    #[test]
    fn columns_are_told_by_what_they_hold() {
        let mut text = "n,src,when,mac,same,follows,mixed,label\n".to_owned();
        for i in 0..20 {
            let (label, follows) = if i % 3 == 0 { ("a", "0") } else { ("b", "1.0") };
            let mixed = if i == 7 { "x" } else { "3" };
            let _ = writeln!(
                text,
                "{},10.0.0.{i},2017-07-05 13:06:{i:02},00:1b:44:11:3a:{i:02},-,{follows},{mixed},{label}",
                i + 41
            );
        }
        let mut profiler = Profiler::new(8, 7);
        read(&text, &mut profiler);
        let [n, src, when, mac, same, follows, mixed, label] = &profiler.columns[..] else {
            panic!("eight columns")
        };
        assert_eq!(profiler.rows, 20);
        assert!(n.counts_rows() && n.is_numeric() && !n.follows_label());
        assert!(src.holds_addresses() && !src.is_numeric() && !src.holds_times());
        assert!(when.holds_times() && !when.holds_addresses());
        assert!(mac.holds_addresses());
        assert!(same.is_constant() && same.missing == 20);
        assert!(follows.follows_label() && !follows.is_constant());
        assert!(mixed.is_numeric() && !mixed.is_constant() && mixed.n_words() == 1);
        assert!(label.follows_label());
    }

    #[test]
    fn ragged_rows_are_not_profiled() {
        let mut profiler = Profiler::new(2, 1);
        read("x,label\n1,a\n1\n1,2,3\n2,a\n", &mut profiler);
        assert_eq!((profiler.rows, profiler.columns[0].numbers), (2, 2));
    }
}
