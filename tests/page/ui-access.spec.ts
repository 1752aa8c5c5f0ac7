// The page for everybody: WCAG 2.1 AA by axe, the keyboard alone, narrow screens, forced colours.

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import { file, finished, flows, SAMPLE, trySample } from './ui-page.js';

const WIDTHS = [390, 1440];
const SCHEMES = ['light', 'dark'] as const;

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  const found = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }));
  expect(found).toEqual([]);
}

/** Pixels that the page is wider than the window. */
async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

async function openEverything(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}

for (const width of WIDTHS) {
  for (const colorScheme of SCHEMES) {
    test.describe(`${width} pixels wide, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 900 }, colorScheme });

      test('the empty page', async ({ page, site }) => {
        await page.goto(site.root);
        await expect(page.getByText('Columns by importance')).toBeVisible();
        await openEverything(page);
        await expectAccessible(page);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
      });

      test('results, rejects, everything open', async ({ page, site }) => {
        await page.goto(site.root);
        const rows = [...SAMPLE.lines, 'too,few,cells'];
        await page.getByTestId('file-input').setInputFiles(flows(rows));
        await finished(page);
        await page.screenshot({ path: test.info().outputPath('results.png'), fullPage: true });
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await openEverything(page);
        await expect(page.getByTestId('connect-apply')).toBeVisible();
        await page.screenshot({ path: test.info().outputPath('open.png'), fullPage: true });
        await expectAccessible(page);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
      });

      test('an error', async ({ page, site }) => {
        await page.goto(site.root);
        await page.getByTestId('file-input').setInputFiles(file('a.csv', 'a,b\n1,2\n'));
        await expect(page.getByTestId('problem')).toBeVisible();
        await expect(page.getByTestId('connect-apply')).toBeVisible();
        await openEverything(page);
        await expectAccessible(page);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
      });
    });
  }
}

for (const width of [390, 500, 768, 1024, 1280]) {
  test(`no sideways scrolling at ${width} pixels`, async ({ page, site }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(site.root);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await trySample(page);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
}

test('forced colours and reduced motion', async ({ page, site }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.goto(site.root);
  await trySample(page);
  await page.screenshot({ path: test.info().outputPath('forced.png'), fullPage: true });
  await expectAccessible(page);
  const smooth = await page.evaluate(
    () => getComputedStyle(document.documentElement).scrollBehavior,
  );
  expect(smooth).toBe('auto');
});

test.describe('with the keyboard alone', () => {
  /** Presses Tab until the element with this test id has the focus. */
  async function tabTo(page: Page, testId: string): Promise<void> {
    for (let presses = 0; presses < 80; presses += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
      if (at === testId) return;
    }
    throw new Error(`Tab does not reach ${testId}`);
  }

  test('from the sample to the last flow', async ({ page, site }) => {
    await page.goto(site.root);
    await expect(page.getByTestId('try-sample').first()).toBeVisible();
    await tabTo(page, 'file-input');
    await tabTo(page, 'try-sample');
    await page.keyboard.press('Enter');
    await finished(page);
    // The button is gone; the focus is on the file's name, not lost.
    await expect(page.locator('.run-name')).toBeFocused();
    await tabTo(page, 'threshold');
    const before = await page.getByTestId('flagged').textContent();
    for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press('PageDown');
    await expect(page.getByTestId('flagged')).not.toHaveText(before ?? '');
    await tabTo(page, 'jump-row');
    await page.keyboard.type(String(SAMPLE.lines.length));
    await page.keyboard.press('Enter');
    const rows = page.locator('regular-table tbody th:visible');
    await expect(rows.last()).toHaveText(SAMPLE.lines.length.toLocaleString('en'));
    await tabTo(page, 'flow-table');
    await page.keyboard.press('Home');
    await expect(rows.first()).toHaveText('1');
  });

  test('a file picker opens from the keyboard', async ({ page, site }) => {
    // Asked for early: from here on the browser hands its dialog over instead of opening it.
    const chooser = page.waitForEvent('filechooser');
    await page.goto(site.root);
    await expect(page.getByText('Columns by importance')).toBeVisible();
    await tabTo(page, 'file-input');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(SAMPLE.file);
    await finished(page);
  });

  test('the first stop skips to the content', async ({ page, site }) => {
    await page.goto(site.root);
    await expect(page.getByTestId('try-sample').first()).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('main')).toBeFocused();
  });
});
