/**
 * Which columns were connected by hand, by the header that they were connected for. Storage may be denied
 * (a page opened from a file, a private window); then every file starts from its own names.
 */

import { type Columns, isColumns } from './columns-file.js';

const KEY = 'flowsieve-columns';

/** As many headers are remembered; then the oldest goes. */
const MAX_HEADERS = 20;

/** What was connected for a header. */
export interface Remembered {
  header: string[];
  /** Name of the model. */
  model: string;
  columns: Columns;
}

/** Whether there is anything to look up. */
export function remembersAny(): boolean {
  return load().length > 0;
}

export function recall(header: readonly string[]): Remembered | null {
  return load().find((entry) => isSame(entry.header, header)) ?? null;
}

export function remember(header: readonly string[], model: string, columns: Columns): void {
  const others = load().filter((entry) => !isSame(entry.header, header));
  store([{ header: [...header], model, columns }, ...others].slice(0, MAX_HEADERS));
}

export function forget(header: readonly string[]): void {
  store(load().filter((entry) => !isSame(entry.header, header)));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

function load(): Remembered[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? found.filter(isRemembered) : [];
  } catch {
    return [];
  }
}

/** Somebody else's page on the same host may have written there. */
function isRemembered(entry: unknown): entry is Remembered {
  if (typeof entry !== 'object' || entry === null) return false;
  const { header, model, columns } = entry as Partial<Remembered>;
  return Array.isArray(header) && typeof model === 'string' && isColumns(columns);
}

function store(entries: Remembered[]): void {
  try {
    if (entries.length === 0) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(entries));
  } catch {
    // Denied or full: the file on the page keeps its connections, the next one has none.
  }
}
