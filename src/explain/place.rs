//! Where a value lies among those of training.

use crate::prepare::Feature;

/// The share of the training rows with a value that is lower, and that is lower or the same, as far as the stored
/// quantiles tell. The two differ where many rows have one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Lower ones, 0 to 1.
    pub below: f64,
    /// Lower ones and equal ones.
    pub at_most: f64,
}

/// The place of a value; `None` where it is missing, is a category, or there are no quantiles.
pub fn place(feature: &Feature, value: f32) -> Option<Place> {
    let quantiles = &feature.quantiles[..];
    if quantiles.len() < 2 || value.is_nan() || !feature.categories.is_empty() {
        return None;
    }
    let below = quantiles
        .iter()
        .filter(|&&quantile| quantile < value)
        .count();
    let at_most = quantiles
        .iter()
        .filter(|&&quantile| quantile <= value)
        .count();
    let steps = (quantiles.len() - 1) as f64;
    if below == at_most && below > 0 && below < quantiles.len() {
        // Between two quantiles, along the line from the one to the other.
        let (low, high) = (f64::from(quantiles[below - 1]), f64::from(quantiles[below]));
        let within = (f64::from(value) - low) / (high - low);
        let share = ((below - 1) as f64 + within) / steps;
        return Some(Place {
            below: share,
            at_most: share,
        });
    }
    Some(Place {
        below: if below == quantiles.len() {
            1.0
        } else {
            below as f64 / steps
        }
        .min(1.0),
        at_most: at_most.saturating_sub(1) as f64 / steps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(quantiles: &[f32], value: f32) -> Option<(f64, f64)> {
        let feature = Feature {
            quantiles: quantiles.to_vec(),
            ..Feature::default()
        };
        place(&feature, value).map(|place| (place.below, place.at_most))
    }

    #[test]
    fn values_lie_between_quantiles_on_them_or_beyond() {
        let quantiles = [0.0, 0.0, 0.0, 2.0, 10.0];
        assert_eq!(placed(&quantiles, -1.0), Some((0.0, 0.0)));
        assert_eq!(placed(&quantiles, 0.0), Some((0.0, 0.5)));
        assert_eq!(placed(&quantiles, 1.0), Some((0.625, 0.625)));
        assert_eq!(placed(&quantiles, 2.0), Some((0.75, 0.75)));
        assert_eq!(placed(&quantiles, 8.0), Some((0.9375, 0.9375)));
        assert_eq!(placed(&quantiles, 10.0), Some((1.0, 1.0)));
        assert_eq!(placed(&quantiles, f32::INFINITY), Some((1.0, 1.0)));
        assert_eq!(placed(&quantiles, f32::NAN), None);
        assert_eq!(placed(&[], 1.0), None);
        assert_eq!(placed(&[3.0; 5], 3.0), Some((0.0, 1.0)));
    }
}
