import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * The whole page takes a drop. `over` is true while a dragged file hovers anywhere over it; text and
 * links dragged about inside the page are left alone.
 */
export class PageDrop implements ReactiveController {
  over = false;
  /** Enter and leave fire for every element crossed; the drag is gone when they cancel out. */
  #depth = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly onFiles: (files: File[]) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('dragenter', this.#enter);
    addEventListener('dragover', this.#hover);
    addEventListener('dragleave', this.#leave);
    addEventListener('drop', this.#drop);
  }

  hostDisconnected(): void {
    removeEventListener('dragenter', this.#enter);
    removeEventListener('dragover', this.#hover);
    removeEventListener('dragleave', this.#leave);
    removeEventListener('drop', this.#drop);
  }

  readonly #enter = (event: DragEvent): void => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    this.#depth += 1;
    this.#show(true);
  };

  readonly #hover = (event: DragEvent): void => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  };

  readonly #leave = (event: DragEvent): void => {
    if (!holdsFiles(event)) return;
    this.#depth = Math.max(0, this.#depth - 1);
    if (this.#depth === 0) this.#show(false);
  };

  readonly #drop = (event: DragEvent): void => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    this.#depth = 0;
    this.#show(false);
    this.onFiles(droppedFiles(event));
  };

  #show(over: boolean): void {
    if (this.over === over) return;
    this.over = over;
    this.host.requestUpdate();
  }
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/** The files of a drop; folders are left out, they cannot be read as one. */
function droppedFiles(event: DragEvent): File[] {
  const items = [...(event.dataTransfer?.items ?? [])];
  return items
    .filter((item) => item.kind === 'file' && !item.webkitGetAsEntry()?.isDirectory)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
}
