import type { ModelColumn, Recognised } from '../api.js';
import type { Columns } from './columns-file.js';
import { guessColumns } from './similar-names.js';

/** The value of a choice that says that the file has no such column. */
export const MISSING = '';
/** The value of one that leaves a category in one column per word. */
export const WORDS = 'words';

/** A column of the file. */
interface Found {
  index: number;
  /** Its name in a list of choices. */
  title: string;
  /** Its first value that is one. */
  example: string;
}

/**
 * Which column of a file is which of a model, as far as it was said: by the names alone, by what was
 * connected before, by a guess, by the user. A choice is the column's index in the file as text.
 */
export class Draft {
  /** The model's columns, the most important first. */
  readonly expected: readonly ModelColumn[];
  readonly found: readonly Found[];
  /** The greatest importance. */
  readonly most: number;
  readonly #recognised: Recognised;
  readonly #known: Columns;
  /** What each column is without any help; missing ones are not in it. */
  readonly #byName = new Map<string, string>();
  readonly #words = new Map<string, string[]>();
  readonly #chosen = new Map<string, string>();
  readonly #guessed = new Set<string>();

  /** `recognised` without help; `known` is what was connected before. */
  constructor(recognised: Recognised, known: Columns) {
    const { model, recognition, rows } = recognised;
    this.#recognised = recognised;
    this.#known = known;
    this.expected = [...model.columns].sort((a, b) => b.importance - a.importance);
    this.most = this.expected[0]?.importance ?? 1;
    const label = recognition.label?.index;
    this.found = recognition.columns.map((name, index) => ({
      index,
      title: `${name === '' ? `column ${index + 1}` : name}${index === label ? ' (the labels)' : ''}`,
      example: rows.map((row) => row[index]?.trim() ?? '').find(isValue) ?? '',
    }));
    for (const { column, index, word } of recognition.matched) {
      this.#byName.set(column, word === null ? String(index) : WORDS);
      if (word !== null) {
        const header = recognition.columns[index] ?? '';
        this.#words.set(column, [...(this.#words.get(column) ?? []), header]);
      }
    }
    for (const { name } of this.expected) this.#chosen.set(name, this.#byName.get(name) ?? MISSING);
    for (const [column, header] of Object.entries(known)) {
      const index = header === null ? null : this.#indexOf(header);
      if (this.#chosen.has(column) && index !== undefined)
        this.#chosen.set(column, index === null ? MISSING : String(index));
    }
    if (Object.keys(known).length === 0) this.#guess();
  }

  /** Name of the model. */
  get model(): string {
    return this.#recognised.model.name;
  }

  /** Share of importance that is found by names alone. */
  shareByName(): number {
    return this.#recognised.recognition.importanceShare;
  }

  /** Whether another begins with the same, so that what was chosen here goes on. */
  isLike(other: Draft): boolean {
    const basis = ({ model, recognition }: Recognised, known: Columns) =>
      JSON.stringify([model.name, recognition, known]);
    return basis(this.#recognised, this.#known) === basis(other.#recognised, other.#known);
  }

  valueOf(column: string): string {
    return this.#chosen.get(column) ?? MISSING;
  }

  choose(column: string, value: string): void {
    this.#guessed.delete(column);
    this.#chosen.set(column, value);
  }

  isGuess(column: string): boolean {
    return this.#guessed.has(column);
  }

  /** The columns of the file that are a word each of a category. */
  wordsOf(column: string): string | undefined {
    const words = this.#words.get(column);
    return words && `${words.slice(0, 3).join(', ')}${words.length > 3 ? ', …' : ''}`;
  }

  /** What a column of the file holds. */
  exampleOf(value: string): string {
    const example = this.found[Number(value)]?.example ?? '';
    if (value === MISSING) return '';
    return example.length > 24 ? `${example.slice(0, 23)}…` : example;
  }

  /** The other columns of the model for which the same column of the file was chosen. */
  othersWith(value: string, column: string): string[] {
    if (value === MISSING || value === WORDS) return [];
    const others = this.expected.filter(({ name }) => name !== column);
    return others.map(({ name }) => name).filter((name) => this.valueOf(name) === value);
  }

  coverage(): { connected: number; share: number } {
    const connected = this.expected.filter(({ name }) => this.valueOf(name) !== MISSING);
    const sum = (columns: readonly ModelColumn[]) =>
      columns.reduce((total, { importance }) => total + importance, 0);
    return { connected: connected.length, share: sum(connected) / (sum(this.expected) || 1) };
  }

  /** What has to be said so that columns are taken as chosen: nothing of those that are found so by name. */
  columns(): Columns {
    const columns: Record<string, string | null> = {};
    for (const { name } of this.expected) {
      const value = this.valueOf(name);
      if (value === (this.#byName.get(name) ?? MISSING)) continue;
      columns[name] = value === MISSING ? null : this.#headerOf(Number(value));
    }
    return columns;
  }

  /** The name by which the core finds a column: the first of a name by that, others by their place. */
  #headerOf(index: number): string {
    const { columns, names } = this.#recognised.recognition;
    const name = columns[index] ?? '';
    const isPlain = names === 'file' && name !== '' && columns.indexOf(name) === index;
    return isPlain ? name : `column ${index + 1}`;
  }

  /** Where the core finds a column of this name; undefined where the file has none. */
  #indexOf(header: string): number | undefined {
    const { columns } = this.#recognised.recognition;
    const plain = (name: string) => name.toLowerCase().replace(/[\s._]/g, '');
    const exact = columns.indexOf(header);
    if (exact >= 0) return exact;
    const alike = columns.findIndex((name) => plain(name) === plain(header));
    if (alike >= 0) return alike;
    const number = Number(/^column (\d+)$/.exec(header)?.[1]);
    return number >= 1 && number <= columns.length ? number - 1 : undefined;
  }

  /** Columns that nothing is known of are guessed, from those of the file that are still free. */
  #guess(): void {
    const { model, recognition } = this.#recognised;
    const free = new Set(recognition.ignored.map(({ index }) => index));
    const open = model.columns.filter(({ name }) => this.valueOf(name) === MISSING);
    const guesses = guessColumns(
      open.map(({ name, kind }) => ({ name, numeric: kind === 'numeric' })),
      recognition.columns.flatMap((name, index) =>
        free.has(index) ? [{ name, index, numeric: this.#isNumeric(index) }] : [],
      ),
    );
    open.forEach(({ name }, at) => {
      const index = guesses[at];
      if (index === undefined) return;
      this.#chosen.set(name, String(index));
      this.#guessed.add(name);
    });
  }

  /** Whether a column of the file holds numbers; null where it holds nothing. */
  #isNumeric(index: number): boolean | null {
    const { rows, recognition } = this.#recognised;
    const cells = rows.map((row) => row[index]?.trim() ?? '').filter(isValue);
    if (cells.length === 0) return null;
    const point = (cell: string) => (recognition.decimalComma ? cell.replace(',', '.') : cell);
    const isNumber = (cell: string) =>
      /^[+-]?inf(inity)?$/i.test(cell) || !Number.isNaN(Number(cell));
    return cells.filter((cell) => isNumber(point(cell))).length > cells.length / 2;
  }
}

/** Whether a cell says something. */
function isValue(cell: string): boolean {
  return !['', '-', '(empty)', 'nan', 'null'].includes(cell.toLowerCase());
}
