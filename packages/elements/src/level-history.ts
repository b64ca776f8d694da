import type { Track } from '@patchcord/core';
import type { CallLevels } from '@patchcord/monitor/client';

/** Readings kept of each call: 10 s at ten a second. */
export const HISTORY_STEPS = 100;

/** What a level is before anything was told, in dBFS. */
const SILENT_DB = -120;

/** The levels of one call over the last 10 s, and how long each track has been dead. */
class CallHistory {
  readonly #levels: Readonly<Record<Track, Float32Array>> = {
    inbound: new Float32Array(HISTORY_STEPS).fill(SILENT_DB),
    outbound: new Float32Array(HISTORY_STEPS).fill(SILENT_DB),
  };
  readonly soundMs: Record<Track, number | undefined> = { inbound: undefined, outbound: undefined };
  #next = 0;

  push(levels: CallLevels, nowMs: number): void {
    for (const track of ['inbound', 'outbound'] as const) {
      const { peakDb } = levels[track];
      this.#levels[track][this.#next % HISTORY_STEPS] = peakDb;
      if (peakDb > SILENT_DB) this.soundMs[track] = nowMs;
    }
    this.#next++;
  }

  /** The peak `age` readings ago, in dBFS. */
  peakDb(track: Track, age: number): number {
    const at = this.#next - 1 - age;
    return at < 0 ? SILENT_DB : (this.#levels[track][at % HISTORY_STEPS] ?? SILENT_DB);
  }
}

/** The levels of all calls over the last 10 s. Times are passed in. */
export class LevelHistory {
  readonly #calls = new Map<string, CallHistory>();

  /** Takes a reading of all calls; those that are not in it any more are forgotten. */
  push(levels: readonly CallLevels[], nowMs: number): void {
    const there = new Set(levels.map(({ callId }) => callId));
    for (const callId of this.#calls.keys()) if (!there.has(callId)) this.#calls.delete(callId);
    for (const level of levels) {
      const call = this.#calls.get(level.callId) ?? new CallHistory();
      this.#calls.set(level.callId, call);
      call.push(level, nowMs);
    }
  }

  /** The peak of a track `age` readings ago, in dBFS; −120 where nothing was. */
  peakDb(callId: string, track: Track, age: number): number {
    return this.#calls.get(callId)?.peakDb(track, age) ?? SILENT_DB;
  }

  /** When a track was last anything but digital silence; undefined where it never was, or nothing is known. */
  soundMs(callId: string, track: Track): number | undefined {
    return this.#calls.get(callId)?.soundMs[track];
  }

  /** Whether levels of this call have come. */
  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /** Forgets all calls. */
  clear(): void {
    this.#calls.clear();
  }
}
