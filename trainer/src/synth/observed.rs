//! What is seen of a file before rows like its own are made up.

use crate::join::JoinedSink;
use crate::profile::{ColumnProfile, MANY_WORDS};
use flowsieve::fit::rng::mix;
use flowsieve::table::number::{Cell, parse};
use flowsieve::table::{Broken, Record, RecordSink};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Digits behind the point that are written at most.
const MAX_DECIMALS: usize = 9;

/// How the cells of a column are made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The label: the class that the row is made for.
    Label,
    /// The number of the row.
    Index,
    /// A number.
    Number,
    /// A word.
    Word,
    /// Text that is different in nearly every row, such as ids: made-up text.
    Name,
    /// An address out of those set aside for documentation (RFC 5737).
    Address,
}

impl Form {
    fn of(profile: &ColumnProfile) -> Self {
        if profile.counts_rows() {
            Self::Index
        } else if profile.is_numeric() {
            Self::Number
        } else if profile.holds_addresses() {
            Self::Address
        } else if profile.n_words() > MANY_WORDS {
            Self::Name
        } else {
            Self::Word
        }
    }
}

/// The fewest rows that make a group of their own.
const MIN_GROUP_ROWS: u64 = 40;

/// The rows of one class that have the same words, or the rest of the class, column by column.
///
/// Words say which numbers can go with them at all, such as the sizes of a connection that was never answered, so each
/// frequent combination of them is a distribution of its own.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) rows: u64,
    /// Per column of the header: numbers, ids of words, NaN where there is none, 0 in columns of other forms.
    pub(super) columns: Vec<Vec<f32>>,
}

/// What is seen of a file.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) forms: Vec<Form>,
    pub(super) label: usize,
    /// By label and words.
    groups: BTreeMap<(String, Vec<u32>), Group>,
    /// Digits behind the point that each column is written with.
    pub(super) decimals: Vec<usize>,
    /// How a number that is not there is written in each column.
    pub(super) unset: Vec<String>,
    /// The words of each column, by id.
    pub(super) words: Vec<Vec<String>>,
    ids: Vec<HashMap<Vec<u8>, u32>>,
    row: Vec<f32>,
    /// Hashes of the rows.
    pub(super) real: HashSet<u64>,
}

impl Observed {
    pub(super) fn new(profiles: &[ColumnProfile], label: usize) -> Self {
        let mut forms: Vec<Form> = profiles.iter().map(Form::of).collect();
        forms[label] = Form::Label;
        let n = forms.len();
        Self {
            forms,
            label,
            groups: BTreeMap::new(),
            decimals: vec![0; n],
            unset: vec![String::new(); n],
            words: vec![Vec::new(); n],
            ids: vec![HashMap::new(); n],
            row: Vec::new(),
            real: HashSet::new(),
        }
    }

    /// The groups of each class: combinations of words that are frequent enough, and the rest.
    pub(super) fn classes(&mut self) -> BTreeMap<String, Vec<Group>> {
        let mut classes: BTreeMap<String, (Vec<Group>, Group)> = BTreeMap::new();
        for ((label, _), group) in std::mem::take(&mut self.groups) {
            let (groups, rest) = classes.entry(label).or_default();
            if group.rows >= MIN_GROUP_ROWS {
                groups.push(group);
                continue;
            }
            rest.rows += group.rows;
            rest.columns.resize_with(group.columns.len(), Vec::new);
            for (column, values) in rest.columns.iter_mut().zip(group.columns) {
                column.extend(values);
            }
        }
        let with_rest = |(mut groups, rest): (Vec<Group>, Group)| {
            if rest.rows > 0 {
                groups.push(rest);
            }
            groups
        };
        classes
            .into_iter()
            .map(|(label, groups)| (label, with_rest(groups)))
            .collect()
    }
}

impl JoinedSink for Observed {
    fn begin_file(&mut self) {}
}

impl RecordSink for Observed {
    fn record(&mut self, record: &Record<'_>) {
        if record.len() != self.forms.len() {
            return;
        }
        let text = |cell: &[u8]| String::from_utf8_lossy(cell.trim_ascii()).into_owned();
        let label = text(record.cell(self.label));
        let mut hash = RowHash::new(&label);
        let mut words = Vec::new();
        self.row.clear();
        for (i, form) in self.forms.iter().enumerate() {
            self.row.push(match form {
                Form::Number => {
                    let (start, end) = record.span(i);
                    let value = if let Cell::Number(value) = parse(record.text(), start, end) {
                        self.decimals[i] = self.decimals[i].max(decimals(record.cell(i)));
                        value
                    } else {
                        if self.unset[i].is_empty() && record.cell(i).trim_ascii() == b"-" {
                            "-".clone_into(&mut self.unset[i]);
                        }
                        f32::NAN
                    };
                    hash.add_number(value);
                    value
                }
                Form::Word => {
                    let word = record.cell(i).trim_ascii();
                    let known = self.ids[i].get(word).copied();
                    let id = known.unwrap_or_else(|| {
                        let id = self.words[i].len() as u32;
                        self.words[i].push(text(word));
                        self.ids[i].insert(word.to_vec(), id);
                        id
                    });
                    hash.add_word(&self.words[i][id as usize]);
                    words.push(id);
                    id as f32
                }
                Form::Label | Form::Index | Form::Name | Form::Address => 0.0,
            });
        }
        let group = self.groups.entry((label, words)).or_default();
        group.rows += 1;
        group.columns.resize_with(self.row.len(), Vec::new);
        for (column, &value) in group.columns.iter_mut().zip(&self.row) {
            column.push(value);
        }
        self.real.insert(hash.finish());
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

/// Digits behind the point.
fn decimals(cell: &[u8]) -> usize {
    let cell = cell.trim_ascii();
    if cell.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        return MAX_DECIMALS;
    }
    let point = cell.iter().position(|&byte| byte == b'.');
    point.map_or(0, |point| (cell.len() - point - 1).min(MAX_DECIMALS))
}

/// A hash of a row's label, numbers and words: what makes two rows the same.
pub(super) struct RowHash(u64);

impl RowHash {
    pub(super) fn new(label: &str) -> Self {
        let mut hash = Self(0);
        hash.add_word(label);
        hash
    }

    pub(super) fn add_number(&mut self, value: f32) {
        let bits = if value.is_nan() {
            u32::MAX
        } else {
            (value + 0.0).to_bits()
        };
        self.0 = mix(self.0 ^ u64::from(bits));
    }

    pub(super) fn add_word(&mut self, word: &str) {
        for byte in word.bytes() {
            self.0 = mix(self.0 ^ (u64::from(byte) + 1));
        }
        self.0 = mix(self.0);
    }

    pub(super) fn finish(self) -> u64 {
        self.0
    }
}
