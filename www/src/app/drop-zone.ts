import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { FLOW_FILES, fileButton, MODEL_FILES } from './file-button.js';
import { bytes } from './format.js';
import { LightElement } from './light-element.js';
import type { OwnModel } from './session.js';
import type { ShippedSample } from './shipped.js';

/** The empty page: what this is, where to put a file, and what happens to it. */
@customElement('flowsieve-drop-zone')
export class DropZone extends LightElement {
  @property({ attribute: false }) accessor ownModel: OwnModel | null = null;
  @property({ type: Boolean }) accessor over = false;
  @property({ attribute: false }) accessor onFiles: (files: File[]) => void = () => {};
  @property({ attribute: false }) accessor samples: ShippedSample[] = [];
  @property({ attribute: false }) accessor onSample: (name: string) => void = () => {};
  @property({ attribute: false }) accessor onBuiltInModel: () => void = () => {};
  /** Name of the file that says how the columns of the next one are connected. */
  @property() accessor columnsFile = '';
  @property({ attribute: false }) accessor onForgetColumns: () => void = () => {};

  protected override render(): TemplateResult {
    return html`
      <div class="intro">
        <h1>See the attacks in your IoT traffic</h1>
        <p class="lead">
          Drop a table of network flows. Every flow gets an attack class, a confidence and an anomaly
          score, computed in this tab; nothing leaves the page.
        </p>
      </div>
      <div class="drop-zone ${this.over ? 'is-over' : ''}" data-testid="drop-zone">
        <p class="drop-call">${this.over ? 'Let go to analyse' : 'Drop files of flows anywhere on this page'}</p>
        <p class="fine">CSV, Zeek logs or JSON lines, as they are or packed as .gz or .zip.</p>
        <div class="actions">
          ${fileButton({
            label: 'Choose a file',
            accept: FLOW_FILES,
            kind: 'is-primary',
            testId: 'file-input',
            onFiles: this.onFiles,
          })}
        </div>
        ${this.#samples()}
      </div>
      ${this.#model()} ${this.columnsFile ? this.#columns() : nothing}
      <ul class="promises">
        <li>
          <h2>Classes and families</h2>
          <p>A classifier trained on real, labelled IoT traffic names the attack it sees, with a confidence.</p>
        </li>
        <li>
          <h2>Strangers too</h2>
          <p>An isolation forest marks flows unlike the training traffic, whatever their class.</p>
        </li>
        <li>
          <h2>Your file stays yours</h2>
          <p>It is read where it lies. The page’s own policy forbids it to send anything to anyone.</p>
        </li>
      </ul>
    `;
  }

  /** Room for them is kept until they are listed, so that nothing moves. */
  #samples(): TemplateResult {
    return html`<div class="samples">
      <p id="samples">Or try a sample of</p>
      <ul class="sample-list" aria-labelledby="samples">
        ${this.samples.map(
          ({ name, title }) => html`<li>
            <button
              type="button"
              class="button"
              data-testid="try-sample"
              data-sample=${name}
              @click=${() => this.onSample(name)}
            >
              ${title}
            </button>
          </li>`,
        )}
      </ul>
      <p class="fine">Samples are synthetic: generated, not captured from anybody’s network.</p>
    </div>`;
  }

  #columns(): TemplateResult {
    return html`<div class="own-model">
      <p data-testid="pending-columns">
        The columns of the next file are connected as <strong>${this.columnsFile}</strong> says.
      </p>
      <button type="button" class="button is-quiet" @click=${this.onForgetColumns}>Forget it</button>
    </div>`;
  }

  #model(): TemplateResult {
    const own = this.ownModel;
    return html`<div class="own-model">
      <p>
        ${
          own
            ? html`Using your model <strong>${own.name}</strong> (${bytes(own.pack.byteLength)}).`
            : 'Uses the built-in model that fits the file’s columns.'
        }
      </p>
      ${fileButton({
        label: own ? 'Choose another model' : 'Load your own model (.sieve)',
        accept: MODEL_FILES,
        kind: 'is-quiet',
        testId: 'model-input',
        onFiles: this.onFiles,
      })}
      ${
        own
          ? html`<button type="button" class="button is-quiet" @click=${this.onBuiltInModel}>
              Use the built-in model
            </button>`
          : nothing
      }
    </div>`;
  }
}
