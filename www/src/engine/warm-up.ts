/**
 * Gets the core up to speed before an input is there. Browsers run WebAssembly slowly at first and
 * compile what is used much again, for all workers that share the module. Without this a third of the
 * first half second of an analysis is lost to it.
 */

import { runAnalysis } from './analysis.js';
import { loadAsset, loadSampleIndex } from './assets.js';

/** As many bytes of flows as it takes until V8 has compiled what an analysis spends its time in. */
const WARM_UP_BYTES = 3_000_000;

const ended = new AbortController();

/** Ends the warm-up: an analysis that begins needs the processor itself. */
export function endWarmUp(): void {
  ended.abort();
}

/** Has one worker analyse the first sample over and over. Without samples there is nothing to do. */
export async function warmUp(base: URL): Promise<void> {
  const [sample] = await loadSampleIndex(base);
  if (!sample) return;
  const flows = await loadAsset(`samples/${sample.file}`, base);
  const headerEnd = flows.indexOf('\n'.charCodeAt(0)) + 1;
  const rows = flows.subarray(headerEnd);
  const times = Math.ceil(WARM_UP_BYTES / Math.max(1, rows.length));
  const input = new Blob([flows.subarray(0, headerEnd), ...Array<BlobPart>(times).fill(rows)]);
  const { signal } = ended;
  try {
    const analysis = await runAnalysis(input, {
      model: 'auto',
      workers: 1,
      assetsUrl: base,
      signal,
    });
    analysis.dispose();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
