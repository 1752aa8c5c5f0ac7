import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Analysis, ModelInfo } from '../api.js';
import { FlowsieveError, listSamples, loadSample, modelInfo } from '../flowsieve.js';
import './class-bars.js';
import './drop-zone.js';
import './evaluation.js';
import './flow-table.js';
import './model-card.js';
import './progress.js';
import './recognition.js';
import './rejects.js';
import './score-histogram.js';
import './verdict.js';
import { listing } from './format.js';
import { LightElement } from './light-element.js';
import { logo, themeIcon } from './marks.js';
import { PageDrop } from './page-drop.js';
import { problemNotice } from './problem-notice.js';
import { describeProblem, type Problem, pageProblem } from './problems.js';
import { type ProgressBar, progressAnnouncement } from './progress.js';
import { RankCounts } from './rank.js';
import { Runner } from './runner.js';
import { EMPTY_SESSION, type OwnModel, type Session } from './session.js';
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
    if (before?.analysis !== this.session.analysis) this.#ranks = rankCounts(this.session.analysis);
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
    void this.#showCard('auto');
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
        .over=${this.#drop.over}
        .onFiles=${this.#files}
        .onSample=${this.#sample}
        .onBuiltInModel=${this.#builtInModel}
      ></flowsieve-drop-zone>
      <flowsieve-model-card .model=${this.card}></flowsieve-model-card>`;
  }

  #results(): TemplateResult {
    const { session, perMille } = this;
    const { analysis, model, recognition, summary, phase } = session;
    const labelled = recognition?.label != null;
    return html`<flowsieve-progress
        .session=${session}
        .onCancel=${() => this.#runner.cancel()}
        .onFiles=${this.#files}
      ></flowsieve-progress>
      <flowsieve-verdict .session=${session} .ranks=${this.#ranks}></flowsieve-verdict>
      <flowsieve-recognition
        .recognition=${recognition}
        .model=${model}
        .ownModel=${this.ownModel !== null}
      ></flowsieve-recognition>
      <div class="two-columns">
        <flowsieve-class-bars .model=${model} .summary=${summary} .labelled=${labelled}></flowsieve-class-bars>
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
        .perMille=${perMille}
      ></flowsieve-flow-table>
      ${
        labelled
          ? html`<flowsieve-evaluation
              .summary=${summary}
              .model=${model}
              .labelColumn=${recognition?.label?.header ?? ''}
            ></flowsieve-evaluation>`
          : nothing
      }
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
      await this.#runner.start({ name: table.name, blob: table, synthetic: false }, this.ownModel);
    } else if (this.session.source && this.session.phase !== 'empty') {
      await this.#runner.start(this.session.source, this.ownModel);
    }
  }

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
    void this.#showCard('auto');
  };

  /** The card is a preview: where the model cannot be loaded yet, the analysis says why. */
  async #showCard(model: 'auto'): Promise<void> {
    try {
      const card = await modelInfo(model);
      if (!this.ownModel) this.card = card;
    } catch {
      this.card = null;
    }
  }

  readonly #sample = async (): Promise<void> => {
    this.problem = null;
    try {
      const [sample] = await listSamples();
      if (!sample) throw new FlowsieveError('asset-missing', 'This page comes without a sample.');
      const file = await loadSample(sample.name);
      await this.#runner.start({ name: file.name, blob: file, synthetic: true }, this.ownModel);
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
