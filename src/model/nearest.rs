//! The nearest of many points that are offered one after another.

/// The nearest points so far: as many as stand for `k` neighbours together, or all where these do not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nearest<D> {
    k: u32,
    found: u32,
    /// The nearest first, of equally near ones the one that was offered first.
    neighbours: Vec<Neighbour<D>>,
}

/// A point and how many of the neighbours it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Neighbour<D> {
    pub(crate) distance: D,
    pub(crate) point: u32,
    pub(crate) count: u32,
}

impl<D: Copy + PartialOrd> Nearest<D> {
    /// Forgets all and looks for the nearest `k`, at least one.
    pub(crate) fn start(&mut self, k: u32) {
        self.k = k;
        self.found = 0;
        self.neighbours.clear();
    }

    /// Whether the neighbours are `k` together.
    pub(crate) fn is_complete(&self) -> bool {
        self.found >= self.k
    }

    /// What a distance must be below to be offered; `None` while any will do.
    pub(crate) fn limit(&self) -> Option<D> {
        let last = self.neighbours.last()?;
        self.is_complete().then_some(last.distance)
    }

    /// Takes a point that is below the limit and stands for `count` neighbours.
    pub(crate) fn take(&mut self, distance: D, point: u32, count: u32) {
        let before = self
            .neighbours
            .iter()
            .rposition(|other| other.distance <= distance);
        // A point that stands for more than k is as good as k.
        let count = count.min(self.k);
        let neighbour = Neighbour {
            distance,
            point,
            count,
        };
        self.neighbours
            .insert(before.map_or(0, |before| before + 1), neighbour);
        self.found += count;
        while let Some(&last) = self.neighbours.last()
            && self.found - last.count >= self.k
        {
            self.found -= last.count;
            self.neighbours.pop();
        }
    }

    /// The neighbours, the nearest first, the last one counted only as far as `k` goes.
    pub(crate) fn neighbours(&self) -> impl Iterator<Item = Neighbour<D>> {
        let mut wanted = self.k;
        self.neighbours.iter().map(move |&neighbour| {
            let count = neighbour.count.min(wanted);
            wanted -= count;
            Neighbour { count, ..neighbour }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_nearest_are_those_in_front_when_all_are_sorted(
            offered in prop::collection::vec((0_u8..30, 1_u32..5), 0..80),
            k in 1_u32..40,
        ) {
            let mut nearest = Nearest::default();
            nearest.start(k);
            for (point, &(distance, count)) in (0..).zip(&offered) {
                if nearest.limit().is_none_or(|limit| distance < limit) {
                    nearest.take(distance, point, count);
                }
            }
            let mut sorted: Vec<(u8, u32)> = (0..)
                .zip(&offered)
                .flat_map(|(point, &(distance, count))| vec![(distance, point); count as usize])
                .collect();
            sorted.sort_unstable();
            prop_assert_eq!(nearest.is_complete(), sorted.len() >= k as usize);
            sorted.truncate(k as usize);
            let found: Vec<(u8, u32)> = nearest
                .neighbours()
                .flat_map(|found| vec![(found.distance, found.point); found.count as usize])
                .collect();
            prop_assert_eq!(found, sorted);
        }
    }
}
