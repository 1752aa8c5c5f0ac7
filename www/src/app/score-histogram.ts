import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Analysis, DetectorSweep, ModelInfo, Summary } from '../api.js';
import { count, plural, score, share } from './format.js';
import { barsOutline, linearScale, logScale, shortCount } from './histogram-scale.js';
import { LightElement } from './light-element.js';
import {
  contamination,
  HIGHEST_TRAINING_RANK,
  RANKS,
  type RankCounts,
  thresholdRank,
} from './rank.js';
import { bandTable } from './score-bands.js';
import { rateName, trainingTraffic } from './verdict-text.js';

const PRESETS = [1, 5, 10, 15, 20];
const AXIS_PERCENT = [0, 25, 50, 75, 100];

/** Where a rank lies along the chart, in percent of its width. */
function along(rank: number): string {
  return `${((rank / RANKS) * 100).toFixed(3)}%`;
}

/**
 * How strange the flows are, compared with the training traffic, and a threshold that says which of
 * them are flagged. Counts at the threshold are exact, from the result columns, not from the bars.
 */
@customElement('flowsieve-score-histogram')
export class ScoreHistogram extends LightElement {
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  @property({ attribute: false }) accessor summary: Summary | null = null;
  @property({ attribute: false }) accessor analysis: Analysis | null = null;
  @property({ type: Boolean }) accessor labelled = false;
  @property({ attribute: false }) accessor ranks: RankCounts | null = null;
  /** Training flows at or below the threshold, per mille. */
  @property({ type: Number }) accessor perMille = 950;
  @property({ attribute: false }) accessor onThreshold: (perMille: number) => void = () => {};
  @state() private accessor logarithmic = true;

  protected override render(): TemplateResult {
    const { model } = this;
    return html`<section aria-labelledby="anomalies">
      <h2 id="anomalies">Anomaly scores</h2>
      ${
        model && !model.detector
          ? html`<p class="note">This model has no anomaly detector.</p>`
          : html`${this.#figures()} ${this.#chart()} ${this.#presets()} ${this.#labelScores()} ${this.#table()}`
      }
    </section>`;
  }

  #figures(): TemplateResult {
    const { ranks } = this;
    const flagged = ranks?.above(thresholdRank(this.perMille)) ?? 0;
    const benign = ranks?.benignAbove(thresholdRank(this.perMille)) ?? 0;
    return html`<p class="section-figures">
        <span>
          <svg class="mark is-flagged" viewBox="0 0 12 12" aria-hidden="true"><path d="M2 11V1m0 .8h8.2L8 4.6l2.2 2.9H2" /></svg>
          <span class="figure" data-testid="flagged">${ranks ? count(flagged) : '–'}</span> flagged,
          <span class="figure" data-testid="flagged-share">${ranks ? share(flagged, ranks.flows) : '–'}</span> of the flows
        </span>
      </p>
      <p class="note two-lines" data-testid="threshold-text">
        ${sentence(thresholdText(this.perMille, this.model))}
        ${
          ranks && flagged > 0 && this.model?.classes.length !== 0
            ? html`<span class="figure" data-testid="flagged-benign">${count(benign)}</span> of them
                ${benign === 1 ? 'was' : 'were'} classed as benign${benign > 0 ? ': look there for something new' : nothing}.`
            : nothing
        }
      </p>`;
  }

  #chart(): TemplateResult {
    const bins = this.summary?.rankHistogram ?? [];
    const most = Math.max(0, ...bins);
    const scale = this.logarithmic ? logScale(most) : linearScale(most);
    const outline = barsOutline(bins, scale);
    const threshold = thresholdRank(this.perMille);
    const bars = (
      kind: string,
    ) => svg`<svg viewBox="0 0 256 100" preserveAspectRatio="none" width="100%" height="100%">
      <path class=${kind} d=${outline} />
    </svg>`;
    return html`<div class="histogram">
      <svg class="histogram-y" aria-hidden="true">
        ${scale.ticks.map(({ rows, at }) => svg`<text x="100%" y="${(100 - at).toFixed(2)}%" dy="0.32em">${shortCount(rows)}</text>`)}
      </svg>
      <svg class="histogram-plot" role="img" aria-label=${chartLabel(bins, this.perMille)} data-testid="histogram">
        <defs>
          <clipPath id="below-threshold"><rect x="0" y="0" width=${along(threshold)} height="100%" /></clipPath>
          <clipPath id="above-threshold"><rect x=${along(threshold)} y="0" width="100%" height="100%" /></clipPath>
        </defs>
        <rect class="beyond" x=${along(HIGHEST_TRAINING_RANK)} y="0" width=${along(RANKS - HIGHEST_TRAINING_RANK)} height="100%" />
        ${scale.ticks.map(({ at }) => {
          const y = `${(100 - at).toFixed(2)}%`;
          return svg`<line class="grid" x1="0" x2="100%" y1=${y} y2=${y} />`;
        })}
        <g clip-path="url(#below-threshold)">${bars('bars')}</g>
        <g clip-path="url(#above-threshold)">${bars('bars is-flagged')}</g>
        <line class="base" x1="0" x2="100%" y1="100%" y2="100%" />
        <line class="threshold" x1=${along(threshold)} x2=${along(threshold)} y1="0" y2="100%" />
      </svg>
      <div class="histogram-slider">
        <input
          type="range"
          min="0"
          max="1000"
          step="1"
          .value=${String(this.perMille)}
          aria-label="Threshold: training flows below it"
          aria-valuetext=${thresholdText(this.perMille, this.model)}
          data-testid="threshold"
          @input=${(event: Event) => this.onThreshold(Number((event.currentTarget as HTMLInputElement).value))}
        />
      </div>
      <svg class="histogram-x" aria-hidden="true">
        ${AXIS_PERCENT.map((percent) => svg`<text x=${along(thresholdRank(percent * 10))} y="1em">${percent}${percent === 100 ? '\u202f%' : ''}</text>`)}
      </svg>
      <p class="histogram-caption fine">
        Flows, over the share of training flows less strange. In the shaded edge: stranger than all.
      </p>
    </div>`;
  }

  #presets(): TemplateResult {
    return html`<div class="histogram-controls">
      <fieldset class="segments">
        <legend>${rateName(this.model)}</legend>
        ${PRESETS.map((preset) => {
          const perMille = 1000 - preset * 10;
          return html`<label>
            <input
              type="radio"
              name="contamination"
              value=${preset}
              .checked=${this.perMille === perMille}
              @change=${() => this.onThreshold(perMille)}
            />
            <span class="segment">${preset}${'\u202f'}%</span>
          </label>`;
        })}
      </fieldset>
      <label class="check">
        <input
          type="checkbox"
          .checked=${this.logarithmic}
          @change=${(event: Event) => {
            this.logarithmic = (event.currentTarget as HTMLInputElement).checked;
          }}
        />
        <span>Logarithmic counts</span>
      </label>
    </div>`;
  }

  #swept: { analysis: Analysis; perMille: number; sweep: DetectorSweep } | null = null;

  /** The detector at the threshold; counted again only when that or the file is another. */
  #sweep(): DetectorSweep | null {
    const { analysis, perMille } = this;
    if (!analysis) return null;
    if (this.#swept?.analysis !== analysis || this.#swept.perMille !== perMille) {
      this.#swept = { analysis, perMille, sweep: analysis.sweep([contamination(perMille)]) };
    }
    return this.#swept.sweep;
  }

  /** Where the file has labels: how good "flagged" is as a test for "attack". */
  #labelScores(): TemplateResult | typeof nothing {
    if (!this.labelled) return nothing;
    const sweep = this.#sweep();
    const at = sweep?.rows[0];
    return html`<p class="fine">Flagged taken as ‘attack’, compared with the file’s labels:</p>
      <dl class="facts is-compact">
      <div>
        <dt>Precision</dt>
        <dd class="figure" data-testid="sweep-precision">${score(at?.precision)}</dd>
      </div>
      <div>
        <dt>Recall</dt>
        <dd class="figure" data-testid="sweep-recall">${score(at?.recall)}</dd>
      </div>
      <div>
        <dt>F1</dt>
        <dd class="figure" data-testid="sweep-f1">${score(at?.f1)}</dd>
      </div>
      <div>
        <dt>AUROC, any threshold</dt>
        <dd class="figure" data-testid="auroc">${score(sweep?.auroc)}</dd>
      </div>
    </dl>`;
  }

  #table(): TemplateResult {
    const { ranks } = this;
    if (!ranks)
      return html`<p class="list-empty"><span class="list-name">The figures behind the chart</span></p>`;
    return html`<details class="list">
      <summary><span class="list-name">The figures behind the chart</span></summary>
      <div class="scroll-box" tabindex="0" role="region" aria-label="Flows per band of anomaly score">${bandTable(ranks)}</div>
    </details>`;
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** "stranger than 95.0 % of the benign training traffic". */
function thresholdText(perMille: number, model: ModelInfo | null): string {
  const traffic = trainingTraffic(model);
  if (perMille >= 1000) return `stranger than all of the ${traffic}`;
  return `stranger than ${(perMille / 10).toFixed(1)}\u202f% of the ${traffic}`;
}

function chartLabel(bins: readonly number[], perMille: number): string {
  const flows = bins.reduce((sum, rows) => sum + rows, 0);
  return `Histogram of the anomaly scores of ${plural(flows, 'flow')}, threshold at ${(perMille / 10).toFixed(1)} percent`;
}
