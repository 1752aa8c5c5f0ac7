// The library in somebody else's page, as README shows it, and its types.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evaluateNatively, MODEL, SAMPLE, SAMPLE_NAME } from './engine-page.js';
import { DIST, expect, test } from './fixtures.js';
import { serveFolder } from './server.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** README's example of a page that embeds the library. */
function example(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```html\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  const [found, ...others] = blocks.filter((block) => block.includes('./flowsieve.js'));
  if (!found || others.length > 0) throw new Error('README has one html block that embeds it');
  return found;
}

test('the example of README works in a page of its own', async ({ page }) => {
  const body = `<!doctype html><meta charset="utf-8"><title>Embedding</title>${example()}`;
  const server = await serveFolder(DIST, {
    '/embedding.html': { type: 'text/html; charset=utf-8', body },
  });
  try {
    await page.goto(`${server.origin}/embedding.html`);
    await page.locator('input[type=file]').setInputFiles(SAMPLE);
    const { rows } = evaluateNatively(SAMPLE);
    await expect(page.locator('output')).toContainText(`of ${rows} flows`);
    await page.locator('input[type=file]').setInputFiles({
      name: 'other.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('name,age\nada,36\n'),
    });
    await expect(page.locator('output')).not.toContainText(`of ${rows} flows`);
    await expect(page.locator('output')).not.toBeEmpty();
  } finally {
    await server.close();
  }
});

test('the library in a page of another folder, by assetsUrl', async ({ page }) => {
  const server = await serveFolder(DIST, {
    '/elsewhere/page.html': { type: 'text/html', body: '<!doctype html><title>Elsewhere</title>' },
    '/elsewhere/flowsieve.js': {
      type: 'text/javascript',
      body: readFileSync(join(DIST, 'flowsieve.js'), 'utf8'),
    },
  });
  try {
    await page.goto(`${server.origin}/elsewhere/page.html`);
    const rows = await page.evaluate(async (name) => {
      const address = new URL('flowsieve.js', document.baseURI).href;
      const library: typeof import('../../www/src/flowsieve.js') = await import(address);
      const sample = await library.loadSample(name, '/some/sub/folder');
      const analysis = await library.analyze(await sample.arrayBuffer(), {
        model: new URL('/models/rt-iot2022.sieve', document.baseURI),
        assetsUrl: '/some/sub/folder',
      });
      analysis.dispose();
      const error = await analysis.rows(0, 1).catch((error: { kind: string }) => error);
      if (!('kind' in error) || error.kind !== 'disposed') throw new Error('still there');
      return analysis.rowCount;
    }, SAMPLE_NAME);
    expect(rows).toBe(evaluateNatively(SAMPLE).rows);
  } finally {
    await server.close();
  }
});

test('what comes with the page is listed', async ({ page, site }) => {
  await page.goto(site.subfolder);
  const listed = await page.evaluate(async () => {
    const address = new URL('flowsieve.js', document.baseURI).href;
    const library: typeof import('../../www/src/flowsieve.js') = await import(address);
    const [models, samples] = [await library.listModels(), await library.listSamples()];
    const info = await library.modelInfo('auto');
    return { models, samples, name: info.name, bytes: info.bytes, classes: info.classes.length };
  });
  const bytes = readFileSync(MODEL).length;
  expect(listed.models[0]).toEqual({ name: 'rt-iot2022', file: 'rt-iot2022.sieve', bytes });
  expect(listed.samples.map(({ model }) => model)).toContain('rt-iot2022');
  expect(listed).toMatchObject({ name: 'rt-iot2022', bytes, classes: 12 });
});

test.describe('types', () => {
  /** Compiles sources beside flowsieve.d.ts alone, where no package is in reach; returns what the compiler says. */
  function compile(name: string, source: string, flags: string[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'flowsieve-types-'));
    copyFileSync(join(DIST, 'flowsieve.d.ts'), join(folder, 'flowsieve.d.ts'));
    writeFileSync(join(folder, name), source);
    const options = ['--noEmit', '--ignoreConfig', '--target', 'es2022', '--module', 'esnext'];
    const more = ['--moduleResolution', 'bundler', '--lib', 'es2022,dom', '--types', '', ...flags];
    try {
      const tsc = join(ROOT, 'node_modules/.bin/tsc');
      execFileSync(tsc, [...options, ...more, join(folder, name)], { stdio: 'pipe' });
      return '';
    } catch (error) {
      return String((error as { stdout: Buffer }).stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('the example of README fits flowsieve.d.ts', () => {
    const [, script = ''] = example().match(/<script type="module">([\s\S]*?)<\/script>/) ?? [];
    const lenient = ['--allowJs', '--checkJs', '--strict', 'false'];
    expect(compile('example.js', script, lenient)).toBe('');
    const wrong = script.replace("model: 'auto'", 'model: 42');
    expect(wrong).not.toBe(script);
    expect(compile('example.js', wrong, lenient)).toContain('model');
  });

  test('flowsieve.d.ts is strict and complete by itself', () => {
    const source = `
      import { type Analysis, analyze, FlowsieveError, listModels, listSamples, loadSample,
        type ModelInfo, modelInfo, preload, type Progress, type Row } from './flowsieve.js';
      export async function use(file: File, pack: ArrayBuffer, signal: AbortSignal): Promise<string> {
        await preload();
        const info: ModelInfo = await modelInfo(pack);
        const names: string[] = [...(await listModels()), ...(await listSamples())].map((e) => e.name);
        const sample: File = await loadSample(names[0] ?? '');
        try {
          const onProgress = (progress: Progress): void => { progress.summary.rows.toFixed(); };
          const analysis: Analysis = await analyze(file ?? sample, { model: pack, signal, onProgress });
          const rows: Row[] = await analysis.rows(0, 10);
          const flagged: number = analysis.sweep([0.1]).rows[0]?.flaggedShare ?? 0;
          analysis.dispose();
          return \`\${info.title} \${rows[0]?.class} \${flagged} \${await analysis.digest()}\`;
        } catch (error) {
          if (error instanceof FlowsieveError) return error.kind;
          throw error;
        }
      }`;
    expect(compile('use.ts', source, ['--strict', '--noUncheckedIndexedAccess'])).toBe('');
    // It has to be able to fail.
    const wrong = source.replace('const rows: Row[]', 'const rows: string[]');
    expect(compile('use.ts', wrong, ['--strict'])).toContain('Row');
  });
});
