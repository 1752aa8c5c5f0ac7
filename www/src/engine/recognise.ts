/** A look at an input's first bytes: what an analysis would match its header to. */

import type { AnalyzeInput, Recognised, RecogniseOptions } from '../api.js';
import { toBlob } from './analysis.js';
import { baseOf } from './assets.js';
import { chooseModel, freeChoice } from './choose.js';
import { loadCore } from './core.js';
import { firstBytes } from './join.js';
import { readingOptions } from './reading.js';

/** Enough to see what a column holds. */
const SAMPLE_ROWS = 32;

/** Does not refuse a header for having too little of what the model needs. */
export async function recogniseHeader(
  input: AnalyzeInput,
  options: RecogniseOptions,
): Promise<Recognised> {
  const reading = readingOptions(options);
  const base = baseOf(options.assetsUrl);
  await loadCore(base);
  const inputs = (Array.isArray(input) ? input : [input]).map(toBlob);
  const { head, size } = await firstBytes(inputs);
  const choice = await chooseModel(
    options.model,
    { head, size, reading, anyHeader: true },
    base,
    undefined,
  );
  try {
    const { rows } = choice.plan.cells(head.subarray(choice.plan.dataStart()), SAMPLE_ROWS);
    // Where the bytes were cut, the last record may be half a record.
    if (head.length < size && rows.length < SAMPLE_ROWS) rows.pop();
    return { model: choice.model.info(), recognition: choice.recognition, rows };
  } finally {
    freeChoice(choice);
  }
}
