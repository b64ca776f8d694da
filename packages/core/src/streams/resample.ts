import { createResampler, type Resampler, type ResamplerQuality } from '../dsp/resampler.ts';
import { MediaError } from '../errors.ts';
import type { AudioFrame, Frame, Track } from '../frames/frame.ts';
import { assertSound } from '../frames/sound.ts';

/** Options of `ResampleStream`. */
export interface ResampleStreamOptions {
  /** Rate of the audio frames that come out, in Hz. */
  readonly sampleRate: number;
  /** Default: `balanced`. */
  readonly quality?: ResamplerQuality;
}

/**
 * Brings audio frames to one rate. All other frames pass, in order.
 *
 * Each track is converted by itself and keeps its timestamps. What a filter still holds, at most a few ms, comes
 * out at the end, at `stop`, and for the outbound track before a `mark`, which ends an utterance; `clear` forgets it.
 * Frames at the right rate pass untouched.
 *
 * Audio of several channels that needs converting errors the stream with `wrong-format`, as does a frame whose samples,
 * rate and channels do not go together.
 */
export class ResampleStream<F extends Frame = Frame> extends TransformStream<F, F | AudioFrame> {
  constructor(options: ResampleStreamOptions) {
    const engine = createFrameResampler(options);
    super({
      transform(frame, controller) {
        for (const converted of engine.push(frame)) controller.enqueue(converted as F | AudioFrame);
      },
      flush(controller) {
        for (const tail of engine.end()) controller.enqueue(tail);
      },
    });
  }
}

/** The engine of `ResampleStream`: frames in, frames out. */
export interface FrameResampler {
  push(frame: Frame): Frame[];
  /** The tails of all tracks. Starts afresh. */
  end(): AudioFrame[];
}

interface Conversion {
  readonly from: number;
  readonly resampler: Resampler;
  /** Where the next sample lies, in ms. */
  endMs: number;
}

export function createFrameResampler({
  sampleRate,
  quality = 'balanced',
}: ResampleStreamOptions): FrameResampler {
  const conversions = new Map<Track, Conversion>();

  return {
    push(frame) {
      switch (frame.kind) {
        case 'audio':
          return convert(frame);
        case 'clear':
          conversions.clear();
          return [frame];
        case 'mark':
          return [...endTrack('outbound'), frame];
        case 'stop':
          return [...endAll(), frame];
        default:
          return [frame];
      }
    },
    end: endAll,
  };

  function convert(frame: AudioFrame): AudioFrame[] {
    assertSound(frame);
    const { track } = frame;
    const tail = conversions.get(track)?.from === frame.sampleRate ? [] : endTrack(track);
    if (frame.sampleRate === sampleRate) return [...tail, frame];
    if (frame.channels !== 1) {
      throw new MediaError(
        'wrong-format',
        `One channel at a time is resampled; this frame has ${frame.channels}. Mix it down first.`,
      );
    }
    let conversion = conversions.get(track);
    if (!conversion) {
      const resampler = createResampler({ from: frame.sampleRate, to: sampleRate, quality });
      conversion = { from: frame.sampleRate, resampler, endMs: 0 };
      conversions.set(track, conversion);
    }
    const samples = conversion.resampler.push(frame.samples);
    conversion.endMs = frame.timestampMs + (1000 * frame.samples.length) / frame.sampleRate;
    return samples.length > 0 ? [...tail, { ...frame, samples, sampleRate }] : tail;
  }

  function endTrack(track: Track): AudioFrame[] {
    const conversion = conversions.get(track);
    if (!conversion) return [];
    conversions.delete(track);
    const samples = conversion.resampler.end();
    if (samples.length === 0) return [];
    return [{ kind: 'audio', samples, sampleRate, channels: 1, timestampMs: conversion.endMs, track }];
  }

  function endAll(): AudioFrame[] {
    return [...endTrack('inbound'), ...endTrack('outbound')];
  }
}
