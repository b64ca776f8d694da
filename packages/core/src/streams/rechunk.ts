import { MediaError } from '../errors.ts';
import type { AudioFrame, Frame, Track } from '../frames/frame.ts';
import { assertSound } from '../frames/sound.ts';

/** Longest frame that can be asked for. */
const MAX_MS = 10_000;

/** Options of `RechunkStream`. */
export interface RechunkStreamOptions {
  /** Length of the audio frames that come out, in milliseconds: more than 0, at most 10 000. */
  readonly ms: number;
  /** Whether the last, shorter frame of an utterance is filled up with silence. Default: false. */
  readonly pad?: boolean;
}

/**
 * Cuts audio anew, into frames of one length. All other frames pass, in order.
 *
 * An utterance ends at the end of the stream and at every frame that is not audio: what is held then comes out as
 * a shorter frame, or filled up with silence. `clear` drops what is held. Never more than one frame a track is held.
 *
 * A frame whose samples, rate and channels do not go together errors the stream with `wrong-format`.
 */
export class RechunkStream<F extends Frame = Frame> extends TransformStream<F, F | AudioFrame> {
  constructor(options: RechunkStreamOptions) {
    const engine = createRechunker(options);
    super({
      transform(frame, controller) {
        for (const cut of engine.push(frame)) controller.enqueue(cut as F | AudioFrame);
      },
      flush(controller) {
        for (const tail of engine.end()) controller.enqueue(tail);
      },
    });
  }
}

/** The engine of `RechunkStream`: frames in, frames out. */
export interface Rechunker {
  push(frame: Frame): Frame[];
  /** What is held. Starts afresh. */
  end(): AudioFrame[];
}

/** A frame being filled. */
interface Held {
  /** Says all but the samples. */
  readonly first: AudioFrame;
  readonly samples: Int16Array<ArrayBuffer>;
  filled: number;
  /** Whether all samples so far were made up. */
  concealed: boolean;
}

export function createRechunker({ ms, pad = false }: RechunkStreamOptions): Rechunker {
  if (!(ms > 0 && ms <= MAX_MS)) {
    throw new MediaError(
      'invalid-argument',
      `Frames are cut to more than 0 and at most ${MAX_MS} ms; ${ms} was asked for.`,
    );
  }
  const held = new Map<Track, Held>();

  return {
    push(frame) {
      switch (frame.kind) {
        case 'audio':
          return cut(frame);
        case 'clear':
          held.clear();
          return [frame];
        default:
          return [...endAll(), frame];
      }
    },
    end: endAll,
  };

  function cut(frame: AudioFrame): AudioFrame[] {
    assertSound(frame);
    const { samples, sampleRate, channels, track } = frame;
    const length = Math.max(1, Math.round((sampleRate * ms) / 1000)) * channels;
    const frames: AudioFrame[] = [];
    let current = held.get(track);
    if (current && (current.first.sampleRate !== sampleRate || current.first.channels !== channels)) {
      frames.push(...endTrack(track));
      current = undefined;
    }
    if (!current && samples.length === length) return [...frames, frame];
    for (let start = 0; start < samples.length; ) {
      if (!current) {
        const timestampMs = frame.timestampMs + (1000 * start) / channels / sampleRate;
        current = {
          first: { ...frame, timestampMs },
          samples: new Int16Array(length),
          filled: 0,
          concealed: true,
        };
        held.set(track, current);
      }
      const end = Math.min(samples.length, start + length - current.filled);
      current.samples.set(samples.subarray(start, end), current.filled);
      current.filled += end - start;
      current.concealed &&= frame.concealed === true;
      start = end;
      if (current.filled === length) {
        frames.push(frameOf(current, current.samples));
        held.delete(track);
        current = undefined;
      }
    }
    return frames;
  }

  function endTrack(track: Track): AudioFrame[] {
    const last = held.get(track);
    if (!last) return [];
    held.delete(track);
    // The array is zeros beyond what was filled in: silence.
    return [frameOf(last, pad ? last.samples : last.samples.slice(0, last.filled))];
  }

  function endAll(): AudioFrame[] {
    return [...endTrack('inbound'), ...endTrack('outbound')];
  }
}

function frameOf({ first, concealed }: Held, samples: Int16Array<ArrayBuffer>): AudioFrame {
  const { concealed: _, ...rest } = first;
  return { ...rest, samples, ...(concealed && { concealed }) };
}
