import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { filterBank } from '../../src/dsp/filter-bank.ts';
import {
  createPlainResampler,
  createResampler,
  type ResamplerQuality,
  resample,
  SAMPLE_RATES,
} from '../../src/dsp/resampler.ts';
import { reuseSamples } from '../../src/dsp/samples.ts';
import { MediaError } from '../../src/errors.ts';
import {
  type Conversion,
  compute,
  decibels,
  type Filter,
  type Form,
  inFrames,
  joined,
  measure,
  range,
  resamplerFor,
} from './metrics.ts';

const qualities: readonly ResamplerQuality[] = ['low-latency', 'balanced', 'best'];
const forms: readonly Form[] = ['chosen', 'plain'];
const pairs = SAMPLE_RATES.flatMap((from) => SAMPLE_RATES.map((to) => ({ from, to })));
const different = pairs.filter(({ from, to }) => from !== to);
const telephone = different.filter(({ from, to }) => from === 8000 || to === 8000);
const withoutTelephone = different.filter(({ from, to }) => from !== 8000 && to !== 8000);

function everyWay(pair: { readonly from: number; readonly to: number }) {
  return qualities.flatMap((quality) => forms.map((form) => resamplerFor({ ...pair, quality, form })));
}

function isWhole({ from, to }: { readonly from: number; readonly to: number }): boolean {
  return Math.max(from, to) % Math.min(from, to) === 0;
}

function name({ from, to, quality }: Filter): string {
  return `${from} to ${to} Hz, ${quality}`;
}

/** A generator of numbers from 0 to 1 that gives the same ones on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function noise(length: number, seed = 1): Int16Array<ArrayBuffer> {
  const random = seeded(seed);
  return new Int16Array(length).map(() => 65_536 * random() - 32_768);
}

/** Cuts a sound into pieces, cycling through the given lengths, and pushes them one by one. */
function inPieces(conversion: Conversion, samples: Int16Array, lengths: readonly number[]): Int16Array {
  const resampler = resamplerFor(conversion);
  const pieces: Int16Array[] = [];
  for (let i = 0, k = 0; i < samples.length; k++) {
    const length = lengths[k % lengths.length] ?? 1;
    pieces.push(resampler.push(samples.subarray(i, i + length)));
    i += length;
  }
  pieces.push(resampler.end());
  return joined(pieces);
}

/** Measuring takes its time: the plain form is measured between the rates that calls use most. */
function measuredForms({ from, to }: { readonly from: number; readonly to: number }): readonly Form[] {
  return [16_000, 24_000, 44_100].includes(Math.max(from, to)) ? forms : ['chosen'];
}

/** Gates: what the conversions of a call must reach. */
const gates = {
  'low-latency': { rippleDb: 0.02, thdNoiseDb: -88, wholeMs: 0.4, otherMs: 2.1 },
  balanced: { rippleDb: 0.02, thdNoiseDb: -88, wholeMs: 0.4, otherMs: 4.1 },
  best: { rippleDb: 0.01, thdNoiseDb: -93, wholeMs: 7.1, otherMs: 7.1 },
} as const;

describe('between 8 kHz and another rate', () => {
  for (const pair of telephone) {
    for (const quality of qualities) {
      const conversion = { ...pair, quality };
      const gate = gates[quality];

      it.each(measuredForms(pair))(`${name(conversion)}: what is heard, %s form`, (form) => {
        const measured = measure({ ...conversion, form });
        expect(measured.rippleDb).toBeLessThanOrEqual(gate.rippleDb);
        expect(Math.abs(measured.gainDb)).toBeLessThanOrEqual(0.02);
        expect(measured.telephoneRejectionDb).toBeGreaterThanOrEqual(90);
        expect(measured.thdNoiseDb).toBeLessThanOrEqual(gate.thdNoiseDb);
        expect(measured.maxLatencyMs).toBeLessThanOrEqual(isWhole(pair) ? gate.wholeMs : gate.otherMs);
        expect(measured.maxLatencyMs).toBeCloseTo(createResampler(conversion).delayMs, 2);
      });

      it(`${name(conversion)}: what the coefficients have`, () => {
        const computed = compute(conversion);
        expect(computed.rippleDb).toBeLessThanOrEqual(gate.rippleDb);
        expect(computed.telephoneRejectionDb).toBeGreaterThanOrEqual(90);
        if (quality !== 'low-latency') {
          expect(computed.fullRejectionDb).toBeGreaterThanOrEqual(quality === 'best' ? 98 : 90);
        }
        if (quality === 'balanced' && isWhole(pair))
          expect(computed.groupDelay3400Ms).toBeLessThanOrEqual(1.6);
        if (quality === 'best') expect(computed.gain3600Db).toBeGreaterThanOrEqual(-0.05);
        expect(Math.abs(computed.gain3400Db)).toBeLessThanOrEqual(gate.rippleDb);
        // Beyond the telephone band the gain falls, and never rises again.
        expect(computed.gain3600Db).toBeLessThanOrEqual(gate.rippleDb);
        expect(computed.gain3600Db).toBeGreaterThanOrEqual(-5);
        expect(computed.gain3800Db).toBeLessThan(computed.gain3600Db);
      });
    }
  }
});

describe('between two rates above 8 kHz', () => {
  it.each(withoutTelephone)('$from to $to Hz', (pair) => {
    for (const quality of qualities) {
      const computed = compute({ ...pair, quality });
      expect(computed.rippleDb).toBeLessThanOrEqual(gates[quality].rippleDb);
      expect(computed.telephoneRejectionDb).toBeGreaterThanOrEqual(90);
      if (quality !== 'low-latency') expect(computed.fullRejectionDb).toBeGreaterThanOrEqual(90);
      expect(createResampler({ ...pair, quality }).delayMs).toBeLessThanOrEqual(gates[quality].otherMs);
    }
  });
});

describe('however the input is cut', () => {
  it.each(different)('$from to $to Hz: the same samples come out', (pair) => {
    const random = seeded(7);
    const lengths = range(1, 100, 1).map(() => 1 + Math.floor(977 * random()));
    for (const quality of qualities) {
      for (const form of forms) {
        const conversion = { ...pair, quality, form };
        const seconds = quality === 'balanced' && telephone.includes(pair) ? 2 : 0.3;
        const samples = noise(seconds * pair.from);
        const framed = inPieces(conversion, samples, [pair.from / 50]);
        const whole = inPieces(conversion, samples, [samples.length]);
        expect(sameSamples(whole, framed)).toBe(true);
        expect(sameSamples(inPieces(conversion, samples, lengths), framed)).toBe(true);
        const short = samples.subarray(0, pair.from / 20);
        const inOne = inPieces(conversion, short, [short.length]);
        expect(sameSamples(inPieces(conversion, short, [1]), inOne)).toBe(true);
      }
    }
  });

  it('round(n · to / from) samples have come out after n', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...different),
        fc.constantFrom(...qualities),
        fc.constantFrom(...forms),
        fc.array(fc.nat({ max: 2500 }), { maxLength: 12 }),
        (pair, quality, form, lengths) => {
          const resampler = resamplerFor({ ...pair, quality, form });
          let pushed = 0;
          let returned = 0;
          for (const length of lengths) {
            pushed += length;
            returned += resampler.push(new Int16Array(length)).length;
            expect(returned).toBe(Math.round((pushed * pair.to) / pair.from));
          }
          expect(resampler.end().length).toBe(Math.round((resampler.delayMs * pair.to) / 1000));
        },
      ),
      { seed: 20, numRuns: 300 },
    );
  });

  it('any cut of any sound gives the sound in one piece', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...different),
        fc.constantFrom(...qualities),
        fc.constantFrom(...forms),
        fc.int16Array({ minLength: 1, maxLength: 1500 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }),
        (pair, quality, form, samples, lengths) => {
          const conversion = { ...pair, quality, form };
          const whole = inPieces(conversion, samples, [samples.length]);
          expect(sameSamples(inPieces(conversion, samples, lengths), whole)).toBe(true);
        },
      ),
      { seed: 21, numRuns: 300 },
    );
  });

  it('streams that take turns do not disturb each other', () => {
    const samples = noise(4800);
    const first = createResampler({ from: 8000, to: 16000 });
    const second = createResampler({ from: 48000, to: 8000, quality: 'best' });
    const alone = inPieces({ from: 8000, to: 16000, quality: 'balanced', form: 'chosen' }, samples, [160]);
    const pieces: Int16Array[] = [];
    for (let i = 0; i < samples.length; i += 160) {
      pieces.push(first.push(samples.subarray(i, i + 160)));
      second.push(samples);
    }
    pieces.push(first.end());
    expect(sameSamples(joined(pieces), alone)).toBe(true);
  });
});

describe('a frame of 20 ms in', () => {
  it.each(pairs)('gives 20 ms out at once, $from to $to Hz', ({ from, to }) => {
    for (const quality of qualities) {
      const resampler = createResampler({ from, to, quality });
      for (let k = 0; k < 20; k++) expect(resampler.push(new Int16Array(from / 50)).length).toBe(to / 50);
    }
  });
});

describe('loud, silent and constant sound', () => {
  it.each(different)('$from to $to Hz: a square wave at full scale does not wrap', (pair) => {
    const square = new Int16Array(pair.from / 5).map((_, i) =>
      ((2000 * i) / pair.from) & 1 ? -32_768 : 32_767,
    );
    const quarter = square.map((sample) => sample / 4);
    for (const quality of qualities) {
      const loud = resample(square, { ...pair, quality });
      const quiet = resample(quarter, { ...pair, quality });
      const wrong = loud.filter((sample, i) => {
        const expected = 4 * (quiet[i] ?? 0);
        if (Math.abs(expected) > 33_000) return sample !== (expected > 0 ? 32_767 : -32_768);
        return Math.abs(expected) > 16_384 && Math.sign(sample) !== Math.sign(expected);
      });
      expect(wrong.length).toBe(0);
      expect(loud.includes(32_767)).toBe(true);
      expect(loud.includes(-32_768)).toBe(true);
    }
  });

  it.each(different)('$from to $to Hz: silence becomes silence, a constant stays constant', (pair) => {
    for (const resampler of everyWay(pair)) {
      const frame = pair.from / 50;
      resampler.push(noise(frame));
      resampler.push(new Int16Array(frame));
      expect(resampler.push(new Int16Array(frame)).every((sample) => sample === 0)).toBe(true);
      resampler.push(new Int16Array(frame).fill(1000));
      const constant = resampler.push(new Int16Array(pair.from / 10).fill(1000));
      expect(Math.min(...constant)).toBeGreaterThanOrEqual(999);
      expect(Math.max(...constant)).toBeLessThanOrEqual(1001);
    }
  });
});

describe('end and reset', () => {
  it.each(different)('$from to $to Hz: both start afresh', (pair) => {
    const samples = noise(1001);
    for (const resampler of everyWay(pair)) {
      const first = resampler.push(samples);
      resampler.reset();
      expect(sameSamples(resampler.push(samples), first)).toBe(true);
      resampler.end();
      expect(sameSamples(resampler.push(samples), first)).toBe(true);
    }
  });

  it('the tail is what silence would have brought out', () => {
    const samples = noise(777);
    for (const pair of different) {
      const ended = createResampler({ ...pair, quality: 'best' });
      const continued = createResampler({ ...pair, quality: 'best' });
      ended.push(samples);
      continued.push(samples);
      const tail = ended.end();
      const more = continued.push(new Int16Array(pair.from / 50));
      expect(tail.length).toBeGreaterThan(0);
      expect(sameSamples(more.subarray(0, tail.length), tail)).toBe(true);
    }
  });
});

describe('resample', () => {
  it.each(pairs)('$from to $to Hz: lines up with the sound given', ({ from, to }) => {
    const sound = (rate: number) =>
      new Int16Array(Math.round(0.1 * rate)).map(
        (_, i, { length }) =>
          12_000 * Math.sin(Math.PI * (i / length)) ** 2 * Math.sin((2 * Math.PI * 1000 * i) / rate),
      );
    for (const quality of qualities) {
      const converted = resample(sound(from), { from, to, quality });
      const expected = sound(to);
      expect(converted.length).toBe(expected.length);
      // Whole samples of delay are taken away: what is left is half a sample at most.
      const leftOver = 2 * Math.sin(((Math.PI * 1000) / to) * 0.5) * 12_000;
      const difference = Math.max(...converted.map((sample, i) => Math.abs(sample - (expected[i] ?? 0))));
      expect(difference).toBeLessThanOrEqual(leftOver + 200);
    }
  });

  it('has round(n · to / from) samples, down to none', () => {
    for (const pair of pairs) {
      for (const length of [0, 1, 2, 3, 7, 50, 2001]) {
        const converted = resample(new Int16Array(length), pair);
        expect(converted.length).toBe(Math.round((length * pair.to) / pair.from));
      }
    }
  });

  it('keeps what a sound shorter than the delay holds', () => {
    const click = new Int16Array(20);
    click[10] = 20_000;
    const converted = resample(click, { from: 8000, to: 16_000, quality: 'best' });
    expect(converted.indexOf(Math.max(...converted))).toBe(20);
  });
});

describe('a resampler', () => {
  it('passes equal rates through as a copy', () => {
    const samples = noise(160);
    const resampler = createResampler({ from: 16_000, to: 16_000 });
    const copy = resampler.push(samples);
    expect(copy).not.toBe(samples);
    expect(copy.buffer).not.toBe(samples.buffer);
    expect(sameSamples(copy, samples)).toBe(true);
    expect(resampler.delayMs).toBe(0);
    expect(resampler.end().length).toBe(0);
  });

  it('owns neither its input nor its output', () => {
    const samples = noise(160);
    const before = samples.slice();
    const resampler = createResampler({ from: 8000, to: 16_000 });
    const first = resampler.push(samples);
    const kept = first.slice();
    expect(sameSamples(samples, before)).toBe(true);
    samples.fill(0);
    const second = resampler.push(noise(160, 2));
    expect(sameSamples(first, kept)).toBe(true);
    expect(first.byteLength).toBe(first.buffer.byteLength);
    expect(second.buffer).not.toBe(first.buffer);
  });

  it.each(different)('shares its bank and keeps at most 4 KiB of its own, $from to $to Hz', (pair) => {
    for (const quality of qualities) {
      const conversion = { ...pair, quality };
      const bank = filterBank(pair.from, pair.to, quality);
      const kept = bytesAllocated(() => createResampler(conversion));
      expect(kept).toBeGreaterThan(0);
      // A few numbers and functions are kept beside the samples.
      expect(kept).toBeLessThanOrEqual(4096 - 512);
      expect(filterBank(pair.from, pair.to, quality)).toBe(bank);
    }
  });

  it('allocates nothing in push but what it returns', () => {
    for (const pair of different) {
      const samples = new Int16Array(pair.from / 50);
      for (const resampler of [createPlainResampler(pair), createResampler(pair)]) {
        expect(bytesAllocated(() => resampler.push(samples))).toBe((2 * pair.to) / 50);
        const reused = reuseSamples();
        resampler.push(samples, reused);
        expect(bytesAllocated(() => resampler.push(samples, reused))).toBe(0);
      }
    }
  });

  it.each(different)('gives the same samples in an array that it is lent, $from to $to Hz', (pair) => {
    const reused = reuseSamples();
    const [lent, owned] = [createResampler(pair), createResampler(pair)];
    for (const length of [pair.from / 50, pair.from / 50, 1, 0, 3000]) {
      const samples = noise(length, length + 1);
      expect(sameSamples(lent.push(samples, reused), owned.push(samples))).toBe(true);
    }
  });

  it('refuses an array of another length, and stays as it was', () => {
    const [resampler, untouched] = [1, 2].map(() => createResampler({ from: 8000, to: 16_000 }));
    const samples = noise(160);
    for (const wrong of [new Int16Array(319), new Int16Array(321), new Uint8Array(320) as never]) {
      expect(() => resampler!.push(samples, () => wrong)).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      );
    }
    expect(sameSamples(resampler!.push(samples), untouched!.push(samples))).toBe(true);
  });

  it('refuses rates and qualities that it does not know, in words', () => {
    const bad: (() => unknown)[] = [
      () => createResampler({ from: 11_025, to: 8000 }),
      () => createResampler({ from: 8000, to: Number.NaN }),
      () => createResampler({ from: 8000, to: 8001 }),
      () => resample(new Int16Array(1), { from: 0, to: 8000 }),
    ];
    for (const attempt of bad) {
      expect(attempt).toThrow(MediaError);
      expect(attempt).toThrow(/(from|to) is .*8000, 16000, 22050, 24000, 32000, 44100, 48000/);
      expect(attempt).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
    const quality = 'excellent' as ResamplerQuality;
    expect(() => createResampler({ from: 8000, to: 16_000, quality })).toThrow(
      /excellent.*low-latency, balanced, best/,
    );
  });
});

describe('the metrics themselves', () => {
  it('notice a filter that is missing', () => {
    // Every sample twice: the plainest way up, full of mirror images.
    const input = new Int16Array(800).map((_, i) => 16_000 * Math.sin((2 * Math.PI * 1000 * i) / 8000));
    const filtered = inFrames(createResampler({ from: 8000, to: 16_000 }), input, 8000);
    const doubled = new Int16Array(1600).map((_, i) => input[i >> 1] ?? 0);
    expect(imageDb(filtered)).toBeLessThan(-80);
    expect(imageDb(doubled)).toBeGreaterThan(-30);
  });
});

/** Bytes of all arrays of numbers made while something runs. */
function bytesAllocated(run: () => unknown): number {
  let bytes = 0;
  const counting = (type: Int16ArrayConstructor | Float32ArrayConstructor | Float64ArrayConstructor) =>
    new Proxy(type, {
      construct(target, args, newTarget) {
        const made: ArrayBufferView = Reflect.construct(target, args, newTarget);
        bytes += made.byteLength;
        return made;
      },
    });
  for (const type of [Int16Array, Float32Array, Float64Array]) vi.stubGlobal(type.name, counting(type));
  try {
    run();
  } finally {
    vi.unstubAllGlobals();
  }
  return bytes;
}

/** Level at 7000 Hz of a sound at 16 kHz, its first and last 10 ms left out. */
function imageDb(samples: Int16Array): number {
  let [re, im] = [0, 0];
  const middle = samples.subarray(160, 1440);
  middle.forEach((sample, n) => {
    const hann = 1 - Math.cos((2 * Math.PI * n) / middle.length);
    re += hann * sample * Math.cos((2 * Math.PI * 7000 * n) / 16_000);
    im += hann * sample * Math.sin((2 * Math.PI * 7000 * n) / 16_000);
  });
  return decibels((2 * Math.hypot(re, im)) / middle.length / 16_000);
}

function sameSamples(a: Int16Array, b: Int16Array): boolean {
  return a.length === b.length && a.every((sample, i) => sample === b[i]);
}
