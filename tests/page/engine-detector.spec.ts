// The table over contaminations: what `flowsieve sweep` prints is what the page shows of the same detector.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { analyzeWell } from './engine-page.js';
import { dataFile, expect, nativeProgram, test } from './fixtures.js';

const SETS = {
  ciciot2023: {
    path: 'ciciot2023/ciciot2023_39f_10family_sample.csv',
    flags: ['--label', 'label_multiclass', '--benign', 'Benign'],
  },
  'rt-iot2022': {
    path: 'rt-iot2022/rt_iot2022.csv',
    flags: ['--label', 'Attack_type', '--benign', 'Thing_Speak,MQTT_Publish,Wipro_bulb'],
  },
};
const CONTAMINATIONS = [0.05, 0.1, 0.15, 0.2];

function flowsieve(...words: string[]): string {
  return execFileSync(nativeProgram(), words, { encoding: 'utf8', stdio: 'pipe' });
}

/**
 * The table below the line that begins so: its rows with contamination, precision, recall and F1, and the line below them
 * with AUROC and average precision.
 */
function tableBelow(printed: string, heading: RegExp): { rows: string[][]; areas: string } {
  const lines = printed.split('\n');
  const from = lines.findIndex((line) => heading.test(line));
  expect(from, `${heading} in ${printed}`).toBeGreaterThanOrEqual(0);
  const below = from + 2 + CONTAMINATIONS.length;
  const rows = lines.slice(from + 2, below).map((line) => {
    const cells = line.trim().split(/\s{2,}/);
    return [cells[0] ?? '', ...cells.slice(-3)];
  });
  return { rows, areas: lines[below] ?? '' };
}

for (const [name, { path, flags }] of Object.entries(SETS)) {
  test(`${name}: precision, recall, F1 and areas of both ways to fit`, async ({ page, site }) => {
    const file = dataFile(path);
    const printed = flowsieve('sweep', file, ...flags);
    await page.goto(site.root);
    for (const [rows, heading] of [
      ['all', /^Fitted on all [\d,]+ rows, scored on them/],
      ['benign', /^Fitted on all [\d,]+ benign rows, scored on all rows/],
    ] as const) {
      const model = test.info().outputPath(`${rows}.sieve`);
      const small = ['--trees', '2', '--leaves', '8', '--isolation-rows', rows];
      flowsieve('train', file, ...flags, ...small, '--out', model);
      const { sweep } = await analyzeWell(page, file, {
        pack: readFileSync(model),
        sweep: CONTAMINATIONS,
      });
      const shown = sweep?.rows.map((row) => {
        const { precision, recall, f1 } = rows === 'all' ? row.own : row;
        const scores = [precision, recall, f1].map((value) => value?.toFixed(4));
        return [String(row.contamination), ...scores];
      });
      const table = tableBelow(printed, heading);
      expect(shown).toEqual(table.rows);
      const [auroc, precision] = [sweep?.auroc, sweep?.averagePrecision].map((area) =>
        area?.toFixed(4),
      );
      expect(table.areas).toContain(`AUROC ${auroc}, average precision ${precision} where`);
    }
  });
}
