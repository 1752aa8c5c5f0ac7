import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Analysis, AtThreshold, DetectorSweep, ModelInfo, SweepRow } from '../api.js';
import type { Line } from './charts.js';
import { curves } from './curves.js';
import { percent, score } from './format.js';
import { LightElement } from './light-element.js';
import { contamination } from './rank.js';
import { rateName } from './verdict-text.js';

/** 1 to 50 percent. */
const CONTAMINATIONS = Array.from({ length: 50 }, (_, at) => (at + 1) / 100);
/** Those that stand in the table before it is opened. */
const LEADING = [0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5];
const CHART_HEIGHT = 240;

interface Series {
  name: string;
  text: string;
  dashes: string;
  value(at: AtThreshold): number | null;
}

const FLAGGED: Series = {
  name: 'flagged',
  text: 'Flagged',
  dashes: '2 3',
  value: ({ flaggedShare }) => flaggedShare,
};

const SCORES: Series[] = [
  { name: 'precision', text: 'Precision', dashes: 'none', value: ({ precision }) => precision },
  { name: 'recall', text: 'Recall', dashes: '8 3', value: ({ recall }) => recall },
  { name: 'f1', text: 'F1', dashes: '5 3 1 3', value: ({ f1 }) => f1 },
];

type Charts = typeof import('./charts.js');

/**
 * The detector over contaminations, its threshold taken from the training rows and from this file's own:
 * the first is what a running system can do, the second what papers tend to report.
 */
@customElement('flowsieve-sweep')
export class SweepPanel extends LightElement {
  @property({ attribute: false }) accessor analysis: Analysis | null = null;
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  @property({ type: Boolean }) accessor labelled = false;
  @property({ type: Number }) accessor perMille = 950;
  @state() private accessor charts: Charts | null = null;
  @state() private accessor width = 0;
  #resize: ResizeObserver | null = null;
  #sweep: DetectorSweep | null = null;
  #curves: TemplateResult | typeof nothing = nothing;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('analysis')) this.#sweep = this.analysis?.sweep(CONTAMINATIONS) ?? null;
    // Moving the threshold leaves the curves as they are.
    const moved = changed.size === 1 && changed.has('perMille');
    if (!moved) this.#curves = this.#allThresholds();
  }

  protected override firstUpdated(): void {
    import('./charts.js').then(
      (charts) => {
        this.charts = charts;
      },
      // The tables have the same numbers.
      () => {},
    );
    this.#resize = new ResizeObserver(([entry]) => {
      this.width = Math.floor(entry?.contentRect.width ?? 0);
    });
    const place = this.querySelector('.chart-place');
    if (place) this.#resize.observe(place);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize?.disconnect();
  }

  protected override render(): TemplateResult {
    const rate = rateName(this.model);
    const benign = this.model?.detector?.fittedOn === 'benign';
    return html`<section aria-labelledby="sweep">
      <h2 id="sweep">The detector at every threshold</h2>
      <p class="note">
        ${
          benign
            ? `It was fitted on benign flows. A false-alarm rate sets its threshold: the share of benign traffic that it flags,
               where that traffic is like the training’s.`
            : `It was fitted on ${this.model?.classes.length === 0 ? 'flows without labels' : 'flows of every class'}. A contamination sets its threshold: the share of the traffic that is
               taken for anomalous.`
        }
        ${this.labelled ? 'Precision, recall and F1 take flagged as ‘attack’ and compare it with the file’s labels.' : 'Without labels there is only the share flagged.'}
      </p>
      <ul class="chart-key">
        ${this.#series.map(({ name, text, dashes }) => html`<li>${keyLine(name, dashes)} ${text}</li>`)}
      </ul>
      <div class="chart-pair">
        ${this.#chart('Threshold from the training flows', (row) => row)}
        ${this.#chart('Threshold from this file’s own flows', (row) => row.own)}
      </div>
      <p class="fine">From left to right: ${rate.toLowerCase()}. The upright line: the threshold chosen above.</p>
      <div class="scroll-x" tabindex="0" role="region" aria-label="The detector at eight rates">
        ${this.#table(LEADING, 'sweep-table')}
      </div>
      <details class="list">
        <summary><span class="list-name">Every figure of the charts</span></summary>
        <div class="scroll-box" tabindex="0" role="region" aria-label="The detector at fifty rates">
          ${this.#table(CONTAMINATIONS, 'sweep-all')}
        </div>
      </details>
      ${this.#curves}
    </section>`;
  }

  #allThresholds(): TemplateResult | typeof nothing {
    if (!this.labelled || !this.#sweep) return nothing;
    return curves(this.#sweep, this.charts, { width: this.width, height: CHART_HEIGHT });
  }

  get #series(): Series[] {
    return this.labelled ? [...SCORES, FLAGGED] : [FLAGGED];
  }

  #chart(title: string, side: (row: SweepRow) => AtThreshold): TemplateResult {
    const rows = this.#sweep?.rows ?? [];
    const lines = this.#series.map(
      ({ name, dashes, value }): Line => ({
        name,
        dashes,
        values: rows.map((row) => value(side(row)) ?? Number.NaN),
      }),
    );
    const current = contamination(this.perMille);
    const label = `${title}: ${this.#series.map(({ text }) => text.toLowerCase()).join(', ')} over the ${rateName(this.model).toLowerCase()}; the table below has the figures`;
    const drawn =
      this.charts && this.width > 0 && rows.length > 0
        ? this.charts.shareChart({
            contaminations: CONTAMINATIONS,
            lines,
            current: current > 0 ? current : null,
            width: this.width,
            height: CHART_HEIGHT,
            label,
          })
        : nothing;
    return html`<figure>
      <figcaption>${title}</figcaption>
      <div class="chart-place">${drawn}</div>
    </figure>`;
  }

  #table(contaminations: readonly number[], testId: string): TemplateResult {
    const { labelled } = this;
    const benign = this.model?.detector?.fittedOn === 'benign';
    const found = new Map(this.#sweep?.rows.map((row) => [row.contamination, row]));
    const figures = (at: AtThreshold | undefined) =>
      html`<td class="num is-first">${at ? percent(at.flaggedShare) : '–'}</td>
        ${labelled ? SCORES.map(({ value }) => html`<td class="num">${at ? score(value(at)) : '–'}</td>`) : nothing}`;
    const heads = html`<th scope="col" class="num is-first">Flagged</th>
      ${labelled ? SCORES.map(({ text }) => html`<th scope="col" class="num">${text}</th>`) : nothing}`;
    const columns = labelled ? 4 : 1;
    return html`<table class="plain sweep-table" data-testid=${testId}>
      <thead>
        <tr>
          <th rowspan="2" scope="col" class="num">${rateName(this.model)}</th>
          <th colspan=${columns + (labelled ? 1 : 0)} scope="colgroup">Threshold from training</th>
          <th colspan=${columns} scope="colgroup">Threshold from this file</th>
        </tr>
        <tr>
          ${heads}
          ${labelled ? html`<th scope="col" class="num">${benign ? 'False alarms' : 'Benign flagged'}</th>` : nothing}
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${contaminations.map((rate) => {
          const row = found.get(rate);
          const falseAlarms = row?.falseAlarmRate ?? Number.NaN;
          return html`<tr>
            <th scope="row" class="num">${percent(rate, 0)}</th>
            ${figures(row)} ${labelled ? html`<td class="num">${percent(falseAlarms)}</td>` : nothing}
            ${figures(row?.own)}
          </tr>`;
        })}
      </tbody>
    </table>`;
  }
}

function keyLine(name: string, dashes: string): TemplateResult {
  return html`<svg class="key-line" viewBox="0 0 28 8" aria-hidden="true">
    <line class="is-${name}" x1="0" x2="28" y1="4" y2="4" stroke-dasharray=${dashes} />
  </svg>`;
}
