// Times trees alone in one worker of a headless Chromium, on rows that are in memory: a model's forest and its detector, and
// onnxruntime-web with one thread on the same forest, on one of scikit-learn's of the same size, and on a larger one.
//
//     node tests/page/bench-scoring.mjs SCORING_BENCH.wasm ONNXRUNTIME_WEB_DIST ROUNDS FOLDER NAME FEATURES
//
// FOLDER has NAME.sieve, NAME.test.csv, NAME.small.onnx, NAME.large.onnx and NAME.f32, as `cargo xtask bench scoring` makes them;
// FEATURES is how many those of scikit-learn have. Prints { load_ms, onnx_load_ms: { same, small, large }, disagreements,
// rounds: [{ forest, detector, same, small, large }, …] } as JSON, speeds in rows a second.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { LAUNCH_OPTIONS } from './browser.mjs';
import { serveFolder } from './server.mjs';

const [module, runtime, rounds, folder, name, features] = process.argv.slice(2);
if (!module || !runtime || !rounds || !folder || !name || !features) {
  throw new Error(
    'usage: node tests/page/bench-scoring.mjs SCORING_BENCH.wasm ONNXRUNTIME_WEB_DIST ROUNDS FOLDER NAME FEATURES',
  );
}

const WORKER = `
import * as ort from '/ort.wasm.min.mjs';
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/runtime/';
// Both score the same number of rows; ours so often that the clock is fine enough.
const ROWS = 20_000, TIMES = 10;
const bytesOf = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(path + ': ' + response.status);
  return new Uint8Array(await response.arrayBuffer());
};
self.onmessage = ({ data }) =>
  measure(data).then(postMessage, ({ message }) => postMessage({ message }));

const measure = async ({ name, rounds, width }) => {
  // The core's bindings are in the module as well; scoring calls none of what they import.
  const unused = new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0 }) });
  const { instance } = await WebAssembly.instantiate(await bytesOf('/bench.wasm'), unused);
  const core = instance.exports;
  const put = (bytes) => {
    const place = core.input(bytes.length);
    new Uint8Array(core.memory.buffer).set(bytes, place);
  };
  const check = (result, what) => {
    if (!result) throw new Error(what + ' of ' + name + ' failed');
    return result;
  };
  const model = await bytesOf('/' + name + '.sieve');
  const loads = [];
  for (let time = 0; time < 5; time++) {
    put(model);
    const start = performance.now();
    check(core.load(), 'loading the model');
    loads.push(performance.now() - start);
  }
  put(await bytesOf('/' + name + '.test.csv'));
  const ownWidth = check(core.rows(ROWS), 'reading the rows');
  const ownRows = new Float32Array(core.memory.buffer, core.features(), ROWS * ownWidth).slice();

  const session = async (bytes, rows, width) => {
    const start = performance.now();
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
    const loadMs = performance.now() - start;
    const x = new ort.Tensor('float32', rows, [rows.length / width, width]);
    const run = async (output) => (await session.run({ x }, [output]))[output].data;
    return { loadMs, run, nRows: rows.length / width };
  };
  const size = check(core.write_onnx(), 'writing ONNX');
  const onnx = new Uint8Array(core.memory.buffer, core.output(), size).slice();
  const rowsOfRuntime = new Float32Array((await bytesOf('/' + name + '.f32')).buffer).subarray(0, ROWS * width);
  const sessions = {
    same: await session(onnx, ownRows, ownWidth),
    small: await session(await bytesOf('/' + name + '.small.onnx'), rowsOfRuntime, width),
    large: await session(await bytesOf('/' + name + '.large.onnx'), rowsOfRuntime, width),
  };

  check(core.choose(0), 'compiling the forest');
  check(core.score(), 'scoring');
  const answers = new Uint16Array(core.memory.buffer, core.answers(), ROWS).slice();
  const labels = await sessions.same.run('label');
  let disagreements = 0;
  for (const [row, answer] of answers.entries()) disagreements += Number(labels[row]) !== answer;

  const speedOf = async (nRows, work) => {
    const start = performance.now();
    await work();
    return (nRows / (performance.now() - start)) * 1000;
  };
  const scoreAll = () => {
    for (let time = 0; time < TIMES; time++) core.score();
  };
  const measured = [];
  // One round more: in the first the browser still compiles.
  for (let round = 0; round <= rounds; round++) {
    check(core.choose(0), 'compiling the forest');
    const forest = await speedOf(TIMES * ROWS, scoreAll);
    const speeds = {};
    for (const [name, { nRows, run }] of Object.entries(sessions)) speeds[name] = await speedOf(nRows, () => run('label'));
    check(core.choose(1), 'compiling the detector');
    const detector = await speedOf(TIMES * ROWS, scoreAll);
    if (round > 0) measured.push({ forest, detector, ...speeds });
  }
  loads.sort((a, b) => a - b);
  return {
    load_ms: loads[2],
    onnx_load_ms: Object.fromEntries(Object.entries(sessions).map(([name, { loadMs }]) => [name, loadMs])),
    disagreements,
    rounds: measured,
  };
};
`;

const script = async (/** @type {string} */ file) => ({
  type: 'text/javascript',
  body: await readFile(join(runtime, file)),
});
const server = await serveFolder(folder, {
  '/bench.html': { type: 'text/html', body: '<!doctype html><title>Benchmark</title>' },
  '/worker.js': { type: 'text/javascript', body: WORKER },
  '/bench.wasm': { type: 'application/wasm', body: await readFile(module) },
  '/ort.wasm.min.mjs': await script('ort.wasm.min.mjs'),
  '/runtime/ort-wasm-simd-threaded.mjs': await script('ort-wasm-simd-threaded.mjs'),
  '/runtime/ort-wasm-simd-threaded.wasm': {
    type: 'application/wasm',
    body: await readFile(join(runtime, 'ort-wasm-simd-threaded.wasm')),
  },
});
const browser = await chromium.launch(LAUNCH_OPTIONS);
try {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/bench.html`);
  const measured = await page.evaluate(
    (job) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/worker.js', { type: 'module' });
        worker.onmessage = ({ data }) =>
          'rounds' in data ? resolve(data) : reject(new Error(data.message));
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(job);
      }),
    { name, rounds: Number(rounds), width: Number(features) },
  );
  console.log(JSON.stringify(measured));
} finally {
  await browser.close();
  await server.close();
}
