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

/**
 * Pushes the file's bytes until the sink has enough or the file ends. `end` is where the slice ends;
 * a read that takes longer than `stallMs` is given up.
 */
export async function feed(
  { file, size }: Source,
  sink: ByteSink,
  end: number,
  stallMs = STALL_MS,
): Promise<void> {
  let limit = Math.min(size, end + TAIL_BYTES);
  while (sink.position() < size) {
    limit = Math.min(size, Math.max(limit, sink.position() + TAIL_BYTES));
    const enough = await pushStream(file, sink, limit, stallMs);
    if (enough || (enough === undefined && (await pushPieces(file, sink, limit)))) return;
    limit += PIECE_BYTES;
  }
}

/** By a stream; undefined when it stalled or failed before the limit. */
async function pushStream(
  file: Blob,
  sink: ByteSink,
  limit: number,
  stallMs: number,
): Promise<boolean | undefined> {
  const reader = file.slice(sink.position(), limit).stream().getReader();
  try {
    for (;;) {
      const read = await inTime(reader.read(), stallMs);
      if (read === undefined) return undefined;
      // A stream that ends early is a file that shrank; reading pieces will tell.
      if (read.done) return sink.position() < limit ? undefined : false;
      if (sink.push(read.value)) return true;
    }
  } finally {
    // Not awaited: cancelling a stream that stalled may stall as well.
    reader.cancel().catch(() => {});
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
