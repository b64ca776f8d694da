import { createDtmfDetector, type DtmfDetector } from '../dsp/goertzel.ts';
import { MediaError } from '../errors.ts';
import { type AudioFrame, type DtmfDigit, type DtmfFrame, durationMs, type Frame } from '../frames/frame.ts';

/** Audio that is missing for longer than this ends a key: the pause that ITU-T Q.24 asks for. */
const BREAK_MS = 40;

/**
 * Hears keys in the sound and adds a `dtmf` frame for each, with the track that it was heard on, behind the audio
 * frame by which it was recognised. All frames pass as they are, in order.
 *
 * For streams whose provider sends no key messages, such as a one-way `<Start><Stream>`. Where it sends them, each key
 * that also sounds on the line comes twice.
 *
 * Audio of several channels errors the stream with `wrong-format`.
 */
export class DtmfDetectStream<F extends Frame = Frame> extends TransformStream<F, F | DtmfFrame> {
  constructor() {
    const engine = createKeyFinder();
    super({
      transform(frame, controller) {
        controller.enqueue(frame);
        if (frame.kind === 'audio') for (const key of engine.push(frame)) controller.enqueue(key);
      },
      flush(controller) {
        for (const key of engine.end()) controller.enqueue(key);
      },
    });
  }
}

/** The engine of `DtmfDetectStream`: audio frames in, keys out. */
export interface KeyFinder {
  push(frame: AudioFrame): DtmfFrame[];
  /** Keys that the sound ends with. */
  end(): DtmfFrame[];
}

interface Listening {
  readonly sampleRate: number;
  readonly detector: DtmfDetector;
  /** Where the next sample lies, in ms. */
  endMs: number;
}

export function createKeyFinder(): KeyFinder {
  const tracks = new Map<AudioFrame['track'], Listening>();

  return {
    push(frame) {
      const { samples, sampleRate, channels, timestampMs, track } = frame;
      if (channels !== 1) {
        throw new MediaError(
          'wrong-format',
          `Keys are heard in mono sound; this frame has ${channels} channels. Split them before.`,
        );
      }
      let listening = tracks.get(track);
      const keys: DtmfFrame[] = [];
      if (listening && (listening.sampleRate !== sampleRate || timestampMs - listening.endMs >= BREAK_MS)) {
        keys.push(...framesOf(listening.detector.end(), track));
        if (listening.sampleRate !== sampleRate) listening = undefined;
      }
      if (!listening) {
        listening = { sampleRate, detector: createDtmfDetector({ sampleRate }), endMs: timestampMs };
        tracks.set(track, listening);
      }
      listening.endMs = timestampMs + durationMs(frame);
      keys.push(...framesOf(listening.detector.push(samples), track));
      return keys;
    },
    end() {
      return [...tracks].flatMap(([track, { detector }]) => framesOf(detector.end(), track));
    },
  };
}

function framesOf(keys: string, track: DtmfFrame['track']): DtmfFrame[] {
  return Array.from(keys, (key) => ({ kind: 'dtmf', digit: key as DtmfDigit, track }));
}
