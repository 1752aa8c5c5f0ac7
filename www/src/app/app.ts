import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Analysis, ModelInfo } from '../api.js';
import { loadSample, modelInfo } from '../flowsieve.js';
import './class-bars.js';
import './drop-zone.js';
import './evaluation.js';
import './export.js';
import './flow-table.js';
import './model-card.js';
import './progress.js';
import './recognition.js';
import './rejects.js';
import './score-histogram.js';
import './sweep.js';
import './verdict.js';
import { listing } from './format.js';
import { LightElement } from './light-element.js';
import { logo, themeIcon } from './marks.js';
import { PageDrop } from './page-drop.js';
import { problemNotice } from './problem-notice.js';
import { describeProblem, type Problem, pageProblem } from './problems.js';
import { type ProgressBar, progressAnnouncement } from './progress.js';
import { RankCounts } from './rank.js';
import type { RowFilter } from './row-filter.js';
import { Runner } from './runner.js';
import {
  EMPTY_SESSION,
  type ModelChoice,
  type OwnModel,
  PLAIN_REQUEST,
  type Request,
  type Session,
} from './session.js';
import { type ShippedModel, type ShippedSample, shippedModels, shippedSamples } from './shipped.js';
import { currentTheme, toggleTheme } from './theme.js';
import { verdictAnnouncement } from './verdict.js';

const DEFAULT_PER_MILLE = 950;

/** The page: an empty one until a file comes, then its results from the verdict down to the model. */
@customElement('flowsieve-app')
export class FlowsieveApp extends LightElement {
  /** The last finished analysis; scripts and tests read it. */
  get analysis(): Analysis | null {
    return this.session.analysis;
  }

  @state() private accessor session: Session = EMPTY_SESSION;
  @state() private accessor ownModel: OwnModel | null = null;
  /** The card of the model that will be used, before there is a file. */
  @state() private accessor card: ModelInfo | null = null;
  @state() private accessor shipped: ShippedModel[] = [];
  @state() private accessor samples: ShippedSample[] = [];
  /** What the table of flows shows of the file; null for everything. */
  @state() private accessor filter: RowFilter | null = null;
  @state() private accessor problem: Problem | null = null;
  @state() private accessor perMille = DEFAULT_PER_MILLE;
  @state() private accessor dark = currentTheme() === 'dark';

  #ranks: RankCounts | null = null;
  readonly #drop = new PageDrop(this, (files) => void this.#take(files));
  readonly #runner = new Runner((session) => {
    this.session = session;
  });

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('session')) return;
    const before = changed.get('session') as Session | undefined;
    if (before?.analysis === this.session.analysis) return;
    this.#ranks = rankCounts(this.session.analysis);
    this.filter = null;
  }

  protected override updated(changed: PropertyValues): void {
    const before = changed.get('session') as Session | undefined;
    // The button that was pressed is gone with the empty page: the keyboard goes on from the file's name.
    if (before && before.phase === 'empty' && this.session.phase !== 'empty') {
      const bar = this.querySelector<ProgressBar>('flowsieve-progress');
      void bar?.updateComplete.then(() => bar.querySelector<HTMLElement>('.run-name')?.focus());
    }
  }

  protected override firstUpdated(): void {
    void this.#look();
  }

  protected override render(): TemplateResult {
    const problem = this.problem ?? this.session.problem;
    // What could not even be recognised has no results to show.
    const empty =
      this.session.phase === 'empty' || (this.session.phase === 'failed' && !this.session.model);
    return html`
      <a class="skip" href="#main">Skip to content</a>
      ${this.#header()}
      <main id="main" tabindex="-1" class=${empty ? 'is-empty' : ''}>
        ${problem ? problemNotice(problem, this.#dismiss) : nothing}
        ${empty ? this.#emptyPage() : this.#results()}
      </main>
      <footer class="page-foot">
        <p>Flowsieve runs in this tab. Files are read where they lie; nothing is uploaded, stored or counted.</p>
      </footer>
      <p class="hidden" role="status" data-testid="announcement">${this.#announcement()}</p>
      ${this.#drop.over ? html`<div class="drop-veil" aria-hidden="true"><p>Let go to analyse</p></div>` : nothing}
    `;
  }

  #header(): TemplateResult {
    return html`<header class="page-head">
      <a class="brand" href="#main" @click=${this.#home}>${logo()}<span>Flowsieve</span></a>
      <p class="page-promise">Nothing leaves this page</p>
      <button type="button" class="button is-icon" data-testid="theme" aria-pressed=${this.dark} @click=${this.#theme}>
        ${themeIcon()}<span>Dark</span>
      </button>
    </header>`;
  }

  #emptyPage(): TemplateResult {
    return html`<flowsieve-drop-zone
        .ownModel=${this.ownModel}
        .samples=${this.samples}
        .over=${this.#drop.over}
        .onFiles=${this.#files}
        .onSample=${this.#sample}
        .onBuiltInModel=${this.#builtInModel}
      ></flowsieve-drop-zone>
      <flowsieve-model-card
        .model=${this.card}
        .choices=${this.ownModel ? [] : this.shipped}
        .onChoice=${(card: ModelInfo) => {
          this.card = card;
        }}
      ></flowsieve-model-card>`;
  }

  #results(): TemplateResult {
    const { session, perMille } = this;
    const { analysis, model, recognition, summary, phase } = session;
    const labelled = recognition?.label != null;
    const filterable = analysis !== null;
    return html`<flowsieve-progress
        .session=${session}
        .onCancel=${() => this.#runner.cancel()}
        .onFiles=${this.#files}
      ></flowsieve-progress>
      <flowsieve-verdict .session=${session} .ranks=${this.#ranks} .perMille=${perMille}></flowsieve-verdict>
      <flowsieve-recognition
        .recognition=${recognition}
        .model=${model}
        .choice=${session.request.model}
        .shipped=${this.shipped}
        .ownModel=${this.ownModel}
        .onModel=${this.#chooseModel}
      ></flowsieve-recognition>
      <div class="two-columns">
        <flowsieve-class-bars
          .model=${model}
          .summary=${summary}
          .labelled=${labelled}
          .filterable=${filterable}
          .filter=${this.filter}
          .onFilter=${this.#showFlows}
        ></flowsieve-class-bars>
        <flowsieve-score-histogram
          .model=${model}
          .summary=${summary}
          .analysis=${analysis}
          .labelled=${labelled}
          .ranks=${this.#ranks}
          .perMille=${perMille}
          .onThreshold=${(value: number) => {
            this.perMille = value;
          }}
        ></flowsieve-score-histogram>
      </div>
      <flowsieve-flow-table
        .analysis=${analysis}
        .running=${phase === 'running'}
        .filter=${this.filter}
        .onFilter=${this.#setFilter}
        .perMille=${perMille}
      ></flowsieve-flow-table>
      <flowsieve-export
        .analysis=${analysis}
        .fileName=${session.source?.name ?? ''}
        .filter=${this.filter}
        .perMille=${perMille}
      ></flowsieve-export>
      ${
        model && !model.detector
          ? nothing
          : html`<flowsieve-sweep
              .analysis=${analysis}
              .model=${model}
              .labelled=${labelled}
              .perMille=${perMille}
            ></flowsieve-sweep>`
      }
      <flowsieve-evaluation
        .summary=${summary}
        .model=${model}
        .recognition=${recognition}
        .request=${session.request}
        .filterable=${filterable}
        .filter=${this.filter}
        .onFilter=${this.#showFlows}
        .onLabels=${this.#chooseLabels}
      ></flowsieve-evaluation>
      <flowsieve-rejects .summary=${summary} .analysis=${analysis} .phase=${phase}></flowsieve-rejects>
      <flowsieve-model-card .model=${model}></flowsieve-model-card>`;
  }

  #announcement(): string {
    return verdictAnnouncement(this.session, this.#ranks) || progressAnnouncement(this.session);
  }

  readonly #files = (files: File[]): void => {
    void this.#take(files);
  };

  /** A model is kept and used from now on; of several tables the first is analysed. */
  async #take(files: File[]): Promise<void> {
    this.problem = null;
    const models = files.filter(({ name }) => name.toLowerCase().endsWith('.sieve'));
    const [table, ...others] = files.filter((file) => !models.includes(file));
    const [model] = models;
    if (!table && !model) {
      this.problem = pageProblem(
        'not-a-file',
        'The drop',
        'It holds no file that can be read; a folder cannot be analysed as one.',
      );
      return;
    }
    if (model && !(await this.#useModel(model))) return;
    if (table) {
      if (others.length > 0)
        this.problem = pageProblem(
          'one-at-a-time',
          table.name,
          `It is analysed; ${listing(others.slice(0, 3).map(({ name }) => name))}${others.length > 3 ? ' and more' : ''} left out.`,
        );
      await this.#runner.start(
        { name: table.name, blob: table, synthetic: false },
        this.#request(),
      );
    } else if (this.session.source && this.session.phase !== 'empty') {
      await this.#runner.start(this.session.source, this.#request());
    }
  }

  /** How a new file is analysed. */
  #request(): Request {
    const model: ModelChoice = this.ownModel
      ? { kind: 'own', model: this.ownModel }
      : { kind: 'auto' };
    return { ...PLAIN_REQUEST, model };
  }

  /** The same file with another model. Its labels stay where they are; what they mean is another matter. */
  readonly #chooseModel = (model: ModelChoice): void => {
    const { source, request } = this.session;
    if (source) void this.#runner.start(source, { ...request, model, labelMap: {} });
  };

  /** The same file with other labels, and the model that it has. */
  readonly #chooseLabels = (labels: Pick<Request, 'labelColumn' | 'labelMap'>): void => {
    const { source, request } = this.session;
    if (source) void this.#runner.start(source, { ...request, ...labels });
  };

  readonly #setFilter = (filter: RowFilter | null): void => {
    this.filter = filter;
  };

  /** A filter from elsewhere on the page: its flows come into sight; the keyboard stays where it is. */
  readonly #showFlows = (filter: RowFilter | null): void => {
    this.filter = filter;
    if (filter) this.querySelector('#flows')?.scrollIntoView({ block: 'start' });
  };

  /** Loads a model once to see that it is one; false if it is refused. */
  async #useModel(file: File): Promise<boolean> {
    try {
      const pack = await file.arrayBuffer();
      this.card = await modelInfo(pack.slice(0));
      this.ownModel = { name: file.name, pack };
      return true;
    } catch (error) {
      this.problem = describeProblem(error, file.name);
      return false;
    }
  }

  readonly #builtInModel = (): void => {
    this.ownModel = null;
    this.card = this.shipped[0]?.info ?? null;
  };

  /** Looks into what comes with the page. It is a preview: what is missing, an analysis names. */
  async #look(): Promise<void> {
    try {
      this.shipped = await shippedModels();
      if (!this.ownModel) this.card = this.shipped[0]?.info ?? null;
      this.samples = await shippedSamples(this.shipped);
    } catch {
      // No catalogue, so nothing to offer; files can still be dropped.
    }
  }

  readonly #sample = async (name: string): Promise<void> => {
    this.problem = null;
    try {
      const file = await loadSample(name);
      await this.#runner.start({ name: file.name, blob: file, synthetic: true }, this.#request());
    } catch (error) {
      this.problem = describeProblem(error, 'The sample');
    }
  };

  readonly #dismiss = (): void => {
    this.problem = null;
    if (this.session.problem) this.#runner.dismissProblem();
    this.querySelector<HTMLElement>('main')?.focus();
  };

  readonly #home = (event: Event): void => {
    event.preventDefault();
    this.problem = null;
    this.#runner.reset();
    this.perMille = DEFAULT_PER_MILLE;
  };

  readonly #theme = (): void => {
    this.dark = toggleTheme() === 'dark';
  };
}

function rankCounts(analysis: Analysis | null): RankCounts | null {
  if (!analysis?.model.detector) return null;
  const { columns, model } = analysis;
  return new RankCounts(
    columns.rank,
    columns.class,
    (index) => model.classes[index]?.attack === false,
  );
}

declare global {
  interface HTMLElementTagNameMap {
    'flowsieve-app': FlowsieveApp;
  }
}
