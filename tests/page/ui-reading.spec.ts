// What was guessed about a file is corrected on the page: which column is which, and how it is written.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { DIST, expect, nativeProgram, test } from './fixtures.js';
import { COLONS, FOREIGN, KNOWN, NAMES } from './foreign.js';
import { file, finished, summaryOf } from './ui-page.js';

/** The sample's results under its own names, which every correction leads back to. */
async function expected(page: Page) {
  await page.getByTestId('file-input').setInputFiles(file('known.csv', KNOWN));
  await finished(page);
  return await counts(page);
}

async function counts(page: Page) {
  const { summary, classes } = await summaryOf(page);
  const { rows, rejected, classCounts, labelCounts, rankHistogram } = summary;
  return { classes, rows, rejected, classCounts, labelCounts, rankHistogram };
}

function column(page: Page, name: string) {
  return page.locator(`flowsieve-connect li[data-column="${name}"]`);
}

/** Drops the file with foreign names and connects all of its columns with the model for IoT-23. */
async function connectAll(page: Page): Promise<void> {
  await page.getByTestId('file-input').setInputFiles(file('foreign.csv', FOREIGN));
  const notice = page.getByTestId('problem');
  await expect(notice).toHaveAttribute('data-kind', 'no-schema-match');
  await notice.getByTestId('connect-model').selectOption({ value: 'iot23' });
  const all = page.getByTestId('connect-all');
  await expect(column(page, 'duration')).toBeVisible();
  if (await all.isVisible()) await all.click();
  for (const row of await page.locator('flowsieve-connect li').all()) {
    const name = (await row.getAttribute('data-column')) ?? '';
    const foreign = NAMES[name];
    if (foreign !== undefined) await row.locator('select').selectOption({ label: foreign });
  }
}

test('columns under foreign names are connected, remembered and forgotten', async ({
  page,
  site,
}) => {
  await page.goto(site.root);
  const before = await expected(page);
  await connectAll(page);
  await expect(page.getByTestId('connect-status')).toContainText('100.0');
  await page.getByTestId('connect-apply').click();
  await finished(page);
  expect(await counts(page)).toEqual(before);
  await expect(page.getByTestId('connected')).toContainText('by hand');

  await page.reload();
  await page.getByTestId('file-input').setInputFiles(file('again.csv', FOREIGN));
  await finished(page);
  expect(await counts(page)).toEqual(before);
  await expect(page.getByTestId('connected')).toContainText('as you did before');
  await page.getByTestId('connect-forget').click();
  await expect(page.getByTestId('problem')).toHaveAttribute('data-kind', 'no-schema-match');
  expect(await page.evaluate(() => localStorage.getItem('flowsieve-columns'))).toBeNull();
});

test('similar names are guessed, and said to be guesses', async ({ page, site }) => {
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(file('foreign.csv', FOREIGN));
  await expect(page.getByTestId('connect-model')).toHaveValue('iot23');
  const guesses = {
    duration: 'Flow Dur',
    orig_bytes: 'src_bytes',
    resp_bytes: 'dst_bytes',
    conn_state: 'state',
    orig_pkts: 'src_packets',
    resp_pkts: 'dst pkts',
    proto: 'Protocol',
  };
  for (const [name, foreign] of Object.entries(guesses)) {
    const row = column(page, name);
    await expect(row.locator('select option:checked')).toHaveText(foreign);
    await expect(row).toContainText('a guess');
  }
  await expect(column(page, 'history').locator('select option:checked')).toHaveText(
    'not in the file',
  );
  await column(page, 'duration').locator('select').selectOption({ label: 'Verlust' });
  await expect(column(page, 'duration')).not.toContainText('a guess');
  await column(page, 'history').locator('select').selectOption({ label: 'Verlust' });
  await expect(column(page, 'history')).toContainText('also taken for duration');
});

test('a saved file says the same to the page and to the command line', async ({ page, site }) => {
  await page.goto(site.root);
  const before = await expected(page);
  await connectAll(page);
  const download = page.waitForEvent('download');
  await page.getByTestId('connect-save').click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('foreign-columns.json');
  const columns = test.info().outputPath('columns.json');
  await saved.saveAs(columns);

  // By itself it waits for the next file, or is taken for the one on the page; or both come together.
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(columns);
  await expect(page.getByTestId('pending-columns')).toContainText('columns.json');
  await page.getByTestId('file-input').setInputFiles(file('next.csv', FOREIGN));
  await finished(page);
  expect(await counts(page)).toEqual(before);
  await expect(page.getByTestId('connected')).toContainText('as the columns file says');

  await page.evaluate(() => localStorage.clear());
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(file('refused.csv', FOREIGN));
  await expect(page.getByTestId('problem')).toBeVisible();
  await page.getByTestId('file-input').setInputFiles(columns);
  await finished(page);
  expect(await counts(page)).toEqual(before);

  const flows = test.info().outputPath('flows.csv');
  const json = test.info().outputPath('evaluation.json');
  writeFileSync(flows, FOREIGN);
  const model = join(DIST, 'models/iot23.sieve');
  const more = ['--columns', columns, '--json', json];
  execFileSync(nativeProgram(), ['evaluate', model, flows, ...more], { stdio: 'pipe' });
  const digest = await page.evaluate(async () => {
    const app = document.querySelector('flowsieve-app') as unknown as import('./ui-page.js').App;
    return await app.analysis?.digest();
  });
  expect(JSON.parse(readFileSync(json, 'utf8')).digest).toBe(digest);
});

test('a columns file that cannot be used says why', async ({ page, site }) => {
  await page.goto(site.root);
  const drop = async (json: string) => {
    await page.getByTestId('file-input').setInputFiles(file('c.json', json));
  };
  const notice = page.getByTestId('problem');
  await drop('{"flowsieve-columns":1,"model":"nobody","columns":{}}');
  await expect(notice).toHaveAttribute('data-kind', 'bad-columns-file');
  await expect(notice).toContainText('nobody');
  await drop('{"flowsieve-columns":9,"columns":{}}');
  await expect(notice).toContainText('version 9');
  await drop('{"flowsieve-columns":1,"model":"iot23","columns":{"history":"Verlauf"}}');
  await page.getByTestId('file-input').setInputFiles(file('known.csv', KNOWN));
  await expect(notice).toHaveAttribute('data-kind', 'no-such-column');
  await expect(notice).toContainText('Verlauf');
  await expect(notice.getByTestId('connect-form')).toBeVisible();
});

test('columns of a file that was recognised can be connected otherwise', async ({ page, site }) => {
  await page.goto(site.root);
  await expected(page);
  const matched = Number(await page.getByTestId('columns-matched').textContent());
  await page.getByTestId('connect').locator('summary').click();
  await expect(page.getByTestId('connect-model')).toHaveValue('iot23');
  await column(page, 'history').locator('select').selectOption('not in the file');
  await page.getByTestId('connect-apply').click();
  await expect(page.getByTestId('connected')).toContainText('1 column connected by hand');
  await finished(page);
  await expect(page.getByTestId('columns-matched')).toHaveText(String(matched - 1));
  await expect(page.getByTestId('connect-apply')).toBeFocused();
  await page.getByTestId('columns-missing').click();
  await expect(page.getByRole('row', { name: /history.*by hand/ })).toHaveCount(1);
  await page.getByTestId('connect-forget').click();
  await finished(page);
  await expect(page.getByTestId('columns-matched')).toHaveText(String(matched));
  await expect(page.getByTestId('connected')).toHaveCount(0);
});

test('without storage nothing is remembered, and all else works', async ({ page, site }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  await page.goto(site.root);
  await connectAll(page);
  await page.getByTestId('connect-apply').click();
  await finished(page);
  await expect(page.getByTestId('connected')).toContainText('by hand');
  await page.getByTestId('file-input').setInputFiles(file('again.csv', FOREIGN));
  await expect(page.getByTestId('problem')).toHaveAttribute('data-kind', 'no-schema-match');
});

test('a dialect that was guessed wrongly is corrected where the file was refused', async ({
  page,
  site,
}) => {
  await page.goto(site.root);
  const before = await expected(page);
  await page.getByTestId('file-input').setInputFiles(file('colons.csv', COLONS));
  const notice = page.getByTestId('problem');
  await expect(notice).toHaveAttribute('data-kind', 'no-schema-match');
  await notice.getByTestId('dialect-delimiter').selectOption('colon');
  await notice.getByTestId('dialect-decimalComma').selectOption('comma');
  await notice.getByTestId('dialect-apply').click();
  await finished(page);
  await expect(page.locator('.run-name')).toHaveText('colons.csv');
  expect(await counts(page)).toEqual(before);
  await expect(page.locator('.recognition .facts')).toContainText('colon-separated, decimal comma');

  await page.getByTestId('dialect').locator('summary').click();
  await expect(page.getByTestId('dialect-delimiter')).toHaveValue(':');
  await page.getByTestId('dialect-guess').click();
  await expect(notice).toHaveAttribute('data-kind', 'no-schema-match');
});

test('a header that cannot be read is read without quotes', async ({ page, site }) => {
  await page.goto(site.root);
  const quoted = KNOWN.replace('ts,uid', '"ts,uid');
  await page.getByTestId('file-input').setInputFiles(file('quote.csv', quoted));
  const notice = page.getByTestId('problem');
  await expect(notice).toHaveAttribute('data-kind', 'bad-header');
  await notice.getByTestId('dialect-quotes').selectOption('none');
  await notice.getByTestId('dialect-apply').click();
  await finished(page);
  await expect(page.locator('.recognition .facts')).toContainText('no quotes');
  await expect(page.locator('.run-name')).toBeFocused();
});

test('the single file connects columns too', async ({ page, site }) => {
  await page.goto(site.singleFile);
  await connectAll(page);
  await page.getByTestId('connect-apply').click();
  await finished(page);
  await expect(page.getByTestId('connected')).toContainText('by hand');
});
