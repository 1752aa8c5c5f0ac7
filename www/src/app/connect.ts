import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { ModelColumn } from '../api.js';
import { recognise } from '../flowsieve.js';
import { type Columns, columnsText } from './columns-file.js';
import { Draft, MISSING, WORDS } from './connect-draft.js';
import { percent, plural } from './format.js';
import { LightElement } from './light-element.js';
import { shareBar } from './marks.js';
import { modelSource } from './model-source.js';
import { download } from './save.js';
import type { ModelChoice, Request, Source } from './session.js';

/** A model that columns can be connected with. */
export interface ConnectModel {
  choice: ModelChoice;
  name: string;
  title: string;
}

/** As many columns are shown at first: they carry most of a model's importance. */
const FIRST_COLUMNS = 12;

/** Not worth a button of their own. */
const FEW_MORE = 4;

/** The least share of importance that a model works with, as in the core. */
const LEAST_SHARE = 0.5;

const KINDS = { numeric: 'number', categorical: 'word', time: 'time' };

let forms = 0;

/** What a model expects beside what a file has: the user says which is which, and the file is analysed so. */
@customElement('flowsieve-connect')
export class ConnectForm extends LightElement {
  @property({ attribute: false }) accessor source: Source | null = null;
  @property({ attribute: false }) accessor request!: Request;
  @property({ attribute: false }) accessor models: ConnectModel[] = [];
  /** Name of the model that is preset: the one that fits best. */
  @property() accessor preset = '';
  @property({ attribute: false }) accessor onConnect: (
    model: ModelChoice,
    columns: Columns,
  ) => void = () => {};
  /** The model that was chosen here. */
  @state() private accessor chosen: string | null = null;
  @state() private accessor draft: Draft | null = null;
  @state() private accessor failure = '';
  @state() private accessor allShown = false;
  readonly #id = `connect-${++forms}`;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('source') || changed.has('preset')) this.chosen = null;
    const looked = ['source', 'request', 'preset', 'chosen'].some((name) => changed.has(name));
    if (looked || (changed.has('models') && !this.draft)) void this.#look();
  }

  get #model(): ConnectModel | undefined {
    const name = this.chosen ?? this.preset;
    return this.models.find((model) => model.name === name) ?? this.models[0];
  }

  /** The model that the form is filled in for. */
  get #shownModel(): ConnectModel | undefined {
    const name = this.chosen ?? this.draft?.model;
    return this.models.find((model) => model.name === name) ?? this.#model;
  }

  /** Fills the form in for the model that was chosen, or else for the one that fits best. */
  async #look(): Promise<void> {
    const { source, request, preset, chosen } = this;
    if (!source || this.models.length === 0) return;
    // A file that no model took has no model yet: the one for which most can be guessed is preset.
    const isOpen = chosen === null && request.model.kind === 'auto' && request.connected === null;
    try {
      let draft = await this.#draftFor(source, request, this.#model);
      if (isOpen && draft && draft.shareByName() < LEAST_SHARE) {
        for (const model of this.models) {
          const other = await this.#draftFor(source, request, model);
          if (other && other.coverage().share > draft.coverage().share) draft = other;
        }
      }
      // Somebody chose, or another file came, while this was looked at.
      if (this.source !== source || this.preset !== preset || this.chosen !== chosen) return;
      if (!draft || this.draft?.isLike(draft)) return;
      this.draft = draft;
      this.failure = '';
    } catch (error) {
      if (this.source !== source || this.chosen !== chosen) return;
      this.draft = null;
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** What the file is to a model by its names, by what was connected before, and by guesses. */
  async #draftFor(
    source: Source,
    { connected, labelColumn, dialect }: Request,
    model: ConnectModel | undefined,
  ): Promise<Draft | null> {
    if (!model) return null;
    const recognised = await recognise(source.files, {
      model: await modelSource(model.choice),
      labelColumn,
      dialect,
    });
    return new Draft(recognised, model.name === this.preset ? (connected?.columns ?? {}) : {});
  }

  protected override render(): TemplateResult {
    const { draft, failure } = this;
    return html`<form class="connect" data-testid="connect-form" @submit=${this.#submit}>
      <p class="note">
        These are the columns that the model expects, the most important first. Choose for each the column
        of the file that holds the same.
      </p>
      <p class="field">
        <label for="${this.#id}-model">Model</label>
        <select
          id="${this.#id}-model"
          data-testid="connect-model"
          .value=${live(this.#shownModel?.name ?? '')}
          @change=${this.#chooseModel}
        >
          ${this.models.map(
            ({ name, title }) =>
              html`<option value=${name} ?selected=${name === this.#shownModel?.name}>${title}</option>`,
          )}
        </select>
      </p>
      ${failure ? html`<p class="failure" role="alert">${failure}</p>` : nothing}
      ${draft ? this.#columns(draft) : nothing}
    </form>`;
  }

  #columns(draft: Draft): TemplateResult {
    const { expected } = draft;
    const all = this.allShown || expected.length <= FIRST_COLUMNS + FEW_MORE;
    const shown = all ? expected : expected.slice(0, FIRST_COLUMNS);
    const rest = expected.slice(shown.length);
    const restShare = rest.reduce((sum, { importance }) => sum + importance, 0);
    const { connected, share } = draft.coverage();
    const enough = share >= LEAST_SHARE;
    return html`<ul class="connect-list">
        ${shown.map((column, at) => this.#column(draft, column, at))}
      </ul>
      ${
        rest.length > 0
          ? html`<button type="button" class="button is-quiet" data-testid="connect-all" @click=${this.#showAll}>
              Show ${plural(rest.length, 'more column')}, together ${percent(restShare)} of the importance
            </button>`
          : nothing
      }
      <p class="connect-status" role="status" data-testid="connect-status">
        ${plural(connected, 'column')} of ${expected.length} connected, ${percent(share)} of the importance.
        ${enough ? '' : `The model needs at least ${percent(LEAST_SHARE, 0)}.`}
      </p>
      <div class="actions">
        <button type="submit" class="button" data-testid="connect-apply" ?disabled=${!enough}>
          Analyse with these columns
        </button>
        <button type="button" class="button is-quiet" data-testid="connect-save" @click=${this.#save}>
          Save as a file
        </button>
      </div>`;
  }

  #column(draft: Draft, column: ModelColumn, at: number): TemplateResult {
    const id = `${this.#id}-${at}`;
    const value = draft.valueOf(column.name);
    const words = draft.wordsOf(column.name);
    const example = draft.exampleOf(value);
    const others = draft.othersWith(value, column.name);
    const chosen = (event: Event) => {
      draft.choose(column.name, (event.currentTarget as HTMLSelectElement).value);
      this.requestUpdate();
    };
    return html`<li data-column=${column.name}>
      <label for=${id}>
        <span class="connect-name">${column.name}</span>
        <span class="connect-kind">${KINDS[column.kind]}</span>
      </label>
      <span class="connect-share">
        ${shareBar(column.importance, draft.most, 'is-neutral')}
        <span class="figure">${percent(column.importance)}</span>
      </span>
      <select id=${id} .value=${live(value)} aria-describedby="${id}-note" @change=${chosen}>
        <option value=${MISSING} ?selected=${value === MISSING}>not in the file</option>
        ${words ? html`<option value=${WORDS} ?selected=${value === WORDS}>one column per word: ${words}</option>` : nothing}
        ${draft.found.map(
          ({ index, title }) =>
            html`<option value=${index} ?selected=${value === String(index)}>${title}</option>`,
        )}
      </select>
      <span class="connect-note" id="${id}-note">
        ${draft.isGuess(column.name) ? html`<span class="tag">a guess</span> ` : nothing}${example === '' ? nothing : html`holds <code>${example}</code>`}${others.length > 0 ? html` also taken for ${others.join(', ')}` : nothing}
      </span>
    </li>`;
  }

  readonly #chooseModel = (event: Event): void => {
    this.chosen = (event.currentTarget as HTMLSelectElement).value;
    this.allShown = false;
  };

  /** The keyboard goes on with the first of the columns that come into sight. */
  readonly #showAll = (): void => {
    this.allShown = true;
    void this.updateComplete.then(() =>
      this.querySelector<HTMLElement>(`#${this.#id}-${FIRST_COLUMNS}`)?.focus(),
    );
  };

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const model = this.#shownModel;
    if (model && this.draft) this.onConnect(model.choice, this.draft.columns());
  };

  readonly #save = (): void => {
    const model = this.#shownModel;
    if (!model || !this.draft) return;
    const text = columnsText(model.name, this.draft.columns());
    const name = (this.source?.name ?? 'flows').replace(/\.[a-z0-9]{1,5}$/i, '');
    download(new Blob([text], { type: 'application/json' }), `${name}-columns.json`);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'flowsieve-connect': ConnectForm;
  }
}
