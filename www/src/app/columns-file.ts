/** Connected columns as a small file that is saved, sent on and dropped again: docs/columns-file.md. */

/** Columns of a model to columns of a file, or to null. */
export type Columns = Readonly<Record<string, string | null>>;

/** What such a file says. */
export interface ColumnsFile {
  /** The name of the model that they are connected with; null for any. */
  model: string | null;
  columns: Columns;
}

const VERSION = 1;

/** Longer ones are JSON of another kind. */
const MAX_BYTES = 1_000_000;

/** The text of the file. */
export function columnsText(model: string, columns: Columns): string {
  return `${JSON.stringify({ 'flowsieve-columns': VERSION, model, columns }, null, 2)}\n`;
}

/** What a file says, null if it is none of these; throws where it is one that cannot be used. */
export async function readColumnsFile(file: File): Promise<ColumnsFile | null> {
  if (!file.name.toLowerCase().endsWith('.json') || file.size > MAX_BYTES) return null;
  let found: unknown;
  try {
    found = JSON.parse(await file.text());
  } catch {
    // JSON lines, or a file that cannot be read: the analysis says which.
    return null;
  }
  if (typeof found !== 'object' || found === null || !('flowsieve-columns' in found)) return null;
  const { 'flowsieve-columns': version, model = null, columns, ...others } = found as ColumnsJson;
  if (version !== VERSION)
    throw new Error(
      `It has the version ${version} of the form; this page reads version ${VERSION}.`,
    );
  const [other] = Object.keys(others);
  if (other !== undefined) throw new Error(`It has a member “${other}”, which means nothing here.`);
  if (!isColumns(columns) || !(model === null || typeof model === 'string'))
    throw new Error(
      'It needs a member “columns” that names for each column of the model one of the file, or null.',
    );
  return { model, columns };
}

interface ColumnsJson {
  'flowsieve-columns': unknown;
  model?: unknown;
  columns?: unknown;
}

/** Whether a value connects columns. */
export function isColumns(value: unknown): value is Columns {
  const isName = (name: unknown) => name === null || typeof name === 'string';
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isName)
  );
}
