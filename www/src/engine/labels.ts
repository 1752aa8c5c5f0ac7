/** Which column holds the true labels and what its values mean: the same for the page and its workers. */

/** The part of {@link AnalyzeOptions} that is about labels. */
export interface LabelOptions {
  labelColumn: string | null | undefined;
  labelMap: Readonly<Record<string, string>> | undefined;
}

/** As the core takes it: what is not said is left to the core. */
export function planOptions({ labelColumn, labelMap }: LabelOptions) {
  return {
    ...(labelColumn === undefined ? {} : { labelColumn }),
    ...(labelMap === undefined ? {} : { labelMap }),
  };
}
