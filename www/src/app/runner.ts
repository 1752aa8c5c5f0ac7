import type { ModelSource } from '../api.js';
import { analyze, fitDetector } from '../flowsieve.js';
import { plural } from './format.js';
import { modelSource } from './model-source.js';
import { describeProblem, inputProblem } from './problems.js';
import { EMPTY_SESSION, type Request, type Session, type Source } from './session.js';

/**
 * Takes one input after the other through `analyze` and keeps the session that the page shows.
 *
 * A new file ends the one before it, but finished results are let go only when the new file was
 * recognised: dropping the wrong file costs nothing.
 */
export class Runner {
  session: Session = EMPTY_SESSION;
  #abort: AbortController | null = null;
  /** Finished results to go back to while a new file may still be refused. */
  #previous: Session | null = null;
  #frame = 0;
  #waiting: Partial<Session> = {};

  /** `recall` says how a file is read whose columns nobody connected yet. */
  constructor(
    private readonly onChange: (session: Session) => void,
    private readonly recall: (source: Source, request: Request) => Promise<Request>,
  ) {}

  async start(source: Source, asked: Request): Promise<void> {
    this.#stop();
    if (this.session.analysis) this.#previous = this.session;
    const abort = new AbortController();
    this.#abort = abort;
    this.session = EMPTY_SESSION;
    this.#update({ phase: 'running', source, request: asked });
    try {
      const request = await this.recall(source, asked);
      if (this.#abort !== abort) return;
      this.#update({ request });
      const model = await this.#modelSource(source, request, abort);
      const analysis = await analyze(source.files, {
        model,
        labelColumn: request.labelColumn,
        labelMap: request.labelMap,
        columns: request.connected?.columns,
        dialect: request.dialect,
        signal: abort.signal,
        onUnpacking: (unpacking) => {
          if (this.#abort === abort) this.#updateNextFrame({ unpacking });
        },
        onRecognised: (recognition, info, input) => {
          if (this.#abort !== abort) return;
          this.#forgetPrevious();
          const problem = inputProblem(input);
          this.#update({ unpacking: null, input, recognition, model: info, problem });
        },
        onProgress: (progress) => {
          if (this.#abort === abort) this.#updateNextFrame({ progress, summary: progress.summary });
        },
      });
      if (this.#abort !== abort) {
        analysis.dispose();
        return;
      }
      const { input, recognition, model: info, summary } = analysis;
      this.#update({ phase: 'done', analysis, input, recognition, model: info, summary });
    } catch (error) {
      if (this.#abort !== abort) return;
      if (abort.signal.aborted) this.#end('cancelled', null);
      else this.#end('failed', error);
    }
  }

  /** The model to analyse with; one that is fitted on the file itself is made first, and kept for the next time. */
  async #modelSource(
    source: Source,
    request: Request,
    abort: AbortController,
  ): Promise<ModelSource> {
    const choice = request.model;
    if (choice.kind !== 'fit') return await modelSource(choice);
    let { fitted } = choice;
    if (!fitted) {
      fitted = await fitDetector(source.files, {
        seed: choice.seed,
        labelColumn: request.labelColumn,
        dialect: request.dialect,
        signal: abort.signal,
        onUnpacking: (unpacking) => {
          if (this.#abort === abort) this.#updateNextFrame({ unpacking });
        },
        onProgress: (fitting) => {
          if (this.#abort === abort) this.#update({ fitting, unpacking: null });
        },
      });
      if (this.#abort === abort) {
        this.#update({ fitting: null, request: { ...request, model: { kind: 'fit', fitted } } });
      }
    }
    return fitted.pack.slice(0);
  }

  /** Ends a running analysis; what was counted so far stays on the page. */
  cancel(): void {
    this.#abort?.abort();
  }

  /** Takes a problem that was read off the page. */
  dismissProblem(): void {
    if (this.session.phase === 'failed' && !this.session.model) this.reset();
    else this.#update({ problem: null, refused: null });
  }

  /** Back to the empty page. */
  reset(): void {
    this.#stop();
    this.#forgetPrevious();
    this.session.analysis?.dispose();
    this.session = EMPTY_SESSION;
    this.onChange(this.session);
  }

  /** An analysis that did not come to its end: with partial counts, with older results, or with nothing. */
  #end(phase: 'cancelled' | 'failed', error: unknown): void {
    this.#flush();
    const { source, request, summary, model } = this.session;
    const name = source?.name ?? '';
    const problem = (kept: string) =>
      phase === 'failed' ? describeProblem(error, name, kept) : null;
    if (model) {
      const rows = plural(summary?.rows ?? 0, 'row');
      this.#update({ phase, problem: problem(`The ${rows} read before that are counted below.`) });
      return;
    }
    const previous = this.#previous;
    const refused = source && phase === 'failed' ? { source, request } : null;
    this.#previous = null;
    this.session = EMPTY_SESSION;
    if (previous) {
      const kept = `The results of ${previous.source?.name} are still there.`;
      this.#update({ ...previous, problem: problem(kept), refused });
    } else if (phase === 'failed') this.#update({ phase, source, problem: problem(''), refused });
    else this.#update({});
  }

  #stop(): void {
    const abort = this.#abort;
    this.#abort = null;
    abort?.abort();
    this.#flush();
  }

  #forgetPrevious(): void {
    this.#previous?.analysis?.dispose();
    this.#previous = null;
  }

  /** Slices may end many times between two frames; the page is drawn once. */
  #updateNextFrame(change: Partial<Session>): void {
    this.#waiting = change;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#flush();
      this.onChange(this.session);
    });
  }

  /** Applies what waits for a frame, so that a late frame never overwrites a final state. */
  #flush(): void {
    if (this.#frame === 0) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.session = { ...this.session, ...this.#waiting };
  }

  #update(change: Partial<Session>): void {
    this.#flush();
    this.session = { ...this.session, ...change };
    this.onChange(this.session);
  }
}
