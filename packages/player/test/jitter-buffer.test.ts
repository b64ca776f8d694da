import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JitterBuffer } from '../src/index.ts';
import { asHeard, Link, largestSecondDifference, noise, sine } from './link.ts';

const SECOND = 8000;

/** Where `needle`'s first 800 samples lie in `sound`. */
function find(sound: Float32Array, needle: Float32Array): number {
  for (let at = 0; at + 800 <= sound.length; at++) {
    let i = 0;
    while (i < 800 && sound[at + i] === needle[i]) i++;
    if (i === 800) return at;
  }
  return -1;
}

function differing(a: Float32Array, b: Float32Array): number {
  let count = 0;
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

/** Holds its delay, so that what comes out can be compared sample by sample. */
const fixed = () => new JitterBuffer({ delayMs: 100 });

describe('an even link', () => {
  test('both tracks come out as they went in, sample by sample, for 30 s', () => {
    const inbound = noise(1, 30 * SECOND);
    const outbound = noise(2, 30 * SECOND);
    const link = new Link(fixed());
    link.send('inbound', inbound);
    link.send('outbound', outbound);
    const heard = link.play(30_500);
    const at = find(heard.inbound, asHeard(inbound));
    // The first frame comes when its 20 ms were spoken.
    expect(at / 8).toBeGreaterThanOrEqual(20 + 100);
    expect(at / 8).toBeLessThan(20 + 120);
    expect(differing(heard.inbound.subarray(at), asHeard(inbound))).toBe(0);
    expect(differing(heard.outbound.subarray(at), asHeard(outbound))).toBe(0);
    expect(link.buffer).toMatchObject({ stretches: 0, lateSamples: 0, jumps: 0 });
  });

  test('is soon followed closely, in a few stretches, and is exact from there on', () => {
    // Words of 700 ms, and pauses between them.
    const inbound = noise(29, 30 * SECOND, 0.3).map((sample, i) => (i % SECOND < 5600 ? sample : 9));
    const link = new Link(new JitterBuffer());
    link.send('inbound', inbound);
    link.play(7000);
    expect(link.buffer.delayMs).toBeLessThanOrEqual(52);
    expect(link.buffer.stretches).toBeLessThanOrEqual(8);
    const { stretches } = link.buffer;
    const heard = link.play(20_000);
    const from = asHeard(inbound).subarray(8 * SECOND);
    const at = find(heard.inbound, from);
    expect(differing(heard.inbound.subarray(at), from.subarray(0, heard.inbound.length - at))).toBe(0);
    expect(link.buffer).toMatchObject({ stretches, concealedSamples: 0, underruns: 0, state: 'steady' });
  });

  test('8 ms of jitter, or reads of other lengths, change nothing', () => {
    for (const quantum of [16, 21, 128, 171]) {
      const inbound = noise(3, 30 * SECOND);
      const link = new Link(fixed(), { quantum, jitterMs: 8, seed: quantum });
      link.send('inbound', inbound);
      link.end(30_000);
      const heard = link.play(31_000);
      const at = find(heard.inbound, asHeard(inbound));
      expect(differing(heard.inbound.subarray(at), asHeard(inbound))).toBe(0);
      expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0, stretches: 0 });
    }
  });

  test('a stream that is closed ends without a loss', () => {
    const link = new Link(fixed());
    link.send('inbound', noise(4, SECOND));
    link.end(1000);
    const heard = link.play(3000);
    expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0, playedSamples: SECOND });
    expect(heard.inbound.subarray(2 * SECOND).every((sample) => sample === 0)).toBe(true);
  });

  test('a stream that just stops is made up for 60 ms and waited for 400 ms', () => {
    const link = new Link(fixed());
    link.send('inbound', sine(440, SECOND));
    const heard = link.play(3000);
    expect(link.buffer).toMatchObject({ underruns: 1, concealedSamples: 400 * 8, state: 'ran-dry' });
    const end = 1100 * 8;
    expect(heard.inbound.subarray(end, end + 80).some((sample) => Math.abs(sample) > 0.2)).toBe(true);
    expect(heard.inbound.subarray(end + 80 * 8).every((sample) => sample === 0)).toBe(true);
  });
});

describe('the outbound track', () => {
  test('is silence, and no loss, where nothing is played to the caller', () => {
    const inbound = noise(5, 20 * SECOND);
    const first = noise(6, 2 * SECOND);
    const second = noise(7, SECOND);
    const link = new Link(fixed());
    link.send('inbound', inbound);
    link.send('outbound', first, { fromMs: 3000 });
    link.send('outbound', second, { fromMs: 12_340 });
    link.end(20_000);
    const heard = link.play(21_000);
    const expected = new Float32Array(20 * SECOND);
    expected.set(asHeard(first), 3 * SECOND);
    expected.set(asHeard(second), 12.34 * SECOND);
    const at = find(heard.inbound, asHeard(inbound));
    expect(differing(heard.outbound.subarray(at), expected)).toBe(0);
    expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0, stretches: 0 });
  });

  test('alone is played too, and its end is no loss', () => {
    const outbound = noise(8, SECOND);
    const link = new Link(fixed());
    link.send('outbound', outbound, { fromMs: 500 });
    const heard = link.play(3000);
    const at = find(heard.outbound, asHeard(outbound));
    expect(differing(heard.outbound.subarray(at), asHeard(outbound))).toBe(0);
    expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0 });
  });

  test('that comes in bursts of 100 ms, 150 ms after the inbound track, is waited for in a pause', () => {
    const outbound = noise(9, 5 * SECOND, 0.3);
    const link = new Link(new JitterBuffer());
    link.send('inbound', noise(10, 10 * SECOND, 0.001));
    link.send('outbound', outbound, { fromMs: 2000, transitMs: 150, burst: 5 });
    link.end(10_000);
    const heard = link.play(11_000);
    const at = find(heard.outbound, asHeard(outbound));
    expect(at).toBeGreaterThan(0);
    expect(differing(heard.outbound.subarray(at), asHeard(outbound))).toBe(0);
    expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0 });
  });
});

describe('outbound timestamps', () => {
  test('that waver neither tear the sound nor drop any of it', () => {
    const outbound = noise(21, 8 * SECOND);
    const link = new Link(fixed(), { seed: 22 });
    link.send('inbound', noise(23, 10 * SECOND));
    link.send('outbound', outbound, { fromMs: 1000, waverMs: 9 });
    link.end(10_000);
    const heard = link.play(11_000);
    const at = find(heard.outbound, asHeard(outbound));
    expect(differing(heard.outbound.subarray(at), asHeard(outbound))).toBe(0);
    expect(link.buffer).toMatchObject({ lateSamples: 0, stretches: 0 });
  });

  test('that lie apart keep their pause', () => {
    const first = noise(24, SECOND);
    const second = noise(25, SECOND);
    const link = new Link(fixed());
    link.send('inbound', noise(26, 5 * SECOND));
    link.send('outbound', first, { fromMs: 1000 });
    link.send('outbound', second, { fromMs: 2060 });
    link.end(5000);
    const heard = link.play(6000);
    const at = find(heard.outbound, asHeard(first));
    expect(find(heard.outbound, asHeard(second)) - at).toBe(1060 * 8);
  });
});

describe('a link that jitters', () => {
  test.each([-300, 300])(
    '0 to 120 ms, and a clock %i ppm off: nothing is made up once that is learnt',
    (ppm) => {
      const link = new Link(new JitterBuffer(), { jitterMs: 120, ppm, seed: 11 });
      link.send('inbound', noise(12, 120 * SECOND, 0.2));
      link.play(10_000);
      const { concealedSamples, underruns } = link.buffer;
      link.play(105_000);
      expect(link.buffer).toMatchObject({ concealedSamples, underruns });
      expect(link.buffer.delayMs).toBeLessThan(200);
    },
  );

  test.each([-300, 300])(
    'a clock %i ppm off, for four minutes: the delay holds, and a tone has no click',
    (ppm) => {
      const tone = sine(440, 240 * SECOND);
      const link = new Link(new JitterBuffer(), { ppm });
      link.send('inbound', tone);
      const heard = link.play(235_000);
      const own = largestSecondDifference(asHeard(tone.subarray(0, SECOND)));
      expect(largestSecondDifference(heard.inbound.subarray(SECOND))).toBeLessThan(1.03 * own);
      expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0 });
      expect(link.buffer.delayMs).toBeGreaterThan(30);
      expect(link.buffer.delayMs).toBeLessThan(130);
    },
  );

  test('2 % of drift: stretching is overlap-add, not a cut', () => {
    for (const frequency of [200, 440, 1004]) {
      for (const ppm of [-20_000, 20_000]) {
        const tone = sine(frequency, 20 * SECOND);
        const link = new Link(new JitterBuffer(), { ppm });
        link.send('inbound', tone);
        const heard = link.play(19_000);
        expect(link.buffer.stretches).toBeGreaterThan(10);
        expect(link.buffer.concealedSamples).toBe(0);
        const own = largestSecondDifference(asHeard(tone));
        expect(largestSecondDifference(heard.inbound.subarray(SECOND))).toBeLessThan(1.03 * own);
      }
    }
  });
});

describe('losses', () => {
  test('a lost frame is made up, counted, and moves nothing', () => {
    const inbound = noise(13, 5 * SECOND);
    const link = new Link(fixed());
    link.send('inbound', inbound, { lose: (index) => index === 100 });
    link.end(5000);
    const heard = link.play(6000);
    const at = find(heard.inbound, asHeard(inbound));
    expect(link.buffer).toMatchObject({ concealedSamples: 160, underruns: 0, stretches: 0 });
    const expected = asHeard(inbound);
    expect(differing(heard.inbound.subarray(at, at + 16_000), expected.subarray(0, 16_000))).toBe(0);
    const after = 16_160 + 40;
    expect(differing(heard.inbound.subarray(at + after), expected.subarray(after))).toBe(0);
  });

  test('a stall of 2 s: the caller is heard live again, from the end of what waited', () => {
    const inbound = noise(14, 20 * SECOND);
    const link = new Link(new JitterBuffer());
    link.send('inbound', inbound, { stall: { fromMs: 5000, toMs: 7000 } });
    link.play(12_000);
    expect(link.buffer).toMatchObject({ underruns: 1, concealedSamples: 400 * 8, jumps: 1 });
    expect(link.buffer.delayMs).toBeLessThan(200);
    expect(link.buffer.state).toBe('steady');
  });

  test.each([5, 8])(
    'a stall of %d s, longer than the buffer: its backlog leaves no delay behind',
    (seconds) => {
      const link = new Link(new JitterBuffer());
      const stall = { fromMs: 5000, toMs: 5000 + 1000 * seconds };
      for (const track of ['inbound', 'outbound'] as const) {
        link.send(track, noise(seconds, 30 * SECOND, 0.3), { stall });
      }
      link.play(stall.toMs + 6000);
      expect(link.buffer).toMatchObject({ underruns: 1, concealedSamples: 400 * 8, jumps: 1 });
      expect(link.buffer.state).not.toBe('ran-dry');
      expect(link.buffer.delayMs).toBeLessThan(200);
    },
  );

  test('a stall of 200 ms: nothing is lost, and the delay comes down again', () => {
    const link = new Link(new JitterBuffer());
    link.send('inbound', noise(15, 60 * SECOND, 0.3), { stall: { fromMs: 5000, toMs: 5200 } });
    link.play(5500);
    expect(link.buffer).toMatchObject({ underruns: 1, jumps: 0 });
    expect(link.buffer.concealedSamples).toBeLessThan((200 - 40) * 8);
    link.play(50_000);
    expect(link.buffer.underruns).toBe(1);
    expect(link.buffer.delayMs).toBeLessThan(250);
  });

  test('a fixed delay is held, unstretched, whatever the jitter', () => {
    const inbound = noise(16, 20 * SECOND);
    const link = new Link(new JitterBuffer({ delayMs: 200 }), { jitterMs: 120, seed: 17 });
    link.send('inbound', inbound);
    link.end(20_000);
    const heard = link.play(21_000);
    const at = find(heard.inbound, asHeard(inbound));
    expect(differing(heard.inbound.subarray(at), asHeard(inbound))).toBe(0);
    expect(link.buffer).toMatchObject({ concealedSamples: 0, stretches: 0 });
  });
});

describe('timestamps', () => {
  test.each([
    ['a minute on', 60_000],
    ['two seconds on', 2_000],
    ['half a minute back', -30_000],
  ])('that jump %s lose at most what a jump must', (_name, byMs) => {
    const first = noise(18, 40 * SECOND);
    const second = noise(19, 5 * SECOND);
    const link = new Link(new JitterBuffer());
    link.send('inbound', first);
    link.play(40_020);
    link.send('inbound', second, { fromMs: 40_000, timestampOffsetMs: byMs });
    const heard = link.play(6000);
    const at = find(heard.inbound, asHeard(second.subarray(SECOND)));
    expect(at).toBeGreaterThan(0);
    expect(link.buffer.delayMs).toBeLessThan(200);
  });

  test('that are no numbers, or sound longer than a second, are let pass', () => {
    const buffer = new JitterBuffer();
    buffer.push('inbound', Number.NaN, new Int16Array(160), 0);
    buffer.push('inbound', Number.POSITIVE_INFINITY, new Int16Array(160), 0);
    buffer.push('inbound', 0, new Int16Array(8001), 0);
    buffer.push('inbound', 0, new Int16Array(0), 0);
    const sound = new Float32Array(800);
    buffer.read(sound, sound, 800, 1000);
    expect(buffer.playedSamples).toBe(0);
  });

  test('a reset forgets the old call', () => {
    const link = new Link(new JitterBuffer());
    link.send('inbound', noise(20, SECOND));
    link.play(500);
    link.buffer.reset();
    expect(link.buffer).toMatchObject({ playedSamples: 0, state: 'filling', delayMs: 0 });
    const read = new Float32Array(80);
    link.buffer.read(read, new Float32Array(80), 80, 500);
    expect(read.every((sample) => sample === 0)).toBe(true);
  });
});

describe('whatever comes', () => {
  const packet = fc.record({
    track: fc.constantFrom('inbound' as const, 'outbound' as const),
    afterMs: fc.oneof(fc.constant(20), fc.integer({ min: 0, max: 700 })),
    stepMs: fc.oneof(
      { weight: 8, arbitrary: fc.constant(20) },
      { weight: 1, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }) },
      { weight: 1, arbitrary: fc.integer({ min: -20_000, max: 20_000 }) },
    ),
    length: fc.oneof(fc.constant(160), fc.integer({ min: 1, max: 8000 })),
    after: fc.constantFrom(...Array(20).fill('go on'), 'end', 'reset'),
  });

  const sound = noise(28, 8000, 0.25);

  test('sound is no louder than what came, and an even link that follows is played without loss', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 120 }), (packets) => {
        const buffer = new JitterBuffer();
        const inbound = new Float32Array(8000);
        const outbound = new Float32Array(8000);
        let nowMs = 0;
        let timestampMs = 0;
        let concealed = 0;
        const play = (ms: number) => {
          const length = Math.round(ms * 8);
          buffer.read(inbound, outbound, length, nowMs);
          nowMs += ms;
          let loudest = 0;
          for (const heard of [inbound, outbound]) {
            for (let i = 0; i < length; i++) loudest = Math.max(loudest, Math.abs(heard[i] as number));
          }
          expect(loudest).toBeLessThanOrEqual(0.25);
        };
        for (const { track, afterMs, stepMs, length, after } of packets) {
          play(afterMs);
          timestampMs += stepMs;
          buffer.push(track, timestampMs, sound.subarray(0, length), nowMs);
          if (after === 'end') buffer.end();
          if (after === 'reset') buffer.reset();
        }
        // An even link again: after some seconds nothing more is lost.
        for (let i = 0; i < 500; i++) {
          buffer.push('inbound', timestampMs, sound.subarray(0, 160), nowMs);
          timestampMs += 20;
          play(20);
          if (i === 400) concealed = buffer.concealedSamples;
        }
        expect(buffer.concealedSamples).toBe(concealed);
        expect(buffer.state).not.toBe('ran-dry');
        expect(buffer.delayMs).toBeGreaterThan(0);
      }),
      { seed: 27, numRuns: 30 },
    );
  }, 30_000);
});
