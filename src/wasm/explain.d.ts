/** Why a row's share of the votes for a class is what it is. */
export interface RawExplanation {
  /** Share of the votes for all attack classes together. */
  attackProbability: number;
  expectation: number;
  output: number;
  /** One for each column of the model. */
  contributions: Float64Array<ArrayBuffer>;
  /** For each column, the shares of training rows below its value and at or below it; NaN where there is none. */
  places: Float64Array<ArrayBuffer>;
}
