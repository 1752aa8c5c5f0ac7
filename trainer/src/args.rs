//! The command line.

use crate::evaluations::order::Order;
use crate::isolation::IsolationArguments;
use crate::reading::DialectArguments;
use clap::{Args, Parser, Subcommand, ValueEnum};
use flowsieve::fit::options::{ClassWeight, ForestOptions, Learner};
use std::path::PathBuf;

/// Train models on labelled network flows, evaluate them, and see what is in them
#[derive(Debug, Parser)]
#[command(name = "flowsieve", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Learn to tell the classes of labelled flows apart, and write the model
    Train(Box<TrainArguments>),
    /// Score flows with a model and compare with their labels
    Evaluate(EvaluateArguments),
    /// Say what a file of flows is: its format, columns and labels, and which models fit it
    Inspect(InspectArguments),
    /// Say where a model comes from, what it is worth, and what its file holds
    Info(InfoArguments),
    /// Write flows as CSV with what a model says of them in columns behind
    Score(ScoreArguments),
    /// Say which values of a flow speak for its class, and which against
    Explain(ExplainArguments),
    /// Compare what an isolation forest flags at several contaminations, fitted on all rows and on benign rows
    Sweep(SweepArguments),
    /// Make up flows that look like those of a labelled file, none of which is in it
    Synth(SynthArguments),
    /// Say what fitting a forest takes, for benchmarks
    #[command(hide = true)]
    TimeFit(TimeFitArguments),
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// Files of labelled flows; what one of them lacks of the others' columns is missing there
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// The column that holds the labels; of several, the first that a file has
    #[arg(long, required = true, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) label: Vec<String>,
    /// Use a row once that several files have: with the same label, and the same values in all columns that both have
    #[arg(long)]
    pub(crate) once: bool,
    /// Where to write the model
    #[arg(long, value_name = "FILE.sieve")]
    pub(crate) out: PathBuf,
    /// The model's name [default: the stem of the file that is written]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A TOML file that names the dataset and says which labels belong together and which are attacks
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) taxonomy: Option<PathBuf>,
    /// Labels that are no attacks, besides those that the taxonomy says are none
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "LABEL,…",
        allow_hyphen_values = true
    )]
    pub(crate) benign: Vec<String>,
    /// Columns that are no features
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) drop: Vec<String>,
    /// Columns that are features although they look like labels, indexes, ids, addresses or times
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) keep: Vec<String>,
    /// Columns of numbers that are read as words, such as ports: services, not quantities
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) categorical: Vec<String>,
    /// What the model tells apart: the kinds of traffic, their families, or attack and benign
    #[arg(long, value_enum, default_value_t = Level::Kind)]
    pub(crate) level: Level,
    /// Choose what is not given of the forest's options, by scores on training rows: the smallest forest that is as good
    /// as the best [default: where neither --trees nor --leaves is given]
    #[arg(long)]
    pub(crate) auto: bool,
    /// The most bytes that a chosen forest takes in the model file
    #[arg(long, value_name = "BYTES", default_value_t = 150_000)]
    pub(crate) forest_bytes: usize,
    /// A random forest, or boosted trees, each of which corrects those before it [default: chosen; a forest beside --trees or
    /// --leaves]
    #[arg(long, value_enum)]
    pub(crate) learner: Option<LearnerArgument>,
    /// The share of its correction that a boosted tree makes [default: 0.15]
    #[arg(long, value_name = "SHARE")]
    pub(crate) learning_rate: Option<f64>,
    /// Trees of the classifier [default: chosen; 100 beside --leaves]
    #[arg(long)]
    pub(crate) trees: Option<u32>,
    /// Leaves that a tree may have [default: chosen; 512 beside --trees]
    #[arg(long)]
    pub(crate) leaves: Option<u32>,
    /// Training rows that a leaf keeps at least [default: chosen; 1 beside --trees or --leaves]
    #[arg(long, value_name = "ROWS")]
    pub(crate) min_leaf: Option<u32>,
    /// Share of the features that each split looks at [default: chosen; 0.4 beside --trees or --leaves]
    #[arg(long, value_name = "SHARE")]
    pub(crate) features_per_split: Option<f64>,
    /// How much a class counts [default: as --balance says, else chosen; balanced beside --trees or --leaves]
    #[arg(long, value_enum)]
    pub(crate) class_weight: Option<ClassWeightArgument>,
    #[command(flatten)]
    pub(crate) choice: ChoiceArguments,
    #[command(flatten)]
    pub(crate) isolation: IsolationArguments,
    /// The rows that the isolation forest is fitted on: the benign ones where there are any, or all
    #[arg(long, value_enum, value_name = "ROWS", default_value_t = DetectorRows::Benign)]
    pub(crate) isolation_rows: DetectorRows,
    /// The detectors: an isolation forest alone, or a local outlier factor and a one-class SVM beside it, with a rank that all three
    /// make together, and attacks of no known kind called unknown
    #[arg(long, value_enum, default_value_t = DetectorKinds::Isolation)]
    pub(crate) detectors: DetectorKinds,
    /// Calibrate probabilities and sets on votes for each of so many parts of the rows, by forests fitted on the others; 0
    /// leaves shares of votes for probabilities
    #[arg(long, value_name = "PARTS", default_value_t = 3)]
    pub(crate) calibration_parts: u32,
    /// The seed of all randomness: the same seed and data give the same file
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Threads; does not change the model [default: one per processor]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    /// Also fit and score another library's random forest (smartcore's) on the same split
    #[arg(long)]
    pub(crate) baseline: bool,
    #[command(flatten)]
    pub(crate) evaluations: EvaluationArguments,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluationArguments {
    /// How to evaluate, for the card: all ways, or some. `grouped`, whose figures are the card's main ones, is always made
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "WAY,…",
        default_value = "all"
    )]
    pub(crate) evaluate: Vec<EvaluationKind>,
    /// What is scored last in the evaluation `order`: `file` (each file by a model of the others), `rows` (the last rows of each
    /// class), or a column of times, numbers or groups [default: files where there are several, else a column of times, else rows]
    #[arg(
        long,
        value_name = "file|rows|COLUMN",
        default_value = "auto",
        hide_default_value = true
    )]
    pub(crate) order: Order,
    /// Columns that only the set-up of a lab explains, besides those that the taxonomy names: the evaluation `without` leaves
    /// them out, or adds those that the model leaves out
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) lab_columns: Vec<String>,
    /// Leave such columns out of the model
    #[arg(long)]
    pub(crate) without_lab_columns: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvaluationKind {
    All,
    /// Rows held out at random, as publications do
    Random,
    /// Identical rows kept together
    Grouped,
    /// By file, day, or order of rows
    Order,
    /// Without columns that only the set-up of a lab explains, or with them where the model leaves them out
    Without,
    /// Without one attack class at a time: what becomes of its flows. Not among `all`, for it fits as many models as there are
    LeaveOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DetectorKinds {
    Isolation,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Kind,
    Family,
    Binary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DetectorRows {
    Benign,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassWeightArgument {
    /// Every row counts the same
    None,
    /// Every class counts the same
    Balanced,
    /// Every class counts the same in the rows drawn for each tree
    BalancedSubsample,
    /// A class counts as the square root of its size
    SquareRoot,
}

/// How the classifier's trees learn of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LearnerArgument {
    /// Not at all: a random forest
    Forest,
    /// Each corrects those before it: gradient boosting
    Boosted,
}

impl From<LearnerArgument> for Learner {
    fn from(argument: LearnerArgument) -> Self {
        match argument {
            LearnerArgument::Forest => Self::Forest,
            LearnerArgument::Boosted => Self::Boosted,
        }
    }
}

impl From<ClassWeightArgument> for ClassWeight {
    fn from(argument: ClassWeightArgument) -> Self {
        match argument {
            ClassWeightArgument::None => Self::None,
            ClassWeightArgument::Balanced => Self::Balanced,
            ClassWeightArgument::BalancedSubsample => Self::BalancedPerBootstrap,
            ClassWeightArgument::SquareRoot => Self::SquareRoot,
        }
    }
}

/// Which rows and columns of the data the forest sees.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChoiceArguments {
    /// What is done about classes of unequal size [default: as --class-weight]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) balance: Option<BalanceArgument>,
    /// Rows that smote and over raise a smaller class to, or under cuts a larger one down to [default: the size of the
    /// largest class, or of the smallest]
    #[arg(long, requires = "balance", value_name = "ROWS")]
    pub(crate) balance_to: Option<u32>,
    /// Columns that the model reads: as many, those with the best scores [default: all]
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) select_k: Option<u32>,
    /// With --select-k: what a column is judged by [default: the first of these]
    #[arg(long, value_enum, requires = "select_k", value_name = "SCORE")]
    pub(crate) score: Option<ScoreArgument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BalanceArgument {
    /// Nothing: every row counts the same
    None,
    /// Every class counts the same, whatever its size
    Weights,
    /// Smaller classes get rows made up between their own
    Smote,
    /// Larger classes lose rows
    Under,
    /// Smaller classes get copies of their rows
    Over,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoreArgument {
    /// The F statistic of an analysis of variance
    #[default]
    #[value(name = "f_classif")]
    FClassif,
    /// Mutual information of the column's bins and the class
    #[value(name = "mutual_info")]
    MutualInfo,
    /// The share of the impurity that a first forest takes away by it
    Importance,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// Files of flows
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// Models to try
    #[arg(long, value_name = "FILE.sieve")]
    pub(crate) model: Vec<PathBuf>,
    /// A file that connects columns of the data with those of the model, as the page saves it
    #[arg(long, value_name = "FILE.json")]
    pub(crate) columns: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// The model
    #[arg(value_name = "FILE.sieve")]
    pub(crate) model: PathBuf,
    /// CSV files of flows
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// The column that holds the labels [default: the model's own, or one with a usual name]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// What labels of the data are called by the model
    #[arg(
        long = "map",
        value_delimiter = ',',
        value_name = "LABEL=CLASS,…",
        allow_hyphen_values = true
    )]
    pub(crate) label_map: Vec<String>,
    /// Also write what was found as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Threads; does not change the result [default: one per processor]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    /// A file that connects columns of the data with those of the model, as the page saves it
    #[arg(long, value_name = "FILE.json")]
    pub(crate) columns: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct InfoArguments {
    /// The model
    #[arg(value_name = "FILE.sieve")]
    pub(crate) model: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArguments {
    /// The model, then CSV files of flows with the same header; with --fit, the files alone
    #[arg(required = true, value_name = "FILE.sieve DATA")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) fit: FitArguments,
    /// Where to write them; `-` is standard output
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) out: PathBuf,
    /// The detector flags what this share of its training rows would be
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    pub(crate) contamination: f64,
    /// Leave cells as they are that a spreadsheet would take for formulas, instead of putting a ' before them
    #[arg(long)]
    pub(crate) raw: bool,
    /// Write the columns of results alone, as CSV, line for line those of the flows
    #[arg(long)]
    pub(crate) results_only: bool,
    /// Threads; does not change the result [default: one per processor]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    /// A file that connects columns of the data with those of the model, as the page saves it
    #[arg(long, value_name = "FILE.json")]
    pub(crate) columns: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The model
    #[arg(value_name = "FILE.sieve")]
    pub(crate) model: PathBuf,
    /// A file of flows
    #[arg(value_name = "DATA")]
    pub(crate) data: PathBuf,
    /// Which row of it, from 1 for the first below the header, as the page numbers them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) row: u64,
    /// The class to explain [default: the row's own]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    pub(crate) class: Option<String>,
    /// List all columns, not only those that matter most
    #[arg(long)]
    pub(crate) all: bool,
    /// A file that connects columns of the data with those of the model, as the page saves it
    #[arg(long, value_name = "FILE.json")]
    pub(crate) columns: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct FitArguments {
    /// Instead of a model, fit an isolation forest on a sample of the rows themselves: for any table of numbers
    #[arg(long)]
    pub(crate) fit: bool,
    /// With --fit: the seed of all randomness, for the same model again [default: drawn, and printed]
    #[arg(long, requires = "fit")]
    pub(crate) seed: Option<u64>,
    /// With --fit: where to write the model
    #[arg(long, requires = "fit", value_name = "FILE.sieve")]
    pub(crate) save_model: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArguments {
    /// Files of labelled flows
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// The column that holds the labels
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: String,
    /// A TOML file that says which labels are attacks
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) taxonomy: Option<PathBuf>,
    /// Labels that are no attacks
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "LABEL,…",
        allow_hyphen_values = true
    )]
    pub(crate) benign: Vec<String>,
    /// Columns that are no features
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) drop: Vec<String>,
    #[command(flatten)]
    pub(crate) isolation: IsolationArguments,
    /// The contaminations to compare
    #[arg(long, value_delimiter = ',', value_name = "SHARE,…", default_values_t = [0.05, 0.1, 0.15, 0.2])]
    pub(crate) contamination: Vec<f64>,
    /// The seed of all randomness
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Threads; does not change the result [default: one per processor]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct SynthArguments {
    /// Files of labelled flows; what one of them lacks of the others' columns is missing there
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// The column that holds the labels; of several, the first that a file has
    #[arg(long, required = true, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) label: Vec<String>,
    /// How many flows to make up
    #[arg(long, default_value_t = 2000)]
    pub(crate) rows: u64,
    /// The seed of all randomness
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Where to write them
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) out: PathBuf,
    /// Threads; does not change the result [default: one per processor]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct TimeFitArguments {
    /// Files of labelled flows
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// The column that holds the labels
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: String,
    /// Columns that are no features
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) drop: Vec<String>,
    /// Trees of the random forest
    #[arg(long, default_value_t = ForestOptions::default().n_trees)]
    pub(crate) trees: u32,
    /// Leaves that a tree may have
    #[arg(long)]
    pub(crate) leaves: u32,
    /// The seed of all randomness
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Threads [default: one per processor]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) dialect: DialectArguments,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_dash_can_be_benign() {
        for benign in [&["--benign=-"][..], &["--benign", "-"]] {
            let words = [
                "flowsieve",
                "train",
                "a.csv",
                "--label",
                "l",
                "--out",
                "m.sieve",
            ];
            let arguments =
                Arguments::try_parse_from(words.iter().chain(benign)).expect("a command");
            let Command::Train(train) = arguments.command else {
                panic!("train")
            };
            assert_eq!(train.benign, ["-"]);
        }
    }
}
