/**
 * Entry of the worker: one self-contained classic script, because both builds start it from a Blob
 * URL and pages opened from file:// cannot have module workers.
 */

import {
  ExportTask,
  IndexPass,
  initSync,
  Model,
  Plan,
  SliceTask,
  trap,
} from '../generated/flowsieve_core.js';
import { toWire } from './engine/errors.js';
import { PartsFeed } from './engine/parts.js';
import type {
  ExportParams,
  Handled,
  Handlers,
  Method,
  Request,
  Response,
  SliceParams,
  StartParams,
  UnpackParams,
} from './engine/protocol.js';
import { SliceFeed } from './engine/reader.js';
import { planOptions } from './engine/reading.js';

/** What this file uses of a worker's global scope; the DOM's types have only the page's. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<Request>) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  postMessage(message: Response, transfer: Transferable[]): void;
}

interface Started {
  feed: PartsFeed;
  plan: Plan;
  memory: WebAssembly.Memory;
}

/** A first pass that is under way. */
interface Unpacking {
  pass: IndexPass;
  feed: SliceFeed;
  /** Stored bytes so far. */
  position: number;
  over: boolean;
}

/** Unpacked bytes between two checkpoints: as many as a slice has, which so begins where it can be read. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;

/** Stored bytes that one stream reads at most. */
const STORED_AHEAD = 64 * 1024 * 1024;

const scope = globalThis as unknown as WorkerScope;
let memory: WebAssembly.Memory | undefined;
let started: Started | undefined;
let unpacking: Unpacking | undefined;

// One request after the other: the page posts the next before the last is answered, so that a worker
// need not wait for a busy page.
let queue = Promise.resolve();
scope.addEventListener('message', (event) => {
  queue = queue.then(() => respond(event.data));
});

// A compiled module that cannot be posted arrives as this event, without its request's id; the module
// comes with the first request, whose id is 1.
scope.addEventListener('messageerror', () => {
  const error = new Error('The compiled module did not arrive.');
  error.name = 'DataCloneError';
  scope.postMessage({ id: 1, ok: false, error: toWire(error) }, []);
});

const handlers: Handlers = { start, unpack, slice, export: exportSlice };

async function respond(request: Request): Promise<void> {
  try {
    const { result, transfer } = await handle(request);
    scope.postMessage({ id: request.id, ok: true, result }, transfer);
  } catch (error) {
    scope.postMessage({ id: request.id, ok: false, error: toWire(error) }, []);
  }
}

function handle(request: Request): Promise<Handled<Method>> {
  // TypeScript does not follow that the handler and the parameters are of the same method.
  switch (request.method) {
    case 'start':
      return handlers.start(request.params);
    case 'unpack':
      return handlers.unpack(request.params);
    case 'slice':
      return handlers.slice(request.params);
    case 'export':
      return handlers.export(request.params);
  }
}

async function start(params: StartParams): Promise<Handled<'start'>> {
  ({ memory } = initSync({ module: params.core }));
  const { table } = params;
  if (table) {
    const model = new Model(table.pack);
    const plan = new Plan(model, table.head, table.size, planOptions(table.reading));
    started = { feed: new PartsFeed(table.parts), plan, memory };
  }
  return { result: { memoryBytes: memory.buffer.byteLength }, transfer: [] };
}

async function unpack(params: UnpackParams): Promise<Handled<'unpack'>> {
  if (!memory) throw new Error('The worker was not started.');
  const { stored, storedSize, method, crc, size, begin, end } = params;
  if (begin === 0) {
    unpacking?.pass.free();
    const pass = new IndexPass(method, CHECKPOINT_BYTES, crc, size);
    const feed = new SliceFeed({ file: stored, size: storedSize });
    unpacking = { pass, feed, position: 0, over: false };
  }
  const current = unpacking;
  if (!current) throw new Error('The first pass did not begin.');
  const { pass } = current;
  const sink = {
    position: () => current.position,
    push(chunk: Uint8Array) {
      current.over = pass.push(chunk);
      current.position += chunk.length;
      return current.over || current.position >= end;
    },
  };
  if (current.position < end) await current.feed.fill(sink, end, end + STORED_AHEAD);
  const over = current.over || current.position >= storedSize;
  const fault = over ? pass.finish(params.origin) : null;
  const { places, windows } = pass.checkpoints();
  return {
    result: {
      places,
      windows,
      size: pass.unpacked(),
      over,
      fault,
      memoryBytes: memory.buffer.byteLength,
    },
    transfer: [places.buffer, windows.buffer],
  };
}

async function slice(params: SliceParams): Promise<Handled<'slice'>> {
  if (!started) throw new Error('The worker was not started.');
  const { feed, plan, memory } = started;
  const { begin, end, runEnd, first, rejectAll } = params;
  const task = new SliceTask(plan, params.slice, begin, end, first, rejectAll);
  await feed.fill(task, end, runEnd);
  if (params.trap) trap();
  const { meta, class: classes, label, confidence, rank, offsets } = task.finish();
  // Not freed where it failed: nothing goes on in a worker after that.
  task.free();
  const output = { meta, class: classes, label, confidence, rank, offsets };
  return {
    result: { output, memoryBytes: memory.buffer.byteLength },
    transfer: Object.values(output).map((array) => array.buffer),
  };
}

async function exportSlice(params: ExportParams): Promise<Handled<'export'>> {
  if (!started) throw new Error('The worker was not started.');
  const { feed, plan, memory } = started;
  const { begin, end, first, options } = params;
  const task = new ExportTask(plan, begin, end, first, options);
  await feed.fill(task, end);
  const csv = task.finish() as Uint8Array<ArrayBuffer>;
  task.free();
  return { result: { csv, memoryBytes: memory.buffer.byteLength }, transfer: [csv.buffer] };
}
