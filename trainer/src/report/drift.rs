//! How far flows have drifted from those that a model learned from.

use super::count;
use flowsieve::analysis::{PSI_DRIFTED, PSI_MIN_ROWS, stability};
use flowsieve::model::ModelSpec;

/// Features that are named.
const NAMED: usize = 3;
/// Where the drifted features have this share of the compared ones' importance, the answers are in doubt.
const DOUBTFUL_SHARE: f64 = 0.25;

/// What population stability indices say of `rows` flows, in a paragraph.
pub(crate) fn drift(spec: &ModelSpec, places: &[u64], rows: u64) -> String {
    if rows < PSI_MIN_ROWS {
        return format!(
            "Drift: {rows} rows are too few to tell whether these flows are like those the model learned from; it takes \
             {PSI_MIN_ROWS}."
        );
    }
    let columns = spec.schema.columns.iter();
    let mut found: Vec<_> = columns
        .zip(stability(places, &spec.preparation))
        .filter_map(|(column, psi)| psi.map(|psi| (column, psi)))
        .collect();
    let compared = found.len();
    let importance = |found: &[(&_, f64)]| -> f64 {
        let of = |&(column, _): &(&flowsieve::schema::Column, f64)| f64::from(column.importance);
        found.iter().map(of).sum()
    };
    let of_all = importance(&found);
    found.retain(|&(_, psi)| psi > PSI_DRIFTED);
    if found.is_empty() {
        return format!(
            "Drift: none of {} features; these flows are spread as those the model learned from.",
            count(compared as u64)
        );
    }
    found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let worst: Vec<String> = found
        .iter()
        .take(NAMED)
        .map(|(column, psi)| format!("{} ({psi:.2})", column.name))
        .collect();
    let drifted = format!(
        "Drift: {} of {} features, with a population stability index above {PSI_DRIFTED}, most of all {}.",
        count(found.len() as u64),
        count(compared as u64),
        worst.join(", ")
    );
    if importance(&found) < DOUBTFUL_SHARE * of_all {
        return format!("{drifted} The model leans little on them.");
    }
    let doubt = if spec.has_classes() {
        "so its classes may not hold. Fit a detector on your own traffic (score --fit), or train on your network (train)."
    } else {
        "so its scores may not hold. Fit it anew on your own traffic (score --fit)."
    };
    format!(
        "{drifted}\nThese flows differ from those the model learned from: they are another mix of traffic, or come from \
         another exporter or network, {doubt}"
    )
}
