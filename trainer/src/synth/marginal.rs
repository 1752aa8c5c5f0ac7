//! The distribution of one column in one class: a place between 0 and 1 becomes a value.

/// As many different values are kept each with its count; more become quantiles, unless they come again and again.
const FEW_VALUES: usize = 256;
/// Values that are kept at most, where each has this many rows on average: ports, sizes of packets.
const MAX_VALUES: usize = 8192;
const ROWS_PER_VALUE: usize = 4;
/// Steps of a table of quantiles.
const STEPS: usize = 1024;

/// The distribution of a column.
#[derive(Debug, Default)]
pub(super) struct Marginal {
    /// Share of the rows without a value; they lie below all others.
    missing: f64,
    table: Table,
}

#[derive(Debug)]
enum Table {
    /// Values, and the share of rows with a value up to each.
    Values(Vec<(f32, f64)>),
    /// Values at equal steps, from the least to the largest.
    Quantiles(Vec<f32>),
}

impl Default for Table {
    fn default() -> Self {
        Self::Values(Vec::new())
    }
}

impl Marginal {
    /// Of these values, NaN where there is none.
    pub(super) fn of(values: &[f32]) -> Self {
        let mut sorted: Vec<f32> = values
            .iter()
            .map(|value| value + 0.0)
            .filter(|value| !value.is_nan())
            .collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else {
            return Self {
                missing: 1.0,
                ..Self::default()
            };
        };
        let mut counted: Vec<(f32, f64)> = Vec::new();
        for (i, &value) in sorted.iter().enumerate() {
            let share = (i + 1) as f64 / sorted.len() as f64;
            match counted.last_mut() {
                Some(known) if known.0 == value => known.1 = share,
                _ => counted.push((value, share)),
            }
        }
        let kept = (sorted.len() / ROWS_PER_VALUE).clamp(FEW_VALUES, MAX_VALUES);
        Self {
            missing: (values.len() - sorted.len()) as f64 / values.len() as f64,
            table: if counted.len() <= kept {
                Table::Values(counted)
            } else {
                Table::Quantiles(
                    (0..=STEPS)
                        .map(|step| sorted[step * last / STEPS])
                        .collect(),
                )
            },
        }
    }

    /// Whether all rows have the same.
    pub(super) fn is_constant(&self) -> bool {
        match &self.table {
            Table::Values(values) => {
                values.is_empty() || (values.len() == 1 && self.missing == 0.0)
            }
            Table::Quantiles(_) => false,
        }
    }

    /// The value at a place; `None` where there is none.
    pub(super) fn value(&self, place: f64) -> Option<f32> {
        if place < self.missing {
            return None;
        }
        let place = ((place - self.missing) / (1.0 - self.missing)).clamp(0.0, 1.0);
        match &self.table {
            Table::Values(values) => {
                let index = values.partition_point(|&(_, share)| share <= place);
                values
                    .get(index.min(values.len().checked_sub(1)?))
                    .map(|&(value, _)| value)
            }
            Table::Quantiles(quantiles) => {
                let step = place * (quantiles.len() - 1) as f64;
                let below = step as usize;
                let (low, high) = (
                    quantiles[below],
                    quantiles[(below + 1).min(quantiles.len() - 1)],
                );
                let into = step - below as f64;
                if low == high || !low.is_finite() || !high.is_finite() {
                    // Between equal quantiles lies a value that many rows have: that one, and not nearly that one.
                    return Some(if into < 0.5 { low } else { high });
                }
                Some((f64::from(low) + (f64::from(high) - f64::from(low)) * into) as f32)
            }
        }
    }

    /// The least and the largest finite value.
    pub(super) fn range(&self) -> Option<(f32, f32)> {
        let finite = |values: &[f32]| {
            let mut finite = values.iter().copied().filter(|value| value.is_finite());
            let first = finite.next()?;
            Some((first, finite.next_back().unwrap_or(first)))
        };
        match &self.table {
            Table::Values(values) => {
                finite(&values.iter().map(|&(value, _)| value).collect::<Vec<_>>())
            }
            Table::Quantiles(quantiles) => finite(quantiles),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_come_as_often_as_they_did() {
        let marginal = Marginal::of(&[f32::NAN, 3.0, 3.0, 7.0]);
        let found = [0.1, 0.3, 0.7, 0.8, 1.0].map(|place| marginal.value(place));
        assert_eq!(found, [None, Some(3.0), Some(3.0), Some(7.0), Some(7.0)]);
        assert_eq!(marginal.range(), Some((3.0, 7.0)));
        assert!(!marginal.is_constant() && Marginal::of(&[2.0, 2.0]).is_constant());
        assert!(Marginal::of(&[f32::NAN]).is_constant());
        assert_eq!(Marginal::of(&[]).value(0.5), None);
    }

    #[test]
    fn many_values_are_interpolated() {
        let values: Vec<f32> = (0..4097).map(|i| i as f32).chain([f32::INFINITY]).collect();
        let marginal = Marginal::of(&values);
        let middle = marginal.value(0.5).expect("a value");
        assert!((2040.0..2060.0).contains(&middle), "{middle}");
        assert_eq!(marginal.value(1.0), Some(f32::INFINITY));
        assert!(marginal.range().expect("a range").1 > 4000.0);
    }
}
