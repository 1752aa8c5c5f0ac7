import { html, type nothing, type TemplateResult } from 'lit';
import type { PerClass } from '../api.js';
import { breakable } from './breakable.js';
import { count, score } from './format.js';

/** Precision, recall and F1 of every class; used for the file's labels and for the model's card. */
export function perClassTable(
  rows: readonly PerClass[],
  mark: (name: string) => TemplateResult | typeof nothing,
): TemplateResult {
  return html`<table class="plain per-class">
    <thead>
      <tr>
        <th scope="col">Class</th>
        <th scope="col" class="num">Precision</th>
        <th scope="col" class="num">Recall</th>
        <th scope="col" class="num">F1</th>
        <th scope="col" class="num">Flows</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) => html`<tr>
          <th scope="row" class="name">${mark(row.class)} ${breakable(row.class)}</th>
          <td class="num">${score(row.precision)}</td>
          <td class="num">${score(row.recall)}</td>
          <td class="num">${score(row.f1)}</td>
          <td class="num">${count(row.support)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
