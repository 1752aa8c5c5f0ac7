//! The same flows in another format give the same results: other delimiters, Zeek logs, JSON lines, one column per word.

mod model_support;
mod slice_support;

use flowsieve::analysis::{MergeEvent, Merger};
use flowsieve::table::SliceSpan;
use model_support::Random;
use proptest::prelude::*;
use slice_support::{HEADER, analyse, analyse_whole, plan, random_bounds, read_slice, utf16};
use std::fmt::Write;

/// The same flows, written in every way that is read.
fn forms(rows: &[(f32, &str, f32, &str)]) -> Vec<(&'static str, Vec<u8>)> {
    let number = |value: f32, missing: &str| {
        if value.is_nan() {
            missing.to_owned()
        } else {
            value.to_string()
        }
    };
    let table = |delimiter: &str, header: &str, comma: bool| {
        let mut text = header.replace(',', delimiter);
        for &(a, word, c, label) in rows {
            let cells = [
                number(a, ""),
                word.to_owned(),
                number(c, "-"),
                label.to_owned(),
                "x".to_owned(),
            ];
            let cells = cells.map(|cell| if comma { cell.replace('.', ",") } else { cell });
            text.push_str(&cells.join(delimiter));
            text.push('\n');
        }
        text
    };
    let header = format!("{HEADER}\n");
    let csv = table(",", &header, false);
    let mut quoted = String::new();
    for line in csv.lines() {
        write!(quoted, "\"{}\"\r\n", line.replace(',', "\",\"")).unwrap();
    }
    let mut zeek = String::from(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
         #fields\tfeature 0\tFEATURE_1\tFeature.2\tlabel   extra\n#types\tdouble\tstring\tdouble\tstring   string\n",
    );
    let mut json = String::new();
    for &(a, word, c, label) in rows {
        let (a_text, c_text) = (number(a, "-"), number(c, "-"));
        writeln!(zeek, "{a_text}\t{word}\t{c_text}\t{label}   x").unwrap();
        let mut keys = vec![
            format!("\"label\":\"{label}\""),
            format!("\"FEATURE_1\":\"{word}\""),
        ];
        keys.extend((!c.is_nan()).then(|| format!("\"Feature.2\":{c}")));
        keys.extend((!a.is_nan()).then(|| format!("\"feature 0\":{a}")));
        writeln!(json, "{{{}}}", keys.join(",")).unwrap();
    }
    zeek.push_str("#close\t2020-01-01-00-00-00\n");
    vec![
        ("UTF-16 LE", utf16(&csv, false)),
        (
            "UTF-16 BE with a mark",
            utf16(&format!("\u{feff}{csv}"), true),
        ),
        (
            "semicolons and decimal commas",
            table(";", &header, true).into_bytes(),
        ),
        ("tabs", table("\t", &header, false).into_bytes()),
        ("pipes", table("|", &header, false).into_bytes()),
        ("every cell quoted", quoted.into_bytes()),
        ("Zeek", zeek.clone().into_bytes()),
        ("two Zeek logs", zeek.repeat(2).into_bytes()),
        ("JSON lines", json.into_bytes()),
        ("CSV", csv.into_bytes()),
    ]
}

#[test]
fn the_same_flows_in_every_form_give_the_same_results() {
    let random = &mut Random(3);
    let rows: Vec<(f32, &str, f32, &str)> = (0..300)
        .map(|row_idx| {
            let word = ["word 0", "word 1", "never seen"][random.below(3)];
            let label = ["kind 0", "kind 1", "kind 2", "no kind"][random.below(4)];
            let a = random.below(90_000) as f32 / 8.0;
            let a = if row_idx % 7 == 3 { f32::NAN } else { a };
            let c = row_idx as f32 * 1.25;
            let c = if row_idx % 5 == 2 { f32::NAN } else { c };
            (a, word, c, label)
        })
        .collect();
    let mut forms = forms(&rows);
    let (_, csv) = forms.pop().expect("CSV");
    let (expected, summary) = analyse_whole(&plan(&csv), &csv);
    assert_eq!((summary.rows, summary.rejects.rows()), (300, 0));
    for (form, bytes) in forms {
        let plan = plan(&bytes);
        let (found, summary) = analyse_whole(&plan, &bytes);
        let times = if form == "two Zeek logs" { 2 } else { 1 };
        assert_eq!(summary.rows, 300 * times, "{form}");
        assert_eq!(
            summary.rejects.rows(),
            0,
            "{form}: {:?} {:?}",
            summary.rejects.first.first(),
            plan.head()
        );
        assert_eq!(found.class, expected.class.repeat(times as usize), "{form}");
        assert_eq!(found.label, expected.label.repeat(times as usize), "{form}");
        assert_eq!(
            found.confidence,
            expected.confidence.repeat(times as usize),
            "{form}"
        );
        assert_eq!(found.rank, expected.rank.repeat(times as usize), "{form}");
    }
}

#[test]
fn a_zeek_log_that_goes_on_with_other_fields_is_refused() {
    let log = "#separator \\x09\n#fields\tfeature 0\tFEATURE_1\tFeature.2\n1\tword 1\t2\n#close\n";
    let other = log.replace("feature 0\tFEATURE_1", "FEATURE_1\tfeature 0");
    for (second, accepted) in [(log, true), (other.as_str(), false)] {
        let bytes = [log, second].concat().into_bytes();
        let plan = plan(&bytes);
        let bounds = plan.slice_bounds(10);
        let mut merger = Merger::new(&plan, bounds.clone());
        for slice in 0..merger.slices() {
            let span = SliceSpan {
                begin: bounds[slice],
                end: bounds[slice + 1],
                first: None,
            };
            let mut events =
                merger.offer(read_slice(&plan, &bytes, slice as u32, span, &mut Random(1)).0);
            while let [MergeEvent::Rerun { first, .. }] = events[..] {
                let span = SliceSpan {
                    first: Some(first),
                    ..span
                };
                events =
                    merger.offer(read_slice(&plan, &bytes, slice as u32, span, &mut Random(1)).0);
            }
        }
        assert!(merger.is_complete());
        assert_eq!(merger.require_one_header().is_ok(), accepted);
        let message = merger
            .require_one_header()
            .err()
            .map(|error| error.to_string());
        let place = format!("At byte {}", log.len() + log.find("#fields").unwrap());
        assert!(
            message.is_none_or(|message| message.starts_with(&place)),
            "{place}"
        );
    }
}

/// The words of a category, one column for each that there is, with what the model does not know among them.
const WORDS: [&str; 6] = ["word 0", "word 1", "word 2", "never seen", "nor this", "-"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A category written as one column per word is the category.
    #[test]
    fn one_column_per_word_gives_the_results_of_one_column(
        rows in prop::collection::vec((0..90_000_u32, 0..WORDS.len() + 1, 0..86_400_u32, 0..3_usize), 1..60),
        known in 0..3_usize,
        seed in any::<u64>(),
    ) {
        let random = &mut Random(seed);
        let mut present: Vec<usize> = rows.iter().map(|row| row.1).chain([known]).collect();
        present.retain(|&word| word < WORDS.len());
        present.sort_unstable();
        present.dedup();
        let mut plain = "feature 0,FEATURE_1,Feature.2,label\n".to_owned();
        let columns: Vec<String> = present.iter().map(|&word| format!("FEATURE_1_{}", WORDS[word])).collect();
        let mut one_hot = format!("feature 0,{},Feature.2,label\n", columns.join(","));
        for &(a, word, c, label) in &rows {
            let text = WORDS.get(word).unwrap_or(&"");
            writeln!(plain, "{a},{text},{c},kind {label}").unwrap();
            let cells: Vec<&str> = present
                .iter()
                .map(|&other| if other == word {
                    ["1", "1.0", "true", "T", " True "][random.below(5)]
                } else {
                    ["0", "0.0", "false", "F", "", "-", "2"][random.below(7)]
                })
                .collect();
            writeln!(one_hot, "{a},{},{c},kind {label}", cells.join(",")).unwrap();
        }
        let result = |text: String| {
            let bytes = text.into_bytes();
            let plan = plan(&bytes);
            let bounds = random_bounds(&plan, &mut Random(seed));
            let (columns, summary) = analyse(&plan, &bytes, &bounds, &mut Random(seed));
            ((columns.class, columns.label, columns.confidence, columns.rank), summary.columns)
        };
        prop_assert_eq!(result(one_hot), result(plain));
    }
}

#[test]
fn words_that_contradict_each_other_are_missing_and_other_ones_are_other() {
    let values = |cells: &str| {
        let text = format!(
            "feature 0,FEATURE_1_word 0,FEATURE_1_word 1,FEATURE_1_x,Feature.2\n1,{cells},2\n"
        );
        let plan = plan(text.as_bytes());
        assert!(plan.header().ignored.is_empty() && plan.header().has(1));
        let (_, summary) = analyse_whole(&plan, text.as_bytes());
        let found = &summary.columns[1];
        (found.missing, found.other_category)
    };
    assert_eq!(values("0,0,0"), (1, 0));
    assert_eq!(values("1,1,0"), (1, 0));
    assert_eq!(values("0,1,0"), (0, 0));
    assert_eq!(values("0,0,1"), (0, 1));
    assert_eq!(values("1,0,1"), (0, 1));
}
