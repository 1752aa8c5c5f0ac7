//! Which columns of the training data are features, and why the others are not.
//!
//! A model must not learn who was attacked from, only what the attack looks like. So columns that name the label in
//! another way, count or identify rows, or hold addresses and times, are left out unless `--keep` names them. Every one
//! of them is printed and written to the model's card.

use crate::error::TrainerError;
use crate::evaluations::order::Order;
use crate::evaluations::origins::OrderColumn;
use crate::profile::{ColumnProfile, MANY_WORDS};
use flowsieve::fit::column_names::{NamedAs, named_as};
use flowsieve::model::card::LeftOut;
use flowsieve::schema::{ColumnKind, is_own_result, normalised};

/// A column that is a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FeatureColumn {
    /// Its name in the header.
    pub(crate) name: String,
    /// Its index in the header.
    pub(crate) index: usize,
    /// How its cells are read.
    pub(crate) kind: ColumnKind,
}

/// The columns of the training data, sorted out.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Index of the label in the header.
    pub(crate) label: usize,
    /// The features, in the order of the header.
    pub(crate) features: Vec<FeatureColumn>,
    /// Which of them only the set-up of a lab explains: places among the features.
    pub(crate) lab: Vec<usize>,
    /// Such columns that are no features because it was asked so. They are read to see what they would be worth.
    pub(crate) unread_lab: Vec<FeatureColumn>,
    /// The column that puts rows in order.
    pub(crate) order: Option<OrderColumn>,
    /// The others, in the order of the header, without the label.
    pub(crate) left_out: Vec<LeftOut>,
}

/// What the user says about columns, checked against the header.
#[derive(Debug)]
pub(crate) struct Wishes {
    label: usize,
    keep: Vec<usize>,
    drop: Vec<usize>,
    categorical: Vec<usize>,
    lab: Vec<usize>,
    without_lab: bool,
    order: Order,
}

/// The columns that are named on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named<'a> {
    pub(crate) keep: &'a [String],
    pub(crate) drop: &'a [String],
    pub(crate) categorical: &'a [String],
    /// Columns that only the set-up of a lab explains, and must be there.
    pub(crate) lab: &'a [String],
    /// The same, of which those count that are there.
    pub(crate) usual_lab: &'a [String],
    /// Whether such columns are no features.
    pub(crate) without_lab: bool,
    /// What puts rows in order.
    pub(crate) order: Order,
}

impl Wishes {
    /// Finds the named columns in a header.
    pub(crate) fn new(
        header: &[String],
        label: usize,
        named: Named<'_>,
    ) -> Result<Self, TrainerError> {
        let find_all = |names: &[String], option: &str| -> Result<Vec<usize>, TrainerError> {
            names
                .iter()
                .map(|name| find(header, name, option))
                .collect()
        };
        let wishes = Self {
            label,
            keep: find_all(named.keep, "--keep")?,
            drop: find_all(named.drop, "--drop")?,
            categorical: find_all(named.categorical, "--categorical")?,
            lab: {
                let mut lab = find_all(named.lab, "--lab-columns")?;
                lab.extend(
                    named
                        .usual_lab
                        .iter()
                        .filter_map(|name| place(header, name)),
                );
                lab
            },
            without_lab: named.without_lab,
            order: named.order,
        };
        if let Order::Column(name) = &wishes.order {
            find(header, name, "--order")?;
        }
        if wishes.without_lab && wishes.lab.is_empty() {
            return Err(TrainerError::asked(
                "--without-lab-columns leaves out nothing: name the columns with --lab-columns, or in the taxonomy as \
                 `lab_columns`.",
            ));
        }
        if wishes.keep.contains(&wishes.label) {
            return Err(TrainerError::asked(format!(
                "--keep names {:?}, but it is the label: a model that reads its label learns nothing.",
                header[label]
            )));
        }
        match wishes.keep.iter().find(|index| wishes.drop.contains(index)) {
            Some(&both) => Err(TrainerError::asked(format!(
                "--keep and --drop both name {:?}: name it in one of them.",
                header[both]
            ))),
            None => Ok(wishes),
        }
    }

    /// Sorts the columns out. `profiles` has one entry per column of the header.
    pub(crate) fn sort_out(&self, header: &[String], profiles: &[ColumnProfile]) -> Columns {
        let mut columns = Columns {
            label: self.label,
            features: Vec::new(),
            lab: Vec::new(),
            unread_lab: Vec::new(),
            order: self.order_column(header, profiles),
            left_out: Vec::new(),
        };
        for (index, (name, profile)) in header.iter().zip(profiles).enumerate() {
            if index == self.label {
                continue;
            }
            let feature = || FeatureColumn {
                name: name.clone(),
                index,
                kind: if self.categorical.contains(&index) {
                    ColumnKind::Categorical
                } else {
                    kind(name, profile)
                },
            };
            let is_lab = self.lab.contains(&index);
            let asked = self.why_not_wanted(index);
            let no_feature = self.why_no_feature(header, index, profile);
            if is_lab && asked.is_some() && no_feature.is_none() {
                columns.unread_lab.push(feature());
            }
            if let Some(why) = asked.or(no_feature) {
                columns.left_out.push(LeftOut {
                    column: name.clone(),
                    why,
                });
            } else {
                if is_lab {
                    columns.lab.push(columns.features.len());
                }
                columns.features.push(feature());
            }
        }
        columns
    }

    /// The column named, or the first that holds times.
    fn order_column(&self, header: &[String], profiles: &[ColumnProfile]) -> Option<OrderColumn> {
        let is_time = |index: usize| {
            named_as(&header[index]) == Some(NamedAs::Time) || profiles[index].holds_times()
        };
        match &self.order {
            Order::Column(name) => {
                let index = place(header, name)?;
                let moments = is_time(index) || profiles[index].is_numeric();
                Some(OrderColumn { index, moments })
            }
            Order::Automatic => {
                let index =
                    (0..header.len()).find(|&index| index != self.label && is_time(index))?;
                Some(OrderColumn {
                    index,
                    moments: true,
                })
            }
            Order::File | Order::Rows => None,
        }
    }

    /// Why a column is left out whatever it holds: because the user says so.
    fn why_not_wanted(&self, index: usize) -> Option<String> {
        if self.drop.contains(&index) {
            Some("left out as asked (--drop)".to_owned())
        } else if self.without_lab && self.lab.contains(&index) {
            Some("only the lab's set-up explains it (--without-lab-columns)".to_owned())
        } else {
            None
        }
    }

    /// Why a column is no feature, going by its name and what it holds.
    fn why_no_feature(
        &self,
        header: &[String],
        index: usize,
        profile: &ColumnProfile,
    ) -> Option<String> {
        let name = normalised(&header[index]);
        let named = named_as(&name);
        let why = |why: &str| Some(why.to_owned());
        if header[..index]
            .iter()
            .any(|other| normalised(other) == name)
        {
            why("another column has the same name")
        } else if self.keep.contains(&index) {
            None
        } else if is_own_result(&header[index]) {
            why("a result that an export of this program wrote")
        } else if let Some(what @ (NamedAs::Label | NamedAs::Index)) = named {
            why(what.reason())
        } else if profile.is_constant() {
            why("the same in every row")
        } else if profile.follows_label() {
            why("one value per label throughout: a label in other words")
        } else if profile.counts_rows() {
            why("counts the rows")
        } else if named == Some(NamedAs::Id) {
            why(NamedAs::Id.reason())
        } else if named == Some(NamedAs::Address) || profile.holds_addresses() {
            why(NamedAs::Address.reason())
        } else if named == Some(NamedAs::Time) || profile.holds_times() {
            why(NamedAs::Time.reason())
        } else if !profile.is_numeric() && profile.n_words() > MANY_WORDS {
            Some(format!("text with more than {MANY_WORDS} different values"))
        } else {
            None
        }
    }
}

/// Which column of the header has this name, ignoring case, blanks, dots and underscores.
fn find(header: &[String], name: &str, option: &str) -> Result<usize, TrainerError> {
    place(header, name).ok_or_else(|| {
        TrainerError::asked(format!(
            "{option} names the column {name:?}, which the data do not have. They have: {}.",
            header.join(", ")
        ))
    })
}

fn place(header: &[String], name: &str) -> Option<usize> {
    let name = normalised(name);
    header.iter().position(|other| normalised(other) == name)
}

fn kind(name: &str, profile: &ColumnProfile) -> ColumnKind {
    if named_as(name) == Some(NamedAs::Time) || profile.holds_times() {
        ColumnKind::Time
    } else if profile.is_numeric() {
        ColumnKind::Numeric
    } else {
        ColumnKind::Categorical
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profiler, tests::read};
    use std::fmt::Write as _;

    fn sort_out(text: &str, keep: &[&str], drop: &[&str], categorical: &[&str]) -> Columns {
        let header: Vec<String> = text
            .lines()
            .next()
            .expect("a header")
            .split(',')
            .map(str::to_owned)
            .collect();
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let wishes = Wishes::new(
            &header,
            header.len() - 1,
            Named {
                keep: &owned(keep),
                drop: &owned(drop),
                categorical: &owned(categorical),
                ..Named::default()
            },
        )
        .expect("columns");
        let mut profiler = Profiler::new(header.len(), header.len() - 1);
        read(text, &mut profiler);
        wishes.sort_out(&header, &profiler.columns)
    }

    fn text() -> String {
        let mut text =
            ",ts,uid,src_ip,proto,bytes,const,verdict,detailed-label,note,Attack_type\n".to_owned();
        for i in 0..600 {
            let (verdict, label) = if i % 2 == 0 {
                ("bad", "dos")
            } else {
                ("good", "-")
            };
            let proto = ["tcp", "udp", "icmp"][i % 3];
            let _ = writeln!(
                text,
                "{i},{},C{i}x,10.0.0.7,{proto},{},7,{verdict},{label},n{i},{label}",
                1_500_000_000 + i * 7,
                i * i % 97
            );
        }
        text
    }

    #[test]
    fn labels_indexes_ids_addresses_and_times_are_no_features() {
        let columns = sort_out(&text(), &[], &[], &[]);
        let features: Vec<(&str, ColumnKind)> = columns
            .features
            .iter()
            .map(|column| (column.name.as_str(), column.kind))
            .collect();
        assert_eq!(
            features,
            [
                ("proto", ColumnKind::Categorical),
                ("bytes", ColumnKind::Numeric)
            ]
        );
        let why = |name: &str| {
            let found = columns
                .left_out
                .iter()
                .find(|left_out| left_out.column == name);
            found
                .map_or("", |left_out| left_out.why.as_str())
                .to_owned()
        };
        for (name, part) in [
            ("", "index"),
            ("ts", "times"),
            ("uid", "identifies"),
            ("const", "same in every row"),
            ("verdict", "one value per label"),
            ("detailed-label", "label, by its name"),
            ("note", "more than 256"),
        ] {
            assert!(why(name).contains(part), "{name:?}: {:?}", why(name));
        }
    }

    #[test]
    fn what_is_kept_is_a_feature_and_what_is_dropped_is_none() {
        let columns = sort_out(&text(), &["TS", "verdict"], &["bytes"], &[]);
        let features: Vec<(&str, ColumnKind)> = columns
            .features
            .iter()
            .map(|column| (column.name.as_str(), column.kind))
            .collect();
        assert_eq!(
            features,
            [
                ("ts", ColumnKind::Time),
                ("proto", ColumnKind::Categorical),
                ("verdict", ColumnKind::Categorical)
            ]
        );
    }

    #[test]
    fn numbers_are_read_as_words_where_asked() {
        let columns = sort_out(&text(), &[], &["proto"], &["Bytes"]);
        assert_eq!(columns.features.len(), 1);
        assert_eq!(columns.features[0].kind, ColumnKind::Categorical);
    }

    #[test]
    fn wishes_that_cannot_be_are_refused() {
        let header = ["a".to_owned(), "label".to_owned()];
        let a = ["A".to_owned()];
        for (keep, drop, word) in [
            (&["label".to_owned()], &[][..], "it is the label"),
            (&["kind".to_owned()], &[], "names the column \"kind\""),
            (&a, &a, "both name \"a\""),
        ] {
            let error = Wishes::new(
                &header,
                1,
                Named {
                    keep,
                    drop,
                    categorical: &[],
                    ..Named::default()
                },
            )
            .expect_err(word)
            .to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
