//! One JSON object to cells, in the order of known keys.
//!
//! Values become the words that Zeek writes in its text logs, so that a log means the same in both forms: `true` and
//! `false` are `T` and `F`, `null` and what is not there are empty, a list is its values with commas between, and
//! `(empty)` if it has none. The keys of an object within an object have that object's key and a dot before them.

/// How deep values may lie in each other.
const MAX_DEPTH: usize = 16;

/// What taking an object apart needs; kept from one to the next, to save allocations.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Where the value of each key is in `values`.
    spans: Vec<(u32, u32)>,
    values: Vec<u8>,
    path: Vec<u8>,
    /// The key that probably comes next: objects of one log have theirs in the same order.
    next: usize,
}

impl Fields {
    /// Writes the cells of `record`, one for each key, to `text`, a line feed after each, and where each ends to `ends`.
    /// Returns how many values it has under other keys; `None` if it is no object.
    pub(super) fn split(
        &mut self,
        record: &[u8],
        keys: &[Vec<u8>],
        text: &mut Vec<u8>,
        ends: &mut Vec<u32>,
    ) -> Option<u64> {
        self.values.clear();
        self.spans.clear();
        self.spans.resize(keys.len(), (0, 0));
        self.next = 0;
        let mut others = 0;
        self.walk(record, &mut |fields, path, start| {
            let end = fields.values.len() as u32;
            match fields.find(path, keys) {
                Some(key) => fields.spans[key] = (start, end),
                None => others += 1,
            }
        })?;
        for &(start, end) in &self.spans {
            text.extend_from_slice(&self.values[start as usize..end as usize]);
            ends.push(text.len() as u32);
            text.push(b'\n');
        }
        Some(others)
    }

    /// The keys of an object, in order.
    pub(super) fn keys_of(record: &[u8]) -> Option<Vec<Vec<u8>>> {
        let mut keys = Vec::new();
        let mut fields = Self::default();
        fields.walk(record, &mut |_, path, _| keys.push(path.to_vec()))?;
        Some(keys)
    }

    /// Calls `found` with the key of each value and where it begins in `values`, at whose end it ends.
    fn walk(&mut self, record: &[u8], found: &mut dyn FnMut(&mut Self, &[u8], u32)) -> Option<()> {
        let mut text = Text {
            bytes: record,
            at: 0,
        };
        let mut path = std::mem::take(&mut self.path);
        path.clear();
        let done = self.object(&mut text, &mut path, 0, found);
        self.path = path;
        done?;
        text.skip_blanks();
        (text.at == record.len()).then_some(())
    }

    fn object(
        &mut self,
        text: &mut Text<'_>,
        path: &mut Vec<u8>,
        depth: usize,
        found: &mut dyn FnMut(&mut Self, &[u8], u32),
    ) -> Option<()> {
        text.expect(b'{')?;
        if text.take(b'}') {
            return Some(());
        }
        let prefix = path.len();
        loop {
            text.skip_blanks();
            text.string(path)?;
            text.expect(b':')?;
            text.skip_blanks();
            if text.peek()? == b'{' {
                if depth == MAX_DEPTH {
                    return None;
                }
                path.push(b'.');
                self.object(text, path, depth + 1, found)?;
            } else {
                let start = self.values.len() as u32;
                text.value(&mut self.values, depth)?;
                found(self, path, start);
            }
            path.truncate(prefix);
            if !text.take(b',') {
                return text.expect(b'}');
            }
        }
    }

    fn find(&mut self, path: &[u8], keys: &[Vec<u8>]) -> Option<usize> {
        let expected = keys.get(self.next).is_some_and(|key| key == path);
        let key = if expected {
            self.next
        } else {
            keys.iter().position(|key| key == path)?
        };
        self.next = key + 1;
        Some(key)
    }
}

struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Whether `byte` comes next, blanks aside; it is passed then.
    fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    /// Appends the content of a string.
    fn string(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let rest = self.bytes.get(self.at..)?;
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            out.extend_from_slice(&rest[..plain]);
            self.at += plain + 1;
            if rest[plain] == b'"' {
                return Some(());
            }
            let escaped = self.peek()?;
            self.at += 1;
            match escaped {
                b'"' | b'\\' | b'/' => out.push(escaped),
                b'b' => out.push(8),
                b'f' => out.push(12),
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b't' => out.push(b'\t'),
                b'u' => {
                    let found = self.escaped_character()?;
                    out.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return None,
            }
        }
    }

    /// The character behind `\u`, a second half where there is one.
    fn escaped_character(&mut self) -> Option<char> {
        let high = self.code_unit()?;
        if (0xd800..0xdc00).contains(&high) && self.bytes.get(self.at..self.at + 2) == Some(b"\\u")
        {
            let before = self.at;
            self.at += 2;
            let low = self.code_unit()?;
            if let Some(Ok(found)) = char::decode_utf16([high, low]).next() {
                return Some(found);
            }
            self.at = before;
        }
        Some(char::from_u32(u32::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn code_unit(&mut self) -> Option<u16> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        let digit = |&byte: &u8| char::from(byte).to_digit(16).map(|digit| digit as u16);
        digits
            .iter()
            .try_fold(0, |unit, byte| Some(unit << 4 | digit(byte)?))
    }

    /// Appends a value that is no object.
    fn value(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(out),
            b'[' => self.list(out, depth + 1),
            _ => {
                let rest = &self.bytes[self.at..];
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r');
                let word = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
                self.at += word.len();
                match word {
                    b"true" => out.push(b'T'),
                    b"false" => out.push(b'F'),
                    b"null" => {}
                    [b'-' | b'0'..=b'9', ..] => out.extend_from_slice(word),
                    _ => return None,
                }
                Some(())
            }
        }
    }

    fn list(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        self.expect(b'[')?;
        if self.take(b']') {
            out.extend_from_slice(b"(empty)");
            return Some(());
        }
        loop {
            self.skip_blanks();
            if depth > MAX_DEPTH {
                return None;
            }
            self.value(out, depth)?;
            if !self.take(b',') {
                return self.expect(b']');
            }
            out.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(record: &str, keys: &[&str]) -> Option<(Vec<String>, u64)> {
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        let others = Fields::default().split(record.as_bytes(), &keys, &mut text, &mut ends)?;
        let mut start = 0;
        let cells = ends.iter().map(|&end| {
            let cell = String::from_utf8(text[start..end as usize].to_vec()).expect("text");
            start = end as usize + 1;
            cell
        });
        Some((cells.collect(), others))
    }

    #[test]
    fn values_stand_in_the_order_of_the_keys() {
        let record = r#" {"b": "x\u00e9\ud83d\ude00\"", "a":-1.5e3 ,"z":7, "t":true,"n":null, "l":[],"m":["p", 2], "id":{"h":"::1"}} "#;
        let keys = ["a", "b", "t", "n", "l", "m", "id.h", "none"];
        let (found, others) = cells(record, &keys).expect("an object");
        assert_eq!(
            found,
            ["-1.5e3", "xé😀\"", "T", "", "(empty)", "p,2", "::1", ""]
        );
        assert_eq!(others, 1);
        assert_eq!(cells("{}", &["a"]), Some((vec![String::new()], 0)));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        let lists = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        for record in [
            "",
            "[]",
            "1",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1}x",
            "{\"a\":nope}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\ud8\"}",
            "{\"a\":[1}",
            "{a:1}",
            &deep,
            &lists,
        ] {
            assert_eq!(cells(record, &["a"]), None, "{record}");
        }
    }

    #[test]
    fn keys_come_in_their_order() {
        let keys = Fields::keys_of(br#"{"ts":1,"id":{"orig_h":"x","resp_h":"y"},"proto":"tcp"}"#);
        let keys: Vec<String> = keys
            .expect("an object")
            .into_iter()
            .map(|key| String::from_utf8(key).expect("text"))
            .collect();
        assert_eq!(keys, ["ts", "id.orig_h", "id.resp_h", "proto"]);
    }
}
