//! Flowsieve's reader and number parser beside csv-core with fast-float2, on the same bytes in the same wasm module: CSV
//! to rows of `f32`, NaN where a cell is no number. `cargo xtask bench parse` times them in a browser's worker.

#![allow(unsafe_code)] // Exports need their own names, and nothing else here is unsafe.

use flowsieve::table::head::HEAD_BYTES;
use flowsieve::table::number::{Cell, parse};
use flowsieve::table::{Broken, DialectChoice, Head, Record, RecordSink, SliceReader, SliceSpan};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bytes to parse, and the rows that were parsed last.
struct Bench {
    input: Vec<u8>,
    values: Vec<f32>,
}

static BENCH: Mutex<Bench> = Mutex::new(Bench {
    input: Vec::new(),
    values: Vec::new(),
});

fn bench() -> MutexGuard<'static, Bench> {
    BENCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes room for `len` bytes of input; where they go.
#[unsafe(no_mangle)]
pub extern "C" fn input(len: usize) -> *mut u8 {
    let mut bench = bench();
    bench.input = vec![0; len];
    bench.input.as_mut_ptr()
}

/// Parses the input by Flowsieve's reader; how many values there are.
#[unsafe(no_mangle)]
pub extern "C" fn parse_flowsieve() -> usize {
    let Bench { input, values } = &mut *bench();
    values.clear();
    let size = input.len() as u64;
    let Ok(head) = Head::read(
        &input[..input.len().min(HEAD_BYTES)],
        size,
        DialectChoice::default(),
    ) else {
        return 0;
    };
    let span = SliceSpan {
        begin: head.data_start,
        end: size,
        first: Some(head.data_start),
    };
    let mut reader = SliceReader::new(span, &head.layout);
    let mut rows = Rows(values);
    reader.push(&input[head.data_start as usize..], &mut rows);
    reader.finish(&mut rows);
    values.len()
}

struct Rows<'a>(&'a mut Vec<f32>);

impl RecordSink for Rows<'_> {
    fn record(&mut self, record: &Record<'_>) {
        let text = record.text();
        self.0.extend((0..record.len()).map(|cell| {
            let (start, end) = record.span(cell);
            match parse(text, start, end) {
                Cell::Number(value) => value,
                Cell::Missing | Cell::Invalid => f32::NAN,
            }
        }));
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

/// Parses the input by csv-core and fast-float2; how many values there are.
#[unsafe(no_mangle)]
pub extern "C" fn parse_csv_core() -> usize {
    let Bench { input, values } = &mut *bench();
    values.clear();
    let mut reader = csv_core::Reader::new();
    let mut rest = &input[..];
    let (mut cells, mut ends) = (vec![0; 1 << 16], vec![0; 1 << 12]);
    let mut is_header = true;
    loop {
        let (result, read, _, found) = reader.read_record(rest, &mut cells, &mut ends);
        rest = &rest[read..];
        match result {
            csv_core::ReadRecordResult::Record => {
                let mut start = 0;
                let row = ends[..found].iter().map(|&end| {
                    let value = fast_float2::parse(&cells[start..end]);
                    start = end;
                    value.unwrap_or(f32::NAN)
                });
                if !std::mem::take(&mut is_header) {
                    values.extend(row);
                }
            }
            csv_core::ReadRecordResult::InputEmpty if rest.is_empty() => {}
            csv_core::ReadRecordResult::End => return values.len(),
            // Records of this file are far shorter than the buffers.
            _ => return 0,
        }
    }
}

/// The bits of all values of the last parse, in one number: equal where the values are.
#[unsafe(no_mangle)]
pub extern "C" fn checksum() -> u32 {
    let bits = |value: &f32| if value.is_nan() { 1 } else { value.to_bits() };
    let values = &bench().values;
    values.iter().fold(0, |sum, value| {
        (sum ^ bits(value)).wrapping_mul(0x9e37_79b1).rotate_left(7)
    })
}
