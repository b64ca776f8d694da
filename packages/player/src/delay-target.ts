import type { Track } from '@patchcord/core';
import { TransitWindow } from './transit.ts';

/** Bounds of the playout delay that is asked for, and what is added to what was measured. */
const FLOOR_MS = 40;
const CEILING_MS = 1500;
const MARGIN_MS = 20;

/** No link becomes faster by this much from one packet to the next: the timeline has jumped, and what was learnt is void. */
const TIMELINE_JUMP_MS = 400;

/** The target rises at once. It falls only after this long without need, and slowly then. */
const FIRST_TARGET_MS = 150;
const HOLD_MS = 30_000;
const FALL_PER_MS = 5 / 1000;

/**
 * How long sound should wait before it is played, learnt from how irregularly it comes.
 *
 * Between `needMs` and `targetMs` all is well: less would run dry, more is only slow.
 */
export class DelayTarget {
  /** One late packet at the beginning is the page's doing, not the link's. */
  readonly #inbound = new TransitWindow(1);
  /**
   * By how much outbound sound comes later than the fastest inbound sound of the same moment. It may come in bursts, each
   * of which has its late packet.
   */
  readonly #outbound = new TransitWindow(0);
  #needMs = FLOOR_MS;
  #targetMs = FIRST_TARGET_MS;
  #heldUntilMs = Number.NaN;
  #updatedMs = 0;

  /** What the jitter of the last 10 s asks for. */
  get needMs(): number {
    return this.#needMs;
  }

  /** The most that was needed lately. */
  get targetMs(): number {
    return this.#targetMs;
  }

  /** Tells of sound of `timestampMs` that arrived at `nowMs`. */
  add(track: Track, timestampMs: number, nowMs: number): void {
    const transitMs = nowMs - timestampMs;
    if (track === 'inbound') {
      if (transitMs < this.#inbound.min - TIMELINE_JUMP_MS) this.#inbound.clear();
      this.#inbound.add(transitMs);
    } else if (!this.#inbound.empty) {
      this.#outbound.add(transitMs - this.#inbound.min);
    }
    if (!this.#inbound.empty) this.#update(nowMs);
  }

  /** How long the fastest sound of that place has waited by now. */
  delayMs(timestampMs: number, nowMs: number): number {
    return this.#inbound.empty ? 0 : nowMs - timestampMs - this.#inbound.min;
  }

  clear(): void {
    this.#inbound.clear();
    this.#outbound.clear();
    this.#needMs = FLOOR_MS;
    this.#targetMs = FIRST_TARGET_MS;
    this.#heldUntilMs = Number.NaN;
  }

  #update(nowMs: number): void {
    const inboundMs = this.#inbound.late - this.#inbound.min;
    const lateMs = this.#outbound.empty ? inboundMs : Math.max(inboundMs, this.#outbound.late);
    this.#needMs = Math.min(CEILING_MS, Math.max(FLOOR_MS, lateMs + MARGIN_MS));
    if (Number.isNaN(this.#heldUntilMs)) this.#heldUntilMs = nowMs + HOLD_MS;
    if (this.#needMs >= this.#targetMs) {
      this.#targetMs = this.#needMs;
      this.#heldUntilMs = nowMs + HOLD_MS;
    } else if (nowMs > this.#heldUntilMs) {
      const fall = FALL_PER_MS * Math.max(0, nowMs - Math.max(this.#updatedMs, this.#heldUntilMs));
      this.#targetMs = Math.max(this.#needMs, this.#targetMs - fall);
    }
    this.#updatedMs = nowMs;
  }
}
