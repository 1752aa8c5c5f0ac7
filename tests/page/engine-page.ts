// Drives `flowsieve.js` inside a page and brings back what came of it, for the tests named engine-*.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type {
  Analysis,
  DialectOptions,
  Input,
  ModelEntry,
  Progress,
  Recognition,
  SampleEntry,
  SliceFailure,
  Summary,
} from '../../www/src/api.js';
import { DIST, nativeProgram, test } from './fixtures.js';

/** The library's exports, as a page that imports it has them. */
export type Library = typeof import('../../www/src/flowsieve.js');

const [model] = catalogue<ModelEntry>('models');
const [sample] = catalogue<SampleEntry>('samples');

/** The file of the model that the page offers first. */
export const MODEL = join(DIST, 'models', model.file);
export const SAMPLE = join(DIST, 'samples', sample.file);
export const SAMPLE_NAME = sample.name;
export const SAMPLE_TEXT = () => readFileSync(SAMPLE, 'utf8');

function catalogue<Entry>(folder: string): [Entry] {
  return JSON.parse(readFileSync(join(DIST, folder, 'index.json'), 'utf8')) as [Entry];
}

/** A file to drop: a path, or contents. */
export type Dropped = string | { name: string; mimeType: string; buffer: Buffer };

export function csv(text: string): Dropped {
  return { name: 'flows.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
}

/** Options of `analyze` that can travel to the page. */
export interface Options {
  /** Contents of a model file; `'auto'` without. */
  pack?: Buffer;
  model?: string;
  workers?: number;
  sliceBytes?: number;
  labelColumn?: string | null;
  columns?: Record<string, string | null>;
  dialect?: DialectOptions;
  workerUrl?: string;
  testHooks?: { trapSlice: number; times: number };
  /** The input's rows are repeated so many times, without taking memory. */
  repeat?: number;
  /** Cancel at this call of `onProgress`. */
  cancelAt?: number;
  /** Rows to read back, as pairs of from and to. */
  rows?: [number, number][];
  /** Contaminations for the detector. */
  sweep?: number[];
  /** Call this function, which `page.exposeFunction` made, before the analysis. */
  before?: string;
  /** And this one at the first progress. */
  atFirstProgress?: string;
  /** And this one after the analysis, before rows are read back. */
  beforeRows?: string;
}

export interface Done {
  ok: true;
  /** Name of the model that the analysis used. */
  model: string;
  rowCount: number;
  digest: string;
  summary: Summary;
  input: Input;
  recognition: Recognition;
  recognisedFirst: boolean;
  stats: Analysis['stats'];
  failures: SliceFailure[];
  classes: number[];
  rows: {
    index: number;
    offset: number;
    cells: string[];
    zscores: number;
    class: string | null;
  }[][];
  sweep: ReturnType<Analysis['sweep']> | null;
  progress: Omit<Progress, 'summary'>[];
}

export interface Refused {
  ok: false;
  name: string;
  /** Whether it is one of the library's own errors. */
  typed: boolean;
  kind: string | undefined;
  message: string;
  details: unknown;
  progress: Omit<Progress, 'summary'>[];
}

/** Analyses a file in the page and leaves nothing behind. */
export async function analyzeIn(
  page: Page,
  dropped: Dropped | Dropped[],
  options: Options = {},
): Promise<Done | Refused> {
  const input = await page.evaluateHandle(() => {
    const element = document.createElement('input');
    element.type = 'file';
    element.multiple = true;
    return element;
  });
  await input.setInputFiles(dropped as Exclude<Dropped, string>[]);
  const { pack, ...rest } = options;
  const sent = { ...rest, pack: pack?.toString('base64') };
  return await page.evaluate(
    async ({ input, sent }) => {
      const address = new URL('flowsieve.js', document.baseURI).href;
      const library: Library = await import(address);
      const {
        repeat,
        cancelAt,
        before,
        atFirstProgress,
        beforeRows,
        rows,
        sweep,
        pack,
        model,
        ...options
      } = sent;
      const progress: Omit<Progress, 'summary'>[] = [];
      const cancel = new AbortController();
      let recognisedFirst = false;
      const callOut = (name: string | undefined) =>
        (window as unknown as Record<string, () => Promise<void>>)[name ?? '']?.();
      try {
        let file: Blob | undefined = input.files?.[0];
        if (!file) throw new Error('no file was chosen');
        if (repeat !== undefined) {
          const text = await file.text();
          const headerEnd = text.indexOf('\n') + 1;
          const body = new Blob([text.slice(headerEnd)]);
          file = new Blob([text.slice(0, headerEnd), ...Array<Blob>(repeat).fill(body)]);
        }
        await callOut(before);
        const files = [...(input.files ?? [])];
        const analysis = await library.analyze(files.length > 1 ? files : file, {
          ...options,
          model:
            pack !== undefined
              ? Uint8Array.from(atob(pack), (character) => character.charCodeAt(0)).buffer
              : (model ?? 'auto'),
          signal: cancel.signal,
          onRecognised: () => {
            recognisedFirst = progress.length === 0;
          },
          onProgress: ({ summary: _, ...rest }) => {
            progress.push(rest);
            if (progress.length === cancelAt) cancel.abort();
            if (progress.length === 1) void callOut(atFirstProgress);
          },
        });
        await callOut(beforeRows);
        const read = [];
        for (const [from, to] of rows ?? []) {
          read.push(
            (await analysis.rows(from, to)).map((row) => ({
              index: row.index,
              offset: row.offset,
              cells: row.cells,
              zscores: row.zscores.length,
              class: row.class,
            })),
          );
        }
        const done = {
          ok: true as const,
          model: analysis.model.name,
          rowCount: analysis.rowCount,
          digest: await analysis.digest(),
          summary: analysis.summary,
          input: analysis.input,
          recognition: analysis.recognition,
          recognisedFirst,
          stats: analysis.stats,
          failures: [...analysis.failures],
          classes: analysis.rowCount < 1e6 ? Array.from(analysis.columns.class) : [],
          rows: read,
          sweep: sweep === undefined ? null : analysis.sweep(sweep),
          progress,
        };
        analysis.dispose();
        return done;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const typed = error instanceof library.FlowsieveError;
        return {
          ok: false as const,
          name: error.name,
          typed,
          kind: typed ? error.kind : undefined,
          message: error.message,
          details: typed ? error.details : undefined,
          progress,
        };
      }
    },
    { input, sent },
  );
}

/** The same where nothing may go wrong. */
export async function analyzeWell(
  page: Page,
  dropped: Dropped | Dropped[],
  options?: Options,
): Promise<Done> {
  const outcome = await analyzeIn(page, dropped, options);
  if (!outcome.ok) throw new Error(`${outcome.kind ?? outcome.name}: ${outcome.message}`);
  return outcome;
}

/** What `flowsieve evaluate --json` writes, as far as tests compare it. */
export interface NativeEvaluation {
  rows: number;
  rejected: number;
  accuracy: number;
  macro_f1: number;
  false_positives_per_million: number | null;
  confusion: { labels: string[]; matrix: number[][] };
  detectors: {
    isolation_forest: {
      auroc: number;
      average_precision: number;
      base_rate: number;
      roc: { false_alarm_rate: number[]; recall: number[] };
      precision_recall: { recall: number[]; precision: number[] };
    };
  };
  digest: string;
}

/** The native program's evaluation of the same file with the same model. */
export function evaluateNatively(file: string, model = MODEL): NativeEvaluation {
  const json = test.info().outputPath('evaluation.json');
  execFileSync(nativeProgram(), ['evaluate', model, file, '--json', json], { stdio: 'pipe' });
  return JSON.parse(readFileSync(json, 'utf8')) as NativeEvaluation;
}

/** What does not depend on how the flows are written. */
export function results({ summary, classes, model }: Done) {
  const { rows, rejected, classCounts, labelCounts, confidenceHistogram, rankHistogram } = summary;
  const { confusion, macroF1 } = summary.evaluation ?? {};
  const histograms = [confidenceHistogram, rankHistogram];
  return {
    model,
    rows,
    rejected,
    classCounts,
    labelCounts,
    histograms,
    classes,
    confusion,
    macroF1,
  };
}
