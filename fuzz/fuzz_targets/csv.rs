//! Tables of cells between delimiters: whole, cut, and against another reader.

#![no_main]

use flowsieve::table::dialect::Format;
use flowsieve_fuzz::reading;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if reading::check(data, Format::Csv) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
