import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Analysis, DialectOptions, ModelInfo, Recognition } from '../api.js';
import { loadSample, modelInfo } from '../flowsieve.js';
import './class-bars.js';
import './drop-zone.js';
import './evaluation.js';
import './export.js';
import './files.js';
import './flow-table.js';
import './model-card.js';
import './progress.js';
import './recognition.js';
import './score-histogram.js';
import './verdict.js';
import { forget } from './column-memory.js';
import type { Columns } from './columns-file.js';
import {
  connectModels,
  keep,
  modelNamed,
  type NamedColumns,
  recalled,
  takeColumns,
} from './connecting.js';
import { LightElement } from './light-element.js';
import { logo, themeIcon } from './marks.js';
import { PageDrop } from './page-drop.js';
import { problemNotice } from './problem-notice.js';
import { describeProblem, type Problem, pageProblem } from './problems.js';
import { type ProgressBar, progressAnnouncement } from './progress.js';
import { RankCounts } from './rank.js';
import type { Correctable } from './reading-forms.js';
import type { RowFilter } from './row-filter.js';
import { Runner } from './runner.js';
import {
  EMPTY_SESSION,
  isWithoutClasses,
  type ModelChoice,
  type OwnModel,
  PLAIN_REQUEST,
  type Request,
  type Session,
  type Source,
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
  /** How the columns of the next file are connected, where somebody dropped that first. */
  @state() private accessor nextColumns: NamedColumns | null = null;
  @state() private accessor perMille = DEFAULT_PER_MILLE;
  @state() private accessor dark = currentTheme() === 'dark';

  #ranks: RankCounts | null = null;
  /** Once it is known what comes with the page. */
  #looked: Promise<void> = Promise.resolve();
  #shownProblem: Problem | null = null;
  #cancelled = false;
  /** How many drops there were. */
  #drops = 0;
  readonly #drop = new PageDrop(this, (files) => void this.#take(files));
  readonly #runner = new Runner(
    (session) => {
      this.session = session;
    },
    async (source, request) => {
      await this.#looked;
      return await recalled(source, request, this.#models());
    },
  );

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('session')) return;
    const before = changed.get('session') as Session | undefined;
    const { recognition, request } = this.session;
    if (recognition && recognition !== before?.recognition) keep(request, recognition);
    if (before?.analysis === this.session.analysis) return;
    this.#ranks = rankCounts(this.session.analysis);
    this.filter = null;
  }

  protected override updated(changed: PropertyValues): void {
    const before = changed.get('session') as Session | undefined;
    const problem = this.problem ?? this.session.problem;
    // What is said above the results is seen, wherever the page was.
    const isNewFile = before !== undefined && before.source !== this.session.source;
    if ((problem && problem !== this.#shownProblem) || (isNewFile && this.session.source)) {
      scrollTo({ top: 0 });
    }
    this.#shownProblem = problem;
    if (this.#cancelled && this.session.phase !== 'running') {
      this.#cancelled = false;
      // The button that was pressed is gone.
      const name = this.querySelector<HTMLElement>('.run-name');
      (name ?? this.querySelector<HTMLElement>('main'))?.focus();
    }
    // The button that was pressed is gone with the empty page: the keyboard goes on from the file's name.
    if (before && isEmpty(before) && !isEmpty(this.session)) {
      const bar = this.querySelector<ProgressBar>('flowsieve-progress');
      void bar?.updateComplete.then(() => bar.querySelector<HTMLElement>('.run-name')?.focus());
    }
  }

  protected override firstUpdated(): void {
    this.#looked = this.#look();
  }

  protected override render(): TemplateResult {
    const problem = this.problem ?? this.session.problem;
    const empty = isEmpty(this.session);
    return html`
      <a class="skip" href="#main">Skip to content</a>
      ${this.#header()}
      <main id="main" tabindex="-1" class=${empty ? 'is-empty' : ''}>
        ${problem ? problemNotice(problem, this.#dismiss, this.#refused(), this.#fit) : nothing}
        ${empty ? this.#emptyPage() : this.#results()}
      </main>
      <footer class="page-foot">
        <p>
          Flowsieve runs in this tab. Files are read where they lie; nothing is uploaded or counted. This browser
          remembers the headers of files whose columns you connect by hand until you forget them, and nothing else of a file.
        </p>
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
        .columnsFile=${this.nextColumns?.name ?? ''}
        .onForgetColumns=${() => {
          this.nextColumns = null;
        }}
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
    const alone = isWithoutClasses(session);
    const labelled = recognition?.label != null && !alone;
    const filterable = analysis !== null;
    return html`<flowsieve-progress
        .session=${session}
        .onCancel=${() => {
          this.#cancelled = true;
          this.#runner.cancel();
        }}
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
        .file=${this.#shown()}
        .onForget=${this.#forgetColumns}
        .fileName=${session.source?.name ?? ''}
      ></flowsieve-recognition>
      <flowsieve-files .input=${session.input}></flowsieve-files>
      <div class=${alone ? '' : 'two-columns'}>
        ${
          alone
            ? nothing
            : html`<flowsieve-class-bars
                .model=${model}
                .summary=${summary}
                .labelled=${labelled}
                .filterable=${filterable}
                .filter=${this.filter}
                .onFilter=${this.#showFlows}
              ></flowsieve-class-bars>`
        }
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
        .fileName=${session.source?.files[0]?.name ?? ''}
        .filter=${this.filter}
        .perMille=${perMille}
      ></flowsieve-export>
      ${
        alone
          ? nothing
          : html`<flowsieve-evaluation
              .summary=${summary}
              .model=${model}
              .recognition=${recognition}
              .request=${session.request}
              .filterable=${filterable}
              .filter=${this.filter}
              .onFilter=${this.#showFlows}
              .onLabels=${this.#chooseLabels}
            ></flowsieve-evaluation>`
      }
      <flowsieve-rejects .summary=${summary} .analysis=${analysis} .phase=${phase}></flowsieve-rejects>
      <flowsieve-drift .model=${model} .summary=${summary} .phase=${phase}></flowsieve-drift>
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
      <flowsieve-model-card .model=${model}></flowsieve-model-card>`;
  }

  #announcement(): string {
    return verdictAnnouncement(this.session, this.#ranks) || progressAnnouncement(this.session);
  }

  readonly #files = (files: File[]): void => {
    void this.#take(files);
  };

  /** A model is kept and used from now on; several tables are analysed as one, in the order of their names. */
  async #take(taken: File[]): Promise<void> {
    this.problem = null;
    this.#drops += 1;
    const drop = this.#drops;
    const { columns, others: files, broken } = await takeColumns(taken);
    if (drop !== this.#drops) return;
    if (broken) {
      this.problem = pageProblem('bad-columns-file', broken.name, broken.why);
      return;
    }
    const models = files.filter(({ name }) => name.toLowerCase().endsWith('.sieve'));
    const tables = files.filter((file) => !models.includes(file));
    tables.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    const [table] = tables;
    const [model] = models;
    if (!table && !model && !columns) {
      this.problem = pageProblem(
        'not-a-file',
        'The drop',
        'It holds no file that can be read; a folder cannot be analysed as one.',
      );
      return;
    }
    if (model && !(await this.#useModel(model))) return;
    if (columns && !(await this.#useColumns(columns, table === undefined))) return;
    // A later drop counts, whichever is ready first.
    if (drop !== this.#drops) return;
    if (table) {
      const more = tables.length > 1 ? ` and ${tables.length - 1} more` : '';
      const source = { name: `${table.name}${more}`, files: tables, synthetic: false };
      await this.#runner.start(source, this.#requestWith(this.nextColumns));
    } else if (model && this.session.source && this.session.phase !== 'empty') {
      await this.#runner.start(this.session.source, this.#request());
    }
  }

  /**
   * Takes connected columns for the file on the page, where no other comes with them, or else for the next one; false if
   * their model is not at hand.
   */
  async #useColumns(columns: NamedColumns, here: boolean): Promise<boolean> {
    await this.#looked;
    if (columns.model !== null && !modelNamed(columns.model, this.#models())) {
      const why = `It is for the model ${columns.model}, which is not at hand. Load its .sieve file first.`;
      this.problem = pageProblem('bad-columns-file', columns.name, why);
      return false;
    }
    const { source, request, phase, refused } = this.session;
    const shown = source && phase !== 'empty' ? { source, request } : null;
    const file = here ? (refused ?? shown) : null;
    if (file) {
      const { model, connected } = this.#requestWith(columns);
      await this.#runner.start(file.source, { ...file.request, model, labelMap: {}, connected });
    } else this.nextColumns = columns;
    return true;
  }

  /** How a new file is analysed whose columns are connected so; only the next one is. */
  #requestWith(columns: NamedColumns | null): Request {
    const request = this.#request();
    this.nextColumns = null;
    if (!columns) return request;
    const named = columns.model === null ? null : modelNamed(columns.model, this.#models());
    const connected = { columns: columns.columns, from: 'file' } as const;
    return { ...request, model: named ?? request.model, connected };
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
    if (source)
      void this.#runner.start(source, { ...request, model, labelMap: {}, connected: null });
  };

  /** A file that no model knows, with a detector fitted on itself. */
  readonly #fit = (): void => {
    const { refused } = this.session;
    if (refused) {
      const { dialect, labelColumn } = refused.request;
      const request: Request = { ...PLAIN_REQUEST, dialect, labelColumn, model: { kind: 'fit' } };
      void this.#runner.start(refused.source, request);
    }
  };

  /** The same file with other labels, and the model that it has. */
  readonly #chooseLabels = (labels: Pick<Request, 'labelColumn' | 'labelMap'>): void => {
    const { source, request } = this.session;
    if (source) void this.#runner.start(source, { ...request, ...labels });
  };

  /** A file with its columns connected by hand, or read otherwise than it looks. */
  #correctable(source: Source, request: Request, recognition: Recognition | null): Correctable {
    return {
      source,
      request,
      recognition,
      models: this.#models(),
      onConnect: (model: ModelChoice, columns: Columns) => {
        const connected = { columns, from: 'hand' } as const;
        void this.#runner.start(source, { ...request, model, labelMap: {}, connected });
      },
      onDialect: (dialect: DialectOptions) => {
        // Another header may come out: nothing that was said of columns holds any more.
        const { model } = request;
        void this.#runner.start(source, { ...PLAIN_REQUEST, model, dialect });
      },
    };
  }

  #shown(): Correctable | null {
    const { source, request, recognition } = this.session;
    return source && recognition && this.#correctable(source, request, recognition);
  }

  #refused(): Correctable | null {
    const { refused, problem } = this.session;
    return (
      refused && this.#correctable(refused.source, refused.request, problem?.recognition ?? null)
    );
  }

  #models() {
    return connectModels(this.shipped, this.ownModel);
  }

  readonly #forgetColumns = (): void => {
    const { source, request, recognition } = this.session;
    if (recognition) forget(recognition.columns);
    const { model } = this.#request();
    if (source)
      void this.#runner.start(source, { ...request, model, labelMap: {}, connected: null });
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
      const info = await modelInfo(pack.slice(0));
      this.card = info;
      this.ownModel = { name: file.name, pack, info };
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
      await this.#runner.start(
        { name: file.name, files: [file], synthetic: true },
        this.#request(),
      );
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

/** Whether there are no results to show: no file, or one that could not even be recognised. */
function isEmpty({ phase, model }: Session): boolean {
  return phase === 'empty' || (phase === 'failed' && !model);
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
