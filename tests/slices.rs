//! However a file is cut and whatever its format, the results are those of the whole file, byte for byte; and what is read
//! of CSV agrees with the crate `csv`.

mod model_support;
mod slice_support;

use flowsieve::analysis::{
    MergeEvent, Merger, Plan, PlanOptions, Purpose, RejectKind, ResultColumns, SliceTask, Summary,
    read_cells,
};
use flowsieve::schema::{Connection, LabelChoice};
use flowsieve::table::dialect::{Encoding, Quotes};
use flowsieve::table::number::is_unset;
use flowsieve::table::{DialectChoice, MAX_RECORD_BYTES, SliceSpan};
use model_support::Random;
use proptest::prelude::*;
use slice_support::{
    HEADER, analyse, analyse_whole, model, plan, random_bounds, read_slice, utf16,
};
use std::fmt::Write;
use std::sync::Arc;

/// Line ends before an offset, one for each of LF, CR and CRLF.
fn line_of(bytes: &[u8], offset: u64) -> u64 {
    let text = &bytes[..offset as usize];
    let pairs = text.windows(2).filter(|pair| pair == b"\r\n").count();
    let ends = text
        .iter()
        .filter(|&&byte| byte == b'\r' || byte == b'\n')
        .count();
    1 + (ends - pairs) as u64
}

/// Text of a CSV file that may be broken in any way.
fn csv_text() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop_oneof![
        6 => "[0-9]{1,6}(\\.[0-9]{1,6})?",
        2 => Just("word 1".to_owned()),
        1 => Just("kind 2".to_owned()),
        1 => Just("-".to_owned()),
        1 => Just(String::new()),
        1 => Just("inf".to_owned()),
        1 => "\"[a-z,\"\"\n\r0-9]{0,12}\"",
        1 => "\"(a|\"\"|\n|\r\n|,){0,8}\"",
        1 => "[a-z\" ]{0,6}",
        1 => Just("\"1.5\"".to_owned()),
        1 => Just("ü".to_owned()),
    ];
    let good = (
        "[0-9]{1,5}(\\.[0-9]{1,3})?",
        "word [0-9]",
        "[0-9]{1,9}",
        "kind [0-4]",
        "[a-z]{0,3}",
    )
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].join(","));
    let ragged = prop::collection::vec(cell.clone(), 1..8).prop_map(|cells| cells.join(","));
    let full = prop::collection::vec(cell, 5).prop_map(|cells| cells.join(","));
    let record = prop_oneof![4 => good, 3 => full, 1 => ragged, 1 => Just(String::new())];
    let line_end = prop_oneof![4 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r")];
    let rows = prop::collection::vec((record, line_end), 1..40);
    (rows, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(rows, mark, ended, unclosed)| {
        let mut text = String::new();
        text.push_str(if mark { "\u{feff}" } else { "" });
        text.push_str(HEADER);
        text.push('\n');
        for (record, line_end) in &rows {
            text.push_str(record);
            text.push_str(line_end);
        }
        text.push_str(if unclosed {
            "1,word 1,\"2"
        } else {
            "1,word 1,2,kind 1,x"
        });
        text.push_str(if ended { "\n" } else { "" });
        text.into_bytes()
    })
}

/// The same with other delimiters, and perhaps with backslashes that escape.
fn delimited_text() -> impl Strategy<Value = Vec<u8>> {
    let delimiter =
        prop_oneof![3 => Just(b','), 1 => Just(b';'), 1 => Just(b'\t'), 1 => Just(b'|')];
    (csv_text(), delimiter, any::<bool>()).prop_map(|(text, delimiter, escapes)| {
        let mut text = String::from_utf8(text).expect("text");
        if escapes {
            text = text.replace('ü', "\\").replace("\"\"", "\\\"");
        }
        let other = |byte| if byte == b',' { delimiter } else { byte };
        text.into_bytes().into_iter().map(other).collect()
    })
}

/// The same in UTF-16, which any cut may cut inside a code unit, a lone half of a pair in it.
fn utf16_text() -> impl Strategy<Value = Vec<u8>> {
    (delimited_text(), any::<bool>()).prop_map(|(text, big_endian)| {
        let text = String::from_utf8(text).expect("text").replace('z', "😀");
        let mut bytes = utf16(&text, big_endian);
        if let Some(at) = bytes
            .windows(2)
            .position(|unit| unit == utf16("y", big_endian))
        {
            bytes[at..at + 2].copy_from_slice(&utf16("😀", big_endian)[..2]);
        }
        bytes
    })
}

/// A Zeek log, with lines about itself wherever, some of its last fields holding several values.
fn zeek_text() -> impl Strategy<Value = Vec<u8>> {
    let good = (
        "[0-9]{1,5}(\\.[0-9]{1,3})?",
        "word [0-9]",
        "[0-9]{1,9}",
        "kind [0-4]",
        "[a-z\"]{0,3}",
    );
    let row = good.prop_map(|(a, b, c, d, e)| format!("{a}\t{b}\t{c}\t{d}   {e}"));
    let line = prop_oneof![
        6 => row,
        1 => "[a-z0-9\"\t -]{0,20}",
        1 => Just("#close\t2020-01-01-00-00-00".to_owned()),
        1 => Just("#types\tdouble\tstring\tdouble\tstring   string".to_owned()),
    ];
    prop::collection::vec((line, prop_oneof![Just("\n"), Just("\r\n")]), 1..40).prop_map(|lines| {
        let mut text = "#separator \\x09\n#unset_field\tNIL\n\
                        #fields\tfeature 0\tFEATURE_1\tFeature.2\tlabel   extra\n1\tword 1\t2\tkind 1   x\n".to_owned();
        for (line, end) in lines {
            text.push_str(&line);
            text.push_str(end);
        }
        text.into_bytes()
    })
}

/// Objects, some with keys of their own, some broken.
fn json_text() -> impl Strategy<Value = Vec<u8>> {
    let good = (
        "[0-9]{1,5}(\\.[0-9]{1,3})?",
        "word [0-9]",
        "[0-9]{1,9}",
        "kind [0-4]",
    );
    let row = good.prop_map(|(a, b, c, d)| {
        format!("{{\"feature 0\":{a},\"FEATURE_1\":\"{b}\", \"Feature.2\":{c},\"label\":\"{d}\"}}")
    });
    let short =
        "[0-9]{1,5}".prop_map(|a| format!("{{\"feature 0\": {a},\"new\\u0041\":[1,\"\\n\"]}}"));
    let line = prop_oneof![6 => row, 2 => short, 1 => "[a-z{}\":,\\[\\]0-9]{0,20}"];
    prop::collection::vec(line, 1..40).prop_map(|lines| {
        let first =
            "{\"feature 0\":1,\"FEATURE_1\":\"word 1\",\"Feature.2\":2,\"label\":\"kind 1\"}";
        format!("{first}\n{}", lines.join("\n")).into_bytes()
    })
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => csv_text(),
        2 => delimited_text(),
        2 => utf16_text(),
        2 => zeek_text(),
        2 => json_text(),
    ]
}

/// What somebody may say about how a file is written, right or wrong.
fn any_choice() -> impl Strategy<Value = DialectChoice> {
    let quotes = prop_oneof![
        Just(Quotes::None),
        Just(Quotes::Doubled),
        Just(Quotes::Escaped)
    ];
    let encoding = prop_oneof![
        4 => Just(Encoding::Utf8),
        1 => Just(Encoding::Utf16Le),
        1 => Just(Encoding::Utf16Be),
    ];
    let delimiter = prop::sample::select(b",;\t| .:".to_vec());
    (
        any::<bool>(),
        prop::option::of(delimiter),
        prop::option::of(quotes),
        any::<Option<bool>>(),
        prop::option::weighted(0.3, encoding),
        any::<Option<bool>>(),
    )
        .prop_map(
            |(csv, delimiter, quotes, decimal_comma, encoding, header)| DialectChoice {
                csv,
                delimiter,
                quotes,
                decimal_comma,
                encoding,
                header,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn cutting_changes_nothing_however_a_file_is_read(bytes in any_text(), dialect in any_choice(), seed: u64) {
        let connect = |feature: usize, column: usize| Connection {
            column: format!("feature {feature}"),
            header: Some(format!("column {column}")),
        };
        let by_number = PlanOptions {
            dialect,
            columns: vec![connect(0, 1), connect(2, 1)],
            label: LabelChoice::None,
            ..PlanOptions::default()
        };
        // Some choices leave no header or no rows, and say so.
        if let Ok(plan) = Plan::of_any_header(model(), &bytes, bytes.len() as u64, &by_number) {
            let plan = Arc::new(plan);
            let whole = analyse_whole(&plan, &bytes);
            let random = &mut Random(seed);
            let bounds = random_bounds(&plan, random);
            let cut = analyse(&plan, &bytes, &bounds, random);
            prop_assert_eq!(&cut, &whole, "cut at {:?}", bounds);
        }
    }

    #[test]
    fn cutting_changes_nothing(bytes in any_text(), seed: u64) {
        let plan = plan(&bytes);
        let whole = analyse_whole(&plan, &bytes);
        let random = &mut Random(seed);
        for _ in 0..4 {
            let bounds = random_bounds(&plan, random);
            let cut = analyse(&plan, &bytes, &bounds, random);
            prop_assert_eq!(&cut.0, &whole.0, "cut at {:?}", bounds);
            prop_assert_eq!(&cut.1, &whole.1, "cut at {:?}", bounds);
            // Unlike equality this tells zeros of either sign apart.
            let [cut, whole] = [&cut.1, &whole.1].map(|summary| format!("{summary:?}"));
            prop_assert_eq!(cut, whole);
        }
    }

    #[test]
    fn records_are_those_of_the_csv_crate(bytes in delimited_text()) {
        let plan = plan(&bytes);
        let dialect = plan.head().layout.dialect;
        let (columns, summary) = analyse_whole(&plan, &bytes);
        let mut reader =
            csv::ReaderBuilder::new()
                .has_headers(true)
                .flexible(true)
                .delimiter(dialect.delimiter)
                .escape((dialect.quotes == Quotes::Escaped).then_some(b'\\'))
                .from_reader(&bytes[..]);
        let expected: Vec<Vec<String>> = reader
            .byte_records()
            .map(|record| record.unwrap().iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect())
            .collect();
        let data = &bytes[plan.head().data_start as usize..];
        let found = read_cells(&plan, data, usize::MAX);
        // The crate takes a quote that never closes for text to the end; here it is a reject.
        let unclosed: u64 = summary.rejects.counts.iter()
            .filter(|((kind, _), _)| *kind == RejectKind::UnclosedQuote).map(|(_, rows)| rows).sum();
        let known = expected.len() - unclosed as usize;
        prop_assert_eq!(&found.rows[..known], &expected[..known]);
        prop_assert_eq!(found.rows.len(), expected.len());
        prop_assert_eq!(columns.class.len(), expected.len());
        for (row_idx, cells) in expected.iter().enumerate() {
            let number = |cell: &str| {
                let cell = cell.trim();
                is_unset(cell.as_bytes()) || cell.parse::<f32>().is_ok()
            };
            let accepted = row_idx < known && cells.len() == 5 && number(&cells[0]) && number(&cells[2]);
            prop_assert_eq!(columns.class[row_idx] != 255, accepted, "row {}: {:?}", row_idx, cells);
            prop_assert_eq!(columns.rejected[row_idx / 8] >> (row_idx % 8) & 1 == 0, accepted);
        }
        for reject in &summary.rejects.first {
            prop_assert_eq!(reject.line, line_of(&bytes, reject.offset));
        }
        for (block, &offset) in columns.offsets.iter().enumerate() {
            let in_data = offset - plan.head().data_start;
            prop_assert_eq!(u64::from(found.offsets[block * 64]), in_data);
        }
        prop_assert_eq!(summary.rows, expected.len() as u64);
        prop_assert_eq!(summary.rejects.rows(), columns.class.iter().map(|&class| u64::from(class == 255)).sum::<u64>());
    }

    #[test]
    fn merging_is_associative_and_commutative(bytes in csv_text(), seed: u64) {
        let plan = plan(&bytes);
        let random = &mut Random(seed);
        let (begin, end) = (plan.head().data_start, plan.size());
        // Summaries of any three parts of a file, whether or not each starts where the one before ended.
        let mut cuts: Vec<u64> = (0..4).map(|_| begin + random.below((end - begin) as usize) as u64).collect();
        cuts.sort_unstable();
        let parts: Vec<Summary> = cuts.windows(2).zip(0..).map(|(cut, slice)| {
            let span = SliceSpan { begin: cut[0], end: cut[1], first: None };
            read_slice(&plan, &bytes, slice, span, random).0.summary
        }).collect();
        let merged = |order: [usize; 3]| {
            let mut summary = parts[order[0]].clone();
            summary.merge(&parts[order[1]]);
            summary.merge(&parts[order[2]]);
            summary
        };
        let mut right = parts[1].clone();
        right.merge(&parts[2]);
        let mut nested = parts[0].clone();
        nested.merge(&right);
        let expected = merged([0, 1, 2]);
        prop_assert_eq!(&nested, &expected);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            prop_assert_eq!(&merged(order), &expected);
        }
    }
}

/// The first half of a pair of UTF-16 code units waits for the second, which the end of the file takes away.
#[test]
fn half_a_character_at_the_end_of_utf16_is_not_lost() {
    let high = 0xd83d_u16.to_le_bytes();
    for (last, rows) in [("1,word 1,2,kind 1,", 1), ("1,word 1,2,kind 1,x\n", 2)] {
        let text = utf16(&format!("{HEADER}\n{last}"), false);
        let bytes = [&text[..], &high].concat();
        let plan = plan(&bytes);
        let whole = analyse_whole(&plan, &bytes);
        assert_eq!(whole.1.rows, rows, "{last}");
        let cells = read_cells(&plan, &bytes[plan.head().data_start as usize..], 10);
        let last_cell = cells.rows.last().and_then(|row| row.last());
        assert_eq!(last_cell.expect("a cell"), "\u{fffd}");
        for slice_bytes in 1..50 {
            let bounds = plan.slice_bounds(slice_bytes);
            let cut = analyse(&plan, &bytes, &bounds, &mut Random(slice_bytes));
            assert_eq!(cut, whole, "slices of {slice_bytes} bytes");
        }
    }
}

/// A record over the limit, quoted or not, costs itself and nothing else, and is never held.
#[test]
fn a_record_that_is_too_long_is_one_reject_wherever_it_is_cut() {
    let good = "1,word 1,2,kind 1,x\n";
    let long = "y".repeat(MAX_RECORD_BYTES);
    let fits = "z".repeat(MAX_RECORD_BYTES - "1,word 1,2,kind 1,".len());
    let text = [
        HEADER,
        "\n",
        good,
        &format!("1,word 1,2,kind 1,{long}\n"),
        good,
        &format!(
            "1,word 1,2,kind 1,\"{}\"\n",
            long.replace("yyyyyyyy", "yy\"\"\n,yy")
        ),
        good,
        &format!("1,word 1,2,kind 1,{fits}\n"),
        &format!("1,word 1,2,kind 1,z{fits}\n"),
        good,
    ]
    .concat();
    let bytes = text.as_bytes();
    let plan = plan(bytes);
    let whole = analyse_whole(&plan, bytes);
    let (columns, summary) = &whole;
    let rejected: Vec<bool> = columns.class.iter().map(|&class| class == 255).collect();
    assert_eq!(
        rejected,
        [false, true, false, true, false, false, true, false]
    );
    let inner_lines = (MAX_RECORD_BYTES / 8) as u64;
    let lines: Vec<(u64, RejectKind)> = summary
        .rejects
        .first
        .iter()
        .map(|reject| (reject.line, reject.kind))
        .collect();
    let expected = [3, 5, 8 + inner_lines].map(|line| (line, RejectKind::TooLong));
    assert_eq!(lines, expected);
    for (seed, slice_bytes) in [(1, 1 << 16), (2, 300_001), (3, 1 << 21)] {
        let bounds = plan.slice_bounds(slice_bytes);
        assert_eq!(analyse(&plan, bytes, &bounds, &mut Random(seed)), whole);
    }
}

/// A slice that failed twice is read again only for its rows: all are rejects, and the file's rows stay in place.
#[test]
fn rejecting_a_slice_keeps_the_rows_of_the_others_in_place() {
    let mut text = format!("{HEADER}\n");
    for i in 0..100 {
        writeln!(text, "{i},word 1,{i},kind 1,x").unwrap();
    }
    let bytes = text.as_bytes();
    let plan = plan(bytes);
    let (whole, _) = analyse_whole(&plan, bytes);
    let bounds = plan.slice_bounds(bytes.len() as u64 / 3);
    let mut merger = Merger::new(&plan, bounds.clone());
    let mut columns = ResultColumns::default();
    let mut lost = 0..0;
    for (slice, ends) in bounds.windows(2).enumerate() {
        let purpose = if slice == 1 {
            Purpose::RejectAll
        } else {
            Purpose::Score
        };
        let span = SliceSpan {
            begin: ends[0],
            end: ends[1],
            first: None,
        };
        let mut task = SliceTask::new(Arc::clone(&plan), slice as u32, span, purpose);
        task.push(&bytes[task.position() as usize..]);
        let (outcome, rows) = task.finish();
        let events = merger.offer(outcome);
        let [
            MergeEvent::Accept {
                rows: n_rows,
                row_base,
                first_record,
                first_line,
                last_line,
                ..
            },
        ] = events[..]
        else {
            panic!("{events:?}");
        };
        columns.append(&rows, first_record);
        if slice == 1 {
            lost = row_base as usize..(row_base + n_rows) as usize;
            assert_eq!(
                (first_line, last_line),
                (row_base + 2, row_base + n_rows + 1)
            );
        }
    }
    assert!(!lost.is_empty());
    assert_eq!(columns.class.len(), whole.class.len());
    for row_idx in 0..100 {
        let expected = if lost.contains(&row_idx) {
            255
        } else {
            whole.class[row_idx]
        };
        assert_eq!(columns.class[row_idx], expected, "row {row_idx}");
    }
    let rejects = &merger.summary().rejects;
    assert_eq!(rejects.rows(), lost.len() as u64);
    assert_eq!(rejects.first[0].line, lost.start as u64 + 2);
    assert_eq!(rejects.first[0].kind, RejectKind::WorkerFailed);
}
