//! How well ranks tell attacks from benign rows over all thresholds at once: the ROC curve, precision against recall, and the
//! areas under both.
//!
//! Flag all rows of at least some rank and lower that rank step by step: the share of attacks that are flagged (recall) grows,
//! and so does the share of benign rows (the false-alarm rate). The ROC curve is the first over the second; it does not know
//! how many attacks there are for each benign row. Precision over recall does, so average precision means little without the
//! share of attacks among the rows, which is what a detector that flags at random gets.
//!
//! Rows of one rank are flagged together, so ties are one threshold. Between two thresholds the ROC curve is straight and the
//! area under it is [`RankCounts::auroc`]; precision over recall has steps, for points between two thresholds cannot be had
//! by choosing one (Davis and Goadrich 2006), and the area under it is the average precision.

use super::RankCounts;

/// More points than these a curve does not have.
const MAX_POINTS: usize = 200;
/// A curve may lie this far from the exact one: less than half a pixel of a chart a thousand pixels wide.
const TOLERANCE: f64 = 1.0 / 2048.0;

/// How well ranks tell attacks from benign rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Separation {
    /// Probability that an attack ranks above a benign row, ties counting half.
    pub auroc: f64,
    /// Mean precision over the thresholds, each weighted by the recall that it adds: scikit-learn's
    /// `average_precision_score`.
    pub average_precision: f64,
    /// Share of attacks among the labelled rows.
    pub base_rate: f64,
    /// Recall over the false-alarm rate, from (0, 0) to (1, 1).
    pub roc: Curve,
    /// Precision over recall, from the threshold that flags the highest rank alone to the one that flags every row: the
    /// corners of its steps. scikit-learn begins with a precision of 1 that no threshold has.
    pub precision_recall: Curve,
}

/// A line from point to point, at most 200 of them, nearer to the exact curve than a chart can show.
///
/// Only a curve with more corners than that can be further away, in the least of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// From 0 to 1, never falling.
    pub x: Vec<f64>,
    /// From 0 to 1, as many.
    pub y: Vec<f64>,
}

impl RankCounts {
    /// AUROC, average precision and the curves behind them; `None` without rows of both sides. Rows without a known label
    /// are in none of it.
    pub fn separation(&self) -> Option<Separation> {
        let auroc = self.auroc()?;
        let (attacks, benign) = self.thresholds().last()?;
        let (all_attacks, all_benign) = (attacks as f64, benign as f64);
        let mut roc = vec![[0.0, 0.0]];
        for (hits, false_alarms) in self.thresholds() {
            roc.push([false_alarms as f64 / all_benign, hits as f64 / all_attacks]);
        }
        let roc = Curve::near(&roc);
        let mut steps = Vec::new();
        let mut average_precision = 0.0;
        let mut hits_before = 0;
        for (hits, false_alarms) in self.thresholds() {
            let precision = hits as f64 / (hits + false_alarms) as f64;
            steps.push([hits_before as f64 / all_attacks, precision]);
            if hits > hits_before {
                steps.push([hits as f64 / all_attacks, precision]);
                average_precision += (hits - hits_before) as f64 * precision;
                hits_before = hits;
            }
        }
        Some(Separation {
            auroc,
            average_precision: average_precision / all_attacks,
            base_rate: all_attacks / (attacks + benign) as f64,
            roc,
            precision_recall: Curve::near(&steps),
        })
    }
}

/// A part of a curve that is drawn as one straight line, from one point to another.
struct Span {
    from: usize,
    to: usize,
    /// The point between that is furthest from the line.
    furthest: usize,
    /// Its squared distance.
    distance: f64,
}

impl Span {
    fn new(points: &[[f64; 2]], from: usize, to: usize) -> Self {
        let [start, end] = [points[from], points[to]];
        let [along_x, along_y] = [end[0] - start[0], end[1] - start[1]];
        let length = along_x * along_x + along_y * along_y;
        let mut span = Self {
            from,
            to,
            furthest: from,
            distance: 0.0,
        };
        for (point_idx, point) in (from + 1..).zip(&points[from + 1..to]) {
            let [x, y] = [point[0] - start[0], point[1] - start[1]];
            // The ends may be one point, and precision beyond both ends is further away than the line through them.
            let at = if length > 0.0 {
                ((x * along_x + y * along_y) / length).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let [x, y] = [x - at * along_x, y - at * along_y];
            let distance = x * x + y * y;
            if distance > span.distance {
                span.furthest = point_idx;
                span.distance = distance;
            }
        }
        span
    }
}

impl Curve {
    /// The points that matter most, as Ramer, Douglas and Peucker choose them: of all straight lines the one that is
    /// furthest from the points it stands for is bent to the furthest of them, until none is visibly off.
    fn near(points: &[[f64; 2]]) -> Self {
        let mut spans = vec![Span::new(points, 0, points.len() - 1)];
        while spans.len() + 1 < MAX_POINTS {
            let mut worst = 0;
            for (span_idx, span) in spans.iter().enumerate() {
                if span.distance > spans[worst].distance {
                    worst = span_idx;
                }
            }
            let Span {
                from,
                to,
                furthest,
                distance,
            } = spans[worst];
            if distance <= TOLERANCE * TOLERANCE {
                break;
            }
            spans[worst] = Span::new(points, from, furthest);
            spans.insert(worst + 1, Span::new(points, furthest, to));
        }
        let kept = || {
            let starts = spans.iter().map(|span| points[span.from]);
            starts.chain(points.last().copied())
        };
        Self {
            x: kept().map(|[x, _]| x).collect(),
            y: kept().map(|[_, y]| y).collect(),
        }
    }
}
