import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { CardEvaluation, ModelInfo } from '../api.js';
import { breakable } from './breakable.js';
import { bytes, count, percent, plural, score, statistic } from './format.js';
import { LightElement } from './light-element.js';
import { kindMark, shareBar } from './marks.js';
import { perClassTable } from './per-class.js';
import { hasPlainFamilies } from './row-filter.js';
import { calibrationNote } from './sets.js';
import type { ShippedModel } from './shipped.js';

/** What the model file says about itself: origin, licence, classes, columns and honest scores. */
@customElement('flowsieve-model-card')
export class ModelCard extends LightElement {
  @property({ attribute: false }) accessor model: ModelInfo | null = null;
  /** Models to choose from, where the page is to show the card of one of several. */
  @property({ attribute: false }) accessor choices: ShippedModel[] = [];
  @property({ attribute: false }) accessor onChoice: (model: ModelInfo) => void = () => {};

  protected override render(): TemplateResult {
    const { model } = this;
    return html`<section aria-labelledby="model-heading">
      <h2 id="model-heading">${this.choices.length > 1 ? 'The models' : 'The model'}</h2>
      ${this.choices.length > 1 ? this.#choices() : nothing}
      ${model ? card(model) : html`<div class="reserve-card"></div>`}
    </section>`;
  }

  #choices(): TemplateResult {
    return html`<fieldset class="segments model-choices">
      <legend class="hidden">Model to read about</legend>
      ${this.choices.map(
        ({ name, info }) => html`<label>
          <input
            type="radio"
            name="model-card"
            value=${name}
            .checked=${this.model?.name === info.name}
            @change=${() => this.onChoice(info)}
          />
          <span class="segment">${info.title}</span>
        </label>`,
      )}
    </fieldset>`;
  }
}

function card(model: ModelInfo): TemplateResult {
  const { dataset, trainingRows, leftOut, parameters } = model.card;
  // A model may have been trained without an evaluation.
  const evaluation: CardEvaluation | null = model.card.evaluation;
  const alone = model.classes.length === 0;
  const several = model.card.evaluations.length > 0;
  // Loaded when it is first shown; the element is there at once and fills in then.
  if (several) void import('./later.js');
  return html`<p class="note">
      <strong>${model.title}</strong>, ${bytes(model.bytes)}, ${classifier(model)}trained on
      ${plural(trainingRows, 'flow')}${dataset.title === model.title ? '' : ` of ${dataset.title}`}.
      ${sentence(dataset.attribution)} ${dataset.licence ? html`Licence of the data: ${dataset.licence}.` : nothing}
      ${dataset.source ? html`Source: ${source(dataset.source)}` : nothing}
    </p>
    <dl class="facts">
      ${
        alone
          ? nothing
          : html`${fact('Macro-F1 on unseen flows', score(evaluation?.macroF1))} ${fact('Accuracy on unseen flows', score(evaluation?.accuracy))}
              ${fact('Anomaly AUROC', score(evaluation?.auroc))}
              ${fact('Classes', classCount(model))}`
      }
      ${fact('Columns', count(model.columns.length))}
    </dl>
    <p class="note">${evaluation ? evaluationNote(evaluation) : `It was not evaluated${alone ? ': nothing was known of what its flows are' : ''}.`} ${model.card.calibration ? calibrationNote(model.card.calibration) : nothing}
      ${detectorNote(model)}</p>
    ${attacksAlone(model) ? html`<p class="caution"><span class="caution-mark" aria-hidden="true">!</span>It knows attacks alone: every flow, harmless ones too, will be called one of these.</p>` : nothing}
    ${several ? html`<flowsieve-evaluations .model=${model}></flowsieve-evaluations>` : nothing}
    <div class="column-lists">
      ${
        alone
          ? nothing
          : html`${list('Classes', model.classes.length, classTable(model))}
            ${
              several
                ? nothing
                : list(
                    'Evaluation per class',
                    evaluation?.perClass.length ?? 0,
                    perClassTable(evaluation?.perClass ?? [], (name) => markOf(model, name)),
                  )
            }`
      }
      ${list(alone ? 'Columns' : 'Columns by importance', model.columns.length, columnTable(model))}
      ${list('Columns left out', leftOut.length, leftOutTable(model))}
      ${list('How it was trained', Object.keys(parameters).length, parameterTable(model))}
    </div>`;
}

/** What tells the classes apart. */
function classifier({ classes, card }: ModelInfo): string {
  if (classes.length === 0) return '';
  return card.parameters.learner === 'boosted' ? 'boosted trees ' : 'a random forest ';
}

/** Whether it has classes, none of which is benign. */
function attacksAlone({ classes }: ModelInfo): boolean {
  return classes.length > 0 && classes.every(({ attack }) => attack);
}

function evaluationNote({ testRows, trainRows, method }: CardEvaluation): string {
  return `Evaluated on ${plural(testRows, 'flow')} after training on ${count(trainRows)}: ${sentence(method)}`;
}

/** A model file’s own words, with a full stop, and no line break between a number and its percent sign. */
function sentence(text: string): string {
  return text === '' ? '' : `${text.replace(/\.$/, '').replaceAll(' %', '\u202f%')}.`;
}

function classCount(model: ModelInfo): string {
  const classes = count(model.classes.length);
  return hasPlainFamilies(model)
    ? classes
    : `${classes} in ${plural(model.families.length, 'family', 'families')}`;
}

/** A web address becomes a link; anything else that a model file may hold stays text. */
function source(address: string): TemplateResult {
  return address.startsWith('https://')
    ? html`<a class="address" href=${address} target="_blank" rel="noreferrer">${address}</a>.`
    : html`<span class="address">${address}</span>.`;
}

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="figure">${value}</dd>
  </div>`;
}

function list(name: string, entries: number, table: TemplateResult): TemplateResult {
  if (entries === 0)
    return html`<p class="list-empty"><span class="list-name">${name}</span> <span class="figure">0</span></p>`;
  return html`<details class="list">
    <summary><span class="list-name">${name}</span> <span class="figure">${count(entries)}</span></summary>
    <div class="scroll-box" tabindex="0" role="region" aria-label=${name}>${table}</div>
  </details>`;
}

function markOf(model: ModelInfo, name: string): TemplateResult | typeof nothing {
  const found = model.classes.find((entry) => entry.name === name);
  return found ? kindMark(found.attack) : nothing;
}

function detectorNote({ detector, classes }: ModelInfo): string {
  if (!detector) return 'It has no anomaly detector.';
  const all = classes.length === 0 ? 'flows without labels' : 'flows of every class';
  const rows = detector.fittedOn === 'benign' ? 'benign flows' : all;
  return `Anomaly scores come from an isolation forest fitted on ${count(detector.trainingRows)} ${rows}.`;
}

function classTable(model: ModelInfo): TemplateResult {
  return html`<table class="plain">
    <thead>
      <tr>
        <th scope="col">Class</th>
        <th scope="col">Family</th>
        <th scope="col" class="num">Training flows</th>
      </tr>
    </thead>
    <tbody>
      ${model.classes.map(
        ({ name, family, attack, trainingRows }) => html`<tr>
          <th scope="row" class="name">${kindMark(attack)} ${breakable(name)}</th>
          <td>${family}</td>
          <td class="num">${count(trainingRows)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function columnTable(model: ModelInfo): TemplateResult {
  const columns = [...model.columns].sort((a, b) => b.importance - a.importance);
  const most = columns[0]?.importance ?? 0;
  const shuffled = columns.some(({ permutation }) => permutation !== null);
  return html`<table class="plain is-wide">
    <thead>
      <tr>
        <th scope="col">Column</th>
        <th scope="col" class="num">Importance</th>
        <td class="bar-cell"></td>
        ${shuffled ? html`<th scope="col" class="num">F1 lost if shuffled</th>` : nothing}
        <th scope="col" class="num">Mean</th>
        <th scope="col" class="num">Std. dev.</th>
        <th scope="col" class="num">Min</th>
        <th scope="col" class="num">Max</th>
      </tr>
    </thead>
    <tbody>
      ${columns.map(
        (column) => html`<tr>
          <th scope="row">${column.name}</th>
          <td class="num">${percent(column.importance)}</td>
          <td class="bar-cell">${shareBar(column.importance, most, 'is-neutral')}</td>
          ${shuffled ? html`<td class="num">${score(column.permutation)}</td>` : nothing}
          ${
            column.kind === 'categorical'
              ? html`<td colspan="4">${plural(column.categories.length, 'category', 'categories')}: ${column.categories.join(', ')}</td>`
              : html`<td class="num">${statistic(column.mean)}</td>
                  <td class="num">${statistic(column.std)}</td>
                  <td class="num">${statistic(column.min)}</td>
                  <td class="num">${statistic(column.max)}</td>`
          }
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function leftOutTable(model: ModelInfo): TemplateResult {
  return html`<table class="plain">
    <thead>
      <tr>
        <th scope="col">Column of the training data</th>
        <th scope="col">Why it was left out</th>
      </tr>
    </thead>
    <tbody>
      ${model.card.leftOut.map(
        ({ column, why }) => html`<tr>
          <th scope="row">${column}</th>
          <td>${why}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function parameterTable(model: ModelInfo): TemplateResult {
  return html`<table class="plain">
    <thead>
      <tr>
        <th scope="col">Parameter</th>
        <th scope="col">Value</th>
      </tr>
    </thead>
    <tbody>
      ${Object.entries(model.card.parameters).map(
        ([name, value]) => html`<tr>
          <th scope="row">${name}</th>
          <td>${value}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
