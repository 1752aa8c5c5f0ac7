//! Zeek logs of real traffic, field by field as an independent reader finds them. Skipped, with a word about it, where
//! `FLOWSIEVE_DATA` is not set.

mod support;

use flowsieve::table::dialect::text_of;
use flowsieve::table::number::is_unset;
use flowsieve::table::{Broken, DialectChoice, Head, Record, RecordSink, SliceReader, SliceSpan};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use support::data;

/// What `zeek_golden.py` prints with the reader that it names.
const GOLDEN: &str = include_str!("golden/zeek.txt");

/// Hashes rows as that script does.
struct Hasher {
    columns: Vec<String>,
    rows: u64,
    digest: Sha256,
}

impl RecordSink for Hasher {
    fn record(&mut self, record: &Record<'_>) {
        assert_eq!(record.len(), self.columns.len(), "row {}", self.rows);
        let mut fields: Vec<(&str, String)> = self
            .columns
            .iter()
            .map(String::as_str)
            .zip(record.cells().map(text_of))
            .filter(|(_, value)| !is_unset(value.as_bytes()))
            .collect();
        fields.sort_unstable();
        for (name, value) in fields {
            let field = format!("{name}={}\x1f", canonical(&value));
            self.digest.update(field);
        }
        self.digest.update([0x1e]);
        self.rows += 1;
    }

    fn broken(&mut self, offset: u64, _line: u64, why: Broken) {
        panic!("byte {offset}: {why:?}");
    }
}

fn canonical(value: &str) -> String {
    let digits = value.trim_start_matches('-');
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        && !digits.ends_with('.');
    match value.parse::<f64>() {
        Ok(number) if numeric => format!("{:016x}", number.to_bits()),
        _ => value.to_owned(),
    }
}

#[test]
fn logs_hold_what_an_independent_reader_finds() {
    let Some(data) = data("logs_hold_what_an_independent_reader_finds") else {
        return;
    };
    for line in GOLDEN.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [log, rows, digest] = words[..] else {
            panic!("{line:?} is no path, number and digest");
        };
        let bytes = std::fs::read(data.join(log)).expect("a log");
        let head =
            Head::read(&bytes, bytes.len() as u64, DialectChoice::default()).expect("a header");
        let span = SliceSpan {
            begin: head.data_start,
            end: bytes.len() as u64,
            first: Some(head.data_start),
        };
        let mut reader = SliceReader::new(span, &head.layout);
        let mut hasher = Hasher {
            columns: head.columns,
            rows: 0,
            digest: Sha256::new(),
        };
        reader.push(&bytes[head.data_start as usize..], &mut hasher);
        reader.finish(&mut hasher);
        let mut found = String::new();
        for byte in hasher.digest.finalize() {
            write!(found, "{byte:02x}").expect("text");
        }
        assert_eq!(hasher.rows.to_string(), rows, "{log}");
        assert_eq!(reader.unknown_values(), 0, "{log}");
        assert_eq!(found, digest, "{log}");
    }
}
