import { html, nothing, type TemplateResult } from 'lit';
import type { Problem } from './problems.js';
import { type Correctable, refusedForms } from './reading-forms.js';
import { refusedColumns } from './recognition.js';

/**
 * An error, in the order in which people ask: what happened, what was kept, what to do. Where a file was refused, how it
 * is read can be corrected there, and `onFit` fits a detector on the file itself, if it is one that no model knows.
 */
export function problemNotice(
  problem: Problem,
  onClose: () => void,
  refused: Correctable | null,
  onFit: () => void,
): TemplateResult {
  return html`<section class="problem" data-testid="problem" data-kind=${problem.kind}>
    <div class="problem-text" role="alert">
      <h2>${problem.title}</h2>
      <p data-testid="problem-what"><strong>${problem.subject}:</strong> ${problem.what}</p>
      <p data-testid="problem-kept">${problem.kept}</p>
      <p data-testid="problem-next"><strong>What to do:</strong> ${problem.next}</p>
    </div>
    <div class="problem-actions">
      ${
        refused && problem.kind === 'no-schema-match'
          ? html`<button type="button" class="button" data-testid="fit" @click=${onFit}>
              Fit a detector on this file
            </button>`
          : nothing
      }
      <button type="button" class="button" @click=${onClose}>Dismiss</button>
    </div>
    ${problem.recognition ? refusedColumns(problem.recognition) : nothing}
    ${refused ? refusedForms(problem.kind, refused) : nothing}
  </section>`;
}
