import type { Clock } from '@patchcord/core';

/** One run through TwiML, until it is over or something else takes its place. */
export class Run {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();
  #over = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether nothing of this run may happen any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Ends the run, with all that hangs on it. */
  cancel(): void {
    this.#over = true;
    for (const cancel of [...this.#cancels]) cancel();
    this.#cancels.clear();
  }

  /** Waits, until the run is over at most. `Infinity`: until then. */
  wait(milliseconds: number): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#cancels.delete(wake);
        stop();
        resolve();
      };
      const stop = milliseconds === Infinity ? () => {} : this.#clock.after(milliseconds, wake);
      this.#cancels.add(wake);
    });
  }

  /** Has something done when the run is cancelled, or at once where it is. @returns a function that takes it back. */
  onCancel(callback: () => void): () => void {
    if (this.#over) {
      callback();
      return () => {};
    }
    this.#cancels.add(callback);
    return () => this.#cancels.delete(callback);
  }
}
