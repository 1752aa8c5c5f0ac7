import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Evaluation, ModelInfo, Summary } from '../api.js';
import { count, listing, percent, plural, score } from './format.js';
import { LightElement } from './light-element.js';
import { kindMark } from './marks.js';
import { perClassTable } from './per-class.js';

/** How the predictions compare with the labels of the file. Only there where the file has labels. */
@customElement('flowsieve-evaluation')
export class EvaluationPanel extends LightElement {
  @property({ attribute: false }) accessor summary: Summary | null = null;
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  @property({ attribute: false }) accessor labelColumn = '';

  protected override render(): TemplateResult {
    const evaluation = this.summary?.evaluation ?? null;
    return html`<section aria-labelledby="evaluation">
      <h2 id="evaluation">Against the file’s labels</h2>
      <p class="note">
        Compared with the column <code>${this.labelColumn}</code>. If these flows were part of the training data the
        figures flatter the model; its card below has those of flows that it had not seen.
      </p>
      <dl class="facts">
        ${fact('Accuracy', 'accuracy', score(evaluation?.accuracy))} ${fact('Macro-F1', 'macro-f1', score(evaluation?.macroF1))}
        ${fact('Attack or not, precision', 'binary-precision', score(evaluation?.binary?.precision))}
        ${fact('Attack or not, recall', 'binary-recall', score(evaluation?.binary?.recall))}
        ${fact('Flows compared', 'evaluated', evaluation ? count(evaluation.rows) : '–')}
      </dl>
      ${this.#unknownLabels()} ${evaluation ? this.#tables(evaluation) : html`<div class="reserve-matrix"></div>`}
    </section>`;
  }

  #tables(evaluation: Evaluation): TemplateResult {
    return html`<div class="evaluation-tables">
      <div>
        <h3 id="confusion">Confusion matrix</h3>
        <p class="note">A row is a label of the file, a column what was predicted. Shade: share of the row.</p>
        <div class="scroll-x" tabindex="0" role="region" aria-labelledby="confusion">${confusionTable(evaluation)}</div>
      </div>
      <div>
        <h3 id="per-class">Per class</h3>
        <div class="scroll-x" tabindex="0" role="region" aria-labelledby="per-class">
          ${perClassTable(evaluation.perClass, (name) => this.#mark(name))}
        </div>
      </div>
    </div>`;
  }

  #mark(name: string): TemplateResult | typeof nothing {
    const found = this.model?.classes.find((entry) => entry.name === name);
    return found ? kindMark(found.attack) : nothing;
  }

  #unknownLabels(): TemplateResult | typeof nothing {
    const unknown = this.summary?.unknownLabels ?? [];
    if (unknown.length === 0) return nothing;
    const names = unknown.slice(0, 5).map(({ name, rows }) => `${name} (${count(rows)})`);
    if (unknown.length > names.length) names.push(plural(unknown.length - names.length, 'other'));
    return html`<p class="caution" data-testid="unknown-labels">
      <span class="caution-mark" aria-hidden="true">!</span>The model does not know these labels. They count as attacks in ‘attack or not’ and nowhere else: ${listing(names)}.
    </p>`;
  }
}

function fact(name: string, testId: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="figure" data-testid=${testId}>${value}</dd>
  </div>`;
}

/** Shade 0 (nothing) to 9 (the whole row); what is there at all is at least faintly visible. */
function shade(rows: number, rowTotal: number): number {
  return rows === 0 || rowTotal === 0 ? 0 : Math.max(1, Math.round((rows / rowTotal) * 9));
}

function confusionTable({ confusion }: Evaluation): TemplateResult {
  const { labels, matrix } = confusion;
  return html`<table class="confusion" data-testid="confusion">
    <caption class="hidden">Confusion matrix: rows are labels, columns are predictions</caption>
    <thead>
      <tr>
        <td></td>
        ${labels.map((label) => html`<th scope="col"><span>${label}</span></th>`)}
      </tr>
    </thead>
    <tbody>
      ${labels.map((label, truth) => {
        const row = matrix[truth] ?? [];
        const total = row.reduce((sum, rows) => sum + rows, 0);
        return html`<tr>
          <th scope="row">${label}</th>
          ${labels.map((predicted, at) => {
            const rows = row[at] ?? 0;
            const kind = truth === at ? 'hit' : 'miss';
            const title = `${plural(rows, 'flow')} labelled ${label}, predicted ${predicted}: ${total > 0 ? percent(rows / total) : '–'} of the row`;
            return html`<td class="num ${kind} shade-${shade(rows, total)}" title=${title}>${count(rows)}</td>`;
          })}
        </tr>`;
      })}
    </tbody>
  </table>`;
}
