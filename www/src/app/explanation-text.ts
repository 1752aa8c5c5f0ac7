/** An explanation in words and figures, as `flowsieve explain` prints them. */

import type { ExplainedFeature, ModelColumn } from '../api.js';

const MINUS = '\u2212';

/** How many columns stand alone before the rest is summed up. */
export const LEADING_FEATURES = 10;

/** A contribution to a share in points: "+12.34", "−0.50", "0.00". */
export function points(share: number): string {
  const size = Math.abs(share * 100).toFixed(2);
  if (Number(size) === 0) return size;
  return `${share > 0 ? '+' : MINUS}${size}`;
}

/** A share in points: "97.13". */
export function level(share: number): string {
  return (share * 100).toFixed(2);
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
