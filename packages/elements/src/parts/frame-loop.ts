import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Draws at most so many times a second while its element is on a visible page. */
export class FrameLoop implements ReactiveController {
  readonly #draw: (nowMs: number) => void;
  readonly #everyMs: number;
  #request = 0;
  #drawnMs = -Infinity;

  constructor(host: ReactiveControllerHost, perSecond: number, draw: (nowMs: number) => void) {
    this.#everyMs = 1000 / perSecond;
    this.#draw = draw;
    host.addController(this);
  }

  hostConnected(): void {
    this.#request = requestAnimationFrame(this.#frame);
  }

  hostDisconnected(): void {
    cancelAnimationFrame(this.#request);
  }

  readonly #frame = (nowMs: number): void => {
    this.#request = requestAnimationFrame(this.#frame);
    if (nowMs - this.#drawnMs < this.#everyMs - 2) return;
    this.#drawnMs = nowMs;
    this.#draw(nowMs);
  };
}
