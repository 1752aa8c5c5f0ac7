// The page as its visitors use it: a file in, figures out, and every figure the analysis's own.

import { expect, test } from './fixtures.js';
import {
  type App,
  dropRepeated,
  file,
  finished,
  flows,
  grouped,
  MODEL,
  repeatsFor,
  SAMPLE,
  summaryOf,
  trySample,
} from './ui-page.js';

test.describe('the sample', () => {
  test('from the button to the figures', async ({ page, site }) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(site.root);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.screenshot({ path: test.info().outputPath('empty.png'), fullPage: true });
    await trySample(page);
    const { summary, rowCount } = await summaryOf(page);
    expect(rowCount).toBe(SAMPLE.lines.length);
    await expect(page.getByText('synthetic sample')).toBeVisible();
    await expect(page.getByTestId('rows')).toHaveText(grouped(summary.rows));
    await expect(page.getByTestId('percent')).toContainText('100');
    await expect(page.getByTestId('attacks')).toHaveText(grouped(summary.attackRows));
    await expect(page.getByTestId('benign')).toHaveText(
      grouped(summary.analysed - summary.attackRows),
    );
    await expect(page.getByTestId('verdict')).toContainText(
      `${grouped(summary.attackRows)} of ${grouped(summary.analysed)} flows look like attacks`,
    );
    await expect(page.getByTestId('rejected')).toHaveText('None');
    await expect(page.getByTestId('announcement')).toContainText('flows look like attacks');
    await page.screenshot({ path: test.info().outputPath('sample.png'), fullPage: true });
    expect(complaints).toEqual([]);
  });

  test('counts per class and family', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const { summary, classes, families } = await summaryOf(page);
    for (const [at, { name }] of classes.entries()) {
      const row = page.locator(`[data-class="${name}"]`);
      await expect(row.getByTestId('class-count')).toHaveText(
        grouped(summary.classCounts[at] ?? 0),
      );
    }
    for (const [at, name] of families.entries()) {
      const row = page.locator(`[data-family="${name}"]`);
      await expect(row.locator('td').first()).toHaveText(grouped(summary.familyCounts[at] ?? 0));
    }
  });

  test('what was recognised', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const recognition = await page.evaluate(
      () => (document.querySelector('flowsieve-app') as App | null)?.analysis?.recognition,
    );
    if (!recognition) throw new Error('nothing was recognised');
    const { matched, missing, ignored, label, columns } = recognition;
    expect(matched.length + ignored.length + (label ? 1 : 0)).toBe(columns.length);
    await expect(page.getByTestId('columns-matched')).toHaveText(String(matched.length));
    await expect(page.getByTestId('columns-missing')).toHaveText(String(missing.length));
    await expect(page.getByTestId('columns-ignored')).toHaveText(String(ignored.length));
    await expect(page.getByTestId('label-column')).toHaveText(label?.header ?? 'none');
    await page.getByTestId('columns-matched').click();
    const list = page.getByRole('region', { name: 'Matched columns' });
    await expect(list.locator('tbody tr')).toHaveCount(matched.length);
    await expect(list).toContainText(matched[0]?.header ?? '');
  });

  test('against its labels', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const { summary } = await summaryOf(page);
    const { evaluation } = summary;
    if (!evaluation) throw new Error('the sample has labels');
    await expect(page.getByTestId('accuracy')).toHaveText(evaluation.accuracy.toFixed(4));
    await expect(page.getByTestId('macro-f1')).toHaveText(evaluation.macroF1.toFixed(4));
    const { labels, matrix } = evaluation.confusion;
    const cells = await page.getByTestId('confusion').locator('tbody td').allTextContents();
    expect(cells.map((cell) => Number(cell.replaceAll(',', '')))).toEqual(matrix.flat());
    await expect(page.getByTestId('confusion').locator('thead th')).toHaveText(labels);
  });
});

test('a category in one column per word is matched as such', async ({ page, site }) => {
  const counts =
    'duration,orig_bytes,resp_bytes,missed_bytes,orig_pkts,orig_ip_bytes,resp_pkts,resp_ip_bytes';
  const flowsOfWords = `${counts},proto_tcp,proto_udp,conn_state_SF,conn_state_S0,note,label
0.0035,0,0,0,5,212,3,144,1,0,1,0,x,Benign
0.0367,34,311,0,1,62,1,339,0,1,1,0,x,Benign
`;
  await page.goto(site.root);
  await page.getByTestId('file-input').setInputFiles(file('words.csv', flowsOfWords));
  await finished(page);
  await expect(page.getByTestId('model')).toContainText('IoT-23');
  await expect(page.getByTestId('columns-matched')).toHaveText('12');
  await expect(page.getByTestId('columns-ignored')).toHaveText('1');
  await page.getByTestId('columns-matched').click();
  const list = page.getByRole('region', { name: 'Matched columns' });
  const says = (header: string) => list.locator('tr', { hasText: header });
  await expect(says('proto_tcp')).toContainText('proto is tcp');
  await expect(says('conn_state_S0')).toContainText('conn_state is S0');
});

test.describe('the threshold', () => {
  /** Flows above the threshold at this contamination, counted here from the columns. */
  async function flaggedAt(page: import('@playwright/test').Page, contamination: number) {
    return await page.evaluate((share) => {
      const { analysis } = document.querySelector('flowsieve-app') as unknown as App;
      if (!analysis) throw new Error('nothing was analysed');
      const { columns, model } = analysis;
      const threshold = 1024 + Math.round(60000 * (1 - share));
      let flagged = 0;
      let benign = 0;
      columns.rank.forEach((rank, row) => {
        const classIndex = columns.class[row] ?? 255;
        if (classIndex === 255 || rank <= threshold) return;
        flagged += 1;
        if (model.classes[classIndex]?.attack === false) benign += 1;
      });
      const [at] = analysis.sweep([share]).rows;
      return { flagged, benign, precision: at?.precision, recall: at?.recall, f1: at?.f1 };
    }, contamination);
  }

  test('presets flag what the columns say', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const seen: number[] = [];
    for (const preset of [1, 5, 10, 15, 20]) {
      await page.getByRole('radio', { name: `${preset}\u202f%`, exact: true }).check();
      const at = await flaggedAt(page, preset / 100);
      await expect(page.getByTestId('flagged')).toHaveText(grouped(at.flagged));
      const benign = page.getByTestId('flagged-benign');
      if (at.flagged > 0) await expect(benign).toHaveText(grouped(at.benign));
      else await expect(benign).toHaveCount(0);
      await expect(page.getByTestId('threshold')).toHaveValue(String(1000 - preset * 10));
      await expect(page.getByTestId('sweep-precision')).toHaveText(at.precision?.toFixed(4) ?? '–');
      await expect(page.getByTestId('sweep-recall')).toHaveText(at.recall?.toFixed(4) ?? '–');
      await expect(page.getByTestId('sweep-f1')).toHaveText(at.f1?.toFixed(4) ?? '–');
      seen.push(at.flagged);
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(seen).size).toBeGreaterThan(1);
  });

  test('the slider moves it, by keyboard too', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const slider = page.getByTestId('threshold');
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await expect(slider).toHaveValue('949');
    const at = await flaggedAt(page, 0.051);
    await expect(page.getByTestId('flagged')).toHaveText(grouped(at.flagged));
    const presets = page.locator('flowsieve-score-histogram');
    await expect(presets.getByRole('radio', { checked: true })).toHaveCount(0);
    await page.keyboard.press('End');
    const beyond = await flaggedAt(page, 0);
    await expect(page.getByTestId('flagged')).toHaveText(grouped(beyond.flagged));
    await page.keyboard.press('Home');
    const all = await flaggedAt(page, 1);
    await expect(page.getByTestId('flagged')).toHaveText(grouped(all.flagged));
    const { summary } = await summaryOf(page);
    const share = (all.flagged / summary.analysed) * 100;
    await expect(page.getByTestId('flagged-share')).toContainText(share.toFixed(1));
  });

  test('the table behind the chart adds up', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    await page.getByText('The figures behind the chart').click();
    const rows = await page
      .getByTestId('band-table')
      .locator('tbody td:nth-child(2)')
      .allTextContents();
    const flowsInBands = rows.reduce((sum, cell) => sum + Number(cell.replaceAll(',', '')), 0);
    const { summary } = await summaryOf(page);
    expect(rows).toHaveLength(22);
    expect(flowsInBands).toBe(summary.analysed);
  });
});

test.describe('the table of flows', () => {
  const first = (page: import('@playwright/test').Page) =>
    page.locator('regular-table tbody tr').first();
  const last = (page: import('@playwright/test').Page) =>
    page.locator('regular-table tbody tr:visible').last();

  test('shows the cells of the file, and its last row', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const { rowCount } = await summaryOf(page);
    await expect(first(page).locator('th')).toHaveText('1');
    const cells = (line = '') => line.split(',').slice(0, 3);
    const inFile = (row: ReturnType<typeof first>) => row.locator('td.is-file');
    for (const [at, cell] of cells(SAMPLE.lines[0]).entries()) {
      await expect(inFile(first(page)).nth(at)).toHaveText(cell);
    }
    await page.getByTestId('jump-row').fill(String(rowCount));
    await page.getByTestId('jump').click();
    await expect(last(page).locator('th')).toHaveText(grouped(rowCount));
    for (const [at, cell] of cells(SAMPLE.lines.at(-1)).entries()) {
      await expect(inFile(last(page)).nth(at)).toHaveText(cell);
    }
    await expect(page.getByTestId('rows-in-sight')).toContainText(
      `to ${grouped(rowCount)} of ${grouped(rowCount)}`,
    );
    await expect(last(page).locator('th')).toBeInViewport();
  });

  test('goes to any row', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    for (const row of [2, 100, 700, 1]) {
      await page.getByTestId('jump-row').fill(String(row));
      await page.getByTestId('jump-row').press('Enter');
      await expect(page.locator('regular-table tbody th.is-target')).toHaveText(grouped(row));
      await expect(first(page).locator('th')).toHaveText(grouped(row));
    }
  });

  test('goes to any row of a file with more rows than pixels', async ({ page, site }) => {
    await page.goto(site.root);
    await dropRepeated(page, Math.ceil(600_000 / SAMPLE.lines.length));
    await finished(page);
    const { rowCount } = await summaryOf(page);
    expect(rowCount).toBeGreaterThanOrEqual(600_000);
    for (const row of [rowCount, 345_678, 1]) {
      await page.getByTestId('jump-row').fill(String(row));
      await page.getByTestId('jump').click();
      const target = page.locator('regular-table tbody th.is-target');
      await expect(target).toHaveText(grouped(row));
      await expect(target).toBeInViewport();
    }
  });

  test('a row gone to is in sight at once', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    // Not by a glide of the page, which the next thing that scrolls would send elsewhere.
    const edges = await page.getByTestId('flow-table').evaluate((table) => {
      window.scrollTo(0, 0);
      const form = document.querySelector<HTMLFormElement>('form.jump');
      const row = form?.querySelector('input');
      if (row) row.value = '2';
      form?.requestSubmit();
      const { top, bottom } = table.getBoundingClientRect();
      return { top, bottom, height: window.innerHeight };
    });
    expect(edges.top).toBeGreaterThanOrEqual(0);
    expect(Math.floor(edges.bottom)).toBeLessThanOrEqual(edges.height);
  });

  test('scrolls by keyboard', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const { rowCount } = await summaryOf(page);
    await page.getByTestId('flow-table').focus();
    await page.keyboard.press('PageDown');
    await expect(first(page).locator('th')).not.toHaveText('1');
    await page.keyboard.press('End');
    await expect(last(page).locator('th')).toHaveText(grouped(rowCount));
    await page.keyboard.press('Home');
    await expect(first(page).locator('th')).toHaveText('1');
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => page.getByTestId('flow-table').evaluate((table) => table.scrollLeft))
      .toBeGreaterThan(0);
  });

  test('marks what the results say', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const rows = await page.evaluate(async () => {
      const { analysis } = document.querySelector('flowsieve-app') as unknown as App;
      const found = (await analysis?.rows(0, 5)) ?? [];
      return found.map((row) => ({ ...row, zscores: [...row.zscores] }));
    });
    for (const [at, row] of rows.entries()) {
      const drawn = page.locator('regular-table tbody tr').nth(at);
      await expect(drawn.locator('td').first()).toHaveText(row.class ?? '');
      await expect(drawn.locator('td').first()).toHaveClass(row.attack ? /is-attack/ : /is-benign/);
      const inSight = await drawn.locator('td.is-file').count();
      const stray = row.zscores.slice(0, inSight).filter((z) => Math.abs(z) > 3).length;
      await expect(drawn.locator('td.is-file.is-stray')).toHaveCount(stray);
    }
  });
});

test.describe('rows that cannot be read', () => {
  test('are listed with line and reason, and stay in the table', async ({ page, site }) => {
    await page.goto(site.root);
    const broken = [
      ...SAMPLE.lines.slice(0, 30),
      'only,three,cells',
      ...SAMPLE.lines.slice(30, 50),
    ];
    await page.getByTestId('file-input').setInputFiles(flows(broken));
    await finished(page);
    await expect(page.getByTestId('rejected')).toHaveText('1');
    const [row] = await page.getByTestId('reject-list').locator('tbody tr').all();
    await expect(row?.locator('th') ?? page.locator('nothing')).toHaveText('32');
    await expect(page.getByTestId('reject-list')).toContainText('3 cells');
    await expect(page.getByTestId('rejected-link')).toHaveText('1 row could not be read.');
    await page.getByTestId('rejected-link').click();
    await expect(page.getByTestId('reject-list')).toBeInViewport();
    const { summary } = await summaryOf(page);
    expect(summary.rows).toBe(51);
    await page.getByTestId('jump-row').fill('31');
    await page.getByTestId('jump').click();
    const drawn = page.locator('regular-table tbody tr', {
      has: page.getByRole('rowheader', { name: '31', exact: true }),
    });
    await expect(drawn.locator('td').first()).toHaveText('not read');
    await expect(drawn.locator('td.is-file').first()).toHaveText('only');
    await page.screenshot({ path: test.info().outputPath('rejects.png'), fullPage: true });
  });
});

test.describe('what goes wrong is explained', () => {
  const refused = [
    { name: 'empty.csv', contents: '', kind: 'empty-input' },
    { name: 'header.csv', contents: `${SAMPLE.header}\n`, kind: 'header-only' },
    { name: 'weather.csv', contents: 'date,temperature\n2024-01-01,3\n', kind: 'no-schema-match' },
    { name: 'image.csv', contents: `\u0000\u0001\u0002${'\u0000'.repeat(300)}`, kind: 'not-text' },
  ];
  for (const { name, contents, kind } of refused) {
    test(`${kind}: what happened, what was kept, what to do`, async ({ page, site }) => {
      await page.goto(site.root);
      await page.getByTestId('file-input').setInputFiles(file(name, contents));
      const problem = page.getByTestId('problem');
      await expect(problem).toHaveAttribute('data-kind', kind);
      await expect(problem.getByTestId('problem-what')).toContainText(name);
      await expect(problem.getByTestId('problem-kept')).toContainText('nothing was sent');
      await expect(problem.getByTestId('problem-next')).toContainText(/What to do: \w+/);
      await page.screenshot({ path: test.info().outputPath(`${kind}.png`), fullPage: true });
      await problem.getByRole('button', { name: 'Dismiss' }).click();
      await expect(problem).toHaveCount(0);
      await trySample(page);
    });
  }

  test('a header that no model knows is shown column by column', async ({ page, site }) => {
    await page.goto(site.root);
    await page.getByTestId('file-input').setInputFiles(file('a.csv', 'date,degrees\n1,2\n'));
    const problem = page.getByTestId('problem');
    await expect(problem.getByTestId('columns-ignored')).toHaveText('2');
    await problem.getByTestId('columns-missing').click();
    await expect(problem.getByRole('region', { name: 'Missing columns' })).toBeVisible();
  });

  test('a damaged model is refused at once, the built-in one still works', async ({
    page,
    site,
  }) => {
    await page.goto(site.root);
    await page.getByTestId('model-input').setInputFiles(file('mine.sieve', 'not a model'));
    await expect(page.getByTestId('problem')).toHaveAttribute('data-kind', /^pack-/);
    await expect(page.getByTestId('problem-what')).toContainText('mine.sieve');
    await trySample(page);
    await expect(page.getByTestId('problem')).toHaveCount(0);
  });

  test('a notice is seen wherever the page was', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.getByTestId('file-input').setInputFiles(file('wrong.csv', 'a,b\n1,2\n'));
    await expect(page.getByTestId('problem').getByRole('heading').first()).toBeInViewport();
  });

  test('labels that are all unknown are not compared', async ({ page, site }) => {
    await page.goto(site.root);
    const renamed = SAMPLE.lines.slice(0, 50).map((row) => row.replace(/[^,]*$/, 'odd'));
    await page.getByTestId('file-input').setInputFiles(flows(renamed));
    await finished(page);
    await expect(page.getByTestId('unknown-labels')).toContainText('odd (50)');
    await expect(page.getByTestId('accuracy')).toHaveText('–');
    await expect(page.locator('flowsieve-evaluation .evaluation-tables')).toHaveCount(0);
    await expect(page.locator('.verdict-basis')).toContainText('None of the file’s own labels');
  });

  test('a wrong file does not cost the results of the one before', async ({ page, site }) => {
    await page.goto(site.root);
    await trySample(page);
    const verdict = await page.getByTestId('verdict').textContent();
    await page.getByTestId('file-input').setInputFiles(file('wrong.csv', 'a,b\n1,2\n'));
    await expect(page.getByTestId('problem-kept')).toContainText('are still there');
    await expect(page.getByTestId('verdict')).toHaveText(verdict ?? '');
    await expect(page.locator('regular-table tbody th').first()).toHaveText('1');
    const { rowCount } = await summaryOf(page);
    await page.getByTestId('jump-row').fill(String(rowCount));
    await page.getByTestId('jump').click();
    await expect(page.locator('regular-table tbody th:visible').last()).toHaveText(
      grouped(rowCount),
    );
  });
});

test.describe('what is dropped', () => {
  test('a model of one’s own is shown, used, and put away again', async ({ page, site }) => {
    await page.goto(site.root);
    await page.getByTestId('model-input').setInputFiles(MODEL);
    await expect(page.locator('.own-model')).toContainText('Using your model');
    await trySample(page);
    await expect(page.getByTestId('model')).toContainText('yours');
    await page.getByRole('link', { name: 'Flowsieve', exact: true }).click();
    await page.getByRole('button', { name: 'Use the built-in model' }).click();
    await trySample(page);
    await expect(page.getByTestId('model')).toContainText('built in');
  });

  test('several tables with the same columns are analysed as one', async ({ page, site }) => {
    await page.goto(site.root);
    const body = `${SAMPLE.header}\n${SAMPLE.lines.slice(0, 40).join('\n')}\n`;
    await page.evaluate((body) => {
      const transfer = new DataTransfer();
      for (const name of ['first.csv', 'second.csv']) transfer.items.add(new File([body], name));
      const over = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('dragenter', over));
    }, body);
    await expect(page.locator('.drop-veil')).toBeVisible();
    await page.evaluate((body) => {
      const transfer = new DataTransfer();
      for (const name of ['first.csv', 'second.csv']) transfer.items.add(new File([body], name));
      const drop = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('drop', drop));
    }, body);
    await expect(page.locator('.drop-veil')).toHaveCount(0);
    await finished(page);
    await expect(page.getByTestId('rows')).toHaveText('80');
    await expect(page.locator('.run-name')).toHaveText('first.csv and 1 more');
    await expect(page.getByTestId('files').locator('tbody tr')).toHaveCount(2);
    await expect(page.getByTestId('problem')).toHaveCount(0);
  });
});

test.describe('while a file is read', () => {
  test('nothing moves', async ({ page, site }) => {
    await page.goto(site.root);
    const places = () =>
      page.evaluate(() =>
        [
          '#recognised',
          '#classes',
          '#anomalies',
          '#flows',
          '#evaluation',
          '#confusion',
          '#unread',
        ].map((id) => {
          const box = document.querySelector(id)?.getBoundingClientRect();
          return box ? Math.round(box.top + scrollY) : null;
        }),
      );
    await dropRepeated(page, repeatsFor(80));
    await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'running');
    await expect(page.getByTestId('rows')).not.toHaveText('0');
    const before = await places();
    await finished(page);
    expect(await places()).toEqual(before);
    expect(before).not.toContain(null);
  });

  test('cancelling keeps what was counted', async ({ page, site }) => {
    await page.goto(site.root);
    await dropRepeated(page, repeatsFor(900));
    await expect(page.getByTestId('rows')).not.toHaveText('0');
    await page.getByTestId('cancel').click();
    await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'cancelled');
    await expect(page.locator('.run-name')).toBeFocused();
    const rows = (await page.getByTestId('rows').textContent()) ?? '';
    expect(rows).toMatch(/^[1-9][\d,]*$/);
    await expect(page.getByText(`Only the first ${rows} rows were read`)).toBeVisible();
    await trySampleAgain(page);
  });

  /** From a page with results: home, then the sample. */
  async function trySampleAgain(page: import('@playwright/test').Page) {
    await page.getByRole('link', { name: 'Flowsieve', exact: true }).click();
    await trySample(page);
  }
});

test.describe('light and dark', () => {
  test('the choice is remembered', async ({ page, site }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(site.root);
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByTestId('theme').click();
    await expect(page.getByTestId('theme')).toHaveAttribute('aria-pressed', 'true');
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await ground()).toBe(dark);
    await expect(page.getByTestId('theme')).toHaveAttribute('aria-pressed', 'true');
  });

  test('works where storage is denied', async ({ page, site }) => {
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(site.root);
    await page.getByTestId('theme').click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await trySample(page);
  });
});
