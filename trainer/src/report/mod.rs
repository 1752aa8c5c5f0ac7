//! What commands print: tables for people, on standard output.

mod drift;
mod file;
mod model;
mod probabilities;
mod scores;
mod training;

pub(crate) use drift::drift;
pub(crate) use file::{analysed, results};
pub(crate) use model::{model, sections, size_curve};
pub(crate) use probabilities::calibration;
pub(crate) use scores::areas;
pub(crate) use training::{
    baseline, data, out_of_bag, resampled, selected, trial, two_ways, written,
};

/// A table with aligned columns: the first to the left, the others to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        rows.iter()
            .map(|row| row[i].chars().count())
            .chain([head[i].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| -> String {
        let cell = |(i, cell): (usize, &String)| {
            if i == 0 {
                format!("  {cell:<w$}", w = widths[i])
            } else {
                format!("  {cell:>w$}", w = widths[i])
            }
        };
        let line: String = cells.iter().enumerate().map(cell).collect();
        format!("{}\n", line.trim_end())
    };
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    std::iter::once(&head)
        .chain(rows)
        .map(|cells| line(cells))
        .collect()
}

/// A count with its digits in groups of three.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A label as it is printed: quoted where it would not be seen.
pub(crate) fn shown(label: &str) -> String {
    if label.trim().is_empty() {
        format!("{label:?}")
    } else {
        label.to_owned()
    }
}

/// A share as a percentage.
fn share(part: u64, whole: u64) -> String {
    format!("{:.2} %", 100.0 * part as f64 / whole.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_and_counts_grouped() {
        let rows = [
            vec!["a".to_owned(), count(1_234_567)],
            vec!["long".to_owned(), count(7)],
        ];
        assert_eq!(
            table(&["name", "rows"], &rows),
            "  name       rows\n  a     1,234,567\n  long          7\n"
        );
        assert_eq!([count(0), count(999), count(1000)], ["0", "999", "1,000"]);
        assert_eq!([shown(""), shown("-")], ["\"\"", "-"]);
    }
}
