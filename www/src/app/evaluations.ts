/** What a model is worth, evaluated in several ways. Loaded after the first paint, like charts. */

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelInfo, NamedEvaluation } from '../api.js';
import { classMark, confusionMatrix } from './confusion-matrix.js';
import { count, listing, perMillion, plural, score } from './format.js';
import { LightElement } from './light-element.js';
import { perClassTable } from './per-class.js';

/** What the ways are called, and what they tell. */
const WAYS: Record<string, { name: string; tells: string }> = {
  random: {
    name: 'At random',
    tells: 'As most publications do. Copies of a flow are on both sides, so it flatters.',
  },
  grouped: {
    name: 'Identical flows together',
    tells: 'The main figures: no flow that was scored has a copy among those trained on.',
  },
  order: {
    name: 'By file, day or order',
    tells: 'The nearest to traffic of another time or place.',
  },
  without: {
    name: 'Without lab columns',
    tells: 'What is left where columns are gone that only the set-up of the lab explains.',
  },
  with: {
    name: 'With lab columns',
    tells:
      'What the columns would add that only the set-up of the lab explains. The model does not read them.',
  },
};

@customElement('flowsieve-evaluations')
export class Evaluations extends LightElement {
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  /** The kind of the evaluation that is shown in full. */
  @state() private accessor chosen = 'grouped';

  protected override render(): TemplateResult | typeof nothing {
    const { model } = this;
    const all = model?.card.evaluations ?? [];
    const shown = all.find(({ kind }) => kind === this.chosen) ?? all[0];
    if (!model || !shown) return nothing;
    return html`<h3 id="evaluations">Evaluated in ${plural(all.length, 'way')}</h3>
      <p class="note">
        Each time the same training on part of the flows, scored on others. Choose a way to see its classes.
      </p>
      <div class="scroll-x" tabindex="0" role="region" aria-labelledby="evaluations">
        ${this.#figures(all, shown)}
      </div>
      <p class="note" aria-live="polite" data-testid="evaluation-method">
        <strong>${nameOf(shown)}.</strong> ${WAYS[shown.kind]?.tells ?? ''} ${method(shown)}
      </p>
      <dl class="facts">
        ${fact('Macro-F1', score(shown.macroF1))} ${fact('Attack F1', score(shown.binary?.f1))}
        ${fact('False positives per million benign', perMillion(shown.falsePositivesPerMillion))}
        ${fact('Anomaly AUROC', score(shown.auroc))}
      </dl>
      ${oneSided(shown)}
      <div class="evaluation-tables">
        <div>
          <h4 id="card-confusion">Confusion matrix</h4>
          <p class="note">Rows are labels, columns predictions. Shade: share of the row.</p>
          <div class="scroll-x" tabindex="0" role="region" aria-labelledby="card-confusion">${confusionMatrix(shown.confusion, 'card-confusion')}</div>
        </div>
        <div>
          <h4 id="card-per-class">Per class</h4>
          <div class="scroll-x" tabindex="0" role="region" aria-labelledby="card-per-class">
            ${perClassTable(shown.perClass, (name) => classMark(model, name))}
          </div>
        </div>
      </div>`;
  }

  #figures(all: NamedEvaluation[], shown: NamedEvaluation): TemplateResult {
    return html`<table class="plain is-wide ways" data-testid="evaluations">
      <thead>
        <tr>
          <th scope="col">Evaluated</th>
          <th scope="col" class="num">Macro-F1</th>
          <th scope="col" class="num">Accuracy</th>
          <th scope="col" class="num">Balanced accuracy</th>
          <th scope="col" class="num">Attack F1</th>
          <th scope="col" class="num">False positives per million benign</th>
          <th scope="col" class="num">Anomaly AUROC</th>
          <th scope="col" class="num">Flows trained on</th>
          <th scope="col" class="num">Flows scored</th>
        </tr>
      </thead>
      <tbody>
        ${all.map(
          (each) => html`<tr class=${each === shown ? 'is-chosen' : ''}>
            <th scope="row">
              <label class="way">
                <input
                  type="radio"
                  name="evaluation"
                  value=${each.kind}
                  .checked=${each === shown}
                  @change=${() => {
                    this.chosen = each.kind;
                  }}
                />
                ${nameOf(each)}
              </label>
            </th>
            <td class="num">${score(each.macroF1)}</td>
            <td class="num">${score(each.accuracy)}</td>
            <td class="num">${score(each.balancedAccuracy)}</td>
            <td class="num">${score(each.binary?.f1)}</td>
            <td class="num" title=${ofBenign(each)}>${perMillion(each.falsePositivesPerMillion)}</td>
            <td class="num">${score(each.auroc)}</td>
            <td class="num">${count(each.trainRows)}</td>
            <td class="num">${count(each.testRows)}</td>
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

function nameOf({ kind }: NamedEvaluation): string {
  return WAYS[kind]?.name ?? kind;
}

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="figure">${value}</dd>
  </div>`;
}

function ofBenign({ falsePositives, benignRows }: NamedEvaluation): string {
  return benignRows === 0
    ? 'No benign flows were scored'
    : `${count(falsePositives)} of ${plural(benignRows, 'benign flow')}`;
}

/** How it was done, in the model file’s own words, and on how many benign flows. */
function method(shown: NamedEvaluation): string {
  const own = shown.method.replaceAll(' %', '\u202f%');
  const benign =
    shown.benignRows === 0
      ? 'No benign flows were scored.'
      : `${ofBenign(shown)} ${shown.benignRows === 1 ? 'was' : 'were'} called attacks.`;
  return `${own.charAt(0).toUpperCase()}${own.slice(1)}. ${benign}`;
}

function oneSided({ kind, oneSided: classes }: NamedEvaluation): TemplateResult | typeof nothing {
  if (classes.length === 0) return nothing;
  const names = (fitted: boolean) =>
    classes
      .filter(({ trainRows }) => trainRows > 0 === fitted)
      .map((entry) => `${entry.class} (${count(entry.trainRows + entry.testRows)})`);
  const [scored, fitted] = [names(false), names(true)];
  const means = kind === 'order' ? ' They count in no mean over classes.' : '';
  return html`<p class="caution" data-testid="one-sided">
    <span class="caution-mark" aria-hidden="true">!</span>${scored.length > 0 ? `Scored, but never trained on: ${listing(scored)}. ` : ''}${fitted.length > 0 ? `Trained on, but never scored: ${listing(fitted)}.` : ''}${means}
  </p>`;
}
