/**
 * The evaluations in a model file: lists of counts, from which the scores follow as they do in the core
 * (`src/model/trial.rs`, `src/metrics/classifier.rs`). They are unpacked here because scoring needs none
 * of it, and every worker would carry the code.
 */

import type { Model } from '../../generated/flowsieve_core.js';
import {
  FlowsieveError,
  type ModelClass,
  type ModelInfo,
  type NamedEvaluation,
  type PerClass,
} from '../api.js';

/** What a model file says of itself. */
export function describeModel(model: Model): ModelInfo {
  const info: ModelInfo = model.info();
  const evaluations = unpack(model.evaluations(), info.classes);
  // The card's own record is older than false positives are counted.
  const main = evaluations.find(({ kind }) => kind === 'grouped') ?? info.card.evaluation;
  return { ...info, card: { ...info.card, evaluation: main, evaluations } };
}

function unpack(bytes: Uint8Array, classes: ModelClass[]): NamedEvaluation[] {
  if (bytes.length === 0) return [];
  try {
    const reader = new Reader(bytes);
    return reader.list(() => evaluation(reader, classes));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new FlowsieveError(
      'pack-damaged',
      'The model’s evaluations cannot be read. Get the file again, or train the model anew.',
    );
  }
}

function evaluation(reader: Reader, classes: ModelClass[]): NamedEvaluation {
  const kind = reader.text();
  const method = reader.text();
  const columns = reader.list(() => reader.text());
  const trainRows = reader.varint();
  const classTrainRows = reader.list(() => reader.varint());
  const counts = reader.list(() => reader.varint());
  const falsePositives = reader.varint();
  const attackHits = reader.varint();
  const auroc = reader.byte() === 0 ? null : reader.double();

  const n = classes.length;
  if (classTrainRows.length !== n || counts.length !== n * n) throw new RangeError('other classes');
  const matrix = classes.map((_, label) => counts.slice(label * n, (label + 1) * n));
  const supports = matrix.map(sum);
  const perClass: PerClass[] = [];
  const oneSided: NamedEvaluation['oneSided'] = [];
  classes.forEach(({ name }, label) => {
    const support = supports[label] ?? 0;
    const fitted = classTrainRows[label] ?? 0;
    if (fitted > 0 !== support > 0)
      oneSided.push({ class: name, trainRows: fitted, testRows: support });
    const predicted = sum(matrix.map((row) => row[label] ?? 0));
    // By order, a class on one side only says nothing; else it counts as everywhere.
    const shown = kind === 'order' ? fitted > 0 && support > 0 : support + predicted > 0;
    const hits = matrix[label]?.[label] ?? 0;
    if (shown) perClass.push({ class: name, ...binary(hits, predicted, support), support });
  });

  const rows = sum(supports);
  const rowsOf = (attack: boolean) =>
    sum(supports.filter((_, label) => classes[label]?.attack === attack));
  const [benignRows, attacks] = [rowsOf(false), rowsOf(true)];
  const labelled = perClass.filter(({ support }) => support > 0);
  const both = new Set(classes.map(({ attack }) => attack)).size > 1;
  return {
    kind,
    method,
    columns,
    trainRows,
    testRows: rows,
    oneSided,
    rows,
    accuracy: ratio(sum(matrix.map((row, label) => row[label] ?? 0)), rows),
    balancedAccuracy: ratio(sum(labelled.map(({ recall }) => recall)), labelled.length),
    macroF1: ratio(sum(perClass.map(({ f1 }) => f1)), perClass.length),
    weightedF1: ratio(sum(perClass.map(({ f1, support }) => f1 * support)), rows),
    perClass,
    binary:
      both && benignRows > 0 && attacks > 0
        ? binary(attackHits, attackHits + falsePositives, attacks)
        : null,
    benignRows,
    falsePositives,
    falsePositivesPerMillion: benignRows > 0 ? 1e6 * ratio(falsePositives, benignRows) : null,
    confusion: { labels: classes.map(({ name }) => name), matrix },
    auroc,
  };
}

function binary(hits: number, predicted: number, support: number) {
  return {
    precision: ratio(hits, predicted),
    recall: ratio(hits, support),
    f1: ratio(2 * hits, predicted + support),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A share; 0 where there is nothing to have a share of. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Takes the records of a model file apart (docs/pack-format.md). Throws a RangeError where bytes are missing. */
class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }

  double(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  text(): string {
    const length = this.varint();
    const { buffer, byteOffset } = this.#view;
    const text = new TextDecoder().decode(new Uint8Array(buffer, byteOffset + this.#at, length));
    this.#at += length;
    return text;
  }

  list<T>(item: () => T): T[] {
    const items: T[] = [];
    for (let left = this.varint(); left > 0; left--) items.push(item());
    return items;
  }
}
