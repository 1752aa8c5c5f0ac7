//! Sorted lists of few items. The standard sorts and maps are made for many, and each use of them is several kilobytes of
//! wasm.

use crate::record::{Input, Malformed, Record};
use std::borrow::Borrow;

/// The items in order of their keys, equal ones in the order they came.
pub(crate) fn sorted_by_key<T, K: Ord>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut sorted: Vec<T> = Vec::new();
    for item in items {
        let at = sorted.partition_point(|other| key(other) <= key(&item));
        sorted.insert(at, item);
    }
    sorted
}

/// A map of few entries, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for ShortMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Record, V: Record> Record for ShortMap<K, V> {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        Record::read(input).map(Self)
    }
}

impl<K: Ord, V> ShortMap<K, V> {
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let at = self.0.partition_point(|(other, _)| other.borrow() < key);
        let (found, value) = self.0.get(at)?;
        (found.borrow() == key).then_some(value)
    }

    /// The value of a key, which becomes `new` where it has none.
    pub fn entry(&mut self, key: K, new: V) -> &mut V {
        let at = self.0.partition_point(|(other, _)| *other < key);
        if self.0.get(at).is_none_or(|(found, _)| *found != key) {
            self.0.insert(at, (key, new));
        }
        &mut self.0[at].1
    }

    /// All entries in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }

    /// The largest key.
    pub fn last_key(&self) -> Option<&K> {
        self.0.last().map(|(key, _)| key)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the entries of the smallest keys.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_short_map_is_a_map(entries in prop::collection::vec((0_u8..20, any::<u8>()), 0..40), len in 0_usize..20) {
            let (mut short, mut map) = (ShortMap::default(), BTreeMap::new());
            for (key, value) in entries {
                *short.entry(key, 0) = value;
                map.insert(key, value);
            }
            for key in 0..20 {
                prop_assert_eq!(short.get(&key), map.get(&key));
            }
            prop_assert_eq!(short.last_key(), map.keys().last());
            short.truncate(len);
            prop_assert_eq!(short.len(), len.min(map.len()));
            prop_assert!(short.iter().map(|&(key, value)| (key, value)).eq(map.into_iter().take(len)));
        }
    }
}
