// What the tests of the page itself share: its sample, its elements, files to drop on it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Analysis, ModelEntry, SampleEntry } from '../../www/src/api.js';
import { DIST, expect } from './fixtures.js';

/** The page's own element, as far as tests look into it. */
export type App = HTMLElement & { analysis: Analysis | null };

const [sample] = JSON.parse(
  readFileSync(join(DIST, 'samples/index.json'), 'utf8'),
) as SampleEntry[];
if (!sample) throw new Error('the page has no sample');

const [model] = JSON.parse(readFileSync(join(DIST, 'models/index.json'), 'utf8')) as ModelEntry[];
if (!model) throw new Error('the page has no model');

/** The model that comes with the page, as a file of its own. */
export const MODEL = join(DIST, 'models', model.file);

const text = readFileSync(join(DIST, 'samples', sample.file), 'utf8');
const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);

/** The sample that comes with the page: the names of its columns, and its rows as they stand. */
export const SAMPLE = { file: join(DIST, 'samples', sample.file), header, lines };

/** A file of these lines below the sample's header. */
export function flows(rows: readonly string[], name = 'flows.csv') {
  const body = [SAMPLE.header, ...rows].join('\n');
  return { name, mimeType: 'text/csv', buffer: Buffer.from(`${body}\n`) };
}

/** A file of any text. */
export function file(name: string, contents: string) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(contents) };
}

/** Waits until the file was read to its end. */
export async function finished(page: Page): Promise<void> {
  await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'done');
}

export async function trySample(page: Page): Promise<void> {
  await page.locator('[data-testid="try-sample"]').first().click();
  await finished(page);
}

/** What the analysis says, for comparing with what the page shows. */
export async function summaryOf(page: Page) {
  return await page.evaluate(() => {
    const { analysis } = document.querySelector('flowsieve-app') as unknown as App;
    if (!analysis) throw new Error('nothing was analysed');
    const { summary, model, rowCount } = analysis;
    return { summary, classes: model.classes, families: model.families, rowCount };
  });
}

/** Drops the sample's rows, repeated, on the page: a file of any size that takes no memory. */
export async function dropRepeated(page: Page, repeat: number): Promise<void> {
  await page.evaluate(
    ({ header, body, repeat }) => {
      const part = new Blob([body]);
      const parts = [header, ...Array<Blob>(repeat).fill(part)];
      const transfer = new DataTransfer();
      transfer.items.add(new File(parts, 'repeated.csv', { type: 'text/csv' }));
      const drop = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('drop', drop));
    },
    { header: `${SAMPLE.header}\n`, body: `${SAMPLE.lines.join('\n')}\n`, repeat },
  );
}

/** Repetitions of the sample that make about so many megabytes. */
export function repeatsFor(megabytes: number): number {
  return Math.ceil((megabytes * 1e6) / (SAMPLE.lines.join('\n').length + 1));
}

/** 61204 → "61,204", as the page writes it. */
export function grouped(value: number): string {
  return value.toLocaleString('en');
}
