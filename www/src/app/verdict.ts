import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ModelInfo, Summary } from '../api.js';
import { count, percent, plural } from './format.js';
import { LightElement } from './light-element.js';
import { type RankCounts, thresholdRank } from './rank.js';
import { isWithoutClasses, type Session } from './session.js';
import {
  attackSentence,
  cautions,
  falseAlarmSentence,
  knowledgeSentence,
  scoredSentence,
  strangerSentence,
} from './verdict-text.js';

/** The training percentile of the verdict; the histogram's threshold moves, this sentence does not. */
const VERDICT_PER_MILLE = 950;

/** The answer in a sentence, what it rests on, and when not to lean on it. */
@customElement('flowsieve-verdict')
export class Verdict extends LightElement {
  @property({ attribute: false }) accessor session!: Session;
  @property({ attribute: false }) accessor ranks: RankCounts | null = null;
  /** The threshold that was chosen below: training flows at or below it, per mille. */
  @property({ type: Number }) accessor perMille = VERDICT_PER_MILLE;

  protected override render(): TemplateResult {
    const { phase, model, summary, recognition } = this.session;
    const strangers = this.ranks?.above(thresholdRank(VERDICT_PER_MILLE)) ?? null;
    const benign =
      this.ranks && summary && !isWithoutClasses(this.session)
        ? {
            flows: summary.analysed - summary.attackRows,
            strangers: this.ranks.benignAbove(thresholdRank(VERDICT_PER_MILLE)),
          }
        : null;
    const careful = cautions(recognition?.importanceShare ?? 1, benign);
    return html`<section class="verdict" aria-label="Verdict" data-phase=${phase}>
      <p class="verdict-text" data-testid="verdict">${this.#answer(strangers)}</p>
      <p class="verdict-basis">
        ${this.#agreement()} ${model ? knowledgeSentence(model) : nothing}
        ${model ? html`<span data-testid="false-alarms">${falseAlarmSentence(model, this.perMille)}</span>` : nothing}
      </p>
      ${careful.map((text) => html`<p class="caution"><span class="caution-mark" aria-hidden="true">!</span>${text}</p>`)}
      ${this.#interrupted()}
    </section>`;
  }

  #answer(strangers: number | null): TemplateResult | string {
    const { phase, model, summary, fitting } = this.session;
    if (fitting) return 'Choosing rows to fit a detector on…';
    if (!model || !summary) return 'Looking at the columns…';
    if (phase === 'running' && isWithoutClasses(this.session)) {
      return html`So far, <span class="figure">${count(summary.analysed)}</span> flows have an anomaly score.`;
    }
    if (phase === 'running') {
      return html`So far, <span class="figure">${count(summary.attackRows)}</span> of
        <span class="figure">${count(summary.analysed)}</span> flows look like attacks.`;
    }
    const stranger = strangers === null ? '' : strangerSentence(model, strangers, summary.analysed);
    return html`${answerSentence(model, summary)} ${stranger}
    ${
      summary.rejected > 0
        ? html`<a href="#unread" data-testid="rejected-link">${plural(summary.rejected, 'row')} could not be read.</a>`
        : nothing
    }`;
  }

  #agreement(): string {
    const { evaluation } = this.session.summary ?? { evaluation: null };
    if (!evaluation || this.session.phase === 'running') return '';
    if (evaluation.rows === 0) return 'None of the file’s own labels is one that the model knows.';
    return `The file’s own labels agree with ${percent(evaluation.accuracy)} of the predictions.`;
  }

  #interrupted(): TemplateResult | typeof nothing {
    const { phase, summary } = this.session;
    if (phase !== 'cancelled' && phase !== 'failed') return nothing;
    return html`<p class="caution">
      <span class="caution-mark" aria-hidden="true">!</span>Only the first ${plural(summary?.rows ?? 0, 'row')} were
      read; every figure below counts those alone. Single flows can be looked at once a file was read to its end.
    </p>`;
  }
}

/** The finished verdict for screen readers, spoken once. */
export function verdictAnnouncement(session: Session, ranks: RankCounts | null): string {
  const { phase, model, summary } = session;
  if (phase !== 'done' || !model || !summary) return '';
  const strangers = ranks?.above(thresholdRank(VERDICT_PER_MILLE));
  const stranger =
    strangers === undefined ? '' : strangerSentence(model, strangers, summary.analysed);
  const rejected =
    summary.rejected > 0 ? ` ${plural(summary.rejected, 'row')} could not be read.` : '';
  return `${answerSentence(model, summary)} ${stranger}${rejected}`;
}

function answerSentence(model: ModelInfo, summary: Summary): string {
  return model.classes.length === 0 ? scoredSentence(summary) : attackSentence(model, summary);
}
