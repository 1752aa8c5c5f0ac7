import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ModelInfo, Summary } from '../api.js';
import { count, share } from './format.js';
import { LightElement } from './light-element.js';
import { kindMark, shareBar } from './marks.js';

interface Family {
  name: string;
  attack: boolean;
  rows: number;
  classes: { name: string; rows: number; labelled: number }[];
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
          ${families(model, summary).map((family) => familyRows(family, analysed, labelled))}
        </table>
      </div>
      <p class="fine">
        A flow counts for the family whose classes together are likeliest, and as attack or benign in the same way: now
        and then that is not the family of its likeliest class.
      </p>
    </section>`;
  }
}

function familyRows(family: Family, analysed: number, labelled: boolean): TemplateResult {
  const kind = family.attack ? 'is-attack' : 'is-benign';
  return html`<tbody>
    <tr class="family" data-family=${family.name}>
      <th scope="rowgroup">${kindMark(family.attack)} ${family.name}</th>
      <td class="num">${count(family.rows)}</td>
      ${labelled ? html`<td class="num">${count(family.classes.reduce((sum, { labelled: n }) => sum + n, 0))}</td>` : nothing}
      <td class="num">${share(family.rows, analysed)}</td>
      <td></td>
    </tr>
    ${family.classes.map(
      ({
        name,
        rows,
        labelled: labels,
      }) => html`<tr class=${rows === 0 ? 'is-zero' : ''} data-class=${name}>
        <th scope="row">${breakable(name)}</th>
        <td class="num" data-testid="class-count">${count(rows)}</td>
        ${labelled ? html`<td class="num">${count(labels)}</td>` : nothing}
        <td class="num">${share(rows, analysed)}</td>
        <td class="bar-cell">${shareBar(rows, analysed, kind)}</td>
      </tr>`,
    )}
  </tbody>`;
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
        rows: summary?.classCounts[at] ?? 0,
        labelled: summary?.labelCounts[at] ?? 0,
      })),
    };
  });
  return [...found.filter(({ attack }) => attack), ...found.filter(({ attack }) => !attack)];
}

/** Class names are one long word; on a narrow page they may break after an underscore. */
function breakable(name: string): TemplateResult[] {
  return name.split(/(?<=_)/).map((part) => html`${part}<wbr />`);
}
