//! Where each row is from and when it was: its file, and its cell of a column that puts rows in order.

use std::collections::HashMap;

/// Where rows are from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// The number of each row's file.
    pub(crate) file: Vec<u32>,
    /// What the column says that puts them in order.
    pub(crate) places: Places,
}

/// What a column says of the order of rows.
#[derive(Clone, Debug, Default)]
pub(crate) enum Places {
    /// There is no such column.
    #[default]
    None,
    /// Seconds since 1970 (UTC), or any number; NaN where the cell says nothing.
    Moments(Vec<f64>),
    /// Of a column of words: the number of each row's word, in order of appearance.
    Words(Vec<u32>),
}

impl Origins {
    /// Those of some rows.
    pub(crate) fn rows(&self, row_idxs: &[u32]) -> Self {
        fn pick<T: Copy>(values: &[T], row_idxs: &[u32]) -> Vec<T> {
            row_idxs.iter().map(|&i| values[i as usize]).collect()
        }
        Self {
            file: pick(&self.file, row_idxs),
            places: match &self.places {
                Places::None => Places::None,
                Places::Moments(moments) => Places::Moments(pick(moments, row_idxs)),
                Places::Words(words) => Places::Words(pick(words, row_idxs)),
            },
        }
    }
}

/// The column that puts rows in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderColumn {
    /// Its index in the header.
    pub(crate) index: usize,
    /// Whether its cells are moments or numbers; else they are words.
    pub(crate) moments: bool,
}

/// Collects where rows are from as they are read.
#[derive(Debug, Default)]
pub(crate) struct OriginReader {
    n_files: u32,
    file: Vec<u32>,
    column: Option<OrderColumn>,
    moments: Vec<[f64; 2]>,
    /// Whether a date can only be one whose month comes first.
    month_first: bool,
    words: HashMap<Vec<u8>, u32>,
    word: Vec<u32>,
}

impl OriginReader {
    pub(crate) fn new(column: Option<OrderColumn>) -> Self {
        Self {
            column,
            ..Self::default()
        }
    }

    pub(crate) fn begin_file(&mut self) {
        self.n_files += 1;
    }

    /// Takes the next row, whose cells `cell` gives.
    pub(crate) fn add<'a>(&mut self, cell: impl Fn(usize) -> &'a [u8]) {
        self.file.push(self.n_files.saturating_sub(1));
        match self.column {
            Some(column) if column.moments => {
                let [day_first, month_first] = moment(cell(column.index));
                self.month_first |= day_first.is_nan() && !month_first.is_nan();
                self.moments.push([day_first, month_first]);
            }
            Some(column) => {
                let word = cell(column.index).trim_ascii();
                let next = self.words.len() as u32;
                let known = self.words.get(word).copied();
                let id = known.unwrap_or_else(|| *self.words.entry(word.to_vec()).or_insert(next));
                self.word.push(id);
            }
            None => {}
        }
    }

    pub(crate) fn finish(self) -> Origins {
        let which = usize::from(self.month_first);
        Origins {
            file: self.file,
            places: match self.column {
                None => Places::None,
                Some(column) if column.moments => {
                    Places::Moments(self.moments.iter().map(|both| both[which]).collect())
                }
                Some(_) => Places::Words(self.word),
            },
        }
    }
}

/// Seconds since 1970 of a cell: a number as it is, else a date with or without a time of day. Of a date with slashes the
/// first is read with the day first and the second with the month first; NaN where it is neither.
fn moment(cell: &[u8]) -> [f64; 2] {
    const NONE: [f64; 2] = [f64::NAN; 2];
    let Ok(text) = std::str::from_utf8(cell.trim_ascii()) else {
        return NONE;
    };
    if let Ok(number) = text.parse::<f64>() {
        return [if number.is_finite() { number } else { f64::NAN }; 2];
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let Some(second) = second_of_day(time) else {
        return NONE;
    };
    let parts = |between| -> Option<[i64; 3]> {
        let parts: Option<Vec<i64>> = date.split(between).map(|part| part.parse().ok()).collect();
        parts?.try_into().ok()
    };
    let at = |year, month, day| days(year, month, day).map_or(f64::NAN, |d| d * DAY_S + second);
    if let Some([year, month, day]) = parts('-') {
        [at(year, month, day); 2]
    } else if let Some([first, second, year]) = parts('/') {
        [at(year, second, first), at(year, first, second)]
    } else {
        NONE
    }
}

/// Seconds of a day.
pub(super) const DAY_S: f64 = 86_400.0;

/// The second of the day in `H:MM[:SS[.fraction]]`, with `Z`, `AM` or `PM` behind.
fn second_of_day(time: &str) -> Option<f64> {
    let clock = time.trim_end_matches('Z');
    let (clock, half) = match clock.split_once(' ') {
        Some((clock, half)) => (clock, half.to_ascii_uppercase()),
        None => (clock, String::new()),
    };
    let mut parts = clock.splitn(3, ':');
    let hour: u32 = parts.next()?.parse().ok().filter(|&hour| hour < 24)?;
    let minute: u32 = parts.next()?.parse().ok().filter(|&minute| minute < 60)?;
    let second: f64 = parts.next().map_or(Some(0.0), |part| part.parse().ok())?;
    let hour = match half.as_str() {
        "" => hour,
        "AM" => hour % 12,
        "PM" => hour % 12 + 12,
        _ => return None,
    };
    Some(f64::from(hour * 3600 + minute * 60) + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<f64> {
    if !((1..=12).contains(&month) && (1..=31).contains(&day) && (0..10_000).contains(&year)) {
        return None;
    }
    // Years that begin in March have their leap day last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some((365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_since_1970() {
        for (cell, expected) in [
            ("1545403816.962094", 1_545_403_816.962_094),
            ("1970-01-01T00:00:00Z", 0.0),
            ("2000-02-29 12:00:00.5", 951_825_600.5),
            ("2017-07-05 13:06:06.834121", 1_499_259_966.834_121),
            ("5/7/2017 1:06:06 PM", 1_499_259_966.0),
            ("05/07/2017 12:00:00 AM", 1_499_212_800.0),
        ] {
            let found = moment(cell.as_bytes())[0];
            assert!((found - expected).abs() < 1e-5, "{cell}: {found}");
        }
        for cell in [
            "-",
            "",
            "word",
            "2017-13-01 00:00:00",
            "2017-07-05 25:00:00",
            "1/2/3/4 1:00",
        ] {
            assert!(moment(cell.as_bytes())[0].is_nan(), "{cell}");
        }
    }

    #[test]
    fn the_whole_column_tells_whether_the_day_or_the_month_is_first() {
        let read = |cells: &[&str]| {
            let column = OrderColumn {
                index: 0,
                moments: true,
            };
            let mut reader = OriginReader::new(Some(column));
            reader.begin_file();
            for cell in cells {
                reader.add(|_| cell.as_bytes());
            }
            match reader.finish().places {
                Places::Moments(moments) => moments[0],
                other => panic!("{other:?}"),
            }
        };
        let (july, may) = (1_499_212_800.0, 1_494_115_200.0);
        assert!((read(&["5/7/2017 0:00", "6/7/2017 0:00"]) - july).abs() < 1e-9);
        assert!((read(&["5/7/2017 0:00", "5/17/2017 0:00"]) - may).abs() < 1e-9);
    }
}
