// Whether a file's flows are spread as those that the model learned from.

import { expect, test } from './fixtures.js';
import { finished, flows, SAMPLE, summaryOf, trySample } from './ui-page.js';

test('the sample is like the flows its model learned from', async ({ page, site }) => {
  await page.goto(site.root);
  await trySample(page);
  await expect(page.getByTestId('drift')).toContainText('has drifted: these flows are spread as');
  await expect(page.getByTestId('drift-doubt')).toHaveCount(0);
  const { summary } = await summaryOf(page);
  const compared = summary.columns.filter(({ psi }) => psi !== null);
  expect(compared.length).toBeGreaterThan(10);
  for (const { name, psi } of compared) expect(psi, name).toBeLessThan(0.25);
});

test('flows in other units are not', async ({ page, site }) => {
  // Of some exporters, all numbers are in thousandths.
  const rows = SAMPLE.lines.map((line) =>
    line.replace(
      /(^|,)([1-9][0-9.]*)(?=,)/g,
      (_, before, value) => `${before}${Number(value) * 1000}`,
    ),
  );
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(flows(rows));
  await finished(page);
  await expect(page.getByTestId('drift')).toContainText(
    /^\d+ of \d+ columns have drifted, most of all/,
  );
  await expect(page.getByTestId('drift-doubt')).toContainText('classes may not hold');
  const { summary } = await summaryOf(page);
  const drifted = summary.columns.filter(({ psi }) => psi !== null && psi > 0.25);
  await page.getByText('Column by column').click();
  const table = page.getByTestId('drift-columns');
  await expect(table.getByRole('cell', { name: 'drifted', exact: true })).toHaveCount(
    drifted.length,
  );
  const [worst] = [...drifted].sort((a, b) => (b.psi ?? 0) - (a.psi ?? 0));
  await expect(table.locator('tbody tr').first()).toContainText(worst?.psi?.toFixed(2) ?? 'none');
});

test('a few flows are too few to tell', async ({ page, site }) => {
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(flows(SAMPLE.lines.slice(0, 499)));
  await finished(page);
  await expect(page.getByTestId('drift')).toContainText('499 rows are too few to tell');
  const { summary } = await summaryOf(page);
  expect(summary.columns.every(({ psi }) => psi === null)).toBe(true);
});
