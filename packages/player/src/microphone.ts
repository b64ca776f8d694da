import captureText from 'inline:./worklet/capture.ts';
import { type AudioFrame, MediaError, SAMPLE_RATES } from '@patchcord/core';
import { audioSession } from './audio-session.ts';
import { SILENCE_DB } from './level-meter.ts';
import { CAPTURE_NAME, type Captured, type TrackLevel } from './messages.ts';
import { RATE } from './timing.ts';
import { loadWorklet, type WorkletModule } from './worklet-loader.ts';

const FRAME_MS = 20;

/** Frames that wait to be read, at most: half a second. The oldest go first, for a voice that comes late helps nobody. */
const MAX_WAITING = 25;

/** A rate that every device can be asked for, where its own cannot be converted. */
const COMMON_RATE = 48_000;

/** Longest wait for the browser to start, in milliseconds. */
const RESUME_TIMEOUT_MS = 2000;

const MODULE: WorkletModule = { text: captureText, file: 'microphone-worklet.js' };

/** Options of `Microphone.open`. */
export interface MicrophoneOptions {
  /** Which of `navigator.mediaDevices.enumerateDevices()`. Default: the one that the person has chosen. */
  readonly deviceId?: string;
  /** Address of this package's `dist/microphone-worklet.js`, for pages that forbid `blob:` scripts. Default: a Blob. */
  readonly workletUrl?: string | URL;
}

const SILENT: TrackLevel = { peakDb: SILENCE_DB, rmsDb: SILENCE_DB };

/**
 * A person's voice as a call takes it: frames of 20 ms, 8000 Hz, mono, without the echo of the page's own sound.
 *
 * ```ts
 * speakButton.onclick = async () => {
 *   const microphone = await Microphone.open();
 *   await microphone.readable.pipeTo(client.barge(callId).writable);
 * };
 * ```
 *
 * Dispatches `level` when `level` is new, 50 times a second, and `close` when it is closed or the device is gone.
 */
export class Microphone extends EventTarget {
  /**
   * What is said, from now on; silence while muted. Of what is not read for half a second the oldest goes.
   * Cancelling it closes the microphone. It closes with `close()`, and errors when the device is gone.
   */
  readonly readable: ReadableStream<AudioFrame>;
  readonly #stream: MediaStream;
  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  readonly #waiting: AudioFrame[] = [];
  readonly #endSession: () => void;
  #controller: ReadableStreamDefaultController<AudioFrame> | undefined;
  /** Whether a reader waits for the next frame. */
  #wanted = false;
  #frames = 0;
  #level: TrackLevel = SILENT;
  #muted = false;
  #closed = false;

  /**
   * Asks for the microphone and turns it on. Call it in a click. The person may take their time to answer.
   *
   * @throws MediaError `refused`, in words for people: when the person or the browser does not allow it, there is none, or
   * another program has it.
   */
  static async open({ deviceId, workletUrl }: MicrophoneOptions = {}): Promise<Microphone> {
    const endSession = audioSession('play-and-record');
    let stream: MediaStream | undefined;
    let context: AudioContext | undefined;
    try {
      // Made in the click itself: the person may answer long after it.
      context = createContext();
      stream = await ask(deviceId);
      await loadWorklet(context, MODULE, workletUrl);
      await running(context);
      return new Microphone(stream, context, endSession);
    } catch (error) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      await context?.close().catch(() => {});
      endSession();
      throw error;
    }
  }

  private constructor(stream: MediaStream, context: AudioContext, endSession: () => void) {
    super();
    this.#stream = stream;
    this.#context = context;
    this.#endSession = endSession;
    this.#node = new AudioWorkletNode(context, CAPTURE_NAME, {
      numberOfOutputs: 1,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<Captured>) => this.#take(data);
    // Only what leads to the destination is rendered: it leads there as silence.
    new MediaStreamAudioSourceNode(context, { mediaStream: stream })
      .connect(this.#node)
      .connect(context.destination);
    for (const track of stream.getTracks()) track.addEventListener('ended', this.#onLost);
    this.readable = new ReadableStream<AudioFrame>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted = true;
          this.#deliver();
        },
        cancel: () => void this.#end(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Whether silence is sent in the voice's place. `level` goes on. */
  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
  }

  /** Loudness of the last 20 ms, also while muted. */
  get level(): TrackLevel {
    return this.#level;
  }

  /** What the device is called, where the browser tells. */
  get label(): string {
    return this.#stream.getAudioTracks()[0]?.label ?? '';
  }

  /** Turns the microphone off, and its light. Idempotent. */
  close(): void {
    if (!this.#end()) return;
    this.#controller?.close();
  }

  #take({ samples, level }: Captured): void {
    if (this.#closed) return;
    if (this.#muted) samples.fill(0);
    this.#level = level;
    const timestampMs = this.#frames++ * FRAME_MS;
    this.#waiting.push({
      kind: 'audio',
      samples,
      sampleRate: RATE,
      channels: 1,
      timestampMs,
      track: 'outbound',
    });
    this.#deliver();
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.dispatchEvent(new Event('level'));
  }

  #deliver(): void {
    const frame = this.#wanted ? this.#waiting.shift() : undefined;
    if (!frame) return;
    this.#wanted = false; // before `enqueue`, which may pull again
    this.#controller?.enqueue(frame);
  }

  readonly #onLost = (): void => {
    if (!this.#end()) return;
    this.#controller?.error(
      new MediaError(
        'refused',
        'The microphone is gone: it was unplugged, or the browser took it back. Open it again.',
      ),
    );
  };

  /** False when it had ended before. */
  #end(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#waiting.length = 0;
    this.#level = SILENT;
    for (const track of this.#stream.getTracks()) {
      track.removeEventListener('ended', this.#onLost);
      track.stop();
    }
    this.#node.port.onmessage = null;
    this.#node.port.postMessage('close');
    this.#context.close().catch(() => {});
    this.#endSession();
    this.dispatchEvent(new Event('close'));
    return true;
  }
}

/** At the device's own rate, where that can be converted. */
function createContext(): AudioContext {
  const context = new AudioContext({ latencyHint: 'interactive' });
  if (SAMPLE_RATES.some((rate) => rate === context.sampleRate)) return context;
  context.close().catch(() => {});
  return new AudioContext({ latencyHint: 'interactive', sampleRate: COMMON_RATE });
}

/** Waits until the context runs: a page that may hear may also play. */
async function running(context: AudioContext): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RESUME_TIMEOUT_MS);
  });
  await Promise.race([context.resume().catch(() => {}), late]);
  clearTimeout(timer);
  if (context.state !== 'running') {
    throw new MediaError(
      'refused',
      'The browser does not start the microphone by itself. Open it in a click.',
    );
  }
}

async function ask(deviceId: string | undefined): Promise<MediaStream> {
  // Absent on pages that are not secure, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) {
    throw new MediaError(
      'refused',
      'This page has no microphone. Browsers give it to secure pages only: serve the page over https or from localhost.',
    );
  }
  try {
    return await devices.getUserMedia({
      audio: {
        ...(deviceId !== undefined && { deviceId: { exact: deviceId } }),
        channelCount: 1,
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
      },
    });
  } catch (cause) {
    throw new MediaError('refused', wordsFor(cause), { cause });
  }
}

/** What `getUserMedia` rejects with, in words: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia */
function wordsFor(cause: unknown): string {
  switch (cause instanceof Error ? cause.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'The browser does not let this page use the microphone. Allow it beside the address, then try again.';
    case 'NotFoundError':
      return 'No microphone was found. Plug one in, then try again.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The microphone could not be started: another program may be using it. Close that, then try again.';
    case 'OverconstrainedError':
      return 'The chosen microphone is not there any more. Choose another one.';
    default:
      return 'The microphone could not be started. Look at the browser’s and the system’s settings, then try again.';
  }
}
