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

// One Blob URL of each script for all workers to come. It is never revoked: a worker may be replaced at any time.
const workerUrls = new Map<string, Promise<string>>();

/** An address from which workers can be started, by default a Blob URL of `worker.js`. */
export function loadWorkerUrl(base: URL, script = 'worker.js'): Promise<string> {
  const { href } = new URL(script, base);
  let url = workerUrls.get(href);
  if (!url) {
    url = makeWorkerUrl(script, base);
    url.catch(() => workerUrls.delete(href));
    workerUrls.set(href, url);
  }
  return url;
}

async function makeWorkerUrl(script: string, base: URL): Promise<string> {
  const bytes = await loadAsset(script, base);
  return URL.createObjectURL(new Blob([bytes], { type: 'text/javascript' }));
}
