import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { type Analysis, type Explanation, FlowsieveError, type Row } from '../api.js';
import styles from '../styles/row-panel.css';
import { breakable } from './breakable.js';
import {
  answer,
  contribution,
  LEADING_FEATURES,
  level,
  placeText,
  ranked,
  unitName,
} from './explanation-text.js';
import { count, percent, plural } from './format.js';
import { LightElement } from './light-element.js';
import { contributionBar, kindMark } from './marks.js';
import { HIGHEST_TRAINING_RANK, thresholdRank, trainingPercentile } from './rank.js';

/** The rows that the panel goes through. */
export interface PanelRows {
  analysis: Analysis;
  /** How many there are. */
  length: number;
  perMille: number;
  /** The row at a place among them. */
  read(position: number): Promise<Row | undefined>;
  /** Called when another one is shown. */
  onMove(position: number): void;
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);
document.adoptedStyleSheets.push(sheet);

/** Shows a row in a panel over the page. */
export function openRow(rows: PanelRows, position: number): void {
  document.querySelector('flowsieve-row-panel')?.remove();
  const panel = document.createElement('flowsieve-row-panel');
  panel.rows = rows;
  panel.position = position;
  document.body.append(panel);
}

/** One flow: what the model says of it, and which of its values speak for that and which against. */
@customElement('flowsieve-row-panel')
export class RowPanel extends LightElement {
  @property({ attribute: false }) accessor rows!: PanelRows;
  @property({ type: Number }) accessor position = 0;
  /** The class that is asked about; the row's own where it is null. */
  @state() private accessor asked: string | null = null;
  @state() private accessor all = false;
  @state() private accessor row: Row | null = null;
  @state() private accessor explanation: Explanation | null = null;
  @state() private accessor failure = '';
  @query('dialog') private accessor dialog!: HTMLDialogElement;
  /** Answers to earlier questions come too late. */
  #question = 0;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('position')) this.asked = null;
    if (changed.has('position') || changed.has('asked')) void this.#ask();
  }

  protected override firstUpdated(): void {
    this.dialog.showModal();
    this.dialog.querySelector<HTMLElement>('h2')?.focus();
  }

  protected override render(): TemplateResult {
    const { row, position, rows } = this;
    const number = row ? count(row.index + 1) : '';
    return html`<dialog
      class="row-panel"
      aria-labelledby="row-heading"
      data-testid="row-panel"
      @close=${() => this.remove()}
      @keydown=${this.#key}
      @click=${this.#outside}
    >
      <div class="row-panel-body">
        <header class="row-panel-head">
          <h2 id="row-heading" tabindex="-1">Row ${number}</h2>
          <button
            type="button"
            class="button is-icon"
            data-testid="row-previous"
            ?disabled=${position === 0}
            @click=${() => this.#move(-1)}
          >
            Previous
          </button>
          <button
            type="button"
            class="button is-icon"
            data-testid="row-next"
            ?disabled=${position >= rows.length - 1}
            @click=${() => this.#move(1)}
          >
            Next
          </button>
          <button type="button" class="button is-icon" data-testid="row-close" @click=${() => this.dialog.close()}>
            Close
          </button>
        </header>
        ${row ? this.#facts(row) : nothing} ${this.#classChoice()}
        <p class="row-panel-answer" role="status" data-testid="row-answer">${this.#answer()}</p>
        ${this.explanation ? this.#table(this.explanation) : this.#plainTable()}
      </div>
    </dialog>`;
  }

  #facts(row: Row): TemplateResult {
    const { model } = this.rows.analysis;
    const fact = (name: string, value: unknown) =>
      html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    const attack = this.explanation?.attackProbability;
    return html`<dl class="row-facts" data-testid="row-facts">
      ${row.class === null ? nothing : fact('Class', html`${kindMark(row.attack)} ${breakable(row.class)}`)}
      ${row.class === null ? nothing : fact('Confidence', percent(row.confidence))}
      ${row.family === null || row.family === row.class ? nothing : fact('Family', row.family)}
      ${attack === undefined ? nothing : fact('Attack probability', percent(attack))}
      ${model.detector && !row.rejected ? fact('Anomaly', this.#anomaly(row)) : nothing}
      ${row.label === null ? nothing : fact('Label', breakable(row.label))}
    </dl>`;
  }

  #anomaly({ rank }: Row): string {
    const flagged = rank > thresholdRank(this.rows.perMille) ? ', flagged' : '';
    if (rank > HIGHEST_TRAINING_RANK) return `> all training flows${flagged}`;
    return `${trainingPercentile(rank).toFixed(1)}\u202f%${flagged}`;
  }

  #classChoice(): TemplateResult | typeof nothing {
    const { classes } = this.rows.analysis.model;
    if (!this.explanation || classes.length < 2) return nothing;
    const chosen = this.explanation.class;
    return html`<p class="field row-panel-choice">
      <label for="row-class">What speaks for</label>
      <select id="row-class" data-testid="row-class" @change=${this.#chosen}>
        ${classes.map(({ name }) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}
      </select>
    </p>`;
  }

  #answer(): string {
    const { explanation, row } = this;
    if (this.failure) return this.failure;
    if (!explanation || !row) return 'Asking the model…';
    return answer(explanation, count(row.index + 1));
  }

  #table({ unit, class: name, expectation, output, features }: Explanation): TemplateResult {
    const columns = new Map(
      this.rows.analysis.model.columns.map((column) => [column.name, column]),
    );
    const sorted = ranked(features);
    const shown = this.all ? sorted : sorted.slice(0, LEADING_FEATURES);
    const rest = sorted.slice(shown.length);
    const most = Math.abs(sorted[0]?.contribution ?? 0);
    const others = rest.reduce((sum, feature) => sum + feature.contribution, 0);
    const figure = (what: string, value: string) => html`<tr>
      <th scope="row" colspan="2">${what}</th>
      <td class="num">${value}</td>
      <td></td>
    </tr>`;
    return html`<table class="plain row-reasons" data-testid="row-reasons">
        <caption class="hidden">What speaks for ${name} and against it</caption>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col" class="num">Value</th>
            <th scope="col" class="num">${unitName(unit)}</th>
            <th scope="col" class="bar-head"><span>against</span><span>for</span></th>
          </tr>
        </thead>
        <tbody>
          ${shown.map((feature) => {
            const column = columns.get(feature.column);
            const place = column ? placeText(feature, column) : '';
            return html`<tr>
              <th scope="row">${breakable(feature.column)}<span class="place">${place}</span></th>
              <td class="num value">${feature.text ?? '–'}</td>
              <td class="num">${contribution(unit, feature.contribution)}</td>
              <td class="bar-cell">${contributionBar(feature.contribution, most)}</td>
            </tr>`;
          })}
        </tbody>
        <tfoot>
          ${rest.length > 0 ? figure(plural(rest.length, 'other column'), contribution(unit, others)) : nothing}
          ${figure('Nothing known', level(unit, expectation))} ${figure('Together', level(unit, output))}
        </tfoot>
      </table>
      <p>
        <button type="button" class="button is-quiet" data-testid="row-all" @click=${() => {
          this.all = !this.all;
        }}>
          ${this.all ? 'Show those that matter most' : `Show all ${count(features.length)} columns`}
        </button>
      </p>
      <p class="fine">
        Shapley values: what each value adds to ${unit === 'share' ? 'the share of the votes' : 'the log-odds'}, on average over
        all orders in which the model could be told of them, against the training flows. They tell what moved the model, not
        what is wrong with the flow. Confidence and attack probability are made of
        ${unit === 'share' ? 'all classes’ votes' : 'the log-odds of all classes'}, calibrated where the model is.
      </p>`;
  }

  /** Where there is no explanation: the columns that the model leans on most, or those that stand out most. */
  #plainTable(): TemplateResult | typeof nothing {
    const { row } = this;
    if (!row || !this.failure) return nothing;
    const { model, recognition } = this.rows.analysis;
    const at = new Map(recognition.matched.map(({ column, index }) => [column, index]));
    const found = model.columns.map(({ name, importance }) => {
      const index = at.get(name) ?? -1;
      const deviations = row.zscores[index] ?? Number.NaN;
      return { name, importance, text: row.cells[index] ?? '–', deviations };
    });
    const alone = model.classes.length === 0;
    const weight = (entry: (typeof found)[number]) =>
      alone ? Math.abs(entry.deviations || 0) : entry.importance;
    found.sort((a, b) => weight(b) - weight(a));
    return html`<table class="plain row-reasons" data-testid="row-columns">
      <caption>${alone ? 'Columns furthest from the training mean' : 'Columns that the model leans on most'}</caption>
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col" class="num">Value</th>
          ${alone ? nothing : html`<th scope="col" class="num">Importance</th>`}
          <th scope="col" class="num">Std. devs. from mean</th>
        </tr>
      </thead>
      <tbody>
        ${found.slice(0, LEADING_FEATURES).map(
          ({ name, importance, text, deviations }) => html`<tr>
            <th scope="row">${breakable(name)}</th>
            <td class="num value">${text}</td>
            ${alone ? nothing : html`<td class="num">${percent(importance)}</td>`}
            <td class="num">${Number.isNaN(deviations) ? '–' : deviations.toFixed(1)}</td>
          </tr>`,
        )}
      </tbody>
    </table>`;
  }

  async #ask(): Promise<void> {
    this.#question += 1;
    const question = this.#question;
    const { rows, position, asked } = this;
    try {
      const row = await rows.read(position);
      if (question !== this.#question || !row) return;
      this.row = row;
      const explanation = await rows.analysis.explain(row.index, { class: asked ?? undefined });
      if (question !== this.#question) return;
      this.failure = '';
      this.explanation = explanation;
    } catch (error) {
      if (question !== this.#question) return;
      this.explanation = null;
      const why = error instanceof Error ? error.message : String(error);
      const known = error instanceof FlowsieveError;
      this.failure = known ? why : `This row could not be explained: ${why}`;
    }
  }

  #move(by: number): void {
    const to = this.position + by;
    if (to < 0 || to >= this.rows.length) return;
    this.position = to;
    this.rows.onMove(to);
    // A button that is disabled at the end of the rows lets go of the keyboard.
    void this.updateComplete.then(() => {
      if (!this.dialog.contains(document.activeElement)) this.dialog.querySelector('h2')?.focus();
    });
  }

  readonly #chosen = (event: Event): void => {
    this.asked = (event.currentTarget as HTMLSelectElement).value;
  };

  readonly #key = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.metaKey || event.target instanceof HTMLSelectElement) return;
    event.preventDefault();
    this.#move(by);
  };

  /** A press beside the panel, which is on the dialog itself, closes it. */
  readonly #outside = (event: Event): void => {
    if (event.target === this.dialog) this.dialog.close();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'flowsieve-row-panel': RowPanel;
  }
}
