//! What scores a prepared row: the classifier, the isolation forest, and the taxonomy that names the classes.
//!
//! A [`ModelSpec`] is a model as it is trained, stored and described. [`Model`] is compiled from it, once it has been
//! checked and has scored its own test rows as it says it must.
//!
//! A model may have *no classes*: a detector alone, fitted on flows that nobody labelled. Then its taxonomy and its forest
//! are empty, and every row's class is [`CLASS_NONE`].

mod bounds;
pub mod calibration;
pub mod card;
pub mod cover;
pub mod detectors;
pub mod distance;
mod exponential;
pub mod forest;
pub mod importance;
pub mod isolation;
pub mod lof;
pub(crate) mod nearest;
pub mod one_class;
mod planting;
pub mod rank;
pub mod space;
mod surprise;
pub mod taxonomy;
mod traverse;
pub mod tree;
pub mod trial;
pub mod unknown;
pub mod validate;

use crate::prepare::Preparation;
use crate::schema::Schema;
use crate::{Error, ErrorKind};
pub use bounds::Bounds;
use calibration::{CalibrationSpec, ClassSet, SetSpec, Weights, probability, weigh};
use card::Card;
use detectors::{DetectorRanks, Detectors, DetectorsScratch, DetectorsSpec};
use forest::{DISTRIBUTION_SUM, Forest, ForestSpec, Leaves};
use importance::PermutationImportance;
use isolation::{IsolationSpec, IsolationTrees};
use rank::Ranking;
use taxonomy::{Kind, Taxonomy};
use traverse::RowLayout;
use unknown::Evidence;

/// The class and the family of a row that a model without classes has scored.
pub const CLASS_NONE: u8 = 254;

/// A model as it is trained, stored and described; what scores is compiled from it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// A short name such as `rt-iot2022`, also the file's stem.
    pub name: String,
    /// The columns that it reads.
    pub schema: Schema,
    /// What it applies to a row first.
    pub preparation: Preparation,
    /// The classes; a class index anywhere is an index into the taxonomy's kinds. None in a model without classes.
    pub taxonomy: Taxonomy,
    /// The classifier; no trees at all in a model without classes.
    pub forest: ForestSpec,
    /// What makes probabilities and sets of the classifier's votes; `None` where shares of votes stand for probabilities. Its
    /// curve says what the leaves hold.
    pub calibration: Option<CalibrationSpec>,
    /// The isolation forest.
    pub isolation: IsolationSpec,
    /// The detectors beside it.
    pub detectors: DetectorsSpec,
    /// Where the model comes from and what it is worth.
    pub card: Card,
    /// What each column is worth to the procedure on rows held out; `None` where that was not measured.
    pub permutation: Option<PermutationImportance>,
    /// Rows with the outputs that they must have.
    pub self_test: Vec<SelfTestRow>,
}

/// A made-up row of prepared values and what the model says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfTestRow {
    /// One value per feature; NaN (any) is missing, stored as the canonical NaN.
    pub values: Vec<f32>,
    /// The class predicted; [`CLASS_NONE`] by a model without classes.
    pub class: u8,
    /// Its probability × 65535, rounded.
    pub confidence: u16,
    /// The detectors' rank (see [`rank`]).
    pub rank: u16,
}

/// A model ready to score rows.
#[derive(Clone, Debug)]
pub struct Model {
    spec: ModelSpec,
    layout: RowLayout,
    /// None in a model without classes.
    forest: Option<Forest>,
    /// None where the model is not calibrated.
    weights: Option<Weights>,
    isolation: Option<(IsolationTrees, Ranking)>,
    detectors: Detectors,
    /// What speaks for an attack, and the key below which a row is unknown.
    unknown: Option<(Evidence, u32)>,
    classes: Vec<Class>,
}

/// What scoring needs to know of a class.
#[derive(Clone, Copy, Debug)]
struct Class {
    family: u8,
    attack: bool,
}

/// Memory that scoring works in. One for each thread, from [`Model::scratch`], used with that model alone.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// The row as the trees read it.
    row: Vec<f32>,
    class_sums: Vec<u32>,
    /// What the classes weigh, and what that adds up to: a class's probability is its share of it.
    weights: Vec<u32>,
    total: u64,
    family_weights: Vec<u64>,
    detector_row: Vec<f32>,
    detectors: DetectorsScratch,
}

/// What a model says of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowScore {
    /// The class of the largest probability, the first of equals; [`CLASS_NONE`] where the model has no classes.
    pub class: u8,
    /// Its probability × 65535, rounded; 0 where the model has no classes.
    pub confidence: u16,
    /// How strange it is by all detectors together (see [`rank`]); 0 where the model has none.
    pub rank: u16,
    /// The same by each detector.
    pub ranks: DetectorRanks,
    /// The family of the largest probability, the first of equals; [`CLASS_NONE`] where the model has no classes.
    pub family: u8,
    /// Whether attacks together are more probable than benign traffic.
    pub attack: bool,
    /// Whether it is not called an attack, and yet is of no kind that the model knows (see [`unknown`]).
    pub unknown: bool,
}

impl ModelSpec {
    /// Whether it tells classes apart; else it is a detector alone.
    pub fn has_classes(&self) -> bool {
        !self.forest.trees.is_empty()
    }

    /// What the leaves of the classifier hold: its calibration says so.
    pub fn leaves(&self) -> Leaves {
        let calibration = self.calibration.as_ref();
        calibration.map_or(Leaves::Shares, |calibration| calibration.curve.leaves())
    }
}

impl Model {
    /// Checks a specification, compiles it, and lets it score its own test rows.
    ///
    /// # Errors
    /// [`ErrorKind::PackDamaged`] where the parts do not fit together or a limit of [`validate`] is passed,
    /// [`ErrorKind::PackSelfTest`] where a test row does not get what it must.
    pub fn new(spec: ModelSpec) -> Result<Self, Error> {
        validate::model(&spec)?;
        let n_features = spec.schema.columns.len();
        let layout = RowLayout::new(n_features, forest::has_missing_left(&spec.forest.trees));
        let isolation = (!spec.isolation.trees.is_empty()).then(|| {
            let trees = IsolationTrees::from_valid(&spec.isolation.trees, n_features);
            let ranking = Ranking::new(&spec.isolation.quantiles, trees.bounds());
            (trees, ranking)
        });
        let model = Self {
            layout,
            forest: spec
                .has_classes()
                .then(|| Forest::new(&spec.forest, layout)),
            weights: spec
                .calibration
                .as_ref()
                .map(|calibration| Weights::new(&calibration.curve, most_votes(&spec.forest))),
            isolation,
            detectors: Detectors::new(&spec.detectors)?,
            unknown: spec.detectors.unknown.as_ref().map(|unknown| {
                let evidence = Evidence::new(&unknown.attack_quantiles);
                (evidence, unknown.threshold)
            }),
            classes: classes(&spec.taxonomy),
            spec,
        };
        model.test_itself()?;
        Ok(model)
    }

    /// What the model was made from.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// What the model was made from, without the model.
    pub fn into_spec(self) -> ModelSpec {
        self.spec
    }

    /// How many features a row has.
    pub fn n_features(&self) -> usize {
        self.spec.schema.columns.len()
    }

    /// Memory for [`Self::score`].
    pub fn scratch(&self) -> Scratch {
        Scratch {
            row: vec![0.0; self.layout.row_len()],
            class_sums: vec![0; self.forest.as_ref().map_or(0, Forest::sums_len)],
            weights: vec![0; self.classes.len()],
            total: 0,
            family_weights: vec![0; self.spec.taxonomy.families.len()],
            // Of which the last stays: a leaf's slot.
            detector_row: vec![f32::INFINITY; self.n_features() + 1],
            detectors: self.detectors.scratch(self.n_features()),
        }
    }

    /// Scores a row of features: NaN where missing, infinities allowed.
    ///
    /// # Panics
    /// If the row has not as many values as the model has features, or the scratch is another model's.
    pub fn score(&self, values: &[f32], scratch: &mut Scratch) -> RowScore {
        assert_eq!(values.len(), self.n_features());
        self.layout.complete(values, &mut scratch.row);
        let (rank, ranks) = self.ranks(scratch);
        let Some(forest) = &self.forest else {
            return RowScore {
                class: CLASS_NONE,
                confidence: 0,
                rank,
                ranks,
                family: CLASS_NONE,
                attack: false,
                unknown: false,
            };
        };
        forest.sums(&scratch.row, &mut scratch.class_sums);

        let class_sums = &scratch.class_sums[..self.classes.len()];
        let (class, largest) = first_largest(class_sums);
        let weights = &mut scratch.weights;
        scratch.total = weigh(self.weights.as_ref(), class_sums, largest, weights);
        let weight = u64::from(weights[usize::from(class)]);
        let own = &self.classes[usize::from(class)];
        let (family, attack) = if 2 * weight > scratch.total {
            // Nothing outweighs a class with more than half of all.
            (own.family, own.attack)
        } else {
            self.family_and_attack(&scratch.weights, scratch.total, &mut scratch.family_weights)
        };

        RowScore {
            class,
            confidence: probability(weight, scratch.total),
            rank,
            ranks,
            family,
            attack,
            unknown: !attack
                && self.unknown.as_ref().is_some_and(|(evidence, threshold)| {
                    evidence.key(self.attack_probability(scratch), ranks) < *threshold
                }),
        }
    }

    /// The family that weighs most, and whether attacks together weigh more than half of all.
    fn family_and_attack(
        &self,
        weights: &[u32],
        total: u64,
        family_weights: &mut [u64],
    ) -> (u8, bool) {
        family_weights.fill(0);
        let mut attack_weight = 0;
        for (&weight, class) in weights.iter().zip(&self.classes) {
            family_weights[usize::from(class.family)] += u64::from(weight);
            attack_weight += if class.attack { u64::from(weight) } else { 0 };
        }
        let (family, _) = first_largest(family_weights);
        (family, 2 * attack_weight > total)
    }

    /// Whether [`Self::narrow`] says all: where every detector is made of trees.
    pub fn can_narrow(&self) -> bool {
        self.detectors.is_empty()
    }

    /// Narrows bounds to values with which the row that was scored last in this scratch gets the same answer. The bounds'
    /// features are finite in it.
    pub fn narrow(&self, scratch: &Scratch, bounds: &mut Bounds) {
        let row = &scratch.row;
        if let Some(forest) = &self.forest {
            forest.narrow(row, bounds);
        }
        let Some((trees, _)) = &self.isolation else {
            return;
        };
        if all_finite(&row[..self.n_features()]) {
            trees.narrow(row, bounds);
        } else {
            trees.narrow(&scratch.detector_row, bounds);
        }
    }

    /// The probability × 65535, rounded, that the row scored last in this scratch is an attack: those of the attack
    /// classes together. 0 where the model has no classes.
    pub fn attack_probability(&self, scratch: &Scratch) -> u16 {
        if self.forest.is_none() {
            return 0;
        }
        let weights = scratch.weights.iter().zip(&self.classes);
        let attacks = weights.filter(|(_, class)| class.attack);
        let attack_weight = attacks.map(|(&weight, _)| u64::from(weight)).sum();
        probability(attack_weight, scratch.total)
    }

    /// The classes that the row scored last in this scratch may be, at the coverage that the model states; empty where it
    /// is like none of them, and where the model has no sets.
    pub fn set(&self, scratch: &Scratch) -> ClassSet {
        self.sets().map_or(ClassSet::default(), |sets| {
            sets.of(&scratch.weights, scratch.total)
        })
    }

    /// Which classes are in a row's set; `None` where the model has no sets.
    pub fn sets(&self) -> Option<&SetSpec> {
        self.spec.calibration.as_ref()?.sets.as_ref()
    }

    /// The votes for each class in the row scored last in this scratch; none where the model has no classes.
    pub fn votes<'a>(&self, scratch: &'a Scratch) -> &'a [u32] {
        &scratch.class_sums[..self.classes.len()]
    }

    /// What each class weighs in the row scored last in this scratch, and what that adds up to: a class's probability is
    /// its share.
    pub fn weights<'a>(&self, scratch: &'a Scratch) -> (&'a [u32], u64) {
        (&scratch.weights, scratch.total)
    }

    /// The ranks of the completed row by all detectors together, and by each. Where it lacks values, the medians of training
    /// stand in.
    fn ranks(&self, scratch: &mut Scratch) -> (u16, DetectorRanks) {
        let n_features = self.n_features();
        let mut row = &scratch.row;
        if !all_finite(&row[..n_features]) {
            let features = &self.spec.preparation.features;
            let imputed = scratch.detector_row.iter_mut().zip(row).zip(features);
            for ((slot, &value), feature) in imputed {
                *slot = feature.imputed(value);
            }
            row = &scratch.detector_row;
        }
        let isolation = self.isolation.as_ref().map_or(0, |(trees, ranking)| {
            ranking.rank(trees.path_sum_of_completed(row))
        });
        if self.detectors.is_empty() {
            return (isolation, [isolation, 0, 0]);
        }
        let row = &row[..n_features];
        self.detectors.ranks(row, isolation, &mut scratch.detectors)
    }

    fn test_itself(&self) -> Result<(), Error> {
        let mut scratch = self.scratch();
        for (index, test) in self.spec.self_test.iter().enumerate() {
            let score = self.score(&test.values, &mut scratch);
            let expected = (test.class, test.confidence, test.rank);
            let found = (score.class, score.confidence, score.rank);
            if found != expected {
                return Err(Error::new(
                    ErrorKind::PackSelfTest,
                    format!(
                        "The model does not score its own test row {index} as it must: class, confidence and rank are \
                         {found:?}, not {expected:?}. Get the file again; if that does not help, train it anew."
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn classes(taxonomy: &Taxonomy) -> Vec<Class> {
    let class = |kind: &Kind| Class {
        family: kind.family,
        attack: kind.attack,
    };
    taxonomy.kinds.iter().map(class).collect()
}

/// The most votes that a class can have in one row: a byte of each tree.
pub fn most_votes(forest: &ForestSpec) -> u32 {
    DISTRIBUTION_SUM * forest.trees.len() as u32
}

/// The index and value of the largest, the first of equals.
fn first_largest<T: Copy + Default + PartialOrd>(values: &[T]) -> (u8, T) {
    let mut best = (0, T::default());
    for (index, &value) in values.iter().enumerate() {
        if value > best.1 {
            best = (index as u8, value);
        }
    }
    best
}

fn all_finite(values: &[f32]) -> bool {
    // Without an early exit, so that it becomes a few vector instructions.
    values
        .iter()
        .fold(true, |all, value| all & value.is_finite())
}
