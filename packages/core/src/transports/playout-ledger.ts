/** What became of a mark that came back. */
export type MarkOutcome = 'played' | 'cleared';

interface PendingMark {
  readonly name: string;
  /** Samples sent before it. */
  readonly position: number;
  readonly sentAtMs: number;
  /** Sent when nothing was left to play, so that it comes back at once: its round trip is the network's. */
  readonly fence: boolean;
}

/** Sound that plays without a break, as far as we can tell. */
interface Run {
  readonly position: number;
  /** When its first sample plays, by the model. */
  readonly startMs: number;
}

/** Mark echoes that the correction looks back on: about 2 s of them. */
const RESIDUALS = 20;

/** Runs that are kept for marks still on their way back: a run ends only when its audio has been played. */
const RUNS = 64;

/** Weight of the latest run in what is usual. */
const LEARNING = 0.2;

/** Stated error before any round trip is known, in milliseconds: a long mobile path. */
const UNPROBED_ERROR_MS = 150;

/** One playout frame of the provider, in milliseconds: nothing is known more finely than that. */
const PLAYOUT_FRAME_MS = 20;

/**
 * Knows what of the audio sent has been heard, from the marks that came back and, between marks, from the
 * clock. Pure: time is passed in.
 *
 * Positions count samples of the wire from the start of the stream, padding included. A cleared sample
 * keeps its position and is never heard.
 *
 * The model: audio is played when it arrives or when the audio before it has been played, whichever is
 * later. A mark echo tells when a position was played, give or take the way back. The way is taken as half the
 * smallest round trip of fence marks. Delays only ever add, so of the last echoes the earliest is believed.
 */
export class PlayoutLedger {
  readonly #samplesPerMs: number;
  #sent = 0;
  #confirmed = 0;
  /** Everything before this position is settled: heard or cleared. */
  #floor = 0;
  #playEndMs = Number.NEGATIVE_INFINITY;
  #runs: Run[] = [];
  #pending: PendingMark[] = [];
  readonly #cleared = new Map<string, number>();
  #unconfirmedClears = 0;
  #residuals: number[] = [];
  /** How much later than the model runs play on this link: jitter on the way there. */
  #usualMs = 0;
  #smallestRoundTripMs = Number.POSITIVE_INFINITY;
  #largestRoundTripMs = 0;

  /** @param sampleRate of the wire, in Hz. */
  constructor(sampleRate: number) {
    this.#samplesPerMs = sampleRate / 1000;
  }

  /** Samples sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** The position up to which all is settled for certain: by marks that came back, or by a clear. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Half the smallest round trip seen, in milliseconds; 0 while none is known. */
  get oneWayMs(): number {
    return Number.isFinite(this.#smallestRoundTripMs) ? this.#smallestRoundTripMs / 2 : 0;
  }

  /** Bound on the error of `heardAt`, in milliseconds, on links whose two ways are alike. */
  get errorMs(): number {
    if (!Number.isFinite(this.#smallestRoundTripMs)) return UNPROBED_ERROR_MS;
    return PLAYOUT_FRAME_MS + (this.#largestRoundTripMs - this.#smallestRoundTripMs) + this.oneWayMs;
  }

  /** Audio sent and not yet played, in milliseconds. */
  aheadMs(nowMs: number): number {
    return this.#sent === this.#floor ? 0 : Math.max(0, this.#playEndMs + this.#correctionMs() - nowMs);
  }

  /** Whether the provider has surely nothing left to play. */
  get drained(): boolean {
    return this.#confirmed === this.#sent;
  }

  /** Notes audio handed to the socket. */
  audioSent(samples: number, nowMs: number): void {
    const arrivesMs = nowMs + this.oneWayMs;
    const previousEndMs = this.#playEndMs + this.#correctionMs();
    if (arrivesMs > previousEndMs) {
      this.#learn();
      this.#runs.push({ position: this.#sent, startMs: arrivesMs });
      if (this.#runs.length > RUNS) this.#runs.shift();
      this.#playEndMs = arrivesMs;
    }
    this.#sent += samples;
    this.#playEndMs += samples / this.#samplesPerMs;
  }

  /** Notes a mark handed to the socket. */
  markSent(name: string, nowMs: number): void {
    this.#pending.push({ name, position: this.#sent, sentAtMs: nowMs, fence: this.drained });
  }

  /**
   * Notes that the provider sent a mark back.
   *
   * @returns undefined for a mark that was never sent.
   */
  markEchoed(name: string, nowMs: number): MarkOutcome | undefined {
    const cleared = this.#cleared.get(name);
    if (cleared !== undefined) {
      if (cleared > 1) this.#cleared.set(name, cleared - 1);
      else this.#cleared.delete(name);
      return 'cleared';
    }
    const index = this.#pending.findIndex((mark) => mark.name === name);
    const mark = this.#pending[index];
    if (mark === undefined) return undefined;
    // Marks come back in order: whatever stood before this one was played too, and its echo got lost.
    this.#pending.splice(0, index + 1);
    if (mark.fence) this.#noteRoundTrip(nowMs - mark.sentAtMs);
    if (mark.position > this.#confirmed) {
      this.#noteResidual(nowMs - this.oneWayMs - this.#modelledMs(mark.position));
      this.#confirmed = mark.position;
      this.#forgetRunsBefore(mark.position);
    }
    return 'played';
  }

  /** How long the oldest mark that should have come back is overdue, in milliseconds; 0 when none is. */
  overdueMs(nowMs: number): number {
    const oldest = this.#pending[0];
    if (oldest === undefined) return 0;
    const expectedMs = Math.max(oldest.sentAtMs, this.#modelledMs(oldest.position) + this.#correctionMs());
    return Math.max(0, nowMs - expectedMs - 2 * this.oneWayMs);
  }

  /** The position heard by now: an estimate, never beyond what was sent, never before what is confirmed. */
  heardAt(nowMs: number): number {
    if (this.#confirmed === this.#sent) return this.#sent;
    const correctionMs = this.#correctionMs();
    let heard = this.#floor;
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i] as Run;
      const playedMs = nowMs - run.startMs - correctionMs;
      if (playedMs < 0) continue;
      const end = this.#runs[i + 1]?.position ?? this.#sent;
      heard = Math.min(end, run.position + Math.floor(playedMs * this.#samplesPerMs));
      break;
    }
    return Math.max(heard, this.#confirmed);
  }

  /** When the sample at a position is or was played, by the clock's milliseconds: an estimate. */
  playedAtMs(position: number): number {
    // By the end of that sample: where one run ends, the next begins with it, after the silence between them.
    return this.#modelledMs(position + 1) - 1 / this.#samplesPerMs + this.#correctionMs();
  }

  /**
   * Notes that a clear was handed to the socket: what was not heard by now never will be.
   *
   * A mark that was played while its echo is still on the way counts as cleared: the two look the same.
   *
   * @returns the position heard.
   */
  cleared(nowMs: number): number {
    const heard = this.heardAt(nowMs);
    for (const { name } of this.#pending) this.#cleared.set(name, (this.#cleared.get(name) ?? 0) + 1);
    this.#pending.length = 0;
    this.#unconfirmedClears++;
    this.#learn();
    this.#runs.length = 0;
    this.#playEndMs = Number.NEGATIVE_INFINITY;
    this.#floor = this.#sent;
    this.#confirmed = this.#sent;
    return heard;
  }

  /**
   * Notes that the provider confirmed a clear.
   *
   * @returns the marks that clears cut off and that have not come back, once no clear is unconfirmed: a wire that drops
   * such marks will never send them.
   */
  clearConfirmed(): string[] {
    this.#unconfirmedClears = Math.max(0, this.#unconfirmedClears - 1);
    if (this.#unconfirmedClears > 0) return [];
    return [...this.#cleared].flatMap(([name, count]) => Array.from({ length: count }, () => name));
  }

  /** Settles everything sent as heard: for wires whose marks do not come back. */
  assumeHeard(): void {
    this.#confirmed = this.#sent;
    this.#floor = this.#sent;
    this.#pending.length = 0;
    this.#runs.length = 0;
  }

  #noteRoundTrip(roundTripMs: number): void {
    this.#smallestRoundTripMs = Math.min(this.#smallestRoundTripMs, roundTripMs);
    this.#largestRoundTripMs = Math.max(this.#largestRoundTripMs, roundTripMs);
  }

  #noteResidual(residualMs: number): void {
    if (this.#residuals.length === RESIDUALS) this.#residuals.shift();
    this.#residuals.push(residualMs);
  }

  /** How much later than the model this run plays: by its marks or, before one came back, as earlier runs did. */
  #correctionMs(): number {
    if (this.#residuals.length === 0) return this.#usualMs;
    let smallest = Number.POSITIVE_INFINITY;
    for (const residual of this.#residuals) smallest = Math.min(smallest, residual);
    // The earliest of n delays that are spread evenly lies, on average, 1 / (n + 1) of the spread above the least.
    return smallest - this.#spreadMs / (this.#residuals.length + 1);
  }

  /** How far delays of one way are spread: half of what round trips are, which have two. */
  get #spreadMs(): number {
    return this.oneWayMs === 0 ? 0 : (this.#largestRoundTripMs - this.#smallestRoundTripMs) / 2;
  }

  /** A run is over: the next one is taken to be as late. */
  #learn(): void {
    if (this.#residuals.length === 0) return;
    this.#usualMs += LEARNING * (this.#correctionMs() - this.#usualMs);
    this.#residuals.length = 0;
  }

  #modelledMs(position: number): number {
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i] as Run;
      if (position > run.position || i === 0)
        return run.startMs + (position - run.position) / this.#samplesPerMs;
    }
    return Number.NEGATIVE_INFINITY;
  }

  #forgetRunsBefore(position: number): void {
    while (this.#runs.length > 1 && (this.#runs[1] as Run).position <= position) this.#runs.shift();
  }
}
