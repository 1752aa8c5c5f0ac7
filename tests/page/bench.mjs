// Times one analysis of a large file by the built library in a headless Chromium.
//
//     node tests/page/bench.mjs FLOWS.csv WORKERS
//
// Prints { seconds, rows, worker_memory: [bytes, …] } as JSON. `cargo xtask bench` builds, makes the file, and calls it.

import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { LAUNCH_OPTIONS } from './browser.mjs';
import { serveFolder } from './server.mjs';

const DIST = resolve(dirname(fileURLToPath(import.meta.url)), '../../dist');

// Runs before the worker's own script and reports how large its wasm memory has become, from outside the library: a
// memory never shrinks, so its size after a message was handled is the largest until then.
const REPORT_MEMORY = `
const report = new BroadcastChannel('worker-memory');
const worker = Math.random();
const Instance = WebAssembly.Instance;
const instantiate = WebAssembly.instantiate;
let memory;
const remember = (instance) => { memory = instance.exports.memory; return instance; };
WebAssembly.Instance = function (...a) { return remember(new Instance(...a)); };
WebAssembly.instantiate = async (...a) => {
  const made = await instantiate.apply(WebAssembly, a);
  remember(made instanceof Instance ? made : made.instance);
  return made;
};
const post = self.postMessage.bind(self);
self.postMessage = (...a) => {
  post(...a);
  if (memory) report.postMessage({ worker, bytes: memory.buffer.byteLength });
};
`;

const [flows, workers] = process.argv.slice(2);
if (!flows || !workers) throw new Error('usage: node tests/page/bench.mjs FLOWS.csv WORKERS');

const server = await serveFolder(DIST, {
  '/bench.html': {
    type: 'text/html',
    body: '<!doctype html><title>Benchmark</title><input type="file">',
  },
  '/bench-worker.js': {
    type: 'text/javascript',
    body: REPORT_MEMORY + (await readFile(join(DIST, 'worker.js'), 'utf8')),
  },
});
const browser = await chromium.launch(LAUNCH_OPTIONS);
try {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/bench.html`);
  await page.locator('input').setInputFiles(flows);
  const measured = await page.evaluate(async (workerCount) => {
    /** @type {typeof import('../../www/src/flowsieve.js')} */
    const { analyze, preload } = await import(new URL('/flowsieve.js', location.href).href);
    const file = document.querySelector('input')?.files?.[0];
    if (!file) throw new Error('the file did not arrive');
    /** @type {Map<number, number>} */
    const memory = new Map();
    new BroadcastChannel('worker-memory').onmessage = ({ data }) => {
      memory.set(data.worker, Math.max(data.bytes, memory.get(data.worker) ?? 0));
    };
    await preload();
    const start = performance.now();
    const analysis = await analyze(file, {
      model: 'auto',
      workers: workerCount,
      workerUrl: '/bench-worker.js',
    });
    const seconds = (performance.now() - start) / 1000;
    const rows = analysis.rowCount;
    analysis.dispose();
    return { seconds, rows, worker_memory: [...memory.values()] };
  }, Number(workers));
  if (measured.worker_memory.length === 0) throw new Error('no worker reported its memory');
  console.log(JSON.stringify(measured));
} finally {
  await browser.close();
  await server.close();
}
