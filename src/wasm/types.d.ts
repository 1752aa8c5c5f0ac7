import type { DetectorSweep, ModelInfo, Recognition, Summary } from '../src/api.js';

/** Options of a plan. */
export interface PlanOptions {
  /** Decides which rows are in the sample. */
  seed?: number;
  /** The column with labels; null for none, by default found by name. */
  labelColumn?: string | null;
  /** What labels of the file are called by the model: label to class name. Other labels are found by name. */
  labelMap?: Record<string, string>;
  /** Columns of the model that are connected by hand: the name of the file's column, null for none. */
  columns?: Record<string, string | null>;
  /**
   * How the file is written, one byte for each choice, 0 where it is to be guessed: whether it is read as
   * cells between delimiters whatever it looks like (1); the delimiter; quotes (1 none, 2 doubled, 3 escaped
   * by a backslash); decimal comma (1 no, 2 yes); encoding (1 UTF-8, 2 UTF-16 LE, 3 UTF-16 BE); whether the
   * first line is the header (1 no, 2 yes).
   */
  dialect?: Uint8Array;
  /** Also plans for a header that has too little of what the model needs, to look at what was recognised. */
  anyHeader?: boolean;
}

/** What is exported. */
export interface ExportOptions {
  /** The detector flags what this share of its training rows would be. */
  contamination: number;
  /** Indices of the classes whose rows are exported; null for all. */
  classes: Uint8Array | null;
  /** The index of the label whose rows alone are exported; null for all. */
  label: number | null;
  /** Whether rejected rows are exported, too. */
  rejected: boolean;
  /** Whether cells stay as they are that a spreadsheet would take for formulas. */
  raw: boolean;
  resultsOnly: boolean;
}

/** Rows as they stand in the file. */
export interface Cells {
  /** The cells of each row; none where a row could not be split. */
  rows: string[][];
  /** Standard deviations from the training mean, rows × header columns; NaN where there is none. */
  zscores: Float32Array;
  /** What the model sees of each row, rows × columns of the model; NaN where missing, all where the row is rejected. */
  values: Float32Array;
  /** Where each row starts in the bytes. */
  offsets: Uint32Array;
  /** 1 for each class in a row's set, rows × classes; nothing where the model has no sets. */
  sets: Uint8Array;
}

/** One slice's results, one entry a row. */
export interface SliceOutput {
  /** For the merger. */
  meta: Uint8Array<ArrayBuffer>;
  class: Uint8Array<ArrayBuffer>;
  label: Uint8Array<ArrayBuffer>;
  confidence: Uint16Array<ArrayBuffer>;
  rank: Uint16Array<ArrayBuffer>;
  /** From the slice's first record on. */
  offsets: Uint32Array<ArrayBuffer>;
}

/** What follows from a slice's arrival. */
export type MergeEvent =
  | {
      type: 'accept';
      slice: number;
      rows: number;
      rowBase: number;
      firstRecord: number;
      firstLine: number;
      lastLine: number;
    }
  | { type: 'rerun'; slice: number; first: number };

/** Places from which a packed stream can be read. */
export interface Checkpoints {
  /** For each: stored bytes before it, unpacked bytes before it, and its state. */
  places: Float64Array<ArrayBuffer>;
  /** 32 KiB for each: what stands before it. */
  windows: Uint8Array<ArrayBuffer>;
}

/** What is wrong with a packed stream. */
export interface Fault {
  message: string;
  /** Whether rows are missing or may be wrong. */
  loss: boolean;
}

/** A file in an archive. */
export interface ArchiveEntry {
  name: string;
  /** 0 for stored, 1 for deflate. */
  method: number;
  /** Why it cannot be unpacked. */
  refused?: string;
  /** Where its stored bytes are, and how many. */
  begin: number;
  stored: number;
  /** Checksum and length of what comes out, if the archive says so. */
  crc?: number;
  size?: number;
}
