//! What a fitted model applies to a row before it scores it: dictionaries, imputation, the standard scaler.

/// What is known about one feature from training. Cells become `f32`: numbers as they are, categories as the index of
/// the word in `categories` (an unseen word is `categories.len()`), missing cells NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// The words of a categorical column in code order; empty for other kinds.
    pub categories: Vec<String>,
    /// What stands in for missing and infinite values where a detector needs one: the median of the finite training
    /// values, or in a categorical column the code of 'other', because a missing word is like none of the others.
    pub median: f32,
    /// Mean of the finite training values: the standard scaler's centre.
    pub mean: f32,
    /// Standard deviation of the finite training values: the standard scaler's unit. 1 where all values are equal.
    pub std: f32,
    /// The training reference: 17 values at equal steps of the finite training values' quantiles, minimum first,
    /// maximum last. Empty where training saw none.
    pub quantiles: Vec<f32>,
    /// How many training rows had no value here.
    pub missing: u64,
}

/// The preparation of a row, one entry per feature in the schema's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preparation {
    /// One entry per feature.
    pub features: Vec<Feature>,
    /// How many rows the model was fitted on.
    pub training_rows: u64,
}

impl Feature {
    /// A value in the standard scaler's units: how many standard deviations it is from the training rows' mean.
    pub fn scaled(&self, value: f32) -> f32 {
        (value - self.mean) / self.std
    }

    /// The code of a category: its place in the dictionary, or the one after the last for a word that is not there.
    pub fn code(&self, word: &str) -> f32 {
        let place = self.categories.iter().position(|known| known == word);
        place.unwrap_or(self.categories.len()) as f32
    }

    /// Whether a word is in the dictionary.
    pub fn knows(&self, word: &str) -> bool {
        self.categories.iter().any(|known| known == word)
    }

    /// What a detector sees of a value: the median stands in where it is missing or infinite.
    pub fn imputed(&self, value: f32) -> f32 {
        if value.is_finite() {
            value
        } else {
            self.median
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_scaled_coded_and_imputed() {
        let feature = Feature {
            categories: vec!["tcp".to_owned(), "udp".to_owned()],
            median: 1.0,
            mean: 2.0,
            std: 4.0,
            ..Feature::default()
        };
        assert_eq!(feature.scaled(10.0), 2.0);
        assert!(feature.scaled(f32::NAN).is_nan());
        assert_eq!(
            [
                feature.code("udp"),
                feature.code("tcp"),
                feature.code("UDP")
            ],
            [1.0, 0.0, 2.0]
        );
        assert_eq!(feature.imputed(7.0), 7.0);
        assert_eq!(
            [feature.imputed(f32::NAN), feature.imputed(f32::INFINITY)],
            [1.0, 1.0]
        );
    }
}
