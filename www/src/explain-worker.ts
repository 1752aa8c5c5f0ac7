/**
 * Entry of the worker that explains rows, one classic script as `worker.ts` is. Its first request brings
 * the module and the model; it answers one request after the other.
 */

import { Explainer, initSync } from '../generated/flowsieve_explain.js';
import type { ExplainedFeature, Explanation, ModelInfo, Recognition } from './api.js';
import { toWire, type WireError } from './engine/errors.js';

/** What is asked of a row. */
export interface Question {
  /** What the model sees of it. */
  values: Float32Array<ArrayBuffer>;
  cells: string[];
  /** Index of the class to explain. */
  class: number;
  /** The names for the answer. */
  model: Pick<ModelInfo, 'classes' | 'columns'>;
  matched: Recognition['matched'];
}

/** What the worker is sent. */
export interface ExplainRequest {
  id: number;
  /** With the first request: the explaining module, which is small enough to be compiled here, and the model file. */
  open: { core: Uint8Array<ArrayBuffer>; pack: Uint8Array } | null;
  question: Question;
}

/** What it says. */
export type ExplainAnswer =
  | { id: number; explanation: Explanation }
  | { id: number; error: WireError };

/** What this file uses of a worker's global scope; the DOM's types have only the page's. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<ExplainRequest>) => void): void;
  postMessage(message: ExplainAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;
let explainer: Explainer | undefined;

scope.addEventListener('message', ({ data }) => {
  const { id, open, question } = data;
  try {
    if (open) {
      initSync({ module: open.core });
      explainer = new Explainer(open.pack);
    }
    if (!explainer) throw new Error('The worker has no model.');
    scope.postMessage({ id, explanation: explain(explainer, question) });
  } catch (error) {
    scope.postMessage({ id, error: toWire(error) });
  }
});

/** An explanation with the names of the class and the columns, and the cells of the row. */
function explain(explainer: Explainer, question: Question): Explanation {
  const { values, cells, model } = question;
  const raw = explainer.explain(values, question.class);
  const matched = new Map(question.matched.map((entry) => [entry.column, entry]));
  const features = model.columns.map(({ name, categories }, at): ExplainedFeature => {
    const value = values[at] ?? Number.NaN;
    const below = raw.places[2 * at] ?? Number.NaN;
    const atMost = raw.places[2 * at + 1] ?? Number.NaN;
    let text: string | null = null;
    const from = matched.get(name);
    if (from?.word === null) text = cells[from.index] ?? null;
    else if (from && !Number.isNaN(value)) text = categories[value] ?? 'another word';
    return {
      column: name,
      text,
      value: Number.isNaN(value) ? null : value,
      contribution: raw.contributions[at] ?? 0,
      place: Number.isNaN(below) ? null : { below, atMost },
    };
  });
  return {
    class: model.classes[question.class]?.name ?? '',
    unit: raw.unit,
    output: raw.output,
    expectation: raw.expectation,
    attackProbability: raw.attackProbability,
    features,
  };
}
