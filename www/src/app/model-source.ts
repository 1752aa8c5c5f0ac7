import type { ModelSource } from '../api.js';
import { loadModel } from '../flowsieve.js';
import type { ModelChoice } from './session.js';

/** The model of a choice as the library takes it; of a detector that is not fitted yet there is none. */
export async function modelSource(choice: ModelChoice): Promise<ModelSource> {
  if (choice.kind === 'shipped') return await loadModel(choice.name);
  // A copy: the engine may hand its buffer on to a worker, and the model may be used again.
  if (choice.kind === 'fit' && choice.fitted) return choice.fitted.pack.slice(0);
  return choice.kind === 'own' ? choice.model.pack.slice(0) : 'auto';
}
