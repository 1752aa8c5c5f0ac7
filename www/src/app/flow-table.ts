import 'regular-table';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { RegularTableElement } from 'regular-table';
import type { Analysis } from '../api.js';
import { type FlowCell, type FlowColumn, flowColumns } from './flow-cells.js';
import { count, plural } from './format.js';
import { LightElement } from './light-element.js';
import { thresholdRank } from './rank.js';
import { RowCache } from './row-cache.js';
import {
  FILTER_REJECTED,
  FilteredRows,
  filterByKey,
  hasPlainFamilies,
  type RowFilter,
} from './row-filter.js';

/** Fixed, so that any row can be scrolled to without having been drawn; the stylesheet has the same. */
const ROW_HEIGHT = 30;
const HEADER_ROWS = 2;
const SAMPLE_ROWS = 64;
/** What an arrow to the side moves, in pixels. */
const COLUMN_STEP = 80;
const CELL_CLASSES = [
  'num',
  'is-attack',
  'is-benign',
  'is-rejected',
  'is-doubtful',
  'is-flagged',
  'is-different',
  'is-stray',
  'is-file',
  'is-target',
];

/**
 * Every flow of the file, or those that a filter keeps. Only the rows in sight exist: regular-table asks
 * for a window of rows and columns, and the rows of that window are read from the file again.
 */
@customElement('flowsieve-flow-table')
export class FlowTable extends LightElement {
  @property({ attribute: false }) accessor analysis: Analysis | null = null;
  @property({ type: Boolean }) accessor running = false;
  @property({ type: Number }) accessor perMille = 950;
  @property({ attribute: false }) accessor filter: RowFilter | null = null;
  @property({ attribute: false }) accessor onFilter: (filter: RowFilter | null) => void = () => {};
  @state() private accessor inSight: { from: number; to: number } | null = null;
  @state() private accessor failure = '';
  @query('regular-table') private accessor table!: RegularTableElement;

  #columns: FlowColumn[] = [];
  #cache: RowCache | null = null;
  /** The rows that the filter keeps; null without one. */
  #filtered: FilteredRows | null = null;
  #target = -1;
  #resize: ResizeObserver | null = null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('analysis') && !changed.has('filter')) return;
    const { analysis, filter } = this;
    this.#filtered = analysis && filter ? new FilteredRows(analysis.columns, filter) : null;
  }

  /** Rows that can be scrolled to. */
  get #shown(): number {
    return this.#filtered?.length ?? this.analysis?.rowCount ?? 0;
  }

  protected override render(): TemplateResult {
    const rows = this.analysis?.rowCount ?? 0;
    return html`<section aria-labelledby="flows">
      <div class="section-head">
        <h2 id="flows">All flows</h2>
        <p class="note" data-testid="rows-in-sight">${this.#position(rows)}</p>
        <form class="jump" @submit=${this.#jump}>
          <label for="jump-row">Go to row</label>
          <input
            id="jump-row"
            name="row"
            type="number"
            inputmode="numeric"
            min="1"
            max=${Math.max(rows, 1)}
            required
            ?disabled=${rows === 0}
            data-testid="jump-row"
          />
          <button type="submit" class="button" ?disabled=${rows === 0} data-testid="jump">Go</button>
        </form>
      </div>
      ${this.#filterBar()}
      <div class="flow-table" ?data-empty=${this.#shown === 0}>
        <regular-table role="region" aria-labelledby="flows" data-testid="flow-table"></regular-table>
        ${this.#shown === 0 ? html`<p class="flow-table-wait">${this.#waiting()}</p>` : nothing}
      </div>
      <p class="note table-key">
        <span class="key is-stray">Marked cells</span> lie more than 3 standard deviations from the training mean.
        ${this.analysis?.model.classes.length === 0 ? nothing : `In red: a confidence below 50\u202f%, a label other than the prediction.`}
        Cells are read from your file as you scroll. Press a row to see why, or Enter for the one marked or at the top.
        ${this.failure ? html`<strong class="failure" role="alert">${this.failure}</strong>` : nothing}
      </p>
    </section>`;
  }

  #position(rows: number): string {
    if (rows === 0 || !this.inSight || this.#shown === 0) return '\u00a0';
    const { from, to } = this.inSight;
    const place = `${count(from + 1)} to ${count(Math.min(to, this.#shown))} of ${count(this.#shown)}`;
    return this.#filtered ? `Filtered rows ${place}` : `Rows ${place}`;
  }

  #filterBar(): TemplateResult {
    const { analysis, filter } = this;
    const model = analysis?.model;
    const option = (key: string, text: string) =>
      html`<option value=${key} ?selected=${filter?.key === key}>${text}</option>`;
    const cell = filter?.key.startsWith('cell:') ? filter : null;
    return html`<div class="filter-bar">
      <p class="field">
        <label for="filter">Show</label>
        <select
          id="filter"
          data-testid="filter"
          ?disabled=${!analysis}
          .value=${live(filter?.key ?? '')}
          @change=${this.#chosen}
        >
          ${option('', 'all flows')} ${cell ? option(cell.key, cell.text) : nothing}
          ${
            model && !hasPlainFamilies(model)
              ? html`<optgroup label="Families">
                  ${model.families.map((name) => option(`family:${name}`, name))}
                </optgroup>`
              : nothing
          }
          ${
            model && model.classes.length > 0
              ? html`<optgroup label="Classes">
                  ${model.classes.map(({ name }) => option(`class:${name}`, name))}
                </optgroup>`
              : nothing
          }
          ${(analysis?.summary.rejected ?? 0) > 0 ? option(FILTER_REJECTED.key, 'rows that could not be read') : nothing}
        </select>
      </p>
      <p class="filter-status" role="status" data-testid="filter-status">${this.#filterText()}</p>
      <button
        type="button"
        class="button"
        ?disabled=${!filter}
        data-testid="filter-clear"
        @click=${() => this.onFilter(null)}
      >
        Show all
      </button>
    </div>`;
  }

  #filterText(): string {
    const { analysis, filter } = this;
    if (!analysis) return '';
    if (!filter || !this.#filtered) return `All ${plural(analysis.rowCount, 'row')}`;
    const what = filter.rejected ? 'row' : 'flow';
    return `${plural(this.#filtered.length, what)} of ${count(analysis.rowCount)}: ${filter.text}`;
  }

  #chosen = (event: Event): void => {
    const { value } = event.currentTarget as HTMLSelectElement;
    if (this.filter?.key === value) return;
    this.onFilter(this.analysis && filterByKey(this.analysis.model, value));
  };

  #waiting(): string {
    if (this.running) return 'Single flows can be looked at when the file is read to its end.';
    if (this.analysis && this.#filtered) return 'No row of the file is of that kind.';
    return this.analysis
      ? 'The file has no flows.'
      : 'The file was not read to its end, so single flows cannot be looked at.';
  }

  protected override firstUpdated(): void {
    this.table.addStyleListener(() => this.#style());
    this.table.addEventListener('keydown', this.#key);
    this.table.addEventListener('click', this.#press);
    this.table.addEventListener('regular-table-scroll', () => this.#sight());
    this.#resize = new ResizeObserver(() => this.#draw());
    this.#resize.observe(this.table);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize?.disconnect();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('analysis')) void this.#open();
    else if (changed.has('filter')) this.#refill();
    else if (changed.has('perMille')) this.#draw();
  }

  /** Other rows in the same columns. */
  #refill(): void {
    this.#target = -1;
    this.inSight = null;
    this.table.scrollTop = 0;
    this.#draw();
  }

  async #open(): Promise<void> {
    const { analysis } = this;
    this.failure = '';
    this.inSight = null;
    this.#target = -1;
    this.#cache = analysis ? new RowCache(analysis) : null;
    this.#columns = [];
    this.table.clear();
    if (!analysis || !this.#cache || analysis.rowCount === 0) return;
    try {
      const sample = await this.#cache.pick(
        Array.from({ length: Math.min(SAMPLE_ROWS, analysis.rowCount) }, (_, row) => row),
      );
      if (this.analysis !== analysis) return;
      this.#columns = flowColumns(analysis, sample);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.table.resetAutoSize();
    this.table.setDataListener((x0, y0, x1, y1) => this.#window(x0, y0, x1, y1));
    this.table.scrollTop = 0;
    this.table.scrollLeft = 0;
    this.#draw();
    // So that rows can be opened without a network. What fails now fails again, and says so, when one is opened.
    import('./row-panel.js').catch(() => {});
  }

  /** What regular-table draws: columns `x0` to `x1` of rows `y0` to `y1`, column by column. */
  async #window(x0: number, y0: number, x1: number, y1: number) {
    const rowCount = this.#shown;
    const columns = this.#columns.slice(x0, x1);
    const size = {
      num_rows: rowCount,
      num_columns: this.#columns.length,
      num_row_headers: 1,
      num_column_headers: HEADER_ROWS,
      row_height: ROW_HEIGHT,
    };
    const rows = y1 > y0 && this.#cache ? await this.#read(y0, Math.min(y1, rowCount)) : [];
    const threshold = thresholdRank(this.perMille);
    const cells = columns.map((column) => rows.map((row) => column.cell(row, threshold)));
    return {
      ...size,
      merge_headers: 'column' as const,
      row_headers: rows.map(({ index }) => [count(index + 1)]),
      column_headers: columns.map(({ group, name }) => [group, name]),
      data: cells.map((column) => column.map(({ text }) => text)),
      metadata: cells,
    };
  }

  async #read(from: number, to: number) {
    try {
      const numbers =
        this.#filtered?.rows(from, to) ??
        Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
      const rows = await this.#cache?.pick(numbers);
      this.failure = '';
      return rows ?? [];
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  #fail(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.failure = `These rows could not be read again: ${why} The counts above stay as they are.`;
  }

  #draw(): void {
    if (this.#columns.length === 0) return;
    void this.table.draw().then(() => this.#sight());
  }

  /** Dresses the cells that regular-table has just drawn. */
  #style(): void {
    const drawn = this.table.querySelector('table');
    drawn?.setAttribute('aria-rowcount', String(this.#shown + HEADER_ROWS));
    drawn?.setAttribute('aria-colcount', String(this.#columns.length + 1));
    for (const header of this.table.querySelectorAll<HTMLElement>('thead th')) {
      const meta = this.table.getMeta(header);
      const corner = meta?.type === 'corner';
      if (corner) header.textContent = meta.column_header_y === HEADER_ROWS - 1 ? 'Row' : '';
      const column = meta?.type === 'column_header' ? this.#columns[meta.x] : undefined;
      const leaf = meta?.type === 'column_header' && meta.column_header_y === HEADER_ROWS - 1;
      header.classList.toggle('num', corner || (leaf && column?.numeric === true));
      header.title = leaf ? (column?.name ?? '') : '';
    }
    let next: number | null = null;
    for (const header of this.table.querySelectorAll<HTMLElement>('tbody th')) {
      const meta = this.table.getMeta(header);
      const y = meta?.type === 'row_header' ? meta.y : -1;
      header.classList.toggle('is-target', y === this.#target);
      // regular-table keeps a row of an earlier drawing below the window's edge; nobody is to read it.
      const row = header.parentElement;
      if (row) row.hidden = next !== null && y !== next;
      row?.setAttribute('aria-rowindex', String(y + 1 + HEADER_ROWS));
      next = (next ?? y) + 1;
    }
    for (const cell of this.table.querySelectorAll('td')) {
      const meta = this.table.getMeta(cell);
      if (meta?.type !== 'body') continue;
      const look = meta.user as FlowCell | undefined;
      const wanted = new Set(look?.classes);
      if (meta.y === this.#target) wanted.add('is-target');
      if (this.#columns[meta.x]?.group !== 'Result') wanted.add('is-file');
      for (const name of CELL_CLASSES) cell.classList.toggle(name, wanted.has(name));
      cell.title = look?.title ?? '';
    }
  }

  #sight(): void {
    const rows = this.table.querySelectorAll<HTMLElement>('tbody tr:not([hidden]) th');
    const [first, last] = [rows[0], rows[rows.length - 1]];
    const from = first && this.table.getMeta(first);
    const to = last && this.table.getMeta(last);
    if (from?.type === 'row_header' && to?.type === 'row_header') {
      this.inSight = { from: from.y, to: to.y + 1 };
    }
  }

  #jump = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const row = Number(new FormData(form).get('row'));
    const rows = this.analysis?.rowCount ?? 0;
    if (!Number.isInteger(row) || row < 1 || row > rows) return;
    this.goTo(row - 1);
  };

  /**
   * Scrolls so that row `index`, or the next that the filter keeps, is at the top, or as near as the end
   * of the file lets it be. Where rows have pixels of their own this aims a pixel into the row, because
   * regular-table's idea of the way differs from this one by fractions; where they share one it rounds so
   * that the row is not above the window.
   */
  goTo(index: number): void {
    this.table.scrollIntoView({ block: 'nearest' });
    this.#reveal(this.#filtered?.positionOf(index) ?? index);
  }

  #reveal(position: number): void {
    const { way, perRow } = this.#scale();
    this.#target = position;
    const top = perRow >= 2 ? Math.ceil(position * perRow) + 1 : Math.floor(position * perRow);
    this.table.scrollTop = position === 0 ? 0 : Math.min(way, top);
    this.#draw();
  }

  /**
   * Long files do not have a pixel for every row: regular-table reads the scroll position as a share of
   * the way. So many pixels can be scrolled, and so many of them move the table by one row.
   */
  #scale(): { way: number; perRow: number; rowsInSight: number } {
    const rows = this.#shown;
    const rowsInSight = this.table.clientHeight / ROW_HEIGHT - HEADER_ROWS;
    const way = this.table.scrollHeight - this.table.clientHeight;
    return { way, perRow: way / Math.max(1, rows - rowsInSight), rowsInSight };
  }

  /** The row under the pointer, unless text is being selected. */
  #press = (event: MouseEvent): void => {
    const cell = (event.target as Element).closest<HTMLElement>('tbody :is(th, td)');
    const meta = cell ? this.table.getMeta(cell) : undefined;
    if (meta && 'y' in meta && getSelection()?.isCollapsed !== false) void this.#show(meta.y ?? -1);
  };

  /** Opens the panel with a row: its place among those shown. */
  async #show(position: number): Promise<void> {
    const { analysis } = this;
    if (!analysis || position < 0 || position >= this.#shown) return;
    const move = (to: number): void => {
      const { from, to: end } = this.inSight ?? { from: 0, to: 0 };
      this.#target = to;
      if (to < from || to >= end - 1) this.#reveal(to);
      else this.#draw();
    };
    move(position);
    const { openRow } = await import('./row-panel.js');
    const { perMille } = this;
    const read = async (at: number) => {
      const [index = at] = this.#filtered?.rows(at, at + 1) ?? [];
      return (await this.#cache?.pick([index]))?.[0];
    };
    openRow({ analysis, length: this.#shown, perMille, read, onMove: move }, position);
  }

  /** Keys move by rows, however many pixels that is; the browser's own steps would leap in long files. */
  #key = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey || event.target !== this.table) return;
    if (event.key === 'Enter') {
      const { from, to } = this.inSight ?? { from: -1, to: -1 };
      void this.#show(this.#target >= from && this.#target < to ? this.#target : from);
      return;
    }
    const { way, perRow, rowsInSight } = this.#scale();
    const row = Math.max(1, perRow);
    const page = Math.max(1, Math.floor(rowsInSight - 1)) * row;
    const { scrollTop, scrollLeft } = this.table;
    const to: Record<string, [top: number, left: number]> = {
      ArrowUp: [scrollTop - row, scrollLeft],
      ArrowDown: [scrollTop + row, scrollLeft],
      ArrowLeft: [scrollTop, scrollLeft - COLUMN_STEP],
      ArrowRight: [scrollTop, scrollLeft + COLUMN_STEP],
      PageUp: [scrollTop - page, scrollLeft],
      PageDown: [scrollTop + page, scrollLeft],
      Home: [0, 0],
      End: [way, scrollLeft],
    };
    const place = to[event.key];
    if (!place) return;
    event.preventDefault();
    [this.table.scrollTop, this.table.scrollLeft] = place;
  };
}
