import { type AudioFrame, durationMs, type Frame, MediaError, type Track } from '@patchcord/core';
import type { BufferState } from './jitter-buffer.ts';
import { SILENCE_DB } from './level-meter.ts';
import type { PlayerReport, TrackLevel } from './messages.ts';
import { createPlayoutNode, loadWorklet, tell } from './playout-node.ts';
import { HISTORY, RATE } from './timing.ts';
import { type TrackControl, TrackControls } from './track-controls.ts';

/** The caller sits at the left, the agent at the right, as dashboards draw them. */
const INBOUND_PAN = -0.5;
const OUTBOUND_PAN = 0.5;

/** Longest wait for a context to say that it runs, in milliseconds. It is taken as blocked then, and may still start. */
const RESUME_TIMEOUT_MS = 1000;

/** What browsers take as a person's wish to hear. */
const GESTURES = ['pointerup', 'keydown', 'touchend', 'click'] as const;

/** `blocked`: the browser plays no sound yet, or no longer. The next click, key or touch on the page tries again. */
export type PlayerState = 'idle' | 'blocked' | 'running' | 'closed';

/** How a `CallPlayer` plays. */
export interface CallPlayerOptions {
  /** A context to play in. It stays yours: `close()` does not close it. Default: one of the player's own. */
  readonly context?: AudioContext;
  /** Rate of the player's own context, in Hz. Default: the device's. At 8000 samples are played bit for bit. */
  readonly sampleRate?: number;
  /** Address of this package's `dist/worklet.js`, for pages that forbid `blob:` scripts. Default: a Blob. */
  readonly workletUrl?: string | URL;
  /** A fixed delay in milliseconds, for tests. Default: as much as the link's jitter asks for. */
  readonly delayMs?: number;
}

/** How playing goes. Counts are those of the call now heard. */
export interface PlayerStats {
  /** From a sound's arrival to the ear: `bufferMs` + `outputMs`, in milliseconds. */
  readonly delayMs: number;
  /** Wait in the jitter buffer, in milliseconds. */
  readonly bufferMs: number;
  /** What the browser and the device add, by their own account, in milliseconds. */
  readonly outputMs: number;
  /** Samples of 8000 Hz that were played. */
  readonly playedSamples: number;
  /** Samples of 8000 Hz that were made up, since the caller's sound had not come. */
  readonly concealedSamples: number;
  /** How often the caller's sound ran out. */
  readonly underruns: number;
  /** How often sound was shortened or drawn out, unheard, to hold the delay. */
  readonly stretches: number;
  /** What the jitter buffer does now. */
  readonly buffer: BufferState;
}

const SILENT: TrackLevel = { peakDb: SILENCE_DB, rmsDb: SILENCE_DB };

const NOTHING_PLAYED: PlayerReport = {
  kind: 'report',
  inbound: SILENT,
  outbound: SILENT,
  bufferMs: 0,
  playedSamples: 0,
  concealedSamples: 0,
  underruns: 0,
  stretches: 0,
  buffer: 'filling',
};

/** Where Safari is told that this page plays, so that a phone's ringer switch does not silence it. */
interface AudioSessionNavigator {
  readonly audioSession?: { type: string };
}

/**
 * Plays one call in a browser, both tracks, through an AudioWorklet.
 *
 * ```ts
 * listenButton.onclick = async () => {
 *   await player.start();
 *   await client.listen(callId).pipeTo(player.writable);
 * };
 * ```
 *
 * Dispatches `state` when `state` has changed, and `stats` about 20 times a second while it runs, when `stats` and
 * `levels` are new.
 */
export class CallPlayer extends EventTarget {
  readonly #options: CallPlayerOptions;
  readonly #tracks: Readonly<Record<Track, TrackControls>>;
  /** Removes every listener. */
  readonly #listeners = new AbortController();
  #context: AudioContext | undefined;
  #node: AudioWorkletNode | undefined;
  #output: GainNode | undefined;
  #starting: Promise<void> | undefined;
  #state: PlayerState = 'idle';
  #report: PlayerReport = NOTHING_PLAYED;
  /** The stream that is heard. Older ones are not. */
  #stream = 0;
  readonly #closers = new Set<(reason: MediaError) => void>();

  constructor(options: CallPlayerOptions = {}) {
    super();
    this.#options = options;
    const apply = () => this.#applyTracks();
    this.#tracks = {
      inbound: new TrackControls(INBOUND_PAN, apply),
      outbound: new TrackControls(OUTBOUND_PAN, apply),
    };
  }

  /** The context that plays: undefined before `start()`. */
  get context(): AudioContext | undefined {
    return this.#context;
  }

  /** The last node before the destination, both tracks in stereo: undefined until `start()` is done. */
  get output(): AudioNode | undefined {
    return this.#output;
  }

  get state(): PlayerState {
    return this.#state;
  }

  /** Loudness of both tracks, whatever their volume. */
  get levels(): { readonly inbound: TrackLevel; readonly outbound: TrackLevel } {
    return { inbound: this.#report.inbound, outbound: this.#report.outbound };
  }

  get stats(): PlayerStats {
    const { bufferMs, playedSamples, concealedSamples, underruns, stretches, buffer } = this.#report;
    const outputMs = this.#context
      ? 1000 * (this.#context.baseLatency + (this.#context.outputLatency || 0))
      : 0;
    const delayMs = bufferMs + outputMs;
    return { delayMs, bufferMs, outputMs, playedSamples, concealedSamples, underruns, stretches, buffer };
  }

  /** Volume, pan, mute and solo of one track. */
  track(name: Track): TrackControl {
    return this.#tracks[name];
  }

  /**
   * Makes the context, loads the worklet and starts to play. Call it in a click: browsers let no page sound before.
   *
   * Resolves when the browser plays or refuses to: `state` says which. After a refusal the next gesture on the page tries
   * again by itself. Calling it again does no harm.
   *
   * @throws MediaError `refused` when the worklet cannot be loaded, `transport-closed` after `close()`. After the former it
   * may be called again.
   */
  start(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(closedError());
    if (this.#node) {
      this.#resume();
      return this.#settled();
    }
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /**
   * Plays the sound frames written to it: 8000 Hz, mono, both tracks on one timeline. Other kinds of frame are let pass.
   *
   * Every use of this property makes a new stream for another call, forgets the old call's sound, and lets frames still
   * written to older streams fall. Writing a frame gives it away: its samples are transferred, and empty
   * afterwards. Frames written while the player is not running fall too: a live call does not wait. Closing the stream
   * plays what is held; aborting it is silence at once. `close()` of the player errors it.
   */
  get writable(): WritableStream<Frame> {
    const stream = ++this.#stream;
    this.#forget();
    let fail: (reason: MediaError) => void = () => {};
    return new WritableStream<Frame>({
      start: (controller) => {
        fail = (reason) => controller.error(reason);
        if (this.#state === 'closed') fail(closedError());
        else this.#closers.add(fail);
      },
      write: (frame) => {
        if (stream === this.#stream && frame.kind === 'audio') this.#play(frame);
      },
      close: () => {
        this.#closers.delete(fail);
        if (stream === this.#stream && this.#node) tell(this.#node, { kind: 'end' });
      },
      abort: () => {
        this.#closers.delete(fail);
        if (stream === this.#stream) this.#forget();
      },
    });
  }

  /** Falls silent for good: ends the audio thread's part, the streams and every listener. Never rejects. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#listeners.abort();
    this.#disconnect();
    const context = this.#context;
    this.#report = NOTHING_PLAYED;
    this.#changeState('closed');
    for (const fail of this.#closers) fail(closedError());
    this.#closers.clear();
    if (context && context !== this.#options.context && context.state !== 'closed') {
      await context.close().catch(() => {});
    }
  }

  async #start(): Promise<void> {
    const session = (navigator as AudioSessionNavigator).audioSession;
    if (session) session.type = 'playback';
    const { sampleRate, workletUrl, delayMs } = this.#options;
    const context =
      this.#context ??
      this.#options.context ??
      new AudioContext({ latencyHint: 'interactive', ...(sampleRate ? { sampleRate } : {}) });
    if (this.#context !== context) {
      this.#context = context;
      this.#watch(context);
    }
    this.#resume();
    await loadWorklet(context, workletUrl);
    if (this.#isClosed()) throw closedError();
    const node = createPlayoutNode(context, delayMs === undefined ? {} : { delayMs });
    const output = new GainNode(context);
    node.port.onmessage = ({ data }: MessageEvent<PlayerReport>) => this.#take(data);
    const someSolo = this.#someSolo();
    this.#tracks.inbound.connect(node, 0, output, someSolo);
    this.#tracks.outbound.connect(node, 1, output, someSolo);
    output.connect(context.destination);
    this.#node = node;
    this.#output = output;
    await this.#settled();
  }

  /** Follows the context, and asks it to play whenever a person does something. */
  #watch(context: AudioContext): void {
    const { signal } = this.#listeners;
    const resume = () => this.#resume();
    context.addEventListener('statechange', () => this.#follow(), { signal });
    for (const gesture of GESTURES)
      addEventListener(gesture, resume, { signal, capture: true, passive: true });
    document.addEventListener('visibilitychange', resume, { signal });
  }

  /** Asks the context to play, from any state that is not playing: iOS has `interrupted` beside `suspended`. */
  #resume(): void {
    const context = this.#context;
    if (!context || context.state === 'running' || context.state === 'closed') return;
    context.resume().catch(() => {});
  }

  /** Waits until the context runs, a moment at most, and takes its state over. */
  async #settled(): Promise<void> {
    const context = this.#context;
    const { signal } = this.#listeners;
    if (context && context.state !== 'running') {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          context.removeEventListener('statechange', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, RESUME_TIMEOUT_MS);
        context.addEventListener('statechange', done);
        signal.addEventListener('abort', done);
      });
    }
    this.#follow();
  }

  /** Takes the context's state over, once there is something that plays. */
  #follow(): void {
    if (!this.#context || !this.#node || this.#state === 'closed') return;
    if (this.#context.state === 'closed') {
      void this.close();
      return;
    }
    this.#changeState(this.#context.state === 'running' ? 'running' : 'blocked');
  }

  #changeState(state: PlayerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event('state'));
  }

  #play(frame: AudioFrame): void {
    if (frame.sampleRate !== RATE || frame.channels !== 1) {
      throw new MediaError(
        'wrong-format',
        `The player takes ${RATE} Hz mono; this frame has ${frame.sampleRate} Hz and ${frame.channels} channel(s). Put a ResampleStream in front.`,
      );
    }
    if (frame.samples.length > HISTORY) {
      throw new MediaError(
        'wrong-format',
        `The player takes sound as it happens, at most one second in a frame; this one has ${Math.round(durationMs(frame))} ms. Put a RechunkStream in front.`,
      );
    }
    if (!this.#node || this.#state !== 'running' || frame.samples.length === 0) return;
    const { track, timestampMs } = frame;
    const isWhole = frame.samples.byteLength === frame.samples.buffer.byteLength;
    const samples = isWhole ? frame.samples : frame.samples.slice();
    tell(this.#node, { kind: 'audio', track, timestampMs, samples });
  }

  #take(report: PlayerReport): void {
    this.#report = report;
    this.dispatchEvent(new Event('stats'));
  }

  #forget(): void {
    this.#report = NOTHING_PLAYED;
    if (this.#node) tell(this.#node, { kind: 'reset' });
  }

  #disconnect(): void {
    const node = this.#node;
    this.#node = undefined;
    this.#tracks.inbound.disconnect();
    this.#tracks.outbound.disconnect();
    this.#output?.disconnect();
    this.#output = undefined;
    if (!node) return;
    node.port.onmessage = null;
    tell(node, { kind: 'close' });
    node.disconnect();
  }

  #someSolo(): boolean {
    return this.#tracks.inbound.solo || this.#tracks.outbound.solo;
  }

  #applyTracks(): void {
    const someSolo = this.#someSolo();
    this.#tracks.inbound.apply(someSolo);
    this.#tracks.outbound.apply(someSolo);
  }

  /** A question that the compiler does not answer from before an await. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

const closedError = (): MediaError =>
  new MediaError('transport-closed', 'The player was closed. Make a new CallPlayer to hear a call.');
