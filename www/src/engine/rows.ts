/**
 * Rows read back from the file. Nothing of the input is kept in memory: the offset of every 64th row
 * is, so a row is found by reading the 64 around it again.
 */

import {
  FlowsieveError,
  type ModelInfo,
  type Recognition,
  type ResultColumns,
  type Row,
} from '../api.js';
import { isUnreadable } from './errors.js';
import { type Part, type PartsReader, partAt } from './parts.js';
import { REJECTED, type ResultTable, ROWS_PER_OFFSET } from './results.js';

/** Records as the core reads them, one for each row of the analysis. */
export interface Cells {
  rows: string[][];
  /** Rows × columns of the header; NaN where there is none. */
  zscores: Float32Array;
  /** Rows × columns of the model: what it sees; NaN where missing. */
  values: Float32Array;
  /** Start of each row, relative to the bytes that were read. */
  offsets: Uint32Array;
  /** Rows × classes: 1 for those in the row's set. Empty where the model has no sets. */
  sets: Uint8Array;
}

/** The part of the core's plan that reading rows needs. */
export interface CellReader {
  /** Up to `maxRows` records of bytes that start with a record. */
  cells(bytes: Uint8Array, maxRows: number): Cells;
}

export interface RowSource {
  reader: PartsReader;
  plan: CellReader;
  model: ModelInfo;
  recognition: Recognition;
  table: ResultTable;
}

/**
 * Rows whose 64 take more than this hold a broken record of any length (an open quote, say), and are
 * read no further: those behind it come without cells.
 */
const MAX_BLOCK_BYTES = 8 * 1024 * 1024;

/** `label` of a row whose label the model does not know; what it says is in its cell. */
const UNKNOWN_LABEL = 254;

/** Rows from `from` up to `to`, as far as there are such. */
export async function readRows(source: RowSource, from: number, to: number): Promise<Row[]> {
  const { table } = source;
  const first = Math.max(0, Math.trunc(from));
  const end = Math.min(table.rowCount, Math.trunc(to));
  const rows: Row[] = [];
  for (let row = first; row < end; ) {
    const block = Math.floor(row / ROWS_PER_OFFSET);
    const blockEnd = Math.min(end, (block + 1) * ROWS_PER_OFFSET);
    const cells = await readBlock(source, block);
    for (; row < blockEnd; row++) {
      rows.push(toRow(source, row, cells, row - block * ROWS_PER_OFFSET));
    }
  }
  return rows;
}

/** One row with what the model sees of it. */
export async function readOneRow(
  source: RowSource,
  index: number,
): Promise<{ row: Row; values: Float32Array<ArrayBuffer> }> {
  const block = await readBlock(source, Math.floor(index / ROWS_PER_OFFSET));
  const at = index % ROWS_PER_OFFSET;
  const width = source.model.columns.length;
  const values = Float32Array.from(block.values.subarray(at * width, (at + 1) * width));
  return { row: toRow(source, index, block, at), values };
}

interface Block extends Omit<Cells, 'offsets'> {
  /** Where each row starts. */
  offsets: number[];
}

/** The rows of a block, which may be of several files. */
async function readBlock(source: RowSource, block: number): Promise<Block> {
  const { reader, table, plan, recognition } = source;
  const { parts } = reader;
  const firstRow = block * ROWS_PER_OFFSET;
  const isLast = firstRow + ROWS_PER_OFFSET >= table.rowCount;
  const blockEnd = isLast ? (parts.at(-1)?.end ?? 0) : table.offset(block + 1);
  const count = Math.min(ROWS_PER_OFFSET, table.rowCount - firstRow);
  const width = recognition.columns.length;
  const features = source.model.columns.length;
  const classes = source.model.sets ? source.model.classes.length : 0;
  const found: Block = {
    rows: [],
    zscores: new Float32Array(count * width),
    values: new Float32Array(count * features).fill(Number.NaN),
    offsets: [],
    sets: new Uint8Array(count * classes),
  };
  let begin = table.offset(block);
  for (;;) {
    const part = partAt(parts, begin);
    if (!part) return found;
    const partEnd = Math.min(blockEnd, part.end);
    const end = Math.min(partEnd, begin + MAX_BLOCK_BYTES);
    const bytes = await readBytes(reader, part, begin, end);
    const cells = plan.cells(bytes, count - found.rows.length);
    // Where the block was cut, its last record may be half a record.
    if (end < partEnd && found.rows.length + cells.rows.length < count) cells.rows.pop();
    found.zscores.set(cells.zscores, found.rows.length * width);
    found.values.set(cells.values, found.rows.length * features);
    found.sets.set(cells.sets, found.rows.length * classes);
    found.rows.push(...cells.rows);
    for (const offset of cells.offsets) found.offsets.push(begin + offset);
    const next = parts[parts.indexOf(part) + 1];
    if (end < partEnd || !next || next.begin >= blockEnd) return found;
    begin = next.begin;
  }
}

async function readBytes(
  reader: PartsReader,
  part: Part,
  begin: number,
  end: number,
): Promise<Uint8Array> {
  try {
    return await reader.read(part, begin, end);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const message = 'The file has changed or is gone, so its rows cannot be shown. Drop it again.';
    throw new FlowsieveError('file-unreadable', message, undefined, { cause: error });
  }
}

function toRow(source: RowSource, index: number, block: Block, at: number): Row {
  const { model, recognition, table } = source;
  const columns: ResultColumns = table.columns;
  const width = recognition.columns.length;
  const cells = block.rows[at] ?? [];
  const classIndex = columns.class[index] ?? REJECTED;
  const kind = model.classes[classIndex];
  return {
    index,
    offset: block.offsets[at] ?? 0,
    cells,
    zscores: block.zscores.subarray(at * width, (at + 1) * width),
    class: kind?.name ?? null,
    family: kind?.family ?? null,
    attack: kind?.attack ?? false,
    confidence: (columns.confidence[index] ?? 0) / 65535,
    set: kind && model.sets ? setOf(model, block.sets, at) : null,
    rank: columns.rank[index] ?? 0,
    label: labelOf(source, columns.label[index] ?? 255, cells),
    rejected: classIndex === REJECTED,
  };
}

function setOf({ classes }: ModelInfo, sets: Uint8Array, at: number): string[] {
  const held = sets.subarray(at * classes.length);
  return classes.filter((_, index) => held[index] === 1).map(({ name }) => name);
}

function labelOf({ model, recognition }: RowSource, label: number, cells: string[]): string | null {
  if (label === UNKNOWN_LABEL) return cells[recognition.label?.index ?? -1] ?? null;
  return model.classes[label]?.name ?? null;
}
