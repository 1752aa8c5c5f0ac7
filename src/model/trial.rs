//! What the training procedure is worth, tried in several ways.
//!
//! One figure flatters. Rows that a random split puts on both sides are recognised, not understood; a capture that was partly
//! fitted on is easier than a new one; and some columns tell how a lab was set up, not what an attack looks like. So a
//! model says what came out each way, side by side.
//!
//! A trial is kept as counts, from which every score follows: small in a file, and the same figures everywhere. Scoring
//! needs none of it, so a model carries its trials as the bytes of its file until somebody asks.

use super::taxonomy::Taxonomy;
use crate::metrics::{Evaluation, FalsePositives};
use crate::record::{Malformed, from_bytes, to_bytes};
use crate::{Error, ErrorKind};

/// Rows are split at random; copies of a row may be on both sides. What most publications do.
pub const RANDOM: &str = "random";
/// Rows are split so that identical ones are on one side: the card's main figure.
pub const GROUPED: &str = "grouped";
/// Whole files or days, or what came last, are scored: the nearest to flows of another time or place.
pub const ORDER: &str = "order";
/// As [`GROUPED`], without columns that only the set-up of a lab explains.
pub const WITHOUT: &str = "without";
/// As [`GROUPED`], with such columns, which the model itself does not read.
pub const WITH: &str = "with";

/// The most that a model file may hold.
pub const MAX_TRIALS: usize = 16;
/// Counts are below this, so that their sums are no larger than 64 bits hold.
const MAX_ROWS: u64 = 1 << 40;

/// The trials of a model as they lie in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trials(Vec<u8>);

impl Trials {
    /// Packs trials of a model with these classes.
    ///
    /// # Errors
    /// [`ErrorKind::PackDamaged`] where [`Self::get`] would refuse them.
    pub fn new(trials: &[Trial], taxonomy: &Taxonomy) -> Result<Self, Error> {
        let bytes = to_bytes(&trials.to_vec());
        let packed = Self(bytes);
        packed.get(taxonomy)?;
        Ok(packed)
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes of the section, unpacked; none where there are no trials.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The trials, of a model with these classes.
    ///
    /// # Errors
    /// [`ErrorKind::PackDamaged`] where the bytes are no trials, there are too many, or counts do not fit together.
    pub fn get(&self, taxonomy: &Taxonomy) -> Result<Vec<Trial>, Error> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let trials: Vec<Trial> = from_bytes(&self.0).map_err(|Malformed(what)| damaged(what))?;
        if trials.len() > MAX_TRIALS {
            return Err(damaged("there is more than there may be"));
        }
        for trial in &trials {
            trial.check(taxonomy)?;
        }
        Ok(trials)
    }
}

fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::PackDamaged,
        format!(
            "The model's evaluations cannot be read: {what}. Get the file again, or train the model anew."
        ),
    )
}

/// The procedure that made a model, fitted on part of the rows and tried on others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// One of [`RANDOM`], [`GROUPED`], [`ORDER`], [`WITHOUT`] and [`WITH`]; of a newer program perhaps another.
    pub kind: String,
    /// How the rows were split, and what of them, for people.
    pub method: String,
    /// The columns that it was tried without, or with.
    pub columns: Vec<String>,
    /// Rows fitted on; the fewest, where several fits score a part each.
    pub train_rows: u64,
    /// Per class, the rows of it fitted on; the fewest of the fits that scored rows of the class.
    pub class_train_rows: Vec<u64>,
    /// Rows per label (outer) and predicted class (inner): classes × classes numbers.
    pub confusion: Vec<u64>,
    /// Benign rows and attacks that are called attacks.
    pub called_attack: [u64; 2],
    /// Area under the ROC curve of the isolation forest, attack against benign; `None` without rows of both.
    pub isolation_auroc: Option<f64>,
}

/// A class that a trial fitted on or scored, but not both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneSided {
    /// The class.
    pub class: usize,
    /// Its rows fitted on: none, or the next is none.
    pub train_rows: u64,
    /// Its rows scored.
    pub test_rows: u64,
}

impl Trial {
    /// Checks that the counts are those of a model with these classes.
    ///
    /// # Errors
    /// [`ErrorKind::PackDamaged`] where they are not, or do not fit together.
    pub fn check(&self, taxonomy: &Taxonomy) -> Result<(), Error> {
        if self.holds(taxonomy) {
            Ok(())
        } else {
            Err(damaged("counts do not fit together"))
        }
    }

    fn holds(&self, taxonomy: &Taxonomy) -> bool {
        let n = taxonomy.kinds.len();
        let mut counts = self.class_train_rows.iter().chain(&self.confusion);
        self.class_train_rows.len() == n
            && self.confusion.len() == n * n
            && counts.all(|&rows| rows < MAX_ROWS)
            && (self.called_attack.iter())
                .zip(self.sides(taxonomy))
                .all(|(&called, all)| called <= all)
    }

    /// Rows of a class that were scored.
    fn test_rows_of(&self, class: usize) -> u64 {
        let n = self.class_train_rows.len();
        self.confusion[class * n..][..n].iter().sum()
    }

    /// Rows that were scored.
    pub fn test_rows(&self) -> u64 {
        self.confusion.iter().sum()
    }

    /// Benign rows and attacks that were scored.
    fn sides(&self, taxonomy: &Taxonomy) -> [u64; 2] {
        let mut sides = [0; 2];
        for (class, kind) in taxonomy.kinds.iter().enumerate() {
            sides[usize::from(kind.attack)] += self.test_rows_of(class);
        }
        sides
    }

    /// The scores. In a trial by [`ORDER`], classes that are on one side only are in no mean over classes: it says
    /// nothing of a model that it does not know what it was never shown. [`Self::one_sided`] names them.
    pub fn scores(&self, taxonomy: &Taxonomy) -> Evaluation {
        let scores = Evaluation::from_counts(taxonomy, &self.confusion, &self.binary(taxonomy));
        if self.kind != ORDER {
            return scores;
        }
        scores.of_classes(|class| self.class_train_rows[class] > 0 && self.test_rows_of(class) > 0)
    }

    /// Benign rows that were scored, and those of them that were called attacks.
    pub fn false_positives(&self, taxonomy: &Taxonomy) -> FalsePositives {
        FalsePositives::from_counts(&self.binary(taxonomy))
    }

    /// Rows per *is an attack* (outer) and *is called an attack* (inner).
    fn binary(&self, taxonomy: &Taxonomy) -> [[u64; 2]; 2] {
        let sides = self.sides(taxonomy);
        let side = |i: usize| [sides[i] - self.called_attack[i], self.called_attack[i]];
        [side(0), side(1)]
    }

    /// The classes that have rows on one side only.
    pub fn one_sided(&self) -> Vec<OneSided> {
        (0..self.class_train_rows.len())
            .map(|class| OneSided {
                class,
                train_rows: self.class_train_rows[class],
                test_rows: self.test_rows_of(class),
            })
            .filter(|class| (class.train_rows == 0) != (class.test_rows == 0))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::taxonomy::Kind;

    #[test]
    fn scores_follow_from_counts_and_one_sided_classes_are_named() {
        let kind = |name: &str, attack| Kind {
            name: name.to_owned(),
            aliases: Vec::new(),
            family: 0,
            attack,
            training_rows: 0,
        };
        let taxonomy = Taxonomy {
            kinds: vec![kind("benign", false), kind("dos", true), kind("new", true)],
            families: vec!["all".to_owned()],
        };
        let mut trial = Trial {
            kind: ORDER.to_owned(),
            class_train_rows: vec![10, 10, 0],
            confusion: vec![8, 2, 0, 0, 5, 0, 4, 1, 0],
            called_attack: [2, 6],
            ..Trial::default()
        };
        let scores = trial.scores(&taxonomy);
        assert_eq!(scores.per_class.len(), 2);
        assert_eq!(
            trial.false_positives(&taxonomy).per_million(),
            Some(200_000.0)
        );
        assert!((scores.accuracy - 0.65).abs() < 1e-12);
        assert!((scores.binary.expect("both").recall - 0.6).abs() < 1e-12);
        let new = OneSided {
            class: 2,
            train_rows: 0,
            test_rows: 5,
        };
        assert_eq!(trial.one_sided(), [new]);

        trial.kind = GROUPED.to_owned();
        assert_eq!(trial.scores(&taxonomy).per_class.len(), 3);
    }
}
