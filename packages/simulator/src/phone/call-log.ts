import { Notice, type PhoneEvent, type PhoneEventMap } from './events.ts';
import type { PhoneWarning } from './warnings.ts';

const MAX_EVENTS = 100_000;

/** What happened on a line, and who is told. */
export class CallLog {
  readonly #listeners = new EventTarget();
  readonly #events: PhoneEvent[] = [];
  readonly #warnings: PhoneWarning[] = [];

  /** Oldest first. Beyond 100 000 the oldest are forgotten. */
  get events(): readonly PhoneEvent[] {
    return this.#events;
  }

  /** Each of Twilio's codes once. */
  get warnings(): readonly PhoneWarning[] {
    return this.#warnings;
  }

  note(event: PhoneEvent): void {
    if (this.#events.length >= MAX_EVENTS) this.#events.splice(0, MAX_EVENTS / 10);
    this.#events.push(event);
    this.#listeners.dispatchEvent(new Notice('event', event));
  }

  /** Notes a warning, unless its code was noted before. */
  warn(warning: PhoneWarning, timestampMs: number): void {
    if (this.#warnings.some(({ code }) => code === warning.code)) return;
    this.#warnings.push(warning);
    this.note({ kind: 'warning', timestampMs, ...warning });
    this.#listeners.dispatchEvent(new Notice('warning', warning));
  }

  addEventListener<Type extends keyof PhoneEventMap>(
    type: Type,
    listener: (event: PhoneEventMap[Type]) => void,
  ): void {
    this.#listeners.addEventListener(type, listener as (event: Event) => void);
  }

  removeEventListener<Type extends keyof PhoneEventMap>(
    type: Type,
    listener: (event: PhoneEventMap[Type]) => void,
  ): void {
    this.#listeners.removeEventListener(type, listener as (event: Event) => void);
  }
}
