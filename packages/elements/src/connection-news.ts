import { nothing, type TemplateResult } from 'lit';
import { lostNote, newsNote } from './page-notes.ts';
import type { CallSource } from './sources.ts';

/** News stand on the page for so long, in milliseconds. */
const NEWS_MS = 10_000;
/** A page whose clock stood still for so long was asleep, in milliseconds. */
const ASLEEP_MS = 120_000;

/** How the page stands with its gateway, in words. Times are passed in, in Unix milliseconds. */
export class ConnectionNews {
  #lostMs: number | undefined;
  #news: { readonly words: string; readonly untilMs: number } | undefined;
  #tickedMs: number | undefined;

  /** Since when the connection is lost; undefined while it is not. */
  get lostMs(): number | undefined {
    return this.#lostMs;
  }

  /** Takes over a source's state. */
  follow(source: CallSource | undefined, nowMs: number): void {
    if (source?.state === 'reconnecting') this.#lostMs ??= nowMs;
    else this.#lostMs = undefined;
    if (source?.state === 'connected' && source.reason) this.tell(source.reason, nowMs);
  }

  /** Says something for a moment. */
  tell(words: string, nowMs: number): void {
    this.#news = { words, untilMs: nowMs + NEWS_MS };
  }

  /** Called twice a second while the page is awake: a longer pause was sleep. */
  tick(nowMs: number, listens: boolean): void {
    const asleepMs = nowMs - (this.#tickedMs ?? nowMs);
    this.#tickedMs = nowMs;
    if (asleepMs < ASLEEP_MS || !listens) return;
    const minutes = Math.round(asleepMs / 60_000);
    this.tell(`Welcome back. ${minutes} min of events are in the timeline; sound starts from now.`, nowMs);
  }

  /** What the page says now. */
  note(source: CallSource | undefined, nowMs: number): TemplateResult | typeof nothing {
    if (source?.state === 'reconnecting') {
      return lostNote(nowMs - (this.#lostMs ?? nowMs), () => source.reconnect());
    }
    return this.#news && this.#news.untilMs > nowMs ? newsNote(this.#news.words) : nothing;
  }
}
