/**
 * The public types of `flowsieve.js`.
 *
 * A *flow* is one row of the input: a summary of the packets that two endpoints exchanged. A *model*
 * (`NAME.sieve`) gives every flow an attack class with a confidence, and a rank that says how unusual
 * the flow is among the flows the model was trained on.
 *
 * With the types of models in `api-model.ts` this is the first part of `flowsieve.d.ts`: it refers to nothing else.
 */

import type { DetectorSweep, Evaluation, ModelInfo } from './api-model.js';

export type * from './api-model.js';

/**
 * What was refused or went wrong, with a message that can be shown as it is.
 *
 * `kind` is stable and meant for programs:
 *
 * - about the model file: `pack-not-a-pack`, `pack-too-new`, `pack-damaged`, `pack-self-test`;
 * - about the input: `empty-input`, `header-only`, `bad-header`, `not-text`, `too-many-columns`,
 *   `no-such-column`, `no-such-class`, `bad-connection`, `bad-archive`, `unpack-limit`, `no-schema-match`
 *   (`details` is the best {@link Recognition}), `file-unreadable` (`details` is what was {@link Kept}, if
 *   reading had begun), `bad-fit` (no detector can be fitted on it), `no-explanation` (of a row);
 * - about the page: `asset-missing`, `worker-start`, `worker-failed`, `disposed`, `bad-option`,
 *   `internal`.
 *
 * Later versions may add kinds.
 */
export class FlowsieveError extends Error {
  /** A stable name for what happened. */
  readonly kind: string;
  /** More about it, where the kind says so. */
  readonly details?: unknown;

  constructor(kind: string, message: string, details?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FlowsieveError';
    this.kind = kind;
    if (details !== undefined) this.details = details;
  }
}

/** What an analysis had when its file became unreadable: everything before byte `bytes`. */
export interface Kept {
  rows: number;
  bytes: number;
  summary: Summary;
}

/** Where the model of an analysis comes from. */
export type ModelSource = URL | string | ArrayBuffer | 'auto';

/** What {@link analyze} takes: a file, or several that have the same columns. */
export type AnalyzeInput = Blob | ArrayBuffer | readonly (Blob | ArrayBuffer)[];

/** How a file is packed. */
export type PackingName = 'none' | 'gzip' | 'zip';

/** A file that is analysed. */
export interface InputFile {
  /** Its own; in an archive, that of the entry. */
  name: string;
  packing: PackingName;
  /** Size as it is stored, and unpacked. */
  storedBytes: number;
  bytes: number;
  /** What is wrong with a packed file, and where; null where it is whole. */
  problem: string | null;
  /** Whether rows are missing because of it, or may not be what they were. */
  loss: boolean;
}

/** A file that is not analysed. */
export interface LeftOut {
  name: string;
  why: string;
}

/** What an input consists of. */
export interface Input {
  /** The files whose rows are analysed, in the order of the rows. */
  files: InputFile[];
  leftOut: LeftOut[];
}

/** How far packed files were read for the first time, which tells their unpacked size. */
export interface UnpackProgress {
  /** Stored bytes so far. */
  bytes: number;
  /** Stored bytes of all packed files. */
  totalBytes: number;
}

/** Options of {@link analyze}. Only `model` has no default. */
export interface AnalyzeOptions {
  /**
   * An address (relative ones are resolved against the page), the bytes of a model file, or `'auto'`:
   * of the models beside `flowsieve.js`, the one whose columns the input has most of. `loadModel`
   * gives the bytes of one of them.
   */
  model: ModelSource;
  /** Ends the analysis: `analyze` then rejects with a `DOMException` named `AbortError`. */
  signal?: AbortSignal | undefined;
  /** Called at most about ten times a second, and once at the end. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Called once, before the first row is analysed: what the header was matched to. */
  onRecognised?: ((recognition: Recognition, model: ModelInfo, input: Input) => void) | undefined;
  /** Called while packed files are read for the first time, before all else. */
  onUnpacking?: ((progress: UnpackProgress) => void) | undefined;
  /**
   * Address of `worker.js`, for pages whose policy does not allow `worker-src blob:`. It has to be of
   * the page's own origin. By default the worker is started from a Blob URL.
   */
  workerUrl?: URL | string | undefined;
  /** Address of `explain-worker.js`, which {@link Analysis.explain} starts, for such pages. */
  explainWorkerUrl?: URL | string | undefined;
  /** The folder that holds `flowsieve.wasm`, `worker.js` and `models/`; by default that of `flowsieve.js`. */
  assetsUrl?: URL | string | undefined;
  /** Number of workers, 1 to 8; by default as many as the machine has logical processors, at most 8. */
  workers?: number | undefined;
  /** Bytes per slice of work, by default 4 MiB. Results do not depend on it. */
  sliceBytes?: number | undefined;
  /** The header of the column with the true labels, or `null` for none; found by its name by default. */
  labelColumn?: string | null | undefined;
  /**
   * What values of the label column mean: value to name of one of the model's classes. Values that it
   * does not name are looked up among the model's own names and aliases, as all are without it.
   */
  labelMap?: Readonly<Record<string, string>> | undefined;
  /**
   * Columns that are connected by hand: by the name of a column of the model, the name of the input's
   * column, or `null` where the input has none. `column 3` is the third column, where none is called
   * that. Columns that are not named here are found by their names, as all are without it. With the model
   * `'auto'`, models that do not have all of these columns are passed over.
   */
  columns?: Readonly<Record<string, string | null>> | undefined;
  /** How the input is written, where the guess is wrong. What is not said is guessed. */
  dialect?: DialectOptions | undefined;
  /** @internal Makes one slice fail on purpose, for tests: its first `times` runs end in a wasm trap. */
  testHooks?: { trapSlice: number; times: number } | undefined;
}

/**
 * How an input is written. Zeek logs and JSON lines say so themselves: for these there is only the
 * encoding to say, and saying anything else reads them as cells between delimiters.
 */
export interface DialectOptions {
  /** Cells between delimiters, although the input looks like a Zeek log or like JSON. */
  format?: 'CSV' | undefined;
  /** One ASCII character that is no letter, digit, quote or part of a number. */
  delimiter?: string | undefined;
  /** Whether numbers have a comma where others have a point. */
  decimalComma?: boolean | undefined;
  /** Whether a quote surrounds a cell, and is doubled or escaped by a backslash within. */
  quotes?: 'none' | 'doubled' | 'escaped' | undefined;
  /** Windows-1252 needs no choice: it is told from UTF-8 cell by cell. */
  encoding?: Recognition['encoding'] | undefined;
  /** Whether the first line names the columns. */
  header?: boolean | undefined;
}

/** Options of {@link recognise}; those of {@link AnalyzeOptions} that are about how the input is read. */
export type RecogniseOptions = Pick<
  AnalyzeOptions,
  'model' | 'assetsUrl' | 'labelColumn' | 'labelMap' | 'columns' | 'dialect'
>;

/** What an input looks like to a model. */
export interface Recognised {
  model: ModelInfo;
  recognition: Recognition;
  /** The cells of the first rows, 32 at most; none where a row could not be split. */
  rows: string[][];
}

/** Options of {@link fitDetector}. */
export interface FitOptions {
  /**
   * Decides which rows are fitted on and how the trees split: an integer from 0 to 2⁵³ − 1. The same input
   * and seed give the same model, byte for byte, also by `flowsieve score --fit`. Drawn at random by default.
   */
  seed?: number | undefined;
  /** How the input is written, where the guess is wrong. */
  dialect?: DialectOptions | undefined;
  /** The header of a column with labels, which is then no feature. Columns with usual names of labels never are. */
  labelColumn?: string | null | undefined;
  /** Ends the fit, which then rejects with a `DOMException` named `AbortError`. */
  signal?: AbortSignal | undefined;
  /** Called at most about ten times a second, and once when the input was read. */
  onProgress?: ((progress: FitProgress) => void) | undefined;
  /** Called while packed files are read for the first time, before all else. */
  onUnpacking?: ((progress: UnpackProgress) => void) | undefined;
  /** Address of `fit-worker.js`, for pages whose policy does not allow `worker-src blob:`. */
  workerUrl?: URL | string | undefined;
  /** Address of `worker.js`, which unpacks, for such pages. */
  unpackWorkerUrl?: URL | string | undefined;
  /** The folder that holds `flowsieve-fit.wasm` and `fit-worker.js`; by default that of `flowsieve.js`. */
  assetsUrl?: URL | string | undefined;
}

/** How far a fit is. */
export interface FitProgress {
  /** Bytes that were read. */
  bytes: number;
  totalBytes: number;
  /** Rows so far. */
  rows: number;
  elapsedMs: number;
  /** 10⁶ bytes per second. */
  megabytesPerSecond: number;
}

/** The result of {@link fitDetector}. */
export interface FittedModel {
  /** The model file. {@link AnalyzeOptions.model} takes it, and so does the command line. */
  pack: ArrayBuffer;
  seed: number;
  /** Rows that there were to choose from. */
  rows: number;
}

/** How far an analysis is. */
export interface Progress {
  /** Bytes whose results are in. */
  bytes: number;
  /** Size of the input in bytes. */
  totalBytes: number;
  /** Rows so far, rejected ones included. */
  rows: number;
  /** Since `analyze` was called. */
  elapsedMs: number;
  /** 10⁶ bytes per second, since `analyze` was called. */
  megabytesPerSecond: number;
  /** The summary of everything so far. */
  summary: Summary;
}

/** The result of {@link analyze}. */
export interface Analysis {
  readonly model: ModelInfo;
  readonly input: Input;
  readonly recognition: Recognition;
  readonly summary: Summary;
  /** Number of rows, rejected ones included. */
  readonly rowCount: number;
  /** One entry per row. */
  readonly columns: ResultColumns;
  /** Parts of the input that could not be analysed because their worker failed twice; mostly none. */
  readonly failures: readonly SliceFailure[];
  readonly stats: AnalysisStats;
  /**
   * Rows `from` up to, not including, `to`, read from the input again. Rejects with the kind
   * `file-unreadable` when the file has changed or gone since.
   */
  rows(from: number, to: number): Promise<Row[]>;
  /**
   * Why the model's trees say what they say of a class in row `row`: of the row's own class, or the one that is
   * named. Reads the row from the input again; what explains is loaded with the first row.
   *
   * Rejects with kind `no-explanation` where the row was rejected, the model has no classes, or its file was made
   * before there were explanations; with `no-such-class`; and as {@link rows} does.
   *
   * ```js
   * const { expectation, output, features } = await analysis.explain(0);
   * const sum = features.reduce((sum, { contribution }) => sum + contribution, expectation); // output
   * ```
   */
  explain(row: number, options?: ExplainOptions): Promise<Explanation>;
  /**
   * The input as CSV with what the model says of each row in seven columns behind: `flowsieve_class`,
   * `flowsieve_family`, `flowsieve_attack_probability`, `flowsieve_confidence`,
   * `flowsieve_isolation_forest_score`, `flowsieve_isolation_forest_flag`, `flowsieve_set` (names of
   * classes with ` | ` between them, see {@link Row.set}). The input's own bytes stay as they are, but for a `'` before cells that a spreadsheet would run as formulas (see
   * {@link ExportOptions.raw}). `flowsieve score` writes the same bytes.
   *
   * The file is read again, as fast as the stream is: at most a few slices wait in memory. Cancelling the
   * stream ends the workers. It errors with kind `file-unreadable` when the file has changed or gone.
   *
   * ```js
   * const stream = analysis.export({ classes: ['DOS_SYN_Hping'] });
   * const text = await new Response(stream).text();
   * ```
   */
  export(options?: ExportOptions): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * What the anomaly detector flags at these contaminations (shares of 0 to 1 of its training rows), and where the file
   * has labels, how well it tells attacks from benign rows: AUROC, average precision and the curves behind them.
   */
  sweep(contaminations: readonly number[]): DetectorSweep;
  /**
   * SHA-256, in hexadecimal, over the result columns: class, label, confidence and rank (little-endian)
   * of all rows, the byte offset of every 64th row (u64, little-endian), and a bit per row that is 1
   * where it was rejected, the lowest bit first. `flowsieve evaluate` prints the same.
   */
  digest(): Promise<string>;
  /**
   * Frees what the analysis holds in WebAssembly; `rows`, `explain`, `sweep` and `export` then fail with kind
   * `disposed`. An export that has begun goes on.
   */
  dispose(): void;
}

/** Options of {@link Analysis.explain}. */
export interface ExplainOptions {
  /** Name of the class to explain; by default that of the row. */
  class?: string | undefined;
}

/**
 * Path-dependent Shapley values (Lundberg et al. 2020) of one row and one class: `output` is `expectation`
 * and the contributions of all features together.
 */
export interface Explanation {
  class: string;
  /**
   * What `output`, `expectation` and contributions are. `share`, of a random forest: the share of its votes for the
   * class, of which 1 is all. `log-odds`, of boosted trees: the natural logarithm of the class's odds against the
   * (geometrically) average class; 0.69 more doubles the odds, and two classes' outputs
   * differ by the logarithm of the odds between them.
   */
  unit: 'share' | 'log-odds';
  /** What the trees say of the class. */
  output: number;
  /** The same of a row of which nothing is known. */
  expectation: number;
  /**
   * Probability, 0 to 1, of all attack classes together, calibrated as {@link Row.confidence} is: what
   * {@link Analysis.export} writes as `flowsieve_attack_probability`.
   */
  attackProbability: number;
  /** One for each column of the model, in its order. */
  features: ExplainedFeature[];
}

/** What a row's value in one column of the model has to do with its class. */
export interface ExplainedFeature {
  /** The model's name of the column. */
  column: string;
  /** The cell as it stands in the input; `null` where the input has no such column or no word in it. */
  text: string | null;
  /** What the model sees: the number, the index of the category, the second of the day; `null` where missing. */
  value: number | null;
  /** What the value adds to the output, below 0 where it takes away. */
  contribution: number;
  /** The shares of the training rows, 0 to 1, with a lower value and with this one or a lower one. */
  place: { below: number; atMost: number } | null;
}

/** What {@link Analysis.export} writes: everything by default. */
export interface ExportOptions {
  /** Share of the training rows that the detector's flag is set for; 0.05 by default. */
  contamination?: number | undefined;
  /** Names of the classes whose rows are written; all by default. */
  classes?: readonly string[] | undefined;
  /** Only rows with this true label, the name of a class. */
  label?: string | undefined;
  /** Whether rows that could not be read are written, without results; true by default. */
  rejected?: boolean | undefined;
  /** Leaves cells as they are that a spreadsheet would take for formulas; false by default. */
  raw?: boolean | undefined;
  /** Writes the seven columns of results alone, as CSV, line for line those of the rows; false by default. */
  resultsOnly?: boolean | undefined;
  /** Ends the export: the stream then errors with a `DOMException` named `AbortError`. */
  signal?: AbortSignal | undefined;
  /** Called as slices are handed to the stream's reader. */
  onProgress?: ((progress: ExportProgress) => void) | undefined;
}

/** How far an export is. */
export interface ExportProgress {
  /** Bytes of the input that were read again, or need not be. */
  bytes: number;
  totalBytes: number;
  /** Bytes of CSV so far. */
  written: number;
}

/** Views of one buffer that the analysis goes on using: copy before transferring any of them. */
export interface ResultColumns {
  /** Index into `model.classes`; 254 where the model has no classes, 255 where the row was rejected. */
  readonly class: Uint8Array;
  /** Index into `model.classes`; 254 for a label that the model does not know, 255 for no label. */
  readonly label: Uint8Array;
  /** Probability of the class × 65535. */
  readonly confidence: Uint16Array;
  /**
   * Anomaly rank: 1024 + 60000 × the share of training rows that are less unusual. Above 61024 a row
   * is stranger than every training row. Contamination `c` flags ranks above 1024 + 60000 × (1 − c).
   */
  readonly rank: Uint16Array;
}

/** One row of the input with its results. */
export interface Row {
  /** Position among all rows, from 0. */
  index: number;
  /** Byte offset of the row in the input. */
  offset: number;
  /** The cells as they stand in the input, in the order of `recognition.columns`. */
  cells: string[];
  /** For each cell how many standard deviations it lies from the training mean; NaN where that has no meaning. */
  zscores: Float32Array;
  /** `null` where the row was rejected or the model has no classes. */
  class: string | null;
  family: string | null;
  attack: boolean;
  /** Probability of the class, 0 to 1; the share of a forest's votes where the model is not calibrated. */
  confidence: number;
  /**
   * Names of the classes that the row may be, at the coverage that {@link ModelInfo.sets} states: several
   * where the model cannot tell them apart, none where the row is like no class that it knows. `null` where
   * the row was rejected or the model has no sets.
   */
  set: string[] | null;
  /** See {@link ResultColumns.rank}. */
  rank: number;
  /** The true label as far as the input has one. */
  label: string | null;
  rejected: boolean;
}

/** A slice that failed twice: its rows are rejects of the kind `worker-failed`. */
export interface SliceFailure {
  slice: number;
  rows: number;
  /** First and last line of the input, from 1, that the slice cost. */
  firstLine: number;
  lastLine: number;
  /** What the worker said. */
  message: string;
}

/** How the work went. */
export interface AnalysisStats {
  workers: number;
  slices: number;
  /** Slices run again because the one before ended inside quotes. */
  reruns: number;
  /** Slices run again because their worker failed. */
  retries: number;
  /** Workers ended and replaced: after a failure, or because their memory had grown past 64 MiB. */
  replacedWorkers: number;
  /** The most WebAssembly memory that any worker held, in bytes. */
  maxWorkerMemory: number;
  elapsedMs: number;
}

/** What an input's header was matched to. Every column of it is matched, ignored or the label. */
export interface Recognition {
  /** Name of the model whose columns these are. */
  model: string;
  format: 'CSV' | 'Zeek log' | 'JSON lines';
  encoding: 'UTF-8' | 'UTF-16 LE' | 'UTF-16 BE';
  /**
   * Where the names of the columns are from: the file, or, where it has none, the order in which Zeek
   * writes them or in which the model has them.
   */
  names: 'file' | 'zeek-order' | 'model-order';
  delimiter: string;
  /** What a quote means: nothing, or it surrounds a cell and is doubled or escaped by a backslash within. */
  quotes: 'none' | 'doubled' | 'escaped';
  /** Whether numbers have a comma where others have a point. */
  decimalComma: boolean;
  /** The header's names, in order. */
  columns: string[];
  /**
   * One entry per column of the input. Where it has a category of the model as a column of zeros and ones
   * per word (`proto_tcp`, `proto_udp`), several belong to one `column`, and `word` tells which is which.
   * `byHand` is set where {@link AnalyzeOptions.columns} said so.
   */
  matched: {
    column: string;
    header: string;
    index: number;
    word: string | null;
    byHand: boolean;
  }[];
  /** Columns of the model that the input lacks, or has not `byHand`. */
  missing: { column: string; importance: number; byHand: boolean }[];
  ignored: { header: string; index: number; why: string }[];
  label: { header: string; index: number } | null;
  /** Importance of the matched columns together, 0 to 1. */
  importanceShare: number;
}

/** Counts over the rows of an input. Nothing in it depends on how the work was cut. */
export interface Summary {
  rows: number;
  analysed: number;
  rejected: number;
  blankLines: number;
  /** Lines about the file, such as those of a Zeek log that begin with `#`. */
  commentLines: number;
  /** Values of JSON objects under keys that no object at the file's beginning has. They are not read. */
  unknownValues: number;
  bytes: number;
  /** Rows per class, in the order of `model.classes`. */
  classCounts: number[];
  /** Rows per family, in the order of `model.families`. */
  familyCounts: number[];
  attackRows: number;
  /** Rows per true label, in the order of `model.classes`. */
  labelCounts: number[];
  unknownLabels: { name: string; rows: number }[];
  /** Rows per number of classes in their set, from none to all; zeros where the model has no sets. */
  setSizes: number[];
  /** Share of the rows with a known label whose set holds it; `null` without such rows or sets. */
  coverage: number | null;
  /** 64 equal bins of the confidence. */
  confidenceHistogram: number[];
  /** 256 equal bins of the anomaly rank. */
  rankHistogram: number[];
  columns: ColumnSummary[];
  rejects: Rejects;
  /** Byte offsets of rows picked at random (by the seed). */
  sample: number[];
  /** Where the input has labels: how the classes compare with them. */
  evaluation: Evaluation | null;
}

/** What the input has in one column of the model. */
export interface ColumnSummary {
  name: string;
  present: number;
  missing: number;
  /** Values of a categorical column that the model does not know. */
  otherCategory: number;
  min: number;
  max: number;
  mean: number;
  /**
   * The population stability index: how far the values are spread otherwise than the training rows'. Below 0.1 is stable, up
   * to 0.25 shifted, above drifted. The sum of (a − e) ln(a / e) over sixteen parts that held equal shares of the
   * training values, and one of missing values, of which fewer than in training count as that many; a is the share of
   * the input's rows in a part and e that of the training rows. Where many rows of one value leave open which parts they
   * belong to, it is the least of what is possible. Infinite values are in no part. Behind the first
   * MiB it is estimated from one row in 32. `null` below 500 rows, and where the input or the training rows have no values.
   */
  psi: number | null;
}

/** Rows that could not be analysed. */
export interface Rejects {
  counts: { kind: string; column: string | null; rows: number }[];
  /** The first 1,000 of them. */
  first: {
    /** In the file itself, where there are several. */
    line: number;
    /** Among the bytes of all files. */
    offset: number;
    /** The file, where there are several. */
    file?: string | null;
    column: string | null;
    kind: string;
    reason: string;
  }[];
}

/** A sample input that comes with the page. */
export interface SampleEntry {
  name: string;
  file: string;
  bytes: number;
  /** Name of the model it is for. */
  model: string;
}
