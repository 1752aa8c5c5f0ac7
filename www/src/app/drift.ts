import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ModelInfo, Summary } from '../api.js';
import { type ComparedColumn, compared, driftName, driftSentences } from './drift-text.js';
import { count, percent, statistic } from './format.js';
import { LightElement } from './light-element.js';
import type { Phase } from './session.js';

/** How the file's values are spread beside those that the model learned from. */
@customElement('flowsieve-drift')
export class Drift extends LightElement {
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  @property({ attribute: false }) accessor summary: Summary | null = null;
  @property({ attribute: false }) accessor phase: Phase = 'empty';

  protected override render(): TemplateResult {
    const { model, summary } = this;
    const isDone = this.phase === 'done' && model !== null && summary !== null;
    return html`<section aria-labelledby="drift-heading">
      <h2 id="drift-heading">Compared with the training flows</h2>
      ${isDone ? this.#compared(model, summary) : html`<p class="note">Once all flows are read.</p>`}
    </section>`;
  }

  #compared(model: ModelInfo, summary: Summary): TemplateResult {
    const columns = compared(model, summary);
    const { found, doubt } = driftSentences(columns, summary.analysed, model.classes.length > 0);
    return html`<p class="note" data-testid="drift">${found}</p>
      ${
        doubt
          ? html`<p class="caution" data-testid="drift-doubt"><span class="caution-mark" aria-hidden="true">!</span>${doubt}</p>`
          : nothing
      }
      <details class="list">
        <summary>
          <span class="list-name">Column by column</span>
          <span class="figure">${count(columns.length)}</span>
        </summary>
        <p class="note">
          The population stability index says how far a column’s values are spread otherwise than in training: below 0.1
          it is stable, above 0.25 it has drifted.
        </p>
        <div class="scroll-box" tabindex="0" role="region" aria-label="Columns compared with training">
          ${table(columns)}
        </div>
      </details>`;
  }
}

function table(columns: readonly ComparedColumn[]): TemplateResult {
  return html`<table class="plain" data-testid="drift-columns">
    <thead>
      <tr>
        <th scope="col">Column of the model</th>
        <th scope="col" class="num">Importance</th>
        <th scope="col" class="num">Stability index</th>
        <th scope="col">It is</th>
        <th scope="col" class="num">Mean here</th>
        <th scope="col" class="num">In training</th>
      </tr>
    </thead>
    <tbody>
      ${columns.map(
        ({ name, importance, psi, mean, trainingMean }) => html`<tr>
          <th scope="row">${name}</th>
          <td class="num">${percent(importance)}</td>
          <td class="num">${psi === null ? '–' : psi.toFixed(2)}</td>
          <td>${driftName(psi)}</td>
          <td class="num">${statistic(mean)}</td>
          <td class="num">${statistic(trainingMean)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
