// Times parsing alone, in one worker of a headless Chromium: Flowsieve's reader, csv-core with fast-float2 in the same wasm
// module, and PapaParse with dynamicTyping. The bytes are in memory before the clock starts, as wasm's own or as a string.
//
//     node tests/page/bench-parse.mjs FLOWS.csv PARSE_BENCH.wasm ROUNDS
//
// Prints [{ flowsieve, csv_core, papaparse }, …], seconds for each round, as JSON. `cargo xtask bench parse` builds the module and
// calls it.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { chromium } from '@playwright/test';
import { LAUNCH_OPTIONS } from './browser.mjs';
import { serveFolder } from './server.mjs';

const [flows, module, rounds] = process.argv.slice(2);
if (!flows || !module || !rounds) {
  throw new Error('usage: node tests/page/bench-parse.mjs FLOWS.csv PARSE_BENCH.wasm ROUNDS');
}

const WORKER = `
importScripts('/papaparse.js');
const bytesOf = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const timed = (work) => {
  const start = performance.now();
  const result = work();
  return { seconds: (performance.now() - start) / 1000, result };
};
self.onmessage = ({ data }) => measure(data).catch(({ message }) => postMessage({ message }));
const measure = async ({ module, flows, rounds }) => {
  // The core's bindings are in the module as well; parsing calls none of what they import.
  const unused = new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0 }) });
  const { instance } = await WebAssembly.instantiate(await bytesOf(module), unused);
  const core = instance.exports;
  const bytes = await bytesOf(flows);
  const place = core.input(bytes.length);
  new Uint8Array(core.memory.buffer).set(bytes, place);
  const text = new TextDecoder().decode(bytes);
  const measured = [];
  // One round more: in the first the browser still compiles.
  for (let round = 0; round <= rounds; round++) {
    const flowsieve = timed(() => core.parse_flowsieve());
    const sum = core.checksum();
    const csvCore = timed(() => core.parse_csv_core());
    if (flowsieve.result === 0 || flowsieve.result !== csvCore.result || sum !== core.checksum()) {
      throw new Error('the readers do not agree');
    }
    const papaparse = timed(() => Papa.parse(text, { dynamicTyping: true, skipEmptyLines: true }));
    const cells = papaparse.result.data.slice(1).reduce((sum, row) => sum + row.length, 0);
    if (cells !== flowsieve.result) throw new Error('PapaParse found ' + cells + ' cells');
    if (round > 0) {
      measured.push({
        flowsieve: flowsieve.seconds,
        csv_core: csvCore.seconds,
        papaparse: papaparse.seconds,
      });
    }
  }
  postMessage(measured);
};
`;

const papaparse = createRequire(import.meta.url).resolve('papaparse/papaparse.js');
const server = await serveFolder(dirname(module), {
  '/bench.html': { type: 'text/html', body: '<!doctype html><title>Benchmark</title>' },
  '/worker.js': { type: 'text/javascript', body: WORKER },
  '/papaparse.js': { type: 'text/javascript', body: await readFile(papaparse, 'utf8') },
  '/flows.csv': { type: 'text/csv', body: await readFile(flows) },
  '/bench.wasm': { type: 'application/wasm', body: await readFile(module) },
});
const browser = await chromium.launch(LAUNCH_OPTIONS);
try {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/bench.html`);
  const measured = await page.evaluate(
    (count) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/worker.js');
        worker.onmessage = ({ data }) =>
          Array.isArray(data) ? resolve(data) : reject(new Error(data.message));
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage({ module: '/bench.wasm', flows: '/flows.csv', rounds: count });
      }),
    Number(rounds),
  );
  console.log(JSON.stringify(measured));
} finally {
  await browser.close();
  await server.close();
}
