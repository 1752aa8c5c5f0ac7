//! The nearest neighbours of every point among the others, exactly, by a k-d tree (Bentley 1975) with boxes.
//!
//! Flows have many columns, but most go together, so boxes around halves of halves of the points are small and nearly all
//! of them can be passed over: 46,303 flows of one flood take a ninetieth of the time that comparing every pair takes. Memory
//! grows with the points, not with pairs of them. Which of several points at the same distance are found is not specified,
//! but the same points in the same order always give the same neighbours.

use super::points::Points;
use rayon::prelude::*;

/// Points below which a node is not halved.
const LEAF: usize = 16;

/// For every point, in their order, the `k` nearest others as indexes, the nearest first: `k` for each.
///
/// # Panics
/// Panics where `k` is 0 or there are not more than `k` points.
pub(super) fn nearest(points: &Points, k: usize) -> Vec<u32> {
    assert!(
        k > 0 && points.len() > k,
        "{} points have no {k} neighbours",
        points.len()
    );
    let tree = Tree::new(points);
    let found: Vec<Vec<u32>> = (0..points.len())
        .into_par_iter()
        .map(|place| tree.nearest(place, k))
        .collect();
    let mut neighbours = vec![0; points.len() * k];
    for (found, &own) in found.iter().zip(&tree.order) {
        neighbours[own as usize * k..][..k].copy_from_slice(found);
    }
    neighbours
}

/// A node over the points from `begin` to `end`, in the tree's order. Its left child is the next node.
struct Node {
    begin: usize,
    end: usize,
    /// The right child; 0 where there are none.
    right: usize,
}

struct Tree {
    /// The points so that those of a node are neighbours in memory, too.
    points: Points,
    /// The index that each of them had.
    order: Vec<u32>,
    nodes: Vec<Node>,
    /// For each node, the least value of its points at every place, then the largest.
    boxes: Vec<f32>,
}

/// The nearest found so far, the nearest first.
struct Found {
    k: usize,
    best: Vec<(f32, usize)>,
}

impl Found {
    /// The square of the distance that the next must be below.
    fn limit(&self) -> f32 {
        match self.best.last() {
            Some(&(distance, _)) if self.best.len() == self.k => distance,
            _ => f32::INFINITY,
        }
    }

    fn offer(&mut self, distance: f32, place: usize) {
        if distance < self.limit() {
            if self.best.len() == self.k {
                self.best.pop();
            }
            let at = self.best.partition_point(|&(other, _)| other <= distance);
            self.best.insert(at, (distance, place));
        }
    }
}

impl Tree {
    fn new(points: &Points) -> Self {
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        let (mut nodes, mut boxes) = (Vec::new(), Vec::new());
        halve(points, &mut order, 0, &mut nodes, &mut boxes);
        Self {
            points: points.reordered(&order),
            order,
            nodes,
            boxes,
        }
    }

    fn nearest(&self, place: usize, k: usize) -> Vec<u32> {
        let mut found = Found {
            k,
            best: Vec::with_capacity(k),
        };
        let mut corner = vec![0.0; self.points.width()];
        self.visit(0, place, &mut found, &mut corner);
        let index = |&(_, place): &(f32, usize)| self.order[place];
        found.best.iter().map(index).collect()
    }

    fn visit(&self, node_idx: usize, own: usize, found: &mut Found, corner: &mut [f32]) {
        let node = &self.nodes[node_idx];
        let point = self.points.point(own);
        if node.right == 0 {
            for place in (node.begin..node.end).filter(|&place| place != own) {
                let other = self.points.point(place);
                found.offer(self.points.distance(point, other, found.limit()), place);
            }
            return;
        }
        let mut children = [node_idx + 1, node.right].map(|child| {
            let distance = self.distance_to_box(child, point, found.limit(), corner);
            (distance, child)
        });
        if children[1].0 < children[0].0 {
            children.swap(0, 1);
        }
        for (distance, child) in children {
            if distance < found.limit() {
                self.visit(child, own, found, corner);
            }
        }
    }

    /// The square of the distance of the nearest that a node's points could be: that of the box's nearest point.
    fn distance_to_box(
        &self,
        node_idx: usize,
        point: &[f32],
        limit: f32,
        corner: &mut [f32],
    ) -> f32 {
        let width = self.points.width();
        let (low, high) = self.boxes[node_idx * 2 * width..][..2 * width].split_at(width);
        for (((corner, &value), &low), &high) in corner.iter_mut().zip(point).zip(low).zip(high) {
            *corner = value.max(low).min(high);
        }
        self.points.distance(point, corner, limit)
    }
}

/// Adds the node over these points, which come behind `begin` others, and those below it. A node of equal points is
/// halved, too: where enough of them are found, the rest is passed over.
fn halve(
    points: &Points,
    order: &mut [u32],
    begin: usize,
    nodes: &mut Vec<Node>,
    boxes: &mut Vec<f32>,
) {
    let node_idx = nodes.len();
    nodes.push(Node {
        begin,
        end: begin + order.len(),
        right: 0,
    });
    let width = points.width();
    let mut low = vec![f32::INFINITY; width];
    let mut high = vec![f32::NEG_INFINITY; width];
    for &i in &*order {
        let ends = low.iter_mut().zip(&mut high);
        for (&value, (low, high)) in points.point(i as usize).iter().zip(ends) {
            *low = low.min(value);
            *high = high.max(value);
        }
    }
    let spread = |place: &usize| points.spread(*place, low[*place], high[*place]);
    let widest = (0..width).max_by(|a, b| spread(a).total_cmp(&spread(b)));
    boxes.extend_from_slice(&low);
    boxes.extend_from_slice(&high);
    if order.len() <= LEAF {
        return;
    }
    let middle = order.len() / 2;
    if let Some(widest) = widest {
        let value = |i: &u32| points.point(*i as usize)[widest];
        order.select_nth_unstable_by(middle, |a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));
    }
    let (left, right) = order.split_at_mut(middle);
    halve(points, left, begin, nodes, boxes);
    nodes[node_idx].right = nodes.len();
    halve(points, right, begin + middle, nodes, boxes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowsieve::fit::rng::SplitMix64;

    /// Compares with every pair: the distances must be equal, the points need not be.
    fn check(numbers: &[Vec<f32>], words: &[Vec<f32>], k: usize) {
        let points = Points::new(numbers, words);
        let distance =
            |a: usize, b: usize| points.distance(points.point(a), points.point(b), f32::INFINITY);
        let found = nearest(&points, k);
        for (own, found) in found.chunks_exact(k).enumerate() {
            let mut all: Vec<f32> = (0..points.len())
                .filter(|&other| other != own)
                .map(|other| distance(own, other))
                .collect();
            all.sort_by(f32::total_cmp);
            let distances: Vec<f32> = found.iter().map(|&i| distance(own, i as usize)).collect();
            assert_eq!(distances, all[..k], "of point {own}");
            let mut different = found.to_vec();
            different.sort_unstable();
            different.dedup();
            assert!(different.len() == k && !found.contains(&(own as u32)));
        }
    }

    fn columns(rng: &mut SplitMix64, n_columns: usize, n: usize, bound: u32) -> Vec<Vec<f32>> {
        let mut value = || rng.below(bound) as f32 / 64.0;
        let mut column = || (0..n).map(|_| value()).collect();
        (0..n_columns).map(|_| column()).collect()
    }

    #[test]
    fn the_tree_finds_what_comparing_every_pair_finds() {
        let mut rng = SplitMix64::new(5);
        for (n, n_numbers, n_words) in [(400, 3, 0), (300, 40, 2), (200, 0, 3), (6, 2, 0)] {
            let numbers = columns(&mut rng, n_numbers, n, 1 << 20);
            let words = columns(&mut rng, n_words, n, 4);
            check(&numbers, &words, 5);
        }
    }

    #[test]
    fn points_that_are_equal_are_neighbours_of_each_other() {
        check(&[vec![1.0; 100]], &[], 5);
        let mut rng = SplitMix64::new(6);
        let coarse = columns(&mut rng, 2, 500, 5);
        check(&coarse, &columns(&mut rng, 1, 500, 3), 4);
    }
}
