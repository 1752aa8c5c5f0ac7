/**
 * The core on the page's own thread: it plans, merges and reads rows back. Analysis itself happens in
 * the workers, each with its own instance of the module that is compiled here.
 */

import { initSync } from '../../generated/flowsieve_core.js';
import { loadAsset } from './assets.js';

export interface CompiledCore {
  module: WebAssembly.Module;
  bytes: Uint8Array<ArrayBuffer>;
}

let compiled: Promise<CompiledCore> | undefined;

/** Compiles the core once and makes it ready on this thread. */
export function loadCore(base: URL): Promise<CompiledCore> {
  if (!compiled) {
    compiled = compile(base);
    compiled.catch(() => {
      compiled = undefined;
    });
  }
  return compiled;
}

async function compile(base: URL): Promise<CompiledCore> {
  const bytes = await loadAsset('flowsieve.wasm', base);
  const module = await WebAssembly.compile(bytes);
  initSync({ module });
  return { module, bytes };
}

// One Blob URL for all workers to come. It is never revoked: a worker may be replaced at any time.
const workerUrls = new Map<string, Promise<string>>();

/** An address from which workers can be started, by default a Blob URL of `worker.js`. */
export function loadWorkerUrl(base: URL): Promise<string> {
  let url = workerUrls.get(base.href);
  if (!url) {
    url = makeWorkerUrl(base);
    url.catch(() => workerUrls.delete(base.href));
    workerUrls.set(base.href, url);
  }
  return url;
}

async function makeWorkerUrl(base: URL): Promise<string> {
  const script = await loadAsset('worker.js', base);
  return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
}
