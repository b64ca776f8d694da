import {
  type AudioFrame,
  type Call,
  type Clock,
  encodeWav,
  type Frame,
  MediaError,
  type Phase,
  systemClock,
} from '@patchcord/core';
import { type RecordingWriter, recordingFile } from './recording-file.ts';
import { type Side, StereoWindow } from './stereo-window.ts';
import { WritingQueue } from './writing-queue.ts';

/** The part of a call that recording it needs. */
export type RecordedCall = Pick<Call, 'info' | 'observe' | 'timestampMs' | 'closed'>;

/** Options of `recordCall`. */
export interface RecordOptions {
  /** Default: the runtime's timers. */
  readonly clock?: Clock;
  /** Ends the recording; the call goes on. */
  readonly signal?: AbortSignal;
}

/** A recording that is over. */
export interface RecordingEnd {
  /** Length of what was recorded, in milliseconds. */
  readonly durationMs: number;
  /** What the recording lacks, in milliseconds, mostly because the disk was too slow: silence stands in its place. */
  readonly lostMs: number;
  /** Why it ended before its time: `recording-failed`, `limit-exceeded`. What was recorded until then can be heard. */
  readonly error?: MediaError;
}

/** A call being recorded. */
export interface Recording {
  /** The moment of the call, on its timeline, at which the recording begins, in milliseconds. */
  readonly startedMs: number;
  /** Ends the recording; the call goes on. Idempotent. */
  stop(): Promise<RecordingEnd>;
  /** Settles when the file is written and closed: after `stop`, the end of the call, or an error. Never rejects. */
  readonly finished: Promise<RecordingEnd>;
}

/** A recording begun this soon begins with the call. */
const BEGINNING_MS = 1000;
/** How often the file is brought up to date, header included: half of what may be missing when the process is killed. */
const WRITE_EVERY_MS = 500;
/** How much later than its moment sound may be told. What was heard is known some 100 ms later, seldom more. */
const WINDOW_MS = 2000;
/** Longest wait for the disk at the end. */
const FINISH_MS = 30_000;
/**
 * Sound that begins no later than this after the sound before it follows on it, in milliseconds. The caller's times are
 * exact but for rounding. The ear's are estimates, which move by the network's delay once that is known: a tear for each
 * correction would be heard, sound that is so little early is not.
 */
const JOIN_MS: Readonly<Record<Side, number>> = { left: 0.2, right: 100 };

const CHANNELS = 2;
const BYTES_PER_POSITION = 2 * CHANNELS;
/** The most that a length of 32 bits can say, less the header. */
const MOST_DATA_BYTES = 0xffff_ffff - 44;

/**
 * Records a call as a stereo WAV file at the wire's rate: the caller on the left, what the caller *heard* on the right.
 * Both sides are on the call's own timeline, silence stands where nothing was, and what an interruption cut off before
 * the caller heard it is not there.
 *
 * The file is a true WAV file at any time, and lacks at most the last second when the process is killed. Memory is
 * bounded whatever the length; a WAV file ends at 4 GiB, 37 hours at 8 kHz. The call never waits for the disk, and goes
 * on when it fails: look at `finished`.
 *
 * Recording people may need their consent. The file is readable for its owner only.
 *
 * @param destination The path of a file, which is made or overwritten; or a writer, which may be anything that can be
 * written to at any position.
 */
export function recordCall(
  call: RecordedCall,
  destination: string | URL | RecordingWriter,
  options: RecordOptions = {},
): Recording {
  const writer =
    typeof destination === 'string' || destination instanceof URL ? recordingFile(destination) : destination;
  return new Recorder(call, writer, options);
}

/** One recording: sound goes into the window when it is told, and from there to the writer, twice a second. */
class Recorder implements Recording {
  readonly startedMs: number;
  readonly finished: Promise<RecordingEnd>;
  readonly #call: RecordedCall;
  readonly #clock: Clock;
  readonly #sampleRate: number;
  readonly #window: StereoWindow;
  readonly #writing: WritingQueue;
  /** Where each side goes on. Neither the caller's mouth nor the ear is at two places at once. */
  readonly #next: Record<Side, number> = {
    left: Number.NEGATIVE_INFINITY,
    right: Number.NEGATIVE_INFINITY,
  };
  #settle!: (end: RecordingEnd) => void;
  #unobserve: () => void;
  #cancelTimer: (() => void) | undefined;
  #unfollowSignal: (() => void) | undefined;
  /** The provider stopped the stream, so that the recording grows no more. */
  #stopped = false;
  #over = false;
  #lostSamples = 0;

  constructor(call: RecordedCall, writer: RecordingWriter, { clock = systemClock, signal }: RecordOptions) {
    this.#call = call;
    this.#clock = clock;
    this.#sampleRate = call.info.format.sampleRate;
    const { timestampMs } = call;
    this.startedMs = timestampMs < BEGINNING_MS ? 0 : timestampMs;
    this.finished = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#window = new StereoWindow((WINDOW_MS * this.#sampleRate) / 1000);
    const header = encodeWav({
      samples: new Int16Array(0),
      sampleRate: this.#sampleRate,
      channels: CHANNELS,
    });
    this.#writing = new WritingQueue(writer, header, (error) => void this.#finish(failure(error)));
    this.#unobserve = call.observe((frame, phase) => this.#observed(frame, phase), { at: 'wire' });
    void call.closed.then(() => this.#finish());
    this.#arm();
    const stop = (): void => void this.#finish();
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    this.#unfollowSignal = () => signal?.removeEventListener('abort', stop);
  }

  stop(): Promise<RecordingEnd> {
    void this.#finish();
    return this.finished;
  }

  #observed(frame: Frame, phase: Phase): void {
    if (this.#over) return;
    if (frame.kind === 'stop') {
      this.#grow();
      this.#stopped = true;
    }
    if (frame.kind !== 'audio') return;
    if (phase === 'received') this.#place(frame.track === 'inbound' ? 'left' : 'right', frame);
    if (phase === 'played') this.#place('right', frame);
  }

  #place(side: Side, { samples, timestampMs, concealed }: AudioFrame): void {
    let position = Math.max(this.#positionOf(timestampMs), this.#next[side]);
    const joinSamples = (JOIN_MS[side] * this.#sampleRate) / 1000;
    if (position - this.#next[side] <= joinSamples) position = this.#next[side];
    const end = position + samples.length;
    const first = Math.max(0, -position); // told from before the recording began
    if (first >= samples.length) return;
    this.#next[side] = end;
    if (concealed) {
      this.#extendTo(end);
      return;
    }
    const longest = this.#sampleRate * (WRITE_EVERY_MS / 1000);
    for (let at = first; at < samples.length && !this.#over; at += longest) {
      const piece = samples.subarray(at, at + longest);
      this.#extendTo(position + at + piece.length);
      if (!this.#over) this.#window.place(side, position + at, piece);
    }
  }

  #positionOf(timestampMs: number): number {
    return Math.round(((timestampMs - this.startedMs) * this.#sampleRate) / 1000);
  }

  /** The recording is as long as the call, whether or not anything is heard. */
  #grow(): void {
    if (!this.#stopped) this.#extendTo(this.#positionOf(this.#call.timestampMs));
  }

  #extendTo(position: number): void {
    if (this.#over) return;
    if (position * BYTES_PER_POSITION > MOST_DATA_BYTES) {
      void this.#finish(
        new MediaError(
          'limit-exceeded',
          'The recording reached 4 GiB, the most that a WAV file can hold. Record longer calls to several files.',
        ),
      );
      return;
    }
    if (position > this.#window.room) this.#write();
    this.#window.extendTo(position);
  }

  #arm(): void {
    this.#cancelTimer = this.#clock.after(WRITE_EVERY_MS, () => {
      this.#arm();
      this.#grow();
      this.#write();
    });
  }

  #write(): void {
    const piece = this.#window.take();
    if (piece && !this.#writing.add(piece)) this.#lostSamples += piece.bytes.length / BYTES_PER_POSITION;
  }

  /** The first reason holds. */
  async #finish(error?: MediaError): Promise<void> {
    if (this.#over) return;
    if (!error) {
      this.#grow();
      if (this.#over) return;
      this.#write();
    }
    this.#over = true;
    this.#unobserve();
    this.#cancelTimer?.();
    this.#unfollowSignal?.();
    const failedToClose = await this.#closed();
    const problem = error ?? failedToClose;
    const durationMs = (1000 * this.#window.end) / this.#sampleRate;
    const lostMs = (1000 * (this.#lostSamples + this.#window.tooLate)) / this.#sampleRate;
    this.#settle(problem ? { durationMs, lostMs, error: problem } : { durationMs, lostMs });
  }

  /** Waits until all is written and closed: undefined, or what went wrong. */
  async #closed(): Promise<MediaError | undefined> {
    let cancel = (): void => {};
    const late = new Promise<MediaError>((resolve) => {
      cancel = this.#clock.after(FINISH_MS, () =>
        resolve(
          new MediaError(
            'recording-failed',
            `The writer did not answer in ${FINISH_MS / 1000} s, so it is waited for no longer. Look at the disk that is recorded to.`,
          ),
        ),
      );
    });
    const closed = this.#writing.close().then(() => undefined, failure);
    const problem = await Promise.race([closed, late]);
    cancel();
    return problem;
  }
}

/** Says what the disk said, and no path: paths may hold a number or a name. */
function failure(cause: unknown): MediaError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const why = code ?? (cause instanceof Error ? cause.name : typeof cause);
  return new MediaError(
    'recording-failed',
    `The recording could not be written (${why}), so it ends here; the call goes on. Check the path, its permissions and the space on the disk.`,
    { cause },
  );
}
