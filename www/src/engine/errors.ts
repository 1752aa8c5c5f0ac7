/**
 * Errors as the library shows them. Those of the core arrive as plain `Error` objects that carry a
 * kind, and those of a worker as records (an error class does not survive `postMessage`).
 */

import { FlowsieveError } from '../api.js';

/** An error on its way between threads. */
export interface WireError {
  name: string;
  kind: string | undefined;
  message: string;
  details: unknown;
  stack: string | undefined;
}

/** What a worker sends of an error. */
export function toWire(error: unknown): WireError {
  if (!(error instanceof Error) && !(error instanceof DOMException)) {
    return {
      name: 'Error',
      kind: undefined,
      message: String(error),
      details: undefined,
      stack: undefined,
    };
  }
  return {
    name: error.name,
    kind: kindOf(error),
    message: error.message,
    details: 'details' in error ? error.details : undefined,
    stack: error.stack,
  };
}

/** The same error on the page: a `FlowsieveError` where it has a kind, else an `Error` of its name. */
export function fromWire(wire: WireError): Error {
  if (wire.kind !== undefined) return new FlowsieveError(wire.kind, wire.message, wire.details);
  const error = new Error(wire.message);
  error.name = wire.name;
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

/**
 * What the public functions throw: errors of the core become `FlowsieveError`s, a trap on the page's
 * own thread becomes one of the kind `internal`, everything else is passed on.
 */
export function toPublic(error: unknown): unknown {
  if (error instanceof FlowsieveError) return error;
  if (!(error instanceof Error)) return error;
  const kind = kindOf(error);
  if (kind !== undefined) {
    const details = 'details' in error ? error.details : undefined;
    return new FlowsieveError(kind, error.message, details, { cause: error });
  }
  if (error instanceof WebAssembly.RuntimeError) {
    const message = `Flowsieve failed inside (${error.message}). Reload the page to go on.`;
    return new FlowsieveError('internal', message, undefined, { cause: error });
  }
  return error;
}

/** Runs calls of the core so that they throw what the public functions throw. */
export function publicly<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw toPublic(error);
  }
}

/** Whether a read failed because of the file: changed, deleted, a folder, no permission. */
export function isUnreadable(error: unknown): boolean {
  const names = ['NotReadableError', 'NotFoundError', 'SecurityError'];
  return error instanceof Error && names.includes(error.name);
}

function kindOf(error: object): string | undefined {
  return 'kind' in error && typeof error.kind === 'string' ? error.kind : undefined;
}
