import type { Input, Recognition } from '../api.js';
import { listing } from './format.js';

/** What went wrong, in the three parts that every error on the page has. */
export interface Problem {
  kind: string;
  title: string;
  /** The file that it happened to. */
  subject: string;
  /** What happened. */
  what: string;
  /** What was kept. */
  kept: string;
  /** What to do next. */
  next: string;
  /** The header that no model knew, where that was the problem. */
  recognition: Recognition | null;
}

interface Advice {
  title: string;
  next: string;
}

const UNTOUCHED = 'Your file was only read, never changed, and nothing was sent anywhere.';

const NEEDS_TABLE =
  'Choose a table of flows: CSV, a Zeek log or JSON lines, also packed as .gz or .zip, with one flow a line and columns that the model knows.';
const ANOTHER_COPY = 'Get the model file again from where it came from, or use the built-in model.';

const ADVICE: Record<string, Advice> = {
  'no-schema-match': {
    title: 'The model does not know these columns',
    next: 'If the file has the same columns under other names, connect them below. If they are cut in the wrong places, say how the file is written. If another model was trained on such flows, load its .sieve file. Or fit a detector on the file itself: it names no attacks, but shows which rows are unlike the others.',
  },
  'empty-input': { title: 'The file is empty', next: NEEDS_TABLE },
  'not-text': {
    title: 'This is not a text table',
    next: `${NEEDS_TABLE} A capture has to be turned into flows first; archives in archives have to be unpacked.`,
  },
  'header-only': {
    title: 'The file has column names but no flows',
    next: 'Check that the export that wrote the file ran to its end.',
  },
  'bad-fit': {
    title: 'No detector can be fitted on this file',
    next: 'Choose a table with columns of numbers that differ from row to row; rows of the same kind, as many as there are.',
  },
  'too-many-columns': { title: 'The file has too many columns', next: NEEDS_TABLE },
  'bad-header': {
    title: 'The first line does not name the columns',
    next: `Say below how the file is written, or choose another. ${NEEDS_TABLE}`,
  },
  'no-such-column': {
    title: 'A column is not in the file',
    next: 'Connect the columns below, or use a columns file that was made for such a header.',
  },
  'bad-connection': {
    title: 'These columns cannot be connected',
    next: 'Connect the columns below, or use a columns file that was made for this model.',
  },
  'bad-columns-file': {
    title: 'This columns file cannot be used',
    next: 'Save one from “Connect columns”, or correct it with a text editor.',
  },
  'pack-not-a-pack': { title: 'This is not a Flowsieve model', next: ANOTHER_COPY },
  'pack-self-test': { title: 'The model does not give the answers it should', next: ANOTHER_COPY },
  'pack-damaged': { title: 'The model file is damaged', next: ANOTHER_COPY },
  'pack-too-new': {
    title: 'The model file is newer than this page',
    next: 'Use a newer copy of Flowsieve, or a model written by an older trainer.',
  },
  'file-unreadable': {
    title: 'The file could not be read',
    next: 'It may have been moved, changed or removed since you chose it. Choose it again.',
  },
  'asset-missing': {
    title: 'A part of the page could not be loaded',
    next: 'Check the connection, reload the page and try again.',
  },
  'worker-start': {
    title: 'The browser did not start the workers',
    next: 'Try another browser, or ask whoever hosts this page to allow workers from blob addresses.',
  },
  'bad-archive': {
    title: 'The packed file could not be read',
    next: 'Get the file again from where it came from, or unpack it and drop what is in it.',
  },
  'unpack-limit': {
    title: 'Too much comes out of the packed file',
    next: 'If you trust where it came from, unpack it and drop what is in it.',
  },
  'other-columns': { title: 'The files are not one table', next: NEEDS_TABLE },
  'not-whole': {
    title: 'The packed file is not whole',
    next: 'Get the file again from where it came from, or go on with the rows that it has.',
  },
  'left-out': {
    title: 'Some files were left out',
    next: 'Nothing, if they are no flows. Files with the same columns are analysed together; drop tables with others one by one.',
  },
  'not-a-file': { title: 'That was not a file', next: NEEDS_TABLE },
  unexpected: {
    title: 'Something went wrong',
    next: 'Try once more. If it happens again, reload the page: nothing but these results is lost.',
  },
};

function text(value: unknown, field: string): string | null {
  if (typeof value !== 'object' || value === null || !(field in value)) return null;
  const found = (value as Record<string, unknown>)[field];
  return typeof found === 'string' ? found : null;
}

function recognitionIn(error: unknown): Recognition | null {
  if (typeof error !== 'object' || error === null || !('details' in error)) return null;
  const details = error.details;
  if (typeof details !== 'object' || details === null) return null;
  return 'matched' in details && 'missing' in details && 'ignored' in details
    ? (details as Recognition)
    : null;
}

/** The engine's kind where it gave one, a file that vanished where the browser says so. */
function kindOf(error: unknown): string {
  const kind = text(error, 'kind');
  if (kind) return kind;
  const name = text(error, 'name');
  return name === 'NotReadableError' || name === 'NotFoundError' ? 'file-unreadable' : 'unexpected';
}

function adviceFor(kind: string): Advice {
  const exact = ADVICE[kind];
  if (exact) return exact;
  const family = kind.startsWith('pack-') ? ADVICE['pack-damaged'] : ADVICE.unexpected;
  return family ?? { title: 'Something went wrong', next: '' };
}

/** Turns whatever was thrown while `fileName` was worked on into words. `kept` is what is left of results. */
export function describeProblem(error: unknown, fileName: string, kept = ''): Problem {
  const kind = kindOf(error);
  const { title, next } = adviceFor(kind);
  const message = text(error, 'message');
  return {
    kind,
    title,
    subject: fileName,
    what: message ?? 'It could not be analysed.',
    kept: `${kept} ${UNTOUCHED}`.trim(),
    next,
    recognition: recognitionIn(error),
  };
}

/** A problem that the page itself finds, before the engine is asked. */
export function pageProblem(
  kind: 'not-a-file' | 'not-whole' | 'left-out' | 'bad-columns-file',
  subject: string,
  what: string,
): Problem {
  const { title, next } = adviceFor(kind);
  return { kind, title, subject, what, kept: UNTOUCHED, next, recognition: null };
}

/** What has to be said of the files of an input before anybody trusts its results. */
export function inputProblem({ files, leftOut }: Input): Problem | null {
  const broken = files.find(({ loss }) => loss);
  if (broken) {
    const what = `${broken.problem} The rows that it has are analysed.`;
    return pageProblem('not-whole', broken.name, what);
  }
  const [first] = leftOut;
  if (!first) return null;
  const names = leftOut.slice(0, 3).map(({ name }) => name);
  const more = leftOut.length > 3 ? ' and more' : '';
  const what = leftOut.length > 1 ? ` Left out are ${listing(names)}${more}.` : '';
  return pageProblem('left-out', first.name, `${first.why}${what}`);
}
