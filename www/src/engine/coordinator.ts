/**
 * Runs an input's slices over the pool and puts their results together in file order.
 *
 * Workers guess where their slice's first record starts. The merger (the core's rules, on this
 * thread) accepts slice k once slice k−1 ended as k assumed and asks to run it again otherwise, so
 * results arrive in any order, wait here, and are appended when they are accepted.
 */

import type { MergeEvent } from '../../generated/flowsieve_core.js';
import { FlowsieveError, type Progress, type SliceFailure, type Summary } from '../api.js';
import { isUnreadable } from './errors.js';
import { Pool, type PoolSetup, WorkerEnded, WorkerFailed } from './pool.js';
import type { SliceArrays } from './protocol.js';
import { GrowingResults } from './results.js';

/** The part of the core's merger that is used here. */
export interface SliceMerger {
  offer(meta: Uint8Array): MergeEvent[];
  summary(): Summary;
  /** Throws where a log goes on with other fields. */
  requireOneHeader(): void;
}

/** One input to analyse. */
export interface Job {
  merger: SliceMerger;
  /** Slice k is the bytes [bounds[k], bounds[k + 1]). */
  bounds: Float64Array;
  /** Where a slice begins with the first row of another file. */
  fileBegins: ReadonlySet<number>;
  totalBytes: number;
  pool: PoolSetup;
  startedAt: number;
  signal: AbortSignal | undefined;
  onProgress: ((progress: Progress) => void) | undefined;
  testHooks: { trapSlice: number; times: number } | undefined;
}

/** Where a slice is in the file, and its rows among all. */
export interface SlicePlace {
  begin: number;
  end: number;
  /** Offset of its first record. */
  first: number;
  firstRow: number;
  rows: number;
}

/** What came of it. */
export interface Outcome {
  results: GrowingResults;
  summary: Summary;
  failures: SliceFailure[];
  /** In the order of the file. */
  places: SlicePlace[];
  slices: number;
  reruns: number;
  retries: number;
  replacedWorkers: number;
  maxWorkerMemory: number;
}

interface Task {
  slice: number;
  first: number | undefined;
  /** The slice behind the last of the run that it belongs to. */
  runEnd: number;
}

/** Neighbouring slices that one worker takes, one after the other, because its stream can go on. */
interface Run {
  next: number;
  end: number;
}

const SLICES_PER_RUN = 4;

const PROGRESS_INTERVAL_MS = 100;

/** Runs of a slice that may fail: two as it is, one that only rejects its rows. */
const MAX_RUNS = 3;

/** Resolves when all slices are accepted; however it ends, no worker is left. */
export async function runSlices(job: Job): Promise<Outcome> {
  const coordinator = new Coordinator(job);
  return await coordinator.outcome;
}

class Coordinator {
  readonly outcome: Promise<Outcome>;
  readonly #job: Job;
  readonly #pool: Pool;
  readonly #slices: number;
  readonly #results = new GrowingResults();
  /** Results of slices that are not accepted yet. */
  readonly #waiting = new Map<number, SliceArrays>();
  /** Slices to run again come first: everything behind them waits. */
  readonly #again: Task[] = [];
  /** What the worker said, for each time that a slice made it fail. */
  readonly #failed = new Map<number, string[]>();
  readonly #failures: SliceFailure[] = [];
  readonly #places: SlicePlace[] = [];
  /** What each worker has begun. */
  readonly #runs = new Map<number, Run>();
  /** The first slice that is in no run yet. */
  #nextSlice = 0;
  #accepted = 0;
  #reruns = 0;
  #retries = 0;
  #lastProgress = Number.NEGATIVE_INFINITY;
  #settled = false;
  #resolve!: (outcome: Outcome) => void;
  #reject!: (error: unknown) => void;

  constructor(job: Job) {
    this.#job = job;
    this.#slices = job.bounds.length - 1;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#pool = new Pool(job.pool, {
      room: () => this.#dispatch(),
      broken: (error) => this.#fail(error),
    });
    job.signal?.addEventListener('abort', this.#abort);
    if (job.signal?.aborted) this.#abort();
  }

  #abort = () => this.#fail(aborted());

  #dispatch(): void {
    while (!this.#settled) {
      const worker = this.#pool.room;
      if (worker === undefined) return;
      const task = this.#again.shift() ?? this.#nextTask(worker);
      if (!task) return;
      void this.#run(worker, task);
    }
  }

  #nextTask(worker: number): Task | undefined {
    let run = this.#runs.get(worker);
    if (!run || run.next === run.end) {
      const left = this.#slices - this.#nextSlice;
      if (left === 0) return this.#takeOver();
      // Short runs at the end, so that the workers end together.
      const length = Math.floor(left / (2 * this.#job.pool.workers));
      const end = this.#nextSlice + Math.max(1, Math.min(SLICES_PER_RUN, length));
      run = { next: this.#nextSlice, end };
      this.#runs.set(worker, run);
      this.#nextSlice = end;
    }
    return { slice: run.next++, first: undefined, runEnd: run.end };
  }

  /** The last slice of the longest run that another worker has not come to. */
  #takeOver(): Task | undefined {
    let longest: Run | undefined;
    for (const run of this.#runs.values()) {
      if (!longest || run.end - run.next > longest.end - longest.next) longest = run;
    }
    if (!longest || longest.next === longest.end) return undefined;
    const runEnd = longest.end;
    longest.end -= 1;
    return { slice: longest.end, first: undefined, runEnd };
  }

  async #run(worker: number, task: Task): Promise<void> {
    const { bounds, fileBegins, testHooks } = this.#job;
    const { slice, runEnd } = task;
    const begin = bounds[slice] ?? 0;
    const first = task.first ?? (fileBegins.has(begin) ? begin : undefined);
    const failures = this.#failed.get(slice)?.length ?? 0;
    try {
      const { output } = await this.#pool.run(worker, 'slice', {
        slice,
        begin,
        end: bounds[slice + 1] ?? 0,
        runEnd: bounds[runEnd] ?? 0,
        first,
        rejectAll: failures >= MAX_RUNS - 1,
        trap: slice === testHooks?.trapSlice && failures < testHooks.times,
      });
      if (!this.#settled) this.#received(slice, output);
    } catch (error) {
      if (!this.#settled) this.#retry(task, error);
    }
    this.#dispatch();
  }

  #received(slice: number, output: SliceArrays): void {
    this.#waiting.set(slice, output);
    for (const event of this.#job.merger.offer(output.meta)) {
      const waiting = this.#waiting.get(event.slice);
      this.#waiting.delete(event.slice);
      if (event.type === 'rerun') {
        this.#reruns += 1;
        this.#again.push({ slice: event.slice, first: event.first, runEnd: event.slice + 1 });
      } else if (waiting) {
        this.#accept(event, waiting);
      } else {
        throw new Error(`slice ${event.slice} was accepted before it arrived`);
      }
    }
    try {
      this.#job.merger.requireOneHeader();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#accepted === this.#slices) this.#finish();
    else this.#progress();
  }

  #accept(event: Extract<MergeEvent, { type: 'accept' }>, output: SliceArrays): void {
    this.#results.append(output, event.firstRecord);
    this.#places.push({
      begin: this.#job.bounds[event.slice] ?? 0,
      end: this.#job.bounds[event.slice + 1] ?? 0,
      first: event.firstRecord,
      firstRow: event.rowBase,
      rows: event.rows,
    });
    this.#accepted += 1;
    const messages = this.#failed.get(event.slice);
    if (messages?.length !== MAX_RUNS - 1) return;
    const { slice, rows, firstLine, lastLine } = event;
    const message = messages.at(-1) ?? '';
    this.#failures.push({ slice, rows, firstLine, lastLine, message });
  }

  #retry(task: Task, error: unknown): void {
    if (error instanceof WorkerEnded) {
      this.#again.push(task);
    } else if (error instanceof WorkerFailed) {
      const messages = [...(this.#failed.get(task.slice) ?? []), error.message];
      this.#failed.set(task.slice, messages);
      if (messages.length < MAX_RUNS) {
        this.#retries += 1;
        this.#again.push(task);
      } else {
        this.#fail(
          new FlowsieveError(
            'worker-failed',
            `The worker failed ${MAX_RUNS} times at bytes ${this.#job.bounds[task.slice]} to ${this.#job.bounds[task.slice + 1]}: ${error.message}.`,
          ),
        );
      }
    } else {
      this.#fail(this.#withKept(error));
    }
  }

  /** A file that can no longer be read: says so, with what was analysed until then. */
  #withKept(error: unknown): unknown {
    const unreadable =
      isUnreadable(error) || (error instanceof FlowsieveError && error.kind === 'file-unreadable');
    if (!unreadable) return error;
    const summary = this.#job.merger.summary();
    const kept = { rows: this.#results.rowCount, bytes: this.#acceptedBytes(), summary };
    return new FlowsieveError(
      'file-unreadable',
      `The file has changed or is gone. Results of its first ${kept.bytes} of ${this.#job.totalBytes} bytes were kept. Drop it again to start over.`,
      kept,
      { cause: error },
    );
  }

  #acceptedBytes(): number {
    return this.#job.bounds[this.#accepted] ?? 0;
  }

  #progress(): void {
    const now = performance.now();
    if (now - this.#lastProgress < PROGRESS_INTERVAL_MS) return;
    this.#lastProgress = now;
    this.#report(this.#job.merger.summary(), now);
  }

  #report(summary: Summary, now: number): void {
    const { onProgress, startedAt, totalBytes } = this.#job;
    const bytes = this.#acceptedBytes();
    const elapsedMs = now - startedAt;
    onProgress?.({
      bytes,
      totalBytes,
      rows: this.#results.rowCount,
      elapsedMs,
      megabytesPerSecond: elapsedMs > 0 ? bytes / 1000 / elapsedMs : 0,
      summary,
    });
  }

  #finish(): void {
    const summary = this.#job.merger.summary();
    this.#report(summary, performance.now());
    // The listener may have cancelled.
    if (this.#settled) return;
    this.#settle();
    this.#resolve({
      results: this.#results,
      summary,
      failures: this.#failures,
      places: this.#places,
      slices: this.#slices,
      reruns: this.#reruns,
      retries: this.#retries,
      replacedWorkers: this.#pool.replacedWorkers,
      maxWorkerMemory: this.#pool.maxWorkerMemory,
    });
  }

  #fail(error: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#job.signal?.removeEventListener('abort', this.#abort);
    this.#pool.end();
  }
}

/** What a cancelled analysis rejects with. */
export function aborted(): DOMException {
  return new DOMException('The analysis was cancelled.', 'AbortError');
}
