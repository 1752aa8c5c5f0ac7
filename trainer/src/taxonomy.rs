//! Labels to classes: which spellings are one kind, which kinds are one family, which are attacks.
//!
//! A taxonomy file says so for a dataset:
//!
//! ```toml
//! [dataset]
//! title = "RT-IoT2022"
//! source = "https://…"
//! licence = "CC BY 4.0"
//! attribution = "…"
//!
//! [[kind]]
//! label = "DOS_SYN_Hping"
//! aliases = ["SYN flood"]      # optional: other spellings
//! family = "DoS"               # optional: the label itself
//! attack = true                # optional: true
//!
//! families = ["DoS", "Recon"]  # optional, at the top: the families that kinds may name
//!
//! lab_columns = ["Src Port"]   # optional, at the top: columns that only the set-up of the lab explains
//!
//! [aliases]                    # optional: other names of columns
//! flow_duration = ["duration"]
//! ```
//!
//! A label that it does not list is its own family, and an attack unless `--benign` names it.

use crate::args::Level;
use crate::error::TrainerError;
use crate::source::read_text;
use flowsieve::fit::options::MAX_CLASSES;
use flowsieve::model::card::Dataset;
use flowsieve::model::taxonomy::{Kind, Taxonomy};
use flowsieve::schema::normalised;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

/// What a taxonomy file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaxonomyFile {
    #[serde(default)]
    dataset: DatasetEntry,
    /// The families that kinds may name; any where it is not there.
    families: Option<Vec<String>>,
    #[serde(default)]
    kind: Vec<KindEntry>,
    /// Columns that tell how the traffic was made, not what an attack looks like.
    #[serde(default)]
    pub(crate) lab_columns: Vec<String>,
    /// Other names of columns.
    #[serde(default)]
    aliases: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatasetEntry {
    title: String,
    source: String,
    licence: String,
    attribution: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindEntry {
    label: String,
    #[serde(default)]
    aliases: Vec<String>,
    family: Option<String>,
    #[serde(default = "yes")]
    attack: bool,
}

fn yes() -> bool {
    true
}

impl TaxonomyFile {
    /// Reads a file; without one, nothing is listed.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, TrainerError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = read_text(path)?;
        let file: Self = toml::from_str(&text).map_err(|source| TrainerError::Taxonomy {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        file.check().map_err(|why| {
            TrainerError::asked(format!("{} is no taxonomy: {why}", path.display()))
        })?;
        Ok(file)
    }

    /// Says what contradicts itself: a label that two kinds claim, a family that is not listed.
    fn check(&self) -> Result<(), String> {
        let mut claimed: BTreeMap<String, &str> = BTreeMap::new();
        for kind in &self.kind {
            for spelling in std::iter::once(&kind.label).chain(&kind.aliases) {
                let before = claimed.insert(spelling.to_ascii_lowercase(), &kind.label);
                if let Some(other) = before {
                    return Err(format!(
                        "the label {spelling:?} stands twice, in the kinds {other:?} and {:?}. Spellings that differ in \
                         case alone are one: leave one of them out.",
                        kind.label
                    ));
                }
            }
            if let (Some(families), Some(family)) = (&self.families, &kind.family)
                && !families.contains(family)
            {
                return Err(format!(
                    "the kind {:?} is of the family {family:?}, which is not among its families: {}.",
                    kind.label,
                    families.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// The dataset for the model's card.
    pub(crate) fn dataset(&self) -> Dataset {
        let DatasetEntry {
            title,
            source,
            licence,
            attribution,
        } = &self.dataset;
        Dataset {
            title: title.clone(),
            source: source.clone(),
            licence: licence.clone(),
            attribution: attribution.clone(),
        }
    }

    /// Other names of a column.
    pub(crate) fn column_aliases(&self, column: &str) -> Vec<String> {
        self.aliases.get(column).cloned().unwrap_or_default()
    }

    /// The columns of a header as the taxonomy names them: an alias becomes the name that it stands for, unless the header
    /// has that, too.
    pub(crate) fn canonical(&self, header: &[String]) -> Vec<String> {
        let has = |name: &String| {
            header
                .iter()
                .any(|other| normalised(other) == normalised(name))
        };
        let mut columns = header.to_vec();
        for (name, aliases) in self.aliases.iter().filter(|(name, _)| !has(name)) {
            let place = |alias: &String| {
                let alias = normalised(alias);
                header.iter().position(|other| normalised(other) == alias)
            };
            if let Some(index) = aliases.iter().find_map(place) {
                columns[index].clone_from(name);
            }
        }
        columns
    }

    /// Sorts labels with their rows into classes. Gives the taxonomy and the class of each label.
    ///
    /// Spellings that differ in case alone are one kind, named as most rows spell it. Listed kinds come first, in the
    /// file's order, then the others by name; a kind without rows is left out.
    pub(crate) fn classes(
        &self,
        labels: &[(String, u64)],
        benign: &[String],
    ) -> Result<(Taxonomy, Vec<u8>), TrainerError> {
        let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
        for (i, (label, _)) in labels.iter().enumerate() {
            groups.entry(self.group_of(label)).or_default().push(i);
        }
        check_benign(benign, labels)?;
        if groups.len() > MAX_CLASSES {
            return Err(TrainerError::asked(format!(
                "The label column has {} different values; a model tells at most {MAX_CLASSES} classes apart. Is it \
                 really the label?",
                groups.len()
            )));
        }
        let mut taxonomy = Taxonomy::default();
        let mut class_of_label = vec![0; labels.len()];
        for (class, (key, mut members)) in groups.into_iter().enumerate() {
            for &label in &members {
                class_of_label[label] = class as u8;
            }
            members.sort_by_key(|&label| (Reverse(labels[label].1), &labels[label].0));
            let kind = self.kind(&key, &members, labels, benign, &mut taxonomy.families);
            taxonomy.kinds.push(kind);
        }
        Ok((taxonomy, class_of_label))
    }

    /// What labels of the same kind have in common.
    fn group_of(&self, label: &str) -> GroupKey {
        let spells = |other: &String| other.eq_ignore_ascii_case(label);
        let listed = self
            .kind
            .iter()
            .position(|entry| spells(&entry.label) || entry.aliases.iter().any(spells));
        match listed {
            Some(place) => GroupKey::Listed(place),
            None => GroupKey::Unlisted(label.to_ascii_lowercase()),
        }
    }

    fn kind(
        &self,
        key: &GroupKey,
        members: &[usize],
        labels: &[(String, u64)],
        benign: &[String],
        families: &mut Vec<String>,
    ) -> Kind {
        let entry = match key {
            GroupKey::Listed(place) => self.kind.get(*place),
            GroupKey::Unlisted(_) => None,
        };
        let name = entry
            .map_or(&labels[members[0]].0, |entry| &entry.label)
            .clone();
        let mut aliases: Vec<String> = entry.map_or(Vec::new(), |entry| entry.aliases.clone());
        for &member in members {
            let spelling = &labels[member].0;
            if *spelling != name && !aliases.contains(spelling) {
                aliases.push(spelling.clone());
            }
        }
        let is_benign = benign.iter().any(|benign| {
            members
                .iter()
                .any(|&member| benign.eq_ignore_ascii_case(&labels[member].0))
        });
        let family = entry
            .and_then(|entry| entry.family.as_ref())
            .unwrap_or(&name);
        let place = families.iter().position(|known| known == family);
        Kind {
            family: place.unwrap_or_else(|| {
                families.push(family.clone());
                families.len() - 1
            }) as u8,
            aliases,
            attack: !is_benign && entry.is_none_or(|entry| entry.attack),
            training_rows: members.iter().map(|&member| labels[member].1).sum(),
            name,
        }
    }
}

/// Classes as coarse as a level: families, or attack and benign, take the place of kinds. The class of each label follows.
pub(crate) fn at_level(taxonomy: &Taxonomy, classes: &mut [u8], level: Level) -> Taxonomy {
    if level == Level::Kind {
        return taxonomy.clone();
    }
    let mut coarse = Taxonomy::default();
    let mut class_of_kind: Vec<u8> = Vec::new();
    for kind in &taxonomy.kinds {
        let family = &taxonomy.families[usize::from(kind.family)];
        let mixed = || {
            let same = taxonomy
                .kinds
                .iter()
                .filter(|other| other.family == kind.family);
            same.clone().any(|other| other.attack) && same.clone().any(|other| !other.attack)
        };
        let name = match (level, kind.attack) {
            (Level::Binary, true) => "Attack".to_owned(),
            (Level::Binary, false) => "Benign".to_owned(),
            (_, false) if mixed() => format!("{family}, benign"),
            _ => family.clone(),
        };
        let known = coarse.families.iter().position(|other| *other == name);
        let class = known.unwrap_or_else(|| {
            coarse.kinds.push(Kind {
                name: name.clone(),
                aliases: Vec::new(),
                family: coarse.families.len() as u8,
                attack: kind.attack,
                training_rows: 0,
            });
            coarse.families.push(name.clone());
            coarse.families.len() - 1
        });
        let of_class = &mut coarse.kinds[class];
        of_class.training_rows += kind.training_rows;
        for spelling in std::iter::once(&kind.name).chain(&kind.aliases) {
            if *spelling != name && !of_class.aliases.contains(spelling) {
                of_class.aliases.push(spelling.clone());
            }
        }
        class_of_kind.push(class as u8);
    }
    for class in classes {
        *class = class_of_kind[usize::from(*class)];
    }
    coarse
}

/// The order of kinds.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum GroupKey {
    Listed(usize),
    Unlisted(String),
}

fn check_benign(benign: &[String], labels: &[(String, u64)]) -> Result<(), TrainerError> {
    let is_there = |name: &&String| {
        labels
            .iter()
            .any(|(label, _)| label.eq_ignore_ascii_case(name))
    };
    match benign.iter().find(|name| !is_there(name)) {
        None => Ok(()),
        Some(unknown) => {
            let known: Vec<&str> = labels
                .iter()
                .take(30)
                .map(|(label, _)| label.as_str())
                .collect();
            Err(TrainerError::asked(format!(
                "--benign names {unknown:?}, which is no label of the data. Their labels are: {}.",
                known.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(labels: &[(&str, u64)]) -> Vec<(String, u64)> {
        labels
            .iter()
            .map(|&(label, rows)| (label.to_owned(), rows))
            .collect()
    }

    fn file(text: &str) -> TaxonomyFile {
        toml::from_str(text).expect("a taxonomy")
    }

    const TOML: &str = r#"
        [dataset]
        title = "T"
        [[kind]]
        label = "Normal"
        aliases = ["ok"]
        family = "Benign"
        attack = false
        [[kind]]
        label = "Web"
        family = "Benign"
        attack = false
        [[kind]]
        label = "never"
        [aliases]
        bytes = ["octets"]
    "#;

    #[test]
    fn listed_kinds_have_families_and_unlisted_ones_are_attacks() {
        let labels = labels(&[
            ("zed", 4),
            ("OK", 2),
            ("Web", 1),
            ("dos", 1),
            ("DoS", 9),
            ("normal", 5),
        ]);
        let (taxonomy, classes) = file(TOML).classes(&labels, &[]).expect("classes");
        let kinds: Vec<(&str, u8, bool, u64)> = taxonomy
            .kinds
            .iter()
            .map(|kind| {
                (
                    kind.name.as_str(),
                    kind.family,
                    kind.attack,
                    kind.training_rows,
                )
            })
            .collect();
        assert_eq!(
            kinds,
            [
                ("Normal", 0, false, 7),
                ("Web", 0, false, 1),
                ("DoS", 1, true, 10),
                ("zed", 2, true, 4)
            ]
        );
        assert_eq!(taxonomy.families, ["Benign", "DoS", "zed"]);
        assert_eq!(taxonomy.kinds[0].aliases, ["ok", "normal", "OK"]);
        assert_eq!(classes, [3, 0, 1, 2, 2, 0]);
        for (label, &class) in labels.iter().zip(&classes) {
            assert_eq!(taxonomy.class_of(&label.0), Some(class));
        }
        assert_eq!(file(TOML).column_aliases("bytes"), ["octets"]);
        assert_eq!(file(TOML).dataset().title, "T");
    }

    #[test]
    fn levels_join_kinds() {
        let labels = labels(&[("zed", 4), ("OK", 2), ("Web", 1), ("DoS", 9)]);
        let (taxonomy, classes) = file(TOML).classes(&labels, &[]).expect("classes");
        let at = |level| {
            let mut classes = classes.clone();
            let coarse = at_level(&taxonomy, &mut classes, level);
            let names: Vec<String> = coarse.kinds.iter().map(|kind| kind.name.clone()).collect();
            for (label, &class) in labels.iter().zip(&classes) {
                assert_eq!(coarse.class_of(&label.0), Some(class), "{}", label.0);
            }
            (names.join(" "), classes, coarse.kinds[0].training_rows)
        };
        assert_eq!(at(Level::Kind).0, "Normal Web DoS zed");
        assert_eq!(
            at(Level::Family),
            ("Benign DoS zed".to_owned(), vec![2, 0, 0, 1], 3)
        );
        assert_eq!(
            at(Level::Binary),
            ("Benign Attack".to_owned(), vec![1, 0, 0, 1], 3)
        );
    }

    #[test]
    fn contradictions_are_named() {
        let check = |text: &str| file(text).check().expect_err("a contradiction");
        let twice = check("[[kind]]\nlabel = 'a'\n[[kind]]\nlabel = 'b'\naliases = ['A']");
        assert!(
            twice.contains("\"A\" stands twice") && twice.contains("\"b\""),
            "{twice}"
        );
        let unknown = check("families = ['x', 'y']\n[[kind]]\nlabel = 'a'\nfamily = 'z'");
        assert!(
            unknown.contains("\"z\"") && unknown.contains("x, y"),
            "{unknown}"
        );
        assert_eq!(file(TOML).check(), Ok(()));
    }

    #[test]
    fn a_dash_can_be_benign() {
        let labels = labels(&[("DDoS", 3), ("-", 8)]);
        let (taxonomy, classes) = TaxonomyFile::default()
            .classes(&labels, &["-".to_owned()])
            .expect("classes");
        assert_eq!(classes, [1, 0]);
        assert!(!taxonomy.kinds[0].attack && taxonomy.kinds[1].attack);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let error = TaxonomyFile::default()
            .classes(&labels(&[("a", 1)]), &["Benign".to_owned()])
            .expect_err("no such label");
        assert!(error.to_string().contains("names \"Benign\""), "{error}");
        let many: Vec<(String, u64)> = (0..300).map(|i| (i.to_string(), 1)).collect();
        let error = TaxonomyFile::default()
            .classes(&many, &[])
            .expect_err("too many");
        assert!(
            error.to_string().contains("300 different values"),
            "{error}"
        );
        assert!(toml::from_str::<TaxonomyFile>("[[kind]]\nlable = 'x'").is_err());
    }
}
