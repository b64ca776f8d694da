import type { Clock } from '@patchcord/core';

/** Turns many things at their own times, once a period each, with one timer for all. */
export interface Wheel {
  /**
   * Calls `turn` once a period by absolute deadlines: a turn that is late makes no later one late.
   *
   * @param afterMs From now to the first deadline: up to one period, rounded up to whole milliseconds of the wheel.
   * @param turn Gets its deadline, on the clock. Turns that a stall held up are made up for, one after another;
   * beyond five seconds they are left out, and the next deadline is so much later.
   * @returns takes it off the wheel.
   */
  add(afterMs: number, turn: (dueAt: number) => void): () => void;
}

interface Place {
  readonly turn: (dueAt: number) => void;
  /** The first deadline, in milliseconds since the origin: a wheel that is behind passes its slot before that. */
  readonly from: number;
  left: boolean;
}

/** More than this is not made up for. */
const MAX_CATCH_UP_MS = 5000;

/**
 * Creates a wheel.
 *
 * @param periodMs Whole milliseconds.
 */
export function createWheel(clock: Clock, periodMs: number): Wheel {
  const slots: Place[][] = Array.from({ length: periodMs }, () => []);
  const origin = clock.now();
  /** Whole milliseconds since the origin, of which all deadlines have been met. */
  let position = 0;
  let disarm = (): void => {};

  function arm(): void {
    disarm();
    for (let ahead = 1; ahead <= periodMs; ahead++) {
      if ((slots[(position + ahead) % periodMs] as Place[]).length === 0) continue;
      disarm = clock.after(Math.max(0, origin + position + ahead - clock.now()), roll);
      return;
    }
  }

  function roll(): void {
    const now = Math.floor(clock.now() - origin);
    // Whole periods are left out, so that everybody's deadlines stay what they are.
    const late = now - position - MAX_CATCH_UP_MS;
    if (late > 0) position += Math.ceil(late / periodMs) * periodMs;
    while (position < now) {
      position++;
      for (const { turn, from, left } of [...(slots[position % periodMs] as Place[])]) {
        if (position >= from && !left) turn(origin + position);
      }
    }
    arm();
  }

  return {
    add(afterMs, turn) {
      const now = clock.now() - origin;
      // With nobody on it, the wheel stood still.
      if (slots.every((slot) => slot.length === 0)) position = Math.max(position, Math.floor(now));
      const from = Math.max(position + 1, Math.ceil(now + afterMs));
      const slot = slots[from % periodMs] as Place[];
      const place: Place = { turn, from, left: false };
      slot.push(place);
      arm();
      return () => {
        place.left = true;
        const index = slot.indexOf(place);
        if (index >= 0) slot.splice(index, 1);
      };
    },
  };
}
