/** A pointer that moved less than this clicks, in CSS pixels. */
const CLICK_PX = 4;

/** What to do about a pointer. */
export interface DragActions {
  /** It moved by so much since the last time. */
  readonly onMove: (byPx: number, target: EventTarget | null) => void;
  readonly onClick: (at: { readonly clientX: number; readonly target: Element }) => void;
}

/** Tells sideways drags from clicks, for mouse, pen and finger. Buttons inside keep their clicks. */
export class Drag {
  readonly #actions: DragActions;

  constructor(actions: DragActions) {
    this.#actions = actions;
  }

  /** Listener for `pointerdown`. */
  readonly begin = (down: PointerEvent): void => {
    const { target, currentTarget } = down;
    if (down.button !== 0 || !(target instanceof Element) || !(currentTarget instanceof HTMLElement)) return;
    if (target.closest('button')) return;
    const ended = new AbortController();
    const { signal } = ended;
    let lastX = down.clientX;
    let moved = false;
    currentTarget.setPointerCapture(down.pointerId);
    currentTarget.addEventListener(
      'pointermove',
      ({ clientX }) => {
        moved ||= Math.abs(clientX - down.clientX) > CLICK_PX;
        if (moved) this.#actions.onMove(clientX - lastX, target);
        if (moved) lastX = clientX;
      },
      { signal },
    );
    currentTarget.addEventListener('pointercancel', () => ended.abort(), { signal });
    currentTarget.addEventListener(
      'pointerup',
      () => {
        ended.abort();
        // The event's own target is somebody else's by now: it came out of a shadow tree.
        if (!moved) this.#actions.onClick({ clientX: down.clientX, target });
      },
      { signal },
    );
  };
}
