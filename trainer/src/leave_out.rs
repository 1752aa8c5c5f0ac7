//! Attacks that nobody trained on: for each attack class, a model that was fitted without it, and what becomes of its flows.
//!
//! The rows are split as for the card's main figure. From the rows to fit on those of one attack class are taken, a model is fitted and
//! finished on what is left as every model is, and the class's rows among the others are scored: called an attack, whichever, or
//! unknown, or neither. Benign rows among the others say what that costs in false alarms.

use crate::crossfit::finish;
use crate::error::TrainerError;
use crate::fitting::{Recipe, fit};
use crate::report::{count, table};
use crate::scoring::score_all;
use crate::split::split;
use flowsieve::fit::TrainingTable;

/// What became of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Called {
    rows: u64,
    attacks: u64,
    unknown: u64,
}

impl Called {
    fn add(&mut self, attack: bool, unknown: bool) {
        self.rows += 1;
        self.attacks += u64::from(attack);
        self.unknown += u64::from(unknown);
    }

    fn share(self) -> f64 {
        (self.attacks + self.unknown) as f64 / self.rows.max(1) as f64
    }
}

/// An attack class that was left out.
struct LeftOut {
    class: usize,
    of_class: Called,
    of_benign: Called,
}

/// Leaves each attack class out in turn, and prints what became of it.
pub(crate) fn run(recipe: &Recipe, data: &TrainingTable) -> Result<(), TrainerError> {
    let sides = split(data, recipe.seed);
    let scored = data.rows(&sides.scored);
    let mut found = Vec::new();
    for (class, kind) in recipe.taxonomy.kinds.iter().enumerate() {
        let is_class = |labels: &[u8], row_idx: u32| usize::from(labels[row_idx as usize]) == class;
        let n_scored = (0..scored.n_rows() as u32)
            .filter(|&row_idx| is_class(&scored.labels, row_idx))
            .count();
        if !kind.attack || n_scored == 0 {
            continue;
        }
        let kept: Vec<u32> = sides
            .fitted
            .iter()
            .copied()
            .filter(|&row_idx| !is_class(&data.labels, row_idx))
            .collect();
        let fitted = data.rows(&kept);
        let what = format!("without {}", kind.name);
        let model = finish(fit(recipe, &fitted, &what)?, recipe, &fitted)?;
        let mut left_out = LeftOut {
            class,
            of_class: Called::default(),
            of_benign: Called::default(),
        };
        let answers = score_all(
            &model,
            &recipe.as_read_by(&model, &scored),
            |score, label, _| (label, score.attack, score.unknown),
        );
        for (label, attack, unknown) in answers {
            if usize::from(label) == class {
                left_out.of_class.add(attack, unknown);
            } else if !recipe.taxonomy.kinds[usize::from(label)].attack {
                left_out.of_benign.add(attack, unknown);
            }
        }
        found.push(left_out);
    }
    print(recipe, &found);
    Ok(())
}

fn print(recipe: &Recipe, found: &[LeftOut]) {
    println!(
        "Attack classes left out one by one: what a model that never saw them says of their flows\n"
    );
    let percent =
        |part: u64, whole: u64| format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64);
    let mut rows = Vec::new();
    for LeftOut {
        class,
        of_class,
        of_benign,
    } in found
    {
        rows.push(vec![
            recipe.taxonomy.kinds[*class].name.clone(),
            count(of_class.rows),
            percent(of_class.attacks, of_class.rows),
            percent(of_class.unknown, of_class.rows),
            percent(of_class.attacks + of_class.unknown, of_class.rows),
            percent(of_benign.attacks + of_benign.unknown, of_benign.rows),
        ]);
    }
    println!(
        "{}",
        table(
            &[
                "left out",
                "flows",
                "called attack",
                "unknown",
                "together",
                "benign flows alarmed"
            ],
            &rows
        )
    );
    let mean = |share: fn(&LeftOut) -> f64| {
        found.iter().map(share).sum::<f64>() / found.len().max(1) as f64
    };
    println!(
        "On average {:.1} % are called an attack or unknown, at {:.2} % of unseen benign flows\n",
        100.0 * mean(|left_out| left_out.of_class.share()),
        100.0 * mean(|left_out| left_out.of_benign.share())
    );
}
