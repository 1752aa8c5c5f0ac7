import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Analysis, SliceFailure, Summary } from '../api.js';
import { count, plural } from './format.js';
import { LightElement } from './light-element.js';
import type { Phase } from './session.js';

/** Rows that could not be read: how many of which kind, and the first thousand with line and reason. */
@customElement('flowsieve-rejects')
export class Rejects extends LightElement {
  @property({ attribute: false }) accessor summary: Summary | null = null;
  @property({ attribute: false }) accessor analysis: Analysis | null = null;
  @property({ attribute: false }) accessor phase: Phase = 'empty';

  protected override render(): TemplateResult {
    const rejected = this.summary?.rejected ?? 0;
    return html`<section id="unread" tabindex="-1" aria-labelledby="unread-heading">
      <h2 id="unread-heading">Rows that could not be read</h2>
      ${
        rejected === 0
          ? html`<p class="note"><span data-testid="rejected">None</span>${this.#scope()}.</p>`
          : this.#list(rejected)
      }
      ${failures(this.analysis?.failures ?? [])}
    </section>`;
  }

  #scope(): string {
    if (this.phase === 'running') return ' so far';
    return this.phase === 'done'
      ? ': every row of the file is in the figures above'
      : ' in the part that was read';
  }

  #list(rejected: number): TemplateResult {
    const rejects = this.summary?.rejects;
    const first = rejects?.first ?? [];
    const severalFiles = first.some(({ file }) => file != null);
    return html`<p class="note">
        <span class="figure" data-testid="rejected">${count(rejected)}</span>
        ${rejected === 1 ? 'row is' : 'rows are'} in no count above and kept in the table of flows as they stand.
      </p>
      <table class="plain reject-kinds">
        <caption class="hidden">Rejected rows per kind and column</caption>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Column</th>
            <th scope="col" class="num">Rows</th>
          </tr>
        </thead>
        <tbody>
          ${rejects?.counts.map(
            ({ kind, column, rows }) => html`<tr>
              <th scope="row">${kindName(kind)}</th>
              <td>${column ?? '–'}</td>
              <td class="num">${count(rows)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
      <details class="list" ?open=${first.length <= 20}>
        <summary>
          <span class="list-name">${first.length < rejected ? `The first ${plural(first.length, 'row')}` : 'Every one of them'}</span>
        </summary>
        <div class="scroll-box" tabindex="0" role="region" aria-label="Rejected rows">
          <table class="plain" data-testid="reject-list">
            <thead>
              <tr>
                ${severalFiles ? html`<th scope="col">File</th>` : nothing}
                <th scope="col" class="num">Line</th>
                <th scope="col">Column</th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              ${first.map(
                ({ line, column, reason, file }) => html`<tr>
                  ${severalFiles ? html`<td>${file}</td>` : nothing}
                  <th scope="row" class="num">${count(line)}</th>
                  <td>${column ?? '–'}</td>
                  <td>${reason}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>`;
  }
}

/** Slices given up after their worker failed twice: which lines that cost. */
function failures(lost: readonly SliceFailure[]): TemplateResult | typeof nothing {
  if (lost.length === 0) return nothing;
  return html`<ul class="failures" data-testid="failures">
    ${lost.map(
      ({ firstLine, lastLine, rows }) => html`<li>
        Lines ${count(firstLine)} to ${count(lastLine)} (${plural(rows, 'row')}) could not be analysed: the work on them
        failed twice.
      </li>`,
    )}
  </ul>`;
}

/** 'ragged-row' → 'Ragged row'. */
function kindName(kind: string): string {
  const words = kind.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
