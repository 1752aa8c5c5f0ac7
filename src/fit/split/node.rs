//! What a node holds: its rows with their classes, and on one feature how often each class was drawn at each code.
//!
//! A node mostly has few of the table's classes, so it numbers those that it has.

use crate::fit::bootstrap::Sample;

/// The rows that are to be split.
#[derive(Default)]
pub(super) struct Node {
    /// Draws of each class; zeros while no node is looked at.
    draws_of_class: Vec<u32>,
    /// The number in the node of each class that it has.
    number_of_class: Vec<u8>,
    /// What one draw weighs, by class of the node.
    pub(super) draw_weights: Vec<u32>,
    /// What the rows of each class of the node weigh.
    pub(super) weights: Vec<u64>,
    pub(super) total: u64,
    pub(super) squares: u64,
    pub(super) rows: Vec<NodeRow>,
}

/// The class of a row, as the node numbers it, and how often it was drawn.
#[derive(Clone, Copy)]
pub(super) struct NodeRow {
    pub(super) class: u8,
    pub(super) draws: u8,
}

impl Node {
    /// For tables of `n_classes`.
    pub(super) fn new(n_classes: usize) -> Self {
        Self {
            draws_of_class: vec![0; n_classes],
            number_of_class: vec![0; n_classes],
            ..Self::default()
        }
    }

    /// Takes rows for those to be split, each class at what one draw of it weighs; `false` if all are of one class.
    pub(super) fn enter(&mut self, samples: &[Sample], class_weights: &[u32]) -> bool {
        self.draws_of_class.fill(0);
        for sample in samples {
            self.draws_of_class[usize::from(sample.label)] += u32::from(sample.draws);
        }
        self.draw_weights.clear();
        self.weights.clear();
        (self.total, self.squares) = (0, 0);
        for (class, &draws) in self.draws_of_class.iter().enumerate() {
            if draws > 0 {
                let weight = u64::from(draws) * u64::from(class_weights[class]);
                self.number_of_class[class] = self.weights.len() as u8;
                self.draw_weights.push(class_weights[class]);
                self.weights.push(weight);
                self.total += weight;
                self.squares += weight * weight;
            }
        }
        if self.weights.len() < 2 {
            return false;
        }
        self.rows.clear();
        self.rows.extend(samples.iter().map(|sample| NodeRow {
            class: self.number_of_class[usize::from(sample.label)],
            draws: sample.draws,
        }));
        true
    }

    /// How many bits hold the number of a class.
    pub(super) fn class_bits(&self) -> u32 {
        self.weights.len().next_power_of_two().trailing_zeros()
    }
}

/// Draws per code and class of the node.
pub(super) struct Histogram {
    /// All zero between features.
    pub(super) cells: Vec<u32>,
    /// Not zero for each code that occurs; all zero between features.
    pub(super) seen: [u8; 256],
}

impl Histogram {
    /// An empty one for nodes of up to `n_classes`.
    pub(super) fn new(n_classes: usize) -> Self {
        Self {
            cells: vec![0; 256 * n_classes.next_power_of_two()],
            seen: [0; 256],
        }
    }

    #[inline]
    pub(super) fn add(&mut self, code: u8, row: NodeRow, class_bits: u32) {
        self.cells[usize::from(code) << class_bits | usize::from(row.class)] +=
            u32::from(row.draws);
        self.seen[usize::from(code)] = 1;
    }

    /// Moves what it holds into `parts`, ascending.
    pub(super) fn take(&mut self, node: &Node, parts: &mut Vec<Part>) {
        let (n_classes, shift) = (node.weights.len(), node.class_bits());
        let Histogram { cells, seen } = self;
        parts.clear();
        for (eight, seen) in seen.chunks_exact_mut(8).enumerate() {
            if seen == [0; 8] {
                continue;
            }
            for (i, seen) in seen.iter_mut().enumerate() {
                if *seen == 0 {
                    continue;
                }
                *seen = 0;
                let code = 8 * eight + i;
                for (class, draws) in cells[code << shift..][..n_classes].iter_mut().enumerate() {
                    if *draws > 0 {
                        parts.push(Part::new(code as u8, class as u8, *draws));
                        *draws = 0;
                    }
                }
            }
        }
    }
}

/// Draws of one class of the node at one code, as one number that sorts by code, then class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part(u64);

impl Part {
    pub(super) fn new(code: u8, class: u8, draws: u32) -> Self {
        Self(u64::from(code) << 40 | u64::from(class) << 32 | u64::from(draws))
    }

    pub(super) fn code(self) -> u8 {
        (self.0 >> 40) as u8
    }

    pub(super) fn class(self) -> u8 {
        (self.0 >> 32) as u8
    }

    pub(super) fn draws(self) -> u64 {
        self.0 & u64::from(u32::MAX)
    }
}
