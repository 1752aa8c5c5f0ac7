// What the library is told about how an input is read: columns that are connected, and how it is written.

import { analyzeIn, analyzeWell, csv, type Library, results } from './engine-page.js';
import { expect, test } from './fixtures.js';
import { COLONS, FOREIGN, FOREIGN_HEADER, KNOWN, NAMES } from './foreign.js';

/** In many slices, so that every worker has to make the same plan. */
const IN_SLICES = { sliceBytes: 9_999, workers: 2 };

test('connected columns give what their own names give', async ({ page, site }) => {
  await page.goto(site.root);
  const expected = await analyzeWell(page, csv(KNOWN));
  const refused = await analyzeIn(page, csv(FOREIGN));
  expect(refused).toMatchObject({ ok: false, kind: 'no-schema-match' });
  const own = expected.recognition.matched.map(({ column }) => column);
  const columns = Object.fromEntries(own.map((name) => [name, NAMES[name] ?? name]));
  const found = await analyzeWell(page, csv(FOREIGN), { ...IN_SLICES, columns });
  expect(results(found)).toEqual(results(expected));
  expect(found.recognition.matched.every(({ byHand }) => byHand)).toBe(true);
  expect(expected.recognition.matched.some(({ byHand }) => byHand)).toBe(false);

  const places = Object.entries(columns).map(([name, header]) => {
    const place = FOREIGN_HEADER.split(',').indexOf(header);
    return [name, `column ${place + 1}`] as const;
  });
  const bare = FOREIGN.slice(FOREIGN.indexOf('\n') + 1);
  const byPlace = await analyzeWell(page, csv(bare), {
    ...IN_SLICES,
    columns: Object.fromEntries(places),
    labelColumn: 'column 22',
    dialect: { format: 'CSV', header: false },
  });
  expect(byPlace.recognition.names).toBe('model-order');
  expect(results(byPlace).classes).toEqual(results(expected).classes);
});

test('a column can be kept missing', async ({ page, site }) => {
  await page.goto(site.root);
  const { recognition } = await analyzeWell(page, csv(KNOWN), { columns: { history: null } });
  expect(recognition.missing.filter(({ byHand }) => byHand).map(({ column }) => column)).toEqual([
    'history',
  ]);
  expect(recognition.ignored.map(({ header }) => header)).toContain('history');
});

test('connections that cannot be are refused', async ({ page, site }) => {
  await page.goto(site.root);
  const refusal = async (columns: Record<string, string | null>, labelColumn?: string) => {
    const options = { columns, ...(labelColumn === undefined ? {} : { labelColumn }) };
    const outcome = await analyzeIn(page, csv(KNOWN), options);
    return outcome.ok ? 'none' : outcome.kind;
  };
  expect(await refusal({ history: 'Verlauf' })).toBe('no-such-column');
  expect(await refusal({ nothing: 'history' })).toBe('bad-connection');
  expect(await refusal({ history: 'label' }, 'label')).toBe('bad-connection');
});

test('a dialect that is said is read', async ({ page, site }) => {
  await page.goto(site.root);
  const expected = await analyzeWell(page, csv(KNOWN));
  const refused = await analyzeIn(page, csv(COLONS));
  expect(refused).toMatchObject({ ok: false, kind: 'no-schema-match' });
  const dialect = { delimiter: ':', decimalComma: true, quotes: 'none' } as const;
  const found = await analyzeWell(page, csv(COLONS), { ...IN_SLICES, dialect });
  expect(results(found)).toEqual(results(expected));
  expect(found.recognition).toMatchObject(dialect);
  const bad = await analyzeIn(page, csv(COLONS), { dialect: { delimiter: '::' } });
  expect(bad).toMatchObject({ ok: false, kind: 'bad-option' });
});

test('a log is read as cells where that is said', async ({ page, site }) => {
  await page.goto(site.root);
  const log = `#fields\t${KNOWN.replaceAll(',', '\t')}\n`;
  expect((await analyzeWell(page, csv(log))).recognition.format).toBe('Zeek log');
  const cells = log.replace('#fields\t', '');
  const { recognition } = await analyzeWell(page, csv(cells), { dialect: { format: 'CSV' } });
  expect(recognition.format).toBe('CSV');
  const outcome = await analyzeIn(page, csv(log), { dialect: { format: 'CSV' } });
  const columns = outcome.ok ? outcome.recognition.columns : [];
  expect(columns[0]).toBe('#fields');
});

test('an input is recognised without being refused or analysed', async ({ page, site }) => {
  await page.goto(site.root);
  const look = async (text: string, columns: Record<string, string> = {}) =>
    await page.evaluate(
      async ({ text, columns }) => {
        const library: Library = await import(new URL('flowsieve.js', document.baseURI).href);
        const { model, recognition, rows } = await library.recognise(new Blob([text]), {
          model: 'auto',
          columns,
        });
        return { model: model.name, recognition, rows };
      },
      { text, columns },
    );
  const known = await look(KNOWN);
  expect(known.recognition.model).toBe('iot23');
  expect(known.rows.slice(0, 2)).toEqual(
    KNOWN.split('\n')
      .slice(1, 3)
      .map((line) => line.split(',')),
  );
  const foreign = await look(FOREIGN);
  expect(foreign.recognition.importanceShare).toBeLessThan(0.5);
  const connected = await look(FOREIGN, { history: 'verlauf', duration: 'FlowDur' });
  expect(connected.model).toBe('iot23');
  const byHand = connected.recognition.matched.filter(({ byHand }) => byHand);
  expect(byHand.map(({ column, header }) => [column, header])).toEqual(
    expect.arrayContaining([
      ['history', 'Verlauf'],
      ['duration', 'Flow Dur'],
    ]),
  );
});

test('of several files the one that a model knows best is recognised', async ({ page, site }) => {
  await page.goto(site.root);
  const columns = await page.evaluate(async (text) => {
    const library: Library = await import(new URL('flowsieve.js', document.baseURI).href);
    const files = ['Permission is granted\nto all.\n', text].map((part) => new Blob([part]));
    return (await library.recognise(files, { model: 'auto' })).recognition.columns;
  }, KNOWN);
  expect(columns).toEqual(KNOWN.slice(0, KNOWN.indexOf('\n')).split(','));
});
