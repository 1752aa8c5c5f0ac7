// How result columns grow and are laid out, without a page: any cut into slices gives one table.

import { createHash } from 'node:crypto';
import { GrowingResults, type ResultTable } from '../../www/src/engine/results.js';
import { expect, test } from './fixtures.js';

interface Rows {
  class: number[];
  label: number[];
  confidence: number[];
  rank: number[];
  offset: number[];
}

/** Rows that differ from each other in every column, far into a file that is larger than 4 GiB. */
function makeRows(count: number): Rows {
  const numbers = Array.from({ length: count }, (_, row) => row);
  return {
    class: numbers.map((row) => (row % 11 === 3 ? 255 : row % 13)),
    label: numbers.map((row) => row % 7),
    confidence: numbers.map((row) => (row * 31) & 0xffff),
    rank: numbers.map((row) => (row * 101) & 0xffff),
    offset: numbers.map((row) => 5 * 2 ** 32 + row * 97),
  };
}

/** The digest as its definition reads, by other means. */
function digestOf(rows: Rows): string {
  const hash = createHash('sha256');
  hash.update(Uint8Array.from(rows.class)).update(Uint8Array.from(rows.label));
  for (const column of [rows.confidence, rows.rank]) {
    const bytes = Buffer.alloc(2 * column.length);
    column.forEach((value, row) => {
      bytes.writeUInt16LE(value, 2 * row);
    });
    hash.update(bytes);
  }
  for (let row = 0; row < rows.offset.length; row += 64) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(rows.offset[row] ?? 0));
    hash.update(bytes);
  }
  const rejected = Buffer.alloc(Math.ceil(rows.class.length / 8));
  rows.class.forEach((kind, row) => {
    if (kind === 255) rejected[row >> 3] = (rejected[row >> 3] ?? 0) + 2 ** (row % 8);
  });
  return hash.update(rejected).digest('hex');
}

/** The table of these rows when they come in slices that end at `cuts`. */
function tableOf(rows: Rows, cuts: number[]): ResultTable {
  const results = new GrowingResults();
  for (const [i, to] of [...cuts, rows.class.length].entries()) {
    const from = i === 0 ? 0 : (cuts[i - 1] ?? 0);
    const first = rows.offset[from] ?? 0;
    const slice = {
      meta: new Uint8Array(),
      class: Uint8Array.from(rows.class.slice(from, to)),
      label: Uint8Array.from(rows.label.slice(from, to)),
      confidence: Uint16Array.from(rows.confidence.slice(from, to)),
      rank: Uint16Array.from(rows.rank.slice(from, to)),
      offsets: Uint32Array.from(rows.offset.slice(from, to), (offset) => offset - first),
    };
    results.append(slice, first);
  }
  expect(results.rowCount).toBe(rows.class.length);
  return results.finish();
}

test('columns and digest do not depend on the slices', async () => {
  for (const count of [0, 1, 63, 64, 65, 1001, 65_535, 65_536, 65_537, 200_003]) {
    const rows = makeRows(count);
    const expected = digestOf(rows);
    const evenly = (size: number) =>
      Array.from({ length: Math.floor(count / size) }, (_, i) => (i + 1) * size);
    for (const cuts of [[], [0, 0, Math.floor(count / 3)], evenly(64), evenly(997)]) {
      const table = tableOf(rows, cuts);
      expect(await table.digest(), `${count} rows in ${cuts.length + 1} slices`).toBe(expected);
      expect(table.columns.rank.at(-1)).toBe(rows.rank.at(-1));
      for (let row = 0; row < count; row += 64) {
        if (table.offset(row / 64) !== rows.offset[row]) throw new Error(`offset of row ${row}`);
      }
    }
  }
});
