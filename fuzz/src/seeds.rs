//! Small made-up inputs that fuzzing starts from: every form that is read, every branch that is known.

use crate::input::Input;
use crate::model_support::{Random, Shape, boosted, spec, with_self_test};
use crate::packs::plain;
use crate::slice_support::{HEADER, utf16};

/// A name and the bytes of an input.
pub type Seed = (String, Vec<u8>);

/// What `csv` starts from.
pub fn csv() -> Vec<Seed> {
    with_cuts(&csv_files())
}

/// What `zeek` starts from.
pub fn zeek() -> Vec<Seed> {
    with_cuts(&zeek_files())
}

/// What `json` starts from.
pub fn json() -> Vec<Seed> {
    with_cuts(&json_files())
}

/// What `sniff` starts from: all of these, and the first bytes of what is no text.
pub fn sniff() -> Vec<Seed> {
    let mut files = [csv_files(), zeek_files(), json_files()].concat();
    for (number, start) in [
        &b"\x89PNG\r\n"[..],
        b"%PDF-1.7",
        b"\x1f\x8b\x08",
        b"PK\x03\x04",
        b"\xd4\xc3\xb2\xa1",
        b"PAR1",
        b"\x89SIEVE\r\n",
        b"a,\0\n",
        b"\n\r\n",
        b"[{\"a\":1}]",
        b"#separator ab\n",
    ]
    .into_iter()
    .enumerate()
    {
        files.push((format!("refused-{number}"), start.to_vec()));
    }
    with_cuts(&files)
}

/// What `pack` starts from.
///
/// # Panics
///
/// Never: the made-up models are valid.
pub fn pack() -> Vec<Seed> {
    let shape = |n_features, n_classes, n_trees, n_leaves, n_isolation_trees| Shape {
        n_features,
        n_classes,
        n_trees,
        n_leaves,
        n_isolation_trees,
        seed: 3,
    };
    let shapes = [
        shape(1, 1, 1, 1, 0),
        shape(3, 2, 2, 4, 2),
        shape(3, 3, 5, 12, 5),
        shape(5, 9, 11, 20, 0),
        shape(3, 3, 21, 2, 11),
    ];
    let first = include_bytes!("../../tests/golden/format-1.sieve");
    let mut seeds = vec![("first".to_owned(), first.to_vec())];
    for (number, shape) in shapes.into_iter().enumerate() {
        let spec = spec(shape);
        let tested = with_self_test(spec.clone(), 2);
        let written = flowsieve::pack::write(&tested).expect("a valid model");
        seeds.push((format!("plain-{number}"), plain(&spec)));
        seeds.push((format!("tested-{number}"), plain(&tested)));
        seeds.push((format!("written-{number}"), written));
        let scores = with_self_test(boosted(spec, 3), 2);
        seeds.push((format!("boosted-{number}"), plain(&scores)));
    }
    seeds
}

fn with_cuts(files: &[Seed]) -> Vec<Seed> {
    let random = &mut Random(1);
    let seed = |(name, file): &Seed| (name.clone(), Input::with_cuts(file, random));
    files.iter().map(seed).collect()
}

fn csv_files() -> Vec<Seed> {
    let rows = "1,word 1,2,kind 1,x\n2.5,\"word \"\"0\"\"\",-,kind 2,\"a\n,b\"\r\n\r\n,,inf,,\n";
    let plain = format!("{HEADER}\n{rows}");
    let form = |name: &str, file: &str| (name.to_owned(), file.as_bytes().to_vec());
    let delimited = |delimiter: &str| plain.replace(',', delimiter);
    vec![
        form("plain", &plain),
        form("mark", &format!("\u{feff}\n\n{plain}")),
        form("returns", &plain.replace('\n', "\r")),
        form("tabs", &delimited("\t")),
        form("pipes", &delimited("|")),
        form("semicolons", &delimited(";").replace('.', ",")),
        form("escapes", "a,b\n\"x\\\",\",y\n\"\\\\\",\"\\\"\"\n1,\"\n"),
        form("unclosed", &format!("{plain}1,word 1,\"2\n{rows}")),
        form(
            "ragged",
            &format!("{HEADER}\n1\n1,2\n{rows}1,2,3,4,5,6,7\n\""),
        ),
        form("no-header", "1,2.5,x\n3,4,y\n"),
        form("times", &plain.replace(",2,", ",2017-07-03 08:55:58.5,")),
        (
            "windows-1252".to_owned(),
            [plain.as_bytes(), b"1,\xfcber,2,\x96,\xff\n"].concat(),
        ),
        ("utf-16-le".to_owned(), utf16(&plain, false)),
        (
            "utf-16-be".to_owned(),
            utf16(&format!("\u{feff}{plain}é😀,,,,"), true),
        ),
    ]
}

fn zeek_files() -> Vec<Seed> {
    let log = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\tNIL\n#path\tconn\n\
               #fields\tfeature 0\tFEATURE_1\tFeature.2\tlabel   extra\n\
               #types\tdouble\tstring\tdouble\tstring   string\n\
               1\tword 1\t2\tkind 1   x\n2.5\tNIL\t(empty)\t-   \"   \n#close\t2020-01-01-00-00-00\n";
    let bare =
        "1.5\tC\t::1\t1\t::2\t2\ttcp\t-\t-\t-\t-\tS0\t-\t-\t0\tS\t1\t40\t0\t0\t-   Benign   -\n";
    let other = log.replace("feature 0\tFEATURE_1", "FEATURE_1\tfeature 0");
    let separated = log.replace('\t', "|").replace("\\x09", "\\x7c");
    let files = [
        ("log", log.to_owned()),
        ("two-logs", log.repeat(2)),
        ("other-fields", format!("{log}{other}")),
        ("returns", log.replace('\n', "\r\n")),
        ("pipes", separated),
        (
            "one-field",
            "#separator ,\n#fields\nword 1\n2,3\n".to_owned(),
        ),
        ("bare", bare.repeat(2)),
    ];
    let seed = |(name, file): (&str, String)| (name.to_owned(), file.into_bytes());
    files.into_iter().map(seed).collect()
}

fn json_files() -> Vec<Seed> {
    let lines = "{\"feature 0\":1,\"FEATURE_1\":\"word 1\",\"Feature.2\":2,\"label\":\"kind 1\"}\n\
                 {\"feature 0\": -1.5e3 , \"new\\u0041\":[1,\"\\n\\ud83d\\ude00\",[]],\"t\":true,\"n\":null}\r\n\n\
                 {\"a\":{\"b\":{\"c\":\"\\\"\\\\\"}},\"label\":false}\n{}\nno\n{\"a\":[{\"b\":1}]}\n{\"a\":1,\"a\":2}";
    let zeek =
        "{\"ts\":1.5,\"uid\":\"C\",\"id.orig_h\":\"::1\",\"proto\":\"tcp\"}\n{\"uid\":\"D\"}\n";
    let mut files: Vec<Seed> = [("lines", lines), ("zeek", zeek)]
        .map(|(name, file)| (name.to_owned(), file.as_bytes().to_vec()))
        .into();
    files.push(("utf-16".to_owned(), utf16(lines, false)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{packs, reading, sniffing};
    use flowsieve::table::dialect::Format;

    #[test]
    fn seeds_are_what_their_targets_read() {
        let formats = [
            (Format::Csv, csv()),
            (Format::ZeekTsv, zeek()),
            (Format::JsonLines, json()),
        ];
        for (format, seeds) in formats {
            for (name, bytes) in seeds {
                assert!(reading::check(&bytes, format), "{format:?} {name}");
            }
        }
        for (_, bytes) in sniff() {
            sniffing::check(&bytes);
        }
        for (name, bytes) in pack() {
            assert!(flowsieve::pack::read(&bytes).is_ok(), "{name}");
            packs::check(&bytes);
        }
    }
}
