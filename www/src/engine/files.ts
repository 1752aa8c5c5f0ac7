/** What was dropped, file by file: plain ones, gzip files, and what is in archives. */

import { Directory, packingOf } from '../../generated/flowsieve_core.js';
import { FlowsieveError, type LeftOut, type PackingName } from '../api.js';
import { isUnreadable } from './errors.js';

/** A file as it is stored, before it is known what comes out of it. */
export interface StoredFile {
  name: string;
  packing: PackingName;
  stored: Blob;
  storedSize: number;
  /** How it is unpacked, and what should come out; null for a plain file. */
  unpack: { method: number; crc?: number | undefined; size?: number | undefined } | null;
  /** Where in the file that was dropped the stored bytes begin. */
  origin: number;
  /** What is wrong with the archive that it is from. */
  fault: string | null;
}

/** Everything that could be a table, in order, and what could not, with the reason. */
export interface Listing {
  files: StoredFile[];
  leftOut: LeftOut[];
}

/** Numbers of the core's `packingOf`. */
const GZIP = 1;
const ZIP = 2;

/** The core's number of the method for gzip files. */
const METHOD_GZIP = 2;

const CUT = 'The archive lacks its end, so files may be missing.';

/** Looks at the first bytes of each; the core has to be ready. */
export async function listFiles(inputs: readonly Blob[]): Promise<Listing> {
  const listing: Listing = { files: [], leftOut: [] };
  for (const [index, input] of inputs.entries()) {
    const name = nameOf(input, index);
    // Asked once: the answer is 0 as soon as the file is gone.
    const storedSize = input.size;
    const whole = { name, stored: input, storedSize, origin: 0, fault: null };
    // A file that is gone says that it is empty; reading it whole tells the two apart.
    const packing = packingOf(await readBytes(storedSize === 0 ? input : input.slice(0, 4)));
    if (packing === GZIP) {
      listing.files.push({ ...whole, packing: 'gzip', unpack: { method: METHOD_GZIP } });
    } else if (packing === ZIP) {
      await listArchive(input, inputs.length > 1 ? `${name}/` : '', listing);
    } else {
      listing.files.push({ ...whole, packing: 'none', unpack: null });
    }
  }
  return listing;
}

/** Refuses an input in which there is nothing to read, with the reasons. */
export function requireSome({ files, leftOut }: Listing): void {
  if (files.length > 0) return;
  const reasons = leftOut.slice(0, 3).map(({ name, why }) => `${name}: ${why}`);
  const message = ['There is no file in it that could be read.', ...reasons].join(' ');
  throw new FlowsieveError('bad-archive', message);
}

/** The bytes of a Blob; says so where the file behind it cannot be read. */
export async function readBytes(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const message =
      'The file cannot be read. It may be a folder, or have changed since it was chosen: choose the file again.';
    throw new FlowsieveError('file-unreadable', message, undefined, { cause: error });
  }
}

async function listArchive(archive: Blob, prefix: string, listing: Listing): Promise<void> {
  const directory = new Directory(archive.size);
  for (let wanted = directory.wants(); wanted; wanted = directory.wants()) {
    directory.take(await readBytes(archive.slice(wanted[0], wanted[1])));
  }
  const fault = directory.isCut() ? CUT : null;
  for (const { name, method, refused, begin, stored, crc, size } of directory.entries()) {
    if (refused !== undefined) {
      listing.leftOut.push({ name: prefix + name, why: refused });
      continue;
    }
    listing.files.push({
      name: prefix + name,
      packing: 'zip',
      stored: archive.slice(begin, begin + stored),
      storedSize: stored,
      unpack: { method, crc, size },
      origin: begin,
      fault,
    });
  }
}

function nameOf(input: Blob, index: number): string {
  return input instanceof File && input.name !== '' ? input.name : `file ${index + 1}`;
}
