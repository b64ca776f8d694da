/** A call that is being handed on. */
export interface Release {
  /** It failed: the call is ours again. */
  undo(): void;
  /** It succeeded. The call is not ours until this settles; without it, for a while. */
  keep(until?: Promise<unknown>): void;
}

/**
 * How long a call is left alone that was handed on by its id, in milliseconds. By then the stream that it was taken
 * from has ended; another one of the same call is ours again.
 */
const KEPT_MS = 30_000;

/** Calls that are no longer ours to hang up. They are forgotten as soon as that cannot matter any more. */
export class ReleasedCalls {
  /** Per call, when each of its releases ends: `Infinity` while that is not known. */
  readonly #calls = new Map<string, Set<{ untilMs: number }>>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Calls that are remembered. */
  get size(): number {
    return this.#calls.size;
  }

  has(callId: string): boolean {
    const releases = this.#calls.get(callId) ?? [];
    for (const { untilMs } of releases) if (untilMs > this.#now()) return true;
    return false;
  }

  /** From here on `has` is true. */
  begin(callId: string): Release {
    this.#forget();
    const release = { untilMs: Infinity };
    const releases = this.#calls.get(callId) ?? new Set();
    releases.add(release);
    this.#calls.set(callId, releases);
    const undo = (): void => {
      releases.delete(release);
      if (releases.size === 0 && this.#calls.get(callId) === releases) this.#calls.delete(callId);
    };
    return {
      undo,
      keep: (until) => {
        if (until === undefined) release.untilMs = this.#now() + KEPT_MS;
        else until.then(undo, undo);
      },
    };
  }

  #forget(): void {
    const now = this.#now();
    for (const [callId, releases] of this.#calls) {
      for (const release of releases) if (release.untilMs <= now) releases.delete(release);
      if (releases.size === 0) this.#calls.delete(callId);
    }
  }
}
