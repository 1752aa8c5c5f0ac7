/** From an input and options to an {@link Analysis}. */

import {
  detectorSweep,
  exportHeader,
  Merger,
  sliceBounds,
} from '../../generated/flowsieve_core.js';
import {
  type Analysis,
  type AnalysisStats,
  type AnalyzeOptions,
  type DetectorSweep,
  type ExportOptions,
  FlowsieveError,
  type ModelInfo,
  type Recognition,
  type ResultColumns,
  type Row,
  type SliceFailure,
  type Summary,
} from '../api.js';
import { baseOf } from './assets.js';
import { type Choice, chooseModel, freeChoice } from './choose.js';
import { aborted, type Outcome, runSlices, type SlicePlace } from './coordinator.js';
import { loadCore, loadWorkerUrl } from './core.js';
import { isUnreadable, publicly } from './errors.js';
import { exportStream } from './export.js';
import { MAX_WORKERS, type PoolSetup } from './pool.js';
import type { Source } from './reader.js';
import { readingOptions } from './reading.js';
import type { ResultTable } from './results.js';
import { readRows } from './rows.js';

/** The header, which may take 1 MiB, and some rows to tell what the input is. */
const HEAD_BYTES = 1280 * 1024;

const DEFAULT_SLICE_BYTES = 4 * 1024 * 1024;

/** Analyses an input. Frees everything if it fails. */
export async function runAnalysis(
  input: Blob | ArrayBuffer,
  options: AnalyzeOptions,
): Promise<Analysis> {
  const startedAt = performance.now();
  const limits = checkLimits(options);
  const reading = readingOptions(options);
  const { signal } = options;
  const base = baseOf(options.assetsUrl);
  const file = input instanceof Blob ? input : new Blob([input]);
  // Asked once: the answer is 0 as soon as the file is gone.
  const { size } = file;

  const [core, workerUrl, head] = await orAborted(
    signal,
    Promise.all([loadCore(base), options.workerUrl ?? loadWorkerUrl(base), readHead(file, size)]),
  );
  const choosing = chooseModel(options.model, { head, size, reading }, base, signal);
  const choice = await orAborted(signal, choosing, freeChoice);
  try {
    const model: ModelInfo = choice.model.info();
    options.onRecognised?.(choice.recognition, model);
    const bounds = sliceBounds(choice.plan, limits.sliceBytes);
    const slices = bounds.length - 1;
    const workers = Math.max(1, Math.min(limits.workers, slices));
    const merger = new Merger(choice.plan, bounds);
    try {
      const pool: PoolSetup = {
        workers,
        workerUrl,
        core: core.module,
        coreBytes: core.bytes,
        start: { file, size, pack: choice.pack, head, reading },
      };
      const outcome = await runSlices({
        merger,
        bounds,
        totalBytes: size,
        startedAt,
        signal,
        onProgress: options.onProgress,
        testHooks: options.testHooks,
        pool,
      });
      const elapsedMs = performance.now() - startedAt;
      return new FinishedAnalysis(pool, choice, model, outcome, { workers, elapsedMs });
    } finally {
      merger.free();
    }
  } catch (error) {
    freeChoice(choice);
    throw error;
  }
}

class FinishedAnalysis implements Analysis {
  readonly model: ModelInfo;
  readonly recognition: Recognition;
  readonly summary: Summary;
  readonly rowCount: number;
  readonly columns: ResultColumns;
  readonly failures: readonly SliceFailure[];
  readonly stats: AnalysisStats;
  readonly #input: Source;
  readonly #pool: PoolSetup;
  readonly #places: readonly SlicePlace[];
  readonly #table: ResultTable;
  #choice: Choice | undefined;

  constructor(
    pool: PoolSetup,
    choice: Choice,
    model: ModelInfo,
    outcome: Outcome,
    measured: { workers: number; elapsedMs: number },
  ) {
    const { results, summary, failures, places, ...counts } = outcome;
    this.#input = { file: pool.start.file, size: pool.start.size };
    this.#pool = pool;
    this.#places = places;
    this.#choice = choice;
    this.#table = results.finish();
    this.model = model;
    this.recognition = choice.recognition;
    this.summary = summary;
    this.rowCount = this.#table.rowCount;
    this.columns = this.#table.columns;
    this.failures = failures;
    this.stats = { ...counts, ...measured };
  }

  async rows(from: number, to: number): Promise<Row[]> {
    const { plan } = this.#live();
    const source = {
      ...this.#input,
      plan: { cells: (bytes: Uint8Array, max: number) => publicly(() => plan.cells(bytes, max)) },
      model: this.model,
      recognition: this.recognition,
      table: this.#table,
    };
    return await readRows(source, from, to);
  }

  export(options: ExportOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { plan } = this.#live();
    return exportStream(
      {
        pool: this.#pool,
        places: this.#places,
        totalBytes: this.#input.size,
        columns: this.columns,
        classes: this.model.classes.map(({ name }) => name),
        header: (core) => publicly(() => exportHeader(plan, core)),
      },
      options,
    );
  }

  sweep(contaminations: readonly number[]): DetectorSweep {
    const { model } = this.#live();
    const { rank, label, class: classes } = this.columns;
    const shares = Float64Array.from(contaminations);
    return publicly(() => detectorSweep(rank, label, classes, model, shares));
  }

  async digest(): Promise<string> {
    return await this.#table.digest();
  }

  dispose(): void {
    if (this.#choice) freeChoice(this.#choice);
    this.#choice = undefined;
  }

  #live(): Choice {
    if (this.#choice) return this.#choice;
    throw new FlowsieveError('disposed', 'This analysis was disposed of.');
  }
}

function checkLimits({ workers, sliceBytes }: AnalyzeOptions) {
  const whole = (name: string, value: number, max: number) => {
    if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
    throw new FlowsieveError('bad-option', `${name} has to be 1 to ${max}, not ${value}.`);
  };
  return {
    workers: whole(
      'workers',
      workers ?? Math.min(MAX_WORKERS, Math.max(1, navigator.hardwareConcurrency)),
      MAX_WORKERS,
    ),
    sliceBytes: whole('sliceBytes', sliceBytes ?? DEFAULT_SLICE_BYTES, 2 ** 30),
  };
}

/** The first bytes of an input, by which it is recognised. */
export async function readHead(file: Blob, size: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A file that is gone says that it is empty; reading it whole tells the two apart.
    const head = size === 0 ? file : file.slice(0, HEAD_BYTES);
    return new Uint8Array(await head.arrayBuffer());
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const message =
      'The file cannot be read. It may be a folder, or have changed since it was chosen: choose the file again.';
    throw new FlowsieveError('file-unreadable', message, undefined, { cause: error });
  }
}

/** The promise's value, unless the signal aborts first; a value that comes too late goes to `unused`. */
async function orAborted<T>(
  signal: AbortSignal | undefined,
  promise: Promise<T>,
  unused?: (late: T) => void,
): Promise<T> {
  if (!signal) return await promise;
  let abort: (() => void) | undefined;
  const abortion = new Promise<never>((_, reject) => {
    abort = () => reject(aborted());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([abortion, promise]);
  } catch (error) {
    if (signal.aborted) promise.then(unused, () => {});
    throw signal.aborted ? aborted() : error;
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}
