/**
 * Reads the bytes of one slice, in the worker. Plain `stream()` with its chunks copied straight into
 * wasm is the fastest safe way in today's browsers and keeps the process smallest; streams of files
 * have been seen to stall, so a read that fails or takes too long is given up for `arrayBuffer()`.
 */

import { FlowsieveError } from '../api.js';

/** The part of a slice task that reading needs. */
export interface ByteSink {
  /** Offset of the next byte wanted. */
  position(): number;
  /** Takes the bytes from `position()` on; true once nothing more is needed. */
  push(chunk: Uint8Array): boolean;
}

/** A slice's last record ends a little past its end: read so much more at first. */
const TAIL_BYTES = 64 * 1024;

/** And by so much when that was not enough. */
const PIECE_BYTES = 1024 * 1024;

const STALL_MS = 5000;

/** What is read. */
export interface Source {
  file: Blob;
  /** The file's size when it was chosen: a file that is gone says that it is empty. */
  size: number;
}

type Chunks = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/** A stream of the file's bytes up to `limit`, and the last chunk that it gave. */
interface Opened {
  chunks: Chunks;
  limit: number;
  last: Uint8Array;
  /** Offset behind the last chunk. */
  position: number;
}

/**
 * Reads slices of one file. The stream stays open from one slice to the next: where the next begins in
 * the chunk in which the last ended, or behind it, reading goes on. A stream costs the browser a buffer
 * in shared memory, so one for every four slices reads a third faster than one for each.
 */
export class SliceFeed {
  readonly #source: Source;
  readonly #stallMs: number;
  #opened: Opened | undefined;

  /** A read that takes longer than `stallMs` is given up. */
  constructor(source: Source, stallMs = STALL_MS) {
    this.#source = source;
    this.#stallMs = stallMs;
  }

  /**
   * Pushes the file's bytes until the sink has enough or the file ends. `end` is where the slice ends,
   * `runEnd` where the last of the slices ends that will follow it.
   */
  async fill(sink: ByteSink, end: number, runEnd = end): Promise<void> {
    const { file, size } = this.#source;
    let limit = Math.min(size, Math.max(end, runEnd) + TAIL_BYTES);
    while (sink.position() < size) {
      limit = Math.min(size, Math.max(limit, sink.position() + TAIL_BYTES));
      const enough = await this.#pushStream(sink, limit);
      if (enough) return;
      this.close();
      if (enough === undefined && (await pushPieces(file, sink, limit))) return;
      limit += PIECE_BYTES;
    }
  }

  /** By a stream; undefined when it stalled or failed before its limit. */
  async #pushStream(sink: ByteSink, limit: number): Promise<boolean | undefined> {
    const opened = this.#openAt(sink.position(), limit);
    const skipped = sink.position() - (opened.position - opened.last.length);
    const rest = opened.last.subarray(skipped);
    if (rest.length > 0 && sink.push(rest)) return true;
    for (;;) {
      const read = await inTime(opened.chunks.read(), this.#stallMs);
      if (read === undefined) return undefined;
      // A stream that ends early is a file that shrank; reading pieces will tell.
      if (read.done) return sink.position() < opened.limit ? undefined : false;
      opened.last = read.value;
      opened.position += read.value.length;
      if (sink.push(read.value)) return true;
    }
  }

  /** The open stream if it can go on at `position`, else a new one. */
  #openAt(position: number, limit: number): Opened {
    const opened = this.#opened;
    if (opened) {
      const { last, position: behind } = opened;
      if (behind - last.length <= position && position <= behind) return opened;
    }
    this.close();
    const chunks = this.#source.file.slice(position, limit).stream().getReader();
    this.#opened = { chunks, limit, last: new Uint8Array(), position };
    return this.#opened;
  }

  /** Ends the stream that is open. */
  close(): void {
    // Not awaited: cancelling a stream that stalled may stall as well.
    this.#opened?.chunks.cancel().catch(() => {});
    this.#opened = undefined;
  }
}

async function pushPieces(file: Blob, sink: ByteSink, limit: number): Promise<boolean> {
  while (sink.position() < limit) {
    const from = sink.position();
    const piece = await file.slice(from, Math.min(limit, from + PIECE_BYTES)).arrayBuffer();
    if (piece.byteLength === 0) {
      throw new FlowsieveError('file-unreadable', `The file now ends at byte ${from}.`);
    }
    if (sink.push(new Uint8Array(piece))) return true;
  }
  return false;
}

/**
 * What was read, or undefined once it has taken too long or failed: Chromium's streams call every
 * failure a network error, where reading the piece says what is wrong with the file.
 */
async function inTime<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, limitMs, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
