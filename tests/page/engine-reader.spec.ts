// How a slice's bytes are read, without a page: from streams that behave and from streams that don't.

import { FlowsieveError } from '../../www/src/api.js';
import { SliceFeed } from '../../www/src/engine/reader.js';
import { expect, test } from './fixtures.js';

const BYTES = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 251);

/** Takes bytes from `at` until it has those up to `enough`, and checks that none is skipped. */
function sink(at: number, enough: number) {
  let position = at;
  return {
    position: () => position,
    push(chunk: Uint8Array) {
      const expected = BYTES.subarray(position, position + chunk.length);
      if (Buffer.compare(chunk, expected) !== 0) throw new Error(`wrong bytes at ${position}`);
      position += chunk.length;
      return position >= enough;
    },
  };
}

/** A file that counts the streams that were opened. */
class CountedStreams extends Blob {
  streams = 0;

  override slice(begin?: number, end?: number): Blob {
    this.streams += 1;
    return super.slice(begin, end);
  }
}

/** A file whose streams stop answering, or fail, after `chunks` chunks of 10,000 bytes each. */
class BadStreams extends Blob {
  constructor(
    private readonly content: Uint8Array<ArrayBuffer>,
    private readonly chunks: number,
    private readonly fails: boolean,
  ) {
    super([content]);
  }

  override slice(begin = 0, end = this.size): Blob {
    return new BadStreams(this.content.slice(begin, end), this.chunks, this.fails);
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { content, chunks, fails } = this;
    let sent = 0;
    return new ReadableStream({
      pull(controller) {
        if (sent === chunks && fails) throw new TypeError('network error');
        if (sent === chunks) return new Promise(() => {});
        const at = 10_000 * sent;
        controller.enqueue(content.slice(at, at + 10_000));
        sent += 1;
        return undefined;
      },
    });
  }
}

test('reading begins and ends where the sink says', async () => {
  for (const [at, end, enough] of [
    [0, 1_000_000, 1_000_000],
    [999_999, 1_500_000, 1_500_100],
    // A record that goes on far beyond its slice.
    [10, 1000, 2_900_000],
    // And one that the file ends in.
    [2_000_000, 3_000_000, 4_000_000],
    // Nothing left to read.
    [3_000_000, 3_000_000, 4_000_000],
  ] as const) {
    const reached = sink(at, enough);
    await new SliceFeed({ file: new Blob([BYTES]), size: BYTES.length }).fill(reached, end);
    expect(reached.position()).toBeGreaterThanOrEqual(Math.min(enough, BYTES.length));
    // Little more than needed is read: 64 KiB, or a MiB where that was not enough, and a chunk.
    expect(reached.position()).toBeLessThanOrEqual(Math.max(end, enough) + 2 ** 21);
  }
});

test('slices that follow each other are read by one stream', async () => {
  const file = new CountedStreams([BYTES]);
  const feed = new SliceFeed({ file, size: BYTES.length });
  // Each slice reads past its end, to finish its last record, and the next begins at that end.
  for (const [at, end] of [
    [0, 500_000],
    [500_000, 900_000],
    [900_000, 1_400_000],
  ] as const) {
    await feed.fill(sink(at, end + 100), end, 1_400_000);
  }
  expect(file.streams).toBe(1);
  // Elsewhere, before and behind what the stream has.
  for (const at of [2_000_000, 10]) await feed.fill(sink(at, at + 50_000), at + 50_000);
  expect(file.streams).toBe(3);
  // And farther than the run that was announced.
  await feed.fill(sink(1000, 2_900_000), 60_000, 60_000);
});

test('a stream that stalls or fails is read in pieces instead', async () => {
  for (const chunks of [0, 1, 7]) {
    for (const fails of [false, true]) {
      const reached = sink(500_000, 2_500_000);
      const file = new BadStreams(BYTES, chunks, fails);
      await new SliceFeed({ file, size: BYTES.length }, 20).fill(reached, 2_500_000);
      expect(reached.position()).toBeGreaterThanOrEqual(2_500_000);
    }
  }
});

test('a file that is shorter than it was is unreadable', async () => {
  const file = new Blob([BYTES.subarray(0, 1_200_000)]);
  const source = { file, size: BYTES.length };
  const reading = new SliceFeed(source).fill(sink(1_000_000, 2_000_000), 2_000_000);
  await expect(reading).rejects.toThrow(FlowsieveError);
  await expect(reading).rejects.toMatchObject({ kind: 'file-unreadable' });
});
