// The card's evaluations: what `flowsieve train` found in several ways, on the page and in the library.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { ModelInfo } from '../../www/src/api.js';
import { expect, nativeProgram, test } from './fixtures.js';

/** Trains a model of three kinds of made-up flows over four days, one of them on the last day alone. */
function trainModel(labels = ['benign', 'benign', 'flood', 'scan']): {
  model: string;
  printed: string;
} {
  const lines = ['ts,window,size,noise,label'];
  for (let row = 0; row < 600; row++) {
    const day = Math.floor(row / 150);
    const own = labels[row % labels.length] ?? 'benign';
    const label = own === 'scan' && day === 3 ? 'worm_of_the_last_day' : own;
    const window = (own === 'benign' ? 10 : 100) + (row % 3);
    const size = own === 'flood' ? 60 : (row * 7) % 900;
    lines.push(
      `2017-07-0${3 + day} 10:00:${10 + (row % 50)},${window},${size},${row % 11},${label}`,
    );
  }
  const flows = test.info().outputPath('flows.csv');
  writeFileSync(flows, `${lines.join('\n')}\n`);
  const model = test.info().outputPath('evaluated.sieve');
  const words = ['--label', 'label', '--lab-columns', 'window', '--trees', '6', '--leaves', '16'];
  const benign = labels.includes('benign') ? ['--benign', 'benign'] : [];
  execFileSync(nativeProgram(), ['train', flows, ...words, ...benign, '--out', model], {
    stdio: 'pipe',
  });
  const printed = execFileSync(nativeProgram(), ['info', model], { encoding: 'utf8' });
  return { model, printed };
}

/** The cells of the rows below the line that begins so. */
function tableBelow(printed: string, heading: RegExp, rows: number): string[][] {
  const lines = printed.split('\n');
  const from = lines.findIndex((line) => heading.test(line));
  expect(from, `${heading} in ${printed}`).toBeGreaterThanOrEqual(0);
  return lines.slice(from + 1, from + 1 + rows).map((line) => line.trim().split(/\s{2,}/));
}

async function showModel(page: Page, root: string, model: string): Promise<void> {
  await page.goto(root);
  await page.getByTestId('model-input').setInputFiles(model);
  await expect(page.locator('.own-model')).toContainText('Using your model');
}

test('the page shows what the native program prints', async ({ page, site }) => {
  const { model, printed } = trainModel();
  await showModel(page, site.root, model);
  const table = page.getByTestId('evaluations');
  await expect(table.locator('tbody tr')).toHaveCount(4);
  const native = tableBelow(printed, /^ {2}evaluated /, 4);
  for (const [i, cells] of native.entries()) {
    const shown = await table.locator('tbody tr').nth(i).locator('td').allInnerTexts();
    expect(shown, cells[0]).toEqual(cells.slice(1));
  }
  const f1 = tableBelow(printed, /^ {2}F1 of /, 4);
  for (const [i, kind] of ['random', 'grouped', 'order', 'without'].entries()) {
    await table.locator(`input[value="${kind}"]`).check();
    const classes = page.locator('flowsieve-evaluations .per-class tbody tr');
    const expected = f1.filter((cells) => cells[i + 1] !== '–').map((cells) => cells[i + 1]);
    await expect(classes).toHaveCount(expected.length);
    await expect(classes.locator('td:nth-of-type(3)')).toHaveText(expected as string[]);
  }
  await table.locator('input[value="order"]').check();
  await expect(page.getByTestId('evaluation-method')).toContainText('first 3 of 4 days');
  await expect(page.getByTestId('one-sided')).toContainText('worm_of_the_last_day (38)');
  await expect(page.getByTestId('card-confusion').locator('tbody tr')).toHaveCount(4);
});

test('the library gives the evaluations of a model', async ({ page, site }) => {
  const { model } = trainModel();
  await page.goto(site.root);
  await page.route('**/evaluated.sieve', (route) => route.fulfill({ path: model }));
  const info = await page.evaluate(async () => {
    const address = new URL('flowsieve.js', document.baseURI).href;
    const library = (await import(address)) as typeof import('../../www/src/flowsieve.js');
    return await library.modelInfo('evaluated.sieve');
  });
  const { evaluation, evaluations }: ModelInfo['card'] = info.card;
  expect(evaluations.map(({ kind }) => kind)).toEqual(['random', 'grouped', 'order', 'without']);
  expect(evaluation).toEqual(evaluations[1]);
  for (const each of evaluations) {
    expect(each.confusion.matrix.flat().reduce((sum, rows) => sum + rows)).toBe(each.testRows);
    expect(each.falsePositivesPerMillion).toBe((1e6 * each.falsePositives) / each.benignRows);
  }
  expect(evaluations[2]?.oneSided).toContainEqual({
    class: 'worm_of_the_last_day',
    trainRows: 0,
    testRows: 38,
  });
  expect(evaluations[3]?.columns).toEqual(['window']);
});

test('a model that knows attacks alone says so', async ({ page, site }) => {
  const { model } = trainModel(['flood', 'scan']);
  await showModel(page, site.root, model);
  await expect(page.locator('flowsieve-model-card')).toContainText('It knows attacks alone');
  await expect(page.getByTestId('evaluation-method')).toContainText('No benign flows were scored');
});

for (const width of [390, 1440]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} pixels wide, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 900 }, colorScheme });

      test('evaluations are for everybody', async ({ page, site }) => {
        const { model } = trainModel();
        await showModel(page, site.root, model);
        await page.getByTestId('evaluations').locator('input[value="order"]').check();
        await page.screenshot({ path: test.info().outputPath('card.png'), fullPage: true });
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
          .analyze();
        expect(
          violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((n) => n.target) })),
        ).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        expect(overflow).toBeLessThanOrEqual(0);
      });
    });
  }
}
