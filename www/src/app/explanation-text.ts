/** An explanation in words and figures, as `flowsieve explain` prints them. */

import type { ExplainedFeature, Explanation, ModelColumn } from '../api.js';

const MINUS = '\u2212';

/** How many columns stand alone before the rest is summed up. */
export const LEADING_FEATURES = 10;

type Unit = Explanation['unit'];

/** A contribution, to a share in points, or in log-odds: "+12.34", "−0.50", "0.00". */
export function contribution(unit: Unit, value: number): string {
  const size = Math.abs(unit === 'share' ? value * 100 : value).toFixed(2);
  if (Number(size) === 0) return size;
  return `${value > 0 ? '+' : MINUS}${size}`;
}

/** What contributions add up to: a share in points, "97.13", or log-odds, "+5.31". */
export function level(unit: Unit, value: number): string {
  return unit === 'share' ? (value * 100).toFixed(2) : contribution(unit, value);
}

/** What contributions are counted in. */
export function unitName(unit: Unit): string {
  return unit === 'share' ? 'Points' : 'Log-odds';
}

/** What the trees say of the class, and how much of that the values of the row make. */
export function answer({ unit, class: name, expectation, output }: Explanation, row: string) {
  const [found, before] = [level(unit, output), level(unit, expectation)];
  const made = contribution(unit, output - expectation);
  return unit === 'share'
    ? `${found}\u202f% of the votes are for ${name}. A flow of which nothing is known gets ${before}\u202f%: ` +
        `the values of row ${row} make ${made} points.`
    : `The log-odds of ${name} against the average class are ${found}. A flow of which nothing is known gets ${before}: ` +
        `the values of row ${row} make ${made}. Each +0.69 doubles the odds, each ${MINUS}0.69 halves them.`;
}

/** The features by the size of their contribution, the largest first; of equal ones the model's first. */
export function ranked(features: readonly ExplainedFeature[]): ExplainedFeature[] {
  return features.toSorted((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
}

/** "higher than 93 % of the training flows"; nothing for words and where nothing is known. */
export function placeText(feature: ExplainedFeature, column: ModelColumn): string {
  const { value, place } = feature;
  if (value === null) return 'missing';
  if (column.kind === 'categorical') {
    return value < column.categories.length ? '' : 'not seen in training';
  }
  if (!place) return '';
  if (value > column.max) return 'higher than all training flows';
  if (value < column.min) return 'lower than all training flows';
  const { below, atMost } = place;
  if (below === 0 && atMost === 1) return 'the same in all training flows';
  if (atMost - below >= 0.25)
    return `the same in about ${percentOf(atMost - below)} of the training flows`;
  if (below >= 0.5) return `higher than ${percentOf(below)} of the training flows`;
  return `lower than ${percentOf(1 - atMost)} of the training flows`;
}

function percentOf(share: number): string {
  return `${Math.min(99, Math.max(1, Math.round(100 * share)))}\u202f%`;
}
