/**
 * The page's own files. The single-file build carries each as an element, base64 in
 * `<script type="text/plain" id="asset:NAME">`; the hosted build fetches them from the folder that
 * `flowsieve.js` is in. Nothing else in the project loads anything.
 */

import { FlowsieveError, type ModelEntry, type SampleEntry } from '../api.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** The folder of `flowsieve.js`. In the single file that is the file's own. */
export const defaultBase = new URL('./', import.meta.url);

// Promises, so that two callers share one request. What failed is forgotten and can be tried again.
const loaded = new Map<string, Promise<Bytes>>();

/** The base to load from: a folder's address, with or without its last slash. */
export function baseOf(assetsUrl: URL | string | undefined): URL {
  if (assetsUrl === undefined) return defaultBase;
  const url = new URL(assetsUrl, document.baseURI);
  return url.pathname.endsWith('/') ? url : new URL(`${url.pathname}/`, url);
}

/** The bytes of an asset, kept for the next caller: neither change nor transfer them. */
export function loadAsset(name: string, base: URL = defaultBase): Promise<Bytes> {
  const key = new URL(name, base).href;
  let bytes = loaded.get(key);
  if (!bytes) {
    bytes = fromElement(name) ?? fetchBytes(new URL(name, base));
    bytes.catch(() => loaded.delete(key));
    loaded.set(key, bytes);
  }
  return bytes;
}

/** Fetches a file that need not be the page's own, such as a model that an embedder names. */
export async function fetchBytes(url: URL, signal?: AbortSignal): Promise<Bytes> {
  let why: string;
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    why = `the server answered ${response.status}`;
  } catch (error) {
    if (signal?.aborted) throw error;
    why = error instanceof Error ? error.message : String(error);
  }
  throw new FlowsieveError(
    'asset-missing',
    `${url.href} could not be loaded: ${why}. Check the connection and the address.`,
  );
}

/** The models that come with the page; the first is the default. */
export function loadModelIndex(base: URL): Promise<ModelEntry[]> {
  return loadIndex<ModelEntry>('models/index.json', base);
}

/** The sample inputs that come with the page. */
export function loadSampleIndex(base: URL): Promise<SampleEntry[]> {
  return loadIndex<SampleEntry>('samples/index.json', base);
}

async function loadIndex<Entry>(name: string, base: URL): Promise<Entry[]> {
  const text = new TextDecoder().decode(await loadAsset(name, base));
  // The build writes these files, so their shape is not checked again.
  return JSON.parse(text) as Entry[];
}

function fromElement(name: string): Promise<Bytes> | undefined {
  const element = document.getElementById(`asset:${name}`);
  if (!element) return undefined;
  const text = atob(element.textContent.trim());
  return Promise.resolve(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}
