import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Analysis, ExportProgress } from '../api.js';
import { bytes, percent } from './format.js';
import { LightElement } from './light-element.js';
import { contamination } from './rank.js';
import { exportOptions, type RowFilter } from './row-filter.js';
import { chooseTarget, save } from './save.js';

/** The file with its results behind each row, all of it or what the table shows, saved to disk. */
@customElement('flowsieve-export')
export class ExportPanel extends LightElement {
  @property({ attribute: false }) accessor analysis: Analysis | null = null;
  @property() accessor fileName = '';
  @property({ attribute: false }) accessor filter: RowFilter | null = null;
  @property({ type: Number }) accessor perMille = 950;
  @state() private accessor progress: ExportProgress | null = null;
  @state() private accessor outcome = '';
  @state() private accessor failed = false;
  #abort: AbortController | null = null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('analysis')) return;
    this.#abort?.abort();
    this.outcome = '';
    this.failed = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#abort?.abort();
  }

  protected override render(): TemplateResult {
    const { progress } = this;
    const idle = this.analysis !== null && progress === null;
    return html`<div class="export">
      <button
        type="button"
        class="button"
        data-testid="export"
        ?disabled=${!idle}
        @click=${() => void this.#save(null)}
      >
        Download CSV
      </button>
      <button
        type="button"
        class="button"
        data-testid="export-filtered"
        ?disabled=${!idle || !this.filter}
        @click=${() => void this.#save(this.filter)}
      >
        Download what is shown
      </button>
      ${
        progress
          ? html`<progress
                max=${Math.max(progress.totalBytes, 1)}
                .value=${progress.bytes}
                aria-label="Share of the file written"
              ></progress>
              <button type="button" class="button is-quiet" data-testid="export-cancel" @click=${() => this.#abort?.abort()}>
                Cancel
              </button>`
          : nothing
      }
      <p class="export-status ${this.failed ? 'failure' : ''}" role="status" data-testid="export-status">
        ${this.outcome || this.#contents()}
      </p>
    </div>`;
  }

  #contents(): string {
    const results =
      this.analysis?.model.classes.length === 0
        ? 'the anomaly score and its flag'
        : `class, family, probabilities and anomaly score${this.analysis?.model.sets ? ', and the classes that are possible' : ''}`;
    return `The file’s own columns with ${results} behind them.`;
  }

  async #save(filter: RowFilter | null): Promise<void> {
    const { analysis } = this;
    if (!analysis || this.#abort) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.failed = false;
    const name = `${this.fileName.replace(/(\.[a-z0-9]{1,5})?(\.gz|\.zip)?$/i, '')}-flowsieve.csv`;
    try {
      const target = await chooseTarget(name);
      if (target === null || abort.signal.aborted) return;
      let written = 0;
      this.outcome = `Writing ${name}.`;
      this.progress = { bytes: 0, totalBytes: analysis.summary.bytes, written: 0 };
      const stream = analysis.export({
        ...exportOptions(analysis.model, filter),
        contamination: contamination(this.perMille),
        signal: abort.signal,
        onProgress: (progress) => {
          written = progress.written;
          this.progress = progress;
        },
      });
      await save(stream, target, name);
      this.outcome = `${name} is written: ${bytes(written)}${filter ? `, the flows ${filter.text}` : ''}.`;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.failed = !abort.signal.aborted;
      const done = this.progress ? percent(this.progress.bytes / this.progress.totalBytes, 0) : '';
      this.outcome = abort.signal.aborted
        ? `Cancelled after ${done}; nothing was saved.`
        : `${name} could not be written: ${why}`;
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        this.progress = null;
      }
    }
  }
}
