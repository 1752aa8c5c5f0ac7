import { html, type TemplateResult } from 'lit';
import type { FittedModel, ModelInfo } from '../api.js';
import { count, plural } from './format.js';
import { download } from './save.js';
import type { ModelChoice } from './session.js';

/** What a detector that was fitted on the file rests on, how to repeat it, and the way to keep it. */
export function fittedNote(
  { pack, seed, rows }: FittedModel,
  model: ModelInfo | null,
  fileName: string,
  onModel: (choice: ModelChoice) => void,
): TemplateResult {
  const again = (event: SubmitEvent) => {
    event.preventDefault();
    const entered = String(new FormData(event.currentTarget as HTMLFormElement).get('seed'));
    onModel({ kind: 'fit', seed: entered === '' ? undefined : Number(entered) });
  };
  const save = () => download(new Blob([pack]), modelName(fileName));
  return html`<div class="fitted" data-testid="fitted">
    <p class="note">
      ${model ? `Fitted on ${count(model.card.trainingRows)} of ${plural(rows, 'row')}, on ${plural(model.columns.length, 'column')} of numbers. ` : ''}The
      seed decides which rows; with the same one, this file gives the same model.
    </p>
    <form class="fit-form" @submit=${again}>
      <p class="field">
        <label for="fit-seed">Seed</label>
        <input
          id="fit-seed"
          name="seed"
          type="number"
          inputmode="numeric"
          min="0"
          max=${Number.MAX_SAFE_INTEGER}
          .value=${String(seed)}
          data-testid="fit-seed"
        />
      </p>
      <button type="submit" class="button" data-testid="fit-again">Fit again</button>
      <button type="button" class="button" data-testid="save-model" @click=${save}>Download the model</button>
    </form>
  </div>`;
}

function modelName(fileName: string): string {
  return `${fileName.replace(/\.[a-z0-9]{1,5}$/i, '')}.sieve`;
}
