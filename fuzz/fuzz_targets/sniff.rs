//! The first bytes of any file.

#![no_main]

use flowsieve_fuzz::sniffing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| sniffing::check(data));
