/**
 * Finds the model for an input. With `'auto'` each of the models that come with the page is tried on
 * the input's header, and the one whose columns it has most of, by their importance, is taken; of two
 * that it has the same share of, the one with more of its columns matched.
 */

import { Model, Plan } from '../../generated/flowsieve_core.js';
import { FlowsieveError, type ModelSource, type Recognition } from '../api.js';
import { fetchBytes, loadAsset, loadModelIndex } from './assets.js';
import { loadCore } from './core.js';
import { planOptions, type ReadingOptions } from './reading.js';

/** A model and the file that it is from. */
interface LoadedModel {
  pack: Uint8Array<ArrayBuffer>;
  model: Model;
  /** Whether it came with the page: such a model is kept for the next input. */
  shipped: boolean;
}

/** A model together with the plan by which it reads one input. */
export interface Choice extends LoadedModel {
  plan: Plan;
  recognition: Recognition;
}

/** What the choice depends on. */
export interface Input {
  head: Uint8Array<ArrayBuffer>;
  size: number;
  reading: ReadingOptions;
  /** Whether a header will do that has too little of what a model needs. */
  anyHeader?: boolean;
}

/** Chooses; throws why not. The caller frees the model and the plan. */
export async function chooseModel(
  source: ModelSource,
  input: Input,
  base: URL,
  signal: AbortSignal | undefined,
): Promise<Choice> {
  if (source !== 'auto') {
    const pack = await loadPack(source, base, signal);
    return choiceOf({ pack, model: new Model(pack), shipped: false }, input);
  }
  const models = await loadModelIndex(base);
  let best: Choice | undefined;
  const refusals: unknown[] = [];
  for (const { file } of models) {
    try {
      const choice = choiceOf(await loadShipped(file, base), input);
      if (best && !fitsBetter(choice.recognition, best.recognition)) {
        freeChoice(choice);
      } else {
        if (best) freeChoice(best);
        best = choice;
      }
    } catch (error) {
      refusals.push(error);
    }
  }
  if (!best) throw worthTelling(refusals);
  return best;
}

/** Whether a model fits the one better than another the other. */
export function fitsBetter(one: Recognition, other: Recognition): boolean {
  const difference = one.importanceShare - other.importanceShare;
  return difference > 0 || (difference === 0 && matchedColumns(one) > matchedColumns(other));
}

/** How many of the model's columns an input has; several of the input may be one of them. */
function matchedColumns({ matched }: Recognition): number {
  return new Set(matched.map(({ column }) => column)).size;
}

/** The bytes of a model file. */
export async function loadPack(
  source: ModelSource,
  base: URL,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source !== 'auto') return await fetchBytes(new URL(source, document.baseURI), signal);
  const [first] = await loadModelIndex(base);
  if (!first) throw new FlowsieveError('asset-missing', 'This page comes without a model.');
  return await loadAsset(`models/${first.file}`, base);
}

// Promises, so that two callers share one model. What failed is forgotten and can be tried again.
const shippedModels = new Map<string, Promise<LoadedModel>>();

/** A model that comes with the page, unpacked once. The core has to be ready. */
function loadShipped(file: string, base: URL): Promise<LoadedModel> {
  const { href } = new URL(`models/${file}`, base);
  let loaded = shippedModels.get(href);
  if (!loaded) {
    loaded = loadAsset(`models/${file}`, base).then((pack) => ({
      pack,
      model: new Model(pack),
      shipped: true,
    }));
    loaded.catch(() => shippedModels.delete(href));
    shippedModels.set(href, loaded);
  }
  return loaded;
}

/** Makes the models that come with the page ready, so that none is loaded once an input is there. */
export async function prepareShipped(base: URL): Promise<void> {
  await loadCore(base);
  for (const { file } of await loadModelIndex(base)) await loadShipped(file, base);
}

export function freeChoice({ model, shipped, plan }: Choice): void {
  plan.free();
  if (!shipped) model.free();
}

function choiceOf(loaded: LoadedModel, input: Input): Choice {
  const { model, shipped } = loaded;
  try {
    const { head, size, reading, anyHeader = false } = input;
    const plan = new Plan(model, head, size, { ...planOptions(reading), anyHeader });
    return { ...loaded, plan, recognition: plan.recognition() };
  } catch (error) {
    if (!shipped) model.free();
    throw error;
  }
}

/**
 * Of the reasons why no model took the input: one about the input itself if there is any (it would be
 * the same for every model), then the nearest miss, then whatever went wrong with a model.
 */
function worthTelling(refusals: unknown[]): unknown {
  const aboutModel = (kind: string) =>
    kind.startsWith('pack-') || ['asset-missing', 'bad-connection'].includes(kind);
  let nearest: { error: unknown; share: number } | undefined;
  for (const error of refusals) {
    const { kind, details } = error as { kind?: string; details?: Partial<Recognition> };
    if (kind === undefined || aboutModel(kind)) continue;
    if (kind !== 'no-schema-match') return error;
    const share = details?.importanceShare ?? 0;
    if (!nearest || share > nearest.share) nearest = { error, share };
  }
  const [first] = refusals;
  return (
    nearest?.error ??
    first ??
    new FlowsieveError('asset-missing', 'This page comes without a model.')
  );
}
