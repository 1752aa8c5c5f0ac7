// A table that no model knows, with a detector fitted on itself: the page does what `flowsieve score --fit` does.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { evaluateNatively, type Library } from './engine-page.js';
import { expect, nativeProgram, test } from './fixtures.js';
import { gzip } from './packing.js';
import { type App, file, finished, flows, SAMPLE } from './ui-page.js';

const ROWS = 30_000;

/** Readings of a meter with some that are far from the others, labels included. */
const READINGS = (() => {
  const lines = ['row,watts,volts,hertz,site,label'];
  let state = 7;
  const below = (bound: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * bound);
  };
  for (let row = 0; row < ROWS; row += 1) {
    const strange = row % 5000 === 4999;
    const watts = strange ? 9000 + below(9) : below(400) / 4;
    const usual = below(20) === 0 ? '' : 220 + below(130) / 10;
    const [volts, hertz] = strange ? [90, 60] : [usual, 49 + below(3)];
    lines.push(`${row},${watts},${volts},${hertz},north,${strange ? 'theft' : 'usual'}`);
  }
  return `${lines.join('\n')}\n`;
})();

async function digestOf(page: Page): Promise<string | undefined> {
  return await page.evaluate(
    async () => await (document.querySelector('flowsieve-app') as App | null)?.analysis?.digest(),
  );
}

/** Drops the readings and has a detector fitted on them. */
async function fitReadings(page: Page): Promise<void> {
  await page.getByTestId('file-input').setInputFiles(file('readings.csv', READINGS));
  await expect(page.getByTestId('problem')).toHaveAttribute('data-kind', 'no-schema-match');
  await page.getByTestId('fit').click();
  await finished(page);
}

/** The model that the page has fitted, as it is downloaded, in a file. */
async function savedModel(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('save-model').click(),
  ]);
  expect(download.suggestedFilename()).toBe('readings.sieve');
  const path = test.info().outputPath('from-the-page.sieve');
  await download.saveAs(path);
  return path;
}

for (const build of ['root', 'singleFile'] as const) {
  test(`${build}: offered, fitted, and the same as the command line makes of the seed`, async ({
    page,
    site,
  }) => {
    await page.goto(site[build]);
    await fitReadings(page);
    await expect(page.locator('.run-name')).toBeFocused();
    await expect(page.getByTestId('verdict')).toContainText('30,000 flows have an anomaly score');
    await expect(page.getByTestId('model')).toContainText('fitted on this file');
    await expect(page.getByTestId('fitted')).toContainText(
      'Fitted on 16,384 of 30,000 rows, on 3 columns',
    );
    await expect(page.getByTestId('label-column')).toHaveText('label');

    const seed = await page.getByTestId('fit-seed').inputValue();
    const readings = test.info().outputPath('readings.csv');
    writeFileSync(readings, READINGS);
    const [natively, scored] = ['native.sieve', 'scored.csv'].map((name) =>
      test.info().outputPath(name),
    ) as [string, string];
    const words = ['score', '--fit', readings, '--seed', seed, '--out', scored];
    execFileSync(nativeProgram(), [...words, '--save-model', natively], { stdio: 'pipe' });
    const model = await savedModel(page);
    expect(readFileSync(model).equals(readFileSync(natively)), 'the same bytes').toBe(true);
    expect(await digestOf(page)).toBe(evaluateNatively(readings, model).digest);

    const exported = await page.evaluate(async () => {
      const { analysis } = document.querySelector('flowsieve-app') as App;
      return await new Response(analysis?.export()).text();
    });
    expect(exported === readFileSync(scored, 'utf8'), 'the same export').toBe(true);
  });
}

test('what is about classes is not shown, and the rest works', async ({ page, site }) => {
  await page.goto(site.root);
  await fitReadings(page);
  await expect(page.getByTestId('class-table')).toHaveCount(0);
  await expect(page.locator('flowsieve-evaluation')).toHaveCount(0);
  await expect(page.getByTestId('flagged-benign')).toHaveCount(0);
  const flagged = async () => (await page.getByTestId('flagged').textContent()) ?? '';
  const share = Number((await flagged()).replaceAll(',', '')) / ROWS;
  expect(share).toBeGreaterThan(0.03);
  expect(share).toBeLessThan(0.07);
  await page.getByTestId('threshold').fill('1000');
  expect(Number(await flagged())).toBeLessThan(6);
  await expect(page.getByTestId('sweep-table').locator('tbody tr')).toHaveCount(8);

  const heads = page.locator('regular-table thead tr').last().locator('th');
  await expect(heads.filter({ hasText: 'watts' })).toBeVisible();
  const names = await heads.allTextContents();
  expect(names.slice(0, 4)).toEqual(['Row', 'Anomaly', 'Label', 'row']);
  await page.getByTestId('jump-row').fill('5000');
  await page.getByTestId('jump').click();
  const strange = page.locator('regular-table tbody tr').filter({ hasText: 'theft' }).first();
  await expect(strange.locator('td').first()).toHaveText(/^(> all|100\.0|99\.9)/);
  expect(await page.locator('regular-table td.is-different').count()).toBe(0);
  await expect(page.getByTestId('filter').locator('optgroup')).toHaveCount(0);

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
      .analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([]);
  }
});

test('the model that was downloaded opens like any other', async ({ page, site }) => {
  await page.goto(site.root);
  await fitReadings(page);
  const digest = await digestOf(page);
  const model = await savedModel(page);
  const info = execFileSync(nativeProgram(), ['info', model], { encoding: 'utf8' });
  expect(info).toContain(`seed ${await page.getByTestId('fit-seed').inputValue()}`);

  await page.goto(site.root);
  await page.getByTestId('model-input').setInputFiles(model);
  await expect(page.locator('flowsieve-model-card')).toContainText('fitted on a file');
  await page.getByTestId('file-input').setInputFiles(file('again.csv', READINGS));
  await finished(page);
  await expect(page.getByTestId('model')).toContainText('yours');
  expect(await digestOf(page)).toBe(digest);
});

test('a fit is repeated with its seed and differs with another', async ({ page, site }) => {
  await page.goto(site.root);
  await fitReadings(page);
  const first = await digestOf(page);
  const seed = await page.getByTestId('fit-seed').inputValue();
  const fitAgain = async (wanted: string) => {
    await page.getByTestId('fit-seed').fill(wanted);
    await page.getByTestId('fit-again').click();
    await finished(page);
    return await digestOf(page);
  };
  expect(await fitAgain('12')).not.toBe(first);
  expect(await fitAgain(seed)).toBe(first);
  await fitAgain('');
  expect(await page.getByTestId('fit-seed').inputValue()).not.toBe(seed);
});

test('a file that a model knows can be scored by a detector of its own, too', async ({
  page,
  site,
}) => {
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(flows(SAMPLE.lines));
  await finished(page);
  await expect(page.getByTestId('class-table')).toBeVisible();
  await page.getByTestId('model-choice').selectOption('fit');
  await expect(page.getByTestId('fitted')).toBeVisible();
  await finished(page);
  await expect(page.getByTestId('class-table')).toHaveCount(0);
  await page.getByTestId('model-choice').selectOption('auto');
  await expect(page.getByTestId('class-table')).toBeVisible();
  await finished(page);
});

test('what cannot be fitted is refused with the reason', async ({ page, site }) => {
  await page.goto(site.root);
  const names = `name,town\n${'ada,rome\nalan,oslo\n'.repeat(20)}`;
  for (const [contents, reason] of [
    [names, '“name” (text'],
    ['name,age\nada,36\nalan,41\n', '2 rows'],
  ] as const) {
    await page.getByTestId('file-input').setInputFiles(file('people.csv', contents));
    await page.getByTestId('fit').click();
    await expect(page.getByTestId('problem')).toHaveAttribute('data-kind', 'bad-fit');
    await expect(page.getByTestId('problem-what')).toContainText(reason);
    await expect(page.getByTestId('fit')).toHaveCount(0);
  }
});

test('results stay while a refused file is offered a fit, and a fit can be cancelled', async ({
  page,
  site,
}) => {
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(flows(SAMPLE.lines));
  await finished(page);
  // Large enough to be cancelled; the parts of a Blob take no memory.
  await page.evaluate((text) => {
    const body = new Blob([text.slice(text.indexOf('\n') + 1)]);
    const parts = [text.slice(0, text.indexOf('\n') + 1), ...Array<Blob>(4000).fill(body)];
    const transfer = new DataTransfer();
    transfer.items.add(new File(parts, 'large.csv', { type: 'text/csv' }));
    const drop = { dataTransfer: transfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent('drop', drop));
  }, READINGS);
  await expect(page.getByTestId('problem')).toHaveAttribute('data-kind', 'no-schema-match');
  await expect(page.getByTestId('class-table')).toBeVisible();
  await page.getByTestId('fit').click();
  await expect(page.getByTestId('status')).toHaveText('Fitting');
  await expect(page.getByTestId('verdict')).toContainText('Choosing rows');
  await page.getByTestId('cancel').click();
  await finished(page);
  await expect(page.locator('.run-name')).toHaveText('flows.csv');
});

test('packed files and several files are fitted on as the command line does', async ({
  page,
  site,
}) => {
  const [header, ...lines] = READINGS.trimEnd().split('\n');
  const halves = [lines.slice(0, 9_000), lines.slice(9_000)].map(
    (half) => `${[header, ...half].join('\n')}\n`,
  );
  await page.goto(site.root);
  const packs = await page.evaluate(
    async ({ plain, packed, both }) => {
      const library: Library = await import(new URL('flowsieve.js', document.baseURI).href);
      const bytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const fit = async (input: Parameters<typeof library.fitDetector>[0]) => {
        const { pack, rows } = await library.fitDetector(input, { seed: 5 });
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', pack));
        return { rows, hash: Array.from(hash, (byte) => byte.toString(16)).join(' ') };
      };
      return {
        plain: await fit(new Blob([plain])),
        packed: await fit(new Blob([bytes(packed)])),
        several: await fit(both.map((text) => new Blob([text]))),
        // A picture is larger than the table and is none.
        among: await fit([
          new Blob([new Uint8Array(1 << 24)]),
          new Blob([bytes(packed)]),
          new Blob(['a text']),
        ]),
      };
    },
    { plain: READINGS, packed: gzip(READINGS).toString('base64'), both: halves },
  );
  expect(packs.plain.rows).toBe(ROWS);
  expect(packs.packed).toEqual(packs.plain);
  expect(packs.among).toEqual(packs.plain);
  // Objects may have their keys in another order than those of the first file.
  const objects = lines.slice(0, 400).map((line) => {
    const [row, watts, volts, hertz] = line.split(',');
    return [`"watts":${watts}`, `"volts":${volts || 0}`, `"hertz":${hertz}`, `"row":${row}`];
  });
  const ordered = objects.map((keys) => `{${keys.join()}}`).join('\n');
  const turned = objects.map((keys) => `{${keys.toReversed().join()}}`).join('\n');
  const [alike, otherwise] = await page.evaluate(
    async (inputs) => {
      const library: Library = await import(new URL('flowsieve.js', document.baseURI).href);
      const packs = inputs.map(async (texts) => {
        const files = texts.map((text) => new Blob([text]));
        const { pack } = await library.fitDetector(files, { seed: 5 });
        return Array.from(new Uint8Array(pack)).join();
      });
      return await Promise.all(packs);
    },
    [
      [ordered, ordered],
      [ordered, turned],
    ],
  );
  expect(otherwise).toBe(alike);
  const paths = halves.map((text, index) => {
    const path = test.info().outputPath(`half-${index}.csv`);
    writeFileSync(path, text);
    return path;
  });
  const model = test.info().outputPath('halves.sieve');
  const out = test.info().outputPath('halves.csv');
  const options = ['--fit', '--seed', '5', '--save-model', model, '--out', out];
  execFileSync(nativeProgram(), ['score', ...options, ...paths], { stdio: 'ignore' });
  const hash = createHash('sha256').update(readFileSync(model)).digest();
  expect(packs.several.rows).toBe(ROWS);
  expect(packs.several.hash).toBe(Array.from(hash, (byte) => byte.toString(16)).join(' '));
});

test('the library refuses a seed that is none and ends a fit that is aborted', async ({
  page,
  site,
}) => {
  await page.goto(site.root);
  const outcomes = await page.evaluate(async (text) => {
    const library: Library = await import(new URL('flowsieve.js', document.baseURI).href);
    const file = new Blob([text]);
    const abort = new AbortController();
    const said = async (work: Promise<unknown>) => {
      try {
        await work;
        return 'done';
      } catch (error) {
        return error instanceof library.FlowsieveError ? error.kind : (error as Error).name;
      }
    };
    const gone = library.fitDetector(file, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    return [
      await said(library.fitDetector(file, { seed: 0.5 })),
      await said(library.fitDetector(file, { signal: AbortSignal.abort() })),
      await said(gone),
      await said(library.fitDetector(file, { workerUrl: 'no-such-worker.js' })),
      await said(library.fitDetector(file, { workerUrl: 'fit-worker.js', labelColumn: 'volts' })),
    ];
  }, READINGS);
  expect(outcomes).toEqual(['bad-option', 'AbortError', 'AbortError', 'worker-start', 'done']);
});
