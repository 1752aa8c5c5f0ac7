//! The thresholds of a forest, each once: one table per feature, in rising order.

use super::bytes::{Reader, put_column, put_varint};
use super::damaged;
use crate::Error;
use crate::model::tree::{Tree, TreeNode};
use std::collections::{BTreeMap, BTreeSet};

/// The features that splits ask for, in rising order, each with its thresholds.
pub(super) struct Tables {
    pub(super) of_features: Vec<(u16, Vec<f32>)>,
}

/// Where each threshold of a feature stands: which table, and where in it.
pub(super) type Places = BTreeMap<(u16, u32), (u32, u32)>;

/// Appends the tables of trees; where each threshold stands.
pub(super) fn put(out: &mut Vec<u8>, trees: &[Tree]) -> Places {
    let mut tables: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
    for node in trees.iter().flat_map(|tree| &tree.nodes) {
        if let TreeNode::Split {
            feature, threshold, ..
        } = *node
        {
            tables
                .entry(feature)
                .or_default()
                .insert(sortable(threshold));
        }
    }
    put_varint(out, tables.len() as u64);
    for (&feature, table) in &tables {
        put_varint(out, u64::from(feature));
        put_varint(out, table.len() as u64);
    }
    let mut steps = Vec::new();
    for table in tables.values() {
        let mut before = 0;
        for &threshold in table {
            steps.push(threshold - before);
            before = threshold;
        }
    }
    put_column(out, &steps);
    tables
        .iter()
        .zip(0..)
        .flat_map(|((&feature, table), place)| {
            let within = table.iter().zip(0..);
            within.map(move |(&threshold, index)| ((feature, threshold), (place, index)))
        })
        .collect()
}

/// Where a split's threshold stands.
pub(super) fn place(places: &Places, feature: u16, threshold: f32) -> (u32, u32) {
    places[&(feature, sortable(threshold))]
}

/// The inverse of [`put`], for at most `n_splits` splits.
pub(super) fn get(reader: &mut Reader<'_>, n_splits: usize) -> Result<Tables, Error> {
    let n_tables = reader.varint_below(u64::from(u16::MAX) + 2)?;
    let mut lens = Vec::new();
    let mut total = 0;
    for _ in 0..n_tables {
        let feature = reader.varint_below(u64::from(u16::MAX) + 1)? as u16;
        // Each threshold belongs to a split at least.
        let len = reader.varint_below((n_splits - total) as u64 + 1)? as usize;
        total += len;
        lens.push((feature, len));
    }
    let mut steps = reader.column(total)?.into_iter();
    let mut tables = Vec::with_capacity(lens.len());
    for (feature, len) in lens {
        let mut table = Vec::with_capacity(len);
        let mut key = 0u32;
        for step in steps.by_ref().take(len) {
            let Some(next) = key.checked_add(step) else {
                return Err(damaged("a threshold is larger than any number"));
            };
            key = next;
            table.push(from_sortable(key));
        }
        tables.push((feature, table));
    }
    Ok(Tables {
        of_features: tables,
    })
}

impl Tables {
    /// A feature and its threshold.
    ///
    /// # Errors
    /// Where there are none at these places.
    pub(super) fn at(&self, place: u32, index: u32) -> Result<(u16, f32), Error> {
        let Some((feature, table)) = self.of_features.get(place as usize) else {
            return Err(damaged("a split asks for a feature that is not listed"));
        };
        let Some(&threshold) = table.get(index as usize) else {
            return Err(damaged("a split asks for a threshold that is not listed"));
        };
        Ok((*feature, threshold))
    }
}

const SIGN: u32 = 1 << 31;

/// A float's bits, changed so that they sort as the floats do.
fn sortable(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn from_sortable(key: u32) -> f32 {
    f32::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sortable_keys_keep_order_and_bits() {
        let values = [
            f32::NEG_INFINITY,
            f32::MIN,
            -1.5,
            -f32::MIN_POSITIVE,
            -0.0,
            0.0,
            f32::MIN_POSITIVE,
            2.0,
            f32::MAX,
            f32::INFINITY,
        ];
        assert!(values.map(sortable).is_sorted_by(|a, b| a < b));
        assert_eq!(
            values.map(|v| from_sortable(sortable(v)).to_bits()),
            values.map(f32::to_bits)
        );
    }
}
