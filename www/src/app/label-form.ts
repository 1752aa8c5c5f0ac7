import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { ModelInfo, Recognition, Summary } from '../api.js';
import { count } from './format.js';
import type { Request } from './session.js';

/** Values of one column that can be mapped by hand; a column of more is none of classes. */
const MOST_VALUES = 60;

interface LabelForm {
  recognition: Recognition | null;
  model: ModelInfo | null;
  /** Values that the model has no class for. */
  unknown: Summary['unknownLabels'];
  request: Request;
  /** Whether the file was read to its end. */
  ready: boolean;
  onLabels(labels: Pick<Request, 'labelColumn' | 'labelMap'>): void;
}

/** Which column has the labels and, once it was read, what those of its values mean that no class is called. */
export function labelForm(form: LabelForm): TemplateResult {
  const { recognition, ready, onLabels } = form;
  const label = recognition?.label?.index;
  // By name: of two columns of one name the core takes the first.
  const chosen = (event: Event) => {
    const { value } = event.currentTarget as HTMLSelectElement;
    const column = value === '' ? null : (recognition?.columns[Number(value)] ?? null);
    onLabels({ labelColumn: column, labelMap: {} });
  };
  return html`<div class="label-form">
    <p class="field">
      <label for="label-choice">Labels are in</label>
      <select
        id="label-choice"
        data-testid="label-choice"
        ?disabled=${!ready}
        .value=${live(label === undefined ? '' : String(label))}
        @change=${chosen}
      >
        <option value="" ?selected=${label === undefined}>no column</option>
        ${recognition?.columns.map(
          (name, index) =>
            html`<option value=${index} ?selected=${index === label}>${name === '' ? `column ${index + 1}` : name}</option>`,
        )}
      </select>
    </p>
    ${label === undefined ? nothing : mapping(form)}
  </div>`;
}

function mapping(form: LabelForm): TemplateResult | typeof nothing {
  const { unknown, request, model, recognition, ready } = form;
  const mapped = Object.entries(request.labelMap);
  if (unknown.length === 0 && mapped.length === 0) return nothing;
  if (unknown.length > MOST_VALUES) {
    return html`<p class="note">
      The column has ${count(unknown.length)} values or more that no class is called: it hardly holds classes.
    </p>`;
  }
  const values = [
    ...mapped.map(([name, meaning]) => ({ name, rows: null, meaning })),
    ...unknown.map(({ name, rows }) => ({ name, rows, meaning: guess(name, model) })),
  ];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const labelMap: Record<string, string> = {};
    values.forEach(({ name }, at) => {
      const meaning = data.get(`value-${at}`);
      if (typeof meaning === 'string' && meaning !== '') labelMap[name] = meaning;
    });
    form.onLabels({ labelColumn: recognition?.label?.header, labelMap });
  };
  return html`<details class="list" ?open=${mapped.length === 0}>
    <summary>
      <span class="list-name">What the labels mean</span>
      <span class="figure">${count(unknown.length)} unknown</span>
    </summary>
    <form class="label-map" data-testid="label-map" @submit=${submit}>
      <ul>
        ${values.map(
          ({ name, rows, meaning }, at) => html`<li>
            <label for="value-${at}"><code>${name}</code>${rows === null ? nothing : html` <span class="figure">${count(rows)}</span>`}</label>
            <select id="value-${at}" name="value-${at}">
              <option value="" ?selected=${meaning === ''}>none of the classes</option>
              ${model?.classes.map(
                (entry) =>
                  html`<option value=${entry.name} ?selected=${entry.name === meaning}>${entry.name}</option>`,
              )}
            </select>
          </li>`,
        )}
      </ul>
      <button type="submit" class="button" ?disabled=${!ready} data-testid="label-apply">Compare again</button>
    </form>
  </details>`;
}

/** A class that is called the same but for case and punctuation, or the one benign class for "normal". */
function guess(value: string, model: ModelInfo | null): string {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const classes = model?.classes ?? [];
  const same = classes.find(({ name }) => plain(name) === plain(value));
  if (same) return same.name;
  const benign = classes.filter(({ attack }) => !attack);
  const ordinary = ['normal', 'benign', 'legitimate'].includes(plain(value));
  return ordinary && benign.length === 1 ? (benign[0]?.name ?? '') : '';
}
