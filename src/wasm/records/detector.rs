//! What the detector flags of a file's rows at each contamination.

use crate::metrics::{self, RankCounts};
use serde::Serialize;

/// What the detector flags, and how well its ranks tell attacks from benign rows.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::wasm) struct DetectorSweep {
    auroc: Option<f64>,
    average_precision: Option<f64>,
    base_rate: Option<f64>,
    roc: Option<Roc>,
    precision_recall: Option<PrecisionRecall>,
    rows: Vec<Flagged>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Flagged {
    contamination: f64,
    #[serde(flatten)]
    training: AtThreshold,
    false_alarm_rate: Option<f64>,
    own: AtThreshold,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AtThreshold {
    threshold_rank: u16,
    flagged_share: f64,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Roc {
    false_alarm_rate: Vec<f64>,
    recall: Vec<f64>,
}

#[derive(Serialize)]
struct PrecisionRecall {
    recall: Vec<f64>,
    precision: Vec<f64>,
}

impl AtThreshold {
    fn new(found: &metrics::AtThreshold) -> Self {
        Self {
            threshold_rank: found.threshold_rank,
            flagged_share: found.share,
            precision: found.scores.map(|scores| scores.precision),
            recall: found.scores.map(|scores| scores.recall),
            f1: found.scores.map(|scores| scores.f1),
        }
    }
}

impl DetectorSweep {
    pub(in crate::wasm) fn new(counts: &RankCounts, contaminations: &[f64]) -> Self {
        let rows = contaminations.iter().map(|&contamination| {
            let flagged = counts.flagged(contamination);
            Flagged {
                contamination,
                training: AtThreshold::new(&flagged.training),
                false_alarm_rate: flagged.training.false_alarm_rate,
                own: AtThreshold::new(&flagged.own),
            }
        });
        let rows = rows.collect();
        let Some(found) = counts.separation() else {
            return Self {
                rows,
                ..Self::default()
            };
        };
        Self {
            auroc: Some(found.auroc),
            average_precision: Some(found.average_precision),
            base_rate: Some(found.base_rate),
            roc: Some(Roc {
                false_alarm_rate: found.roc.x,
                recall: found.roc.y,
            }),
            precision_recall: Some(PrecisionRecall {
                recall: found.precision_recall.x,
                precision: found.precision_recall.y,
            }),
            rows,
        }
    }
}
