//! `flowsieve explain`: which values of one flow speak for its class, and which against, as the page's panel of a row.

use crate::args::ExplainArguments;
use crate::error::TrainerError;
use crate::reading::Connections;
use crate::report::{count, table};
use crate::source::{Source, load};
use flowsieve::analysis::{CellRows, Plan, PlanOptions, read_cells};
use flowsieve::explain::{Explainer, Explanation, place};
use flowsieve::model::forest::Leaves;
use flowsieve::model::{Model, RowScore};
use flowsieve::prepare::Feature;
use flowsieve::schema::ColumnKind;
use flowsieve::table::{Broken, Progress, Record, RecordSink, SliceReader, SliceSpan};
use flowsieve::{Error, ErrorKind};
use std::sync::Arc;

/// How many columns stand alone before the rest is summed up.
const LEADING_FEATURES: usize = 10;

/// Runs the command.
pub(crate) fn explain(args: &ExplainArguments) -> Result<(), TrainerError> {
    let (model, _) = load(&args.model)?;
    let model = Arc::new(model);
    let failed = |source: Error| TrainerError::File {
        path: args.data.clone(),
        source,
    };
    let mut explainer = Explainer::new(model.spec())?;
    let class = args.class.as_deref().map(|name| class_named(&model, name));
    let class = class.transpose()?;
    let options = PlanOptions {
        columns: Connections::read(args.columns.as_deref())?.with(&model.spec().name)?,
        dialect: args.dialect.choice(),
        ..PlanOptions::default()
    };
    let paths = [args.data.clone()];
    let sources = Source::open_all(&paths, options.dialect)?;
    let [source] = &sources[..] else {
        return Err(TrainerError::asked(format!(
            "{} holds several files: unpack the one whose row is meant.",
            args.data.display()
        )));
    };
    let plan = Plan::new(
        Arc::clone(&model),
        &source.first_bytes,
        source.size,
        &options,
    );
    let plan = plan.map_err(failed)?;
    let bytes = record(source, args.row)?;
    let cells = read_cells(&plan, &bytes, 1);
    let values = cells.values.clone();
    let width = cells.rows.first().map_or(0, Vec::len);
    if width != source.head.columns.len() || values.iter().all(|value| value.is_nan()) {
        return Err(TrainerError::asked(format!(
            "Row {} of {} could not be read, or has no value that the model reads, so there is no answer to explain.",
            args.row,
            args.data.display()
        )));
    }
    let mut scratch = model.scratch();
    let score = model.score(&values, &mut scratch);
    let attack = model.attack_probability(&scratch);
    let class = class.unwrap_or(score.class);
    let explanation = explainer.explain(model.spec(), &values, class);

    println!("Row {} of {}", count(args.row), source.path.display());
    answer(&model, score, attack);
    print(&plan, &cells, &explanation, class, args.all);
    Ok(())
}

fn class_named(model: &Model, name: &str) -> Result<u8, TrainerError> {
    let kinds = &model.spec().taxonomy.kinds;
    let place = kinds.iter().position(|kind| kind.name == name);
    place.map(|place| place as u8).ok_or_else(|| {
        let names: Vec<&str> = kinds.iter().map(|kind| &kind.name[..]).collect();
        let names = names.join(", ");
        let message = format!("The model has no class named {name:?}. Name one of {names}.");
        Error::new(ErrorKind::NoSuchClass, message).into()
    })
}

/// Finds where a record begins and ends.
struct Find {
    /// Records before it.
    left: u64,
    begin: Option<u64>,
    end: Option<u64>,
}

impl Find {
    fn pass(&mut self, offset: u64) {
        if self.begin.is_some() && self.end.is_none() {
            self.end = Some(offset);
        }
        if self.left == 1 {
            self.begin = Some(offset);
        }
        self.left = self.left.saturating_sub(1);
    }
}

impl RecordSink for Find {
    fn record(&mut self, record: &Record<'_>) {
        self.pass(record.offset);
    }

    fn broken(&mut self, offset: u64, _line: u64, _why: Broken) {
        self.pass(offset);
    }
}

/// The bytes of the `number`-th record of a file, and at its end what follows.
fn record(source: &Source, number: u64) -> Result<Vec<u8>, TrainerError> {
    let mut find = Find {
        left: number,
        begin: None,
        end: None,
    };
    let span = SliceSpan {
        begin: source.head.data_start,
        end: source.size,
        first: Some(source.head.data_start),
    };
    let mut reader = SliceReader::new(span, &source.head.layout);
    let mut chunks = source.stored.chunks(reader.position())?;
    while find.end.is_none()
        && let Some(chunk) = chunks.next()?
    {
        if reader.push(chunk, &mut find) == Progress::Done {
            break;
        }
    }
    if find.end.is_none() {
        reader.finish(&mut find);
    }
    let Some(begin) = find.begin else {
        return Err(TrainerError::asked(format!(
            "{} has {} rows: there is no row {}.",
            source.path.display(),
            count(number - find.left),
            count(number)
        )));
    };
    let len = (find.end.unwrap_or(source.size) - begin) as usize;
    let mut bytes = Vec::new();
    let mut chunks = source.stored.chunks(begin)?;
    while bytes.len() < len
        && let Some(chunk) = chunks.next()?
    {
        bytes.extend_from_slice(chunk);
    }
    bytes.truncate(len);
    Ok(bytes)
}

/// What the model says of the row.
fn answer(model: &Model, score: RowScore, attack: u16) {
    let taxonomy = &model.spec().taxonomy;
    let share = |probability: u16| format!("{:.1} %", f64::from(probability) / 655.35);
    let kind = &taxonomy.kinds[usize::from(score.class)];
    let family = &taxonomy.families[usize::from(score.family)];
    let mut lines = vec![
        ("class", kind.name.clone()),
        ("confidence", share(score.confidence)),
        ("family", family.clone()),
        ("attack", share(attack)),
    ];
    if !model.spec().isolation.trees.is_empty() {
        let place = (f64::from(score.rank) - 1024.0) / 600.0;
        let place = match score.rank {
            61_025.. => "stranger than all training flows".to_owned(),
            _ => format!("{:.1} %", place.max(0.0)),
        };
        lines.push(("anomaly", place));
    }
    for (name, value) in lines {
        println!("  {name:<12}{value}");
    }
    println!();
}

fn print(plan: &Plan, cells: &CellRows, explanation: &Explanation, class: u8, all: bool) {
    let spec = plan.model().spec();
    let name = &spec.taxonomy.kinds[usize::from(class)].name;
    let leaves = explanation.leaves;
    let (contribution, level) = (
        |value: f64| contribution(leaves, value),
        |value: f64| level(leaves, value),
    );
    let (found, before) = (level(explanation.output), level(explanation.expectation));
    let made = contribution(explanation.output - explanation.expectation);
    match leaves {
        Leaves::Shares => println!(
            "{found} % of the votes are for {name}. A flow of which nothing is known gets {before} %: the values of this one \
             make {made} points."
        ),
        Leaves::Scores => println!(
            "The log-odds of {name} against the average class are {found}. A flow of which nothing is known gets {before}: \
             the values of this one make {made}. Each +0.69 doubles the odds, each −0.69 halves them."
        ),
    }
    let ranked = explanation.ranked();
    let shown = if all { ranked.len() } else { LEADING_FEATURES };
    let (leading, rest) = ranked.split_at(shown.min(ranked.len()));
    let mut rows: Vec<Vec<String>> = leading
        .iter()
        .map(|&feature| {
            let column = &spec.schema.columns[feature];
            let prepared = &spec.preparation.features[feature];
            let value = cells.values[feature];
            vec![
                column.name.clone(),
                text(plan, cells, feature),
                contribution(explanation.contributions[feature]),
                place_text(prepared, column.kind, value),
            ]
        })
        .collect();
    let figure = |what: String, value: String| vec![what, String::new(), value, String::new()];
    if !rest.is_empty() {
        let others: f64 = rest
            .iter()
            .map(|&feature| explanation.contributions[feature])
            .sum();
        let columns = if rest.len() == 1 { "column" } else { "columns" };
        rows.push(figure(
            format!("{} other {columns}", rest.len()),
            contribution(others),
        ));
    }
    rows.push(figure(
        "nothing known".into(),
        level(explanation.expectation),
    ));
    rows.push(figure("together".into(), level(explanation.output)));
    let unit = match leaves {
        Leaves::Shares => "points",
        Leaves::Scores => "log-odds",
    };
    println!(
        "{}",
        table(&["column", "value", unit, "among training flows"], &rows)
    );
}

/// The cell as it stands in the file.
fn text(plan: &Plan, cells: &CellRows, feature: usize) -> String {
    let header = plan.header();
    let value = cells.values[feature];
    let known = &plan.model().spec().preparation.features[feature].categories;
    if let Some(cell) = header.columns[feature] {
        cells.rows[0][cell].clone()
    } else if header.has(feature) && !value.is_nan() {
        let word = known.get(value as usize);
        word.map_or("another word", |word| word).to_owned()
    } else {
        "–".to_owned()
    }
}

/// A contribution: to a share in points, or in log-odds.
fn contribution(leaves: Leaves, value: f64) -> String {
    let size = match leaves {
        Leaves::Shares => 100.0 * value,
        Leaves::Scores => value,
    };
    let size = format!("{:.2}", size.abs());
    if size == "0.00" {
        return size;
    }
    format!("{}{size}", if value > 0.0 { '+' } else { '−' })
}

/// What contributions add up to: a share in points, or log-odds.
fn level(leaves: Leaves, value: f64) -> String {
    match leaves {
        Leaves::Shares => format!("{:.2}", 100.0 * value),
        Leaves::Scores => contribution(leaves, value),
    }
}

/// Where a value lies among those of training; nothing for words.
fn place_text(feature: &Feature, kind: ColumnKind, value: f32) -> String {
    if value.is_nan() {
        return "missing".to_owned();
    }
    if kind == ColumnKind::Categorical {
        let known = (value as usize) < feature.categories.len();
        return if known { "" } else { "not seen in training" }.to_owned();
    }
    let Some(place) = place(feature, value) else {
        return String::new();
    };
    let percent = |share: f64| format!("{} %", (100.0 * share).round().clamp(1.0, 99.0));
    let same = place.at_most - place.below;
    if feature.quantiles.last().is_some_and(|&most| value > most) {
        "higher than all training flows".to_owned()
    } else if feature
        .quantiles
        .first()
        .is_some_and(|&least| value < least)
    {
        "lower than all training flows".to_owned()
    } else if place.below == 0.0 && place.at_most == 1.0 {
        "the same in all training flows".to_owned()
    } else if same >= 0.25 {
        format!("the same in about {} of the training flows", percent(same))
    } else if place.below >= 0.5 {
        format!("higher than {} of the training flows", percent(place.below))
    } else {
        format!(
            "lower than {} of the training flows",
            percent(1.0 - place.at_most)
        )
    }
}
