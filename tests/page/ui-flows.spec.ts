// Which flows the page shows and writes: filters, the model and the labels that it is told to use, exports.

import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { ModelEntry } from '../../www/src/api.js';
import { percent } from '../../www/src/app/format.js';
import { FilteredRows } from '../../www/src/app/row-filter.js';
import { evaluateNatively } from './engine-page.js';
import { expect, test } from './fixtures.js';
import {
  type App,
  dropRepeated,
  finished,
  flows,
  grouped,
  repeatsFor,
  SAMPLE,
  summaryOf,
  trySample,
} from './ui-page.js';

test('filtered rows are found by position without a list of them', () => {
  const rows = 20_011;
  const columns = {
    class: Uint8Array.from({ length: rows }, (_, row) => (row % 97 === 5 ? 255 : (row * 7) % 5)),
    label: Uint8Array.from({ length: rows }, (_, row) => row % 3),
    confidence: new Uint16Array(rows),
    rank: new Uint16Array(rows),
  };
  const filters = [
    { classes: [2], label: null, rejected: false },
    { classes: [1, 4], label: 2, rejected: false },
    { classes: [], label: null, rejected: true },
    { classes: null, label: 0, rejected: true },
    { classes: [77], label: null, rejected: false },
  ];
  for (const filter of filters) {
    const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => {
      const found = columns.class[row] ?? 255;
      if (filter.label !== null && columns.label[row] !== filter.label) return false;
      return found === 255
        ? filter.rejected
        : filter.classes === null || (filter.classes as number[]).includes(found);
    });
    const found = new FilteredRows(columns, { ...filter, key: '', text: '' });
    expect(found.length).toBe(kept.length);
    expect(found.rows(0, rows)).toEqual(kept);
    for (const from of [1, 300, 4095, kept.length - 3]) {
      expect(found.rows(from, from + 40)).toEqual(kept.slice(Math.max(from, 0), from + 40));
    }
    for (const row of [0, 1, 4096, 12_345, rows - 1]) {
      const next = kept.findIndex((at) => at >= row);
      expect(found.positionOf(row)).toBe(next < 0 ? kept.length : next);
    }
  }
});

const status = (page: Page) => page.getByTestId('filter-status');
const classesInSight = (page: Page) =>
  page.locator('regular-table tbody tr:visible td:first-of-type');

test.describe('a filter', () => {
  test('by a class, from its name, and back', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const { summary, classes, rowCount } = await summaryOf(page);
    const at = classes.findIndex(({ name }) => name === 'ARP_poisioning');
    const button = page.locator('[data-class="ARP_poisioning"] button');
    await button.focus();
    await page.keyboard.press('Enter');
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await expect(status(page)).toContainText(
      `${grouped(summary.classCounts[at] ?? 0)} flows of ${rowCount}: predicted as ARP_poisioning`,
    );
    await expect(page.locator('#flows')).toBeInViewport();
    await expect(classesInSight(page).first()).toHaveText('ARP_poisioning');
    expect(new Set(await classesInSight(page).allTextContents())).toEqual(
      new Set(['ARP_poisioning']),
    );
    // Rows keep their numbers in the file, and one can be gone to by it.
    await page.getByTestId('jump-row').fill('1');
    await page.getByTestId('jump').click();
    const first = await page.evaluate((index) => {
      const { analysis } = document.querySelector('flowsieve-app') as unknown as App;
      return (analysis?.columns.class.indexOf(index) ?? -1) + 1;
    }, at);
    await expect(page.locator('regular-table tbody th.is-target')).toHaveText(grouped(first));
    await page.getByTestId('filter-clear').click();
    await expect(status(page)).toHaveText(`All ${rowCount} rows`);
    await expect(button).toHaveAttribute('aria-pressed', 'false');
    await expect(page.locator('regular-table tbody th').first()).toHaveText('1');
  });

  test('by a cell of the confusion matrix, with the keyboard', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const { summary } = await summaryOf(page);
    const { labels, matrix } = summary.evaluation?.confusion ?? { labels: [], matrix: [] };
    const cells = page.getByTestId('confusion').locator('button');
    await expect(cells).toHaveCount(matrix.flat().filter((rows) => rows > 0).length);
    // One stop for Tab; arrows move between the figures.
    await expect(page.getByTestId('confusion').locator('button[tabindex="0"]')).toHaveCount(1);
    await page.getByTestId('confusion').locator('button[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    const name = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    const [, rows, label, predicted] =
      name?.match(/^([\d,]+) flows? labelled (\S+), predicted (\S+):/) ?? [];
    expect(matrix[labels.indexOf(label ?? '')]?.[labels.indexOf(predicted ?? '')]).toBe(
      Number(rows),
    );
    await page.keyboard.press('Enter');
    await expect(status(page)).toContainText(`labelled ${label} and predicted as ${predicted}`);
    await expect(status(page)).toContainText(`${rows} flow`);
  });

  test('by the select: families, and rows that could not be read', async ({ page, site }) => {
    await page.goto(site.root);
    await page.getByTestId('file-input').setInputFiles(flows([...SAMPLE.lines, 'too,few,cells']));
    await finished(page);
    await page.getByTestId('filter').selectOption('family:Recon');
    await expect(status(page)).toContainText('predicted as a class of Recon');
    await page.getByTestId('filter').selectOption('rejected');
    await expect(status(page)).toContainText('1 row of');
    await expect(classesInSight(page)).toHaveText(['not read']);
    await page.getByTestId('filter').selectOption('');
    await expect(status(page)).toContainText('All ');
  });
});

test.describe('the model', () => {
  test('can be chosen, and the file is read again', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const models = await page.evaluate(async () => {
      const response = await fetch('models/index.json');
      return (await response.json()) as ModelEntry[];
    });
    const options = page.getByTestId('model-choice').locator('option');
    // Besides the models: the one that fits best, and a detector fitted on the file.
    await expect(options).toHaveCount(models.length + 2);
    await page.getByTestId('model-choice').selectOption('shipped:rt-iot2022');
    await finished(page);
    await expect(page.getByTestId('model-choice')).toHaveValue('shipped:rt-iot2022');
    await expect(page.getByTestId('model')).toContainText('RT-IoT2022');
  });

  test('samples: one for each model, opened with the right one', async ({ page, site }) => {
    await page.goto(site.root);
    const names = await page
      .getByTestId('try-sample')
      .evaluateAll((buttons) => buttons.map((button) => (button as HTMLElement).dataset.sample));
    await expect.poll(() => page.getByTestId('try-sample').count()).toBeGreaterThan(0);
    for (const name of names) {
      await page.locator(`[data-sample="${name}"]`).click();
      await finished(page);
      const used = await page.evaluate(
        () => (document.querySelector('flowsieve-app') as App | null)?.analysis?.model.name,
      );
      expect(`${used}-synthetic`).toBe(name);
      await page.getByRole('link', { name: 'Flowsieve', exact: true }).click();
    }
  });
});

test.describe('labels', () => {
  /** The sample with its label column renamed, and its values as somebody else calls them. */
  function renamed() {
    const header = SAMPLE.header.replace('Attack_type', 'what_it_was');
    expect(header).not.toBe(SAMPLE.header);
    const lines = SAMPLE.lines.map((line) => line.replace('DOS_SYN_Hping', 'flood from hping'));
    const text = `${header}\n${lines.join('\n')}\n`;
    return { name: 'renamed.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
  }

  test('in a column that is chosen, its values mapped to classes', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const whole = (await summaryOf(page)).summary.evaluation;
    await page.getByTestId('file-input').setInputFiles(renamed());
    await finished(page);
    await expect(page.getByTestId('label-column')).toHaveText('none');
    await expect(page.getByTestId('accuracy')).toHaveCount(0);
    await page.getByTestId('label-choice').selectOption({ label: 'what_it_was' });
    await finished(page);
    await expect(page.getByTestId('label-column')).toHaveText('what_it_was');
    await expect(page.getByTestId('unknown-labels')).toContainText('flood from hping');
    const form = page.getByTestId('label-map');
    await form.getByLabel('flood from hping').selectOption('DOS_SYN_Hping');
    await form.getByTestId('label-apply').click();
    await finished(page);
    await expect(page.getByTestId('unknown-labels')).toHaveCount(0);
    expect((await summaryOf(page)).summary.evaluation).toEqual(whole);
    await expect(page.getByTestId('balanced-accuracy')).toHaveText(
      whole?.balancedAccuracy.toFixed(4) ?? '',
    );
    await expect(page.getByTestId('weighted-f1')).toHaveText(whole?.weightedF1.toFixed(4) ?? '');
    await page.getByTestId('label-choice').selectOption({ label: 'no column' });
    await finished(page);
    await expect(page.getByTestId('label-column')).toHaveText('none');
  });
});

test.describe('the detector at every threshold', () => {
  for (const build of ['root', 'singleFile'] as const) {
    test(`chart and table say what the analysis says (${build})`, async ({ page, site }) => {
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.goto(site[build]);
      await trySample(page);
      await expect(page.locator('.chart')).toHaveCount(4);
      await expect(page.locator('.chart path')).not.toHaveCount(0);
      await expect(page.locator('.chart style')).toHaveCount(0);
      const row = await page.evaluate(() => {
        const { analysis } = document.querySelector('flowsieve-app') as unknown as App;
        return analysis?.sweep([0.1]).rows[0];
      });
      if (!row) throw new Error('no sweep');
      const cells = page.getByTestId('sweep-table').locator('tbody tr', {
        has: page.getByRole('rowheader', { name: '10\u202f%', exact: true }),
      });
      const texts = await cells.locator('td').allTextContents();
      const scores = (at: typeof row.own) =>
        [at.precision, at.recall, at.f1].map((value) => value?.toFixed(4) ?? '–');
      expect(texts.slice(1, 4)).toEqual(scores(row));
      expect(texts.slice(6)).toEqual(scores(row.own));
      await expect(page.getByTestId('sweep-all').locator('tbody tr')).toHaveCount(50);
      expect(complaints).toEqual([]);
    });
  }

  test('areas and curves say what the native program says', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const native = evaluateNatively(SAMPLE.file).detectors.isolation_forest;
    const text = (id: string) => page.getByTestId(id);
    await expect(text('curves-auroc')).toHaveText(native.auroc.toFixed(4));
    await expect(text('average-precision')).toHaveText(native.average_precision.toFixed(4));
    await expect(text('base-rate')).toHaveText(native.base_rate.toFixed(4));
    for (const [id, x, y] of [
      ['roc', native.roc.false_alarm_rate, native.roc.recall],
      ['precision-recall', native.precision_recall.recall, native.precision_recall.precision],
    ] as const) {
      const cells = await text(`${id}-points`).locator('td').allTextContents();
      const figures = x.flatMap((share, at) => [share, y[at] ?? Number.NaN]);
      expect(cells).toEqual(figures.map((figure) => percent(figure, 2)));
    }
    await expect(page.getByRole('img', { name: 'Precision over recall' })).toBeVisible();
    await expect(page.getByRole('img', { name: /^ROC/ })).toBeVisible();
  });

  test('curves need labels of both sides', async ({ page, site }) => {
    await page.goto(site.root);
    const labels = SAMPLE.lines.map((line) => line.slice(line.lastIndexOf(',') + 1));
    const first = labels[0];
    const alike = SAMPLE.lines.filter((_, at) => labels[at] === first);
    await page.getByTestId('file-input').setInputFiles(flows(alike));
    await finished(page);
    await expect(page.locator('flowsieve-sweep')).toContainText(
      'need labels of attacks and of benign flows',
    );
    await expect(page.getByTestId('areas')).toHaveCount(0);
    await expect(page.locator('.chart')).toHaveCount(2);
  });

  test('a rate on benign flows is called a false-alarm rate', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    await expect(page.getByTestId('sweep-table')).toContainText('False-alarm rate');
    await expect(page.getByTestId('false-alarms')).toContainText('50,000 false alarms per million');
    await page.getByRole('radio', { name: '1\u202f%', exact: true }).check();
    await expect(page.getByTestId('false-alarms')).toContainText('10,000 false alarms per million');
  });

  test('charts are there without a network', async ({ page, site, context }) => {
    await page.goto(site.root);
    await page.waitForLoadState('networkidle');
    await context.setOffline(true);
    await trySample(page);
    await expect(page.locator('.chart')).toHaveCount(4);
  });
});

test.describe('an export', () => {
  test.beforeEach(async ({ page, site }) => {
    // The browser's own question cannot be answered here.
    await page.addInitScript(() => Object.assign(window, { showSaveFilePicker: undefined }));
    await page.goto(site.root);
  });

  /** Presses a button and reads what is downloaded. */
  async function downloaded(page: Page, testId: string): Promise<string> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByTestId(testId).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/-flowsieve\.csv$/);
    return readFileSync(await download.path(), 'utf8');
  }

  test('has every row as it stands, with results behind', async ({ page }) => {
    await trySample(page);
    const lines = (await downloaded(page, 'export')).trimEnd().split('\n');
    expect(lines).toHaveLength(SAMPLE.lines.length + 1);
    expect(lines[0]?.startsWith(`${SAMPLE.header},flowsieve_class,`)).toBe(true);
    for (const [at, line] of SAMPLE.lines.entries()) {
      expect(lines[at + 1]?.startsWith(`${line},`)).toBe(true);
    }
    await expect(page.getByTestId('export-status')).toContainText('is written');
    // Read again it says the same.
    const { summary } = await summaryOf(page);
    const again = {
      name: 'again.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(`${lines.join('\n')}\n`),
    };
    await page.getByTestId('file-input').setInputFiles(again);
    await finished(page);
    expect((await summaryOf(page)).summary.classCounts).toEqual(summary.classCounts);
  });

  test('of what is shown has those rows alone', async ({ page }) => {
    await trySample(page);
    await expect(page.getByTestId('export-filtered')).toBeDisabled();
    await page.locator('[data-class="ARP_poisioning"] button').click();
    const { summary, classes } = await summaryOf(page);
    const at = classes.findIndex(({ name }) => name === 'ARP_poisioning');
    const [, ...lines] = (await downloaded(page, 'export-filtered')).trimEnd().split('\n');
    expect(lines).toHaveLength(summary.classCounts[at] ?? 0);
    // Class, family, two probabilities, score, flag and set; the family need not be that of the class.
    for (const line of lines) {
      expect(line).toMatch(/,ARP_poisioning,[A-Za-z]+,0\.\d+,[01]\.\d+,[\d.-]+,[01],[^,]*$/);
    }
  });

  test('goes to a file as it is written, where the browser can', async ({ page }) => {
    await page.evaluate(() => {
      const chunks: number[] = [];
      const createWritable = async () =>
        new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk.length) });
      const showSaveFilePicker = async () => ({ createWritable });
      Object.assign(window, { showSaveFilePicker, chunks });
    });
    await dropRepeated(page, repeatsFor(20));
    await finished(page);
    await page.getByTestId('export').click();
    await expect(page.getByTestId('export-status')).toContainText('is written');
    const chunks = await page.evaluate(() => (window as unknown as { chunks: number[] }).chunks);
    expect(chunks.length).toBeGreaterThan(4);
    expect(chunks.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(20e6);
  });

  test('can be cancelled, and leaves no worker', async ({ page }) => {
    await dropRepeated(page, repeatsFor(60));
    await finished(page);
    await page.getByTestId('export').click();
    await page.getByTestId('export-cancel').click();
    await expect(page.getByTestId('export-status')).toContainText('Cancelled');
    await expect.poll(() => page.workers().length).toBe(0);
    await expect(page.getByTestId('export')).toBeEnabled();
  });

  test('is the same however it is cut', async ({ page }) => {
    const hashes = await page.evaluate(
      async ({ header, body }) => {
        const address = new URL('flowsieve.js', document.baseURI).href;
        const library: typeof import('../../www/src/flowsieve.js') = await import(address);
        const file = new Blob([header, ...Array<Blob>(20).fill(new Blob([body]))]);
        const found: string[] = [];
        for (const [workers, sliceBytes] of [
          [1, 2 ** 26],
          [2, 30_011],
          [3, 200_003],
        ] as const) {
          const analysis = await library.analyze(file, { model: 'auto', workers, sliceBytes });
          const bytes = await new Response(analysis.export({ rejected: false })).arrayBuffer();
          const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
          found.push(`${bytes.byteLength} ${hash.join()}`);
          analysis.dispose();
        }
        return found;
      },
      { header: `${SAMPLE.header}\n`, body: `${SAMPLE.lines.join('\n')}\n` },
    );
    expect(new Set(hashes).size).toBe(1);
  });
});
