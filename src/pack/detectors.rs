//! The section of the detectors beside the isolation forest.

use super::bytes::{Reader, put_column, put_varint};
use super::damaged;
use crate::Error;
use crate::model::detectors::{DetectorsSpec, EnsembleSpec, N_DETECTORS, PlacedSpec};
use crate::model::lof::LofSpec;
use crate::model::one_class::OneClassSpec;
use crate::model::rank::QUANTILE_STEPS;
use crate::model::space::{KNOTS, Ranks, Space, Standard};
use crate::model::unknown::UnknownSpec;

const LOF: u8 = 1;
const ONE_CLASS: u8 = 2;
const ENSEMBLE: u8 = 4;
const UNKNOWN: u8 = 8;

/// The most values that the points of a detector may have together.
const MAX_VALUES: u64 = 1 << 24;

pub(super) fn write(spec: &DetectorsSpec) -> Vec<u8> {
    let mut out = vec![0];
    if let Some(PlacedSpec {
        space,
        spec,
        quantiles,
    }) = &spec.lof
    {
        out[0] |= LOF;
        put_space(&mut out, space);
        put_quantiles(&mut out, quantiles);
        put_varint(&mut out, u64::from(spec.k));
        put_varint(&mut out, spec.n_points() as u64);
        put_points(&mut out, &spec.points, spec.n_points());
        put_floats(&mut out, &spec.k_distances);
        put_floats(&mut out, &spec.densities);
        out.push(u8::from(!spec.counts.is_empty()));
        put_column(&mut out, &spec.counts);
    }
    if let Some(PlacedSpec {
        space,
        spec,
        quantiles,
    }) = &spec.one_class
    {
        out[0] |= ONE_CLASS;
        put_space(&mut out, space);
        put_quantiles(&mut out, quantiles);
        put_varint(&mut out, spec.n_points() as u64);
        put_floats(&mut out, &[spec.gamma, spec.rho]);
        put_points(&mut out, &spec.points, spec.n_points());
        put_floats(&mut out, &spec.coefficients);
    }
    if let Some(ensemble) = &spec.ensemble {
        out[0] |= ENSEMBLE;
        for weight in ensemble.weights {
            put_varint(&mut out, u64::from(weight));
        }
        put_quantiles(&mut out, &ensemble.quantiles);
    }
    if let Some(unknown) = &spec.unknown {
        out[0] |= UNKNOWN;
        put_quantiles(&mut out, &unknown.attack_quantiles);
        put_varint(&mut out, u64::from(unknown.threshold));
        put_varint(&mut out, u64::from(unknown.alarms_per_million));
    }
    out
}

pub(super) fn read(bytes: &[u8], n_features: usize) -> Result<DetectorsSpec, Error> {
    let mut reader = Reader::new(bytes);
    let there = reader.byte()?;
    if there > LOF | ONE_CLASS | ENSEMBLE | UNKNOWN {
        return Err(damaged("its detectors are of no known kind"));
    }
    let lof = if there & LOF > 0 {
        Some(read_lof(&mut reader, n_features)?)
    } else {
        None
    };
    let one_class = if there & ONE_CLASS > 0 {
        Some(read_one_class(&mut reader, n_features)?)
    } else {
        None
    };
    let ensemble = if there & ENSEMBLE > 0 {
        Some(read_ensemble(&mut reader)?)
    } else {
        None
    };
    let unknown = if there & UNKNOWN > 0 {
        Some(read_unknown(&mut reader)?)
    } else {
        None
    };
    reader.finish()?;
    Ok(DetectorsSpec {
        lof,
        one_class,
        ensemble,
        unknown,
    })
}

fn read_ensemble(reader: &mut Reader<'_>) -> Result<EnsembleSpec, Error> {
    let mut weights = [0; N_DETECTORS];
    for weight in &mut weights {
        *weight = reader.varint_below(1 << 16)? as u16;
    }
    Ok(EnsembleSpec {
        weights,
        quantiles: read_quantiles(reader)?,
    })
}

fn read_unknown(reader: &mut Reader<'_>) -> Result<UnknownSpec, Error> {
    Ok(UnknownSpec {
        attack_quantiles: read_quantiles(reader)?,
        threshold: reader.varint_below(1 << 32)? as u32,
        alarms_per_million: reader.varint_below(1_000_001)? as u32,
    })
}

fn read_lof(reader: &mut Reader<'_>, n_features: usize) -> Result<PlacedSpec<LofSpec>, Error> {
    let space = read_space(reader, n_features)?;
    let quantiles = read_quantiles(reader)?;
    let k = reader.varint_below(1 << 32)? as u32;
    let n_points = count_of_points(reader, n_features)?;
    let points = read_points(reader, n_points, n_features)?;
    let k_distances = read_floats(reader, n_points)?;
    let densities = read_floats(reader, n_points)?;
    let counted = reader.flag()?;
    let spec = LofSpec {
        k,
        n_features: n_features as u32,
        points,
        k_distances,
        densities,
        counts: reader.column(if counted { n_points } else { 0 })?,
    };
    Ok(PlacedSpec {
        space,
        spec,
        quantiles,
    })
}

fn read_one_class(
    reader: &mut Reader<'_>,
    n_features: usize,
) -> Result<PlacedSpec<OneClassSpec>, Error> {
    let space = read_space(reader, n_features)?;
    let quantiles = read_quantiles(reader)?;
    let n_points = count_of_points(reader, n_features)?;
    let heights = read_floats(reader, 2)?;
    let spec = OneClassSpec {
        gamma: heights[0],
        rho: heights[1],
        n_features: n_features as u32,
        points: read_points(reader, n_points, n_features)?,
        coefficients: read_floats(reader, n_points)?,
    };
    Ok(PlacedSpec {
        space,
        spec,
        quantiles,
    })
}

fn count_of_points(reader: &mut Reader<'_>, n_features: usize) -> Result<usize, Error> {
    Ok(reader.varint_below(MAX_VALUES / n_features.max(1) as u64 + 1)? as usize)
}

fn put_space(out: &mut Vec<u8>, space: &Space) {
    match space {
        Space::Standard(Standard { means, deviations }) => {
            out.push(0);
            put_floats(out, means);
            put_floats(out, deviations);
        }
        Space::Ranks(Ranks {
            knots,
            shares,
            deviations,
        }) => {
            out.push(1);
            put_floats(out, knots);
            put_floats(out, shares);
            put_floats(out, deviations);
        }
    }
}

fn read_space(reader: &mut Reader<'_>, n_features: usize) -> Result<Space, Error> {
    match reader.byte()? {
        0 => Ok(Space::Standard(Standard {
            means: read_floats(reader, n_features)?,
            deviations: read_floats(reader, n_features)?,
        })),
        1 => Ok(Space::Ranks(Ranks {
            knots: read_floats(reader, n_features * KNOTS)?,
            shares: read_floats(reader, n_features * KNOTS)?,
            deviations: read_floats(reader, n_features)?,
        })),
        _ => Err(damaged("a detector's scale is of no known kind")),
    }
}

/// Numbers that never rise: the first, and by how much each falls.
pub(super) fn put_quantiles(out: &mut Vec<u8>, quantiles: &[u32]) {
    let first = quantiles.first().copied().unwrap_or(0);
    put_varint(out, u64::from(first));
    let falls: Vec<u32> = quantiles
        .windows(2)
        .map(|pair| pair[0].saturating_sub(pair[1]))
        .collect();
    put_column(out, &falls);
}

pub(super) fn read_quantiles(reader: &mut Reader<'_>) -> Result<Vec<u32>, Error> {
    let mut quantile = reader.varint_below(1 << 32)? as u32;
    let mut quantiles = Vec::with_capacity(QUANTILE_STEPS + 1);
    quantiles.push(quantile);
    for fall in reader.column(QUANTILE_STEPS)? {
        let Some(next) = quantile.checked_sub(fall) else {
            return Err(damaged("a quantile is below zero"));
        };
        quantile = next;
        quantiles.push(quantile);
    }
    Ok(quantiles)
}

fn put_floats(out: &mut Vec<u8>, values: &[f32]) {
    let bits: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
    put_column(out, &bits);
}

fn read_floats(reader: &mut Reader<'_>, count: usize) -> Result<Vec<f32>, Error> {
    let bits = reader.column(count)?;
    Ok(bits.into_iter().map(f32::from_bits).collect())
}

/// Points feature by feature: like lies with like.
fn put_points(out: &mut Vec<u8>, points: &[f32], n_points: usize) {
    let n_features = points.len() / n_points.max(1);
    put_floats(out, &transposed(points, n_points, n_features));
}

fn read_points(
    reader: &mut Reader<'_>,
    n_points: usize,
    n_features: usize,
) -> Result<Vec<f32>, Error> {
    let by_feature = read_floats(reader, n_points * n_features)?;
    Ok(transposed(&by_feature, n_features, n_points))
}

/// Rows to columns.
fn transposed(values: &[f32], n_rows: usize, n_columns: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for column in 0..n_columns {
        for row in 0..n_rows {
            out.push(values[row * n_columns + column]);
        }
    }
    out
}
