/**
 * What the page and its workers say to each other. {@link Methods} is the only list of it: requests
 * and responses are derived. Every request has an id, its response echoes it.
 */

import type { Fault } from '../../generated/flowsieve_core.js';
import type { WireError } from './errors.js';
import type { Part } from './parts.js';
import type { ReadingOptions } from './reading.js';

/** Name, parameters and result of everything that a worker can be asked. */
export interface Methods {
  /** Sets the worker up; the first request to every worker. */
  start: { params: StartParams; result: { memoryBytes: number } };
  /** Goes on with the first pass over a packed file; others of the same worker wait until it is over. */
  unpack: { params: UnpackParams; result: UnpackResult };
  /** Analyses one slice. */
  slice: { params: SliceParams; result: SliceResult };
  /** Writes the rows of one slice as CSV. */
  export: { params: ExportParams; result: ExportResult };
}

export type Method = keyof Methods;

export interface StartParams {
  /** The compiled core, or its bytes where a compiled module cannot be posted. */
  core: WebAssembly.Module | Uint8Array<ArrayBuffer>;
  /** Null for a worker that only unpacks. */
  table: TableParams | null;
}

/** What is analysed, by which every worker makes the same plan as the page. */
export interface TableParams {
  parts: readonly Part[];
  pack: Uint8Array<ArrayBuffer>;
  /** The first bytes of the first file. */
  head: Uint8Array<ArrayBuffer>;
  /** Its size, unpacked, when the analysis began. */
  size: number;
  reading: ReadingOptions;
}

export interface UnpackParams {
  stored: Blob;
  storedSize: number;
  /** Numbers of the core's `IndexPass`. */
  method: number;
  crc?: number | undefined;
  size?: number | undefined;
  /** Where in the file that was dropped the stored bytes begin. */
  origin: number;
  /** The stored bytes that are taken now; the pass begins where this is 0. */
  begin: number;
  end: number;
}

export interface UnpackResult {
  /** The checkpoints among these bytes, as the core has them. */
  places: Float64Array<ArrayBuffer>;
  windows: Uint8Array<ArrayBuffer>;
  /** Unpacked bytes so far. */
  size: number;
  /** Whether nothing more can come out. */
  over: boolean;
  /** What is wrong, once the pass is over. */
  fault: Fault | null;
  memoryBytes: number;
}

export interface SliceParams {
  slice: number;
  /** Bytes [begin, end) of the file. */
  begin: number;
  end: number;
  /** The end of the slices that this worker will be given one after the other. */
  runEnd: number;
  /** Offset of the slice's first record where it is known; else the worker guesses it. */
  first: number | undefined;
  /** Only finds the records and rejects them all, after the slice failed twice. */
  rejectAll: boolean;
  /** Ends this run in a wasm trap, for tests. */
  trap: boolean;
}

export interface SliceResult {
  output: SliceArrays;
  /** What the worker's wasm memory has grown to; it never shrinks. */
  memoryBytes: number;
}

export interface ExportParams {
  begin: number;
  end: number;
  /** Offset of the slice's first record, which the analysis found. */
  first: number;
  options: CoreExportOptions;
}

/** Export options as the core takes them. */
export interface CoreExportOptions {
  contamination: number;
  classes: Uint8Array | null;
  label: number | null;
  rejected: boolean;
  raw: boolean;
  resultsOnly: boolean;
}

export interface ExportResult {
  csv: Uint8Array<ArrayBuffer>;
  memoryBytes: number;
}

/** Results of a slice: one entry per row, transferred. */
export interface SliceArrays {
  /** For the merger: where the slice began and ended, and its summary. */
  meta: Uint8Array;
  class: Uint8Array;
  label: Uint8Array;
  confidence: Uint16Array;
  rank: Uint16Array;
  /** Start of each row, relative to the slice's first record. */
  offsets: Uint32Array;
}

export type Params<M extends Method> = Methods[M]['params'];
export type Result<M extends Method> = Methods[M]['result'];

/** A request of any method. */
export type Request = {
  [M in Method]: { id: number; method: M; params: Params<M> };
}[Method];

/** A response to any method; the id tells which request, and so which result. */
export type Response =
  | { id: number; ok: true; result: Result<Method> }
  | { id: number; ok: false; error: WireError };

/** Code for each method, as the worker has it: the result, and the buffers to transfer with it. */
export type Handlers = {
  [M in Method]: (params: Params<M>) => Promise<Handled<M>>;
};

export interface Handled<M extends Method> {
  result: Result<M>;
  transfer: Transferable[];
}
