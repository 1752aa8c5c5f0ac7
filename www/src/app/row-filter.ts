import type { ModelInfo, ResultColumns } from '../api.js';
import { REJECTED } from './rank.js';

/** Which rows the table shows and the export writes, told by the result columns alone. */
export interface RowFilter {
  /** Names the filter among all that the page offers. */
  key: string;
  /** What the rows have in common, to follow "flows" or "rows". */
  text: string;
  /** Predicted classes to keep, as indices; null for all. */
  classes: readonly number[] | null;
  /** Label to keep, as a class's index; null for all. */
  label: number | null;
  /** Whether rows that could not be read are kept. */
  rejected: boolean;
}

/** Flows predicted as one class. */
export function filterByClass(model: ModelInfo, index: number): RowFilter {
  const name = model.classes[index]?.name ?? '';
  return {
    key: `class:${name}`,
    text: `predicted as ${name}`,
    classes: [index],
    label: null,
    rejected: false,
  };
}

/** Whether every family is one class of the same name, so that naming both says nothing more. */
export function hasPlainFamilies({ classes }: ModelInfo): boolean {
  return classes.every(({ name, family }) => name === family);
}

/** Flows whose likeliest class is of one family. */
export function filterByFamily(model: ModelInfo, family: string): RowFilter {
  const classes = model.classes.flatMap((entry, index) => (entry.family === family ? [index] : []));
  return {
    key: `family:${family}`,
    text: `predicted as a class of ${family}`,
    classes,
    label: null,
    rejected: false,
  };
}

/** A cell of the confusion matrix; null where a name is not the model's. */
export function filterByCell(
  model: ModelInfo,
  labelled: string,
  predicted: string,
): RowFilter | null {
  const label = model.classes.findIndex(({ name }) => name === labelled);
  const index = model.classes.findIndex(({ name }) => name === predicted);
  if (label < 0 || index < 0) return null;
  return {
    key: `cell:${labelled}\n${predicted}`,
    text: `labelled ${labelled} and predicted as ${predicted}`,
    classes: [index],
    label,
    rejected: false,
  };
}

/** Rows that could not be read. */
export const FILTER_REJECTED: RowFilter = {
  key: 'rejected',
  text: 'that could not be read',
  classes: [],
  label: null,
  rejected: true,
};

/** What the select above the table offers, by its value. */
export function filterByKey(model: ModelInfo, key: string): RowFilter | null {
  if (key === FILTER_REJECTED.key) return FILTER_REJECTED;
  const name = key.slice(key.indexOf(':') + 1);
  if (key.startsWith('family:')) return filterByFamily(model, name);
  const index = model.classes.findIndex((entry) => entry.name === name);
  return key.startsWith('class:') && index >= 0 ? filterByClass(model, index) : null;
}

/** The same rows for an export. */
export function exportOptions(model: ModelInfo, filter: RowFilter | null) {
  if (!filter) return {};
  const name = (index: number) => model.classes[index]?.name ?? '';
  return {
    ...(filter.classes ? { classes: filter.classes.map(name) } : {}),
    ...(filter.label === null ? {} : { label: name(filter.label) }),
    rejected: filter.rejected,
  };
}

const ROWS_PER_BLOCK = 4096;

/**
 * The rows that a filter keeps, found by position without a list of them: a count per block of rows,
 * and a scan of the one block that a position is in. One thousandth of the memory that a list of row
 * numbers would take.
 */
export class FilteredRows {
  /** How many rows are kept. */
  readonly length: number;
  readonly #classes: Uint8Array;
  readonly #labels: Uint8Array;
  /** 1 for each class that is kept. */
  readonly #keptClass = new Uint8Array(256);
  readonly #label: number | null;
  /** Rows kept before each block. */
  readonly #before: Uint32Array;

  constructor(columns: ResultColumns, { classes, label, rejected }: RowFilter) {
    this.#classes = columns.class;
    this.#labels = columns.label;
    this.#label = label;
    this.#keptClass.fill(classes === null ? 1 : 0, 0, REJECTED);
    for (const index of classes ?? []) this.#keptClass[index] = 1;
    this.#keptClass[REJECTED] = rejected ? 1 : 0;
    const blocks = Math.ceil(this.#classes.length / ROWS_PER_BLOCK);
    this.#before = new Uint32Array(blocks);
    let kept = 0;
    for (let block = 0; block < blocks; block += 1) {
      this.#before[block] = kept;
      const end = Math.min(this.#classes.length, (block + 1) * ROWS_PER_BLOCK);
      for (let row = block * ROWS_PER_BLOCK; row < end; row += 1) kept += this.#keeps(row) ? 1 : 0;
    }
    this.length = kept;
  }

  /** Row numbers at positions `from` up to, not including, `to`, as far as there are such. */
  rows(from: number, to: number): number[] {
    const end = Math.min(to, this.length);
    const found: number[] = [];
    if (from >= end) return found;
    const block = this.#blockOf(from);
    let position = this.#before[block] ?? 0;
    for (let row = block * ROWS_PER_BLOCK; position < end; row += 1) {
      if (!this.#keeps(row)) continue;
      if (position >= from) found.push(row);
      position += 1;
    }
    return found;
  }

  /** Rows kept before row `row`: its position, or that of the next one kept. */
  positionOf(row: number): number {
    const block = Math.floor(row / ROWS_PER_BLOCK);
    let position = this.#before[block] ?? this.length;
    for (let at = block * ROWS_PER_BLOCK; at < row; at += 1) position += this.#keeps(at) ? 1 : 0;
    return Math.min(position, this.length);
  }

  #keeps(row: number): boolean {
    return (
      this.#keptClass[this.#classes[row] ?? REJECTED] === 1 &&
      (this.#label === null || this.#labels[row] === this.#label)
    );
  }

  /** The last block with no more than `position` rows before it. */
  #blockOf(position: number): number {
    let low = 0;
    let high = this.#before.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#before[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
