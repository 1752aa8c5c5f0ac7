/** Reads slices of a packed file: from the checkpoint before each, or on from where the last one ended. */

import { Unpacker } from '../../generated/flowsieve_core.js';
import type { Packed } from './parts.js';
import { type ByteSink, SliceFeed } from './reader.js';

/** What a deflate stream may refer back to, and so what a checkpoint has with it. */
const WINDOW = 32 * 1024;

/** As {@link SliceFeed}, by offsets of the unpacked bytes. */
export class UnpackFeed {
  readonly #size: number;
  readonly #packed: Packed;
  readonly #stored: SliceFeed;
  #unpacker: Unpacker | undefined;
  /** Stored bytes that the unpacker has taken. */
  #taken = 0;
  /** Unpacked bytes that came out. */
  #at = 0;
  /** The last of these: a slice begins where the one before ends, and that one has read on. */
  #kept: Uint8Array[] = [];

  constructor(file: { stored: Blob; storedSize: number; size: number }, packed: Packed) {
    this.#size = file.size;
    this.#packed = packed;
    this.#stored = new SliceFeed({ file: file.stored, size: file.storedSize });
  }

  /**
   * Pushes unpacked bytes until the sink has enough or the file ends. What follows `end` is kept for the
   * next slice; `runEnd` is where the last of the slices ends that will follow.
   */
  async fill(sink: ByteSink, end: number, runEnd = end): Promise<void> {
    const position = sink.position();
    if (position >= this.#size) return;
    const kept = this.#kept.reduce((bytes, chunk) => bytes + chunk.length, 0);
    const checkpoint = this.#checkpointBefore(position);
    if (!this.#unpacker || position < this.#at - kept || this.#unpackedAt(checkpoint) > this.#at) {
      await this.#enter(checkpoint);
    }
    const again = this.#kept;
    this.#kept = [];
    this.#at -= again.reduce((bytes, chunk) => bytes + chunk.length, 0);
    let enough = false;
    for (const chunk of again) enough = this.#deliver(chunk, sink, end, enough);
    if (enough || this.#drain(sink, end)) return;
    const stored: ByteSink = {
      position: () => this.#taken,
      push: (chunk) => {
        this.#unpacker?.push(chunk);
        this.#taken += chunk.length;
        return this.#drain(sink, end);
      },
    };
    await this.#stored.fill(stored, this.#storedBefore(runEnd));
  }

  /** Ends the stream of stored bytes and frees what unpacks. */
  close(): void {
    this.#stored.close();
    this.#unpacker?.free();
    this.#unpacker = undefined;
  }

  /** All that the unpacker has; true once nothing more is needed. */
  #drain(sink: ByteSink, end: number): boolean {
    for (;;) {
      if (this.#at >= this.#size) return true;
      const chunk = this.#unpacker?.read();
      if (!chunk?.length) return false;
      if (this.#deliver(chunk, sink, end, false)) return true;
    }
  }

  #deliver(chunk: Uint8Array, sink: ByteSink, end: number, enough: boolean): boolean {
    const from = this.#at;
    this.#at += chunk.length;
    if (this.#at > end) this.#kept.push(chunk);
    if (enough) return true;
    const skipped = sink.position() - from;
    return skipped < chunk.length && sink.push(chunk.subarray(Math.max(0, skipped)));
  }

  async #enter(checkpoint: number): Promise<void> {
    const { method, places, windows } = this.#packed;
    const state = places[3 * checkpoint + 2] ?? -1;
    const window = windows.slice(checkpoint * WINDOW, (checkpoint + 1) * WINDOW);
    const before = new Uint8Array(await (state < 0 ? new Blob() : window).arrayBuffer());
    this.#unpacker?.free();
    this.#unpacker = new Unpacker(method, state, before);
    this.#taken = places[3 * checkpoint] ?? 0;
    this.#at = this.#unpackedAt(checkpoint);
    this.#kept = [];
  }

  #unpackedAt(checkpoint: number): number {
    return this.#packed.places[3 * checkpoint + 1] ?? 0;
  }

  #checkpointBefore(position: number): number {
    let low = 0;
    let high = this.#packed.places.length / 3;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#unpackedAt(middle) <= position) low = middle;
      else high = middle;
    }
    return low;
  }

  /** How many stored bytes make the unpacked ones before a place: those before the next checkpoint. */
  #storedBefore(position: number): number {
    return (
      this.#packed.places[3 * (this.#checkpointBefore(position) + 1)] ?? Number.MAX_SAFE_INTEGER
    );
  }
}
