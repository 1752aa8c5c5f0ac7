import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Evaluation, ModelInfo, Recognition, Summary } from '../api.js';
import { classMark, confusionMatrix } from './confusion-matrix.js';
import { count, listing, perMillion, plural, score } from './format.js';
import { labelForm } from './label-form.js';
import { LightElement } from './light-element.js';
import { perClassTable } from './per-class.js';
import { filterByCell, type RowFilter } from './row-filter.js';
import type { Request } from './session.js';

/**
 * How the predictions compare with the labels of the file: those of the column that was recognised, or of
 * one that the visitor chooses.
 */
@customElement('flowsieve-evaluation')
export class EvaluationPanel extends LightElement {
  @property({ attribute: false }) accessor summary: Summary | null = null;
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  @property({ attribute: false }) accessor recognition: Recognition | null = null;
  @property({ attribute: false }) accessor request!: Request;
  @property({ type: Boolean }) accessor filterable = false;
  @property({ attribute: false }) accessor filter: RowFilter | null = null;
  @property({ attribute: false }) accessor onFilter: (filter: RowFilter | null) => void = () => {};
  /** Analyses the file again with other labels. */
  @property({ attribute: false }) accessor onLabels: (
    labels: Pick<Request, 'labelColumn' | 'labelMap'>,
  ) => void = () => {};

  protected override render(): TemplateResult {
    const evaluation = this.summary?.evaluation ?? null;
    if (!this.recognition?.label) return this.#withoutLabels();
    // Where no label is known there is nothing to compare, which is not the same as all being wrong.
    const compared = evaluation && evaluation.rows > 0 ? evaluation : null;
    const tables = compared
      ? this.#tables(compared)
      : evaluation
        ? nothing
        : html`<div class="reserve-matrix"></div>`;
    return html`<section aria-labelledby="evaluation">
      <h2 id="evaluation">Against the file’s labels</h2>
      <p class="note">
        Compared with the column <code>${this.recognition.label.header}</code>. If these flows were part of the training data the
        figures flatter the model; its card below has those of flows that it had not seen.
      </p>
      <dl class="facts">
        ${fact('Accuracy', 'accuracy', score(compared?.accuracy))}
        ${fact('Balanced accuracy', 'balanced-accuracy', score(compared?.balancedAccuracy))} ${fact('Macro-F1', 'macro-f1', score(compared?.macroF1))}
        ${fact('Weighted F1', 'weighted-f1', score(compared?.weightedF1))}
        ${fact('Attack or not, precision', 'binary-precision', score(evaluation?.binary?.precision))}
        ${fact('Attack or not, recall', 'binary-recall', score(evaluation?.binary?.recall))}
        ${fact('False positives per million benign', 'false-positives', perMillion(evaluation?.falsePositivesPerMillion))}
        ${fact('Flows compared', 'evaluated', evaluation ? count(evaluation.rows) : '–')}
      </dl>
      ${this.#unknownLabels()} ${this.#form()} ${tables}
    </section>`;
  }

  #withoutLabels(): TemplateResult {
    return html`<section aria-labelledby="evaluation">
      <h2 id="evaluation">Against the file’s labels</h2>
      <p class="note">
        No column of the file was recognised as labels. If one says what each flow is, choose it: the file is read
        again and compared with it.
      </p>
      ${this.#form()}
    </section>`;
  }

  #form(): TemplateResult {
    return labelForm({
      recognition: this.recognition,
      model: this.model,
      unknown: this.summary?.unknownLabels ?? [],
      request: this.request,
      ready: this.filterable,
      onLabels: this.onLabels,
    });
  }

  #tables(evaluation: Evaluation): TemplateResult {
    return html`<div class="evaluation-tables">
      <div>
        <h3 id="confusion">Confusion matrix</h3>
        <p class="note">Rows are the file’s labels, columns the predictions. Shade: share of the row. Press a
          figure to see its flows in the table; arrow keys move between figures.</p>
        <div class="scroll-x" tabindex="0" role="region" aria-labelledby="confusion" @keydown=${moveInMatrix}>${this.#confusion(evaluation)}</div>
      </div>
      <div>
        <h3 id="per-class">Per class</h3>
        <div class="scroll-x" tabindex="0" role="region" aria-labelledby="per-class">
          ${perClassTable(evaluation.perClass, (name) => classMark(this.model, name))}
        </div>
      </div>
    </div>`;
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

  #confusion({ confusion }: Evaluation): TemplateResult {
    const { model } = this;
    // One stop for the Tab key: the cell in force, or the first that has flows.
    const stop = this.filter?.key.startsWith('cell:') ? this.filter.key : null;
    let stopped = false;
    return confusionMatrix(confusion, 'confusion', ({ label, predicted, rows, title }) => {
      if (rows === 0 || !this.filterable || !model) return count(rows);
      const filter = filterByCell(model, label, predicted);
      if (!filter) return count(rows);
      const isStop = stop === null ? !stopped : stop === filter.key;
      stopped ||= isStop;
      const pressed = this.filter?.key === filter.key;
      return html`<button
        type="button"
        class="cell-button"
        tabindex=${isStop ? 0 : -1}
        aria-pressed=${pressed}
        aria-label=${title}
        @click=${() => this.onFilter(pressed ? null : filter)}
      >${count(rows)}</button>`;
    });
  }
}

/** Arrow keys go to the next figure that can be pressed, in that direction. */
function moveInMatrix(event: KeyboardEvent): void {
  const steps: Record<string, [down: number, right: number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const step = steps[event.key];
  const cell = (event.target as Element).closest('td');
  const table = cell?.closest('table');
  if (!step || !cell || !table) return;
  event.preventDefault();
  let row = (cell.parentElement as HTMLTableRowElement).rowIndex;
  let column = cell.cellIndex;
  for (;;) {
    [row, column] = [row + step[0], column + step[1]];
    const next = table.rows[row]?.cells[column];
    if (!next) return;
    const button = next.querySelector('button');
    if (!button) continue;
    button.focus();
    return;
  }
}

function fact(name: string, testId: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="figure" data-testid=${testId}>${value}</dd>
  </div>`;
}
