/** Why what the trees say of a class in a row is what it is. */
export interface RawExplanation {
  /** What expectation, output and contributions are: shares of the votes, or natural logarithms of odds. */
  unit: 'share' | 'log-odds';
  /** Calibrated probability, 0 to 1, of all attack classes together. */
  attackProbability: number;
  expectation: number;
  output: number;
  /** One for each column of the model. */
  contributions: Float64Array<ArrayBuffer>;
  /** For each column, the shares of training rows below its value and at or below it; NaN where there is none. */
  places: Float64Array<ArrayBuffer>;
}
