//! Logs of one JSON object a line: whole, cut, and against another reader.

#![no_main]

use flowsieve::table::dialect::Format;
use flowsieve_fuzz::reading;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if reading::check(data, Format::JsonLines) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
