import { html, nothing, type TemplateResult } from 'lit';

/**
 * A file picker that looks like a button and is one to the keyboard: the real `<input type="file">`
 * lies over the label's words, so focus, Enter and a drop on it work as the browser made them.
 */
export function fileButton(options: {
  label: string;
  accept: string;
  kind: string;
  testId?: string;
  onFiles: (files: File[]) => void;
}): TemplateResult {
  const chosen = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    const files = [...(input.files ?? [])];
    // So that choosing the same file again is a change again.
    input.value = '';
    if (files.length > 0) options.onFiles(files);
  };
  return html`<label class="file-button ${options.kind}">
    <input
      type="file"
      accept=${options.accept}
      ?multiple=${options.accept === FLOW_FILES}
      data-testid=${options.testId ?? nothing}
      @change=${chosen}
    />
    <span class="file-face">${options.label}</span>
  </label>`;
}

/** What the pickers offer first; the reader looks at the bytes, not at the name. */
export const FLOW_FILES =
  '.csv,.tsv,.txt,.log,.labeled,.json,.jsonl,.ndjson,.gz,.zip,text/csv,text/plain';
export const MODEL_FILES = '.sieve';
