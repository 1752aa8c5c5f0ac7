/**
 * Several files as one table. Of all that were dropped, those are analysed together that have the columns
 * of the first one that a model knows; the others are left out, with the reason.
 */

import { TableHead } from '../../generated/flowsieve_core.js';
import { FlowsieveError, type Input, type LeftOut, type Recognition } from '../api.js';
import { aborted } from './coordinator.js';
import { readBytes, type StoredFile } from './files.js';
import type { OpenedFile } from './first-pass.js';
import { type Content, openContent, type Part, readContent } from './parts.js';

/** The header, which may take 1 MiB, and some rows to tell what a file is. */
const HEAD_BYTES = 1280 * 1024;

/** So many tables with different columns are offered to the models. */
export const MAX_TABLES = 8;

/** A file and its first bytes. */
export interface Candidate {
  file: OpenedFile;
  head: Uint8Array<ArrayBuffer>;
  /** Offset and line of its first row, blank lines and those about the file above it; empty for the first file. */
  above: Float64Array;
}

/** What is analysed: the files of one table, and what the model makes of the first one's header. */
export interface Table<Choice> {
  choice: Choice;
  files: readonly Candidate[];
  leftOut: LeftOut[];
}

/** The first bytes of a file, with what is wrong where there are none. */
async function readHead({ content, problem }: OpenedFile): Promise<Uint8Array<ArrayBuffer>> {
  const head = content.packed
    ? await readPiece(content, 0, HEAD_BYTES)
    : await readBytes(content.stored.slice(0, HEAD_BYTES));
  if (head.length === 0 && problem) throw new FlowsieveError('bad-archive', problem);
  return head;
}

/** The first bytes of a file, unpacked no further than that, and as much of its size as they tell. */
export async function firstBytes({
  stored,
  storedSize,
  unpack,
}: StoredFile): Promise<{ head: Uint8Array<ArrayBuffer>; size: number }> {
  if (!unpack) {
    const head = await readBytes(storedSize === 0 ? stored : stored.slice(0, HEAD_BYTES));
    return { head, size: storedSize };
  }
  const packed = {
    method: unpack.method,
    places: Float64Array.of(0, 0, -1),
    windows: new Blob(),
  };
  const content = { stored, storedSize, packed, size: Number.MAX_SAFE_INTEGER };
  const head = await readPiece(content, 0, HEAD_BYTES);
  return { head, size: head.length < HEAD_BYTES ? head.length : content.size };
}

/**
 * Finds the table. `dialect` is what the user says of how the files are written, as the core takes it; `choose`
 * gives what the model makes of a file that others are joined to, or throws why it takes none.
 */
export async function joinFiles<Choice>(
  files: readonly OpenedFile[],
  dialect: Uint8Array | undefined,
  signal: AbortSignal | undefined,
  choose: (first: Candidate) => Promise<Choice>,
): Promise<Table<Choice>> {
  /** Why a file is no table. */
  const noTables = new Map<OpenedFile, unknown>();
  /** Files of tables that no model takes. */
  const refused = new Set<OpenedFile>();
  const refusals: unknown[] = [];
  let tried = 0;
  for (const file of files) {
    if (refused.has(file)) continue;
    if (tried === MAX_TABLES) break;
    let group: Group;
    try {
      const others = files.filter((other) => other !== file && !noTables.has(other));
      group = await groupOf(file, others, dialect, signal);
    } catch (error) {
      if (files.length === 1 || isCancelled(error)) throw error;
      noTables.set(file, error);
      refusals.push(error);
      continue;
    }
    tried += 1;
    const { joined, others } = group;
    try {
      const choice = await choose(group.first);
      const noTable = [...noTables].map(([{ name }, error]) => ({ name, why: reason(error) }));
      return { choice, files: joined, leftOut: [...noTable, ...others] };
    } catch (error) {
      if (files.length === 1 || isCancelled(error)) throw error;
      for (const candidate of joined) refused.add(candidate.file);
      refusals.push(error);
    }
  }
  throw nearest(refusals);
}

/** A file, those whose rows can go below its own, and the others. */
interface Group {
  first: Candidate;
  joined: Candidate[];
  others: LeftOut[];
}

/** Throws why the file is no table. Of the files that are joined to it the first bytes are not kept. */
async function groupOf(
  file: OpenedFile,
  rest: readonly OpenedFile[],
  dialect: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<Group> {
  const head = await readHead(file);
  const table = new TableHead(head, file.content.size, dialect);
  const first = { file, head, above: new Float64Array() };
  const group: Group = { first, joined: [first], others: [] };
  try {
    for (const other of rest) {
      if (signal?.aborted) throw aborted();
      try {
        const above = table.further(await readHead(other), other.content.size);
        group.joined.push({ file: other, head: new Uint8Array(), above });
      } catch (error) {
        group.others.push({ name: other.name, why: reason(error) });
      }
    }
  } finally {
    table.free();
  }
  return group;
}

/** Of all refusals the one of the file that a model nearly takes; else the first. */
function nearest(refusals: readonly unknown[]): unknown {
  const share = (refusal: unknown) => {
    const details = refusal instanceof Error && 'details' in refusal ? refusal.details : undefined;
    return (details as Recognition | undefined)?.importanceShare ?? -1;
  };
  return refusals.toSorted((a, b) => share(b) - share(a))[0];
}

function isCancelled(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The files one after the other: the first from its beginning, the others from their first row on. */
export async function layOut(
  files: readonly Candidate[],
  encoding: Recognition['encoding'],
): Promise<Part[]> {
  const parts: Part[] = [];
  let begin = 0;
  for (const { file, above } of files) {
    const { content } = file;
    const from = above[0] ?? 0;
    const end = begin + content.size - from;
    parts.push({ ...content, begin, end, from });
    begin = end + (file === files.at(-1)?.file ? 0 : await lackingBytes(file, encoding));
  }
  return parts;
}

/** Room for the line end that a file lacks at its end, and for half a character. */
async function lackingBytes(
  { content }: OpenedFile,
  encoding: Recognition['encoding'],
): Promise<number> {
  const unit = encoding === 'UTF-8' ? 1 : 2;
  const half = content.size % unit;
  const last = await readPiece(content, content.size - unit, content.size);
  const code = unit === 1 ? last[0] : (last[encoding === 'UTF-16 LE' ? 0 : 1] ?? 0);
  const other = unit === 1 ? 0 : last[encoding === 'UTF-16 LE' ? 1 : 0];
  const isLineEnd = half === 0 && other === 0 && (code === 0x0a || code === 0x0d);
  return half + (isLineEnd ? 0 : unit);
}

/** Begin of each slice, then the end of all. A slice of a packed file begins at a checkpoint where it can. */
export function cut(
  parts: readonly Part[],
  dataStart: number,
  sliceBytes: number,
): Float64Array<ArrayBuffer> {
  const bounds: number[] = [];
  for (const [index, part] of parts.entries()) {
    const { begin, end, from, packed } = part;
    const places = packed?.places ?? new Float64Array();
    let checkpoint = 0;
    let at = index === 0 ? dataStart : begin;
    while (at < end) {
      bounds.push(at);
      let next = at + sliceBytes;
      const near = next - sliceBytes / 2;
      const address = () => (places[3 * checkpoint + 1] ?? Number.POSITIVE_INFINITY) - from + begin;
      while (address() < near) checkpoint += 1;
      if (address() < next + sliceBytes / 2) next = address();
      at = next;
    }
  }
  bounds.push(parts.at(-1)?.end ?? 0);
  return Float64Array.from(bounds);
}

async function readPiece(
  content: Content,
  begin: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const feed = openContent(content);
  try {
    return await readContent(content, feed, Math.max(0, begin), end);
  } finally {
    feed.close();
  }
}

/** What is told of the files. */
export function describe({ files, leftOut }: Table<unknown>, listedOut: LeftOut[]): Input {
  return {
    files: files.map(({ file }) => ({
      name: file.name,
      packing: file.packing,
      storedBytes: file.storedSize,
      bytes: file.content.size,
      problem: file.problem,
      loss: file.loss,
    })),
    leftOut: [...listedOut, ...leftOut],
  };
}
