/**
 * The public types of models and of what they are worth: a model's file, its card, and scores. With `api.ts`
 * they are the first part of `flowsieve.d.ts`, so this file stands alone.
 */

/** A model that comes with the page. */
export interface ModelEntry {
  name: string;
  file: string;
  bytes: number;
}

/** What a model is, from its file. */
export interface ModelInfo {
  name: string;
  title: string;
  /** None where the model is a detector alone: then nothing of an analysis says what kind a row is. */
  classes: ModelClass[];
  families: string[];
  columns: ModelColumn[];
  detector: Detector | null;
  /** What the model states of its sets of classes (`Row.set`); null where it has none. */
  sets: SetCoverage | null;
  card: Card;
  /** The parts of the file with their sizes as stored and unpacked. */
  sections: { tag: string; bytes: number; rawBytes: number }[];
  /** Size of the file. */
  bytes: number;
}

/** A kind of traffic that the model tells apart. */
export interface ModelClass {
  name: string;
  family: string;
  attack: boolean;
  trainingRows: number;
}

/** A column that the model reads. `mean` to `max` are of its training rows. */
export interface ModelColumn {
  name: string;
  kind: 'numeric' | 'categorical' | 'time';
  /** Share of the trees' decisions that lean on it; all columns together make 1. */
  importance: number;
  /**
   * By how much the macro F1 on flows held out falls when this column's values are shuffled among them; `null`
   * where that was not measured.
   */
  permutation: number | null;
  mean: number;
  std: number;
  min: number;
  max: number;
  /** Known values of a categorical column. */
  categories: string[];
}

/** The model's anomaly detector. */
export interface Detector {
  name: 'isolation forest';
  fittedOn: 'benign' | 'all';
  trainingRows: number;
}

/** How many rows that nobody has seen have their class in their set, as shares of 0 to 1. */
export interface SetCoverage {
  /** Of all rows: what the model states. */
  coverage: number;
  /** Of each class with enough training rows to say so: what was asked for. */
  classCoverage: number;
}

/** What calibration did, on the different ones of the rows that the evaluation held out. */
export interface CardCalibration {
  rows: number;
  /** Mean −ln of the label's probability: as it was before calibration (by shares of votes, or boosted scores), and calibrated. */
  logLoss: [before: number, calibrated: number];
  /** Expected calibration error over 15 bins of confidence: before calibration, and calibrated. */
  calibrationError: [before: number, calibrated: number];
  /** Rows with their label in their set; 0, as the next two, where the model has no sets. */
  covered: number;
  /** Rows with an empty set. */
  empty: number;
  /** Classes in all rows' sets together. */
  setClasses: number;
}

/** Where a model comes from and how good it is. */
export interface Card {
  dataset: { title: string; source: string; licence: string; attribution: string };
  labelColumn: string;
  trainingRows: number;
  leftOut: { column: string; why: string }[];
  parameters: Record<string, string>;
  evaluation: CardEvaluation;
  /** The same procedure evaluated in several ways, `evaluation` among them; none in files of older programs. */
  evaluations: NamedEvaluation[];
  /** `null` where the model is not calibrated. */
  calibration: CardCalibration | null;
}

/** Scores of the training procedure on rows it did not see. */
export interface CardEvaluation {
  method: string;
  trainRows: number;
  testRows: number;
  accuracy: number;
  /** Mean of the classes' recall. */
  balancedAccuracy: number;
  macroF1: number;
  /** Mean of the classes' F1, weighted by their rows. */
  weightedF1: number;
  perClass: PerClass[];
  binary: Binary | null;
  auroc: number | null;
}

/** The training procedure on rows it did not see, in one of several ways to choose these. */
export interface NamedEvaluation extends CardEvaluation, Evaluation {
  /**
   * `random`: rows split at random, copies on both sides. `grouped`: identical rows on one side. `order`: by
   * file, day or order of rows. `without`, `with`: as `grouped`, without or with the columns that only the
   * set-up of a lab explains. Newer programs may know others.
   */
  kind: string;
  /** The columns that it was done without, or with. */
  columns: string[];
  /** Classes that were fitted on or scored, but not both. By order they have no scores and count in no mean. */
  oneSided: { class: string; trainRows: number; testRows: number }[];
}

/** Classes against true labels. */
export interface Evaluation {
  rows: number;
  accuracy: number;
  /** Mean recall of the classes that occur among the labels. */
  balancedAccuracy: number;
  /** Mean F1 of the classes. */
  macroF1: number;
  /** F1 of the classes, each counting by its labelled rows. */
  weightedF1: number;
  perClass: PerClass[];
  /** `null` unless both attacks and benign rows are known and there. */
  binary: Binary | null;
  benignRows: number;
  /** Benign rows that are called attacks. */
  falsePositives: number;
  /** Of a million benign rows, how many are called attacks at this rate; `null` without benign rows. */
  falsePositivesPerMillion: number | null;
  /** `matrix[truth][predicted]`, both in the order of `labels`. */
  confusion: { labels: string[]; matrix: number[][] };
}

export interface PerClass {
  class: string;
  precision: number;
  recall: number;
  f1: number;
  support: number;
}

/** Attack against benign. */
export interface Binary {
  precision: number;
  recall: number;
  f1: number;
}

/**
 * The anomaly detector at several contaminations, and over all of its thresholds at once. The latter compares it with the
 * file's labels, attack against benign, and is `null` without labels of both.
 */
export interface DetectorSweep {
  /** Area under the ROC curve: how often an attack is stranger than a benign row, ties counting half. */
  auroc: number | null;
  /**
   * Mean precision over the thresholds, each weighted by the recall that it adds (scikit-learn's
   * `average_precision_score`). Flagging at random gets the base rate, so compare it with that.
   */
  averagePrecision: number | null;
  /** Share of attacks among the rows whose label tells. */
  baseRate: number | null;
  roc: RocCurve | null;
  precisionRecall: PrecisionRecallCurve | null;
  rows: SweepRow[];
}

/**
 * Recall over the false-alarm rate: a line of at most 200 points from (0, 0) to (1, 1), nearer to the exact curve than a
 * chart can show.
 */
export interface RocCurve {
  /** Never falling. */
  falseAlarmRate: number[];
  recall: number[];
}

/**
 * Precision over recall, as {@link RocCurve}: the corners of its steps, for what lies between two thresholds cannot be had. It
 * begins at the threshold that flags the strangest rows alone and ends at a recall of 1.
 */
export interface PrecisionRecallCurve {
  /** Never falling. */
  recall: number[];
  precision: number[];
}

/** What is flagged above one rank. The last three are `null` without labels of attacks and of benign rows. */
export interface AtThreshold {
  thresholdRank: number;
  flaggedShare: number;
  precision: number | null;
  recall: number | null;
  f1: number | null;
}

/** The detector at one contamination: with the threshold that flags this share of its training rows. */
export interface SweepRow extends AtThreshold {
  contamination: number;
  /** Share of this file's benign rows that are flagged; `null` without labels of any. */
  falseAlarmRate: number | null;
  /** With the threshold that flags this share of this file's own rows. */
  own: AtThreshold;
}
