/**
 * What is analysed, as one run of bytes: of each file, plain or unpacked, what follows its header.
 *
 * ```text
 *   a.csv.gz  │ header │ rows ──────────│            b.csv  │ header │ rows ─────│
 *   addresses 0        dataStart        end              begin ─────────────── end
 * ```
 *
 * Addresses are offsets in this run. It has room for a line end where a file lacks its last one, so that
 * they are those of one plain file of all rows; nobody reads what is not there, because no slice goes from
 * one file into the next.
 */

import { type ByteSink, SliceFeed } from './reader.js';
import { UnpackFeed } from './unpack-feed.js';

/** How a packed file is read: see the core's `IndexPass`. */
export interface Packed {
  /** The core's number for it. */
  method: number;
  /** Three numbers for each checkpoint: stored bytes before it, unpacked bytes before it, its state. */
  places: Float64Array<ArrayBuffer>;
  /** 32 KiB for each, kept where the browser likes, which may be its disk. */
  windows: Blob;
}

/** The bytes of one file. */
export interface Content {
  /** As they are stored. A `Blob` is posted by reference: the file stays on disk. */
  stored: Blob;
  /** Their number when the file was chosen: a file that is gone says that it is empty. */
  storedSize: number;
  /** Null where the stored bytes are the file's own. */
  packed: Packed | null;
  /** Size of the file, unpacked. */
  size: number;
}

/** A file among all. */
export interface Part extends Content {
  /** Addresses of its first byte that counts, and behind its last. */
  begin: number;
  end: number;
  /** Offset of that first byte in the file. */
  from: number;
}

/** The part that an address is in. */
export function partAt(parts: readonly Part[], address: number): Part | undefined {
  return parts.find(({ end }) => address < end);
}

/** A feed of one file, by its own offsets. */
export function openContent(content: Content): SliceFeed | UnpackFeed {
  const { stored, storedSize, packed } = content;
  if (packed) return new UnpackFeed(content, packed);
  return new SliceFeed({ file: stored, size: storedSize });
}

/** Reads slices of all files, each of which lies in one of them. */
export class PartsFeed {
  readonly #parts: readonly Part[];
  #opened: { part: Part; feed: SliceFeed | UnpackFeed } | undefined;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** As {@link SliceFeed.fill}, by addresses. What ends a file ends the slice. */
  async fill(sink: ByteSink, end: number, runEnd = end): Promise<void> {
    const part = partAt(this.#parts, sink.position());
    if (!part) return;
    if (this.#opened?.part !== part) {
      this.#opened?.feed.close();
      this.#opened = { part, feed: openContent(part) };
    }
    const shift = part.begin - part.from;
    const shifted: ByteSink =
      shift === 0
        ? sink
        : { position: () => sink.position() - shift, push: (chunk) => sink.push(chunk) };
    const offset = (address: number) => Math.min(address, part.end) - shift;
    await this.#opened.feed.fill(shifted, offset(end), offset(runEnd));
  }
}

/** The bytes of a file between two of its offsets, as far as there are any. */
export async function readContent(
  content: Content,
  feed: SliceFeed | UnpackFeed,
  begin: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!content.packed) {
    return new Uint8Array(await content.stored.slice(begin, end).arrayBuffer());
  }
  const bytes = new Uint8Array(Math.max(0, Math.min(end, content.size) - begin));
  let filled = 0;
  const sink: ByteSink = {
    position: () => begin + filled,
    push(chunk) {
      const room = bytes.length - filled;
      bytes.set(chunk.subarray(0, room), filled);
      filled += Math.min(room, chunk.length);
      return filled === bytes.length;
    },
  };
  if (bytes.length > 0) await feed.fill(sink, begin, end);
  return bytes.subarray(0, filled);
}

/** Reads pieces of all files, one after the other. Only the file that was read last is open. */
export class PartsReader {
  #opened: { part: Part; feed: SliceFeed | UnpackFeed } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly parts: readonly Part[]) {}

  /** The bytes of one file between two addresses in it. */
  read(part: Part, begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const shift = part.begin - part.from;
    // A feed has one place at which it is.
    const next = this.#last.then(() => {
      if (this.#opened?.part !== part) {
        this.#opened?.feed.close();
        this.#opened = { part, feed: openContent(part) };
      }
      return readContent(part, this.#opened.feed, begin - shift, end - shift);
    });
    this.#last = next.catch(() => {});
    return next;
  }

  /** Frees what reads, once what was asked for is read. */
  close(): void {
    this.#last = this.#last.then(() => {
      this.#opened?.feed.close();
      this.#opened = undefined;
    });
  }
}
