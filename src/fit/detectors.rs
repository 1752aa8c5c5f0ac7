//! Fitting the detectors beside the isolation forest, and the rank that all make together.
//!
//! A row that a detector was fitted on is its own nearest neighbour, so it is less strange than others of its kind. So the rows are
//! dealt into parts, equal ones into the same, and the reference scores of each part are by detectors fitted on the others; those that
//! are kept are fitted on all.
//!
//! ```text
//! columns ──▶ parts ──▶ [`Pair::fit`] on the others ──▶ [`Pair::keys`] of the part ─┐
//!        └──────────▶ [`Pair::fit`] on all ─────────────────────────────────────────┴──▶ [`join`]
//! ```

use super::lof::{Counting, Duplicates, LofOptions, fit as fit_lof};
use super::one_class::{ExactOneClass, Gamma, OneClassOptions};
use super::rng::{Purpose, SplitMix64, mix};
use super::space::{placed, ranks, standard};
use crate::Error;
use crate::model::detectors::{
    DetectorRanks, DetectorsSpec, Ensemble, EnsembleSpec, N_DETECTORS, PlacedSpec,
};
use crate::model::lof::{Lof, LofScratch, LofSpec};
use crate::model::one_class::{OneClass, OneClassSpec};
use crate::model::rank::{Ranking, quantile_table, score_key};
use crate::model::space::Space;

/// The most rows that the detectors are fitted on: their time grows with the square.
pub const MAX_ROWS: usize = 5_000;

/// What each detector's surprise counts in the ensemble, in 1/256: the one-class SVM alone is the best of them on all sets that were
/// measured, and the others find what it misses.
pub const WEIGHTS: [u16; N_DETECTORS] = [64, 64, 256];

/// Reference points of the local outlier factor.
const LOF_POINTS: usize = 512;
/// Among how many neighbours densities are taken in the fit.
const FITTED_NEIGHBOURS: u32 = 20;
/// With how many of the reference points a row is compared.
const SCORED_NEIGHBOURS: u32 = 5;
/// The share of training rows whose k-distance is raised to the one at that quantile.
const LOF_FLOOR: f64 = 0.5;

/// The share of rows outside the border.
const NU: f64 = 0.01;
/// How narrow the kernel is at first, times the usual width.
const NARROWEST: f64 = 16.0;
/// Support vectors at most: above, the kernel is made wider.
const SVM_POINTS: usize = 512;

/// A local outlier factor and a one-class SVM fitted on the same rows.
#[derive(Clone, Debug)]
pub struct Pair {
    lof: (Space, LofSpec),
    one_class: (Space, OneClassSpec),
}

/// The rows that detectors are fitted on: all, or [`MAX_ROWS`] of them drawn with the seed, in their order.
pub fn sample(row_idxs: &[u32], seed: u64) -> Vec<u32> {
    let mut drawn = row_idxs.to_vec();
    if drawn.len() > MAX_ROWS {
        let mut rng = SplitMix64::stream(seed, Purpose::DetectorSample, 0);
        rng.draw_to_front(&mut drawn, MAX_ROWS);
        drawn.truncate(MAX_ROWS);
        drawn.sort_unstable();
    }
    drawn
}

/// The part, from 0 to below `n_parts`, of each row of columns of finite values: equal rows are in the same.
pub fn parts(columns: &[Vec<f32>], n_parts: u32, seed: u64) -> Vec<u32> {
    let n_rows = columns.first().map_or(0, Vec::len);
    let part = |row_idx: usize| {
        let hash = columns.iter().fold(mix(seed), |state, column| {
            mix(state ^ u64::from((column[row_idx] + 0.0).to_bits()))
        });
        (mix(!hash) % u64::from(n_parts)) as u32
    };
    (0..n_rows).map(part).collect()
}

impl Pair {
    /// Fits both on the rows `row_idxs` of columns of finite values.
    ///
    /// # Errors
    /// [`crate::ErrorKind::BadFit`] where there is no row or no column, or the one-class SVM does not converge.
    pub fn fit(columns: &[Vec<f32>], row_idxs: &[u32], seed: u64) -> Result<Self, Error> {
        let rows: Vec<Vec<f32>> = columns
            .iter()
            .map(|column| row_idxs.iter().map(|&i| column[i as usize]).collect())
            .collect();
        Ok(Self {
            lof: place_lof(&rows, seed)?,
            one_class: place_one_class(&rows, seed)?,
        })
    }

    /// The [keys](score_key) of rows by the local outlier factor and by the one-class SVM.
    ///
    /// # Errors
    /// What is wrong with a detector: a table of too many features.
    pub fn keys(&self, columns: &[Vec<f32>], row_idxs: &[u32]) -> Result<Vec<[u32; 2]>, Error> {
        let n_features = columns.len();
        let (space, spec) = &self.lof;
        let (lof, mut scratch) = (Lof::new(spec)?, LofScratch::default());
        let rows = placed(space, columns, row_idxs);
        let factors = rows
            .chunks_exact(n_features)
            .map(|row| score_key(lof.score(row, &mut scratch)));
        let (space, spec) = &self.one_class;
        let one_class = OneClass::new(spec)?;
        let mut scratch = vec![0.0; one_class.scratch_len()];
        let rows = placed(space, columns, row_idxs);
        let scores = rows
            .chunks_exact(n_features)
            .map(|row| score_key(one_class.score(row, &mut scratch)));
        Ok(factors.zip(scores).map(<[u32; 2]>::from).collect())
    }
}

/// The rows of columns as columns in a space.
fn columns_in(space: &Space, columns: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let n_rows = columns.first().map_or(0, Vec::len);
    let rows: Vec<u32> = (0..n_rows as u32).collect();
    let placed = placed(space, columns, &rows);
    let column = |feature: usize| {
        let values = placed.iter().skip(feature).step_by(columns.len());
        values.copied().collect()
    };
    (0..columns.len()).map(column).collect()
}

fn place_lof(rows: &[Vec<f32>], seed: u64) -> Result<(Space, LofSpec), Error> {
    let space = standard(rows);
    let params = LofOptions {
        k: FITTED_NEIGHBOURS,
        duplicates: Duplicates::Distinct,
        floor: LOF_FLOOR,
    }
    .check()?;
    let exact = fit_lof(&columns_in(&space, rows), &params)?;
    let counting = Counting::Once(SCORED_NEIGHBOURS);
    Ok((space, exact.reduce(LOF_POINTS, seed, counting)))
}

fn place_one_class(rows: &[Vec<f32>], seed: u64) -> Result<(Space, OneClassSpec), Error> {
    let space = ranks(rows);
    let columns = columns_in(&space, rows);
    let all: Vec<u32> = (0..columns.first().map_or(0, Vec::len) as u32).collect();
    let mut width = NARROWEST;
    loop {
        let params = OneClassOptions {
            nu: NU,
            gamma: Gamma::Scaled(width),
            seed,
            ..OneClassOptions::default()
        }
        .check()?;
        let exact = ExactOneClass::fit(&columns, &all, &params)?;
        if exact.n_support() <= SVM_POINTS || width < 1.0 {
            return Ok((space, exact.reduced(SVM_POINTS)));
        }
        width /= 2.0;
    }
}

/// The detectors of a model: `pair` fitted on all rows, the keys of each row by pairs that were not fitted on it, and the rank of each
/// by the isolation forest.
pub fn join(
    pair: Pair,
    keys: &[[u32; 2]],
    isolation: &[u16],
) -> (DetectorsSpec, Vec<DetectorRanks>) {
    let table = |detector: usize| {
        let mut keys: Vec<u32> = keys.iter().map(|keys| keys[detector]).collect();
        quantile_table(&mut keys)
    };
    let tables = [table(0), table(1)];
    let rankings = tables
        .each_ref()
        .map(|table| Ranking::new(table, (0, u32::MAX)));
    let ranks: Vec<DetectorRanks> = keys
        .iter()
        .zip(isolation)
        .map(|(keys, &isolation)| {
            [
                isolation,
                rankings[0].rank(keys[0]),
                rankings[1].rank(keys[1]),
            ]
        })
        .collect();
    let ensemble = Ensemble::new(WEIGHTS);
    let mut together: Vec<u32> = ranks.iter().map(|&ranks| ensemble.key(ranks)).collect();
    let [of_lof, of_one_class] = tables;
    let (lof, one_class) = (pair.lof, pair.one_class);
    let spec = DetectorsSpec {
        lof: Some(PlacedSpec {
            space: lof.0,
            spec: lof.1,
            quantiles: of_lof,
        }),
        one_class: Some(PlacedSpec {
            space: one_class.0,
            spec: one_class.1,
            quantiles: of_one_class,
        }),
        ensemble: Some(EnsembleSpec {
            weights: WEIGHTS,
            quantiles: quantile_table(&mut together),
        }),
        unknown: None,
    };
    (spec, ranks)
}
