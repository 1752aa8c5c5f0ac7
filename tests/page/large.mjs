// A large file through the page itself: how long, in how much memory, and whether the page stays at hand.
//
//     cargo xtask build && node tests/page/large.mjs FLOWS.csv
//
// Needs Linux, whose /proc tells a process's memory. Prints JSON; BENCHMARKS.md says what is in it.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { LAUNCH_OPTIONS } from './browser.mjs';
import { serveFolder } from './server.mjs';

const DIST = resolve(dirname(fileURLToPath(import.meta.url)), '../../dist');
const PATIENCE = { timeout: 3_600_000, polling: 50 };

/** Resident bytes of the largest renderer. */
function rendererMemory() {
  let most = 0;
  for (const process of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(join('/proc', process, 'cmdline'), 'utf8');
      if (!command.includes('--type=renderer')) continue;
      const status = readFileSync(join('/proc', process, 'status'), 'utf8');
      most = Math.max(most, 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It ended meanwhile.
    }
  }
  return most;
}

/** @param {import('@playwright/test').Page} page */
async function phaseIs(page, /** @type {string} */ phase) {
  const has = (/** @type {string} */ wanted) =>
    document.querySelector('[data-testid=status]')?.getAttribute('data-phase') === wanted;
  await page.waitForFunction(has, phase, PATIENCE);
}

const [flows] = process.argv.slice(2);
if (!flows) throw new Error('usage: node tests/page/large.mjs FLOWS.csv');

const server = await serveFolder(DIST);
const browser = await chromium.launch(LAUNCH_OPTIONS);
try {
  const page = await browser.newPage();
  await page.goto(server.origin);
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(2000);
  const before = rendererMemory();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, rendererMemory());
  }, 100);

  let start = Date.now();
  await page.locator('input[type=file]').first().setInputFiles(flows);
  await phaseIs(page, 'done');
  const seconds = (Date.now() - start) / 1000;
  clearInterval(watch);
  const { rows, stats } = await page.evaluate(() => {
    const app = /** @type {any} */ (document.querySelector('flowsieve-app'));
    return { rows: app.analysis.rowCount, stats: app.analysis.stats };
  });

  start = Date.now();
  await page.getByTestId('jump-row').fill(String(rows));
  await page.getByTestId('jump').click();
  const target = page.locator('regular-table tbody th.is-target');
  await target.filter({ hasText: rows.toLocaleString('en') }).waitFor();
  const lastRowMs = Date.now() - start;

  await page.locator('input[type=file]').first().setInputFiles(flows);
  await page.waitForTimeout(500);
  start = Date.now();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await phaseIs(page, 'cancelled');
  while (page.workers().length > 0) await page.waitForTimeout(5);
  console.log(
    JSON.stringify({
      megabytes: statSync(flows).size / 1e6,
      rows,
      seconds,
      worker_wasm_bytes: stats.maxWorkerMemory,
      renderer_bytes_per_row: (peak - before) / rows,
      last_row_ms: lastRowMs,
      cancel_ms: Date.now() - start,
    }),
  );
} finally {
  await browser.close();
  await server.close();
}
