//! The columns that a model expects, and how the header of a file is matched to them.

mod connections;

use crate::prepare::Feature;
use crate::short::sorted_by_key;
use crate::{Error, ErrorKind};
use connections::ByHand;
use std::cmp::Reverse;

pub use connections::Connection;

/// How the cells of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A number, `inf` included; `nan`, `-` and nothing are missing values.
    Numeric,
    /// A word of a fixed dictionary; a word not in it is 'other'.
    Categorical,
    /// A moment, as epoch seconds or `YYYY-MM-DD HH:MM:SS`; its value is the second of the day (UTC), because the
    /// date names the capture and nothing else.
    Time,
}

/// One column that a model reads: one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name, as in the header that the model was trained on.
    pub name: String,
    /// Other names that it goes by.
    pub aliases: Vec<String>,
    /// How its cells are read.
    pub kind: ColumnKind,
    /// Share of the forest's impurity decrease that comes from this column; all columns add up to about 1.
    pub importance: f32,
}

/// The columns that a model knows. Their order is the order of features everywhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The features, in order.
    pub columns: Vec<Column>,
    /// Names under which a label is expected, the training file's own first.
    pub label_columns: Vec<String>,
}

/// The least share of importance that a header must match: below it, a model would mostly be guessing.
pub const MIN_IMPORTANCE_SHARE: f32 = 0.5;

/// Names that hold labels in the datasets that people use, as [`normalised`] gives them.
const USUAL_LABELS: [&str; 17] = [
    "label",
    "labels",
    "attacktype",
    "attack",
    "attackcat",
    "labelmulticlass",
    "labelbinary",
    "detailed-label",
    "detailedlabel",
    "class",
    "classname",
    "category",
    "subcategory",
    "family",
    "target",
    "traffictype",
    "isattack",
];

/// Whether a column of this name holds labels by custom.
pub fn is_usual_label(name: &str) -> bool {
    USUAL_LABELS.contains(&normalised(name).as_str())
}

/// How the names of the columns begin that an export appends.
pub const RESULT_PREFIX: &str = "flowsieve_";

/// Whether a column of this name holds what a model said: no feature, and no label unless it is named as such.
pub fn is_own_result(name: &str) -> bool {
    name.trim().starts_with(RESULT_PREFIX)
}

/// A column name as names are compared: lower case where ASCII has one, without blanks, dots and underscores.
pub fn normalised(name: &str) -> String {
    // An export puts a ' before a name that a spreadsheet would take for a formula.
    let plain = name
        .trim_start()
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']));
    plain
        .unwrap_or(name)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '.' | '_' | '\u{feff}'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Which column of a file holds its labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LabelChoice {
    /// The first of the model's label columns that is there, or else one with a usual name.
    #[default]
    Auto,
    /// None.
    None,
    /// The one of this name.
    Named(String),
}

/// How a file's header answers to a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderMatch {
    /// For each column of the schema, its index in the header. `None` where it is one-hot, too.
    pub columns: Vec<Option<usize>>,
    /// For each column of the schema, whether the user said where it is, or that it is missing.
    pub by_hand: Vec<bool>,
    /// Columns of the schema that the header has as one column per word.
    pub one_hot: Vec<OneHot>,
    /// Index of the label column in the header.
    pub label: Option<usize>,
    /// Columns of the header that are not read, and why.
    pub ignored: Vec<(usize, Ignored)>,
    /// Share of the model's importance that the matched columns carry, 0 to 1.
    pub importance_share: f32,
}

/// A category that a file has as columns of zeros and ones, one per word: `proto_tcp`, `proto_udp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneHot {
    /// Index of the category in the schema.
    pub column: usize,
    /// Index in the header of each word's column, and the word. The model need not know all of them.
    pub words: Vec<(usize, String)>,
}

/// Why a column of a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The model does not know it.
    Unknown,
    /// Another column before it has the same name.
    Duplicate,
    /// It looks like a label, and another column was taken as such.
    OtherLabel,
    /// An earlier export wrote it: what a model said, and nothing of the flow.
    OwnResult,
}

impl Ignored {
    /// For people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "not used by the model",
            Self::Duplicate => "another column has the same name",
            Self::OtherLabel => "a label that is not compared with",
            Self::OwnResult => "a result that an export wrote",
        }
    }
}

impl Schema {
    /// Finds the schema's columns in a header: those that the user connects, then by name and then by alias, ignoring
    /// case, blanks, dots and underscores. A category that is not there may be one-hot: `features` have its words.
    ///
    /// # Errors
    ///
    /// [`NoSuchColumn`](ErrorKind::NoSuchColumn) where the label column that was asked for is not there, or one that is
    /// connected; [`BadConnection`](ErrorKind::BadConnection) where the schema does not have one that is connected, or
    /// where that is the label. Too small a share of importance is not an error here: see [`HeaderMatch::require`].
    pub fn match_header(
        &self,
        header: &[String],
        label: &LabelChoice,
        features: &[Feature],
        connections: &[Connection],
    ) -> Result<HeaderMatch, Error> {
        let by_hand = connections::resolve(self, header, connections)?;
        let connected = |index: usize| by_hand.contains(&ByHand::Cell(index));
        let names: Vec<String> = header.iter().map(|name| normalised(name)).collect();
        let position = |name: &str| names.iter().position(|other| *other == normalised(name));
        let find = |name: &str| {
            position(name).filter(|&index| !is_own_result(&header[index]) && !connected(index))
        };
        let label = match label {
            LabelChoice::None => None,
            LabelChoice::Named(name) => Some(position(name).ok_or_else(|| {
                let message = format!(
                    "There is no column “{name}” to take labels from. The file has: {}.",
                    header.join(", ")
                );
                Error::new(ErrorKind::NoSuchColumn, message)
            })?),
            LabelChoice::Auto => self
                .label_columns
                .iter()
                .find_map(|name| find(name))
                .or_else(|| {
                    let feature = |index: usize| {
                        self.columns
                            .iter()
                            .any(|column| normalised(&column.name) == names[index])
                    };
                    (0..header.len()).find(|&index| {
                        is_usual_label(&header[index]) && !feature(index) && !connected(index)
                    })
                }),
        };
        if let Some(index) = label.filter(|&index| connected(index)) {
            return Err(connections::is_label(&header[index]));
        }
        let taken = |index: &usize| Some(*index) != label;
        let columns: Vec<Option<usize>> = self
            .columns
            .iter()
            .zip(&by_hand)
            .map(|(column, by_hand)| match by_hand {
                ByHand::Cell(index) => Some(*index),
                ByHand::Missing => None,
                ByHand::Nothing => std::iter::once(&column.name)
                    .chain(&column.aliases)
                    .find_map(|name| find(name).filter(taken)),
            })
            .collect();
        let mut used = vec![false; header.len()];
        for index in columns.iter().copied().chain([label]).flatten() {
            used[index] = true;
        }
        let mut one_hot = Vec::new();
        for (column, feature) in features.iter().enumerate() {
            let unknown = columns[column].is_none() && by_hand[column] == ByHand::Nothing;
            if unknown && !feature.categories.is_empty() {
                let words = self.columns[column].words_in(header, &used);
                if words.iter().any(|(_, word)| feature.knows(word)) {
                    for (index, _) in &words {
                        used[*index] = true;
                    }
                    one_hot.push(OneHot { column, words });
                }
            }
        }
        let why = |index: usize| {
            if names[..index].contains(&names[index]) {
                Ignored::Duplicate
            } else if is_own_result(&header[index]) {
                Ignored::OwnResult
            } else if is_usual_label(&header[index]) {
                Ignored::OtherLabel
            } else {
                Ignored::Unknown
            }
        };
        let ignored = (0..header.len())
            .filter(|&index| !used[index])
            .map(|index| (index, why(index)))
            .collect();
        let by_hand = by_hand.iter().map(|known| *known != ByHand::Nothing);
        let mut matched = HeaderMatch {
            columns,
            by_hand: by_hand.collect(),
            one_hot,
            label,
            ignored,
            importance_share: 0.0,
        };
        let (mut total, mut found) = (0.0, 0.0);
        for (index, column) in self.columns.iter().enumerate() {
            total += column.importance;
            if matched.has(index) {
                found += column.importance;
            }
        }
        if total > 0.0 {
            matched.importance_share = found / total;
        }
        Ok(matched)
    }
}

impl Column {
    /// The columns of a header that are one word each of this column, by its name or an alias, and their words; of those
    /// that are not `used` yet.
    pub fn words_in(&self, header: &[String], used: &[bool]) -> Vec<(usize, String)> {
        let mut words = Vec::new();
        for name in std::iter::once(&self.name).chain(&self.aliases) {
            let name = normalised(name);
            for (index, column) in header.iter().enumerate() {
                if used[index] || is_own_result(column) {
                    continue;
                }
                for (end, &byte) in column.as_bytes().iter().enumerate() {
                    // `get` rather than `[]`, which is several kilobytes of wasm to say what is wrong with an index.
                    if byte == b'_'
                        && let (Some(part), Some(word)) = (column.get(..end), column.get(end + 1..))
                        && normalised(part) == name
                    {
                        words.push((index, word.to_owned()));
                        break;
                    }
                }
            }
            if !words.is_empty() {
                break;
            }
        }
        words
    }
}

impl HeaderMatch {
    /// Whether the header has a column of the schema, in one column or as one per word.
    pub fn has(&self, column: usize) -> bool {
        self.columns[column].is_some()
            || self.one_hot.iter().any(|one_hot| one_hot.column == column)
    }

    /// Refuses a header that has too little of what the model leans on.
    ///
    /// # Errors
    ///
    /// [`NoSchemaMatch`](ErrorKind::NoSchemaMatch), with the most important of the missing columns.
    pub fn require(&self, schema: &Schema, model: &str) -> Result<(), Error> {
        if self.importance_share >= MIN_IMPORTANCE_SHARE {
            return Ok(());
        }
        let missing: Vec<&Column> = (0..schema.columns.len())
            .filter(|&column| !self.has(column))
            .map(|column| &schema.columns[column])
            .collect();
        // Bits of floats that are not negative are in the floats' order.
        let missing = sorted_by_key(missing, |column| Reverse(column.importance.to_bits()));
        let names: Vec<&str> = missing
            .iter()
            .take(8)
            .map(|column| column.name.as_str())
            .collect();
        let rest = missing.len() - names.len();
        let more = if rest > 0 {
            format!(" and {rest} more")
        } else {
            String::new()
        };
        let found = schema.columns.len() - missing.len();
        Err(Error::new(
            ErrorKind::NoSchemaMatch,
            format!(
                "The file does not have the columns that the model {model} needs: {found} of {} are there, which carry {} % of \
                 its importance; at least {} % are needed. Missing: {}{more}. Check that the first line is the header, or \
                 choose a model for this kind of file.",
                schema.columns.len(),
                (100.0 * self.importance_share) as u32,
                (100.0 * MIN_IMPORTANCE_SHARE) as u32,
                names.join(", "),
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn schema() -> Schema {
        let column = |name: &str, alias: &str, importance| Column {
            name: name.into(),
            aliases: vec![alias.into()],
            kind: ColumnKind::Numeric,
            importance,
        };
        Schema {
            columns: vec![
                column("flow_duration", "dur", 0.6),
                column("fwd_pkts_payload.min", "x", 0.3),
                column("proto", "y", 0.1),
            ],
            label_columns: vec!["Attack_type".into()],
        }
    }

    pub(super) fn header(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn names_match_whatever_their_case_and_separators() {
        let found = schema()
            .match_header(
                &header("FWD PKTS Payload_Min,Flow Duration,no,flow duration,attack type,label"),
                &LabelChoice::Auto,
                &[],
                &[],
            )
            .expect("a match");
        assert_eq!(found.columns, [Some(1), Some(0), None]);
        assert_eq!(found.label, Some(4));
        assert_eq!(
            found.ignored,
            [
                (2, Ignored::Unknown),
                (3, Ignored::Duplicate),
                (5, Ignored::OtherLabel)
            ]
        );
        assert!((found.importance_share - 0.9).abs() < 1e-6);
    }

    #[test]
    fn an_alias_stands_in_for_a_name() {
        let found = schema()
            .match_header(&header("DUR,b"), &LabelChoice::None, &[], &[])
            .expect("a match");
        assert_eq!(found.columns, [Some(0), None, None]);
        assert!(found.require(&schema(), "m").is_ok());
    }

    #[test]
    fn too_little_of_what_matters_is_refused_with_the_list() {
        let found = schema()
            .match_header(&header("proto,b"), &LabelChoice::Auto, &[], &[])
            .expect("a match");
        let error = found.require(&schema(), "m").expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::NoSchemaMatch);
        assert!(
            error
                .to_string()
                .contains("flow_duration, fwd_pkts_payload.min"),
            "{error}"
        );
    }

    #[test]
    fn a_label_that_was_asked_for_must_be_there() {
        let error = schema()
            .match_header(&header("a,b"), &LabelChoice::Named("kind".into()), &[], &[])
            .expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::NoSuchColumn);
    }

    pub(super) fn features(words: [&[&str]; 3]) -> Vec<Feature> {
        let feature = |words: &[&str]| Feature {
            categories: words.iter().map(|&word| word.to_owned()).collect(),
            ..Feature::default()
        };
        words.map(feature).to_vec()
    }

    #[test]
    fn columns_of_words_stand_in_for_a_category() {
        let features = features([&[], &["a_b"], &["tcp", "udp"]]);
        let names = "dur,Proto_tcp,proto_sctp,protocol,fwd_pkts payload_min_a_b,label";
        let found = schema()
            .match_header(&header(names), &LabelChoice::Auto, &features, &[])
            .expect("a match");
        let one_hot = |column, words: &[(usize, &str)]| OneHot {
            column,
            words: words
                .iter()
                .map(|&(index, word)| (index, word.to_owned()))
                .collect(),
        };
        assert_eq!(found.columns, [Some(0), None, None]);
        assert_eq!(
            found.one_hot,
            [
                one_hot(1, &[(4, "a_b")]),
                one_hot(2, &[(1, "tcp"), (2, "sctp")])
            ]
        );
        assert_eq!(found.ignored, [(3, Ignored::Unknown)]);
        assert!((found.importance_share - 1.0).abs() < 1e-6);
    }

    #[test]
    fn columns_of_words_need_a_word_that_is_known_and_no_plain_column() {
        let features = features([&[], &[], &["tcp", "udp"]]);
        for names in ["dur,proto_sctp,proto_TCP", "dur,proto,proto_tcp"] {
            let found = schema()
                .match_header(&header(names), &LabelChoice::Auto, &features, &[])
                .expect("a match");
            assert_eq!(found.one_hot, [], "{names}");
            assert_eq!(
                found.ignored.len(),
                3 - found.columns.iter().flatten().count()
            );
        }
    }
}
