import { createResampler, type Resampler, type ResamplerQuality } from '../dsp/resampler.ts';
import { type AudioFrame, durationMs, type Track } from '../frames/frame.ts';
import type { CallStats } from './call.ts';
import { Timeline } from './timeline.ts';

/** Counters of the sound that comes in. */
type Counted = { -readonly [K in 'receivedMs' | 'lostMs' | 'late' | 'duplicate']: CallStats[K] };

/** What the sound that comes in needs of its call. */
export interface InboundAudioHost {
  readonly wireRate: number;
  readonly appRate: number;
  readonly quality: ResamplerQuality;
  readonly gapCapMs: number;
  readonly counted: Counted;
  /** Is given each frame, in its place, at the wire's rate. */
  heardAtWire(frame: AudioFrame): void;
  /** Is given the same at the app's rate. */
  heardAtApp(frame: AudioFrame): void;
  /** Audio of a track never came. */
  lost(track: Track, ms: number): void;
}

interface InboundTrack {
  readonly timeline: Timeline;
  readonly resampler: Resampler | undefined;
}

/** Puts what comes in into its place, track by track, and converts it to the app's rate. */
export class InboundAudio {
  readonly #host: InboundAudioHost;
  readonly #tracks = new Map<Track, InboundTrack>();

  /** @throws {MediaError} `invalid-argument` for rates that cannot be converted. */
  constructor(host: InboundAudioHost) {
    this.#host = host;
    this.#track('inbound');
  }

  received(frame: AudioFrame): void {
    const { counted } = this.#host;
    const track = this.#track(frame.track);
    const ms = durationMs(frame);
    const { verdict, timestampMs, gapMs } = track.timeline.place(frame.timestampMs, ms);
    counted.receivedMs += ms;
    if (verdict !== 'next') {
      counted[verdict]++;
      return;
    }
    if (gapMs > 0) this.#conceal(frame, timestampMs, gapMs, track);
    this.#hear(timestampMs === frame.timestampMs ? frame : { ...frame, timestampMs }, track);
  }

  /** Fills a gap with silence, through the resampler, so that nothing that it holds is lost. */
  #conceal(next: AudioFrame, endMs: number, gapMs: number, track: InboundTrack): void {
    const { gapCapMs, counted } = this.#host;
    counted.lostMs += gapMs;
    this.#host.lost(next.track, gapMs);
    const filledMs = Math.min(gapMs, gapCapMs);
    const samples = new Int16Array(Math.round((filledMs * next.sampleRate) / 1000));
    if (samples.length === 0) return;
    const timestampMs = endMs - filledMs;
    this.#hear({ ...next, samples, timestampMs, concealed: true }, track);
  }

  #hear(frame: AudioFrame, { resampler }: InboundTrack): void {
    this.#host.heardAtWire(frame);
    if (!resampler) {
      this.#host.heardAtApp(frame);
      return;
    }
    const samples = resampler.push(frame.samples);
    if (samples.length > 0) this.#host.heardAtApp({ ...frame, samples, sampleRate: this.#host.appRate });
  }

  #track(name: Track): InboundTrack {
    let track = this.#tracks.get(name);
    if (!track) {
      const { wireRate: from, appRate: to, quality } = this.#host;
      track = {
        timeline: new Timeline(),
        resampler: from === to ? undefined : createResampler({ from, to, quality }),
      };
      this.#tracks.set(name, track);
    }
    return track;
  }
}
