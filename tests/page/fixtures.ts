// What page tests start from: the built page on a static server, the same page as a single file, and the data sets.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { test as base } from '@playwright/test';
import { SUBFOLDER, serveFolder } from './server.mjs';

export { expect } from '@playwright/test';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The folder that `cargo xtask build` writes. */
export const DIST = join(ROOT, 'dist');

/** Where the built page can be opened. */
export interface Site {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  origin: string;
  /** The page at the root of a host. */
  root: string;
  /** The same page in a folder of a host. */
  subfolder: string;
  /** The single-file build, from file://. */
  singleFile: string;
}

export const test = base.extend<object, { site: Site }>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from this pattern.
    async ({}, use) => {
      const server = await serveFolder(DIST);
      await use({
        origin: server.origin,
        root: `${server.origin}/`,
        subfolder: server.origin + SUBFOLDER,
        singleFile: pathToFileURL(join(DIST, 'flowsieve.html')).href,
      });
      await server.close();
    },
    { scope: 'worker' },
  ],
});

/**
 * The path of a file in the folder of data sets that FLOWSIEVE_DATA names. A test that asks for one that is not there
 * is skipped, and says so.
 */
export function dataFile(path: string): string {
  const folder = process.env.FLOWSIEVE_DATA;
  const file = join(folder ?? '', path);
  test.info().skip(!folder, `FLOWSIEVE_DATA is not set: no ${path} (see docs/datasets.md)`);
  test.info().skip(!existsSync(file), `FLOWSIEVE_DATA has no ${path} (see docs/datasets.md)`);
  return file;
}

/** The native command-line program, for tests that compare the page with it. */
export function nativeProgram(): string {
  const program = process.env.FLOWSIEVE_BIN;
  if (!program) throw new Error('FLOWSIEVE_BIN is not set: run the tests with `cargo xtask test`');
  return program;
}
