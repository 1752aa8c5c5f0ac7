/**
 * Entry of the worker that fits a detector, one classic script as `worker.ts` is. It serves one fit: it
 * gets everything in its first message, tells how far it is, and says last what came of it.
 */

import { initSync as initCore } from '../generated/flowsieve_core.js';
import { FitTask, initSync } from '../generated/flowsieve_fit.js';
import { toWire, type WireError } from './engine/errors.js';
import { type Content, openContent } from './engine/parts.js';

/** What the worker is asked. */
export interface FitRequest {
  /** The fitting module; small enough to be compiled here. */
  fitCore: Uint8Array<ArrayBuffer>;
  /** The page's module, which unpacks. */
  core: Uint8Array<ArrayBuffer>;
  /** The files of one table, and where the rows of each but the first begin. */
  files: readonly { content: Content; dataStart: number }[];
  /** The first bytes of the first of them. */
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
  initSync({ module: request.fitCore });
  const { files, seed, labelColumn, dialect } = request;
  if (files.some(({ content }) => content.packed)) initCore({ module: request.core });
  const [first, ...others] = files;
  if (!first) throw new Error('There is no file to fit on.');
  const task = new FitTask(request.head, first.content.size, {
    ...(seed === undefined ? {} : { seed }),
    ...(labelColumn === undefined ? {} : { labelColumn }),
    ...(dialect === undefined ? {} : { dialect }),
  });
  await readFile(task, first.content, 0);
  let base = first.content.size;
  for (const { content, dataStart } of others) {
    task.beginFile(dataStart, content.size, base);
    await readFile(task, content, base);
    base += content.size;
  }
  const pack = task.finish() as Uint8Array<ArrayBuffer>;
  return { type: 'done' as const, pack, seed: task.seed(), rows: task.rows() };
}

/** Hands the task all bytes of a file; `base` of them were in files before. */
async function readFile(task: FitTask, content: Content, base: number): Promise<void> {
  const tell = (bytes: number) =>
    scope.postMessage({ type: 'progress', bytes: base + bytes, rows: task.rows() }, []);
  let reported = performance.now();
  const sink = {
    position: () => task.position(),
    push(chunk: Uint8Array) {
      const enough = task.push(chunk);
      const now = performance.now();
      if (now - reported >= PROGRESS_INTERVAL_MS) {
        reported = now;
        tell(Math.min(task.position(), content.size));
      }
      return enough;
    },
  };
  const feed = openContent(content);
  await feed.fill(sink, content.size);
  feed.close();
  tell(content.size);
}
