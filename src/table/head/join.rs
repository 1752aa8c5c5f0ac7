//! Whether the rows of several files are one table: the same columns, written in the same way.

use super::Head;
use crate::table::dialect::{Format, Layout, Quotes};
use crate::{Error, ErrorKind};

impl Head {
    /// Whether rows below `other` can be read as if they were below this head.
    ///
    /// Objects may lack keys, and be written in another order. Where too little is seen of how a file is written (no number
    /// with decimals, no escaped quote), it counts as written like this one.
    ///
    /// # Errors
    ///
    /// [`OtherColumns`](ErrorKind::OtherColumns), which says what differs first.
    pub fn require_same(&self, other: &Self) -> Result<(), Error> {
        let (ours, theirs) = (self.layout.dialect, other.layout.dialect);
        let is_json = ours.format == Format::JsonLines;
        if ours.format != theirs.format
            || ours.encoding != theirs.encoding
            || (!is_json && !is_written_alike(&self.layout, &other.layout))
        {
            return Err(differs(
                "it is written in another way (format, encoding, separators)",
            ));
        }
        let (ours, theirs) = (&self.columns, &other.columns);
        for place in 0..ours.len().max(theirs.len()) {
            let (our, their) = (ours.get(place), theirs.get(place));
            let agrees = match their {
                Some(their) if is_json => ours.contains(their),
                None if is_json => true,
                _ => our == their,
            };
            if !agrees {
                let name = |name: Option<&String>| name.map_or("none".to_owned(), String::clone);
                return Err(differs(&format!(
                    "its column {} is {}, where the first file has {}",
                    place + 1,
                    name(their),
                    name(if is_json { None } else { our })
                )));
            }
        }
        Ok(())
    }
}

fn is_written_alike(ours: &Layout, theirs: &Layout) -> bool {
    let (our, their) = (ours.dialect, theirs.dialect);
    let quotes = our.quotes == their.quotes
        || (our.quotes == Quotes::Escaped && their.quotes == Quotes::Doubled);
    quotes
        && our.delimiter == their.delimiter
        && (our.decimal_comma || !their.decimal_comma)
        && ours.blanks_in_last == theirs.blanks_in_last
        && ours.unset == theirs.unset
}

fn differs(what: &str) -> Error {
    Error::new(
        ErrorKind::OtherColumns,
        format!("Its rows are not of the same table: {what}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::DialectChoice;

    fn head(text: &str) -> Head {
        Head::read(text.as_bytes(), text.len() as u64, DialectChoice::default()).expect("a header")
    }

    fn refusal(first: &str, other: &str) -> Option<String> {
        let refused = head(first).require_same(&head(other)).err();
        refused.map(|error| error.to_string())
    }

    #[test]
    fn files_of_the_same_columns_are_one_table() {
        for (first, other) in [
            ("a,b\n1,x\n", "a,b\r\n2,y\r\n"),
            ("a,b\n1,x\n", "\u{feff}\n\na,\"b\"\n2,y\n"),
            ("a;b\n1,5;x\n", "a;b\n2;y\n"),
            ("a,b\n\"x\\\",\",y\n", "a,b\nx,y\n"),
            ("1,2\n3,4\n", "5,6\n7,8\n"),
            ("#fields\ta\tb\n1\t2\n", "#fields\ta\tb\n3\t4\n"),
            ("{\"a\":1,\"b\":2}\n", "{\"b\":1}\n"),
        ] {
            assert_eq!(refusal(first, other), None, "{first:?} {other:?}");
        }
    }

    #[test]
    fn what_differs_is_said() {
        for (first, other, part) in [
            (
                "a,b\n1,x\n",
                "a,c\n1,x\n",
                "column 2 is c, where the first file has b",
            ),
            (
                "a,b\n1,x\n",
                "a\n1\n",
                "column 2 is none, where the first file has b",
            ),
            (
                "a\n1\n",
                "a,b\n1,x\n",
                "column 2 is b, where the first file has none",
            ),
            ("a,b\n1,x\n", "a;b\n1;x\n", "separators"),
            ("a;b\n1;x\n", "a;b\n1,5;x\n", "separators"),
            (
                "a,b\n1,x\n",
                "{\"a\":1,\"b\":2}\n",
                "written in another way",
            ),
            (
                "{\"a\":1}\n",
                "{\"a\":1,\"z\":2}\n",
                "column 2 is z, where the first file has none",
            ),
            (
                "a,b\n1,x\n",
                "1,2\n3,4\n",
                "column 1 is column 1, where the first file has a",
            ),
        ] {
            let said = refusal(first, other).expect("to be refused");
            assert!(said.contains(part), "{first:?} {other:?}: {said}");
        }
    }
}
