//! One record to what the model says of it: by reading it and walking the trees, or by remembering a record like it.

use super::LABEL_NONE;
use super::memory::{Answer, Entry, Memory, Place, Stable};
use super::places::{Places, weight};
use super::plan::Plan;
use super::row::{Refusal, read_number, read_other, read_row};
use super::tally::Tally;
use crate::model::{Bounds, Model, Scratch};
use crate::table::Record;
use std::sync::Arc;

/// Scores the records of a slice.
#[derive(Debug)]
pub(super) struct RowScorer {
    plan: Arc<Plan>,
    row: Vec<f32>,
    scratch: Scratch,
    memory: Memory,
    /// The features that were read of a row that is remembered, in the order of the plan, and their values.
    changed: Vec<(usize, f32)>,
    counted: Counted,
}

/// What is counted of the values of all rows, as far as it is wanted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) tally: Option<Tally>,
    /// How they lie among those of training.
    pub(super) places: Option<Places>,
}

/// A row that was scored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored {
    pub(super) answer: Answer,
    /// The class of its label.
    pub(super) label: u8,
}

impl RowScorer {
    pub(super) fn new(plan: Arc<Plan>, counted: Counted) -> Self {
        let model = plan.model();
        Self {
            row: vec![f32::NAN; model.n_features()],
            scratch: model.scratch(),
            memory: Memory::new(),
            changed: Vec::new(),
            counted,
            plan,
        }
    }

    /// Counts how values lie among those of training, from now on.
    pub(super) fn count_places(&mut self) {
        let features = &self.plan.model().spec().preparation.features;
        self.counted.places = Some(Places::new(features));
    }

    /// What the model says of a record, and which class its label is; or why it is no row.
    pub(super) fn score(&mut self, record: &Record<'_>) -> Result<Scored, Refusal> {
        let (plan, counted) = (&self.plan, &mut self.counted);
        let place = self.memory.find(plan, record, &mut |entry| {
            counted.settle(plan, entry);
        });
        match place {
            Place::Found(place, stable) => self.score_like(place, stable, record),
            Place::Free(place) => {
                let scored = self.score_anew(record)?;
                let (plan, counted) = (&self.plan, &mut self.counted);
                self.memory
                    .keep(place, record, &self.row, scored.label, &mut |entry| {
                        counted.settle(plan, entry);
                    });
                Ok(scored)
            }
            Place::Nowhere => self.score_anew(record),
        }
    }

    fn score_anew(&mut self, record: &Record<'_>) -> Result<Scored, Refusal> {
        let plan = &self.plan;
        read_row(plan, record, &mut self.row)?;
        if let Some(places) = &mut self.counted.places {
            let weight = weight(record.offset);
            if weight > 0 {
                places.add(&self.row, weight);
            }
        }
        if let Some(tally) = &mut self.counted.tally {
            tally.add(&self.row);
            for other in &plan.others {
                tally.count_word(other, self.row[other.feature], 1);
            }
        }
        Ok(Scored {
            answer: answer(plan.model(), &self.row, &mut self.scratch),
            label: label_of(plan, record),
        })
    }

    /// Scores a record that ends as the entry does: its first cells are read, the others are the entry's.
    fn score_like(
        &mut self,
        place: usize,
        stable: Stable,
        record: &Record<'_>,
    ) -> Result<Scored, Refusal> {
        // Field by field: a count of references that threads share is not for every row.
        let Self {
            plan,
            row,
            scratch,
            memory,
            changed,
            counted,
        } = self;
        let entry = memory.entry(place);
        changed.clear();
        let numbers = plan.numbers_before(stable.first_cell);
        for number in numbers {
            changed.push((number.feature, read_one_number(record, number.cell)?));
        }
        for other in plan.others_before(stable.first_cell) {
            changed.push((other.feature, read_other(record, other)?));
        }
        entry.repeats += 1;
        if let Some(places) = &mut counted.places {
            let weight = weight(record.offset);
            if weight > 0 {
                entry.weight += weight;
                for &(feature, value) in &*changed {
                    places.add_value(feature, value, weight);
                }
            }
        }
        if let Some(tally) = &mut counted.tally {
            for &(feature, value) in &*changed {
                tally.add_value(feature, value);
            }
            let (_, words) = changed.split_at(numbers.len());
            for (other, &(_, value)) in plan.others_before(stable.first_cell).zip(words) {
                tally.count_word(other, value, 1);
            }
        }
        let label = match plan.header().label {
            Some(cell) if cell < stable.first_cell => label_of(plan, record),
            _ => entry.label,
        };
        if let Some(answer) = entry.answer(changed) {
            memory.count_known();
            return Ok(Scored { answer, label });
        }
        row.copy_from_slice(&entry.row);
        for &(feature, value) in &*changed {
            row[feature] = value;
        }
        let answer = answer(plan.model(), row, scratch);
        let can_learn = plan.model().can_narrow() && entry.can_learn();
        if can_learn && changed.iter().all(|(_, value)| value.is_finite()) {
            let mut bounds = Bounds::of(changed.iter().map(|&(feature, _)| feature));
            plan.model().narrow(scratch, &mut bounds);
            entry.learn(bounds, answer);
        }
        Ok(Scored { answer, label })
    }

    /// Rows that were scored by what was known of rows like them.
    pub(super) fn remembered(&self) -> u64 {
        self.memory.known()
    }

    /// What was counted of all rows.
    pub(super) fn into_counted(mut self) -> Counted {
        for entry in self.memory.entries() {
            self.counted.settle(&self.plan, entry);
        }
        self.counted
    }
}

impl Counted {
    /// Counts what the lines that ended like an entry had in common with it.
    fn settle(&mut self, plan: &Plan, entry: &mut Entry) {
        let repeats = std::mem::take(&mut entry.repeats);
        let weight = std::mem::take(&mut entry.weight);
        let Some(stable) = entry.stable.filter(|_| repeats > 0) else {
            return;
        };
        let numbers = plan
            .numbers_before(stable.first_cell)
            .iter()
            .map(|number| number.feature);
        let others = plan
            .others_before(stable.first_cell)
            .map(|other| other.feature);
        let changed: Vec<usize> = numbers.chain(others).collect();
        if let Some(places) = self.places.as_mut().filter(|_| weight > 0) {
            places.add_repeats(&entry.row, &changed, weight);
        }
        let Some(tally) = &mut self.tally else {
            return;
        };
        tally.add_repeats(&entry.row, &changed, repeats);
        for other in &plan.others {
            if other.cell >= stable.first_cell {
                tally.count_word(other, entry.row[other.feature], repeats);
            }
        }
    }
}

/// What the model says of a row.
fn answer(model: &Model, row: &[f32], scratch: &mut Scratch) -> Answer {
    let score = model.score(row, scratch);
    Answer {
        score,
        attack_probability: model.attack_probability(scratch),
        set: model.set(scratch),
    }
}

/// As a call: inlined, it is a copy of the parser.
#[inline(never)]
fn read_one_number(record: &Record<'_>, cell: usize) -> Result<f32, Refusal> {
    read_number(record, cell)
}

/// The class of a record's label.
fn label_of(plan: &Plan, record: &Record<'_>) -> u8 {
    plan.header().label.map_or(LABEL_NONE, |cell| {
        plan.class_of_label(record.cell(cell).trim_ascii())
    })
}
