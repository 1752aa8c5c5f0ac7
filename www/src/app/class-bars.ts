import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ModelInfo, Summary } from '../api.js';
import { breakable } from './breakable.js';
import { count, share } from './format.js';
import { LightElement } from './light-element.js';
import { kindMark, shareBar } from './marks.js';
import { filterByClass, filterByFamily, hasPlainFamilies, type RowFilter } from './row-filter.js';
import { setSentence } from './sets.js';

interface Family {
  name: string;
  attack: boolean;
  rows: number;
  classes: { name: string; at: number; rows: number; labelled: number }[];
}

/**
 * Flows per class, grouped by family. The order is the model's, attacks first, and never changes with
 * the counts: rows do not swap places while results stream in, and two files compare line by line.
 */
@customElement('flowsieve-class-bars')
export class ClassBars extends LightElement {
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  @property({ attribute: false }) accessor summary: Summary | null = null;
  @property({ type: Boolean }) accessor labelled = false;
  /** Whether there are single flows to show yet. */
  @property({ type: Boolean }) accessor filterable = false;
  @property({ attribute: false }) accessor filter: RowFilter | null = null;
  /** Null where the pressed button was that of the filter in force. */
  @property({ attribute: false }) accessor onFilter: (filter: RowFilter | null) => void = () => {};

  protected override render(): TemplateResult {
    const { model, summary, labelled } = this;
    const analysed = summary?.analysed ?? 0;
    const attacks = summary?.attackRows ?? 0;
    return html`<section aria-labelledby="classes">
      <h2 id="classes">Classes</h2>
      <p class="section-figures">
        <span>${kindMark(true)} <span class="figure" data-testid="attacks">${count(attacks)}</span> attacks</span>
        <span>${kindMark(false)} <span class="figure" data-testid="benign">${count(analysed - attacks)}</span> benign</span>
      </p>
      <div class="scroll-x">
        <table class="class-table" data-testid="class-table">
          <caption class="hidden">Flows per class, by family</caption>
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col" class="num">Flows</th>
              ${labelled ? html`<th scope="col" class="num">Labelled</th>` : nothing}
              <th scope="col" class="num">Share</th>
              <td></td>
            </tr>
          </thead>
          ${
            model && hasPlainFamilies(model)
              ? html`<tbody>${families(model, summary).map((family) => this.#onlyRow(family, analysed))}</tbody>`
              : families(model, summary).map((family) => this.#familyRows(family, analysed))
          }
        </table>
      </div>
      ${model?.sets && summary ? html`<p class="note lines" data-testid="sets">${setSentence(model, summary)}</p>` : nothing}
      <p class="fine">
        Attack or benign goes by all classes of a kind together: a flow whose likeliest class is benign counts as an
        attack where the attacks together are likelier. ${model && !hasPlainFamilies(model) ? 'Families likewise.' : nothing}
        Press a name to see its flows in the table.
      </p>
    </section>`;
  }

  #familyRows(family: Family, analysed: number): TemplateResult {
    const { labelled, model } = this;
    const kind = family.attack ? 'is-attack' : 'is-benign';
    return html`<tbody>
      <tr class="family" data-family=${family.name}>
        <th scope="rowgroup">
          ${kindMark(family.attack)} ${this.#button(family.name, model && filterByFamily(model, family.name))}
        </th>
        <td class="num">${count(family.rows)}</td>
        ${labelled ? html`<td class="num">${count(family.classes.reduce((sum, { labelled: n }) => sum + n, 0))}</td>` : nothing}
        <td class="num">${share(family.rows, analysed)}</td>
        <td></td>
      </tr>
      ${family.classes.map(({ name, at, rows, labelled: labels }) => {
        const filter = model && filterByClass(model, at);
        return html`<tr class=${rows === 0 ? 'is-zero' : ''} data-class=${name}>
          <th scope="row">${this.#button(breakable(name), filter)}</th>
          <td class="num" data-testid="class-count">${count(rows)}</td>
          ${labelled ? html`<td class="num">${count(labels)}</td>` : nothing}
          <td class="num">${share(rows, analysed)}</td>
          <td class="bar-cell" @click=${() => this.#press(filter)}>${shareBar(rows, analysed, kind)}</td>
        </tr>`;
      })}
    </tbody>`;
  }

  /** A family that is nothing but its one class. */
  #onlyRow({ name, attack, classes }: Family, analysed: number): TemplateResult | typeof nothing {
    const { labelled, model } = this;
    const [only] = classes;
    if (!only) return nothing;
    const filter = model && filterByClass(model, only.at);
    const kind = attack ? 'is-attack' : 'is-benign';
    return html`<tr
      class="family is-only ${only.rows === 0 ? 'is-zero' : ''}"
      data-family=${name}
      data-class=${name}
    >
      <th scope="row">${kindMark(attack)} ${this.#button(breakable(name), filter)}</th>
      <td class="num" data-testid="class-count">${count(only.rows)}</td>
      ${labelled ? html`<td class="num">${count(only.labelled)}</td>` : nothing}
      <td class="num">${share(only.rows, analysed)}</td>
      <td class="bar-cell" @click=${() => this.#press(filter)}>${shareBar(only.rows, analysed, kind)}</td>
    </tr>`;
  }

  /** A name that filters the table of flows. The bar beside it does the same for the mouse. */
  #button(name: unknown, filter: RowFilter | null): TemplateResult {
    return html`<button
      type="button"
      class="name-button"
      aria-pressed=${this.#inForce(filter)}
      ?disabled=${!this.filterable}
      @click=${() => this.#press(filter)}
    >${name}</button>`;
  }

  #inForce(filter: RowFilter | null): boolean {
    return filter !== null && this.filter?.key === filter.key;
  }

  #press(filter: RowFilter | null): void {
    if (!this.filterable) return;
    this.onFilter(this.#inForce(filter) ? null : filter);
  }
}

function families(model: ModelInfo | null, summary: Summary | null): Family[] {
  if (!model) return [];
  const found = model.families.map((name, index): Family => {
    const members = model.classes
      .map((entry, at) => ({ ...entry, at }))
      .filter((entry) => entry.family === name);
    return {
      name,
      attack: members.some(({ attack }) => attack),
      rows: summary?.familyCounts[index] ?? 0,
      classes: members.map(({ name: className, at }) => ({
        name: className,
        at,
        rows: summary?.classCounts[at] ?? 0,
        labelled: summary?.labelCounts[at] ?? 0,
      })),
    };
  });
  return [...found.filter(({ attack }) => attack), ...found.filter(({ attack }) => !attack)];
}
