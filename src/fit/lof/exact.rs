//! The exact detector: every distinct training row is a reference point, and all arithmetic has 64 bits.

use super::{Duplicates, LofParams};
use crate::Error;
use crate::fit::options::bad;
use crate::model::lof::LEAST_REACHABILITY;
use crate::model::nearest::{Nearest, Neighbour};
use std::cmp::Ordering;
use std::ops::Range;
use wide::f64x4;

/// How many vectors of points are compared at once.
const VECTORS: usize = 4;
const GROUP: usize = VECTORS * 4;
/// How many rows look at a group of points while it is in the nearest cache.
pub(super) const ROWS_AT_ONCE: usize = 8;

/// The distinct rows of a training table.
#[derive(Clone, Debug)]
pub struct DistinctPoints {
    params: LofParams,
    /// How many neighbours there are of what was asked for.
    k: u32,
    n_features: usize,
    /// The points one after another.
    points: Vec<f32>,
    /// How many rows each point stands for.
    rows: Vec<u32>,
    /// The points once more: group by group, in it feature by feature.
    groups: Vec<[f64x4; VECTORS]>,
}

/// The nearest neighbours of some of the points, in their order.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// Those of all points, one point after another.
    all: Vec<Neighbour<f64>>,
    /// Where each point's end.
    ends: Vec<usize>,
}

/// The detector with all its points.
#[derive(Clone, Debug)]
pub struct ExactLof {
    points: DistinctPoints,
    k_distances: Vec<f64>,
    densities: Vec<f64>,
}

impl DistinctPoints {
    /// Merges equal rows of `columns`, one for each feature.
    ///
    /// # Errors
    /// [`BadFit`](crate::ErrorKind::BadFit) where there is no row or no column, columns differ in length, or a value is
    /// missing or infinite: the preparation puts a median in its place.
    pub fn new(columns: &[Vec<f32>], params: &LofParams) -> Result<Self, Error> {
        let n_rows = columns.first().map_or(0, Vec::len);
        if n_rows == 0 || u32::try_from(n_rows).is_err() {
            return Err(bad(format!(
                "A local outlier factor cannot be fitted on {n_rows} rows of {} features. Give it 1 row at least.",
                columns.len()
            )));
        }
        for (feature, column) in columns.iter().enumerate() {
            if column.len() != n_rows {
                return Err(bad(format!(
                    "Feature {feature} has {} values for {n_rows} rows. Give a value for each row.",
                    column.len()
                )));
            }
            if let Some(row_idx) = column.iter().position(|value| !value.is_finite()) {
                return Err(bad(format!(
                    "Feature {feature} is missing or infinite in row {row_idx}, where a local outlier factor needs a number. \
                     Impute the rows first."
                )));
            }
        }
        let (points, rows) = merged(columns, n_rows);
        let neighbours = match params.options().duplicates {
            Duplicates::AsRows => n_rows,
            Duplicates::Distinct => rows.len(),
        } - 1;
        let n_features = columns.len();
        Ok(Self {
            params: *params,
            k: params.options().k.min(neighbours as u32).max(1),
            n_features,
            groups: grouped(&points, n_features),
            points,
            rows,
        })
    }

    /// How many points there are: at least one.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many values a point has.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The k that is used: that of the options, or where there are not as many neighbours, all of them, at least 1.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// The values of a point.
    pub fn point(&self, point: usize) -> &[f32] {
        &self.points[point * self.n_features..][..self.n_features]
    }

    /// How many training rows each point stands for.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// How many neighbours a point is to others.
    pub(super) fn weight(&self, point: usize) -> u32 {
        match self.params.options().duplicates {
            Duplicates::AsRows => self.rows[point],
            Duplicates::Distinct => 1,
        }
    }

    /// Some of the points, in the order of `places`.
    pub(super) fn only(&self, places: &[u32]) -> Self {
        let places = || places.iter().map(|&place| place as usize);
        let points: Vec<f32> = places()
            .flat_map(|place| self.point(place))
            .copied()
            .collect();
        Self {
            rows: places().map(|place| self.rows[place]).collect(),
            groups: grouped(&points, self.n_features),
            points,
            ..*self
        }
    }

    /// The nearest neighbours of some points among the others; in [`Duplicates::AsRows`] a point that stands for several
    /// rows is a neighbour of itself.
    pub fn neighbours(&self, of: Range<usize>) -> Neighbours {
        let mut found = Neighbours::default();
        let mut nearest = vec![Nearest::default(); ROWS_AT_ONCE];
        let owns: Vec<usize> = of.collect();
        for owns in owns.chunks(ROWS_AT_ONCE) {
            let rows: Vec<&[f32]> = owns.iter().map(|&own| self.point(own)).collect();
            self.find_nearest(&rows, self.k, &mut nearest, |row, point| {
                self.weight(point) - u32::from(point == owns[row])
            });
            for nearest in &nearest[..owns.len()] {
                found.all.extend(nearest.neighbours().map(with_distance));
                found.ends.push(found.all.len());
            }
        }
        found
    }

    /// Finds the nearest `k` points of some rows, with the squares of their distances. A point counts as often as `weight`
    /// says of the row's place among the rows and the point.
    pub(super) fn find_nearest(
        &self,
        rows: &[&[f32]],
        k: u32,
        nearest: &mut [Nearest<f64>],
        weight: impl Fn(usize, usize) -> u32,
    ) {
        for nearest in nearest.iter_mut() {
            nearest.start(k);
        }
        for (group_idx, group) in self.groups.chunks_exact(self.n_features).enumerate() {
            for (place, (row, nearest)) in rows.iter().zip(nearest.iter_mut()).enumerate() {
                let distances = squared_distances(row, group);
                for (lane, distance) in distances.into_iter().enumerate() {
                    let point = group_idx * GROUP + lane;
                    // The last group may lack points, which are infinitely far.
                    if distance < nearest.limit().unwrap_or(f64::INFINITY) {
                        let count = weight(place, point);
                        if count > 0 {
                            nearest.take(distance, point as u32, count);
                        }
                    }
                }
            }
        }
    }

    /// Makes the detector of the neighbours of all points, given in pieces in the order of the points.
    ///
    /// # Panics
    /// If these are not the neighbours of all points.
    pub fn join(self, pieces: &[Neighbours]) -> ExactLof {
        let of_each = || pieces.iter().flat_map(Neighbours::of_each);
        let mut k_distances: Vec<f64> = of_each()
            .map(|neighbours| neighbours.last().map_or(0.0, |last| last.distance))
            .collect();
        assert_eq!(k_distances.len(), self.len(), "neighbours of each point");
        let floor = self.floor(&k_distances);
        for distance in &mut k_distances {
            *distance = distance.max(floor);
        }
        let densities = of_each()
            .map(|neighbours| 1.0 / mean_reachability(neighbours, &k_distances, self.k))
            .collect();
        ExactLof {
            points: self,
            k_distances,
            densities,
        }
    }

    /// The quantile of the training rows' k-distances that the options ask for, linear between two of them.
    fn floor(&self, k_distances: &[f64]) -> f64 {
        let share = self.params.options().floor;
        if share == 0.0 {
            return 0.0;
        }
        let mut sorted: Vec<(f64, u32)> = k_distances
            .iter()
            .zip(&self.rows)
            .map(|(&distance, &rows)| (distance, rows))
            .collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let n_rows: u64 = self.rows.iter().copied().map(u64::from).sum();
        let at = |wanted: u64| {
            let mut before = 0;
            let reached = |&&(_, rows): &&(f64, u32)| {
                before += u64::from(rows);
                before > wanted
            };
            sorted.iter().find(reached).map_or(0.0, |found| found.0)
        };
        let position = share * (n_rows - 1) as f64;
        let whole = position as u64;
        let (low, high) = (at(whole), at((whole + 1).min(n_rows - 1)));
        low + (position - whole as f64) * (high - low)
    }
}

impl Neighbours {
    /// The neighbours of each point, the nearest first.
    fn of_each(&self) -> impl Iterator<Item = &[Neighbour<f64>]> {
        let mut begin = 0;
        self.ends.iter().map(move |&end| {
            let neighbours = &self.all[begin..end];
            begin = end;
            neighbours
        })
    }
}

impl ExactLof {
    /// The points that rows are compared with.
    pub fn points(&self) -> &DistinctPoints {
        &self.points
    }

    /// How far each point's k-th neighbour is, no nearer than the floor.
    pub fn k_distances(&self) -> &[f64] {
        &self.k_distances
    }

    /// The local reachability density of each point.
    pub fn densities(&self) -> &[f64] {
        &self.densities
    }

    /// The local outlier factor of rows that follow each other in `rows`, of finite values: scikit-learn's
    /// `-score_samples`, larger is stranger.
    ///
    /// # Panics
    /// If `rows` is no multiple of the number of features.
    pub fn scores(&self, rows: &[f32]) -> Vec<f64> {
        let points = &self.points;
        assert!(
            rows.len().is_multiple_of(points.n_features),
            "rows of {} features have {} values",
            points.n_features,
            rows.len()
        );
        let rows: Vec<&[f32]> = rows.chunks_exact(points.n_features).collect();
        let mut nearest = vec![Nearest::default(); ROWS_AT_ONCE];
        let mut scores = Vec::with_capacity(rows.len());
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let weight = |_, point| points.weight(point);
            points.find_nearest(rows, points.k, &mut nearest, weight);
            scores.extend(nearest[..rows.len()].iter().map(|nearest| {
                let neighbours: Vec<_> = nearest.neighbours().map(with_distance).collect();
                let density = |neighbour: &Neighbour<f64>| {
                    f64::from(neighbour.count) * self.densities[neighbour.point as usize]
                };
                let densities: f64 = neighbours.iter().map(density).sum();
                let k = f64::from(points.k);
                densities / k * mean_reachability(&neighbours, &self.k_distances, points.k)
            }));
        }
        scores
    }
}

/// The mean reachability of a row from its `k` neighbours, and the least that keeps its inverse finite.
fn mean_reachability(neighbours: &[Neighbour<f64>], k_distances: &[f64], k: u32) -> f64 {
    let reachability = |neighbour: &Neighbour<f64>| {
        let reached = neighbour
            .distance
            .max(k_distances[neighbour.point as usize]);
        f64::from(neighbour.count) * reached
    };
    neighbours.iter().map(reachability).sum::<f64>() / f64::from(k) + LEAST_REACHABILITY
}

fn with_distance(neighbour: Neighbour<f64>) -> Neighbour<f64> {
    Neighbour {
        distance: neighbour.distance.sqrt(),
        ..neighbour
    }
}

/// The distinct rows in the order of their values, and how many there are of each.
fn merged(columns: &[Vec<f32>], n_rows: usize) -> (Vec<f32>, Vec<u32>) {
    let compare = |&a: &u32, &b: &u32| {
        let of = |column: &Vec<f32>| column[a as usize].partial_cmp(&column[b as usize]);
        let mut orders = columns.iter().filter_map(of);
        orders
            .find(|&order| order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    };
    let mut order: Vec<u32> = (0..n_rows as u32).collect();
    order.sort_unstable_by(compare);
    let (mut points, mut rows) = (Vec::new(), Vec::new());
    for equal in order.chunk_by(|a, b| compare(a, b).is_eq()) {
        // No zero is negative, so that it does not matter which of them comes first.
        points.extend(columns.iter().map(|column| column[equal[0] as usize] + 0.0));
        rows.push(equal.len() as u32);
    }
    (points, rows)
}

fn grouped(points: &[f32], n_features: usize) -> Vec<[f64x4; VECTORS]> {
    let mut groups = Vec::new();
    for group in points.chunks(GROUP * n_features) {
        for feature in 0..n_features {
            let mut lanes = [[f64::INFINITY; 4]; VECTORS];
            let of_points = group.iter().skip(feature).step_by(n_features);
            for (lane, &value) in lanes.as_flattened_mut().iter_mut().zip(of_points) {
                *lane = f64::from(value);
            }
            groups.push(lanes.map(f64x4::from));
        }
    }
    groups
}

fn squared_distances(row: &[f32], group: &[[f64x4; VECTORS]]) -> [f64; GROUP] {
    let mut sums = [f64x4::ZERO; VECTORS];
    for (&value, points) in row.iter().zip(group) {
        let value = f64x4::splat(f64::from(value));
        for (sum, &point) in sums.iter_mut().zip(points) {
            let difference = value - point;
            *sum += difference * difference;
        }
    }
    let mut distances = [0.0; GROUP];
    for (out, sum) in distances.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
        *out = sum.to_array();
    }
    distances
}
