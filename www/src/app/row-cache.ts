import type { Analysis, Row } from '../api.js';

const BLOCK_ROWS = 128;
const BLOCKS_KEPT = 24;

/**
 * Rows read back from the file, a block at a time. Scrolling sideways asks for the same rows again and
 * scrolling down for the next ones; only the blocks looked at last are kept.
 */
export class RowCache {
  readonly #blocks = new Map<number, Promise<Row[]>>();

  constructor(private readonly analysis: Analysis) {}

  /** Rows `from` up to, not including, `to`. */
  async rows(from: number, to: number): Promise<Row[]> {
    const first = Math.floor(from / BLOCK_ROWS);
    const last = Math.floor(Math.max(from, to - 1) / BLOCK_ROWS);
    const wanted: Promise<Row[]>[] = [];
    for (let block = first; block <= last; block += 1) wanted.push(this.#block(block));
    const rows = (await Promise.all(wanted)).flat();
    return rows.slice(from - first * BLOCK_ROWS, to - first * BLOCK_ROWS);
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
