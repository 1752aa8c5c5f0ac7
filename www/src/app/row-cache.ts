import type { Analysis, Row } from '../api.js';

const BLOCK_ROWS = 64;
/** More than a screen of rows: each may be of another block where a filter keeps few. */
const BLOCKS_KEPT = 64;

/**
 * Rows read back from the file, a block at a time. Scrolling sideways asks for the same rows again and
 * scrolling down for the next ones; only the blocks looked at last are kept.
 */
export class RowCache {
  readonly #blocks = new Map<number, Promise<Row[]>>();

  constructor(private readonly analysis: Analysis) {}

  /** The rows of these numbers, in their order. */
  async pick(numbers: readonly number[]): Promise<Row[]> {
    const found = numbers.map(async (number) => {
      const block = await this.#block(Math.floor(number / BLOCK_ROWS));
      return block[number % BLOCK_ROWS];
    });
    return (await Promise.all(found)).filter((row) => row !== undefined);
  }

  #block(block: number): Promise<Row[]> {
    const known = this.#blocks.get(block);
    // Deleted and set again: a Map iterates in the order of insertion, so the first is the oldest used.
    this.#blocks.delete(block);
    const rows = known ?? this.#read(block);
    this.#blocks.set(block, rows);
    const oldest = this.#blocks.keys().next().value;
    if (this.#blocks.size > BLOCKS_KEPT && oldest !== undefined) this.#blocks.delete(oldest);
    return rows;
  }

  #read(block: number): Promise<Row[]> {
    const from = block * BLOCK_ROWS;
    const rows = this.analysis.rows(from, Math.min(from + BLOCK_ROWS, this.analysis.rowCount));
    rows.catch(() => this.#blocks.delete(block));
    return rows;
  }
}
