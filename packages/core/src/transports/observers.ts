import type { Frame } from '../frames/frame.ts';
import type { CallObserver, Phase } from './call.ts';

/** Where a call is observed: at the app's rate, or at the wire's. */
export type ObservedAt = 'app' | 'wire';

/** Those who are told each frame as it passes. Their exceptions end here. */
export class Observers {
  readonly #failed: (error: unknown) => void;
  #app: readonly CallObserver[] = [];
  #wire: readonly CallObserver[] = [];

  /** @param failed is told of each exception. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Adds an observer. Returns a function that removes it. */
  add(observer: CallObserver, at: ObservedAt): () => void {
    // Fresh arrays, so that an observer that is removed while frames are told does not disturb the round.
    if (at === 'wire') this.#wire = [...this.#wire, observer];
    else this.#app = [...this.#app, observer];
    return () => {
      this.#wire = this.#wire.filter((other) => other !== observer);
      this.#app = this.#app.filter((other) => other !== observer);
    };
  }

  any(at: ObservedAt): boolean {
    return (at === 'wire' ? this.#wire : this.#app).length > 0;
  }

  tell(at: ObservedAt, frame: Frame, phase: Phase): void {
    for (const observer of at === 'wire' ? this.#wire : this.#app) {
      try {
        observer(frame, phase);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** Tells a frame without sound, which is the same at both places. */
  tellBoth(frame: Frame, phase: Phase): void {
    this.tell('wire', frame, phase);
    this.tell('app', frame, phase);
  }

  clear(): void {
    this.#app = [];
    this.#wire = [];
  }
}
