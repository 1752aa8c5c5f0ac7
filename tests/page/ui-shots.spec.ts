// Pictures of every sample's results, to be looked at: test-results/samples/.

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SampleEntry } from '../../www/src/api.js';
import { DIST, expect, test } from './fixtures.js';
import { finished } from './ui-page.js';

const samples = JSON.parse(readFileSync(join(DIST, 'samples/index.json'), 'utf8')) as SampleEntry[];
const FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), '../../test-results/samples');

for (const { name } of samples) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [390, 1024, 1440]) {
      test(`${name}, ${colorScheme}, ${width} pixels`, async ({ page, site }) => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.goto(site.root);
        await page.locator(`[data-sample="${name}"]`).click();
        await finished(page);
        await expect(page.locator('.chart')).toHaveCount(4);
        await expect(page.locator('regular-table tbody td').first()).toBeVisible();
        const path = join(FOLDER, `${name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide).toBeLessThanOrEqual(0);
      });
    }
  }
}
