//! Precision, recall and F1 from a confusion matrix.

use super::{BinaryScores, ClassScores, Confusion, Evaluation, FalsePositives};
use crate::model::taxonomy::Taxonomy;

impl Evaluation {
    /// The scores that follow from counts.
    ///
    /// `confusion` holds rows per label (outer) and predicted class (inner), `kinds × kinds` numbers; `binary` holds
    /// rows per *is an attack* (outer) and *is called an attack* (inner). The two are counted apart, because the
    /// attack kinds' probabilities may add up to more than half of a row whose most likely kind is benign.
    ///
    /// # Panics
    /// Panics if `confusion` is shorter than the square of the number of kinds.
    pub fn from_counts(taxonomy: &Taxonomy, confusion: &[u64], binary: &[[u64; 2]; 2]) -> Self {
        let n = taxonomy.kinds.len();
        let matrix: Vec<Vec<u64>> = (0..n)
            .map(|label| confusion[label * n..][..n].to_vec())
            .collect();
        let rows: u64 = matrix.iter().flatten().sum();
        let hits: u64 = (0..n).map(|class| matrix[class][class]).sum();
        let per_class: Vec<ClassScores> = (0..n)
            .filter_map(|class| class_scores(&taxonomy.kinds[class].name, class, &matrix))
            .collect();
        Self {
            rows,
            accuracy: ratio(hits, rows),
            macro_f1: macro_f1(&per_class),
            per_class,
            binary: binary_scores(taxonomy, binary),
            confusion: Confusion {
                labels: taxonomy
                    .kinds
                    .iter()
                    .map(|kind| kind.name.clone())
                    .collect(),
                matrix,
            },
        }
    }

    /// Leaves classes out of all that is per class, and of means over classes: those of which `counts` does not say so, of
    /// their indices. Their rows stay in the accuracy and in attack against benign.
    #[must_use]
    pub fn of_classes(mut self, counts: impl Fn(usize) -> bool) -> Self {
        let names = &self.confusion.labels;
        let place = |name: &String| names.iter().position(|other| other == name);
        self.per_class
            .retain(|scores| place(&scores.class).is_some_and(&counts));
        self.macro_f1 = macro_f1(&self.per_class);
        self
    }

    /// Mean of the classes' recall, over classes that are a label of at least one row (as scikit-learn does).
    pub fn balanced_accuracy(&self) -> f64 {
        let labelled = || self.per_class.iter().filter(|class| class.support > 0);
        let recalls: f64 = labelled().map(|class| class.recall).sum();
        recalls / labelled().count().max(1) as f64
    }

    /// Mean of the classes' F1, each weighing as many as it has rows.
    pub fn weighted_f1(&self) -> f64 {
        let weighted = self
            .per_class
            .iter()
            .map(|class| class.f1 * class.support as f64);
        weighted.sum::<f64>() / self.rows.max(1) as f64
    }
}

impl FalsePositives {
    /// Of rows per *is an attack* (outer) and *is called an attack* (inner).
    pub fn from_counts(binary: &[[u64; 2]; 2]) -> Self {
        let [right, called_attack] = binary[0];
        Self {
            benign_rows: right + called_attack,
            called_attack,
        }
    }

    /// Of a million benign rows, how many are called attacks at this rate; `None` without benign rows.
    ///
    /// Of the millions of flows that a network has in a day nearly all are benign, so a share that looks small in
    /// hundredths buries whoever looks at alarms.
    pub fn per_million(self) -> Option<f64> {
        (self.benign_rows > 0).then(|| 1e6 * ratio(self.called_attack, self.benign_rows))
    }
}

impl BinaryScores {
    /// The scores that follow from the rows rightly called positive, wrongly called so, and missed.
    pub fn from_counts(hits: u64, false_alarms: u64, misses: u64) -> Self {
        Self {
            precision: ratio(hits, hits + false_alarms),
            recall: ratio(hits, hits + misses),
            f1: ratio(2 * hits, 2 * hits + false_alarms + misses),
        }
    }
}

fn macro_f1(per_class: &[ClassScores]) -> f64 {
    let sum: f64 = per_class.iter().map(|scores| scores.f1).sum();
    sum / per_class.len().max(1) as f64
}

/// Attack against benign; `None` unless the taxonomy knows both and the file has labels of both.
fn binary_scores(taxonomy: &Taxonomy, counts: &[[u64; 2]; 2]) -> Option<BinaryScores> {
    let knows = |attack| taxonomy.kinds.iter().any(|kind| kind.attack == attack);
    let [[_, false_alarms], [misses, hits]] = *counts;
    let has_both = counts.iter().all(|side| side.iter().sum::<u64>() > 0);
    (knows(true) && knows(false) && has_both)
        .then(|| BinaryScores::from_counts(hits, false_alarms, misses))
}

/// One class against the rest; `None` where it is neither a label nor a prediction of any row.
fn class_scores(name: &str, class: usize, matrix: &[Vec<u64>]) -> Option<ClassScores> {
    let support: u64 = matrix[class].iter().sum();
    let predicted: u64 = matrix.iter().map(|row| row[class]).sum();
    let hits = matrix[class][class];
    (support + predicted > 0).then(|| {
        let scores = BinaryScores::from_counts(hits, predicted - hits, support - hits);
        ClassScores {
            class: name.to_owned(),
            precision: scores.precision,
            recall: scores.recall,
            f1: scores.f1,
            support,
        }
    })
}

/// A share; 0 where there is nothing to have a share of.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::taxonomy::Kind;

    fn taxonomy(kinds: &[(&str, bool)]) -> Taxonomy {
        Taxonomy {
            kinds: kinds
                .iter()
                .map(|&(name, attack)| Kind {
                    name: name.to_owned(),
                    aliases: Vec::new(),
                    family: 0,
                    attack,
                    training_rows: 0,
                })
                .collect(),
            families: vec!["all".to_owned()],
        }
    }

    fn close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-12,
            "{found} is not {expected}"
        );
    }

    /// scikit-learn: `classification_report` of truth = 5×a, 3×b, 2×c against predictions that make this matrix.
    #[test]
    fn scores_equal_scikit_learn() {
        let taxonomy = taxonomy(&[("a", false), ("b", true), ("c", true), ("never", true)]);
        #[rustfmt::skip]
        let confusion = [
            4, 1, 0, 0,
            1, 2, 0, 0,
            0, 1, 1, 0,
            0, 0, 0, 0,
        ];
        let scores = Evaluation::from_counts(&taxonomy, &confusion, &[[4, 1], [1, 4]]);
        assert_eq!(scores.rows, 10);
        close(scores.accuracy, 0.7);
        close(scores.macro_f1, 0.679_365_079_365_079_3);
        close(scores.balanced_accuracy(), 0.655_555_555_555_555_5);
        close(scores.weighted_f1(), 0.704_761_904_761_904_8);
        assert_eq!(scores.per_class.len(), 3);
        let [a, b, c] = &scores.per_class[..] else {
            panic!("three classes expected")
        };
        for (class, precision, recall, f1, support) in [
            (a, 0.8, 0.8, 0.8, 5),
            (b, 0.5, 2.0 / 3.0, 0.571_428_571_428_571_4, 3),
            (c, 1.0, 0.5, 2.0 / 3.0, 2),
        ] {
            close(class.precision, precision);
            close(class.recall, recall);
            close(class.f1, f1);
            assert_eq!(class.support, support);
        }
        let binary = scores.binary.expect("both sides are there");
        close(binary.precision, 0.8);
        close(binary.recall, 0.8);
        close(binary.f1, 0.8);
        assert_eq!(scores.confusion.labels, ["a", "b", "c", "never"]);
        assert_eq!(scores.confusion.matrix[2], [0, 1, 1, 0]);
    }

    #[test]
    fn a_class_that_is_only_predicted_counts_as_zero() {
        let taxonomy = taxonomy(&[("a", false), ("b", true)]);
        let scores = Evaluation::from_counts(&taxonomy, &[1, 1, 0, 0], &[[1, 1], [0, 0]]);
        close(scores.macro_f1, 1.0 / 3.0);
        assert_eq!(scores.per_class[1].support, 0);
        close(scores.balanced_accuracy(), 0.5);
        close(scores.weighted_f1(), 2.0 / 3.0);
        assert_eq!(
            scores.binary, None,
            "a file without attacks has no binary scores"
        );
    }

    #[test]
    fn classes_that_do_not_count_have_no_part_in_means_over_classes() {
        let taxonomy = taxonomy(&[("a", false), ("b", true), ("new", true)]);
        let confusion = [4, 0, 0, 1, 3, 0, 2, 2, 0];
        let scores =
            Evaluation::from_counts(&taxonomy, &confusion, &[[4, 0], [3, 5]]).of_classes(|c| c < 2);
        let names: Vec<&str> = scores.per_class.iter().map(|c| c.class.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        close(scores.balanced_accuracy(), 0.875);
        close(scores.accuracy, 7.0 / 12.0);
        assert_eq!(scores.rows, 12);
        close(scores.binary.expect("both sides").recall, 5.0 / 8.0);
    }

    #[test]
    fn false_positives_are_counted_per_million_benign_rows() {
        let found = FalsePositives::from_counts(&[[3999, 1], [7, 90]]);
        assert_eq!((found.benign_rows, found.called_attack), (4000, 1));
        assert_eq!(found.per_million(), Some(250.0));
        let none = FalsePositives::from_counts(&[[0, 0], [7, 90]]);
        assert_eq!(none.per_million(), None, "no benign rows, no rate");
    }

    #[test]
    fn no_rows_give_zeros_and_not_nan() {
        let scores = Evaluation::from_counts(&taxonomy(&[("a", false)]), &[0], &[[0, 0], [0, 0]]);
        assert_eq!(
            (scores.rows, scores.accuracy, scores.macro_f1),
            (0, 0.0, 0.0)
        );
        assert!(scores.per_class.is_empty());
        assert_eq!(
            (scores.balanced_accuracy(), scores.weighted_f1()),
            (0.0, 0.0)
        );
    }
}
