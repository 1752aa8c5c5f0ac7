/**
 * What the user says where the core would guess: where labels are, which column is which, how the input
 * is written. The same for the page and its workers, so that all make the same plan.
 */

import type { PlanOptions } from '../../generated/flowsieve_core.js';
import { type AnalyzeOptions, type DialectOptions, FlowsieveError } from '../api.js';

/** The part of {@link AnalyzeOptions} that is about how the input is read. */
export type ReadingOptions = Pick<
  AnalyzeOptions,
  'labelColumn' | 'labelMap' | 'columns' | 'dialect'
>;

/** That part, checked as far as the core does not check it. */
export function readingOptions(options: ReadingOptions): ReadingOptions {
  const { labelColumn, labelMap, columns, dialect } = options;
  const delimiter = dialect?.delimiter;
  if (delimiter !== undefined && !/^[\t !#$%&'*,/:;<=>?@\\^`|~]$/.test(delimiter)) {
    throw new FlowsieveError(
      'bad-option',
      `dialect.delimiter has to be one ASCII character that is no letter, digit, quote or part of a number, not ${JSON.stringify(delimiter)}.`,
    );
  }
  oneOf('quotes', QUOTES, dialect?.quotes);
  oneOf('encoding', ENCODINGS, dialect?.encoding);
  oneOf('format', FORMATS, dialect?.format);
  return { labelColumn, labelMap, columns, dialect };
}

/** As the core takes it: what is not said is left to the core. */
export function planOptions({
  labelColumn,
  labelMap,
  columns,
  dialect,
}: ReadingOptions): PlanOptions {
  return {
    ...(labelColumn === undefined ? {} : { labelColumn }),
    ...(labelMap === undefined ? {} : { labelMap }),
    ...(columns === undefined ? {} : { columns }),
    ...(dialect === undefined ? {} : { dialect: dialectBytes(dialect) }),
  };
}

// In the order of the core's numbers, which begin at 1: 0 is a guess.
const FORMATS = ['CSV'] as const;
const QUOTES = ['none', 'doubled', 'escaped'] as const;
const ENCODINGS = ['UTF-8', 'UTF-16 LE', 'UTF-16 BE'] as const;
const FLAGS = [false, true] as const;

function dialectBytes(dialect: DialectOptions): Uint8Array {
  const { format, delimiter, quotes, decimalComma, encoding, header } = dialect;
  return Uint8Array.of(
    place(FORMATS, format),
    delimiter?.charCodeAt(0) ?? 0,
    place(QUOTES, quotes),
    place(FLAGS, decimalComma),
    place(ENCODINGS, encoding),
    place(FLAGS, header),
  );
}

/** Where a value is in a list, from 1; 0 where there is none. */
function place<T>(values: readonly T[], value: T | undefined): number {
  return value === undefined ? 0 : values.indexOf(value) + 1;
}

function oneOf(name: string, values: readonly string[], value: string | undefined): void {
  if (value === undefined || values.includes(value)) return;
  const message = `dialect.${name} has to be one of ${values.join(', ')}, not ${value}.`;
  throw new FlowsieveError('bad-option', message);
}
