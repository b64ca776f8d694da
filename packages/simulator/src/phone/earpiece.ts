import type { FrameToCall } from '@patchcord/core';
import { FRAME_MS } from './caller.ts';
import { createEar, type Ear } from './ear.ts';
import type { PhoneEvent } from './events.ts';
import type { PhoneOptions } from './phone.ts';
import { createPlayout, type MarkEcho, type Playout } from './playout.ts';
import { LINE_RATE } from './sound.ts';
import {
  MARK_NAME_TAKEN,
  MARK_NAME_TOO_LONG,
  type PhoneWarning,
  TOO_MANY_MARKS_QUEUED,
  TOO_MUCH_AUDIO_QUEUED,
} from './warnings.ts';

/** Whom an earpiece tells what comes of what it is given. */
export interface EarpieceListener {
  /** A mark is due: it goes back to the app. */
  echo(name: string): void;
  note(event: PhoneEvent): void;
  warn(warning: PhoneWarning): void;
  /** The same, for a message that is ignored whole. */
  reject(warning: PhoneWarning): void;
}

/** What the app plays: queued, heard as time goes by, its marks given back, cleared. Each method is told the time. */
export class Earpiece {
  readonly ear: Ear;
  readonly #playout: Playout;
  readonly #options: PhoneOptions;
  readonly #listener: EarpieceListener;
  /** Names of marks that wait, where they may not be used twice. */
  readonly #waitingMarks = new Set<string>();

  constructor(options: PhoneOptions, listener: EarpieceListener) {
    const { jitterBufferMs = 0, keepHeardMs } = options;
    const { partialFrames = 'played', overflow = 'newest', clearsAt = 'sample' } = options;
    this.#options = options;
    this.#listener = listener;
    this.ear = createEar(keepHeardMs === undefined ? {} : { keepMs: keepHeardMs });
    this.#playout = createPlayout({
      ...{ sampleRate: LINE_RATE, frameMs: FRAME_MS, jitterBufferMs },
      ...{ partialFrames, overflow, clearsAt },
    });
  }

  /** Audio that is queued, in milliseconds. */
  get queuedMs(): number {
    return this.#playout.queuedMs;
  }

  /** When the first mark that waits is due, if nothing changes, in milliseconds. */
  get nextEchoMs(): number | undefined {
    return this.#playout.nextEchoMs;
  }

  /** The ear catches up with the clock. */
  advance(timestampMs: number): void {
    const { samples, echoes } = this.#playout.advance(timestampMs);
    this.ear.push(samples);
    this.#echo(echoes);
  }

  /** Does what a frame of the app's asks for. */
  obey(frame: FrameToCall, timestampMs: number): void {
    switch (frame.kind) {
      case 'audio':
        if (this.#playout.write(frame.samples) > 0) this.#listener.warn(TOO_MUCH_AUDIO_QUEUED);
        return;
      case 'mark':
        this.#mark(frame.name, timestampMs);
        return;
      case 'clear': {
        const { droppedMs, echoes } = this.#playout.clear();
        this.#listener.note({ kind: 'clear', droppedMs, timestampMs });
        this.#echo(echoes);
        return;
      }
      case 'dtmf':
      case 'message':
        return; // no message of Twilio's holds these
    }
  }

  #mark(name: string, timestampMs: number): void {
    const { maxMarkNameLength = Number.POSITIVE_INFINITY, duplicateMarks = 'echoed' } = this.#options;
    if (name.length > maxMarkNameLength) {
      this.#listener.reject(MARK_NAME_TOO_LONG);
      return;
    }
    if (duplicateMarks === 'refused' && this.#waitingMarks.has(name)) {
      this.#listener.reject(MARK_NAME_TAKEN);
      return;
    }
    this.#listener.note({ kind: 'mark', name, timestampMs });
    const echo = this.#playout.mark(name);
    if (echo === 'refused') this.#listener.warn(TOO_MANY_MARKS_QUEUED);
    else if (echo !== undefined) this.#echo([echo]);
    else if (duplicateMarks === 'refused') this.#waitingMarks.add(name);
  }

  #echo(echoes: readonly MarkEcho[]): void {
    for (const echo of echoes) {
      this.#waitingMarks.delete(echo.name);
      this.#listener.echo(echo.name);
      this.#listener.note({ kind: 'echo', ...echo });
    }
  }
}
