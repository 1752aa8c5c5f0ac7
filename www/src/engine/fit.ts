/**
 * A detector fitted on an input itself, by a worker of its own with a module of its own: both are loaded
 * when the first fit is asked for. One worker reads the input once; only a sample of its rows is kept.
 */

import { type FitOptions, type FittedModel, FlowsieveError } from '../api.js';
import type { FitAnswer, FitRequest } from '../fit-worker.js';
import { baseOf, loadAsset } from './assets.js';
import { aborted } from './coordinator.js';
import { loadWorkerUrl } from './core.js';
import { fromWire, isUnreadable } from './errors.js';
import { readBytes } from './files.js';
import { HEAD_BYTES } from './join.js';
import { planOptions, readingOptions } from './reading.js';

const WORKER = 'fit-worker.js';

/** Fits; however it ends, no worker is left. */
export async function runFit(input: Blob | ArrayBuffer, options: FitOptions): Promise<FittedModel> {
  const startedAt = performance.now();
  const { seed, labelColumn, signal } = options;
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new FlowsieveError(
      'bad-option',
      `seed has to be an integer from 0 to 2⁵³ − 1, not ${seed}.`,
    );
  }
  const { dialect } = planOptions(readingOptions({ dialect: options.dialect }));
  const base = baseOf(options.assetsUrl);
  const file = input instanceof Blob ? input : new Blob([input]);
  // Asked once: the answer is 0 as soon as the file is gone.
  const { size } = file;
  const [core, workerUrl, head] = await Promise.all([
    loadAsset('flowsieve-fit.wasm', base),
    options.workerUrl ?? loadWorkerUrl(base, WORKER),
    // A file that is gone says that it is empty; reading it whole tells the two apart.
    readBytes(size === 0 ? file : file.slice(0, HEAD_BYTES)),
  ]);
  if (signal?.aborted) throw aborted();
  const worker = new Worker(workerUrl);
  let abort: (() => void) | undefined;
  try {
    return await new Promise<FittedModel>((resolve, reject) => {
      abort = () => reject(aborted());
      signal?.addEventListener('abort', abort);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(
          new FlowsieveError(
            'worker-start',
            `The worker that fits could not be started: ${event.message || 'its script could not be run'}. The page's content security policy has to allow it.`,
          ),
        );
      };
      worker.onmessage = ({ data }: MessageEvent<FitAnswer>) => {
        switch (data.type) {
          case 'progress': {
            const { bytes, rows } = data;
            const elapsedMs = performance.now() - startedAt;
            const megabytesPerSecond = elapsedMs > 0 ? bytes / 1000 / elapsedMs : 0;
            options.onProgress?.({ bytes, totalBytes: size, rows, elapsedMs, megabytesPerSecond });
            break;
          }
          case 'done':
            resolve({ pack: data.pack.buffer, seed: data.seed, rows: data.rows });
            break;
          case 'failed':
            reject(ofWorker(fromWire(data.error)));
        }
      };
      const request: FitRequest = {
        core,
        file,
        size,
        head,
        seed,
        labelColumn: labelColumn ?? undefined,
        dialect,
      };
      worker.postMessage(request);
    });
  } finally {
    if (abort) signal?.removeEventListener('abort', abort);
    worker.terminate();
  }
}

function ofWorker(error: Error): Error {
  if (error instanceof FlowsieveError) return error;
  if (isUnreadable(error)) {
    const message = 'The file has changed or is gone. Choose it again.';
    return new FlowsieveError('file-unreadable', message, undefined, { cause: error });
  }
  const message = `The worker that fits failed: ${error.message}.`;
  return new FlowsieveError('worker-failed', message, undefined, { cause: error });
}
