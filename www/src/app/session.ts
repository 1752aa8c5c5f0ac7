import type { Analysis, ModelInfo, Progress, Recognition, Summary } from '../api.js';
import type { Problem } from './problems.js';

/** Where the flows come from. */
export interface Source {
  name: string;
  blob: Blob;
  /** A sample that ships with the page, generated, not captured. */
  synthetic: boolean;
}

/** A model file that the visitor brought along. */
export interface OwnModel {
  name: string;
  pack: ArrayBuffer;
}

export type Phase = 'empty' | 'running' | 'done' | 'cancelled' | 'failed';

/** Everything the page shows of one file. Results arrive in the order of the fields. */
export interface Session {
  phase: Phase;
  source: Source | null;
  recognition: Recognition | null;
  model: ModelInfo | null;
  progress: Progress | null;
  /** So far, while running; of what was read before it ended, after a cancel or a failure. */
  summary: Summary | null;
  analysis: Analysis | null;
  problem: Problem | null;
}

export const EMPTY_SESSION: Session = {
  phase: 'empty',
  source: null,
  recognition: null,
  model: null,
  progress: null,
  summary: null,
  analysis: null,
  problem: null,
};
