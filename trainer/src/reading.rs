//! What the user says about a file where the program would guess: how it is written, and which column is which.
//!
//! The file that `--columns` names is the one that the page saves; docs/columns-file.md describes it.

use crate::error::TrainerError;
use crate::report::shown;
use crate::source::read_text;
use clap::{Args, ValueEnum};
use flowsieve::schema::{Connection, HeaderMatch, Schema};
use flowsieve::table::DialectChoice;
use flowsieve::table::choice::delimiter_of;
use flowsieve::table::dialect::{Encoding, Quotes};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of the form that is read.
const VERSION: u32 = 1;

/// How files are written, as far as that is not to be guessed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "How the data are written, where the guess is wrong")]
pub(crate) struct DialectArguments {
    /// What stands between cells: one character, or comma, semicolon, tab, bar, space
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// Whether numbers have a comma where others have a point
    #[arg(
        long,
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) decimal_comma: Option<bool>,
    /// What a quote means: nothing, or it surrounds a cell and is doubled or escaped by a backslash within
    #[arg(long, value_enum)]
    pub(crate) quotes: Option<QuotesArgument>,
    /// How characters are bytes; Windows-1252 is told from UTF-8 cell by cell
    #[arg(long, value_enum)]
    pub(crate) encoding: Option<EncodingArgument>,
    /// The first line names the columns, although it looks like a row
    #[arg(long, conflicts_with = "no_header")]
    pub(crate) header: bool,
    /// The first line is a row, although it looks like names
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Read cells between delimiters, although the file looks like a Zeek log or like JSON
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QuotesArgument {
    None,
    Doubled,
    Escaped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncodingArgument {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "utf-16le")]
    Utf16Le,
    #[value(name = "utf-16be")]
    Utf16Be,
}

impl DialectArguments {
    /// As the library takes it.
    pub(crate) fn choice(&self) -> DialectChoice {
        DialectChoice {
            csv: self.csv,
            delimiter: self.delimiter,
            quotes: self.quotes.map(|quotes| match quotes {
                QuotesArgument::None => Quotes::None,
                QuotesArgument::Doubled => Quotes::Doubled,
                QuotesArgument::Escaped => Quotes::Escaped,
            }),
            decimal_comma: self.decimal_comma,
            encoding: self.encoding.map(|encoding| match encoding {
                EncodingArgument::Utf8 => Encoding::Utf8,
                EncodingArgument::Utf16Le => Encoding::Utf16Le,
                EncodingArgument::Utf16Be => Encoding::Utf16Be,
            }),
            header: (self.header || self.no_header).then_some(self.header),
        }
    }
}

/// The byte between cells.
fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "comma" => Ok(b','),
        "semicolon" => Ok(b';'),
        // What shells make it hard to write.
        "tab" | "\\t" => Ok(b'\t'),
        "bar" => Ok(b'|'),
        "space" => Ok(b' '),
        _ => delimiter_of(text).ok_or_else(|| {
            "write one ASCII character that is no letter, digit, quote or part of a number, or one of comma, semicolon, \
             tab, bar, space"
                .to_owned()
        }),
    }
}

/// A file that connects columns.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnsFile {
    #[serde(rename = "flowsieve-columns")]
    version: u32,
    /// The name of the model that the columns are connected with; any where it is not there.
    model: Option<String>,
    /// Columns of the model to columns of the file, or to null.
    columns: BTreeMap<String, Option<String>>,
}

/// Columns that are connected by hand.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    path: PathBuf,
    model: Option<String>,
    list: Vec<Connection>,
}

impl Connections {
    /// Reads a file; without one, nothing is connected.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, TrainerError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = read_text(path)?;
        let file: ColumnsFile =
            serde_json::from_str(&text).map_err(|source| TrainerError::Columns {
                path: path.to_owned(),
                source,
            })?;
        if file.version != VERSION {
            return Err(TrainerError::asked(format!(
                "{} has the version {} of the form; this program reads version {VERSION}.",
                path.display(),
                file.version
            )));
        }
        let connections = file.columns.into_iter();
        Ok(Self {
            path: path.to_owned(),
            model: file.model,
            list: connections
                .map(|(column, header)| Connection { column, header })
                .collect(),
        })
    }

    /// Whether they are meant for a model of this name.
    pub(crate) fn are_for(&self, model: &str) -> bool {
        self.model.as_deref().is_none_or(|name| name == model)
    }

    /// Those with the columns of a model of this name.
    pub(crate) fn with(&self, model: &str) -> Result<Vec<Connection>, TrainerError> {
        match &self.model {
            Some(name) if name != model => Err(TrainerError::asked(format!(
                "{} connects columns with those of the model {name}, and this is the model {model}. If its columns have \
                 the same names, change the line \"model\".",
                self.path.display()
            ))),
            _ => Ok(self.list.clone()),
        }
    }
}

/// Which columns of a model the user connected with which of a file, if any.
pub(crate) fn print_connected(header: &HeaderMatch, schema: &Schema, columns: &[String]) {
    let connected: Vec<String> = (0..header.columns.len())
        .filter(|&feature| header.by_hand[feature])
        .map(|feature| {
            let name = &schema.columns[feature].name;
            header.columns[feature].map_or_else(
                || format!("{name} with none"),
                |cell| format!("{name} with {}", shown(&columns[cell])),
            )
        })
        .collect();
    if !connected.is_empty() {
        println!("Connected by hand: {}", connected.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Connections, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.json");
        std::fs::write(&path, text).expect("a file");
        Connections::read(Some(&path)).map_err(|error| {
            let error = anyhow::Error::from(error);
            format!("{error:#}")
        })
    }

    #[test]
    fn a_file_says_what_is_connected_and_for_which_model() {
        let text = r#"{"flowsieve-columns":1,"model":"m","columns":{"a":"x","b":null}}"#;
        let read = parse(text).expect("a file");
        let found = read.with("m").expect("the model");
        let pairs: Vec<_> = found
            .iter()
            .map(|c| (c.column.as_str(), c.header.as_deref()))
            .collect();
        assert_eq!(pairs, [("a", Some("x")), ("b", None)]);
        assert!(read.are_for("m") && !read.are_for("n"));
        assert!(
            read.with("n")
                .expect_err("a refusal")
                .to_string()
                .contains("model n")
        );
        let any = parse(r#"{"flowsieve-columns":1,"columns":{}}"#).expect("a file");
        assert!(any.with("n").is_ok());
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        for (text, part) in [
            ("a,b", "c.json"),
            ("{}", "flowsieve-columns"),
            (r#"{"flowsieve-columns":1}"#, "columns"),
            (r#"{"flowsieve-columns":1,"columns":{"a":2}}"#, "integer"),
            (
                r#"{"flowsieve-columns":1,"columns":{},"header":[]}"#,
                "header",
            ),
            (r#"{"flowsieve-columns":2,"columns":{}}"#, "version 2"),
        ] {
            let says = parse(text).expect_err(text);
            assert!(says.contains(part), "{text}: {says}");
        }
    }

    #[test]
    fn delimiters_have_names() {
        assert_eq!(delimiter("tab"), Ok(b'\t'));
        assert_eq!(delimiter(":"), Ok(b':'));
        assert!(delimiter("ab").is_err() && delimiter("1").is_err());
    }
}
