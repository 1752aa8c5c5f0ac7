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
/** The same, of boosted trees. */
const BOOSTED = join(folder, 'boosted.sieve');

function flowsieve(...words: string[]): string {
  return execFileSync(nativeProgram(), words, { encoding: 'utf8', stdio: 'pipe' });
}

test.beforeAll(() => {
  const shape = ['--trees', '10', '--leaves', '32', '--benign', 'MQTT_Publish'];
  const train = ['train', SAMPLE.file, '--label', 'Attack_type', ...shape];
  flowsieve(...train, '--out', MODEL);
  flowsieve(...train, '--learner', 'boosted', '--out', BOOSTED);
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

/** Opens a row of the first ones, and compares its panel with what the program prints, which holds the sentence. */
async function checkPanel(page: Page, model: string, row: number, sentence: RegExp): Promise<void> {
  await rowNumbers(page)
    .nth(row - 1)
    .click();
  await expect(page.getByTestId('row-answer')).toContainText('A flow of which nothing is known');
  await page.getByTestId('row-all').click();
  const shown = await reasons(page);
  const printed = flowsieve('explain', model, SAMPLE.file, '--row', String(row), '--all');
  const lines = printedReasons(printed);
  expect(shown.length).toBe(lines.length);
  for (const [at, [column, value, points, place]] of shown.entries()) {
    const line = [column, value, points, place?.replaceAll('\u202f', ' ')];
    expect(line.filter((text) => text !== '')).toEqual(lines[at]);
  }
  const [said = 'nothing'] = printed.match(sentence) ?? [];
  const answer = (await page.getByTestId('row-answer').textContent()) ?? '';
  expect(answer.replaceAll('\u202f', ' ')).toContain(said);
  const facts = page.getByTestId('row-facts').locator('div');
  for (const [name, begin] of [
    ['Confidence', 'confidence'],
    ['Attack probability', 'attack'],
  ] as const) {
    const found = await facts.filter({ hasText: name }).locator('dd').textContent();
    const [, printedShare] = printed.match(new RegExp(`^  ${begin} +([\\d.]+) %$`, 'm')) ?? [];
    // The page writes '> 99.9 %' for what is not all.
    const off = Number.parseFloat(found?.replace(/[<>\u202f]/g, '') ?? '') - Number(printedShare);
    expect(Math.abs(off), `${found}, ${printedShare} %`).toBeLessThan(0.11);
  }
  await page.getByTestId('row-close').click();
  await expect(panel(page)).toHaveCount(0);
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
    const votes = /[\d.]+ % of the votes are for \S+\. .* gets [\d.]+ %/;
    for (const row of [2, 5]) await checkPanel(page, MODEL, row, votes);
    expect(complaints).toEqual([]);
  });
}

test('what boosted trees say is explained in log-odds, as the program does', async ({
  page,
  site,
}) => {
  await analysed(page, site.root, [BOOSTED, SAMPLE.file]);
  await expect(page.locator('flowsieve-model-card').first()).toContainText(
    'boosted trees trained on',
  );
  const odds =
    /log-odds of \S+ against the average class are [+\u2212][\d.]+\. .* gets [+\u2212]?[\d.]+/;
  for (const row of [2, 5]) await checkPanel(page, BOOSTED, row, odds);
  await rowNumbers(page).first().click();
  await expect(page.getByTestId('row-answer')).toContainText('Each +0.69 doubles the odds');
  await expect(page.getByTestId('row-reasons').locator('thead')).toContainText('Log-odds');
  await expect(panel(page)).not.toContainText('votes');
});

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

for (const [what, model, unit] of [
  ['a random forest', MODEL, 'share'],
  ['boosted trees', BOOSTED, 'log-odds'],
] as const) {
  test(`analysis.explain of ${what} adds up, for any class, and names what it refuses`, async ({
    page,
    site,
  }) => {
    await analysed(page, site.root, [model, SAMPLE.file]);
    const found = await page.evaluate(async () => {
      const { analysis } = document.querySelector('flowsieve-app') as unknown as App;
      if (!analysis) throw new Error('nothing was analysed');
      const errors: number[] = [];
      const units = new Set<string>();
      const attacks: number[] = [];
      /** The class's probability by the definition of softmax, less the row's confidence. */
      const softmaxErrors: number[] = [];
      let sameClass = 0;
      for (let row = 0; row < 60; row += 1) {
        const { classes } = analysis.model;
        const other = classes[row % classes.length]?.name;
        const [shown] = await analysis.rows(row, row + 1);
        const [own, asked] = await Promise.all([
          analysis.explain(row),
          analysis.explain(row, { class: other }),
        ]);
        for (const { features, expectation, output, unit } of [own, asked]) {
          const sum = features.reduce(
            (total, { contribution }) => total + contribution,
            expectation,
          );
          errors.push(Math.abs(sum - output));
          units.add(unit);
        }
        attacks.push(own.attackProbability);
        // The output is what the confidence is made of.
        if (own.class === shown?.class && own.output > 0) sameClass += 1;
        if (row % 10 > 0) continue;
        const all = await Promise.all(
          classes.map(({ name }) => analysis.explain(row, { class: name })),
        );
        const odds = all.map(({ output }) => Math.exp(output - own.output));
        const confidence = 1 / odds.reduce((total, weight) => total + weight);
        softmaxErrors.push(Math.abs(confidence - (shown?.confidence ?? Number.NaN)));
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
      const results = await new Response(analysis.export({ resultsOnly: true })).text();
      const lines = results.split('\n').slice(1, 61);
      return {
        worst: Math.max(...errors),
        softmax: Math.max(...softmaxErrors),
        units: [...units],
        attacks,
        exported: lines.map((line) => line.split(',')[2]),
        sameClass,
        kinds,
      };
    });
    expect(found.worst).toBeLessThan(1e-9);
    expect(found.units).toEqual([unit]);
    expect(found.exported).toHaveLength(60);
    for (const [row, exported] of found.exported.entries()) {
      // Rounded to four digits.
      expect(Math.abs((found.attacks[row] ?? 2) - Number(exported))).toBeLessThan(0.000051);
    }
    expect(found.softmax < 1e-5).toBe(unit === 'log-odds');
    expect(found.sameClass).toBe(60);
    expect(found.kinds).toEqual(['bad-option', 'no-such-class']);
  });
}
