//! The words of a categorical column, and which of them get a code of their own.

/// How many words a column's dictionary holds at most; the rest share one code, 'other'.
pub const MAX_WORDS: usize = 64;

/// The dictionary of a column whose words occur so often: the most frequent first, ties by name.
pub fn dictionary<S: AsRef<str>>(counts: &[(S, u64)]) -> Vec<String> {
    let mut order: Vec<(&str, u64)> = counts
        .iter()
        .map(|(word, count)| (word.as_ref(), *count))
        .collect();
    order.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    order
        .iter()
        .take(MAX_WORDS)
        .map(|&(word, _)| word.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_words_come_first_and_ties_go_by_name() {
        assert_eq!(
            dictionary(&[("udp", 2), ("icmp", 1), ("tcp", 7), ("arp", 2)]),
            ["tcp", "arp", "udp", "icmp"]
        );
    }

    #[test]
    fn rare_words_have_no_code() {
        let counts: Vec<(String, u64)> = (0..100).map(|i| (format!("w{i:03}"), 1000 - i)).collect();
        let words = dictionary(&counts);
        assert_eq!((words.len(), words[63].as_str()), (MAX_WORDS, "w063"));
    }
}
