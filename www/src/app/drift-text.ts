/** What the columns' population stability indices say together. */

import type { ModelInfo, Summary } from '../api.js';
import { count, listing } from './format.js';

/** Fewer rows are too few to tell. */
const MIN_ROWS = 500;
/** From here on a column has shifted, and above the second it has drifted. */
const SHIFTED = 0.1;
const DRIFTED = 0.25;
/** Where the drifted columns have this share of the compared ones' importance, the answers are in doubt. */
const DOUBTFUL_SHARE = 0.25;
/** Columns that are named. */
const NAMED = 3;

/** A column of the model beside the file's. */
export interface ComparedColumn {
  name: string;
  importance: number;
  /** Population stability index; null where there is nothing to compare. */
  psi: number | null;
  /** Means of the finite values; of a category null. */
  mean: number | null;
  trainingMean: number | null;
}

/** All columns of the model that the file has, the most drifted first. */
export function compared(model: ModelInfo, summary: Summary): ComparedColumn[] {
  const columns = model.columns.flatMap(({ name, importance, kind, mean }, index) => {
    const found = summary.columns[index];
    if (!found || found.present === 0) return [];
    const isNumber = kind !== 'categorical';
    const means = isNumber
      ? { mean: found.mean, trainingMean: mean }
      : { mean: null, trainingMean: null };
    return [{ name, importance, psi: found.psi, ...means }];
  });
  return columns.sort((a, b) => (b.psi ?? -1) - (a.psi ?? -1));
}

/** What an index says of a column. */
export function driftName(psi: number | null): string {
  if (psi === null) return 'not compared';
  if (psi > DRIFTED) return 'drifted';
  return psi < SHIFTED ? 'stable' : 'shifted';
}

/** How many columns drifted and which most, and what follows from it, if anything does. */
export function driftSentences(
  columns: readonly ComparedColumn[],
  rows: number,
  hasClasses: boolean,
): { found: string; doubt: string } {
  if (rows < MIN_ROWS) {
    const found = `${count(rows)} rows are too few to tell whether these flows are like those the model learned from; it takes ${MIN_ROWS}.`;
    return { found, doubt: '' };
  }
  const known = columns.filter(({ psi }) => psi !== null);
  const drifted = known.filter(({ psi }) => driftName(psi) === 'drifted');
  const of = `of ${count(known.length)} columns`;
  if (drifted.length === 0) {
    const found = `None ${of} has drifted: these flows are spread as those the model learned from.`;
    return { found, doubt: '' };
  }
  const names = drifted.slice(0, NAMED).map(({ name }) => name);
  const found = `${count(drifted.length)} ${of} ${drifted.length === 1 ? 'has' : 'have'} drifted, most of all ${listing(names)}.`;
  if (importance(drifted) < DOUBTFUL_SHARE * importance(known)) {
    return { found: `${found} The model leans little on them.`, doubt: '' };
  }
  const differ = `This file’s flows differ from those the model learned from: they are another mix of traffic, or come from another exporter or network`;
  const doubt = hasClasses
    ? `${differ}, so its classes may not hold. Fit a detector on your own traffic, or train a model on your network.`
    : `${differ}, so its scores may not hold. Fit a detector on this traffic.`;
  return { found, doubt };
}

function importance(columns: readonly ComparedColumn[]): number {
  return columns.reduce((sum, column) => sum + column.importance, 0);
}
