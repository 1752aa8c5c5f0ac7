/**
 * An export: the slices of the analysis once more, this time for their rows as CSV, in the order of the
 * file. Where each slice begins is known from the analysis, so nothing is guessed and nothing runs twice.
 *
 * Slices are started ahead of the stream's reader, but only so many that the workers have something to do:
 * a slow disk or network never fills the memory. Slices without a row to write are not read at all.
 */

import { type ExportOptions, FlowsieveError, type ResultColumns } from '../api.js';
import { aborted, type SlicePlace } from './coordinator.js';
import { isUnreadable, toPublic } from './errors.js';
import { Pool, type PoolSetup, WorkerEnded, WorkerFailed } from './pool.js';
import type { CoreExportOptions } from './protocol.js';
import { REJECTED } from './results.js';

/** Slices that are done or under way beyond one for each worker. */
const SLICES_AHEAD = 2;

/** Runs of a slice that may end in a failed worker. */
const MAX_RUNS = 2;

/** What is exported. */
export interface ExportJob {
  pool: PoolSetup;
  places: readonly SlicePlace[];
  totalBytes: number;
  columns: ResultColumns;
  /** Names of the model's classes. */
  classes: readonly string[];
  /** The header line. */
  header(options: CoreExportOptions): Uint8Array;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** A stream of the CSV. Nothing is read before its first chunk is asked for. */
export function exportStream(job: ExportJob, options: ExportOptions): ReadableStream<Bytes> {
  const run = new ExportRun(job, coreOptions(job, options), options);
  return new ReadableStream<Bytes>(
    {
      start: (controller) => run.open(controller),
      pull: (controller) => run.pull(controller),
      cancel: () => run.end(),
    },
    // No chunk before it is asked for: what is ahead is bounded by this module.
    { highWaterMark: 0 },
  );
}

function coreOptions({ classes }: ExportJob, options: ExportOptions): CoreExportOptions {
  const indexOf = (name: string) => {
    const index = classes.indexOf(name);
    if (index >= 0) return index;
    throw new FlowsieveError('no-such-class', `The model has no class named ${name}.`);
  };
  const contamination = options.contamination ?? 0.05;
  if (!(contamination >= 0 && contamination <= 1)) {
    const message = `contamination has to be 0 to 1, not ${contamination}.`;
    throw new FlowsieveError('bad-option', message);
  }
  return {
    contamination,
    classes: options.classes ? Uint8Array.from(options.classes, indexOf) : null,
    label: options.label === undefined ? null : indexOf(options.label),
    rejected: options.rejected ?? true,
    raw: options.raw ?? false,
    resultsOnly: options.resultsOnly ?? false,
  };
}

class ExportRun {
  readonly #job: ExportJob;
  readonly #core: CoreExportOptions;
  readonly #options: ExportOptions;
  /** Slices with rows to write. */
  readonly #places: readonly SlicePlace[];
  /** Results of slices that are started, in order; the first is the next to hand out. */
  readonly #ahead: Promise<Bytes>[] = [];
  /** Slices that wait for a worker. */
  readonly #queue: (() => void)[] = [];
  #pool: Pool | undefined;
  #started = 0;
  #handedOut = 0;
  #written = 0;
  #headerDone = false;
  #fail: (error: unknown) => void = () => {};
  #failure: { error: unknown } | undefined;
  #abort = () => this.#broken(aborted());

  constructor(job: ExportJob, core: CoreExportOptions, options: ExportOptions) {
    this.#job = job;
    this.#core = core;
    this.#options = options;
    this.#places = job.places.filter((place) => this.#hasRows(place));
  }

  open(controller: ReadableStreamDefaultController<Bytes>): void {
    this.#fail = (error) => controller.error(error);
    const { signal } = this.#options;
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted) this.#abort();
  }

  async pull(controller: ReadableStreamDefaultController<Bytes>): Promise<void> {
    if (!this.#headerDone) {
      this.#headerDone = true;
      // A copy: what the core gives may be a view of its memory.
      this.#hand(controller, Uint8Array.from(this.#job.header(this.#core)), 0);
      return;
    }
    try {
      // A slice may have nothing to write after all; a pull has to give something.
      for (;;) {
        this.#goAhead();
        const next = this.#ahead.shift();
        if (!next) {
          this.#report(this.#job.totalBytes);
          this.end();
          controller.close();
          return;
        }
        const csv = await next;
        if (this.#failure) return;
        const { end } = this.#places[this.#handedOut++] ?? { end: 0 };
        if (csv.length === 0) continue;
        this.#hand(controller, csv, end);
        return;
      }
    } catch (error) {
      this.#broken(error);
    }
  }

  /** Ends all workers. */
  end(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#pool?.end();
    this.#pool = undefined;
    this.#dispatch();
    this.#ahead.length = 0;
  }

  #hand(controller: ReadableStreamDefaultController<Bytes>, csv: Bytes, bytes: number): void {
    this.#written += csv.length;
    controller.enqueue(csv);
    this.#report(bytes);
  }

  #report(bytes: number): void {
    const { totalBytes } = this.#job;
    this.#options.onProgress?.({ bytes, totalBytes, written: this.#written });
  }

  #broken(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.end();
    this.#fail(readable(error));
  }

  #goAhead(): void {
    const { pool } = this.#job;
    const workers = Math.max(1, Math.min(pool.workers, this.#places.length));
    while (this.#ahead.length < workers + SLICES_AHEAD && this.#started < this.#places.length) {
      this.#pool ??= new Pool(
        { ...pool, workers },
        { room: () => this.#dispatch(), broken: (error) => this.#broken(error) },
      );
      const place = this.#places[this.#started++];
      if (!place) return;
      const csv = this.#csv(place);
      // Looked at when its turn comes; until then it is not an unhandled one.
      csv.catch(() => {});
      this.#ahead.push(csv);
    }
  }

  /** The rows of one slice, by the first worker that has room. */
  async #csv({ begin, end, first }: SlicePlace): Promise<Bytes> {
    for (let failed = 0; ; ) {
      const [pool, worker] = await this.#worker();
      try {
        const { csv } = await pool.run(worker, 'export', {
          begin,
          end,
          first,
          options: this.#core,
        });
        this.#dispatch();
        return csv;
      } catch (error) {
        if (this.#pool === undefined) throw error;
        if (error instanceof WorkerFailed) failed += 1;
        else if (!(error instanceof WorkerEnded)) throw error;
        if (failed >= MAX_RUNS) {
          const message = `The worker failed ${MAX_RUNS} times at bytes ${begin} to ${end}: ${(error as Error).message}.`;
          throw new FlowsieveError('worker-failed', message, undefined, { cause: error });
        }
      }
    }
  }

  /** Waits for a worker that has room. */
  async #worker(): Promise<[Pool, number]> {
    for (;;) {
      const pool = this.#pool;
      if (!pool) throw new WorkerEnded();
      if (pool.room !== undefined) return [pool, pool.room];
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
  }

  /** Lets those that wait look for room again. */
  #dispatch(): void {
    for (const wake of this.#queue.splice(0)) wake();
  }

  #hasRows({ firstRow, rows }: SlicePlace): boolean {
    const { classes, label, rejected } = this.#core;
    if (classes === null && label === null && rejected) return rows > 0;
    const { columns } = this.#job;
    for (let row = firstRow; row < firstRow + rows; row += 1) {
      const found = columns.class[row] ?? REJECTED;
      if (label !== null && columns.label[row] !== label) continue;
      if (found === REJECTED ? rejected : classes === null || classes.includes(found)) return true;
    }
    return false;
  }
}

/** What the stream's reader gets. */
function readable(error: unknown): unknown {
  if (!isUnreadable(error)) return toPublic(error);
  const message =
    'The file has changed or is gone, so its rows cannot be written any more. Drop it again.';
  return new FlowsieveError('file-unreadable', message, undefined, { cause: error });
}
