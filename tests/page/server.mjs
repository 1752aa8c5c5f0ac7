// A static file server for the built page, as plain as the hosts that the page is made for: no special headers, no
// compression, no fallbacks. The same folder is also served below /some/sub/folder/, because the page has to work there.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

export const SUBFOLDER = '/some/sub/folder/';

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.sieve': 'application/octet-stream',
  '.wasm': 'application/wasm',
};

/**
 * Serves `folder` on a free port of the loopback interface until `close` is called.
 *
 * @param {string} folder
 * @param {Record<string, { type: string, body: string | Buffer }>} [extra] more resources, by path
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serveFolder(folder, extra = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const own = extra[path];
    if (own) {
      response.writeHead(200, { 'content-type': own.type });
      response.end(own.body);
      return;
    }
    const inFolder = path.startsWith(SUBFOLDER) ? path.slice(SUBFOLDER.length) : path.slice(1);
    const file = join(folder, normalize(inFolder || 'index.html'));
    const found = file.startsWith(folder + sep) ? await stat(file).catch(() => null) : null;
    if (!found?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('not found');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': found.size,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
