//! Cells to `f32`: the nearest one, bit for bit what the standard parser says.
//!
//! Most numbers of a flow file are short decimals such as `1504.3`. Their last eight or sixteen bytes are loaded as
//! integers, what stands before the cell is blanked, the point is closed up, and eight digits at a time become a number
//! by three multiplications (Lemire and Mula). Digits over a power of ten, both exact, give the nearest `f64`; its
//! nearest `f32` is the answer unless it lies on the midpoint of two, where `lexical-parse-float` decides. So does
//! everything else, such as exponents and `inf`. Its compact form says what the standard parser says without that one's table of
//! powers, which is 7 KB of the page's module.

use lexical_parse_float::FromLexical;

/// What a cell of a numeric column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// A number, perhaps infinite, never NaN.
    Number(f32),
    /// An unset marker: nothing, `-`, `(empty)`, `nan`, `null`, `NA`, `?`.
    Missing,
    /// Text.
    Invalid,
}

/// Powers of ten that `f64` holds exactly.
const POWERS_OF_TEN: [f64; 17] = [
    1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
];

/// The largest integer below which `f64` holds all.
const EXACT: u64 = 1 << 53;

/// Reads the cell `text[start..end]`. At least sixteen bytes must stand before `end`.
// A call for each cell costs as much as reading it.
#[allow(clippy::inline_always)]
#[inline(always)]
pub fn parse(text: &[u8], start: usize, end: usize) -> Cell {
    // Half of the cells of a flow file are a flag or a small count.
    if let [digit @ b'0'..=b'9'] | [digit @ b'0'..=b'9', b'.', b'0'] = text[start..end] {
        return Cell::Number(f32::from(digit - b'0'));
    }
    match decimal(text, start, end) {
        Some(value) => Cell::Number(value),
        None => parse_any(&text[start..end]),
    }
}

/// Reads a cell of any form.
#[inline(never)]
pub fn parse_any(cell: &[u8]) -> Cell {
    let cell = cell.trim_ascii();
    if is_unset(cell) {
        return Cell::Missing;
    }
    // Words, so that text is not taken through the general parser. What it knows are `inf` and `nan`.
    if cell[0].is_ascii_alphabetic() && !matches!(cell[0] | 0x20, b'i' | b'n') {
        return Cell::Invalid;
    }
    // It also takes `infinity`, signs and exponents, which are what other tools write.
    match f32::from_lexical(cell) {
        Ok(value) if value.is_nan() => Cell::Missing,
        Ok(value) => Cell::Number(value),
        Err(_) => Cell::Invalid,
    }
}

/// Makes the comma of a number a point; text stays as it is.
pub(crate) fn comma_to_point(cell: &mut [u8]) {
    let numeric = |byte: &u8| matches!(byte, b'0'..=b'9' | b',' | b'-' | b'+' | b'e' | b'E' | b' ');
    if !cell.iter().all(numeric) {
        return;
    }
    for byte in cell {
        if *byte == b',' {
            *byte = b'.';
        }
    }
}

/// Whether a cell says that there is no value. Never asked of labels: there `-` may be a class.
pub fn is_unset(cell: &[u8]) -> bool {
    match cell {
        b"" | b"-" | b"?" => true,
        _ => [&b"(empty)"[..], b"nan", b"null", b"na", b"n/a", b"none"]
            .iter()
            .any(|word| cell.eq_ignore_ascii_case(word)),
    }
}

/// A decimal without exponent; `None` for anything else, and where rounding twice could differ from rounding once.
#[inline]
fn decimal(text: &[u8], start: usize, end: usize) -> Option<f32> {
    let negative = text.get(start) == Some(&b'-');
    let start = start + usize::from(negative);
    let magnitude = match end.checked_sub(start)? {
        0 => return None,
        length @ 1..=8 => up_to_eight(text, end, length)?,
        length @ 9..=16 => nearest(&up_to_sixteen(text, end, length)?)?,
        _ => longer(text, start, end)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Digits as an integer, and how many of them stand behind the point.
struct Digits {
    integer: u64,
    fraction: usize,
}

/// The nearest `f32`, unless `f64` cannot tell which that is.
#[inline]
fn nearest(digits: &Digits) -> Option<f32> {
    if digits.integer >= EXACT {
        return None;
    }
    let value = digits.integer as f64 / POWERS_OF_TEN[digits.fraction];
    // Halfway between two f32, as far as f64 can tell: what was rounded away decides.
    let on_midpoint = value.to_bits() & 0x1fff_ffff == 0x1000_0000;
    (!on_midpoint || digits.fraction == 0).then_some(value as f32)
}

/// A cell of one to eight bytes: most cells.
#[inline]
fn up_to_eight(text: &[u8], end: usize, length: usize) -> Option<f32> {
    let window: [u8; 8] = text.get(end.checked_sub(8)?..end)?.try_into().ok()?;
    // Little endian: the cell's last byte is the highest. What stands before the cell becomes zeros.
    let blank = 8 * (8 - length as u32);
    let mut digits = (u64::from_le_bytes(window) ^ ZEROS) >> blank << blank;
    let mut fraction = 0;
    if let Some(point) = last_point(digits) {
        if length == 1 {
            return None;
        }
        fraction = 7 - point as usize;
        digits = close_up(digits, point);
    }
    if !are_digits(digits) {
        return None;
    }
    nearest(&Digits {
        integer: eight_digits(digits),
        fraction,
    })
}

/// A cell of nine to sixteen bytes.
#[inline]
fn up_to_sixteen(text: &[u8], end: usize, length: usize) -> Option<Digits> {
    let window: &[u8; 16] = text.get(end.checked_sub(16)?..end)?.try_into().ok()?;
    let half = |from: usize| {
        window[from..from + 8]
            .try_into()
            .map_or(0, u64::from_le_bytes)
            ^ ZEROS
    };
    let blank = 8 * (16 - length as u32);
    let mut low = half(0) >> blank << blank;
    let mut high = half(8);
    let mut fraction = 0;
    if let Some(point) = last_point(high) {
        fraction = 7 - point as usize;
        high = close_up(high, point) | low >> 56;
        low <<= 8;
    } else if let Some(point) = last_point(low) {
        fraction = 15 - point as usize;
        low = close_up(low, point);
    }
    (are_digits(low) && are_digits(high)).then(|| Digits {
        integer: eight_digits(low) * 100_000_000 + eight_digits(high),
        fraction,
    })
}

/// A cell of more than sixteen bytes: its first sixteen bound the number from both sides, which mostly is enough.
#[inline(never)]
fn longer(text: &[u8], start: usize, end: usize) -> Option<f32> {
    let tail = text.get(start + 16..end)?;
    let low = up_to_sixteen(text, start + 16, 16)?;
    // Without a point among them the first sixteen say nothing of the magnitude.
    if low.fraction == 0 || !tail.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let high = Digits {
        integer: low.integer + 1,
        ..low
    };
    let (low, high) = (nearest(&low)?, nearest(&high)?);
    (low == high).then_some(low)
}

/// Eight digits 0.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Moves what stands before the point one byte up, over it.
#[inline]
fn close_up(digits: u64, point: u32) -> u64 {
    let from_point = u64::MAX << (8 * point);
    (digits & !from_point) << 8 | digits & (from_point << 8)
}

/// Index of the highest byte that was a point: 0x2e ^ 0x30 = 0x1e. Exact: no carry crosses bytes. Another point fails
/// the check of digits.
#[inline]
fn last_point(bytes: u64) -> Option<u32> {
    let zeroed = bytes ^ 0x1e1e_1e1e_1e1e_1e1e;
    let low_bits = (zeroed & 0x7f7f_7f7f_7f7f_7f7f) + 0x7f7f_7f7f_7f7f_7f7f;
    let found = !(low_bits | zeroed | 0x7f7f_7f7f_7f7f_7f7f);
    (found != 0).then(|| 7 - found.leading_zeros() / 8)
}

/// Whether each byte is 0 to 9.
#[inline]
fn are_digits(bytes: u64) -> bool {
    (((bytes & 0x7f7f_7f7f_7f7f_7f7f) + 0x7676_7676_7676_7676) | bytes) & 0x8080_8080_8080_8080 == 0
}

/// The number that eight digits spell, the most significant in the lowest byte.
#[inline]
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// The value of a cell of a time column: the second of the day (UTC), from epoch seconds or `YYYY-MM-DD HH:MM:SS` with
/// any fraction, `T` for the blank and `Z` behind.
pub fn parse_time(cell: &[u8]) -> Cell {
    const DAY_S: f64 = 86_400.0;
    let cell = cell.trim_ascii();
    if is_unset(cell) {
        return Cell::Missing;
    }
    let Ok(text) = std::str::from_utf8(cell) else {
        return Cell::Invalid;
    };
    if let Ok(epoch_s) = f64::from_lexical(text.as_bytes()) {
        return if epoch_s.is_finite() {
            Cell::Number(epoch_s.rem_euclid(DAY_S) as f32)
        } else {
            Cell::Missing
        };
    }
    match clock(text) {
        Some(second) => Cell::Number(second as f32),
        None => Cell::Invalid,
    }
}

/// The second of the day in `YYYY-MM-DD HH:MM:SS[.fraction][Z]`.
fn clock(text: &str) -> Option<f64> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let date_is_one = date.len() == 10
        && date
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
    let mut parts = time.trim_end_matches('Z').splitn(3, ':');
    let hour: u32 = parts.next()?.parse().ok().filter(|&hour| hour < 24)?;
    let minute: u32 = parts.next()?.parse().ok().filter(|&minute| minute < 60)?;
    let second: f64 = f64::from_lexical(parts.next()?.as_bytes())
        .ok()
        .filter(|second| (0.0..61.0).contains(second))?;
    date_is_one.then(|| f64::from(hour * 3600 + minute * 60) + second)
}

/// Whether a cell of zeros and ones, or of truth values, says yes: `1`, `1.0`, `1,0`, `T`, `true`.
pub fn is_set(cell: &[u8]) -> bool {
    match cell.trim_ascii() {
        [b'1' | b't' | b'T'] => true,
        [b'1', b'.' | b',', zeros @ ..] => zeros.iter().all(|&digit| digit == b'0'),
        word => word.eq_ignore_ascii_case(b"true"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(cell: &str) {
        let mut text = vec![b'7'; 16];
        text.extend_from_slice(cell.as_bytes());
        let found = parse(&text, 16, text.len());
        let bits = |value| {
            if let Cell::Number(value) = value {
                Some(f32::to_bits(value))
            } else {
                None
            }
        };
        let expected = cell
            .trim()
            .parse::<f32>()
            .ok()
            .filter(|value| !value.is_nan())
            .map(f32::to_bits);
        assert_eq!(bits(found), expected, "{cell:?} gave {found:?}");
    }

    #[test]
    fn numbers_equal_the_standard_parser() {
        for cell in [
            "0",
            "-0",
            "7",
            "33.0",
            "0.281148",
            "29729182.958603",
            "-12.5",
            ".5",
            "5.",
            "-.5",
            "1e3",
            "1E-7",
            "inf",
            "-inf",
            "+Infinity",
            "+4",
            "16777217",
            "16777217.0",
            "16777219",
            "9007199254740993",
            "9999999999999999",
            "0.000000059604645",
            "13.115935999999998",
            "8388608.5",
            "8388609.5",
            "340282356779733661",
            "00000000000000001",
            "123456789012345.6",
        ] {
            check(cell);
        }
    }

    #[test]
    fn what_is_no_number_is_said_to_be_none() {
        for (cell, expected) in [
            ("", Cell::Missing),
            ("-", Cell::Missing),
            (" ", Cell::Missing),
            ("NaN", Cell::Missing),
            ("(empty)", Cell::Missing),
            (".", Cell::Invalid),
            ("1.2.3", Cell::Invalid),
            ("--1", Cell::Invalid),
            ("1,5", Cell::Invalid),
            ("tcp", Cell::Invalid),
            ("1 2", Cell::Invalid),
            ("-.", Cell::Invalid),
            ("0x1f", Cell::Invalid),
            ("1\u{1e}", Cell::Invalid),
        ] {
            let mut text = vec![b'3'; 16];
            text.extend_from_slice(cell.as_bytes());
            assert_eq!(parse(&text, 16, text.len()), expected, "{cell:?}");
        }
    }

    #[test]
    fn a_time_is_the_second_of_its_day() {
        assert_eq!(parse_time(b"86405.5"), Cell::Number(5.5));
        assert_eq!(
            parse_time(b"2017-07-05 13:06:06.500"),
            Cell::Number(47_166.5)
        );
        assert_eq!(parse_time(b"2017-07-05T00:00:01Z"), Cell::Number(1.0));
        assert_eq!(parse_time(b"-"), Cell::Missing);
        assert_eq!(parse_time(b"noon"), Cell::Invalid);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_decimal_equals_the_standard_parser(cell in "-?[0-9]{0,10}(\\.[0-9]{0,10})?") {
            if cell != "-" && !cell.is_empty() { check(&cell); }
        }

        #[test]
        fn what_is_a_number_is_as_the_standard_parser_says(cell in "[-+]?[0-9.eEinfatyNIx_]{0,9}") {
            let of_standard = cell.parse::<f64>().ok().map(f64::to_bits);
            prop_assert_eq!(f64::from_lexical(cell.as_bytes()).ok().map(f64::to_bits), of_standard);
        }

        #[test]
        fn any_double_written_out_is_read_back(bits: u64) {
            let value = f64::from_bits(bits);
            let of = |text: String| f64::from_lexical(text.as_bytes()).ok().map(f64::to_bits);
            if !value.is_nan() {
                prop_assert_eq!(of(value.to_string()), Some(bits));
                prop_assert_eq!(of(format!("{value:e}")), Some(bits));
            }
        }

        #[test]
        fn any_exponent_equals_the_standard_parser(cell in "-?[0-9]{1,20}(\\.[0-9]{1,20})?[eE][-+]?[0-9]{1,3}") {
            check(&cell);
        }

        #[test]
        fn any_float_written_out_is_read_back(bits: u32) {
            let value = f32::from_bits(bits);
            if !value.is_nan() { check(&value.to_string()); check(&f64::from(value).to_string()); }
        }

        #[test]
        fn midpoints_equal_the_standard_parser(bits in 0x3000_0000_u32..0x5000_0000, nudge in -1_i32..=1) {
            let low = f64::from(f32::from_bits(bits));
            let high = f64::from(f32::from_bits(bits + 1));
            let mid = f64::from_bits(low.midpoint(high).to_bits().wrapping_add_signed(i64::from(nudge)));
            check(&format!("{mid}"));
            check(&format!("{mid:.6}"));
        }
    }
}
