/**
 * Entry of the worker that fits a detector, one classic script as `worker.ts` is. It serves one fit: it
 * gets everything in its first message, tells how far it is, and says last what came of it.
 */

import { FitTask, initSync } from '../generated/flowsieve_fit.js';
import { toWire, type WireError } from './engine/errors.js';
import { SliceFeed } from './engine/reader.js';

/** What the worker is asked. */
export interface FitRequest {
  /** The fitting module; small enough to be compiled here. */
  core: Uint8Array<ArrayBuffer>;
  file: Blob;
  /** Its size when it was chosen. */
  size: number;
  /** Its first bytes. */
  head: Uint8Array<ArrayBuffer>;
  /** Drawn where it is not given. */
  seed: number | undefined;
  /** The column with labels, which is no feature. */
  labelColumn: string | undefined;
  /** How the file is written, where that is not to be guessed. */
  dialect: Uint8Array | undefined;
}

/** What it says. */
export type FitAnswer =
  | { type: 'progress'; bytes: number; rows: number }
  | { type: 'done'; pack: Uint8Array<ArrayBuffer>; seed: number; rows: number }
  | { type: 'failed'; error: WireError };

/** What this file uses of a worker's global scope; the DOM's types have only the page's. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<FitRequest>) => void): void;
  postMessage(message: FitAnswer, transfer: Transferable[]): void;
}

const PROGRESS_INTERVAL_MS = 100;

const scope = globalThis as unknown as WorkerScope;

scope.addEventListener('message', ({ data }) => {
  fit(data).then(
    (answer) => scope.postMessage(answer, [answer.pack.buffer]),
    (error: unknown) => scope.postMessage({ type: 'failed', error: toWire(error) }, []),
  );
});

async function fit(request: FitRequest) {
  initSync({ module: request.core });
  const { file, size, head, seed, labelColumn, dialect } = request;
  const task = new FitTask(head, size, {
    ...(seed === undefined ? {} : { seed }),
    ...(labelColumn === undefined ? {} : { labelColumn }),
    ...(dialect === undefined ? {} : { dialect }),
  });
  let reported = performance.now();
  const sink = {
    position: () => task.position(),
    push(chunk: Uint8Array) {
      const enough = task.push(chunk);
      const now = performance.now();
      if (now - reported >= PROGRESS_INTERVAL_MS) {
        reported = now;
        const bytes = Math.min(task.position(), size);
        scope.postMessage({ type: 'progress', bytes, rows: task.rows() }, []);
      }
      return enough;
    },
  };
  await new SliceFeed({ file, size }).fill(sink, size);
  scope.postMessage({ type: 'progress', bytes: size, rows: task.rows() }, []);
  const pack = task.finish() as Uint8Array<ArrayBuffer>;
  return { type: 'done' as const, pack, seed: task.seed(), rows: task.rows() };
}
