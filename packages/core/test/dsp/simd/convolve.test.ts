import { afterEach, describe, expect, it, vi } from 'vitest';
import { filterBank } from '../../../src/dsp/filter-bank.ts';
import {
  createPlainResampler,
  createResampler,
  type ResamplerQuality,
  SAMPLE_RATES,
} from '../../../src/dsp/resampler.ts';
import { simdConvolve } from '../../../src/dsp/simd/convolve.ts';
import { kernel } from '../../../src/dsp/simd/kernel.ts';

const qualities: readonly ResamplerQuality[] = ['low-latency', 'balanced', 'best'];
const pairs = SAMPLE_RATES.flatMap((from) => SAMPLE_RATES.map((to) => ({ from, to }))).filter(
  ({ from, to }) => from !== to,
);

/** Numbers from 0 to 1, the same on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function noise(rate: number): Int16Array {
  const random = seeded(3);
  return new Int16Array(0.3 * rate).map(() => 65_536 * random() - 32_768);
}

/** 0.3 s of sounds that find different faults. */
const sounds: Record<string, (rate: number) => Int16Array> = {
  noise,
  // A voice at 110 Hz whose harmonics grow weaker, in syllables with pauses between them.
  'speech-like sound': (rate) =>
    new Int16Array(0.3 * rate).map((_, i) => {
      const t = i / rate;
      const syllable = Math.max(0, Math.sin(2 * Math.PI * 8 * t));
      let voice = 0;
      for (let k = 1; k <= 30; k++) voice += Math.sin(2 * Math.PI * 110 * k * t + k * k) / k;
      return 9000 * syllable * voice;
    }),
  'a square wave at full scale': (rate) =>
    new Int16Array(0.3 * rate).map((_, i) => (((2000 * i) / rate) & 1 ? -32_768 : 32_767)),
};

describe('the forms agree within 1', () => {
  for (const [name, sound] of Object.entries(sounds)) {
    it.each(pairs)(`${name}, $from to $to Hz`, (pair) => {
      const samples = sound(pair.from);
      for (const quality of qualities) {
        const vectors = createResampler({ ...pair, quality });
        const plain = createPlainResampler({ ...pair, quality });
        const [first, second] = [vectors.push(samples), plain.push(samples)];
        expect(largestDifference(first, second)).toBeLessThanOrEqual(1);
        expect(largestDifference(vectors.end(), plain.end())).toBeLessThanOrEqual(1);
        expect(Math.max(...second)).toBeGreaterThan(1000);
      }
    });
  }
});

describe('the module of a bank', () => {
  it.each(pairs)('is valid and small, $from to $to Hz', ({ from, to }) => {
    for (const quality of qualities) {
      const bytes = kernel(filterBank(from, to, quality), 32_768);
      expect(WebAssembly.validate(bytes)).toBe(true);
      // The least that any browser has compiled at once on the thread of a page.
      expect(bytes.length).toBeLessThan(4096);
    }
  });

  it('is made once, and streams of different banks share one memory', () => {
    const bank = filterBank(8000, 16_000, 'balanced');
    expect(simdConvolve(bank)).toBeDefined();
    expect(simdConvolve(bank)).toBe(simdConvolve(bank));

    const memories = vi.spyOn(WebAssembly, 'Memory');
    for (const { from, to } of pairs) expect(simdConvolve(filterBank(from, to, 'best'))).toBeDefined();
    expect(memories).not.toHaveBeenCalled();
    memories.mockRestore();
  });

  it('a stream goes on undisturbed when the memory grows', async () => {
    vi.resetModules();
    const fresh = await import('../../../src/dsp/resampler.ts');
    const stream = fresh.createResampler({ from: 8000, to: 16_000 });
    const alone = createResampler({ from: 8000, to: 16_000 });
    const sound = noise(8000);
    const before = stream.push(sound);
    for (const pair of pairs) fresh.createResampler(pair);
    expect(largestDifference(before, alone.push(sound))).toBe(0);
    expect(largestDifference(stream.push(sound), alone.push(sound))).toBe(0);
  });
});

describe('where it cannot be had, the plain form does the work, and nothing is said', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  class Refusing {
    constructor() {
      throw new WebAssembly.CompileError('refused by the content security policy');
    }
  }

  it.each<[string, object | undefined]>([
    ['no WebAssembly', undefined],
    ['a policy against it', { Memory: WebAssembly.Memory, Module: Refusing, Instance: WebAssembly.Instance }],
    ['no memory', { Memory: Refusing, Module: WebAssembly.Module, Instance: WebAssembly.Instance }],
  ])('%s', async (_, platform) => {
    vi.stubGlobal('WebAssembly', platform);
    vi.resetModules();
    const { filterBank: bankOf } = await import('../../../src/dsp/filter-bank.ts');
    const { simdConvolve: convolveIn } = await import('../../../src/dsp/simd/convolve.ts');
    const resampler = await import('../../../src/dsp/resampler.ts');
    expect(convolveIn(bankOf(8000, 16_000, 'balanced'))).toBeUndefined();

    const sound = noise(8000);
    const converted = resampler.createResampler({ from: 8000, to: 16_000 }).push(sound);
    const plain = createPlainResampler({ from: 8000, to: 16_000 }).push(sound);
    expect(largestDifference(converted, plain)).toBe(0);
  });

  it('asks only once', async () => {
    let asked = 0;
    class Module {
      constructor() {
        asked++;
        throw new WebAssembly.CompileError('refused by the content security policy');
      }
    }
    vi.stubGlobal('WebAssembly', { Memory: WebAssembly.Memory, Module });
    vi.resetModules();
    const resampler = await import('../../../src/dsp/resampler.ts');
    for (const pair of pairs) resampler.createResampler(pair);
    expect(asked).toBe(1);
  });
});

function largestDifference(a: Int16Array, b: Int16Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, sample, i) => Math.max(largest, Math.abs(sample - (b[i] ?? 0))), 0);
}
