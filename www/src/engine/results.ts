/**
 * Result columns. While an analysis runs they grow by chunks, so nothing is copied over and over;
 * at its end they become one buffer in the order of the digest:
 *
 * ```text
 *   class u8 × n │ label u8 × n │ confidence u16 × n │ rank u16 × n │ offsets u64 × ⌈n/64⌉ │ rejected ⌈n/8⌉
 * ```
 *
 * Six bytes a row, an eighth for the offset of each 64th row, and an eighth for the reject bits.
 * Everything is little-endian, as every platform with typed arrays in use is.
 */

import { FlowsieveError, type ResultColumns } from '../api.js';
import type { SliceArrays } from './protocol.js';

/** One row in so many has its byte offset kept. */
export const ROWS_PER_OFFSET = 64;

/** The class of a row that was rejected. */
export const REJECTED = 255;

const ROWS_PER_CHUNK = 1 << 16;

type Column = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A column that grows at its end by whole chunks. */
class ChunkedColumn<T extends Column> {
  readonly #newChunk: (length: number) => T;
  readonly #chunks: T[] = [];
  #room = 0;
  length = 0;

  constructor(newChunk: (length: number) => T) {
    this.#newChunk = newChunk;
  }

  append(values: ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> }) {
    for (let done = 0; done < values.length; ) {
      const chunk = this.#lastChunk();
      const count = Math.min(this.#room, values.length - done);
      chunk.set(values.subarray(done, done + count), chunk.length - this.#room);
      this.#room -= count;
      this.length += count;
      done += count;
    }
  }

  push(value: number) {
    const chunk = this.#lastChunk();
    chunk[chunk.length - this.#room] = value;
    this.#room -= 1;
    this.length += 1;
  }

  /** Moves all values to `target`, letting go of each chunk when it is copied. */
  drainInto(target: { set(values: ArrayLike<number>, at: number): void }) {
    let at = 0;
    const total = this.length;
    for (let chunk = this.#chunks.shift(); chunk; chunk = this.#chunks.shift()) {
      const values = chunk.subarray(0, Math.min(chunk.length, total - at));
      target.set(values, at);
      at += values.length;
    }
    this.length = 0;
    this.#room = 0;
  }

  #lastChunk(): T {
    const last = this.#chunks.at(-1);
    if (last && this.#room > 0) return last;
    const chunk = this.#newChunk(ROWS_PER_CHUNK);
    this.#chunks.push(chunk);
    this.#room = chunk.length;
    return chunk;
  }
}

/** The columns of the slices accepted so far. */
export class GrowingResults {
  readonly #class = new ChunkedColumn((length) => new Uint8Array(length));
  readonly #label = new ChunkedColumn((length) => new Uint8Array(length));
  readonly #confidence = new ChunkedColumn((length) => new Uint16Array(length));
  readonly #rank = new ChunkedColumn((length) => new Uint16Array(length));
  // f64 holds every offset below 2^53 exactly.
  readonly #offsets = new ChunkedColumn((length) => new Float64Array(length));

  get rowCount(): number {
    return this.#class.length;
  }

  /** Appends the next slice in file order. Its offsets count from `firstRecord`. */
  append(slice: SliceArrays, firstRecord: number) {
    const rowBase = this.rowCount;
    const firstKept = (ROWS_PER_OFFSET - (rowBase % ROWS_PER_OFFSET)) % ROWS_PER_OFFSET;
    for (let row = firstKept; row < slice.offsets.length; row += ROWS_PER_OFFSET) {
      this.#offsets.push(firstRecord + (slice.offsets[row] ?? 0));
    }
    this.#class.append(slice.class);
    this.#label.append(slice.label);
    this.#confidence.append(slice.confidence);
    this.#rank.append(slice.rank);
  }

  /** The finished table. What has grown is empty afterwards. */
  finish(): ResultTable {
    const table = new ResultTable(this.rowCount);
    this.#class.drainInto(table.columns.class);
    this.#label.drainInto(table.columns.label);
    this.#confidence.drainInto(table.columns.confidence);
    this.#rank.drainInto(table.columns.rank);
    this.#offsets.drainInto({
      set: (values, at) => {
        for (let i = 0; i < values.length; i++) table.setOffset(at + i, values[i] ?? 0);
      },
    });
    table.markRejected();
    return table;
  }
}

/** All results of an input, in the digest's order. */
export class ResultTable {
  readonly rowCount: number;
  readonly columns: ResultColumns;
  readonly #buffer: ArrayBuffer;
  readonly #offsets: DataView;
  readonly #rejected: Uint8Array;

  constructor(rowCount: number) {
    const offsetsAt = 6 * rowCount;
    const rejectedAt = offsetsAt + 8 * Math.ceil(rowCount / ROWS_PER_OFFSET);
    this.rowCount = rowCount;
    this.#buffer = new ArrayBuffer(rejectedAt + Math.ceil(rowCount / 8));
    this.columns = {
      class: new Uint8Array(this.#buffer, 0, rowCount),
      label: new Uint8Array(this.#buffer, rowCount, rowCount),
      confidence: new Uint16Array(this.#buffer, 2 * rowCount, rowCount),
      rank: new Uint16Array(this.#buffer, 4 * rowCount, rowCount),
    };
    // A view and not a typed array: 6 n need not be a multiple of 8.
    this.#offsets = new DataView(this.#buffer, offsetsAt, rejectedAt - offsetsAt);
    this.#rejected = new Uint8Array(this.#buffer, rejectedAt);
  }

  /** Byte offset of row `64 × block`. */
  offset(block: number): number {
    return Number(this.#offsets.getBigUint64(8 * block, true));
  }

  setOffset(block: number, offset: number) {
    this.#offsets.setBigUint64(8 * block, BigInt(offset), true);
  }

  markRejected() {
    const classes = this.columns.class;
    for (let row = 0; row < classes.length; row++) {
      if (classes[row] !== REJECTED) continue;
      this.#rejected[row >> 3] = (this.#rejected[row >> 3] ?? 0) | (1 << (row & 7));
    }
  }

  /** SHA-256 over the whole table, in hexadecimal. */
  async digest(): Promise<string> {
    // Browsers offer it on https, localhost and file:// alone.
    if (!globalThis.crypto?.subtle) {
      throw new FlowsieveError(
        'internal',
        'This page is not in a secure context (https, localhost or file://), where browsers offer no SHA-256.',
      );
    }
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', this.#buffer));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
