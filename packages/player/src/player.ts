import { type AudioFrame, type Frame, MediaError, type Track } from '@patchcord/core';
import { audioSession } from './audio-session.ts';
import { checkFormat, tapped } from './frames-in.ts';
import { SILENCE_DB } from './level-meter.ts';
import type { PlayerReport, TrackLevel } from './messages.ts';
import type {
  CallPlayerOptions,
  ListenOptions,
  PlayerState,
  PlayerStats,
  SoundSource,
} from './player-options.ts';
import { createPlayoutNode, loadPlayout, tell } from './playout-node.ts';
import { createSoundRoute, type SoundRoute } from './sound-route.ts';
import { type TrackControl, TrackControls } from './track-controls.ts';

/** The caller sits at the left, the agent at the right, as dashboards draw them. */
const INBOUND_PAN = -0.5;
const OUTBOUND_PAN = 0.5;

/** Longest wait for a context to say that it runs, in milliseconds. It is taken as blocked then, and may still start. */
const RESUME_TIMEOUT_MS = 1000;

/** What browsers take as a person's wish to hear. */
const GESTURES = ['pointerup', 'keydown', 'touchend', 'click'] as const;

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
  /** The way past the page that its sound takes, where it does. */
  #route: SoundRoute | undefined;
  #endSession: (() => void) | undefined;
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
    return this.#open(undefined);
  }

  /**
   * Plays a call until it is over. Of a client of `createWorkerClient` the sound goes from the worker straight to the audio
   * thread, and a busy page does not make it stutter; of any other it goes by way of the page, as through `writable`.
   *
   * May be called while the player is not running, or not yet started: a live call does not wait.
   *
   * @throws MediaError as the client's stream does, `wrong-format` for sound that is not 8000 Hz, `transport-closed` when
   * the player is closed
   */
  listen(source: SoundSource, callId: string, { signal, onFrame }: ListenOptions = {}): Promise<void> {
    const heard = this.#open(createSoundRoute(source, callId));
    const frames = source.listen(callId);
    const drawn = onFrame ? frames.pipeThrough(tapped(onFrame)) : frames;
    return drawn.pipeTo(heard, signal ? { signal } : {});
  }

  /** A stream for a call. Where its sound takes another way, the frames only tell what it is and when it is over. */
  #open(route: SoundRoute | undefined): WritableStream<Frame> {
    const stream = ++this.#stream;
    this.#forget();
    this.#route = route;
    this.#leadRoute();
    let fail: (reason: MediaError) => void = () => {};
    return new WritableStream<Frame>({
      start: (controller) => {
        fail = (reason) => controller.error(reason);
        if (this.#state === 'closed') fail(closedError());
        else this.#closers.add(fail);
      },
      write: (frame) => {
        if (stream !== this.#stream || frame.kind !== 'audio') return;
        checkFormat(frame);
        if (!route?.carries) this.#play(frame);
      },
      close: () => {
        this.#closers.delete(fail);
        if (stream !== this.#stream) return;
        if (route?.carries) route.end();
        else if (this.#node) tell(this.#node, { kind: 'end' });
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
    this.#endSession?.();
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
    this.#endSession ??= audioSession('playback');
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
    await loadPlayout(context, workletUrl);
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
    this.#leadRoute();
    this.dispatchEvent(new Event('state'));
  }

  /** Sound that comes while nothing plays falls. */
  #leadRoute(): void {
    this.#route?.lead(this.#state === 'running' ? this.#node : undefined);
  }

  #play(frame: AudioFrame): void {
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
    this.#route?.lead(undefined);
    this.#route = undefined;
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
