/** From an input and options to an {@link Analysis}. */

import { detectorSweep, exportHeader, Merger } from '../../generated/flowsieve_core.js';
import {
  type Analysis,
  type AnalysisStats,
  type AnalyzeInput,
  type AnalyzeOptions,
  type DetectorSweep,
  type ExplainOptions,
  type Explanation,
  type ExportOptions,
  FlowsieveError,
  type Input,
  type ModelInfo,
  type Recognition,
  type ResultColumns,
  type Row,
  type SliceFailure,
  type Summary,
} from '../api.js';
import { baseOf } from './assets.js';
import { type Choice, chooseModel, freeChoice } from './choose.js';
import {
  aborted,
  type Outcome,
  runSlices,
  type SliceMerger,
  type SlicePlace,
} from './coordinator.js';
import { loadCore, loadWorkerUrl } from './core.js';
import { publicly } from './errors.js';
import { describeModel } from './evaluations.js';
import { classNamed, ExplainClient, type ExplainSetup } from './explain.js';
import { exportStream } from './export.js';
import { listFiles, requireSome } from './files.js';
import { openFiles } from './first-pass.js';
import { type Candidate, cut, describe, joinFiles, layOut } from './join.js';
import { type Part, PartsReader, partAt } from './parts.js';
import { defaultWorkers, MAX_WORKERS, type PoolSetup } from './pool.js';
import { planOptions, readingOptions } from './reading.js';
import type { ResultTable } from './results.js';
import { type RowSource, readOneRow, readRows } from './rows.js';

const DEFAULT_SLICE_BYTES = 4 * 1024 * 1024;

/** Analyses an input. Frees everything if it fails. */
export async function runAnalysis(input: AnalyzeInput, options: AnalyzeOptions): Promise<Analysis> {
  const startedAt = performance.now();
  const limits = checkLimits(options);
  const reading = readingOptions(options);
  const { signal } = options;
  const base = baseOf(options.assetsUrl);
  const inputs = (Array.isArray(input) ? input : [input]).map(toBlob);

  const [core, workerUrl] = await orAborted(
    signal,
    Promise.all([loadCore(base), options.workerUrl ?? loadWorkerUrl(base)]),
  );
  const start = { workerUrl, core: core.module, coreBytes: core.bytes };
  const listing = await orAborted(signal, listFiles(inputs));
  requireSome(listing);
  const { onUnpacking } = options;
  const opening = { files: listing.files, pool: { ...start, workers: limits.workers } };
  const opened = await openFiles({ ...opening, signal, onUnpacking });
  const choose = ({ head, file }: Candidate) =>
    chooseModel(options.model, { head, size: file.content.size, reading }, base, signal);
  const joining = joinFiles(opened, planOptions(reading).dialect, signal, choose);
  const table = await orAborted(signal, joining, (late) => freeChoice(late.choice));
  const { choice, files } = table;
  try {
    const model = describeModel(choice.model);
    const about = describe(table, listing.leftOut);
    options.onRecognised?.(choice.recognition, model, about);
    const parts = await orAborted(signal, layOut(files, choice.recognition.encoding));
    const bounds = cut(parts, choice.plan.dataStart(), limits.sliceBytes);
    const slices = bounds.length - 1;
    const workers = Math.max(1, Math.min(limits.workers, slices));
    const further = parts.flatMap(({ begin }, index) =>
      index === 0 ? [] : [begin, ...(files[index]?.above ?? [])],
    );
    const merger = new Merger(choice.plan, bounds, Float64Array.from(further));
    const fileOf = (offset: number) => {
      const part = partAt(parts, offset);
      return (part && files[parts.indexOf(part)]?.file.name) ?? null;
    };
    try {
      const pool: PoolSetup = {
        ...start,
        workers,
        table: {
          parts,
          pack: choice.pack,
          head: files[0]?.head ?? new Uint8Array(),
          size: parts[0]?.size ?? 0,
          reading,
        },
      };
      const outcome = await runSlices({
        merger: files.length > 1 ? withFiles(merger, fileOf) : merger,
        bounds,
        fileBegins: new Set(parts.slice(1).map(({ begin }) => begin)),
        totalBytes: parts.at(-1)?.end ?? 0,
        startedAt,
        signal,
        onProgress: options.onProgress,
        testHooks: options.testHooks,
        pool,
      });
      const elapsedMs = performance.now() - startedAt;
      const { explainWorkerUrl } = options;
      const explain = { base, workerUrl: explainWorkerUrl, pack: choice.pack };
      return new FinishedAnalysis(pool, { choice, model, parts, about, explain }, outcome, {
        workers,
        elapsedMs,
      });
    } finally {
      merger.free();
    }
  } catch (error) {
    freeChoice(choice);
    throw error;
  }
}

/** What an analysis is of. */
interface Analysed {
  choice: Choice;
  model: ModelInfo;
  parts: readonly Part[];
  about: Input;
  explain: ExplainSetup;
}

class FinishedAnalysis implements Analysis {
  readonly model: ModelInfo;
  readonly input: Input;
  readonly recognition: Recognition;
  readonly summary: Summary;
  readonly rowCount: number;
  readonly columns: ResultColumns;
  readonly failures: readonly SliceFailure[];
  readonly stats: AnalysisStats;
  readonly #reader: PartsReader;
  readonly #pool: PoolSetup;
  readonly #explainer: ExplainClient;
  readonly #places: readonly SlicePlace[];
  readonly #table: ResultTable;
  #choice: Choice | undefined;

  constructor(
    pool: PoolSetup,
    { choice, model, parts, about, explain }: Analysed,
    outcome: Outcome,
    measured: { workers: number; elapsedMs: number },
  ) {
    const { results, summary, failures, places, ...counts } = outcome;
    this.#reader = new PartsReader(parts);
    this.input = about;
    this.#pool = pool;
    this.#explainer = new ExplainClient(explain);
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
    return await readRows(this.#source(), from, to);
  }

  async explain(index: number, options: ExplainOptions = {}): Promise<Explanation> {
    const source = this.#source();
    const { classes, columns } = this.model;
    const { class: name } = options;
    const asked = name === undefined ? this.columns.class[index] : classNamed(this.model, name);
    if (asked === undefined || !(index in this.columns.class)) {
      throw new FlowsieveError('bad-option', `There is no row ${index}.`);
    }
    const { row, values } = await readOneRow(source, index);
    if (row.rejected) {
      const message = `Row ${index + 1} could not be read, so there is no answer to explain.`;
      throw new FlowsieveError('no-explanation', message);
    }
    const { cells } = row;
    const { matched } = this.recognition;
    const model = { classes, columns };
    return await this.#explainer.explain({ values, cells, class: asked, model, matched });
  }

  #source(): RowSource {
    const { plan } = this.#live();
    return {
      reader: this.#reader,
      plan: { cells: (bytes: Uint8Array, max: number) => publicly(() => plan.cells(bytes, max)) },
      model: this.model,
      recognition: this.recognition,
      table: this.#table,
    };
  }

  export(options: ExportOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { plan } = this.#live();
    return exportStream(
      {
        pool: this.#pool,
        places: this.#places,
        totalBytes: this.summary.bytes,
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
    this.#reader.close();
    this.#explainer.end();
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
    workers: whole('workers', workers ?? defaultWorkers(), MAX_WORKERS),
    sliceBytes: whole('sliceBytes', sliceBytes ?? DEFAULT_SLICE_BYTES, 2 ** 30),
  };
}

/** Rejects say which file they are from. */
function withFiles(merger: Merger, fileOf: (offset: number) => string | null): SliceMerger {
  return {
    offer: (meta) => merger.offer(meta),
    requireOneHeader: () => merger.requireOneHeader(),
    summary() {
      const summary = merger.summary();
      for (const reject of summary.rejects.first) reject.file = fileOf(reject.offset);
      return summary;
    },
  };
}

/** An input's bytes as a Blob. */
export function toBlob(input: Blob | ArrayBuffer): Blob {
  return input instanceof Blob ? input : new Blob([input]);
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
