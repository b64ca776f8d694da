/** The narrowest stretch of a call that is shown, in milliseconds. */
const NARROWEST_MS = 2000;
/** A call younger than this is shown as if it had come so far, in milliseconds. */
const WHOLE_AT_LEAST_MS = 10_000;
/** Where the playhead stands in a view that follows it, as a share of its width. */
const PLAYHEAD_AT = 0.75;

/** Which stretch of a call the lanes show. Follows the live edge, or the playhead, until it is moved. Times are milliseconds of the call. */
export class Viewport {
  #windowMs: number;
  /** Right end of a view that was moved away. */
  #heldMs: number | undefined;

  /** @param windowMs how much is shown; Infinity for the whole call. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Whether it shows what was looked for, and not what happens. */
  get isHeld(): boolean {
    return this.#heldMs !== undefined;
  }

  /** How much is shown. */
  windowMs(edgeMs: number): number {
    return this.#windowMs === Infinity ? Math.max(WHOLE_AT_LEAST_MS, edgeMs) : this.#windowMs;
  }

  /** Time at the right end. The live edge has room beyond it; a view that looks back is filled with what was. */
  endMs(edgeMs: number, playheadMs: number = edgeMs): number {
    const windowMs = this.windowMs(edgeMs);
    const wantedMs =
      this.#heldMs ??
      (playheadMs < edgeMs - windowMs * PLAYHEAD_AT ? playheadMs + windowMs * (1 - PLAYHEAD_AT) : edgeMs);
    return Math.min(edgeMs, Math.max(wantedMs, Math.min(edgeMs, windowMs)));
  }

  /** Shows another length, around what is in view. */
  zoom(windowMs: number, edgeMs: number): void {
    const centreMs = this.#heldMs === undefined ? undefined : this.#heldMs - this.windowMs(edgeMs) / 2;
    this.#windowMs = Math.max(NARROWEST_MS, windowMs);
    if (windowMs === Infinity) this.#heldMs = undefined;
    else if (centreMs !== undefined) this.#hold(centreMs + windowMs / 2, edgeMs);
  }

  /** Moves by so much: back is negative. At the live edge it follows again. */
  pan(byMs: number, edgeMs: number, playheadMs: number = edgeMs): void {
    if (this.#windowMs === Infinity) return;
    this.#hold(this.endMs(edgeMs, playheadMs) + byMs, edgeMs);
  }

  /** Puts a time in the middle, where it is not in view already. */
  show(atMs: number, edgeMs: number, playheadMs: number = edgeMs): void {
    const windowMs = this.windowMs(edgeMs);
    const endMs = this.endMs(edgeMs, playheadMs);
    if (atMs < endMs - windowMs || atMs > endMs) this.#hold(atMs + windowMs / 2, edgeMs);
  }

  /** Follows what happens. */
  release(): void {
    this.#heldMs = undefined;
  }

  #hold(endMs: number, edgeMs: number): void {
    this.#heldMs = endMs >= edgeMs ? undefined : Math.max(endMs, Math.min(edgeMs, this.windowMs(edgeMs)));
  }
}
