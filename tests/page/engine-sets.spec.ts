// Sets of classes: a model with classes that it cannot tell apart, trained here, says the same in the page as natively.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Analysis } from '../../www/src/api.js';
import type { Library } from './engine-page.js';
import { expect, nativeProgram, test } from './fixtures.js';

/** Flows of three classes, the last two alike: half of them have the same values. With a comma in numbers. */
function flows(count: number, seed: number): string {
  let state = seed;
  const below = (bound: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
    return (state >>> 8) % bound;
  };
  const lines = ['duration;bytes;packets;label'];
  for (let row = 0; row < count; row++) {
    const label = ['benign', 'XSS', 'SqlInjection'][below(3)] ?? '';
    const base = label === 'benign' ? 0 : label === 'XSS' ? 60 : 90;
    lines.push(`${below(9)},${1 + below(998)};${base + below(60)};${below(4000)};${label}`);
  }
  return `${lines.join('\n')}\n`;
}

function flowsieve(...words: string[]): void {
  execFileSync(nativeProgram(), words, { stdio: 'pipe' });
}

/** The set in the last column of a line of results. */
function setOf(line: string): string[] {
  return line
    .slice(line.lastIndexOf(',') + 1)
    .split(' | ')
    .filter((name) => name !== '');
}

test('sets in the page are those of the native program', async ({ page, site }) => {
  const path = (name: string) => test.info().outputPath(name);
  const [known, unseen, model] = [path('known.csv'), path('unseen.csv'), path('alike.sieve')];
  writeFileSync(known, flows(3000, 1));
  writeFileSync(unseen, flows(2000, 2));
  const forest = ['--trees', '20', '--leaves', '64', '--benign', 'benign'];
  flowsieve('train', known, '--label', 'label', ...forest, '--out', model);
  flowsieve('evaluate', model, unseen, '--json', path('found.json'));
  flowsieve('score', model, unseen, '--results-only', '--out', path('results.csv'));
  flowsieve('score', model, unseen, '--out', path('scored.csv'));
  const native = JSON.parse(readFileSync(path('found.json'), 'utf8'));
  const results = readFileSync(path('results.csv'), 'utf8').trimEnd().split('\n');

  await page.goto(site.root);
  await page.getByTestId('model-input').setInputFiles(model);
  await page.getByTestId('file-input').setInputFiles(unseen);
  await page.waitForFunction(
    () => (document.querySelector('flowsieve-app') as { analysis?: unknown } | null)?.analysis,
  );
  const found = await page.evaluate(async () => {
    const app = document.querySelector('flowsieve-app') as unknown as { analysis: Analysis };
    const { analysis } = app;
    const text = (options: object) => new Response(analysis.export(options)).text();
    return {
      digest: await analysis.digest(),
      sets: analysis.model.sets,
      calibration: analysis.model.card.calibration,
      sizes: analysis.summary.setSizes,
      coverage: analysis.summary.coverage,
      rows: (await analysis.rows(0, analysis.rowCount)).map((row) => row.set),
      results: await text({ resultsOnly: true }),
      scored: await text({}),
    };
  });
  expect(found.digest).toBe(native.digest);
  expect(found.results).toBe(readFileSync(path('results.csv'), 'utf8'));
  expect(found.scored).toBe(readFileSync(path('scored.csv'), 'utf8'));
  expect(found.sets?.coverage).toBe(native.sets.stated_coverage);
  expect(found.coverage).toBe(native.sets.coverage);
  expect(Math.abs((found.coverage ?? 0) - (found.sets?.coverage ?? 1))).toBeLessThan(0.03);
  expect(found.sizes).toEqual(native.sets.rows_per_size);
  expect(found.calibration?.rows).toBeGreaterThan(500);
  expect(found.rows).toEqual(results.slice(1).map(setOf));
  const counted = [0, 0, 0, 0];
  for (const set of found.rows) counted[set?.length ?? 9] = (counted[set?.length ?? 9] ?? 0) + 1;
  expect(counted).toEqual(found.sizes);
  expect(counted[1]).toBeGreaterThan(500);
  expect(counted[2], 'two classes cannot be told apart').toBeGreaterThan(300);

  await expect(page.getByTestId('sets')).toContainText('one of several');
  await expect(page.getByTestId('flow-table')).toContainText('Possible classes');
  await expect(page.getByTestId('flow-table')).toContainText('SqlInjection or XSS');
});

test('a model without calibration has no sets', async ({ page, site }) => {
  const path = (name: string) => test.info().outputPath(name);
  const [known, model] = [path('known.csv'), path('votes.sieve')];
  writeFileSync(known, flows(500, 1));
  const small = ['--trees', '4', '--leaves', '8', '--calibration-parts', '0'];
  flowsieve('train', known, '--label', 'label', ...small, '--out', model);
  await page.goto(site.root);
  const pack = readFileSync(model).toString('base64');
  const found = await page.evaluate(
    async ({ pack, text }) => {
      const library: Library = await import(new URL('flowsieve.js', document.baseURI).href);
      const bytes = Uint8Array.from(atob(pack), (character) => character.charCodeAt(0));
      const analysis = await library.analyze(new Blob([text]), { model: bytes.buffer });
      const rows = await analysis.rows(0, 3);
      const { model, summary } = analysis;
      analysis.dispose();
      return { sets: model.sets, rows: rows.map((row) => row.set), sizes: summary.setSizes };
    },
    { pack, text: flows(100, 3) },
  );
  expect(found).toEqual({ sets: null, rows: [null, null, null], sizes: [0, 0, 0, 0] });
});
