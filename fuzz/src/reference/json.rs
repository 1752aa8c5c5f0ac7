//! JSON lines, as the crate `serde_json` reads them.

use super::{lines_of, text_of_file};
use crate::records::{Records, Row};
use flowsieve::table::{Broken, Head};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// How deep values may lie in each other here: less than what is read, so that nobody has to count alike.
const MAX_DEPTH: usize = 12;

/// How the crate hands on a number as it is written: an object with this key.
const NUMBER: &str = "$serde_json::private::Number";

/// Compares the rows of a log with its lines, as far as the crate takes them for objects. Some others are read, too.
pub(crate) fn assert_agrees(head: &Head, file: &[u8], records: &Records) {
    let text = text_of_file(head, &file[head.data_start as usize..]);
    let lines: Vec<&[u8]> = lines_of(&text).collect();
    assert_eq!(records.rows.len(), lines.len());
    for (row, line) in records.rows.iter().zip(lines) {
        assert_line_agrees(head, row, line);
    }
}

fn assert_line_agrees(head: &Head, row: &Row, line: &[u8]) {
    assert!(matches!(row.cells, Ok(_) | Err(Broken::NotAnObject)));
    let Ok(Json::Object(members)) = serde_json::from_slice::<Json>(line) else {
        return;
    };
    let mut values = Vec::new();
    if flatten(members, "", 0, &mut values).is_none() {
        return;
    }
    // Of a key that comes twice the last value counts.
    let value_of = |key: &Vec<u8>| {
        let found = values.iter().rev().find(|(path, _)| path.as_bytes() == key);
        found.map_or("", |(_, value)| value).as_bytes().to_vec()
    };
    let expected: Vec<Vec<u8>> = head.layout.keys.iter().map(value_of).collect();
    let line = String::from_utf8_lossy(line);
    let cells = row
        .cells
        .as_ref()
        .unwrap_or_else(|why| panic!("{why:?}: {line:?}"));
    let plain = |cells: &[Vec<u8>]| -> Vec<Vec<u8>> {
        cells.iter().map(|cell| without_plus(cell)).collect()
    };
    assert_eq!(plain(cells), plain(&expected), "{line:?}");
}

/// The crate gives every exponent a sign.
fn without_plus(cell: &[u8]) -> Vec<u8> {
    let mut text = cell.to_vec();
    while let Some(at) = text
        .windows(2)
        .position(|bytes| matches!(bytes, b"e+" | b"E+"))
    {
        text.remove(at + 1);
    }
    text
}

/// Keys and values of an object in order; `None` where there are lists of objects in it, or it is deep.
fn flatten(
    members: Vec<(String, Json)>,
    prefix: &str,
    depth: usize,
    values: &mut Vec<(String, String)>,
) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    for (key, value) in members {
        let path = format!("{prefix}{key}");
        match value {
            Json::Object(members) => flatten(members, &format!("{path}."), depth + 1, values)?,
            value => values.push((path, word(value, depth)?)),
        }
    }
    Some(())
}

/// A value as Zeek writes it in its text logs.
fn word(value: Json, depth: usize) -> Option<String> {
    match value {
        _ if depth > MAX_DEPTH => None,
        Json::Object(_) => None,
        Json::Word(word) => Some(word),
        Json::List(list) if list.is_empty() => Some("(empty)".to_owned()),
        Json::List(list) => {
            let words = list.into_iter().map(|value| word(value, depth + 1));
            Some(words.collect::<Option<Vec<String>>>()?.join(","))
        }
    }
}

/// A value with all members of its objects, in order.
enum Json {
    Word(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Word(if value { "T" } else { "F" }.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Word(String::new()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Word(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        match &mut members[..] {
            [(key, Json::Word(number))] if key == NUMBER => Ok(Json::Word(std::mem::take(number))),
            _ => Ok(Json::Object(members)),
        }
    }
}
