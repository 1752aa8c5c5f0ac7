// The content security policies of both builds, and that the page keeps to them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SAMPLE } from './engine-page.js';
import { DIST, expect, test } from './fixtures.js';

const HOSTED =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
  "worker-src 'self' blob:; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'";

function policyOf(html: string): string {
  const [, policy] = html.match(/http-equiv="Content-Security-Policy"\s+content="([^"]*)"/) ?? [];
  return policy ?? '';
}

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

test('the hosted page allows its own origin alone', () => {
  expect(policyOf(readFileSync(join(DIST, 'index.html'), 'utf8'))).toBe(HOSTED);
});

test('the single file allows its one script and style and no connection', () => {
  const html = readFileSync(join(DIST, 'flowsieve.html'), 'utf8');
  const scripts = [...html.matchAll(/<script type="module">([\s\S]*?)<\/script>/g)];
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)];
  expect(scripts).toHaveLength(1);
  expect(styles).toHaveLength(1);
  expect(policyOf(html)).toBe(
    `default-src 'none'; script-src ${hash(scripts[0]?.[1] ?? '')} 'wasm-unsafe-eval'; ` +
      `style-src ${hash(styles[0]?.[1] ?? '')}; connect-src 'none'; worker-src blob:; ` +
      "img-src data: blob:; base-uri 'none'; form-action 'none'",
  );
});

for (const build of ['root', 'singleFile'] as const) {
  test(`nothing violates the policy, and nothing gets out (${build})`, async ({ page, site }) => {
    const violations: string[] = [];
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text());
    });
    await page.goto(site[build]);
    await page.locator('input[type=file]').first().setInputFiles(SAMPLE);
    await page.waitForFunction(
      () => (document.querySelector('flowsieve-app') as { analysis?: unknown } | null)?.analysis,
    );
    expect(violations).toEqual([]);

    const outside = 'http://localhost:9/';
    const escaped = await page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'answered',
          (error: Error) => error.name,
        ),
      outside,
    );
    expect(escaped).toBe('TypeError');
    await expect.poll(() => violations.some((text) => text.includes(outside))).toBe(true);
    await expect(
      page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);
        return 'injected' in window;
      }),
    ).resolves.toBe(false);
  });
}
