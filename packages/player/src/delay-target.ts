import type { Track } from '@patchcord/core';
import { TransitWindow } from './transit.ts';

/** Bounds of the playout delay that is asked for, and what is added to what was measured. */
const FLOOR_MS = 40;
const CEILING_MS = 1500;
const MARGIN_MS = 20;

/** No link becomes faster by this much from one packet to the next: the timeline has jumped, and what was learnt is void. */
const TIMELINE_JUMP_MS = 400;

/** Taken as needed before anything is known about the link, in milliseconds. */
export const ASSUMED_MS: number = 100;

/** Packets after which that is given up, and how quickly then: 2 s, and 30 ms a second, which is not heard. */
const EVIDENCE = 100;
const GIVE_UP_PER_MS = 30 / 1000;

/**
 * While it starts, a device's clock may stand still or jump, and the page is busy: of the first second of packets, the last
 * half alone counts.
 */
const WARM_UP = 50;
const WARM_UP_KEPT = 25;

/** What is needed for this long, and not just until a clock that lost time is found out, is learnt. In milliseconds. */
const LEARN_MS = 1000;

/** What was needed once is held for this long, and given up slowly then: what delays a link comes again. */
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
  /** The most that was needed lately, beyond the first second. */
  #learntMs = FLOOR_MS;
  #assumedMs = ASSUMED_MS;
  #heldUntilMs = 0;
  /** Since when more is needed than was learnt. */
  #moreSinceMs: number | undefined;
  #updatedMs = 0;
  #packets = 0;

  /** What the jitter of the last 10 s asks for. */
  get needMs(): number {
    return this.#needMs;
  }

  /** The most that was needed lately or, as long as too little is known, that may be needed. */
  get targetMs(): number {
    return Math.max(this.#needMs, this.#learntMs, this.#assumedMs);
  }

  /** Tells of sound of `timestampMs` that arrived at `nowMs`. */
  add(track: Track, timestampMs: number, nowMs: number): void {
    const transitMs = nowMs - timestampMs;
    if (track === 'inbound') {
      if (transitMs < this.#inbound.early - TIMELINE_JUMP_MS) this.#inbound.clear();
      this.#inbound.add(transitMs);
      if (++this.#packets === WARM_UP) this.#inbound.keep(WARM_UP_KEPT);
    } else if (!this.#inbound.empty) {
      this.#outbound.add(transitMs - this.#inbound.early);
    }
    if (!this.#inbound.empty) this.#update(nowMs);
  }

  /** How long the fastest sound of that place has waited by now. */
  delayMs(timestampMs: number, nowMs: number): number {
    return this.#inbound.empty ? 0 : nowMs - timestampMs - this.#inbound.early;
  }

  clear(): void {
    this.#inbound.clear();
    this.#outbound.clear();
    this.#needMs = FLOOR_MS;
    this.#learntMs = FLOOR_MS;
    this.#assumedMs = ASSUMED_MS;
    this.#moreSinceMs = undefined;
    this.#packets = 0;
  }

  #update(nowMs: number): void {
    const inboundMs = this.#inbound.late - this.#inbound.early;
    const lateMs = this.#outbound.empty ? inboundMs : Math.max(inboundMs, this.#outbound.late);
    this.#needMs = Math.min(CEILING_MS, Math.max(FLOOR_MS, lateMs + MARGIN_MS));
    if (this.#packets > EVIDENCE) this.#assumedMs -= GIVE_UP_PER_MS * Math.max(0, nowMs - this.#updatedMs);
    if (this.#packets > WARM_UP) this.#learn(nowMs);
    this.#updatedMs = nowMs;
  }

  #learn(nowMs: number): void {
    if (this.#needMs > this.#learntMs) {
      this.#moreSinceMs ??= nowMs;
      if (nowMs - this.#moreSinceMs < LEARN_MS) return;
      this.#learntMs = this.#needMs;
    }
    this.#moreSinceMs = undefined;
    if (this.#needMs === this.#learntMs) {
      this.#heldUntilMs = nowMs + HOLD_MS;
    } else if (nowMs > this.#heldUntilMs) {
      const fall = FALL_PER_MS * Math.max(0, nowMs - Math.max(this.#updatedMs, this.#heldUntilMs));
      this.#learntMs = Math.max(this.#needMs, this.#learntMs - fall);
    }
  }
}
