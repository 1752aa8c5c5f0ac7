import { html, nothing, type TemplateResult } from 'lit';
import type { Evaluation, ModelInfo } from '../api.js';
import { breakable } from './breakable.js';
import { count, percent, plural } from './format.js';
import { kindMark, shade } from './marks.js';

/** A cell of a confusion matrix. */
export interface Cell {
  label: string;
  predicted: string;
  rows: number;
  /** What it counts, in a sentence. */
  title: string;
}

/** Rows are labels, columns are predictions; `figure` is what stands in a cell, its count where nothing else is asked for. */
export function confusionMatrix(
  { labels, matrix }: Evaluation['confusion'],
  testId: string,
  figure: (cell: Cell) => TemplateResult | string = ({ rows }) => count(rows),
): TemplateResult {
  return html`<table class="confusion" data-testid=${testId}>
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
          <th scope="row"><span>${breakable(label)}</span></th>
          ${labels.map((predicted, at) => {
            const rows = row[at] ?? 0;
            const kind = truth === at ? 'hit' : 'miss';
            const title = `${plural(rows, 'flow')} labelled ${label}, predicted ${predicted}: ${total > 0 ? percent(rows / total) : '–'} of the row`;
            return html`<td class="num ${kind} shade-${shade(rows, total)}" title=${title}>${figure({ label, predicted, rows, title })}</td>`;
          })}
        </tr>`;
      })}
    </tbody>
  </table>`;
}

/** Whether a class of the model is an attack; nothing for one that it does not have. */
export function classMark(
  model: ModelInfo | null | undefined,
  name: string,
): TemplateResult | typeof nothing {
  const found = model?.classes.find((entry) => entry.name === name);
  return found ? kindMark(found.attack) : nothing;
}
