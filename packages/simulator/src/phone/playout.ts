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
  /**
   * Audio that is no whole number of frames. Default: `played` as it comes. `padded`: each write is filled up with
   * silence. `held`: the last part of a frame waits for more audio.
   */
  readonly partialFrames?: 'played' | 'padded' | 'held';
  /** Which audio is discarded when the queue is full. Default: `newest`. */
  readonly overflow?: 'newest' | 'oldest';
  /** How soon `clear` is silent. Default: `sample`, at once. `frame`: the frame under way is heard to its end. */
  readonly clearsAt?: 'sample' | 'frame';
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
   * @returns milliseconds that were discarded because the queue was full.
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
  partialFrames = 'played',
  overflow = 'newest',
  clearsAt = 'sample',
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
  /** What was queued when the audio that is under way began: its frames are counted from there. */
  let began = 0;

  /** Up to where the queue may be played. */
  const playable = (): number =>
    partialFrames === 'held' ? Math.max(done, written - ((written - began) % frameLength)) : written;

  /** What is taken of a write, whole frames where they are asked for. */
  function padded(samples: Int16Array): Int16Array {
    const missing = (frameLength - (samples.length % frameLength)) % frameLength;
    if (partialFrames !== 'padded' || missing === 0) return samples;
    const whole = new Int16Array(samples.length + missing);
    whole.set(samples);
    return whole;
  }

  const toMs = (samples: number): number => samples / samplesPerMs;

  /** Takes the marks before which nothing is left to play. @param from Where sample `heard` of the queue is placed. */
  function takeEchoes(from: number, heard: number): MarkEcho[] {
    const echoes: MarkEcho[] = [];
    for (let mark = marks[0]; mark !== undefined && mark.at <= done; mark = marks[0]) {
      marks.shift();
      const { name, at, sentMs } = mark;
      echoes.push({ name, outcome: 'played', sentMs, timestampMs: toMs(from + Math.max(0, at - heard)) });
    }
    return echoes;
  }

  return {
    advance(timestampMs) {
      const target = Math.max(position, Math.floor(timestampMs * samplesPerMs + ROUNDING));
      const samples = new Int16Array(target - position);
      const from = Math.max(position, resumesAt);
      const length = Math.min(Math.max(0, target - from), playable() - done);
      if (length > 0) chunks.read(samples.subarray(from - position, from - position + length));
      const heard = done;
      done += length;
      position = target;
      return { samples, echoes: takeEchoes(from, heard) };
    },

    write(samples) {
      const sound = padded(samples);
      const queued = written - done;
      const over = Math.max(0, queued + sound.length - maxQueued);
      const fromQueue = overflow === 'oldest' ? Math.min(over, queued) : 0;
      if (fromQueue > 0) {
        chunks.read(new Int16Array(fromQueue));
        done += fromQueue;
      }
      const rest = over - fromQueue;
      const kept = overflow === 'oldest' ? sound.subarray(rest) : sound.subarray(0, sound.length - rest);
      if (kept.length > 0) {
        if (written === done) began = written;
        if (playable() === done) {
          resumesAt = Math.ceil((position + jitterBufferLength) / frameLength) * frameLength;
        }
        chunks.write(kept);
        written += kept.length;
      }
      return toMs(over);
    },

    mark(name) {
      const sentMs = toMs(position);
      if (written === done) return { name, outcome: 'played', sentMs, timestampMs: sentMs };
      if (marks.length >= maxPendingMarks) return 'refused';
      marks.push({ name, at: written, sentMs });
      return undefined;
    },

    clear() {
      const underWay = Math.ceil(position / frameLength) * frameLength - position;
      const heardOut =
        clearsAt === 'frame' && position > resumesAt ? Math.min(underWay, playable() - done) : 0;
      const frame = new Int16Array(heardOut);
      chunks.read(frame);
      const droppedMs = toMs(written - done - heardOut);
      chunks.clear();
      done = written - heardOut;
      began = done;
      if (heardOut > 0) chunks.write(frame);
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
      if (next === undefined || next.at > playable()) return undefined; // it waits for more audio
      return toMs(Math.max(position, resumesAt) + next.at - done);
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
