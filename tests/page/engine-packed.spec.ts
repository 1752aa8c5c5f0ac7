// Packed files and several files: the same results as one plain file, and clear words where something is wrong.

import type { Page } from '@playwright/test';
import {
  analyzeIn,
  analyzeWell,
  type Done,
  type Dropped,
  evaluateNatively,
  type Options,
  SAMPLE_TEXT,
} from './engine-page.js';
import { dataFile, expect, test } from './fixtures.js';
import { dropped, gzip, zip } from './packing.js';

const [HEADER = '', ...LINES] = SAMPLE_TEXT().trimEnd().split(/\r?\n/);

/** A table of these rows. */
function table(lines: readonly string[], end = '\n'): string {
  return `${[HEADER, ...lines].join('\n')}${end}`;
}

/** As many rows as several checkpoints take. */
const MANY = Array.from({ length: 30 }, () => LINES).flat();
const WHOLE = table(MANY);
const CUT = 11_111;

const FORMS: Record<string, Dropped | Dropped[]> = {
  'a gzip file': dropped('flows.csv.gz', gzip(WHOLE)),
  'a gzip file of two members': dropped(
    'x',
    gzip(WHOLE.slice(0, 5_000_001), WHOLE.slice(5_000_001)),
  ),
  'a ZIP archive': dropped('flows.zip', zip({ 'flows.csv': WHOLE })),
  'a ZIP archive that only stores': dropped('flows.zip', zip({ 'flows.csv': WHOLE }, true)),
  'two files': [
    dropped('1.csv', table(MANY.slice(0, CUT))),
    dropped('2.csv', table(MANY.slice(CUT))),
  ],
  'two files, the first without its last line end': [
    dropped('1.csv', table(MANY.slice(0, CUT), '')),
    dropped('2.csv', table(MANY.slice(CUT))),
  ],
  'two files, one with the name of another that is no table': [
    dropped('2.csv', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
    dropped('1.csv', table(MANY.slice(0, CUT))),
    dropped('2.csv', table(MANY.slice(CUT))),
  ],
  'two gzip files': [
    dropped('1.csv.gz', gzip(table(MANY.slice(0, CUT), ''))),
    dropped('2.csv.gz', gzip(table(MANY.slice(CUT)))),
  ],
  'a file in an archive, behind more that are no tables than are tried': dropped(
    'flows.zip',
    zip({
      LICENSE: 'Permission is granted\nto all.\n',
      ...Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [
          `${at}.png`,
          Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
        ]),
      ),
      './flows.csv': WHOLE,
    }),
  ),
  'two files in an archive, among others': dropped(
    'flows.zip',
    zip({
      'README.txt': 'What is in here.\n\nFlows, see below.\n',
      'a/1.csv': table(MANY.slice(0, CUT)),
      'a/chart.png': Buffer.from('\x89PNG\r\n\x1a\n....', 'latin1'),
      'a/2.csv': table(MANY.slice(CUT)),
      '__MACOSX/a/._2.csv': 'junk',
    }),
  ),
};

/** What a table of results is, however its bytes were stored. */
function results({ digest, summary, rows }: Done) {
  return { digest, summary, rows };
}

const OPTIONS: Options = {
  rows: [
    [0, 3],
    [11_100, 11_130],
    [29_000, 29_070],
    [44_990, 45_010],
  ],
};

test.describe('the same flows as one plain file', () => {
  for (const [name, form] of Object.entries(FORMS)) {
    test(`as ${name}`, async ({ page, site }) => {
      await page.goto(site.root);
      const expected = await analyzeWell(page, dropped('flows.csv', WHOLE), OPTIONS);
      expect(expected.rowCount).toBe(MANY.length);
      const found = await analyzeWell(page, form, OPTIONS);
      expect(results(found)).toEqual(results(expected));
      expect(found.input.files.every(({ problem }) => problem === null)).toBe(true);
      const cut = await analyzeWell(page, form, { sliceBytes: 777_777, workers: 2 });
      expect(cut.digest).toBe(expected.digest);
    });
  }

  test('in the single file', async ({ page, site }) => {
    await page.goto(site.singleFile);
    await page.getByTestId('file-input').setInputFiles(dropped('a.gz', gzip(table(LINES))));
    await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'done');
    await expect(page.getByTestId('rows')).toHaveText(LINES.length.toLocaleString('en'));
    await expect(page.getByTestId('files')).toContainText('a.gz');
  });
});

test('what is left out of an archive is named with the reason', async ({ page, site }) => {
  await page.goto(site.root);
  const form = FORMS['two files in an archive, among others'] ?? [];
  const { input } = await analyzeWell(page, form);
  expect(input.files.map(({ name }) => name)).toEqual(['a/1.csv', 'a/2.csv']);
  const [readme, chart] = ['README.txt', 'a/chart.png'].map(
    (name) => input.leftOut.find((file) => file.name === name)?.why ?? '',
  );
  expect(readme).toContain('not of the same table');
  expect(chart).toContain('PNG');
  expect(input.leftOut).toHaveLength(2);
});

async function exported(page: Page, contents: Buffer): Promise<string> {
  return await page.evaluate(async (base64) => {
    const library = await import(new URL('flowsieve.js', document.baseURI).href);
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const analysis = await library.analyze(bytes.buffer, { model: 'auto', sliceBytes: 300_000 });
    return await new Response(analysis.export()).text();
  }, contents.toString('base64'));
}

test('an export of a packed file is that of the plain one', async ({ page, site }) => {
  await page.goto(site.root);
  const plain = table(MANY.slice(0, 9000));
  const expected = await exported(page, Buffer.from(plain));
  expect(expected.split('\n').length).toBe(9002);
  expect((await exported(page, gzip(plain))) === expected).toBe(true);
  const halves = { a: table(MANY.slice(0, 4000), ''), b: table(MANY.slice(4000, 9000)) };
  expect((await exported(page, zip(halves))) === expected).toBe(true);
});

test('other formats and encodings may be packed and joined', async ({ page, site }) => {
  await page.goto(site.root);
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  const [one, two] = [table(LINES.slice(0, 70), ''), table(LINES.slice(70, 150))];
  const whole = await analyzeWell(page, dropped('a', utf16(table(LINES.slice(0, 150)))));
  const parts = await analyzeWell(page, dropped('a.zip', zip({ a: utf16(one), b: utf16(two) })));
  expect(results(parts)).toEqual(results(whole));
  expect(parts.recognition.encoding).toBe('UTF-16 LE');

  const names = HEADER.split(',');
  const object = (line: string) =>
    JSON.stringify(Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
  const lines = (from: number, to: number) => `${LINES.slice(from, to).map(object).join('\n')}\n`;
  const logs = [dropped('1.gz', gzip(lines(0, 70))), dropped('2.gz', gzip(lines(70, 150)))];
  const objects = await analyzeWell(page, logs);
  expect(objects.recognition.format).toBe('JSON lines');
  expect(objects.classes).toEqual(whole.classes);
});

test('a row that cannot be read has its file and its line there', async ({ page, site }) => {
  await page.goto(site.root);
  const files = [
    dropped('1.csv', table([...LINES.slice(0, 9), '1,2,3', '"an open quote'])),
    dropped('2.csv', `\n${table([...LINES.slice(0, 3), '4,5', ...LINES.slice(3, 200)])}`),
  ];
  const { summary, rowCount } = await analyzeWell(page, files);
  expect(rowCount).toBe(9 + 2 + 201);
  const places = summary.rejects.first.map(({ file, line }) => [file, line]);
  expect(places).toEqual([
    ['1.csv', 11],
    ['1.csv', 12],
    ['2.csv', 6],
  ]);
});

test.describe('what is wrong with a packed file', () => {
  test.beforeEach(async ({ page, site }) => {
    await page.goto(site.root);
  });

  test('one that breaks off gives the rows it has', async ({ page }) => {
    const packed = gzip(WHOLE);
    const cut = packed.length >> 1;
    const found = await analyzeWell(page, dropped('a.gz', packed.subarray(0, cut)));
    expect(found.rowCount).toBeGreaterThan(1000);
    expect(found.rowCount).toBeLessThan(MANY.length);
    expect(found.input.files[0]).toMatchObject({ loss: true });
    expect(found.input.files[0]?.problem).toContain(`at byte ${cut}`);
    const expected = await analyzeWell(page, dropped('a', WHOLE.slice(0, found.summary.bytes)));
    expect(found.digest).toBe(expected.digest);
  });

  test('a wrong checksum is said, and everything is read', async ({ page }) => {
    const packed = gzip(WHOLE);
    packed[packed.length - 6] = (packed.at(-6) ?? 0) ^ 1;
    const found = await analyzeWell(page, dropped('a.gz', packed));
    expect(found.rowCount).toBe(MANY.length);
    expect(found.input.files[0]?.problem).toContain('checksum');
    const archive = zip({ 'a.csv': WHOLE });
    archive[14] = (archive[14] ?? 0) ^ 1;
    // The directory's word counts, not the header's.
    const whole = await analyzeWell(page, dropped('a.zip', archive));
    expect(whole.input.files[0]?.problem).toBeNull();
  });

  test('an archive that lost its end gives what is before', async ({ page }) => {
    const archive = zip({ 'a.csv': table(LINES), 'b.csv': table(LINES) });
    const found = await analyzeWell(page, dropped('a.zip', archive.subarray(0, -60)));
    expect(found.rowCount).toBe(2 * LINES.length);
    expect(found.input.files[0]?.problem).toContain('lacks its end');
  });

  test('what bursts is refused before it does', async ({ page }) => {
    const bomb = gzip(Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.alloc(2e8, '0')]));
    const refused = await analyzeIn(page, dropped('a.gz', bomb));
    expect(refused).toMatchObject({ ok: false, kind: 'unpack-limit', typed: true });
    await expect.poll(() => page.workers().length).toBe(0);
  });

  test('what is damaged or nothing at all has its words', async ({ page }) => {
    for (const [contents, kind] of [
      [gzip(''), 'empty-input'],
      [Buffer.from('\x1f\x8b\x08\x00', 'latin1'), 'bad-archive'],
      [zip({}), 'bad-archive'],
      [zip({ 'only/': '' }), 'bad-archive'],
      [zip({ '[Content_Types].xml': '<x/>' }), 'bad-archive'],
      [gzip(gzip(WHOLE)), 'not-text'],
      [zip({ 'a.csv': 'name,age\nada,36\n' }), 'no-schema-match'],
      [Buffer.from('PK\x03\x04 and nothing'), 'bad-archive'],
    ] as const) {
      const refused = await analyzeIn(page, dropped('a', contents));
      expect(refused).toMatchObject({ ok: false, typed: true, kind });
    }
  });

  test('cancelling while it is unpacked ends the workers', async ({ page }) => {
    const outcome = await page.evaluate(async (base64) => {
      const library = await import(new URL('flowsieve.js', document.baseURI).href);
      const member = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const cancel = new AbortController();
      const told: number[] = [];
      try {
        await library.analyze(new Blob(Array(100).fill(member)), {
          model: 'auto',
          signal: cancel.signal,
          onUnpacking: ({ bytes }: { bytes: number }) => {
            told.push(bytes);
            cancel.abort();
          },
        });
      } catch (error) {
        return [(error as Error).name, told.length];
      }
      return ['finished', told.length];
    }, gzip(WHOLE).toString('base64'));
    expect(outcome).toEqual(['AbortError', 1]);
    await expect.poll(() => page.workers().length).toBe(0);
  });

  test('the page says so above the results', async ({ page }) => {
    const packed = gzip(WHOLE);
    const half = packed.subarray(0, packed.length >> 1);
    await page.getByTestId('file-input').setInputFiles(dropped('half.csv.gz', half));
    await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'done');
    const problem = page.getByTestId('problem');
    await expect(problem).toHaveAttribute('data-kind', 'not-whole');
    await expect(problem).toContainText('the last rows are missing');
    await expect(page.getByTestId('files')).toContainText('half.csv.gz');
    await problem.getByRole('button').click();
    await expect(problem).toHaveCount(0);
  });
});

test('a real log, packed, gives what the native program gives for it', async ({ page, site }) => {
  const file = dataFile('rt-iot2022/rt_iot2022.csv');
  const packed = test.info().outputPath('rt-iot2022.csv.gz');
  const { readFileSync, writeFileSync } = await import('node:fs');
  writeFileSync(packed, gzip(readFileSync(file)));
  await page.goto(site.root);
  const done = await analyzeWell(page, packed);
  expect(done.stats.slices).toBeGreaterThan(5);
  expect(done.digest).toBe(evaluateNatively(packed).digest);
  expect(done.digest).toBe(evaluateNatively(file).digest);
});
