import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { ModelInfo, Recognition } from '../api.js';
import { DELIMITERS } from './dialect-form.js';
import { fittedNote } from './fitted-note.js';
import { count, percent, plural } from './format.js';
import { LightElement } from './light-element.js';
import { shareBar } from './marks.js';
import { type Correctable, readingForms } from './reading-forms.js';
import type { Connected, ModelChoice, OwnModel } from './session.js';
import type { ShippedModel } from './shipped.js';

/** How the header was understood: every column of the file is matched, ignored or the label. */
@customElement('flowsieve-recognition')
export class RecognitionPanel extends LightElement {
  @property({ attribute: false }) accessor recognition: Recognition | null = null;
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  @property({ attribute: false }) accessor choice: ModelChoice = { kind: 'auto' };
  @property({ attribute: false }) accessor shipped: ShippedModel[] = [];
  @property({ attribute: false }) accessor ownModel: OwnModel | null = null;
  @property() accessor fileName = '';
  @property({ attribute: false }) accessor onModel: (choice: ModelChoice) => void = () => {};
  /** The file, to be read otherwise; null while there is none. */
  @property({ attribute: false }) accessor file: Correctable | null = null;
  /** What is connected is forgotten, for this header too. */
  @property({ attribute: false }) accessor onForget: () => void = () => {};
  /** Whether the form that connects columns was opened. */
  @state() private accessor connecting = false;
  /** The file that the forms are about: the one before, until a new one is recognised, so that the focus stays. */
  #forms: Correctable | null = null;

  protected override willUpdate(): void {
    if (this.file) this.#forms = this.file;
  }

  protected override render(): TemplateResult {
    const { recognition, model } = this;
    return html`<section class="recognition" aria-labelledby="recognised">
      <h2 id="recognised">What was recognised</h2>
      <dl class="facts">
        <div>
          <dt>Format</dt>
          <dd>${recognition ? formatName(recognition) : '–'}</dd>
        </div>
        <div>
          <dt>Model</dt>
          <dd data-testid="model">
            ${model?.title ?? '–'} ${model ? html`<span class="tag">${ORIGIN[this.choice.kind]}</span>` : nothing}
          </dd>
        </div>
        <div>
          <dt>Label column</dt>
          <dd data-testid="label-column">${recognition ? (recognition.label?.header ?? 'none') : '–'}</dd>
        </div>
        <div>
          <dt>Share of importance matched</dt>
          <dd data-testid="importance-share">
            <span class="figure">${recognition ? percent(recognition.importanceShare) : '–'}</span>
            ${shareBar(recognition?.importanceShare ?? 0, 1, 'is-neutral')}
          </dd>
        </div>
      </dl>
      ${this.#connected(recognition, this.file?.request.connected ?? null)}
      ${this.#modelSelect()}
      ${this.#forms ? readingForms(this.#forms, this.connecting, this.#toggled) : nothing}
      ${this.choice.kind === 'fit' && this.choice.fitted ? fittedNote(this.choice.fitted, model, this.fileName, this.onModel) : nothing}
      <div class="column-lists">
        ${columnList('Matched', recognition?.matched.length, () => matchedTable(recognition, model))}
        ${columnList('Missing', recognition?.missing.length, () => missingTable(recognition))}
        ${columnList('Ignored', recognition?.ignored.length, () => ignoredTable(recognition))}
      </div>
    </section>`;
  }

  /** Whose word it is that columns are what they are taken for. */
  #connected(
    recognition: Recognition | null,
    connected: Connected | null,
  ): TemplateResult | typeof nothing {
    const columns = Object.keys(connected?.columns ?? {}).length;
    if (!recognition || !connected || columns === 0) return nothing;
    return html`<p class="note connected" data-testid="connected">
      ${plural(columns, 'column')} connected ${WHOSE_WORD[connected.from]}.
      <button type="button" class="button is-quiet" data-testid="connect-forget" @click=${this.onForget}>
        Forget it
      </button>
    </p>`;
  }

  readonly #toggled = (event: Event): void => {
    if ((event.currentTarget as HTMLDetailsElement).open) this.connecting = true;
  };

  /** Another model than the one taken; choosing analyses the file again. */
  #modelSelect(): TemplateResult {
    const { choice, ownModel } = this;
    const value = choice.kind === 'shipped' ? `shipped:${choice.name}` : choice.kind;
    return html`<p class="field">
      <label for="model-choice">Analyse with</label>
      <select id="model-choice" data-testid="model-choice" .value=${live(value)} @change=${this.#chosen}>
        <option value="auto" ?selected=${value === 'auto'}>the model that fits the columns best</option>
        ${this.shipped.map(
          ({ name, info }) =>
            html`<option value="shipped:${name}" ?selected=${value === `shipped:${name}`}>${info.title}</option>`,
        )}
        ${ownModel ? html`<option value="own" ?selected=${value === 'own'}>your model ${ownModel.name}</option>` : nothing}
        <option value="fit" ?selected=${value === 'fit'}>a detector fitted on this file</option>
      </select>
    </p>`;
  }

  #chosen = (event: Event): void => {
    const { value } = event.currentTarget as HTMLSelectElement;
    if (value === 'fit') this.onModel({ kind: 'fit' });
    else if (value === 'own' && this.ownModel) this.onModel({ kind: 'own', model: this.ownModel });
    else if (value.startsWith('shipped:'))
      this.onModel({ kind: 'shipped', name: value.slice('shipped:'.length) });
    else this.onModel({ kind: 'auto' });
  };
}

const WHOSE_WORD: Record<Connected['from'], string> = {
  hand: 'by hand',
  memory: 'as you did before for a file with the same header',
  file: 'as the columns file says',
};

/** Where a model of each choice is from. */
const ORIGIN: Record<ModelChoice['kind'], string> = {
  auto: 'built in',
  shipped: 'built in',
  own: 'yours',
  fit: 'fitted on this file',
};

function formatName(recognition: Recognition): string {
  const { format, encoding, delimiter, decimalComma, quotes, names, columns } = recognition;
  const separated = `${DELIMITERS[delimiter] ?? delimiter}-separated`;
  const parts = [
    format,
    ...(format === 'JSON lines' ? [] : [separated]),
    ...(decimalComma ? ['decimal comma'] : []),
    ...(format === 'CSV' && quotes !== 'doubled' ? [QUOTES[quotes]] : []),
    ...(encoding === 'UTF-8' ? [] : [encoding]),
    plural(columns.length, 'column'),
    ...(names === 'file' ? [] : [NAMES[names]]),
  ];
  return parts.join(', ');
}

const QUOTES = { none: 'no quotes', escaped: 'quotes escaped by backslash' };

const NAMES = {
  'zeek-order': 'no header: named in Zeek’s order',
  'model-order': 'no header: named in the model’s order',
};

/** A disclosure whose rows are made only when there is something to disclose. */
function columnList(
  name: string,
  columns: number | undefined,
  table: () => TemplateResult,
): TemplateResult {
  const label = html`<span class="list-name">${name}</span>
    <span class="figure" data-testid=${`columns-${name.toLowerCase()}`}>${columns === undefined ? '–' : count(columns)}</span>`;
  if (!columns) return html`<p class="list-empty">${label}</p>`;
  return html`<details class="list">
    <summary>${label}</summary>
    <div class="scroll-box" tabindex="0" role="region" aria-label="${name} columns">${table()}</div>
  </details>`;
}

function matchedTable(recognition: Recognition | null, model: ModelInfo | null): TemplateResult {
  const importance = new Map(model?.columns.map((column) => [column.name, column.importance]));
  const rows = [...(recognition?.matched ?? [])].sort(
    (a, b) => (importance.get(b.column) ?? 0) - (importance.get(a.column) ?? 0),
  );
  return html`<table class="plain">
    <thead>
      <tr>
        <th scope="col">Column of the file</th>
        <th scope="col">of the model</th>
        <th scope="col" class="num">Importance</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ column, header, word, byHand }) => html`<tr>
          <th scope="row">${header}</th>
          <td>${matchName(column, header, word)}${byHand ? html` <span class="tag">by hand</span>` : nothing}</td>
          <td class="num">${percent(importance.get(column) ?? 0)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** What a column of the file is to the model: a column, or that a column is this word. */
function matchName(column: string, header: string, word: string | null): TemplateResult | string {
  if (word !== null) return `${column} is ${word}`;
  return column === header ? html`<span class="same">same name</span>` : column;
}

function missingTable(recognition: Recognition | null): TemplateResult {
  return html`<table class="plain">
    <thead>
      <tr>
        <th scope="col">Column of the model</th>
        <th scope="col" class="num">Importance</th>
      </tr>
    </thead>
    <tbody>
      ${recognition?.missing.map(
        ({ column, importance, byHand }) => html`<tr>
          <th scope="row">${column}${byHand ? html` <span class="tag">by hand</span>` : nothing}</th>
          <td class="num">${percent(importance)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function ignoredTable(recognition: Recognition | null): TemplateResult {
  return html`<table class="plain">
    <thead>
      <tr>
        <th scope="col">Column of the file</th>
        <th scope="col">Why it is not used</th>
      </tr>
    </thead>
    <tbody>
      ${recognition?.ignored.map(
        ({ header, why }) => html`<tr>
          <th scope="row">${header}</th>
          <td>${why}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** What a refused file offered and what the model would have needed: shown with the error. */
export function refusedColumns(recognition: Recognition): TemplateResult {
  return html`<div class="column-lists">
    ${columnList('Matched', recognition.matched.length, () => matchedTable(recognition, null))}
    ${columnList('Missing', recognition.missing.length, () => missingTable(recognition))}
    ${columnList('Ignored', recognition.ignored.length, () => ignoredTable(recognition))}
  </div>`;
}
