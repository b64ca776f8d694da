/** How fast the edge gives in to frames that come later than they did, in ms per ms. */
const YIELD = 0.02;

/**
 * Where "now" is in a call that is heard: by its frames, and smoothly, although they come in steps of 20 ms and
 * each as late as the network makes it. Times are passed in.
 */
export class LiveEdge {
  #aheadMs: number | undefined;
  #pushedMs = 0;

  /** A frame that ends at `endMs` of the call came at `nowMs`. */
  push(endMs: number, nowMs: number): void {
    const aheadMs = endMs - nowMs;
    const yieldedMs = (this.#aheadMs ?? aheadMs) - YIELD * Math.max(0, nowMs - this.#pushedMs);
    this.#aheadMs = this.#aheadMs === undefined ? aheadMs : Math.max(aheadMs, yieldedMs);
    this.#pushedMs = nowMs;
  }

  /** How long ago the last frame came, in milliseconds; undefined before the first. */
  quietMs(nowMs: number): number | undefined {
    return this.#aheadMs === undefined ? undefined : nowMs - this.#pushedMs;
  }

  /** Milliseconds of the call at `nowMs`; undefined before the first frame. */
  at(nowMs: number): number | undefined {
    return this.#aheadMs === undefined ? undefined : Math.max(0, nowMs + this.#aheadMs);
  }
}
