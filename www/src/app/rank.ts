/**
 * Anomaly ranks. A flow's isolation-forest score is stored as its place among the training rows'
 * scores: ranks 1024 to 61024 span the training distribution, above 61024 a flow is stranger than
 * every training row.
 *
 * ```text
 *   0      1024                                   58024    61024     65535
 *   |------|------- training rows, 0 … 100 % -------|--------|---------|
 *   more                                          5 % of          stranger
 *   ordinary                                      training        than all
 *   than all                                      is above        training
 * ```
 */

const LOWEST_TRAINING_RANK = 1024;
const RANKS_PER_MILLE = 60;

/** Number of distinct ranks. */
export const RANKS = 65536;
/** The rank that every training row is at or below. */
export const HIGHEST_TRAINING_RANK = LOWEST_TRAINING_RANK + 1000 * RANKS_PER_MILLE;
/** Result class of a row that could not be read. */
export const REJECTED = 255;

/** A flow is flagged when its rank is above this; `perMille` of the training rows are not. */
export function thresholdRank(perMille: number): number {
  return LOWEST_TRAINING_RANK + RANKS_PER_MILLE * perMille;
}

/** The contamination that goes with a threshold: the share of training rows above it. */
export function contamination(perMille: number): number {
  return (1000 - perMille) / 1000;
}

/** Percent of the training rows that are less strange than `rank`, 0 to 100. */
export function trainingPercentile(rank: number): number {
  const percentile = (rank - LOWEST_TRAINING_RANK) / (RANKS_PER_MILLE * 10);
  return Math.min(100, Math.max(0, percentile));
}

/** Exact numbers of flows above any rank, from one pass over the result columns. */
export class RankCounts {
  /** `above[r]`: flows with a rank above `r`. */
  readonly #above = new Uint32Array(RANKS);
  /** The same, of those classed as benign. */
  readonly #benignAbove = new Uint32Array(RANKS);
  readonly flows: number;

  constructor(rank: Uint16Array, classes: Uint8Array, isBenign: (classIndex: number) => boolean) {
    const benign = Uint8Array.from({ length: 256 }, (_, index) => (isBenign(index) ? 1 : 0));
    const at = new Uint32Array(RANKS);
    const benignAt = new Uint32Array(RANKS);
    let flows = 0;
    for (let row = 0; row < rank.length; row += 1) {
      const classIndex = classes[row] ?? REJECTED;
      if (classIndex === REJECTED) continue;
      const value = rank[row] ?? 0;
      at[value] = (at[value] ?? 0) + 1;
      benignAt[value] = (benignAt[value] ?? 0) + (benign[classIndex] ?? 0);
      flows += 1;
    }
    let sum = 0;
    let benignSum = 0;
    for (let value = RANKS - 1; value >= 0; value -= 1) {
      this.#above[value] = sum;
      this.#benignAbove[value] = benignSum;
      sum += at[value] ?? 0;
      benignSum += benignAt[value] ?? 0;
    }
    this.flows = flows;
  }

  above(rank: number): number {
    return this.#above[rank] ?? 0;
  }

  benignAbove(rank: number): number {
    return this.#benignAbove[rank] ?? 0;
  }
}
