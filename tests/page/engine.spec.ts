// What `analyze` gives: the native program's results, however the work is cut and wherever the page is.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Analysis } from '../../www/src/api.js';
import {
  analyzeWell,
  csv,
  type Done,
  evaluateNatively,
  type NativeEvaluation,
  SAMPLE,
  SAMPLE_TEXT,
} from './engine-page.js';
import { DIST, dataFile, expect, test } from './fixtures.js';

/** Files of real traffic, and the shipped model that each is for. */
const REAL = {
  'rt-iot2022': 'rt-iot2022/rt_iot2022.csv',
  ciciot2023: 'ciciot2023/ciciot2023_39f_10family_sample.csv',
  iot23: 'iot23/iot23_mixed_captures.csv',
};

function expectNative(
  done: Pick<Done, 'rowCount' | 'summary' | 'digest'>,
  native: NativeEvaluation,
) {
  expect(done.rowCount).toBe(native.rows);
  expect(done.summary.rows).toBe(native.rows);
  expect(done.summary.rejected).toBe(native.rejected);
  expect(done.summary.evaluation?.confusion).toEqual(native.confusion);
  expect(done.summary.evaluation?.accuracy).toBe(native.accuracy);
  expect(done.summary.evaluation?.macroF1).toBe(native.macro_f1);
  expect(done.summary.evaluation?.falsePositivesPerMillion).toBe(
    native.false_positives_per_million,
  );
  expect(done.digest).toBe(native.digest);
}

test.describe('results', () => {
  test('the sample gives what the native program gives', async ({ page, site }) => {
    await page.goto(site.root);
    const done = await analyzeWell(page, SAMPLE, { sweep: [0.1] });
    const native = evaluateNatively(SAMPLE);
    expectNative(done, native);
    const detector = native.detectors.isolation_forest;
    expect(detector.roc.recall.length).toBeGreaterThan(2);
    // To the last bit.
    expect(done.sweep).toMatchObject({
      auroc: detector.auroc,
      averagePrecision: detector.average_precision,
      baseRate: detector.base_rate,
      roc: { falseAlarmRate: detector.roc.false_alarm_rate, recall: detector.roc.recall },
      precisionRecall: detector.precision_recall,
    });
    expect(done.failures).toEqual([]);
    expect(done.recognisedFirst).toBe(true);
  });

  test('slices and workers do not change them', async ({ page, site }) => {
    await page.goto(site.root);
    const whole = await analyzeWell(page, SAMPLE, { workers: 1, sliceBytes: 2 ** 30 });
    expect(whole.stats.slices).toBe(1);
    for (const [workers, sliceBytes] of [
      [1, 10_007],
      [2, 65_536],
      [5, 1_999],
    ] as const) {
      const cut = await analyzeWell(page, SAMPLE, { workers, sliceBytes });
      expect(cut.stats.slices).toBeGreaterThan(workers);
      expect(cut.digest).toBe(whole.digest);
      expect(cut.summary).toEqual(whole.summary);
    }
  });

  test('quoted newlines where slices begin are found again', async ({ page, site }) => {
    await page.goto(site.root);
    const [header = '', ...records] = SAMPLE_TEXT().trimEnd().split('\n');
    // A last column of quoted text whose lines look like records, so that guesses go wrong.
    const lines = records.slice(0, 300);
    const rows = lines.map((line, i) => `${line},"${lines.slice(i % 7, (i % 7) + 9).join('\n')}"`);
    const tricky = csv(`${header},notes\n${rows.join('\n')}\n`);
    const whole = await analyzeWell(page, tricky, { workers: 1, sliceBytes: 2 ** 30 });
    expect(whole.rowCount).toBe(300);
    const cut = await analyzeWell(page, tricky, { workers: 2, sliceBytes: 4_001 });
    expect(cut.stats.reruns).toBeGreaterThan(0);
    expect(cut.digest).toBe(whole.digest);
    expect(cut.summary).toEqual(whole.summary);
  });

  test('rows are read back from the file', async ({ page, site }) => {
    await page.goto(site.root);
    const lines = SAMPLE_TEXT().trimEnd().split(/\r?\n/);
    const last = lines.length - 1;
    const done = await analyzeWell(page, SAMPLE, {
      sliceBytes: 30_000,
      rows: [
        [0, 3],
        [60, 140],
        [last - 2, last + 50],
        [5, 5],
      ],
    });
    expect(done.rowCount).toBe(last);
    const [first, middle, end, none] = done.rows;
    expect(first?.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(middle).toHaveLength(80);
    expect(end?.map(({ index }) => index)).toEqual([last - 2, last - 1]);
    expect(none).toEqual([]);
    const text = SAMPLE_TEXT();
    for (const row of [first, middle, end].flatMap((rows) => rows ?? [])) {
      const line = lines[row.index + 1] ?? '';
      expect(row.cells).toEqual(line.split(','));
      expect(text.slice(row.offset, row.offset + line.length)).toBe(line);
      expect(row.zscores).toBe(row.cells.length);
      expect(row.class).not.toBeNull();
    }
  });

  test('a record without end is a reject, and the rows before it can still be read', async ({
    page,
    site,
  }) => {
    await page.goto(site.root);
    const [header = '', ...records] = SAMPLE_TEXT().trimEnd().split('\n');
    const before = records.slice(0, 100);
    // A quote that never closes, and 12 MB behind it.
    const endless = `"${records.join('\n').repeat(10)}`;
    const file = csv(`${[header, ...before].join('\n')}\n${endless}\n`);
    const done = await analyzeWell(page, file, {
      workers: 2,
      sliceBytes: 1 << 20,
      rows: [[60, 1000]],
    });
    expect(done.summary).toMatchObject({ rows: 101, analysed: 100, rejected: 1 });
    expect(done.summary.rejects.first).toMatchObject([{ line: 102, kind: 'too-long' }]);
    const rows = done.rows[0] ?? [];
    expect(rows.slice(0, 40).map(({ cells }) => cells)).toEqual(
      before.slice(60).map((line) => line.split(',')),
    );
    expect(done.classes[100]).toBe(255);
    expect(rows[40]?.class).toBeNull();
    expect(done.stats.maxWorkerMemory).toBeLessThan(64 * 1024 * 1024);
  });

  test('progress counts up to the whole file', async ({ page, site }) => {
    await page.goto(site.root);
    const done = await analyzeWell(page, SAMPLE, { repeat: 40, sliceBytes: 1 << 18 });
    expect(done.progress.length).toBeGreaterThan(1);
    for (const [i, progress] of done.progress.entries()) {
      expect(progress.bytes).toBeGreaterThanOrEqual(done.progress[i - 1]?.bytes ?? 0);
      expect(progress.rows).toBeGreaterThanOrEqual(done.progress[i - 1]?.rows ?? 0);
    }
    const last = done.progress.at(-1);
    expect(last?.bytes).toBe(last?.totalBytes);
    expect(last?.rows).toBe(done.rowCount);
    // Ten a second, and the last.
    expect(done.progress.length).toBeLessThanOrEqual(2 + done.stats.elapsedMs / 100);
  });

  test('a file of 150 MB leaves every worker below 64 MiB', async ({ page, site }) => {
    await page.goto(site.root);
    const repeat = Math.ceil(150e6 / SAMPLE_TEXT().length);
    const once = await analyzeWell(page, SAMPLE);
    const done = await analyzeWell(page, SAMPLE, { repeat });
    expect(done.rowCount).toBe(repeat * once.rowCount);
    expect(done.summary.attackRows).toBe(repeat * once.summary.attackRows);
    expect(done.stats.maxWorkerMemory).toBeGreaterThan(0);
    expect(done.stats.maxWorkerMemory).toBeLessThan(64 * 1024 * 1024);
    expect(done.stats.replacedWorkers).toBe(0);
  });
});

test.describe('real traffic', () => {
  for (const [name, path] of Object.entries(REAL)) {
    const model = join(DIST, 'models', `${name}.sieve`);

    test(`${name}: hosted in a subfolder, results equal the native ones`, async ({
      page,
      site,
    }) => {
      const file = dataFile(path);
      await page.goto(site.subfolder);
      const done = await analyzeWell(page, file);
      expect(done.model).toBe(name);
      expectNative(done, evaluateNatively(file, model));
    });

    test(`${name}: the single file from file:// shows the native results`, async ({
      page,
      site,
    }) => {
      const file = dataFile(path);
      await page.goto(site.singleFile);
      const shown = await drop(page, file);
      expect(shown.model).toBe(name);
      expectNative(shown, evaluateNatively(file, model));
    });
  }
});

test('the single file from file:// analyses the sample', async ({ page, site }) => {
  await page.goto(site.singleFile);
  expectNative(await drop(page, SAMPLE), evaluateNatively(SAMPLE));
});

test.describe('the network', () => {
  test('nothing is requested while a file is analysed', async ({ page, site }) => {
    await page.goto(site.root);
    await page.evaluate(async () => {
      const library = await import(new URL('flowsieve.js', document.baseURI).href);
      await library.preload();
    });
    await page.waitForLoadState('networkidle');
    const requests: string[] = [];
    page.context().on('request', (request) => {
      if (!request.url().startsWith('blob:')) requests.push(request.url());
    });
    await analyzeWell(page, SAMPLE, { sliceBytes: 100_000, rows: [[0, 10]] });
    await drop(page, SAMPLE);
    expect(requests).toEqual([]);
  });

  test('the hosted page works with the network off before the first drop', async ({
    page,
    site,
  }) => {
    await page.goto(site.root);
    await page.waitForLoadState('networkidle');
    await page.context().setOffline(true);
    expectNative(await drop(page, SAMPLE), evaluateNatively(SAMPLE));
    await page.context().setOffline(false);
  });
});

test('a file with a name that means something in addresses', async ({ page, site }) => {
  const file = test.info().outputPath('flows #1 50%.csv');
  copyFileSync(SAMPLE, file);
  await page.goto(site.root);
  expectNative(await analyzeWell(page, file), evaluateNatively(SAMPLE));
});

/** Gives a file to the page itself, as its visitors do, and reads what the page then has of it. */
async function drop(page: Page, file: string) {
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.waitForFunction(
    () => (document.querySelector('flowsieve-app') as { analysis?: unknown } | null)?.analysis,
  );
  return await page.evaluate(async () => {
    const app = document.querySelector('flowsieve-app') as unknown as { analysis: Analysis };
    const { model, rowCount, summary } = app.analysis;
    return { model: model.name, rowCount, summary, digest: await app.analysis.digest() };
  });
}
