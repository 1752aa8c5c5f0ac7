/** Connected columns between the page's parts: which model they are for, what is remembered of them. */

import type { Recognition } from '../api.js';
import { recognise } from '../flowsieve.js';
import { forget, recall, remember, remembersAny } from './column-memory.js';
import { type ColumnsFile, readColumnsFile } from './columns-file.js';
import type { ConnectModel } from './connect.js';
import { modelSource } from './model-source.js';
import type { ModelChoice, OwnModel, Request, Source } from './session.js';
import type { ShippedModel } from './shipped.js';

/** All models that columns can be connected with: the visitor's own first. */
export function connectModels(
  shipped: readonly ShippedModel[],
  own: OwnModel | null,
): ConnectModel[] {
  const owns: ConnectModel[] = own
    ? [
        {
          choice: { kind: 'own', model: own },
          name: own.info.name,
          title: `your model ${own.name}`,
        },
      ]
    : [];
  const others = shipped.map(
    ({ name, info }): ConnectModel => ({
      choice: { kind: 'shipped', name },
      name: info.name,
      title: info.title,
    }),
  );
  return [...owns, ...others.filter(({ name }) => name !== own?.info.name)];
}

/** The model of a name, if it is at hand. */
export function modelNamed(name: string, models: readonly ConnectModel[]): ModelChoice | null {
  return models.find((model) => model.name === name)?.choice ?? null;
}

/**
 * How a file is read whose columns nobody connected yet: as one with the same header was before, if it was
 * connected with the model that is asked for.
 */
export async function recalled(
  { files }: Source,
  request: Request,
  models: readonly ConnectModel[],
): Promise<Request> {
  if (request.connected !== null || !remembersAny()) return request;
  try {
    const { recognition } = await recognise(files, {
      model: await modelSource(request.model),
      dialect: request.dialect,
    });
    const known = recognition.names === 'file' ? recall(recognition.columns) : null;
    const model = known && modelNamed(known.model, models);
    if (!model || !isAskedFor(model, request.model)) return request;
    return { ...request, model, connected: { columns: known.columns, from: 'memory' } };
  } catch {
    // A file or a model that cannot be read: the analysis says why.
    return request;
  }
}

function isAskedFor(model: ModelChoice, asked: ModelChoice): boolean {
  if (asked.kind === 'auto') return true;
  if (asked.kind === 'fit') return false;
  if (asked.kind === 'own') return model.kind === 'own' && model.model === asked.model;
  return model.kind === 'shipped' && model.name === asked.name;
}

/** Remembers what the user connected, for files with this header. Columns without names say too little. */
export function keep({ connected }: Request, { names, columns, model }: Recognition): void {
  if (!connected || connected.from === 'memory' || names !== 'file') return;
  if (Object.keys(connected.columns).length > 0) remember(columns, model, connected.columns);
  else forget(columns);
}

/** A dropped file that connects columns. */
export interface NamedColumns extends ColumnsFile {
  name: string;
}

/** Some files, sorted out. */
interface Taken {
  /** The one that connects columns. */
  columns: NamedColumns | null;
  others: File[];
  /** One that should connect columns and cannot be used. */
  broken: { name: string; why: string } | null;
}

/** Of some files the one that connects columns, and the others. */
export async function takeColumns(files: readonly File[]): Promise<Taken> {
  const taken: Taken = { columns: null, others: [], broken: null };
  for (const file of files) {
    const { name } = file;
    try {
      const found = await readColumnsFile(file);
      if (found) taken.columns = { ...found, name };
      else taken.others.push(file);
    } catch (error) {
      taken.broken = { name, why: error instanceof Error ? error.message : String(error) };
    }
  }
  return taken;
}
