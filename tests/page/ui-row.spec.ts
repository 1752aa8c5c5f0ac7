// The panel of one flow: why it got its class, as `flowsieve explain` says it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, nativeProgram, test } from './fixtures.js';
import { type App, file, finished, flows, SAMPLE } from './ui-page.js';

const TESTS = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'flowsieve-row-'));
/** A model of the sample, small and with all that a model has that is trained today. */
const MODEL = join(folder, 'own.sieve');

function flowsieve(...words: string[]): string {
  return execFileSync(nativeProgram(), words, { encoding: 'utf8', stdio: 'pipe' });
}

test.beforeAll(() => {
  const shape = ['--trees', '10', '--leaves', '32', '--benign', 'MQTT_Publish'];
  flowsieve('train', SAMPLE.file, '--label', 'Attack_type', '--out', MODEL, ...shape);
});

test.afterAll(() => rmSync(folder, { recursive: true }));

/** The sample with the model above. */
async function analysed(page: Page, address: string, input = [MODEL, SAMPLE.file]): Promise<void> {
  await page.goto(address);
  await page.getByTestId('file-input').setInputFiles(input);
  await finished(page);
  await expect(page.locator('regular-table tbody td').first()).toBeVisible();
}

const panel = (page: Page) => page.getByTestId('row-panel');
const rowNumbers = (page: Page) => page.locator('regular-table tbody tr:visible th');

/** The table of reasons as lines of its cells. */
async function reasons(page: Page): Promise<string[][]> {
  await expect(page.getByTestId('row-reasons')).toBeVisible();
  const rows = page.getByTestId('row-reasons').locator('tbody tr');
  return await rows.evaluateAll((found) =>
    found.map((row) => {
      const place = row.querySelector('.place')?.textContent ?? '';
      const cells = [...row.querySelectorAll('th, td.num')].map(({ textContent }) => textContent);
      return [cells[0]?.slice(0, cells[0].length - place.length) ?? '', ...cells.slice(1), place];
    }),
  );
}

/** The same of what the program prints. */
function printedReasons(printed: string): string[][] {
  const lines = printed.split('\n');
  const from = lines.findIndex((line) => line.startsWith('  column')) + 1;
  const to = lines.findIndex((line) => line.startsWith('  nothing known'));
  expect(from > 0 && to > from, printed).toBe(true);
  return lines.slice(from, to).map((line) => line.trim().split(/\s{2,}/));
}

for (const build of ['root', 'singleFile'] as const) {
  test(`a row says why it got its class, as the program does (${build})`, async ({
    page,
    site,
    context,
  }) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await analysed(page, site[build]);
    await context.setOffline(true);
    for (const row of [2, 5]) {
      await rowNumbers(page)
        .nth(row - 1)
        .click();
      await expect(page.getByTestId('row-answer')).toContainText('of the votes are for');
      await page.getByTestId('row-all').click();
      const shown = await reasons(page);
      const printed = flowsieve('explain', MODEL, SAMPLE.file, '--row', String(row), '--all');
      const lines = printedReasons(printed);
      expect(shown.length).toBe(lines.length);
      for (const [at, [column, value, points, place]] of shown.entries()) {
        const line = [column, value, points, place?.replaceAll('\u202f', ' ')];
        expect(line.filter((text) => text !== '')).toEqual(lines[at]);
      }
      const [votes] = printed.match(/[\d.]+ % of the votes are for \S+\. .* gets [\d.]+ %/) ?? [];
      const answer = (await page.getByTestId('row-answer').textContent()) ?? '';
      expect(answer.replaceAll('\u202f', ' ')).toContain(votes);
      await page.getByTestId('row-close').click();
      await expect(panel(page)).toHaveCount(0);
    }
    expect(complaints).toEqual([]);
  });
}

test('what is shown adds up', async ({ page, site }) => {
  await analysed(page, site.root);
  await rowNumbers(page).first().click();
  const leading = await reasons(page);
  expect(leading).toHaveLength(10);
  const figure = (text: string) => Number(text.replace('\u2212', '-'));
  const foot = await page.getByTestId('row-reasons').locator('tfoot td.num').allTextContents();
  const [others = '', expectation = '', output = ''] = foot;
  const sum = leading.reduce((total, [, , points]) => total + figure(points ?? ''), 0);
  const together = sum + figure(others) + figure(expectation);
  // Twelve figures of two decimals.
  expect(Math.abs(together - figure(output))).toBeLessThan(0.065);
});

test('the keyboard opens a row, goes on to others, and comes back to the table', async ({
  page,
  site,
}) => {
  await analysed(page, site.root);
  await page.locator('regular-table').focus();
  await page.keyboard.press('Enter');
  await expect(panel(page).getByRole('heading')).toHaveText('Row 1');
  await expect(panel(page).getByRole('heading')).toBeFocused();
  await expect(page.getByTestId('row-previous')).toBeDisabled();
  await page.keyboard.press('ArrowRight');
  await expect(panel(page).getByRole('heading')).toHaveText('Row 2');
  await page.keyboard.press('ArrowLeft');
  await expect(panel(page).getByRole('heading')).toHaveText('Row 1');
  for (let row = 2; row <= 40; row += 1) await page.keyboard.press('ArrowRight');
  await expect(panel(page).getByRole('heading')).toHaveText('Row 40');
  await page.keyboard.press('Escape');
  await expect(panel(page)).toHaveCount(0);
  await expect(page.locator('regular-table')).toBeFocused();
  // The table went along.
  await expect(page.locator('regular-table tbody th.is-target')).toHaveText('40');
  await page.keyboard.press('Enter');
  await expect(panel(page).getByRole('heading')).toHaveText('Row 40');
});

test('any class can be asked about, and only the rows of a filter are gone through', async ({
  page,
  site,
}) => {
  await analysed(page, site.root);
  await page.getByTestId('filter').selectOption('class:ARP_poisioning');
  await expect(page.getByTestId('filter-status')).toContainText('ARP_poisioning');
  await rowNumbers(page).first().click();
  const choice = page.getByTestId('row-class');
  await expect(choice).toHaveValue('ARP_poisioning');
  const first = await reasons(page);
  await choice.selectOption('DOS_SYN_Hping');
  await expect(page.getByTestId('row-answer')).toContainText('for DOS_SYN_Hping');
  expect(await reasons(page)).not.toEqual(first);
  await page.getByTestId('row-next').click();
  await expect(choice).toHaveValue('ARP_poisioning');
  await expect(page.getByTestId('row-facts')).toContainText('ARP_poisioning');
});

test('rows and models that cannot be explained say why', async ({ page, site }) => {
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(MODEL);
  await page.getByTestId('file-input').setInputFiles(flows(['too,few,cells', ...SAMPLE.lines]));
  await finished(page);
  await rowNumbers(page).first().click();
  await expect(page.getByTestId('row-answer')).toContainText('Row 1 could not be read');
  await page.getByTestId('row-next').click();
  await expect(page.getByTestId('row-answer')).toContainText('of the votes are for');
  await page.getByTestId('row-close').click();

  // A model from before there were explanations.
  await page.getByTestId('file-input').setInputFiles(join(TESTS, 'golden/format-1.sieve'));
  const names = Array.from({ length: 6 }, (_, index) => `feature ${index}`).join(',');
  const rows = '1,word 1,2,3,word 2,4\n2,word 0,1,7,word 1,5\n';
  await page.getByTestId('file-input').setInputFiles(file('made-up.csv', `${names}\n${rows}`));
  await finished(page);
  await rowNumbers(page).first().click();
  await expect(page.getByTestId('row-answer')).toContainText('Train the model anew');
  await expect(page.getByTestId('row-columns').locator('tbody tr')).toHaveCount(6);
});

for (const width of [390, 1280, 1440]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`the panel for everybody, ${width} pixels, ${colorScheme}`, async ({ page, site }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await analysed(page, site.root);
      await rowNumbers(page).nth(3).click();
      await expect(page.getByTestId('row-reasons')).toBeVisible();
      await page.screenshot({ path: test.info().outputPath('row.png') });
      const { violations } = await new AxeBuilder({ page })
        .include('.row-panel')
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
        .analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      const wide = await panel(page).evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth);
      expect(wide).toBeLessThanOrEqual(0);
    });
  }
}

test('analysis.explain adds up, for any class, and names what it refuses', async ({
  page,
  site,
}) => {
  await analysed(page, site.root);
  const found = await page.evaluate(async () => {
    const { analysis } = document.querySelector('flowsieve-app') as unknown as App;
    if (!analysis) throw new Error('nothing was analysed');
    const errors: number[] = [];
    let sameClass = 0;
    for (let row = 0; row < 60; row += 1) {
      const other = analysis.model.classes[row % analysis.model.classes.length]?.name;
      const [shown] = await analysis.rows(row, row + 1);
      const [own, asked] = await Promise.all([
        analysis.explain(row),
        analysis.explain(row, { class: other }),
      ]);
      for (const { features, expectation, output } of [own, asked]) {
        const sum = features.reduce((total, { contribution }) => total + contribution, expectation);
        errors.push(Math.abs(sum - output));
      }
      // The output is a share of votes, of which the confidence is made.
      if (own.class === shown?.class && own.output > 0) sameClass += 1;
    }
    const kind = (promise: Promise<unknown>) =>
      promise.then(
        () => '',
        (error: { kind: string }) => error.kind,
      );
    const kinds = [
      await kind(analysis.explain(-1)),
      await kind(analysis.explain(0, { class: 'none' })),
    ];
    return { worst: Math.max(...errors), sameClass, kinds };
  });
  expect(found.worst).toBeLessThan(1e-9);
  expect(found.sameClass).toBe(60);
  expect(found.kinds).toEqual(['bad-option', 'no-such-class']);
});
