/** A look at an input's first bytes: what an analysis would match its header to. */

import type { AnalyzeInput, Recognised, RecogniseOptions } from '../api.js';
import { toBlob } from './analysis.js';
import { baseOf } from './assets.js';
import { chooseModel, fitsBetter, freeChoice } from './choose.js';
import { loadCore } from './core.js';
import { describeModel } from './evaluations.js';
import { listFiles, requireSome, type StoredFile } from './files.js';
import { firstBytes, MAX_TABLES } from './join.js';
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
  const listing = await listFiles(inputs);
  requireSome(listing);
  const look = async (file: StoredFile) => {
    const { head, size } = await firstBytes(file);
    const input = { head, size, reading, anyHeader: true };
    return { head, size, choice: await chooseModel(options.model, input, base, undefined) };
  };
  let best: Awaited<ReturnType<typeof look>> | undefined;
  let refusal: unknown;
  // In an archive there may be other things before the table.
  for (const file of listing.files.slice(0, MAX_TABLES)) {
    try {
      const found = await look(file);
      if (best && !fitsBetter(found.choice.recognition, best.choice.recognition)) {
        freeChoice(found.choice);
      } else {
        if (best) freeChoice(best.choice);
        best = found;
      }
    } catch (error) {
      refusal ??= error;
    }
  }
  if (!best) throw refusal;
  const { head, size, choice } = best;
  try {
    const { rows } = choice.plan.cells(head.subarray(choice.plan.dataStart()), SAMPLE_ROWS);
    // Where the bytes were cut, the last record may be half a record.
    if (head.length < size && rows.length < SAMPLE_ROWS) rows.pop();
    return { model: describeModel(choice.model), recognition: choice.recognition, rows };
  } finally {
    freeChoice(choice);
  }
}
