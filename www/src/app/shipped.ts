import type { ModelInfo } from '../api.js';
import { listModels, listSamples, loadModel, modelInfo } from '../flowsieve.js';

/** A model that comes with the page, as far as it was looked into. */
export interface ShippedModel {
  name: string;
  info: ModelInfo;
}

/** A sample that comes with the page. */
export interface ShippedSample {
  name: string;
  /** What the data are called that it is like. */
  title: string;
}

/** The models that come with the page. One that cannot be read is left out: an analysis says why. */
export async function shippedModels(): Promise<ShippedModel[]> {
  const models = await Promise.all(
    (await listModels()).map(async ({ name }) => {
      try {
        return { name, info: await modelInfo(await loadModel(name)) };
      } catch {
        return null;
      }
    }),
  );
  return models.filter((model) => model !== null);
}

/** The samples that come with the page, called as their models are. */
export async function shippedSamples(models: readonly ShippedModel[]): Promise<ShippedSample[]> {
  return (await listSamples()).map(({ name, model }) => ({
    name,
    title: models.find((entry) => entry.name === model)?.info.title ?? model,
  }));
}
