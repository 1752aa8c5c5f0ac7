/**
 * The pool of workers, each with its own instance of one compiled module. A worker that failed, or
 * whose memory has grown too far (wasm memory never shrinks), is ended and another takes its place.
 */

import { FlowsieveError } from '../api.js';
import { fromWire, isUnreadable } from './errors.js';
import type { Method, Params, Response, Result, TableParams } from './protocol.js';

export const MAX_WORKERS = 8;

/** As many as the machine has logical processors. */
export function defaultWorkers(): number {
  return Math.min(MAX_WORKERS, Math.max(1, navigator.hardwareConcurrency));
}

/** What a worker's wasm memory may grow to before another takes its place. */
export const WORKER_MEMORY_LIMIT = 64 * 1024 * 1024;

/** Slices a worker has at a time: the one it works on, and one so that it never waits for the page. */
const SLICES_PER_WORKER = 2;

/** The request was not answered because the page ended its worker; the worker did not fail by it. */
export class WorkerEnded extends Error {}

/** The worker itself failed: a trap, no memory, a script error. */
export class WorkerFailed extends Error {}

interface Pending {
  resolve(result: Result<Method>): void;
  reject(error: unknown): void;
}

/** One worker, asked by method. */
class PoolWorker {
  readonly #worker: Worker;
  /** Unanswered requests by id, oldest first. */
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(url: URL | string) {
    this.#worker = new Worker(url);
    this.#worker.onmessage = (event: MessageEvent<Response>) => this.#answer(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(event.message || 'its script could not be run');
    };
  }

  call<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    const id = ++this.#lastId;
    const response = new Promise<Result<Method>>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#worker.postMessage({ id, method, params });
      } catch (error) {
        this.#pending.delete(id);
        reject(error);
      }
    });
    // The id ties the response to its request, and so its result to the method.
    return response as Promise<Result<M>>;
  }

  end(): void {
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(new WorkerEnded());
    this.#pending.clear();
  }

  #answer(response: Response): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (response.ok) pending?.resolve(response.result);
    else pending?.reject(fromWire(response.error));
  }

  /** A worker that broke down without an answer was at its oldest request. */
  #die(message: string): void {
    const [oldest] = this.#pending;
    if (!oldest) return;
    this.#pending.delete(oldest[0]);
    oldest[1].reject(new WorkerFailed(message));
  }
}

/** A place in the pool; a worker that is replaced leaves it to the next. */
interface Lane {
  readonly index: number;
  worker: PoolWorker;
  ready: boolean;
  load: number;
}

/** What every worker of a pool is started with. */
export interface PoolSetup {
  workers: number;
  workerUrl: URL | string;
  core: WebAssembly.Module;
  /** Posted instead where the browser refuses to post the compiled module. */
  coreBytes: Uint8Array<ArrayBuffer>;
  /** What is analysed; null for workers that only unpack. */
  table: TableParams | null;
}

/** What can be asked of any worker of the pool. */
type SliceMethod = Exclude<Method, 'start'>;

/** Called by the pool, never while one of its methods runs. */
export interface PoolListener {
  /** A worker has room for another slice. */
  room(): void;
  /** No worker can be started, so waiting is of no use. */
  broken(error: unknown): void;
}

export class Pool {
  readonly #setup: PoolSetup;
  readonly #listener: PoolListener;
  /** Empty once the pool has ended. */
  #lanes: Lane[] = [];
  /** The most wasm memory that any worker reported, in bytes. */
  maxWorkerMemory = 0;
  replacedWorkers = 0;

  constructor(setup: PoolSetup, listener: PoolListener) {
    this.#setup = setup;
    this.#listener = listener;
    this.#lanes = Array.from({ length: setup.workers }, (_, index) => this.#open(index));
  }

  /** The place of the worker that has the most room for a slice; undefined if none has any. */
  get room(): number | undefined {
    let freest: Lane | undefined;
    for (const lane of this.#lanes) {
      if (!lane.ready || lane.load >= SLICES_PER_WORKER) continue;
      if (!freest || lane.load < freest.load) freest = lane;
    }
    return freest?.index;
  }

  /**
   * Has the worker at `place` do the work of one slice. Rejects with `WorkerEnded` when its worker was ended for another
   * reason than this slice, with `WorkerFailed` when the worker failed (and is replaced already), and
   * with the error itself when the worker reported one of its input.
   */
  async run<M extends SliceMethod>(
    place: number,
    method: M,
    params: Params<M>,
  ): Promise<Result<M>> {
    const lane = this.#lanes[place];
    if (!lane) throw new Error(`the pool has no worker ${place}`);
    lane.load += 1;
    try {
      const result = await lane.worker.call(method, params);
      lane.load -= 1;
      this.#noteMemory(result.memoryBytes);
      if (result.memoryBytes > WORKER_MEMORY_LIMIT) this.#replace(lane);
      return result;
    } catch (error) {
      lane.load -= 1;
      if (!isOfWorker(error)) throw error;
      this.#replace(lane);
      throw error instanceof WorkerFailed ? error : new WorkerFailed(messageOf(error));
    }
  }

  /** Ends all workers at once. What they were at rejects with `WorkerEnded`. */
  end(): void {
    const lanes = this.#lanes;
    this.#lanes = [];
    for (const { worker } of lanes) worker.end();
  }

  #open(index: number): Lane {
    const worker = new PoolWorker(this.#setup.workerUrl);
    const lane: Lane = { index, worker, ready: false, load: 0 };
    this.#start(lane.worker).then(
      ({ memoryBytes }) => {
        lane.ready = true;
        this.#noteMemory(memoryBytes);
        this.#listener.room();
      },
      (error: unknown) => {
        if (error instanceof WorkerEnded) return;
        this.#listener.broken(
          error instanceof FlowsieveError
            ? error
            : new FlowsieveError(
                'worker-start',
                `No worker could be started: ${messageOf(error)}. The page's content security policy has to allow its worker.`,
                undefined,
                { cause: error },
              ),
        );
      },
    );
    return lane;
  }

  async #start(worker: PoolWorker): Promise<Result<'start'>> {
    const { core, coreBytes, table } = this.#setup;
    try {
      return await worker.call('start', { table, core });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'DataCloneError')) throw error;
      return await worker.call('start', { table, core: coreBytes });
    }
  }

  #replace(lane: Lane): void {
    // A pool that ended, or a worker that was replaced already.
    if (this.#lanes[lane.index] !== lane) return;
    lane.worker.end();
    this.replacedWorkers += 1;
    this.#lanes[lane.index] = this.#open(lane.index);
  }

  #noteMemory(bytes: number): void {
    this.maxWorkerMemory = Math.max(this.maxWorkerMemory, bytes);
  }
}

/** Whether an error is the worker's own failing rather than about its input. */
function isOfWorker(error: unknown): boolean {
  if (error instanceof WorkerEnded || error instanceof FlowsieveError) return false;
  return !isUnreadable(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
