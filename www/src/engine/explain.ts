/**
 * Why rows got their classes, by a worker of its own with a module of its own: both are loaded when the
 * first row is asked about, and stay until the analysis is disposed of.
 */

import { type Explanation, FlowsieveError, type ModelInfo } from '../api.js';
import type { ExplainAnswer, ExplainRequest, Question } from '../explain-worker.js';
import { loadAsset } from './assets.js';
import { loadWorkerUrl } from './core.js';
import { fromWire } from './errors.js';

/** What has to be loaded. */
export const EXPLAIN_WORKER = 'explain-worker.js';
export const EXPLAIN_CORE = 'flowsieve-explain.wasm';

/** Where things are, and the model file. */
export interface ExplainSetup {
  base: URL;
  workerUrl: URL | string | undefined;
  pack: Uint8Array;
}

interface Waiting {
  resolve(explanation: Explanation): void;
  reject(error: unknown): void;
}

/** Asks the worker, which it starts when it is first asked. */
export class ExplainClient {
  readonly #setup: ExplainSetup;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Promise<Worker> | undefined;
  #open: ExplainRequest['open'] = null;
  #lastId = 0;
  #ended = false;

  constructor(setup: ExplainSetup) {
    this.#setup = setup;
  }

  async explain(question: Question): Promise<Explanation> {
    this.#worker ??= this.#start();
    let worker: Worker;
    try {
      worker = await this.#worker;
    } catch (error) {
      this.#worker = undefined;
      throw error;
    }
    return await new Promise((resolve, reject) => {
      this.#lastId += 1;
      const id = this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      const request: ExplainRequest = { id, open: this.#open, question };
      this.#open = null;
      worker.postMessage(request);
    });
  }

  end(): void {
    this.#ended = true;
    this.#stop(new FlowsieveError('disposed', 'This analysis was disposed of.'));
  }

  async #start(): Promise<Worker> {
    const { base, workerUrl, pack } = this.#setup;
    const [core, url] = await Promise.all([
      loadAsset(EXPLAIN_CORE, base),
      workerUrl ?? loadWorkerUrl(base, EXPLAIN_WORKER),
    ]);
    if (this.#ended) throw new FlowsieveError('disposed', 'This analysis was disposed of.');
    const worker = new Worker(url);
    this.#open = { core, pack };
    worker.onerror = (event) => {
      event.preventDefault();
      const why = event.message || 'its script could not be run';
      this.#stop(
        new FlowsieveError(
          'worker-start',
          `The worker that explains could not be started: ${why}. The page's content security policy has to allow it.`,
        ),
      );
    };
    worker.onmessage = ({ data }: MessageEvent<ExplainAnswer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('explanation' in data) {
        waiting?.resolve(data.explanation);
        return;
      }
      const error = fromWire(data.error);
      waiting?.reject(error);
      // What failed inside is not used again.
      if (!(error instanceof FlowsieveError)) this.#stop(error);
    };
    return worker;
  }

  /** Ends the worker; the next question starts another. */
  #stop(error: Error): void {
    void this.#worker?.then(
      (worker) => worker.terminate(),
      () => {},
    );
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** The index of a class by its name. */
export function classNamed(model: ModelInfo, name: string): number {
  const index = model.classes.findIndex((entry) => entry.name === name);
  if (index >= 0) return index;
  throw new FlowsieveError('no-such-class', `The model has no class named ${name}.`);
}
