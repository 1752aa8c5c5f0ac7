import { html, nothing, type TemplateResult } from 'lit';
import type { DialectOptions, Recognition } from '../api.js';
import type { Columns } from './columns-file.js';
import type { ConnectModel } from './connect.js';
import { dialectForm } from './dialect-form.js';
import type { ModelChoice, Request, Source } from './session.js';

/** A file whose reading can be corrected, and what happens then. */
export interface Correctable {
  source: Source;
  request: Request;
  /** Null where the file was refused before its columns were known. */
  recognition: Recognition | null;
  models: ConnectModel[];
  onConnect: (model: ModelChoice, columns: Columns) => void;
  onDialect: (dialect: DialectOptions) => void;
}

/** The form that connects columns, preset to the model that fits best. */
export function connectForm(file: Correctable): TemplateResult {
  // Loaded when it is first shown; the element is there at once and fills in then.
  void import('./later.js');
  return html`<flowsieve-connect
    .source=${file.source}
    .request=${file.request}
    .models=${file.models}
    .preset=${file.recognition?.model ?? ''}
    .onConnect=${file.onConnect}
  ></flowsieve-connect>`;
}

/** Refusals after which it helps to say how the file is written. */
const ABOUT_WRITING = [
  'no-schema-match',
  'bad-header',
  'header-only',
  'not-text',
  'too-many-columns',
  'no-such-column',
];
/** Refusals after which it helps to connect columns. */
const ABOUT_COLUMNS = ['no-schema-match', 'no-such-column', 'bad-connection'];

/** What can be corrected about a file that was refused for this kind of reason. */
export function refusedForms(kind: string, file: Correctable): TemplateResult | typeof nothing {
  const columns = ABOUT_COLUMNS.includes(kind);
  const writing = ABOUT_WRITING.includes(kind);
  if (!columns && !writing) return nothing;
  return html`<div class="corrections">
    ${
      columns
        ? html`<h3>Connect columns</h3>
            ${connectForm(file)}`
        : nothing
    }
    ${
      writing
        ? html`<h3>How the file is written</h3>
            ${dialectForm({ recognition: file.recognition, dialect: file.request.dialect, onDialect: file.onDialect })}`
        : nothing
    }
  </div>`;
}

/** The same for a file whose results are shown: two disclosures, closed at first. */
export function readingForms(
  file: Correctable,
  connecting: boolean,
  onToggle: (event: Event) => void,
): TemplateResult {
  return html`<div class="corrections">
    <details class="list" data-testid="connect" @toggle=${onToggle}>
      <summary><span class="list-name">Connect columns by hand</span></summary>
      ${connecting ? connectForm(file) : nothing}
    </details>
    <details class="list" data-testid="dialect">
      <summary><span class="list-name">Read the file differently</span></summary>
      ${dialectForm({ recognition: file.recognition, dialect: file.request.dialect, onDialect: file.onDialect })}
    </details>
  </div>`;
}
