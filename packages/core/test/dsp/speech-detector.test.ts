import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWav } from '../../src/codecs/wav.ts';
import { resample, SAMPLE_RATES } from '../../src/dsp/resampler.ts';
import { createSpeechDetector, type SpeechDetectorOptions } from '../../src/dsp/speech-detector.ts';
import { dtmfTone } from '../../src/dsp/tone.ts';
import { MediaError } from '../../src/errors.ts';
import { joined } from './metrics.ts';

interface Sound {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

interface Change {
  readonly change: 'started' | 'stopped';
  /** End of the frame that brought it, in milliseconds. */
  readonly atMs: number;
}

const speechFolder = new URL('../../../../examples/dashboard/speech/', import.meta.url);
const recordings = readdirSync(speechFolder).filter((name) => name.endsWith('.wav'));

function recording(name: string): Sound {
  return decodeWav(readFileSync(new URL(name, speechFolder)));
}

/** What a detector says of a sound, in frames of 20 ms. */
function changes({ samples, sampleRate }: Sound, options: SpeechDetectorOptions = {}): Change[] {
  const detector = createSpeechDetector({ ...options, sampleRate });
  const frame = sampleRate / 50;
  const found: Change[] = [];
  for (let i = 0; i + frame <= samples.length; i += frame) {
    const change = detector.push(samples.subarray(i, i + frame));
    if (change) found.push({ change, atMs: (1000 * (i + frame)) / sampleRate });
  }
  return found;
}

/** The first time that 20 ms of a recording are louder than anything but speech in it, in milliseconds. */
function beginsAtMs({ samples, sampleRate }: Sound): number {
  const length = sampleRate / 50;
  for (let i = 0; ; i += length / 4) {
    const part = samples.subarray(i, i + length);
    if (part.length < length) throw new Error('nobody speaks');
    if (part.reduce((sum, sample) => sum + sample * sample, 0) / length > (32_768 * 10 ** (-34 / 20)) ** 2) {
      return (1000 * i) / sampleRate;
    }
  }
}

/** Hiss of the given level (root mean square, dBFS), the same on every run. */
function hiss(ms: number, levelDb: number, seed = 1): Int16Array<ArrayBuffer> {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const scale = 32_768 * 10 ** (levelDb / 20) * Math.sqrt(2);
  return new Int16Array(ms * 8).map(() =>
    Math.round(scale * (random() + random() + random() + random() + random() + random())),
  );
}

function silence(ms: number): Int16Array<ArrayBuffer> {
  return new Int16Array(ms * 8);
}

const at8k = (...parts: Int16Array[]): Sound => ({ samples: joined(parts), sampleRate: 8000 });

describe('recorded speech', () => {
  it.each(recordings)('%s: starts within 100 ms', (name) => {
    const sound = recording(name);
    const [first] = changes(sound);
    expect(first?.change).toBe('started');
    // Soft beginnings may be noticed before they are as loud as this.
    expect(first?.atMs).toBeLessThanOrEqual(beginsAtMs(sound) + 100);
  });

  it.each(recordings)('%s: the same on a noisy line', (name) => {
    const { samples, sampleRate } = recording(name);
    const clean = resample(samples.subarray(0, 3 * sampleRate), { from: sampleRate, to: 8000 });
    const noise = hiss(3000, -50);
    const noisy = clean.map((sample, i) => sample + (noise[i] ?? 0));
    const before = hiss(2000, -50, 2);
    const [first] = changes(at8k(before, noisy));
    const begins = 2000 + beginsAtMs(at8k(clean));
    expect(first?.change).toBe('started');
    expect(first?.atMs).toBeGreaterThan(2000);
    expect(first?.atMs).toBeLessThanOrEqual(begins + 100);
  });

  it('stops a hang-over after the last word, and starts again', () => {
    const { samples } = recording('allison-vm-review-8k.wav');
    const found = changes(at8k(samples, silence(2000), samples, silence(2000)));
    expect(found.map(({ change }) => change)).toEqual(['started', 'stopped', 'started', 'stopped']);
    const end = samples.length / 8;
    expect(found[1]?.atMs).toBeGreaterThan(end - 1000);
    expect(found[1]?.atMs).toBeLessThanOrEqual(end + 440);
    expect((found[2]?.atMs ?? 0) - (found[0]?.atMs ?? 0)).toBeCloseTo(end + 2000, -2);
  });

  it('hears the pauses of a speech, and with a long hang-over none', () => {
    const sound = recording('jfk-16k.wav');
    expect(changes(sound).filter(({ change }) => change === 'stopped').length).toBeGreaterThanOrEqual(2);
    expect(changes(sound, { hangOverMs: 3000 }).map(({ change }) => change)).toEqual(['started']);
  });

  it.each(SAMPLE_RATES)('is heard alike at %i Hz', (sampleRate) => {
    const { samples } = recording('allison-demo-nogo-8k.wav');
    const second = samples.subarray(0, 8000);
    const [first] = changes({ samples: resample(second, { from: 8000, to: sampleRate }), sampleRate });
    const [reference] = changes(at8k(second));
    expect(first?.change).toBe('started');
    expect(Math.abs((first?.atMs ?? 0) - (reference?.atMs ?? 0))).toBeLessThanOrEqual(20);
  });

  it('is heard above loud steady noise once the noise is known', () => {
    const { samples } = recording('allison-demo-nogo-8k.wav');
    const noise = hiss(4000 + samples.length / 8, -35);
    const mixed = noise.map((sample, i) => sample + (samples[i - 32_000] ?? 0));
    const [first] = changes(at8k(mixed));
    expect(first?.change).toBe('started');
    expect(first?.atMs).toBeGreaterThan(4000);
    expect(first?.atMs).toBeLessThan(4000 + 500);
  });
});

describe('what is not speech', () => {
  it('silence', () => {
    expect(changes(at8k(silence(5000)))).toEqual([]);
    expect(changes(at8k(silence(5000).fill(3000)))).toEqual([]);
  });

  it.each([-60, -50, -40, -30, -20])('hiss at %i dBFS', (levelDb) => {
    expect(changes(at8k(hiss(5000, levelDb)))).toEqual([]);
    expect(changes(at8k(silence(1000), hiss(5000, levelDb, 3)))).toEqual([]);
  });

  it('hum at -50 dBFS', () => {
    const hum = new Int16Array(40_000).map((_, i) => 147 * Math.sin((2 * Math.PI * 200 * i) / 8000));
    expect(changes(at8k(silence(500), hum))).toEqual([]);
  });

  it('a click, wherever it falls', () => {
    for (let position = 4000; position < 4160; position += 7) {
      const samples = silence(2000);
      samples[position] = 32_767;
      samples[position + 1] = -32_768;
      expect(changes(at8k(samples))).toEqual([]);
    }
  });

  it.each([...'0123456789*#ABCD'])('the key %s, short or long, wherever it falls', (digit) => {
    for (const ms of [40, 50, 100, 250, 1000]) {
      for (const level of [-30, -10, 0]) {
        const before = new Int16Array(4000 + ms);
        expect(changes(at8k(before, dtmfTone(digit, { ms, level }), silence(500)))).toEqual([]);
      }
    }
  });
});

describe('pushing', () => {
  const { samples } = recording('allison-vm-review-8k.wav');
  const sound = joined([samples.subarray(0, 16_000), silence(1000)]);

  it('any cut comes to the same end', () => {
    const whole = createSpeechDetector();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: sound.length }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 20 }),
        (length, lengths) => {
          whole.reset();
          whole.push(sound.subarray(0, length));
          const cut = createSpeechDetector();
          for (let i = 0, k = 0; i < length; k++) {
            const next = Math.min(length, i + Math.max(1, lengths[k % lengths.length] ?? 1));
            const before = cut.speaking;
            const change = cut.push(sound.subarray(i, next));
            expect(change).toBe(before === cut.speaking ? undefined : cut.speaking ? 'started' : 'stopped');
            i = next;
          }
          expect(cut.speaking).toBe(whole.speaking);
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  it('reset forgets', () => {
    const detector = createSpeechDetector();
    expect(detector.push(samples.subarray(0, 8000))).toBe('started');
    detector.reset();
    expect(detector.speaking).toBe(false);
    expect(detector.push(silence(100))).toBe(undefined);
    expect(detector.push(samples.subarray(0, 8000))).toBe('started');
  });
});

describe('options', () => {
  it('a higher minimum leaves soft speech out', () => {
    const sound = recording('allison-demo-nogo-8k.wav');
    const soft = { ...sound, samples: sound.samples.map((sample) => sample / 10) };
    expect(changes(soft).length).toBeGreaterThan(0);
    expect(changes(soft, { minimumDb: -20 })).toEqual([]);
  });

  it('a longer start is later', () => {
    const sound = recording('allison-demo-nogo-8k.wav');
    const [early] = changes(sound, { startMs: 30 });
    const [late] = changes(sound, { startMs: 200 });
    expect((late?.atMs ?? 0) - (early?.atMs ?? 0)).toBeGreaterThanOrEqual(140);
  });

  it('those that make no sense are refused, in words', () => {
    for (const options of [
      { sampleRate: 11_025 },
      { minimumDb: 5 },
      { marginDb: -1 },
      { startMs: Number.NaN },
      { hangOverMs: -20 },
    ]) {
      expect(() => createSpeechDetector(options)).toThrow(MediaError);
      expect(() => createSpeechDetector(options)).toThrow(/ is .*, expected /);
    }
  });
});
