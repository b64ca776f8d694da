import {
  type AudioFrame,
  type Call,
  type CallEnd,
  type CallEndReason,
  type CallObserver,
  type CallStats,
  type CallWarning,
  type CallWarningCode,
  type CallWarningEvent,
  type EndOptions,
  type Frame,
  type FrameFromCall,
  type Interruption,
  MediaError,
  type OpenPlayback,
  type Phase,
  type StartFrame,
  type Takeover,
  type Track,
} from '@patchcord/core';

class Warning extends Event implements CallWarningEvent {
  readonly warning: CallWarning;

  constructor(warning: CallWarning) {
    super('warning');
    this.warning = warning;
  }
}

/** A call that does what a test says, as its observers see it. */
export class FakeCall implements Call {
  readonly info: StartFrame;
  readonly sampleRate = 8000;
  readonly closed: Promise<CallEnd>;
  timestampMs = 0;
  /** How `end` was called. */
  readonly ends: (EndOptions | undefined)[] = [];
  /** What was said in the app's place, and how often that began and ended. */
  readonly said: AudioFrame[] = [];
  takeovers = 0;
  releases = 0;
  /** What `end` does. */
  onEnd: () => void = () => this.finish('ended');
  readonly #observers = new Set<CallObserver>();
  readonly #warnings = new EventTarget();
  #settle!: (end: CallEnd) => void;

  constructor(callId: string, start: Partial<StartFrame> = {}) {
    this.info = {
      kind: 'start',
      provider: 'twilio',
      streamId: `MZ-${callId}`,
      callId,
      format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
      tracks: ['inbound'],
      parameters: { secret: 'tell nobody' },
      ...start,
    };
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get observers(): number {
    return this.#observers.size;
  }

  // --- what a test does ---

  tell(frame: Frame, phase: Phase): void {
    for (const observer of this.#observers) observer(frame, phase);
  }

  /** 20 ms of a track; `timestampMs` of the call follows the inbound one. */
  sound(track: Track, timestampMs: number, { phase, ...rest }: SoundOptions = {}): AudioFrame {
    const frame: AudioFrame = {
      kind: 'audio',
      samples: voice(timestampMs, 160),
      sampleRate: 8000,
      channels: 1,
      timestampMs,
      track,
      ...rest,
    };
    if (track === 'inbound') this.timestampMs = timestampMs + 20;
    this.tell(frame, phase ?? (track === 'inbound' ? 'received' : 'played'));
    return frame;
  }

  warn(code: CallWarningCode, message: string): void {
    this.#warnings.dispatchEvent(new Warning({ code, message, timestampMs: this.timestampMs }));
  }

  finish(reason: CallEndReason = 'stopped', message = 'The caller hung up.'): void {
    this.#settle({ reason, message, durationMs: this.timestampMs });
  }

  // --- what the hub does ---

  observe(observer: CallObserver, options?: { readonly at?: 'app' | 'wire' }): () => void {
    if (options?.at !== 'wire') throw new MediaError('invalid-argument', 'A hub observes at the wire.');
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  end(options?: EndOptions): Promise<CallEnd> {
    this.ends.push(options);
    this.onEnd();
    return this.closed;
  }

  addEventListener(type: 'warning', listener: (event: CallWarningEvent) => void): void {
    this.#warnings.addEventListener(type, listener as (event: Event) => void);
  }

  removeEventListener(type: 'warning', listener: (event: CallWarningEvent) => void): void {
    this.#warnings.removeEventListener(type, listener as (event: Event) => void);
  }

  takeOver(): Takeover {
    this.takeovers++;
    return {
      write: (sound) => this.said.push(sound) > 0,
      release: () => {
        this.releases++;
      },
    };
  }

  // --- what nobody may do from here ---

  get readable(): ReadableStream<FrameFromCall> {
    throw notForHubs();
  }
  get writable(): WritableStream<Frame> {
    throw notForHubs();
  }
  get stats(): CallStats {
    throw notForHubs();
  }
  send(): boolean {
    throw notForHubs();
  }
  play(): OpenPlayback {
    throw notForHubs();
  }
  interrupt(): Interruption {
    throw notForHubs();
  }
}

interface SoundOptions {
  readonly phase?: Phase;
  readonly samples?: Int16Array<ArrayBuffer>;
  readonly concealed?: true;
}

/** Voiced sound that no two frames have alike: a low tone that rises with time. */
export function voice(timestampMs: number, length: number): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(length);
  for (let i = 0; i < length; i++) {
    const seconds = timestampMs / 1000 + i / 8000;
    samples[i] = Math.round(8000 * Math.sin(2 * Math.PI * (180 + 2 * seconds) * seconds));
  }
  return samples;
}

function notForHubs(): MediaError {
  return new MediaError('invalid-argument', 'A hub only observes calls, takes them over and ends them.');
}
