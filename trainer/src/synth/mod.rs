//! `flowsieve synth`: made-up flows that look like those of a file, none of which is in it.
//!
//! Each class keeps its share of the rows (five at least), and in it each frequent combination of words. Numbers keep their
//! distribution there, as a table of quantiles or of counts ([`marginal`]), and go up and down together as they do there: a
//! Gaussian copula joins them ([`copula`]). A row that happens to equal a real one is drawn again. Ids and addresses are made up altogether.
//!
//! Every row has a random stream of its own, so threads make rows in blocks, and the bytes are the same for any number of
//! threads.

mod copula;
mod marginal;
mod observed;

use crate::args::SynthArguments;
use crate::error::TrainerError;
use crate::join::Joined;
use crate::profile::Profiler;
use crate::progress;
use crate::report::count;
use crate::score::refuse_own_input;
use crate::taxonomy::TaxonomyFile;
use copula::Copula;
use flowsieve::fit::rng::{Purpose, SplitMix64};
use flowsieve::table::number::{Cell, parse_any};
use marginal::Marginal;
use observed::{Form, Group, Observed, RowHash};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};

/// The fewest rows of a class, where there are enough for all.
const MIN_ROWS: u64 = 5;
/// Rows that a thread makes at once.
const ROWS_PER_BLOCK: u64 = 1024;
/// How often a row that equals a real one is drawn again, at first as it should be, then with one value anywhere in its
/// column's range, then beyond it.
const DRAWS: [u32; 3] = [50, 100, 200];

/// Runs the command.
pub(crate) fn synth(args: &SynthArguments) -> Result<(), TrainerError> {
    if args.rows == 0 {
        return Err(TrainerError::asked(
            "--rows is 0: ask for one row at least.",
        ));
    }
    refuse_own_input("--out", &args.out, &args.data)?;
    let data = Joined::open(
        &args.data,
        &args.label,
        &TaxonomyFile::default(),
        args.dialect.choice(),
    )?;
    let (header, label) = (&data.columns, data.label);
    let mut profiler = Profiler::new(header.len(), label);
    data.read("looking at columns", &mut profiler)?;
    let mut observed = Observed::new(&profiler.columns, label);
    data.read("reading rows", &mut observed)?;
    let classes = observed.classes();
    if classes.is_empty() {
        return Err(TrainerError::asked(format!(
            "{} has no row with as many cells as its header has columns.",
            args.data[0].display()
        )));
    }
    let generator = Generator::new(&observed, &classes, args);
    let failed = |source| TrainerError::Write {
        path: args.out.clone(),
        source,
    };
    let mut out = BufWriter::new(File::create(&args.out).map_err(failed)?);
    let names: Vec<String> = header.iter().map(|name| quoted(name)).collect();
    writeln!(out, "{}", names.join(",")).map_err(failed)?;
    let bar = progress::bar("making up flows", args.rows);
    let blocks: Vec<u64> = (0..args.rows.div_ceil(ROWS_PER_BLOCK)).collect();
    // As many blocks at a time as keep all threads busy, so that memory does not grow with the rows.
    for batch in blocks.chunks(8 * rayon::current_num_threads()) {
        let texts: Vec<String> = batch
            .par_iter()
            .map(|&block| generator.block(block))
            .collect::<Result<_, _>>()?;
        for text in texts {
            out.write_all(text.as_bytes()).map_err(failed)?;
            bar.inc(ROWS_PER_BLOCK);
        }
    }
    out.flush().map_err(failed)?;
    bar.finish_and_clear();
    println!(
        "Wrote {}: {} made-up rows of {} classes",
        args.out.display(),
        count(args.rows),
        classes.len()
    );
    Ok(())
}

/// All that is needed to make up rows.
struct Generator<'a> {
    observed: &'a Observed,
    groups: Vec<Urn<'a>>,
    /// Rows of each group and of those before it.
    ends: Vec<u64>,
    rows: u64,
    seed: u64,
    /// Which slot of the classes' rows the next row takes: a step that is coprime to the rows.
    step: u64,
}

/// A group of a class's rows, ready to be drawn from.
struct Urn<'a> {
    label: &'a str,
    marginals: Vec<Marginal>,
    copula: Copula,
}

impl<'a> Generator<'a> {
    fn new(
        observed: &'a Observed,
        classes: &'a BTreeMap<String, Vec<Group>>,
        args: &SynthArguments,
    ) -> Self {
        let of_classes = classes.iter();
        let groups: Vec<(&str, &Group)> = of_classes
            .flat_map(|(label, groups)| groups.iter().map(move |group| (label.as_str(), group)))
            .collect();
        let urn = |&(label, group): &(&'a str, &Group)| {
            let columns = &group.columns;
            let marginals: Vec<Marginal> = columns
                .par_iter()
                .map(|values| Marginal::of(values))
                .collect();
            Urn {
                label,
                copula: Copula::of(columns, &marginals),
                marginals,
            }
        };
        let rows = |groups: &Vec<Group>| groups.iter().map(|group| group.rows).collect::<Vec<_>>();
        let of_class: Vec<u64> = classes
            .values()
            .map(|groups| rows(groups).iter().sum())
            .collect();
        let mut so_far = 0;
        let mut ends = Vec::new();
        for (groups, class_rows) in classes.values().zip(shares(&of_class, args.rows, MIN_ROWS)) {
            for group_rows in shares(&rows(groups), class_rows, 0) {
                so_far += group_rows;
                ends.push(so_far);
            }
        }
        Self {
            observed,
            groups: groups.par_iter().map(urn).collect(),
            ends,
            rows: args.rows,
            seed: args.seed,
            step: coprime_step(args.rows),
        }
    }

    /// The rows of a block as CSV.
    fn block(&self, block: u64) -> Result<String, TrainerError> {
        let mut text = String::new();
        let begin = block * ROWS_PER_BLOCK;
        for row_idx in begin..self.rows.min(begin + ROWS_PER_BLOCK) {
            let slot = (u128::from(row_idx) * u128::from(self.step) % u128::from(self.rows)) as u64;
            let group = self.ends.partition_point(|&end| end <= slot);
            self.row(&self.groups[group], row_idx, &mut text)?;
        }
        Ok(text)
    }

    /// Appends a row that is no real one.
    fn row(&self, class: &Urn<'_>, row_idx: u64, text: &mut String) -> Result<(), TrainerError> {
        let mut rng = SplitMix64::stream(self.seed, Purpose::Sample, row_idx);
        let before = text.len();
        for draw in 0..DRAWS[2] {
            text.truncate(before);
            let places = class.copula.draw(&mut rng);
            let other = (draw >= DRAWS[0])
                .then(|| self.another_value(class, draw, &mut rng))
                .flatten();
            let mut hash = RowHash::new(class.label);
            for (i, form) in self.observed.forms.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                let start = text.len();
                match form {
                    Form::Label => text.push_str(&quoted(class.label)),
                    Form::Index => text.push_str(&row_idx.to_string()),
                    Form::Name => {
                        let _ = write!(text, "synthetic-{:08x}", rng.next_u64() >> 32);
                    }
                    Form::Address => {
                        let _ = write!(text, "192.0.2.{}", 1 + rng.below(254));
                    }
                    Form::Number => {
                        let value = match other {
                            Some((column, value)) if column == i => Some(value),
                            _ => class.marginals[i].value(places[i]),
                        };
                        self.write_number(i, value, text);
                        hash.add_number(match parse_any(&text.as_bytes()[start..]) {
                            Cell::Number(value) => value,
                            Cell::Missing | Cell::Invalid => f32::NAN,
                        });
                    }
                    Form::Word => {
                        let id = class.marginals[i].value(places[i]).unwrap_or(0.0);
                        let word = &self.observed.words[i][id as usize];
                        text.push_str(&quoted(word));
                        hash.add_word(word);
                    }
                }
            }
            if !self.observed.real.contains(&hash.finish()) {
                text.push('\n');
                return Ok(());
            }
        }
        Err(TrainerError::asked(format!(
            "No row of the class {:?} can be made up that is not in the data: its columns leave no room.",
            class.label
        )))
    }

    /// A column of numbers and a value for it that the class need not have.
    fn another_value(
        &self,
        class: &Urn<'_>,
        draw: u32,
        rng: &mut SplitMix64,
    ) -> Option<(usize, f32)> {
        let forms = self.observed.forms.iter().enumerate();
        let numbers: Vec<usize> = forms
            .filter(|&(i, form)| *form == Form::Number && class.marginals[i].range().is_some())
            .map(|(i, _)| i)
            .collect();
        let column = *numbers.get(rng.below(numbers.len().max(1) as u32) as usize)?;
        let (least, largest) = class.marginals[column].range()?;
        let beyond = if draw >= DRAWS[1] {
            1.0 + f64::from(draw - DRAWS[1])
        } else {
            0.0
        };
        let value =
            f64::from(least) + rng.unit() * (f64::from(largest) - f64::from(least)) + beyond;
        Some((column, value as f32))
    }

    fn write_number(&self, column: usize, value: Option<f32>, text: &mut String) {
        let Some(value) = value else {
            text.push_str(&self.observed.unset[column]);
            return;
        };
        let decimals = self.observed.decimals[column];
        let start = text.len();
        let _ = write!(text, "{value}");
        let point = text[start..].find('.');
        if point.is_some_and(|point| text.len() - start - point - 1 > decimals) {
            text.truncate(start);
            let _ = write!(text, "{value:.decimals$}");
        }
        if text[start..].contains('.') {
            let kept = text[start..]
                .trim_end_matches('0')
                .trim_end_matches('.')
                .len();
            text.truncate(start + kept);
        }
        if &text[start..] == "-0" {
            text.truncate(start);
            text.push('0');
        }
    }
}

/// How many of `rows` rows each part gets: its share, but `least` where that leaves enough for the largest.
fn shares(counts: &[u64], rows: u64, least: u64) -> Vec<u64> {
    let all: u64 = counts.iter().sum();
    let least = least.min(rows / (2 * counts.len() as u64).max(1));
    let share =
        |&count: &u64| (u128::from(rows) * u128::from(count) / u128::from(all.max(1))) as u64;
    let mut shares: Vec<u64> = counts.iter().map(|count| share(count).max(least)).collect();
    let largest = (0..counts.len()).max_by_key(|&i| counts[i]).unwrap_or(0);
    let others = shares.iter().sum::<u64>() - shares[largest];
    shares[largest] = rows.saturating_sub(others);
    shares
}

/// A step near the golden ratio of `rows` that visits all of them before it comes back, and mixes classes evenly.
fn coprime_step(rows: u64) -> u64 {
    fn divisor(a: u64, b: u64) -> u64 {
        if b == 0 { a } else { divisor(b, a % b) }
    }
    let golden = (u128::from(rows) * 618 / 1000) as u64;
    (golden.max(1)..=golden.max(1) + rows)
        .find(|&step| divisor(step, rows) == 1)
        .unwrap_or(1)
}

/// A cell as CSV.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_small_classes_have_rows() {
        assert_eq!(shares(&[10, 980, 10], 100, 5), [5, 90, 5]);
        assert_eq!(shares(&[1, 1, 1], 3, 5), [1; 3]);
        assert_eq!(shares(&[5, 5], 1, 5).iter().sum::<u64>(), 1);
    }

    #[test]
    fn a_step_visits_every_slot() {
        for rows in [1, 2, 3, 10, 997, 1000] {
            let step = coprime_step(rows);
            let mut slots: Vec<u64> = (0..rows).map(|i| i * step % rows).collect();
            slots.sort_unstable();
            assert_eq!(slots, (0..rows).collect::<Vec<_>>());
        }
    }
}
