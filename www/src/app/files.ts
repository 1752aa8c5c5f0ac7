import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Input } from '../api.js';
import { bytes } from './format.js';
import { LightElement } from './light-element.js';

/** The files behind the results, where there are several or they were packed, and those that were left out. */
@customElement('flowsieve-files')
export class FilesPanel extends LightElement {
  @property({ attribute: false }) accessor input: Input | null = null;

  protected override render(): TemplateResult | typeof nothing {
    const { files, leftOut } = this.input ?? { files: [], leftOut: [] };
    const isPlain = files.length < 2 && files.every(({ packing }) => packing === 'none');
    if (isPlain && leftOut.length === 0) return nothing;
    return html`<section aria-labelledby="files-heading" data-testid="files">
      <h2 id="files-heading">Files</h2>
      <div class="scroll-box" tabindex="0" role="region" aria-label="Files">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col" class="num">As stored</th>
              <th scope="col" class="num">Unpacked</th>
              <th scope="col">What became of it</th>
            </tr>
          </thead>
          <tbody>
            ${files.map(
              (file) => html`<tr>
                <th scope="row">${file.name}</th>
                <td class="num">${bytes(file.storedBytes)}</td>
                <td class="num">${bytes(file.bytes)}</td>
                <td>${file.problem ?? 'analysed'}</td>
              </tr>`,
            )}
            ${leftOut.map(
              ({ name, why }) => html`<tr>
                <th scope="row">${name}</th>
                <td class="num">–</td>
                <td class="num">–</td>
                <td>left out: ${why}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
  }
}
