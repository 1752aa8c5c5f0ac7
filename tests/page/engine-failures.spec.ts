// What `analyze` does when something fails: workers, files, models and inputs.

import { readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Kept } from '../../www/src/api.js';
import {
  analyzeIn,
  analyzeWell,
  csv,
  type Dropped,
  MODEL,
  type Refused,
  SAMPLE,
  SAMPLE_TEXT,
} from './engine-page.js';
import { expect, test } from './fixtures.js';

/** A model file of the next format version, as docs/pack-format.md has it: the header's checksum is right. */
function ofNextVersion(pack: Buffer): Buffer {
  const next = Buffer.from(pack);
  next.writeUInt16LE(next.readUInt16LE(8) + 1, 8);
  next.writeUInt32LE(crc32(next.subarray(0, 20)), 20);
  return next;
}

test.beforeEach(async ({ page, site }) => {
  await page.goto(site.root);
});

/** Refused with the library's own error of this kind, in words that a person can read. */
function expectRefusal(outcome: { ok: boolean }, kind: string | RegExp): Refused {
  expect(outcome).toMatchObject({ ok: false, typed: true, name: 'FlowsieveError' });
  const refused = outcome as Refused;
  expect(refused.kind).toMatch(kind);
  expect(refused.message.length).toBeGreaterThan(20);
  expect(refused.message).not.toMatch(/undefined|panicked|unreachable|\[object|null/);
  return refused;
}

test.describe('a worker that traps', () => {
  const cut = { sliceBytes: 50_000, workers: 2 };

  test('once: the slice is tried again and nothing is lost', async ({ page }) => {
    const well = await analyzeWell(page, SAMPLE, cut);
    const trapped = await analyzeWell(page, SAMPLE, {
      ...cut,
      testHooks: { trapSlice: 1, times: 1 },
    });
    expect(trapped.digest).toBe(well.digest);
    expect(trapped.summary).toEqual(well.summary);
    expect(trapped.failures).toEqual([]);
    expect(trapped.stats).toMatchObject({ retries: 1, replacedWorkers: 1 });
  });

  test('twice on one slice: its lines are reported, all others are right', async ({ page }) => {
    const well = await analyzeWell(page, SAMPLE, cut);
    const trapped = await analyzeWell(page, SAMPLE, {
      ...cut,
      testHooks: { trapSlice: 1, times: 2 },
    });
    const [failure, ...others] = trapped.failures;
    expect(others).toEqual([]);
    if (!failure) throw new Error('no failure was reported');
    const { slice, rows, firstLine, lastLine } = failure;
    expect(slice).toBe(1);
    // The sample has a row per line, and its header on the first.
    expect(rows).toBe(lastLine - firstLine + 1);
    expect(rows).toBeGreaterThan(0);
    expect(trapped.rowCount).toBe(well.rowCount);
    expect(trapped.summary.rejected).toBe(well.summary.rejected + rows);
    const failed = trapped.summary.rejects.counts.filter(({ kind }) => kind === 'worker-failed');
    expect(failed).toEqual([{ kind: 'worker-failed', column: null, rows }]);
    const cost = (row: number) => row + 2 >= firstLine && row + 2 <= lastLine;
    expect(trapped.classes).toEqual(well.classes.map((kind, row) => (cost(row) ? 255 : kind)));
  });

  test('in the first slice and in the last', async ({ page }) => {
    const well = await analyzeWell(page, SAMPLE, cut);
    for (const trapSlice of [0, well.stats.slices - 1]) {
      const trapped = await analyzeWell(page, SAMPLE, {
        ...cut,
        testHooks: { trapSlice, times: 2 },
      });
      expect(trapped.failures).toMatchObject([{ slice: trapSlice }]);
      expect(trapped.rowCount).toBe(well.rowCount);
    }
  });

  test('even when it only rejects: the analysis fails with a reason', async ({ page }) => {
    const trapped = await analyzeIn(page, SAMPLE, {
      ...cut,
      testHooks: { trapSlice: 1, times: 3 },
    });
    expect(trapped).toMatchObject({ ok: false, typed: true, kind: 'worker-failed' });
    await expect.poll(() => page.workers().length).toBe(0);
  });
});

test('a worker that cannot be started is said to be the reason', async ({ page }) => {
  const outcome = await analyzeIn(page, SAMPLE, { workerUrl: 'no-such-worker.js' });
  expectRefusal(outcome, 'worker-start');
});

test('a worker from an address, for pages without blob: in their policy', async ({ page }) => {
  const well = await analyzeWell(page, SAMPLE);
  const other = await analyzeWell(page, SAMPLE, { workerUrl: 'worker.js' });
  expect(other.digest).toBe(well.digest);
});

test('cancelling ends the analysis and its workers', async ({ page }) => {
  const outcome = await analyzeIn(page, SAMPLE, {
    repeat: 2000,
    sliceBytes: 1 << 18,
    cancelAt: 2,
  });
  expect(outcome).toMatchObject({ ok: false, name: 'AbortError' });
  // Nothing was reported after it.
  expect(outcome.progress).toHaveLength(2);
  const last = outcome.progress.at(-1);
  expect(last?.bytes).toBeLessThan(last?.totalBytes ?? 0);
  await expect.poll(() => page.workers().length).toBe(0);
});

test.describe('a file', () => {
  /** A file of its own for a test, the sample's rows `repeat` times. */
  function ownFile(repeat: number): string {
    const file = test.info().outputPath('flows.csv');
    const text = SAMPLE_TEXT();
    const headerEnd = text.indexOf('\n') + 1;
    writeFileSync(file, text.slice(0, headerEnd) + text.slice(headerEnd).repeat(repeat));
    return file;
  }

  test('that is gone is said to be gone', async ({ page }) => {
    const file = ownFile(1);
    await page.exposeFunction('remove', () => unlinkSync(file));
    expectRefusal(await analyzeIn(page, file, { before: 'remove' }), 'file-unreadable');
  });

  test('that is gone when its rows are to be shown is said to be gone', async ({ page }) => {
    const last = SAMPLE_TEXT().trimEnd().split('\n').length - 1;
    for (const from of [0, last - 1]) {
      const file = ownFile(1);
      await page.exposeFunction(`removeBefore${from}`, () => unlinkSync(file));
      const outcome = await analyzeIn(page, file, {
        beforeRows: `removeBefore${from}`,
        rows: [[from, from + 1]],
      });
      expectRefusal(outcome, 'file-unreadable');
    }
  });

  test('that is removed while it is read is never taken for its end', async ({ page }) => {
    const file = ownFile(Math.ceil(100e6 / SAMPLE_TEXT().length));
    await page.exposeFunction('removeNow', () => unlinkSync(file));
    const outcome = await analyzeIn(page, file, {
      sliceBytes: 1 << 16,
      workers: 1,
      atFirstProgress: 'removeNow',
    });
    expectRefusal(outcome, 'file-unreadable');
  });

  test('that changes while it is read leaves what was read before', async ({ page }) => {
    const file = ownFile(Math.ceil(100e6 / SAMPLE_TEXT().length));
    await page.exposeFunction('cut', () => truncateSync(file, 1000));
    const outcome = await analyzeIn(page, file, {
      sliceBytes: 1 << 16,
      workers: 1,
      atFirstProgress: 'cut',
    });
    const kept = expectRefusal(outcome, 'file-unreadable').details as Kept;
    expect(kept.rows).toBeGreaterThan(0);
    expect(kept.summary.rows).toBe(kept.rows);
    expect(kept.bytes).toBeLessThan(100e6);
    await expect.poll(() => page.workers().length).toBe(0);
  });
});

test.describe('a model file', () => {
  const pack = () => readFileSync(MODEL);
  const changed = (change: (copy: Buffer) => void) => {
    const copy = Buffer.from(pack());
    change(copy);
    return copy;
  };
  const broken: [string, string | RegExp, () => Buffer][] = [
    ['that is empty', /^pack-/, () => Buffer.alloc(0)],
    ['of something else', /^pack-/, () => Buffer.from('PK\x03\x04 this is no model at all')],
    ['cut in its header', /^pack-/, () => pack().subarray(0, 10)],
    ['cut in its middle', /^pack-/, () => pack().subarray(0, pack().length >> 1)],
    ['cut by its last byte', /^pack-/, () => pack().subarray(0, pack().length - 1)],
    [
      'with a bit flipped in its middle',
      /^pack-/,
      () =>
        changed((copy) => {
          const at = copy.length >> 1;
          copy[at] = (copy[at] ?? 0) ^ 0x10;
        }),
    ],
    ['of a version to come', 'pack-too-new', () => ofNextVersion(pack())],
  ];
  for (const [what, kind, make] of broken) {
    test(`${what} is refused`, async ({ page }) => {
      expectRefusal(await analyzeIn(page, SAMPLE, { pack: make() }), kind);
      // And the page goes on.
      await analyzeWell(page, SAMPLE, { pack: pack() });
    });
  }

  test('with any byte changed never brings the page down', async ({ page }) => {
    const length = pack().length;
    for (let i = 0; i < 24; i++) {
      const at = Math.floor((i * length) / 24);
      const copy = changed((bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      });
      expectRefusal(await analyzeIn(page, SAMPLE, { pack: copy }), /^pack-/);
    }
    await analyzeWell(page, SAMPLE, { pack: pack() });
  });

  test('that is not at its address is said to be missing', async ({ page }) => {
    expectRefusal(await analyzeIn(page, SAMPLE, { model: 'models/none.sieve' }), 'asset-missing');
  });
});

test.describe('an input', () => {
  const header = () => SAMPLE_TEXT().split('\n', 1)[0] ?? '';
  const broken: [string, string | RegExp, () => Dropped][] = [
    ['that is empty', 'empty-input', () => csv('')],
    ['with nothing but a header', 'header-only', () => csv(`${header()}\n`)],
    ['with a header and no newline', 'header-only', () => csv(header())],
    [
      'of prose',
      'no-schema-match',
      () => csv('Dear all,\n\nplease find attached nothing.\n\nKind regards\n'),
    ],
    ['of other columns', 'no-schema-match', () => csv('name,age\nada,36\nalan,41\n')],
    [
      'of bytes that are no text',
      'not-text',
      () => ({
        name: 'flows.csv',
        mimeType: 'application/octet-stream',
        buffer: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)),
      }),
    ],
  ];
  for (const [what, kind, make] of broken) {
    test(`${what} is refused`, async ({ page }) => {
      expectRefusal(await analyzeIn(page, make()), kind);
      await analyzeWell(page, SAMPLE);
    });
  }

  test('of other columns is told what the model misses', async ({ page }) => {
    const outcome = await analyzeIn(page, csv('name,age\nada,36\n'));
    expect(expectRefusal(outcome, 'no-schema-match').details).toMatchObject({
      columns: ['name', 'age'],
      matched: [],
    });
  });
});

test('options out of their range are refused', async ({ page }) => {
  for (const options of [{ workers: 0 }, { workers: 9 }, { sliceBytes: 0 }, { sliceBytes: 1.5 }]) {
    expectRefusal(await analyzeIn(page, SAMPLE, options), 'bad-option');
  }
});
