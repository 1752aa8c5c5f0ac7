// The page's words and numbers, without a page.

import { expect, test } from '@playwright/test';
import type { ModelInfo, Summary } from '../../www/src/api.js';
import {
  bytes,
  count,
  duration,
  percent,
  plural,
  score,
  statistic,
} from '../../www/src/app/format.js';
import { barsOutline, linearScale, logScale } from '../../www/src/app/histogram-scale.js';
import { describeProblem } from '../../www/src/app/problems.js';
import { RankCounts, thresholdRank, trainingPercentile } from '../../www/src/app/rank.js';
import { attackSentence, cautions, strangerSentence } from '../../www/src/app/verdict-text.js';

const thin = (text: string) => text.replaceAll('\u202f', '_');

test('numbers with units', () => {
  expect(count(61204)).toBe('61,204');
  expect(plural(1, 'row')).toBe('1 row');
  expect(plural(2, 'class', 'classes')).toBe('2 classes');
  expect(thin(bytes(999))).toBe('999_bytes');
  expect(thin(bytes(999_960))).toBe('1.0_MB');
  expect(thin(bytes(458_900_000))).toBe('458.9_MB');
  expect(thin(duration(900))).toBe('0.9_s');
  expect(thin(duration(75_200))).toBe('1_min 15_s');
  expect(score(Number.NaN)).toBe('–');
  expect(statistic(123456.7)).toBe('123,457');
  expect(statistic(1.5e12)).toBe('1.50e+12');
});

test('a share is never rounded to nothing or to everything', () => {
  expect(thin(percent(0))).toBe('0.0_%');
  expect(thin(percent(1))).toBe('100.0_%');
  expect(thin(percent(0.00001))).toBe('<_0.1_%');
  expect(thin(percent(0.99999))).toBe('>_99.9_%');
  expect(thin(percent(0.004))).toBe('0.4_%');
});

const classes = [
  { name: 'Hping', attack: true },
  { name: 'Scan', attack: true },
  { name: 'Flood', attack: true },
  { name: 'Brute', attack: true },
  { name: 'Normal', attack: false },
];
const model = { classes, detector: { fittedOn: 'benign' } } as unknown as ModelInfo;

function summary(...classCounts: number[]): Summary {
  const attackRows = classCounts.slice(0, 4).reduce((sum, rows) => sum + rows, 0);
  const analysed = attackRows + (classCounts[4] ?? 0);
  return { classCounts, attackRows, analysed } as unknown as Summary;
}

test('the verdict names the attacks', () => {
  const says = (...counts: number[]) => attackSentence(model, summary(...counts));
  expect(says(900, 100, 0, 0, 500)).toBe(
    '1,000 of 1,500 flows look like attacks: mostly Hping (900).',
  );
  expect(says(0, 7, 0, 0, 1)).toBe('7 of 8 flows look like attacks, all of them Scan.');
  expect(says(4, 3, 3, 2, 0)).toBe(
    '12 of 12 flows look like attacks: most often Hping (4), Scan (3) and Flood (3).',
  );
  expect(says(5, 5, 0, 0, 1)).toBe(
    '10 of 11 flows look like attacks: namely Hping (5) and Scan (5).',
  );
  // Attacks together may be likelier than benign traffic where no single attack is.
  expect(attackSentence(model, { ...summary(5, 5, 0, 0, 21), attackRows: 30 })).toBe(
    '30 of 31 flows look like attacks: most often Hping (5) and Scan (5); of 20 the likeliest single class is benign, but all attacks together are likelier.',
  );
  expect(says(0, 0, 0, 0, 12)).toBe('None of the 12 flows looks like an attack.');
  expect(says(1, 0, 0, 0, 9)).toBe('1 of 10 flows looks like an attack, all of them Hping.');
  expect(says(0, 0, 0, 0, 0)).toBe('No flow could be read.');
});

test('the verdict counts strangers', () => {
  expect(thin(strangerSentence(model, 4, 1000))).toBe(
    '0.4_% are stranger than all but 5_% of the benign training traffic.',
  );
  expect(strangerSentence(model, 0, 10)).toContain('None is stranger');
  expect(strangerSentence({ ...model, detector: null }, 4, 10)).toBe('');
});

test('cautions come only with a reason', () => {
  expect(cautions(1, { flows: 100, strangers: 6 })).toEqual([]);
  expect(cautions(1, { flows: 100, strangers: 60 })).toHaveLength(1);
  expect(cautions(1, { flows: 4, strangers: 4 })).toEqual([]);
  expect(cautions(0.7, null)).toHaveLength(1);
});

test('counts above a rank are exact and leave out rejected rows', () => {
  const rank = Uint16Array.of(0, 1024, 58024, 58025, 61025, 65535, 65535);
  const classIndexes = Uint8Array.of(0, 0, 4, 4, 0, 4, 255);
  const counts = new RankCounts(rank, classIndexes, (index) => index === 4);
  expect(counts.flows).toBe(6);
  expect(thresholdRank(950)).toBe(58024);
  expect(counts.above(thresholdRank(950))).toBe(3);
  expect(counts.benignAbove(thresholdRank(950))).toBe(2);
  expect(counts.above(thresholdRank(1000))).toBe(2);
  expect(counts.above(65535)).toBe(0);
  expect(trainingPercentile(31024)).toBe(50);
  expect(trainingPercentile(65535)).toBe(100);
});

test('the scales of the histogram keep order and stay in the chart', () => {
  for (const most of [0, 1, 9, 10, 57, 1000, 66_158, 12_345_678]) {
    for (const scale of [logScale(most), linearScale(most)]) {
      expect(scale.height(0)).toBe(0);
      expect(scale.height(most)).toBeLessThanOrEqual(100);
      const heights = scale.ticks.map(({ at }) => at);
      expect(heights).toEqual([...heights].sort((a, b) => a - b));
      expect(heights.length).toBeGreaterThan(0);
      expect(heights.length).toBeLessThanOrEqual(6);
      for (const height of heights) expect(height).toBeLessThanOrEqual(100);
    }
  }
  expect(barsOutline([0, 4], linearScale(4))).toBe('M0 100V100.00H1V4.00H2V100Z');
});

test('any error becomes what happened, what was kept and what to do', () => {
  const typed = Object.assign(new Error('The file is empty.'), { kind: 'empty-input' });
  expect(describeProblem(typed, 'a.csv')).toMatchObject({
    kind: 'empty-input',
    title: 'The file is empty',
    subject: 'a.csv',
    what: 'The file is empty.',
  });
  const gone = new DOMException('gone', 'NotFoundError');
  expect(describeProblem(gone, 'a.csv').kind).toBe('file-unreadable');
  expect(describeProblem('odd', 'a.csv')).toMatchObject({ kind: 'unexpected' });
  const future = Object.assign(new Error('New.'), { kind: 'pack-of-tomorrow' });
  expect(describeProblem(future, 'a.sieve').title).toBe('The model file is damaged');
  expect(describeProblem(typed, 'a.csv', 'The 3 rows are below.').kept).toMatch(/^The 3 rows/);
});
