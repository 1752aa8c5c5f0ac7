//! Numbers are bit for bit what the standard parser says, on as many generated strings as `FLOWSIEVE_NUMBERS` names:
//!
//! ```sh
//! FLOWSIEVE_NUMBERS=100000000 cargo test --release --test numbers
//! ```

mod model_support;

use flowsieve::table::number::{Cell, parse};
use model_support::Random;
use std::io::Write;

const DEFAULT: u64 = 300_000;
/// What stands before a cell must not matter.
const PADDING: usize = 16;

/// Writes a number as flow files have them, often one near the middle of two neighbouring `f32`.
fn generate(random: &mut Random, text: &mut Vec<u8>) {
    text.truncate(PADDING);
    let some_f32 = |random: &mut Random| {
        let exponent = 127 - 30 + random.below(60) as u32;
        let bits = exponent << 23 | random.below(1 << 23) as u32;
        f32::from_bits(bits)
    };
    let done = match random.below(8) {
        0 => write!(text, "{}", random.below(100_000)),
        1 => write!(
            text,
            "{}.{:0width$}",
            random.below(1000),
            random.below(1_000_000),
            width = 1 + random.below(9)
        ),
        2 => write!(text, "{}", some_f32(random)),
        3 => write!(text, "{}", f64::from(some_f32(random)) * 1.000_000_1),
        4 => {
            // The midpoint of two f32, exactly, or a last digit away.
            let low = some_f32(random);
            let high = f32::from_bits(low.to_bits() + 1);
            let middle = f64::midpoint(f64::from(low), f64::from(high));
            let nudge = [0.0, 1e-15, -1e-15][random.below(3)];
            write!(text, "{}", middle * (1.0 + nudge))
        }
        5 => write!(text, "{}{}", random.below(1 << 30), random.below(1 << 30)),
        6 => write!(
            text,
            "{}e{}",
            random.below(1 << 24),
            random.below(60) as i32 - 30
        ),
        _ => {
            let length = 1 + random.below(20);
            for _ in 0..length {
                text.push(b"0123456789.-"[random.below(12)]);
            }
            Ok(())
        }
    };
    done.expect("room");
    if random.below(8) == 0 {
        text.insert(PADDING, b'-');
    }
}

#[test]
fn numbers_are_those_of_the_standard_parser() {
    let count = std::env::var("FLOWSIEVE_NUMBERS").map_or(DEFAULT, |count| {
        count.parse().expect("FLOWSIEVE_NUMBERS is a number")
    });
    let random = &mut Random(count);
    let mut text = b"9.5-7e1,33.25,44".to_vec();
    let mut numbers = 0_u64;
    for _ in 0..count {
        generate(random, &mut text);
        let cell = std::str::from_utf8(&text[PADDING..]).expect("ASCII");
        let expected = cell.parse::<f32>().ok();
        match (parse(&text, PADDING, text.len()), expected) {
            (Cell::Number(found), Some(expected)) => {
                assert_eq!(found.to_bits(), expected.to_bits(), "{cell}");
                numbers += 1;
            }
            (Cell::Number(found), None) => panic!("{cell} gave {found}"),
            (Cell::Missing, _) => assert_eq!(cell, "-"),
            (Cell::Invalid, expected) => assert_eq!(expected, None, "{cell}"),
        }
    }
    assert!(numbers > count / 2, "{numbers} of {count} are numbers");
}
