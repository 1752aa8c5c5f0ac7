import type {
  Analysis,
  DialectOptions,
  FitProgress,
  FittedModel,
  Input,
  ModelInfo,
  Progress,
  Recognition,
  Summary,
  UnpackProgress,
} from '../api.js';
import type { Columns } from './columns-file.js';
import type { Problem } from './problems.js';

/** Where the flows come from. */
export interface Source {
  name: string;
  files: File[];
  /** A sample that ships with the page, generated, not captured. */
  synthetic: boolean;
}

/** A model file that the visitor brought along. */
export interface OwnModel {
  name: string;
  pack: ArrayBuffer;
  info: ModelInfo;
}

/**
 * Which model is used: the one that fits the header best, one of the page's, the visitor's own, or a detector
 * that is fitted on the file itself; `fitted` once it is, so that reading the file again does not fit again.
 */
export type ModelChoice =
  | { kind: 'auto' }
  | { kind: 'shipped'; name: string }
  | { kind: 'own'; model: OwnModel }
  | { kind: 'fit'; seed?: number | undefined; fitted?: FittedModel | undefined };

/** Columns that were connected by hand, and who says so. */
export interface Connected {
  columns: Columns;
  /** The user now, the user for a file with the same header before, or a file that was saved. */
  from: 'hand' | 'memory' | 'file';
}

/** How a file is to be analysed. */
export interface Request {
  model: ModelChoice;
  /** Header of the column with the true labels, null for none; found by its name where undefined. */
  labelColumn: string | null | undefined;
  /** Values of that column that stand for a class of the model under another name. */
  labelMap: Record<string, string>;
  /** Null where nobody said anything yet: what was connected before for the same header is taken then. */
  connected: Connected | null;
  /** How the file is written, where the guess is wrong. */
  dialect: DialectOptions;
}

export const PLAIN_REQUEST: Request = {
  model: { kind: 'auto' },
  labelColumn: undefined,
  labelMap: {},
  connected: null,
  dialect: {},
};

export type Phase = 'empty' | 'running' | 'done' | 'cancelled' | 'failed';

/** Everything the page shows of one file. Results arrive in the order of the fields. */
export interface Session {
  phase: Phase;
  source: Source | null;
  request: Request;
  /** How far packed files are read for the first time; null where there are none, or all are. */
  unpacking: UnpackProgress | null;
  input: Input | null;
  recognition: Recognition | null;
  model: ModelInfo | null;
  /** How far a detector is fitted that was asked for; null before and after. */
  fitting: FitProgress | null;
  progress: Progress | null;
  /** So far, while running; of what was read before it ended, after a cancel or a failure. */
  summary: Summary | null;
  analysis: Analysis | null;
  problem: Problem | null;
  /** The file that was refused, where that is the problem. */
  refused: { source: Source; request: Request } | null;
}

export const EMPTY_SESSION: Session = {
  phase: 'empty',
  source: null,
  request: PLAIN_REQUEST,
  unpacking: null,
  input: null,
  recognition: null,
  model: null,
  fitting: null,
  progress: null,
  summary: null,
  analysis: null,
  problem: null,
  refused: null,
};

/** Whether there are no classes to show: the model is a detector alone, or such a one is being fitted. */
export function isWithoutClasses({ model, request }: Session): boolean {
  return model ? model.classes.length === 0 : request.model.kind === 'fit';
}
