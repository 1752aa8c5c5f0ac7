/**
 * A detector fitted on an input itself, by a worker of its own with a module of its own: both are loaded
 * when the first fit is asked for. One worker reads the input once; only a sample of its rows is kept.
 */

import { type AnalyzeInput, type FitOptions, type FittedModel, FlowsieveError } from '../api.js';
import type { FitAnswer, FitRequest } from '../fit-worker.js';
import { toBlob } from './analysis.js';
import { baseOf, loadAsset } from './assets.js';
import { aborted } from './coordinator.js';
import { loadCore, loadWorkerUrl } from './core.js';
import { fromWire, isUnreadable } from './errors.js';
import { listFiles, requireSome } from './files.js';
import { openFiles } from './first-pass.js';
import { joinFiles } from './join.js';
import { defaultWorkers } from './pool.js';
import { planOptions, readingOptions } from './reading.js';

const WORKER = 'fit-worker.js';

/** Fits; however it ends, no worker is left. */
export async function runFit(input: AnalyzeInput, options: FitOptions): Promise<FittedModel> {
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
  const [fitCore, fitWorkerUrl, core, workerUrl] = await Promise.all([
    loadAsset('flowsieve-fit.wasm', base),
    options.workerUrl ?? loadWorkerUrl(base, WORKER),
    loadCore(base),
    options.unpackWorkerUrl ?? loadWorkerUrl(base),
  ]);
  const listing = await listFiles((Array.isArray(input) ? input : [input]).map(toBlob));
  requireSome(listing);
  const opened = await openFiles({
    files: listing.files,
    pool: { workerUrl, core: core.module, coreBytes: core.bytes, workers: defaultWorkers() },
    signal,
    onUnpacking: options.onUnpacking,
  });
  // Of several tables the one with the largest file: others are mostly notes about it.
  const bySize = opened.toSorted((a, b) => b.content.size - a.content.size);
  const anyTable = () => Promise.resolve();
  const largest = await joinFiles(bySize, dialect, signal, anyTable);
  const members = new Set(largest.files.map(({ file }) => file));
  const inOrder = opened.filter((file) => members.has(file));
  const { files } = await joinFiles(inOrder, dialect, signal, anyTable);
  const totalBytes = files.reduce((bytes, { file }) => bytes + file.content.size, 0);
  if (signal?.aborted) throw aborted();
  const worker = new Worker(fitWorkerUrl);
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
            options.onProgress?.({ bytes, totalBytes, rows, elapsedMs, megabytesPerSecond });
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
        fitCore,
        core: core.bytes,
        files: files.map(({ file, above }) => ({
          content: file.content,
          dataStart: above[0] ?? 0,
        })),
        head: files[0]?.head ?? new Uint8Array(),
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
