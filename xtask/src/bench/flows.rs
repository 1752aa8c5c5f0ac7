//! The large file: a data set with its rows repeated.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// The data set that benchmarks repeat, below the folder of data sets.
pub(super) const RT_IOT2022: &str = "rt-iot2022/rt_iot2022.csv";

/// Writes the header of `original` once and its rows as often as it takes to reach `bytes`; returns the file's size.
pub(super) fn repeat(original: &Path, bytes: u64, large: &Path) -> Result<u64> {
    let text = std::fs::read(original)
        .with_context(|| format!("cannot read {} (docs/datasets.md)", original.display()))?;
    let header = text
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(text.len(), |end| end + 1);
    let (header, rows) = text.split_at(header);
    let rows = rows.strip_suffix(b"\n").unwrap_or(rows);
    anyhow::ensure!(!rows.is_empty(), "{} has no rows", original.display());

    let file = File::create(large).with_context(|| format!("cannot create {}", large.display()))?;
    let mut file = BufWriter::new(file);
    file.write_all(header)?;
    let mut written = header.len() as u64;
    while written < bytes {
        file.write_all(rows)?;
        file.write_all(b"\n")?;
        written += rows.len() as u64 + 1;
    }
    file.flush()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_repeated_whole_below_one_header() {
        let folder = tempfile::tempdir().unwrap();
        let (small, large) = (
            folder.path().join("small.csv"),
            folder.path().join("large.csv"),
        );
        for text in ["a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4"] {
            std::fs::write(&small, text).unwrap();
            let bytes = repeat(&small, 15, &large).unwrap();
            let written = std::fs::read_to_string(&large).unwrap();
            assert_eq!(written, "a,b\n1,2\n3,4\n1,2\n3,4\n");
            assert_eq!(bytes, written.len() as u64);
        }
    }

    #[test]
    fn a_file_without_rows_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let small = folder.path().join("small.csv");
        std::fs::write(&small, "a,b\n").unwrap();
        assert!(repeat(&small, 15, &folder.path().join("large.csv")).is_err());
    }
}
