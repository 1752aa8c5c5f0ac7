/**
 * Flowsieve as a module: `import { analyze } from './flowsieve.js'`. The page itself is built on it.
 *
 * It expects `flowsieve.wasm`, `worker.js` and `models/` beside itself, or where `assetsUrl` says, for fits
 * `flowsieve-fit.wasm` and `fit-worker.js`, and for explanations `flowsieve-explain.wasm` and `explain-worker.js`.
 */

import { Model } from '../generated/flowsieve_core.js';
import type {
  Analysis,
  AnalyzeInput,
  AnalyzeOptions,
  FitOptions,
  FittedModel,
  ModelEntry,
  ModelInfo,
  ModelSource,
  Recognised,
  RecogniseOptions,
  SampleEntry,
} from './api.js';
import { FlowsieveError } from './api.js';
import { runAnalysis } from './engine/analysis.js';
import { baseOf, loadAsset, loadModelIndex, loadSampleIndex } from './engine/assets.js';
import { loadPack, prepareShipped } from './engine/choose.js';
import { loadCore, loadWorkerUrl } from './engine/core.js';
import { toPublic } from './engine/errors.js';
import { describeModel } from './engine/evaluations.js';
import { EXPLAIN_CORE, EXPLAIN_WORKER } from './engine/explain.js';
import { runFit } from './engine/fit.js';
import { recogniseHeader } from './engine/recognise.js';
import { endWarmUp, warmUp } from './engine/warm-up.js';

export type * from './api.js';
export { FlowsieveError } from './api.js';

/**
 * Gives every flow of the input a class, a confidence and an anomaly rank.
 *
 * Files may be packed with gzip or ZIP. Several files, dropped or in an archive, are one table where they
 * have the same columns; {@link Analysis.input} says which were left out, and why.
 *
 * A dropped `File` is not read into memory: workers read slices of it, and {@link Analysis.rows} reads
 * the rows it is asked for again.
 *
 * Rejects with a {@link FlowsieveError} when the input or the model is refused, and with a
 * `DOMException` named `AbortError` when `options.signal` aborts; all workers are ended then.
 */
export async function analyze(input: AnalyzeInput, options: AnalyzeOptions): Promise<Analysis> {
  endWarmUp();
  return await publiclyAsync(() => runAnalysis(input, options));
}

/**
 * What {@link analyze} would match the input's header to, from its first bytes. A header that has too
 * little of what the model needs is not refused: {@link Recognition.importanceShare} tells. What is
 * missing can be connected by hand with {@link AnalyzeOptions.columns}.
 */
export async function recognise(
  input: AnalyzeInput,
  options: RecogniseOptions,
): Promise<Recognised> {
  return await publiclyAsync(() => recogniseHeader(input, options));
}

/**
 * Fits an isolation forest on a sample of the input's own rows, for any table of numbers that no model knows.
 * The result is a model without classes: it says how strange a row is among the others.
 *
 * ```js
 * const { pack, seed } = await fitDetector(file);
 * const analysis = await analyze(file, { model: pack });
 * ```
 *
 * Rejects as {@link analyze} does, and with kind `bad-fit` where the input has no columns of numbers that
 * differ or too few rows.
 */
export async function fitDetector(
  input: AnalyzeInput,
  options: FitOptions = {},
): Promise<FittedModel> {
  endWarmUp();
  return await publiclyAsync(() => runFit(input, options));
}

/**
 * Loads everything that an analysis with any of the page's models needs, and the samples, so that no
 * network is needed any more; then has a worker analyse a sample for a tenth of a second or two, so
 * that the first analysis starts at full speed.
 */
export async function preload(assetsUrl?: URL | string): Promise<void> {
  const base = baseOf(assetsUrl);
  await publiclyAsync(async () => {
    const samples = loadSampleIndex(base).then((entries) =>
      Promise.all(entries.map(({ file }) => loadAsset(`samples/${file}`, base))),
    );
    const explaining = [EXPLAIN_CORE, EXPLAIN_WORKER].map((name) => loadAsset(name, base));
    await Promise.all([prepareShipped(base), loadWorkerUrl(base), samples, ...explaining]);
    await warmUp(base);
  });
}

/** What a model file says of itself; of the default model for `'auto'`. */
export async function modelInfo(
  model: ModelSource,
  options: { assetsUrl?: URL | string | undefined } = {},
): Promise<ModelInfo> {
  const base = baseOf(options.assetsUrl);
  return await publiclyAsync(async () => {
    const [pack] = await Promise.all([loadPack(model, base), loadCore(base)]);
    const loaded = new Model(pack);
    try {
      return describeModel(loaded);
    } finally {
      loaded.free();
    }
  });
}

/** The models that come with the page, the default first. */
export async function listModels(assetsUrl?: URL | string): Promise<ModelEntry[]> {
  return await loadModelIndex(baseOf(assetsUrl));
}

/** The bytes of a model that comes with the page, for {@link AnalyzeOptions.model}. */
export async function loadModel(name: string, assetsUrl?: URL | string): Promise<ArrayBuffer> {
  const base = baseOf(assetsUrl);
  const model = (await loadModelIndex(base)).find((entry) => entry.name === name);
  if (!model) throw new FlowsieveError('asset-missing', `There is no model named ${name}.`);
  // A copy: the loaded bytes serve the next caller too.
  return (await loadAsset(`models/${model.file}`, base)).slice().buffer;
}

/** The sample inputs that come with the page. */
export async function listSamples(assetsUrl?: URL | string): Promise<SampleEntry[]> {
  return await loadSampleIndex(baseOf(assetsUrl));
}

/** A sample input, as if it had been dropped. */
export async function loadSample(name: string, assetsUrl?: URL | string): Promise<File> {
  const base = baseOf(assetsUrl);
  const sample = (await loadSampleIndex(base)).find((entry) => entry.name === name);
  if (!sample) throw new FlowsieveError('asset-missing', `There is no sample named ${name}.`);
  const bytes = await loadAsset(`samples/${sample.file}`, base);
  return new File([bytes], sample.file, { type: 'text/csv' });
}

async function publiclyAsync<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toPublic(error);
  }
}
