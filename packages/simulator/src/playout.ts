/**
 * The provider's side of playback: what the app sends is queued, played at the line's rate, and heard by the caller.
 *
 * Pure: time is passed in, as milliseconds from the start of the stream, and never goes backwards.
 *
 * @module
 */

/** Options of a playout. */
export interface PlayoutOptions {
  /** Hz. Default: 8000. */
  readonly sampleRate?: number;
  /**
   * After silence, playing starts at the next multiple of this many milliseconds, as a line that hands over 20 ms at
   * a time does: audio that comes a little late, piece by piece, is still heard without gaps. Default: 20.
   */
  readonly frameMs?: number;
  /**
   * After silence, audio waits this much longer before it is played, in milliseconds, so that pieces may come that much
   * later. Default: 0.
   */
  readonly jitterBufferMs?: number;
  /** Most audio that may be queued, in milliseconds. Default: 10 minutes, as with Twilio (its warning 31931). */
  readonly maxQueuedMs?: number;
  /** Most marks that may wait for their audio. Default: 10 000; Twilio names no number. */
  readonly maxPendingMarks?: number;
}

/** A mark that is due to be echoed. */
export interface MarkEcho {
  readonly name: string;
  /** Whether the audio before it was heard, or dropped by `clear`. On the wire both look the same. */
  readonly outcome: 'played' | 'cleared';
  /** When the mark came. */
  readonly sentMs: number;
  /** When its last sample before it had been heard, or when it was cleared. */
  readonly timestampMs: number;
}

/** What became of time that has passed. */
export interface Played {
  /** What the caller's ear got since the last call, silence included. A fresh array that the caller owns. */
  readonly samples: Int16Array<ArrayBuffer>;
  /** Marks whose audio has been heard, in order. */
  readonly echoes: readonly MarkEcho[];
}

/** What `clear` did. */
export interface Cleared {
  /** Audio that was dropped, in milliseconds. */
  readonly droppedMs: number;
  /** All marks that were pending, in order. */
  readonly echoes: readonly MarkEcho[];
}

/** Playback of one stream. Each method first has to be told the time with `advance`. */
export interface Playout {
  /** Plays up to the given time. A time in the past plays nothing. */
  advance(timestampMs: number): Played;
  /**
   * Queues audio, which it takes: the array must not be changed afterwards.
   *
   * @returns milliseconds that were discarded, the newest, because the queue was full.
   */
  write(samples: Int16Array): number;
  /**
   * Queues a mark behind all audio so far.
   *
   * @returns its echo at once where nothing is queued; `refused` where too many wait; else nothing yet.
   */
  mark(name: string): MarkEcho | 'refused' | undefined;
  /** Drops what is queued and gives back all pending marks. */
  clear(): Cleared;
  /** Audio that is queued, in milliseconds. */
  readonly queuedMs: number;
  /** Marks that wait for their audio. */
  readonly pendingMarks: number;
  /** When the first pending mark is due if nothing changes. */
  readonly nextEchoMs: number | undefined;
  /** How far it has played, in milliseconds: a whole number of samples. */
  readonly timestampMs: number;
}

interface PendingMark {
  readonly name: string;
  /** Samples queued before it, since the stream began. */
  readonly at: number;
  readonly sentMs: number;
}

const TEN_MINUTES_MS = 10 * 60 * 1000;

/** Times are sums of fractions: a millionth of a sample is no reason to play it a turn later. */
const ROUNDING = 1e-6;

/** Creates the playback of one stream. */
export function createPlayout({
  sampleRate = 8000,
  frameMs = 20,
  jitterBufferMs = 0,
  maxQueuedMs = TEN_MINUTES_MS,
  maxPendingMarks = 10_000,
}: PlayoutOptions = {}): Playout {
  const samplesPerMs = sampleRate / 1000;
  const frameLength = Math.max(1, Math.round(frameMs * samplesPerMs));
  const jitterBufferLength = Math.round(jitterBufferMs * samplesPerMs);
  const maxQueued = Math.round(maxQueuedMs * samplesPerMs);

  const chunks = createChunkQueue();
  const marks: PendingMark[] = [];
  /** Samples of the timeline that have passed. */
  let position = 0;
  /** Samples ever queued, and how many of them were played or cleared. */
  let written = 0;
  let done = 0;
  /** Where on the timeline the queue goes on: later than `position` only between two frames after silence. */
  let resumesAt = 0;

  const toMs = (samples: number): number => samples / samplesPerMs;

  /** Takes the marks that all audio before has been played of. `shift` is timeline minus queue, in samples. */
  function takeEchoes(shift: number): MarkEcho[] {
    const echoes: MarkEcho[] = [];
    for (let mark = marks[0]; mark !== undefined && mark.at <= done; mark = marks[0]) {
      marks.shift();
      const { name, at, sentMs } = mark;
      echoes.push({ name, outcome: 'played', sentMs, timestampMs: toMs(at + shift) });
    }
    return echoes;
  }

  return {
    advance(timestampMs) {
      const target = Math.max(position, Math.floor(timestampMs * samplesPerMs + ROUNDING));
      const samples = new Int16Array(target - position);
      const from = Math.max(position, resumesAt);
      const length = Math.min(Math.max(0, target - from), written - done);
      if (length > 0) chunks.read(samples.subarray(from - position, from - position + length));
      const shift = from - done;
      done += length;
      position = target;
      return { samples, echoes: takeEchoes(shift) };
    },

    write(samples) {
      const room = maxQueued - (written - done);
      const kept = samples.length <= room ? samples : samples.subarray(0, Math.max(0, room));
      if (kept.length > 0) {
        if (written === done) {
          resumesAt = Math.ceil((position + jitterBufferLength) / frameLength) * frameLength;
        }
        chunks.write(kept);
        written += kept.length;
      }
      return toMs(samples.length - kept.length);
    },

    mark(name) {
      const sentMs = toMs(position);
      if (written === done) return { name, outcome: 'played', sentMs, timestampMs: sentMs };
      if (marks.length >= maxPendingMarks) return 'refused';
      marks.push({ name, at: written, sentMs });
      return undefined;
    },

    clear() {
      const droppedMs = toMs(written - done);
      chunks.clear();
      done = written;
      const timestampMs = toMs(position);
      const echoes = marks
        .splice(0)
        .map(({ name, sentMs }): MarkEcho => ({ name, outcome: 'cleared', sentMs, timestampMs }));
      return { droppedMs, echoes };
    },

    get queuedMs() {
      return toMs(written - done);
    },
    get pendingMarks() {
      return marks.length;
    },
    get nextEchoMs() {
      const next = marks[0];
      return next && toMs(Math.max(position, resumesAt) + next.at - done);
    },
    get timestampMs() {
      return toMs(position);
    },
  };
}

/** Samples in the order in which they came, in arrays as they came. */
function createChunkQueue() {
  let chunks: Int16Array[] = [];
  /** Index of the first chunk that is not used up, and how much of it is. */
  let first = 0;
  let offset = 0;

  return {
    write(samples: Int16Array): void {
      chunks.push(samples);
    },
    /** Fills the whole target, for which enough must be queued. */
    read(target: Int16Array): void {
      let filled = 0;
      for (let chunk = chunks[first]; chunk !== undefined && filled < target.length; chunk = chunks[first]) {
        const length = Math.min(chunk.length - offset, target.length - filled);
        target.set(chunk.subarray(offset, offset + length), filled);
        filled += length;
        offset += length;
        if (offset === chunk.length) {
          first++;
          offset = 0;
        }
      }
      // Used-up chunks are let go now and then, not one by one: shifting a long array costs its length.
      if (first > 256 || first === chunks.length) {
        chunks = chunks.slice(first);
        first = 0;
      }
    },
    clear(): void {
      chunks = [];
      first = 0;
      offset = 0;
    },
  };
}
