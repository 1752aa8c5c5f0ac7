//! The taxonomy of classes: a label has a kind, a kind belongs to a family, and is an attack or benign.

/// The most kinds a taxonomy may have: a class is a byte, and the values above mean that there is none.
pub const MAX_KINDS: usize = 250;

/// One class that a model tells apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// The label as the dataset spells it.
    pub name: String,
    /// Other spellings of the label.
    pub aliases: Vec<String>,
    /// Index of its family in [`Taxonomy::families`].
    pub family: u8,
    /// Whether it is an attack.
    pub attack: bool,
    /// How many training rows had it.
    pub training_rows: u64,
}

/// The classes of a model. At most [`MAX_KINDS`] kinds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taxonomy {
    /// The kinds, in class order.
    pub kinds: Vec<Kind>,
    /// The families, in order of first use.
    pub families: Vec<String>,
}

impl Taxonomy {
    /// The class of a label: the kind with this name, else with this alias, else the first with either in another case
    /// (of ASCII letters).
    pub fn class_of(&self, label: &str) -> Option<u8> {
        let position = |matches: &dyn Fn(&Kind) -> bool| self.kinds.iter().position(matches);
        position(&|kind| kind.name == label)
            .or_else(|| position(&|kind| kind.aliases.iter().any(|alias| alias == label)))
            .or_else(|| {
                position(&|kind| {
                    kind.name.eq_ignore_ascii_case(label)
                        || kind
                            .aliases
                            .iter()
                            .any(|alias| alias.eq_ignore_ascii_case(label))
                })
            })
            .and_then(|class| u8::try_from(class).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, aliases: &[&str]) -> Kind {
        Kind {
            name: name.into(),
            aliases: aliases.iter().map(|&alias| alias.into()).collect(),
            family: 0,
            attack: true,
            training_rows: 1,
        }
    }

    #[test]
    fn labels_find_their_class() {
        let taxonomy = Taxonomy {
            kinds: vec![
                kind("ddos", &["DoS"]),
                kind("DDoS", &["flood"]),
                kind("-", &["dos"]),
            ],
            families: vec!["all".into()],
        };
        assert_eq!(taxonomy.class_of("ddos"), Some(0));
        assert_eq!(
            taxonomy.class_of("DDoS"),
            Some(1),
            "the exact name goes first"
        );
        assert_eq!(
            taxonomy.class_of("dos"),
            Some(2),
            "the exact alias goes before case folding"
        );
        assert_eq!(taxonomy.class_of("DDOS"), Some(0));
        assert_eq!(taxonomy.class_of("FLOOD"), Some(1));
        assert_eq!(
            taxonomy.class_of("-"),
            Some(2),
            "a dash is a label like any other"
        );
        assert_eq!(taxonomy.class_of("scan"), None);
        assert_eq!(taxonomy.class_of(""), None);
    }
}
