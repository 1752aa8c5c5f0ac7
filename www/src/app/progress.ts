import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { FLOW_FILES, fileButton } from './file-button.js';
import { bytes, count, duration, plural, rate } from './format.js';
import { LightElement } from './light-element.js';
import type { Session } from './session.js';

/**
 * The bar that stays at the top: which file, how far, how fast, and the way out. While a file is read
 * its lower edge is the progress bar; every figure has its place from the start, so nothing moves.
 */
@customElement('flowsieve-progress')
export class ProgressBar extends LightElement {
  @property({ attribute: false }) accessor session!: Session;
  @property({ attribute: false }) accessor onCancel: () => void = () => {};
  @property({ attribute: false }) accessor onFiles: (files: File[]) => void = () => {};

  protected override render(): TemplateResult {
    const { phase, source, summary, analysis, fitting } = this.session;
    const unpacking = phase === 'running' ? this.session.unpacking : null;
    // The file is read once for the fit, and then from its beginning again for the results.
    const progress = fitting ?? this.session.progress;
    const size = sizeOf(source);
    const total = unpacking?.totalBytes ?? progress?.totalBytes ?? size;
    const done = phase === 'done' ? total : ((unpacking ?? progress)?.bytes ?? 0);
    return html`<div class="run-bar" data-phase=${phase}>
      <div class="run-file">
        <h1 class="run-name" tabindex="-1" title=${source?.name ?? ''}>${source?.name ?? ''}</h1>
        <p class="run-size">
          ${bytes(size)}${source?.synthetic ? html` <span class="tag">synthetic sample</span>` : nothing}
        </p>
      </div>
      <dl class="run-figures">
        <div>
          <dt>Rows</dt>
          <dd data-testid="rows">${count(fitting?.rows ?? summary?.rows ?? 0)}</dd>
        </div>
        <div>
          <dt>Speed</dt>
          <dd data-testid="speed">${progress ? rate(progress.megabytesPerSecond) : '–'}</dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd>${progress ? duration(progress.elapsedMs) : '–'}</dd>
        </div>
        <div>
          <dt>Read</dt>
          <dd data-testid="percent">${total > 0 ? Math.floor((done / total) * 100) : 0}${'\u202f'}%</dd>
        </div>
      </dl>
      <div class="run-actions">
        <span class="run-status" data-testid="status" data-phase=${phase}>${unpacking ? 'Unpacking' : statusWord(this.session, analysis !== null)}</span>
        ${
          phase === 'running'
            ? html`<button type="button" class="button" data-testid="cancel" @click=${this.onCancel}>Cancel</button>`
            : fileButton({
                label: 'Another file',
                accept: FLOW_FILES,
                kind: '',
                testId: 'file-input',
                onFiles: this.onFiles,
              })
        }
      </div>
      <progress class="run-progress" max=${Math.max(total, 1)} .value=${done} aria-label="Share of the file read"></progress>
    </div>`;
  }
}

/** As the files are stored. */
function sizeOf(source: Session['source']): number {
  return source?.files.reduce((bytes, { size }) => bytes + size, 0) ?? 0;
}

function statusWord({ phase, fitting }: Session, complete: boolean): string {
  switch (phase) {
    case 'running':
      return fitting ? 'Fitting' : 'Reading';
    case 'done':
      return complete ? 'Finished' : 'Reading';
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return 'Stopped';
    case 'empty':
      return '';
  }
}

/** What screen readers hear: quarters of the file, not every slice. */
export function progressAnnouncement(session: Session): string {
  const { phase, source, progress, summary, fitting } = session;
  const rows = plural(summary?.rows ?? 0, 'row');
  if (phase === 'cancelled') return `Cancelled after ${rows}.`;
  if (phase === 'done') return `Finished: ${rows} read.`;
  if (phase !== 'running' || !source) return '';
  if (fitting) return `Fitting a detector on ${source.name}.`;
  if (session.unpacking) return `Unpacking ${source.name}.`;
  const quarter = progress
    ? Math.floor((progress.bytes / Math.max(progress.totalBytes, 1)) * 4)
    : 0;
  return quarter === 0 ? `Reading ${source.name}.` : `${Math.min(quarter, 3) * 25} percent read.`;
}
