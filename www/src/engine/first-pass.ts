/**
 * The first pass over packed files, in workers: what comes out of each, whether it is whole, and where it
 * can be entered. Several files are unpacked at a time; one cannot be by more than one worker.
 */

import { FlowsieveError, type UnpackProgress } from '../api.js';
import { aborted } from './coordinator.js';
import type { StoredFile } from './files.js';
import type { Content } from './parts.js';
import { Pool, type PoolSetup, WorkerEnded, WorkerFailed } from './pool.js';
import type { UnpackResult } from './protocol.js';

/** A file and what is known of it after the pass. */
export interface OpenedFile extends StoredFile {
  content: Content;
  /** What is wrong with it, for people. */
  problem: string | null;
  /** Whether rows are missing or may be wrong. */
  loss: boolean;
}

/** Stored bytes that a worker takes at a time: as often is told how far it is. */
const STEP_BYTES = 4 * 1024 * 1024;

/** Unpacked bytes of all files together. */
const MAX_UNPACKED = 64 * 2 ** 30;

const STORED = 0;

export interface FirstPass {
  files: readonly StoredFile[];
  pool: Omit<PoolSetup, 'table'>;
  signal: AbortSignal | undefined;
  onUnpacking: ((progress: UnpackProgress) => void) | undefined;
}

/** All files, in order. Plain ones need no pass. */
export async function openFiles(pass: FirstPass): Promise<OpenedFile[]> {
  const packed = pass.files.filter(({ unpack }) => unpack !== null);
  if (packed.length === 0) return pass.files.map(plainFile);
  const run = new Run(pass, packed);
  const opened = await run.opened();
  return pass.files.map((file) => opened.get(file) ?? plainFile(file));
}

function plainFile(file: StoredFile): OpenedFile {
  const { stored, storedSize } = file;
  const content = { stored, storedSize, packed: null, size: storedSize };
  return { ...file, content, problem: file.fault, loss: file.fault !== null };
}

class Run {
  readonly #pass: FirstPass;
  readonly #waiting: StoredFile[];
  readonly #totalBytes: number;
  readonly #opened = new Map<StoredFile, OpenedFile>();
  #bytes = 0;
  #unpacked = 0;

  constructor(pass: FirstPass, packed: StoredFile[]) {
    this.#pass = pass;
    this.#waiting = packed;
    this.#totalBytes = packed.reduce((bytes, { storedSize }) => bytes + storedSize, 0);
  }

  async opened(): Promise<Map<StoredFile, OpenedFile>> {
    const { pool: setup, signal } = this.#pass;
    const count = this.#waiting.length;
    await new Promise<void>((resolve, reject) => {
      let working = 0;
      const end = (settle: () => void) => {
        signal?.removeEventListener('abort', abort);
        pool.end();
        settle();
      };
      const fail = (error: unknown) => {
        // Those that end because another failed have nothing to say.
        if (!(error instanceof WorkerEnded)) end(() => reject(error));
      };
      const abort = () => fail(aborted());
      const work = async () => {
        const place = pool.room;
        if (place === undefined) return;
        working += 1;
        await this.#work(pool, place);
        working -= 1;
        if (working === 0 && this.#opened.size === count) end(resolve);
      };
      const pool: Pool = new Pool(
        { ...setup, workers: Math.min(setup.workers, count), table: null },
        { room: () => void work().catch(fail), broken: fail },
      );
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
    });
    return this.#opened;
  }

  async #work(pool: Pool, place: number): Promise<void> {
    for (let file = this.#waiting.shift(); file; file = this.#waiting.shift()) {
      this.#opened.set(file, await this.#open(pool, place, file));
    }
  }

  async #open(pool: Pool, place: number, file: StoredFile): Promise<OpenedFile> {
    const { stored, storedSize, unpack, origin } = file;
    const places: number[] = [];
    const windows: Blob[] = [];
    let result: UnpackResult;
    let before = 0;
    let end = 0;
    do {
      const begin = end;
      end = Math.min(storedSize, begin + STEP_BYTES);
      const params = { stored, storedSize, ...unpack, origin, begin, end };
      result = await unpackStep(pool, place, { method: STORED, ...params });
      places.push(...result.places);
      if (result.windows.length > 0) windows.push(new Blob([result.windows]));
      this.#count(end - begin, result.size - before);
      before = result.size;
    } while (end < storedSize && !result.over);
    this.#count(storedSize - end, 0);
    const { fault, size } = result;
    const isStored = unpack?.method === STORED;
    const packed = isStored
      ? null
      : {
          method: unpack?.method ?? STORED,
          places: Float64Array.from(places),
          windows: new Blob(windows),
        };
    return {
      ...file,
      content: { stored, storedSize, packed, size },
      problem: fault?.message ?? file.fault,
      loss: fault?.loss ?? file.fault !== null,
    };
  }

  #count(bytes: number, unpacked: number): void {
    this.#bytes += bytes;
    this.#unpacked += unpacked;
    if (this.#unpacked > MAX_UNPACKED) {
      const message = 'More than 64 GiB come out of these files. Drop fewer at a time.';
      throw new FlowsieveError('unpack-limit', message);
    }
    this.#pass.onUnpacking?.({ bytes: this.#bytes, totalBytes: this.#totalBytes });
  }
}

/** What a worker is at is lost with it, and whatever made it fail would do so again. */
async function unpackStep(
  pool: Pool,
  place: number,
  params: Parameters<typeof pool.run<'unpack'>>[2],
): Promise<UnpackResult> {
  try {
    return await pool.run(place, 'unpack', params);
  } catch (error) {
    if (!(error instanceof WorkerFailed)) throw error;
    const message = `The worker failed while it unpacked bytes ${params.begin} to ${params.end}: ${error.message}.`;
    throw new FlowsieveError('worker-failed', message, undefined, { cause: error });
  }
}
