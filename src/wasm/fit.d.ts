/** Options of a fit. */
export interface FitOptions {
  /** Decides which rows are fitted on and how trees split: an integer below 2⁵³; drawn where there is none. */
  seed?: number;
  /** The column with labels, which is no feature. */
  labelColumn?: string;
  /** As in `PlanOptions`. */
  dialect?: Uint8Array;
}
