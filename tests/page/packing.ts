// Packs files for tests: gzip by Node, ZIP archives by hand.

import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** A file to drop. */
export function dropped(name: string, contents: string | Buffer) {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(contents as string) };
}

/** One gzip member for each text. */
export function gzip(...contents: (string | Buffer)[]): Buffer {
  return Buffer.concat(contents.map((text) => gzipSync(text)));
}

/** An archive of these files, deflated or, where `stored` says so, as they are. */
export function zip(files: Record<string, string | Buffer>, stored = false): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, contents] of Object.entries(files)) {
    const plain = Buffer.from(contents as string);
    const data = stored ? plain : deflateRawSync(plain);
    // Version, flags, method, time and date, checksum, both sizes, lengths of the name and of what follows it.
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(stored ? 0 : 8, 4);
    about.writeUInt32LE(crc32(plain), 10);
    about.writeUInt32LE(data.length, 14);
    about.writeUInt32LE(plain.length, 18);
    about.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), about, Buffer.from(name), data]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const by = Buffer.from('PK\x01\x02\x14\x00');
    central.push(Buffer.concat([by, about, place, Buffer.from(name)]));
    locals.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(Buffer.concat(central).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...locals, ...central, Buffer.from('PK\x05\x06'), end]);
}
