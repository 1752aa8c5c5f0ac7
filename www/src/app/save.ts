/** Where an export goes: a file on disk that grows as it is written, or a download once it is complete. */

type Bytes = Uint8Array<ArrayBuffer>;

/** The File System Access API as far as it is used; TypeScript's DOM does not have its picker. */
interface FilePicker {
  showSaveFilePicker?: (options: {
    suggestedName: string;
    types: { description: string; accept: Record<string, string[]> }[];
  }) => Promise<FileSystemFileHandle>;
}

/** Parts of a download before the browser may move them from memory to disk. */
const PART_BYTES = 16 * 1024 * 1024;

/**
 * Asks where to save, while the click still counts. Null when the visitor thought better of it, and
 * `'download'` where the browser has no such question.
 */
export async function chooseTarget(
  name: string,
): Promise<FileSystemFileHandle | 'download' | null> {
  const { showSaveFilePicker } = window as FilePicker;
  if (!showSaveFilePicker) return 'download';
  try {
    return await showSaveFilePicker.call(window, {
      suggestedName: name,
      types: [{ description: 'Comma-separated values', accept: { 'text/csv': ['.csv'] } }],
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    // A page in a frame of another origin, a policy: the download works there too.
    return 'download';
  }
}

/** Takes the stream to where it goes. */
export async function save(
  stream: ReadableStream<Bytes>,
  target: FileSystemFileHandle | 'download',
  name: string,
): Promise<void> {
  if (target === 'download') download(await collect(stream), name);
  // Closes the file at its end; throws away what was written if the stream fails or is cancelled.
  else await stream.pipeTo(await target.createWritable());
}

/** The stream as one Blob of parts, which browsers keep on disk when there are many. */
async function collect(stream: ReadableStream<Bytes>): Promise<Blob> {
  const parts: Blob[] = [];
  let chunks: Bytes[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    chunks.push(read.value);
    size += read.value.length;
    if (size < PART_BYTES) continue;
    parts.push(new Blob(chunks));
    chunks = [];
    size = 0;
  }
  return new Blob([...parts, ...chunks], { type: 'text/csv' });
}

/** Hands a file to the browser, which keeps it where it keeps downloads. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
