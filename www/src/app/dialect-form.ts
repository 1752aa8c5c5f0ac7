import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { DialectOptions, Recognition } from '../api.js';

/** What may stand between cells, and what people call it. */
export const DELIMITERS: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
  ' ': 'space',
  ':': 'colon',
};

interface DialectForm {
  /** What was recognised; null where the file was refused before that. */
  recognition: Recognition | null;
  /** What was chosen before. */
  dialect: DialectOptions;
  onDialect: (dialect: DialectOptions) => void;
}

/** One thing to choose: what it is called, its values by what people call them, what was guessed. */
interface Choice {
  name: keyof DialectOptions;
  label: string;
  values: Readonly<Record<string, string>>;
  guess: string | undefined;
}

const DECIMALS = { false: 'point', true: 'comma' };
const QUOTES = {
  doubled: 'around cells, doubled within',
  escaped: 'around cells, backslash within',
  none: 'characters like any',
};
const ENCODINGS = {
  'UTF-8': 'UTF-8 or Windows-1252',
  'UTF-16 LE': 'UTF-16 LE',
  'UTF-16 BE': 'UTF-16 BE',
};
const HEADERS = { true: 'names of columns', false: 'a row' };

/** How the file is written, to be said where the guess is wrong; the file is then read again. */
export function dialectForm({ recognition, dialect, onDialect }: DialectForm): TemplateResult {
  const choices = choicesFor(recognition, dialect);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    onDialect(dialectOf((name) => data.get(name)));
  };
  return html`<form class="dialect-form" data-testid="dialect-form" @submit=${submit}>
    <div class="choices">${choices.map((choice) => choiceField(choice, dialect))}</div>
    <div class="actions">
      <button type="submit" class="button" data-testid="dialect-apply">Read the file so</button>
      ${
        Object.keys(dialect).length > 0
          ? html`<button type="button" class="button is-quiet" data-testid="dialect-guess" @click=${() => onDialect({})}>
              Guess again
            </button>`
          : nothing
      }
    </div>
  </form>`;
}

function choiceField({ name, label, values, guess }: Choice, dialect: DialectOptions) {
  const chosen = dialect[name];
  const value = chosen === undefined ? '' : String(chosen);
  const known = value === '' || value in values ? values : { ...values, [value]: value };
  const guessed = chosen === undefined && guess !== undefined ? `guessed: ${guess}` : 'guess';
  return html`<label class="choice">
    <span>${label}</span>
    <select name=${name} .value=${live(value)} data-testid=${`dialect-${name}`}>
      <option value="" ?selected=${value === ''}>${guessed}</option>
      ${Object.entries(known).map(
        ([key, text]) => html`<option value=${key} ?selected=${key === value}>${text}</option>`,
      )}
    </select>
  </label>`;
}

/** Logs and objects say themselves how they are written; that they are none is left to say. */
function choicesFor(recognition: Recognition | null, dialect: DialectOptions): Choice[] {
  const { delimiter, decimalComma, quotes, names } = recognition ?? {};
  const encoding: Choice = {
    name: 'encoding',
    label: 'Encoding',
    values: ENCODINGS,
    guess: recognition?.encoding,
  };
  const isCsv = recognition === null || recognition.format === 'CSV';
  const format: Choice = {
    name: 'format',
    label: 'Format',
    values: { CSV: 'a table of cells' },
    guess: recognition?.format,
  };
  if (!isCsv) return [format, encoding];
  return [
    ...(dialect.format === undefined && recognition ? [] : [format]),
    {
      name: 'delimiter',
      label: 'Between cells',
      values: DELIMITERS,
      guess: delimiter && (DELIMITERS[delimiter] ?? delimiter),
    },
    {
      name: 'decimalComma',
      label: 'Decimal mark',
      values: DECIMALS,
      guess: decimalComma === undefined ? undefined : decimalComma ? 'comma' : 'point',
    },
    {
      name: 'quotes',
      label: 'Quotes are',
      values: QUOTES,
      guess: quotes && QUOTES[quotes],
    },
    {
      name: 'header',
      label: 'First line is',
      values: HEADERS,
      guess: names && (names === 'file' ? HEADERS.true : HEADERS.false),
    },
    encoding,
  ];
}

/** What was chosen; what is left to a guess is not in it. */
function dialectOf(value: (name: string) => FormDataEntryValue | null): DialectOptions {
  const of = (name: string) => value(name) || undefined;
  const flag = (name: string) => (of(name) === undefined ? undefined : of(name) === 'true');
  const chosen = {
    format: of('format'),
    delimiter: of('delimiter'),
    decimalComma: flag('decimalComma'),
    quotes: of('quotes'),
    encoding: of('encoding'),
    header: flag('header'),
  };
  const set = Object.entries(chosen).filter(([, choice]) => choice !== undefined);
  return Object.fromEntries(set) as DialectOptions;
}
