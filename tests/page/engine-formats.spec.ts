// The same flows in every format that is read give the same results, and exports keep the format.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeWell, evaluateNatively, results } from './engine-page.js';
import { DIST, dataFile, expect, test } from './fixtures.js';

const MODEL = join(DIST, 'models/iot23.sieve');
const CSV = readFileSync(join(DIST, 'samples/iot23-synthetic.csv'), 'utf8').trimEnd();
const [HEADER = [], ...ROWS] = CSV.split('\n').map((line) => line.split(','));

/** The text of each row, its cells joined. */
function table(delimiter: string, cell = (text: string) => text): string {
  return [HEADER, ...ROWS.map((row) => row.map(cell))].map((row) => row.join(delimiter)).join('\n');
}

function zeek(): string {
  const about = ['#separator \\x09', '#unset_field\t-', ['#fields', ...HEADER].join('\t')];
  const rows = ROWS.map((row) => row.map((cell) => cell || '-').join('\t'));
  return [...about, ...rows, '#close\t2020-01-01-00-00-00', ''].join('\n');
}

function jsonLines(): string {
  const object = (row: string[]) => {
    const pairs = HEADER.map((name, at) => [name, row[at] ?? ''] as const);
    // Loggers leave out what is not set, but a label - means benign; a number stays as it was written.
    const set = pairs.filter(([name, cell]) => name.includes('label') || !['', '-'].includes(cell));
    const value = (cell: string) => (/^-?\d+(\.\d+)?$/.test(cell) ? cell : JSON.stringify(cell));
    return `{${set.map(([name, cell]) => `${JSON.stringify(name)}:${value(cell)}`).join(',')}}`;
  };
  return `${ROWS.map(object).join('\n')}\n`;
}

function utf16(text: string, mark: boolean): Buffer {
  return Buffer.from((mark ? '\ufeff' : '') + text, 'utf16le');
}

const FORMS: Record<string, { contents: string | Buffer; format: string }> = {
  'semicolons and decimal commas': {
    contents: table(';', (cell) => cell.replace('.', ',')),
    format: 'CSV',
  },
  tabs: { contents: table('\t'), format: 'CSV' },
  'UTF-16 with a mark': { contents: utf16(CSV, true), format: 'CSV' },
  'UTF-16 without': { contents: utf16(table('|'), false), format: 'CSV' },
  'a Zeek log': { contents: zeek(), format: 'Zeek log' },
  'JSON lines': { contents: jsonLines(), format: 'JSON lines' },
};

function dropped(name: string, contents: string | Buffer) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(contents as string) };
}

test.describe('the same flows', () => {
  for (const [name, { contents, format }] of Object.entries(FORMS)) {
    test(`as ${name}`, async ({ page, site }) => {
      await page.goto(site.root);
      const expected = await analyzeWell(page, dropped('flows.csv', CSV));
      expect(expected.summary.rejected).toBe(0);
      const found = await analyzeWell(page, dropped('flows.log', contents), { sliceBytes: 9_999 });
      expect(found.recognition.format).toBe(format);
      expect(results(found)).toEqual(results(expected));
    });
  }
});

test('a row is shown as it stands in the file', async ({ page, site }) => {
  await page.goto(site.root);
  const { contents } = FORMS['semicolons and decimal commas'] ?? { contents: '' };
  const done = await analyzeWell(page, dropped('flows.csv', contents), { rows: [[70, 72]] });
  const expected = ROWS.slice(70, 72).map((row) => row.map((cell) => cell.replace('.', ',')));
  expect(done.rows[0]?.map(({ cells }) => cells)).toEqual(expected);
});

test('an export of a log is a log with the results behind', async ({ page, site }) => {
  await page.goto(site.root);
  const exported = async (text: string) =>
    await page.evaluate(async (text) => {
      const library = await import(new URL('flowsieve.js', document.baseURI).href);
      const analysis = await library.analyze(new Blob([text]), { model: 'auto' });
      return await new Response(analysis.export()).text();
    }, text);
  const csv = (await exported(CSV)).trimEnd().split('\n').slice(1);
  const expected = csv.map((line) => line.split(',').slice(-7));

  const log = (await exported(zeek())).trimEnd().split('\n');
  const fields = log.find((line) => line.startsWith('#fields'))?.split('\t') ?? [];
  expect(fields.slice(-7)[0]).toBe('flowsieve_class');
  const rows = log.filter((line) => !line.startsWith('#')).map((line) => line.split('\t'));
  // Only a spreadsheet takes a set that begins with the class `-` for a formula.
  const plain = expected.map((row) => row.map((cell) => cell.replace(/^'/, '')));
  expect(rows.map((row) => row.slice(-7))).toEqual(plain);

  const objects = (await exported(jsonLines())).trimEnd().split('\n');
  const names = fields.slice(-7);
  const values = objects.map((line) => {
    const object = JSON.parse(line);
    return names.map((name) => object[name] ?? '');
  });
  const isText = (at: number) => at < 2 || at === 6;
  expect(values).toEqual(
    plain.map((row) => row.map((cell, at) => (isText(at) ? cell : Number(cell)))),
  );
});

test('a labelled log of IoT-23 gives what the native program gives', async ({ page, site }) => {
  const file = dataFile('iot23/CTU-IoT-Malware-Capture-34-1.conn.log.labeled');
  await page.goto(site.root);
  const done = await analyzeWell(page, file);
  const native = evaluateNatively(file, MODEL);
  expect(done.model).toBe('iot23');
  expect(done.recognition.label?.header).toBe('detailed-label');
  expect(done.summary.evaluation?.confusion).toEqual(native.confusion);
  expect(done.digest).toBe(native.digest);
});

test('a Zeek log that goes on with other fields is refused there', async ({ page, site }) => {
  await page.goto(site.root);
  const log = zeek();
  const other = log.replace('#fields\tts\tuid', '#fields\tuid\tts');
  const analysis = analyzeWell(page, dropped('two.log', log + other));
  await expect(analysis).rejects.toThrow(/other-fields: At byte \d+ the Zeek log goes on/);
});
