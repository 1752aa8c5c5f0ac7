//! What was recognised in a file's header: how it is written, and which of its columns are the model's.

use crate::model::Model;
use crate::schema::HeaderMatch;
use crate::table::Head;
use crate::table::dialect::Quotes;
use crate::table::head::Names;
use serde::Serialize;

/// What was recognised in a file's header.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::wasm) struct Recognition {
    model: String,
    format: &'static str,
    encoding: &'static str,
    /// Where the names of the columns are from.
    names: &'static str,
    delimiter: String,
    quotes: &'static str,
    decimal_comma: bool,
    columns: Vec<String>,
    matched: Vec<Matched>,
    missing: Vec<Missing>,
    ignored: Vec<Ignored>,
    label: Option<LabelColumn>,
    importance_share: f32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched {
    column: String,
    header: String,
    index: usize,
    /// What the column says of the model's, where it is one of a column per word.
    word: Option<String>,
    by_hand: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Missing {
    column: String,
    importance: f32,
    by_hand: bool,
}

#[derive(Serialize)]
struct Ignored {
    header: String,
    index: usize,
    why: &'static str,
}

#[derive(Serialize)]
struct LabelColumn {
    header: String,
    index: usize,
}

impl Recognition {
    pub(in crate::wasm) fn new(model: &Model, head: &Head, header: &HeaderMatch) -> Self {
        let columns = &model.spec().schema.columns;
        let name = |index: usize| head.columns[index].clone();
        let matched = |column: usize, index: usize, word: Option<&String>| Matched {
            column: columns[column].name.clone(),
            header: name(index),
            index,
            word: word.cloned(),
            by_hand: header.by_hand[column],
        };
        let mut all_matched = Vec::new();
        for (column, index) in header.columns.iter().enumerate() {
            if let Some(index) = *index {
                all_matched.push(matched(column, index, None));
            }
        }
        for one_hot in &header.one_hot {
            for (index, word) in &one_hot.words {
                all_matched.push(matched(one_hot.column, *index, Some(word)));
            }
        }
        let dialect = &head.layout.dialect;
        Self {
            model: model.spec().name.clone(),
            format: dialect.format_name(),
            encoding: dialect.encoding_name(),
            names: match head.names {
                Names::File => "file",
                Names::ZeekOrder => "zeek-order",
                Names::Numbers => "model-order",
            },
            delimiter: char::from(dialect.delimiter).to_string(),
            quotes: match dialect.quotes {
                Quotes::None => "none",
                Quotes::Doubled => "doubled",
                Quotes::Escaped => "escaped",
            },
            decimal_comma: dialect.decimal_comma,
            columns: head.columns.clone(),
            matched: all_matched,
            missing: (0..columns.len())
                .filter(|&column| !header.has(column))
                .map(|column| Missing {
                    column: columns[column].name.clone(),
                    importance: columns[column].importance,
                    by_hand: header.by_hand[column],
                })
                .collect(),
            ignored: header
                .ignored
                .iter()
                .map(|&(index, why)| Ignored {
                    header: name(index),
                    index,
                    why: why.reason(),
                })
                .collect(),
            label: header.label.map(|index| LabelColumn {
                header: name(index),
                index,
            }),
            importance_share: header.importance_share,
        }
    }
}
