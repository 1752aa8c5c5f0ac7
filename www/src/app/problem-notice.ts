import { html, nothing, type TemplateResult } from 'lit';
import type { Problem } from './problems.js';
import { refusedColumns } from './recognition.js';

/** An error, in the order in which people ask: what happened, what was kept, what to do. */
export function problemNotice(problem: Problem, onClose: () => void): TemplateResult {
  return html`<section class="problem" role="alert" data-testid="problem" data-kind=${problem.kind}>
    <h2>${problem.title}</h2>
    <p data-testid="problem-what"><strong>${problem.subject}:</strong> ${problem.what}</p>
    <p data-testid="problem-kept">${problem.kept}</p>
    <p data-testid="problem-next"><strong>What to do:</strong> ${problem.next}</p>
    ${problem.recognition ? refusedColumns(problem.recognition) : nothing}
    <button type="button" class="button" @click=${onClose}>Dismiss</button>
  </section>`;
}
