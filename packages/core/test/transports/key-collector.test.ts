import {
  type CollectedKeys,
  type CollectKeysOptions,
  collectKeys,
  type DtmfDigit,
  dtmfTone,
  MediaError,
} from '@patchcord/core';
import { macrotask } from '@patchcord/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countable, type Line, openLine, soundIn } from './line.ts';

async function settled<T>(promise: Promise<T>): Promise<T | 'pending'> {
  await macrotask();
  return Promise.race([promise, Promise.resolve('pending' as const)]);
}

/** Keys come one every 200 ms. */
async function openKeys(): Promise<Line & { collect(options?: CollectKeysOptions): Promise<CollectedKeys> }> {
  const line = await openLine();
  return { ...line, collect: (options) => collectKeys(line.call, { clock: line.clock, ...options }) };
}

describe('collectKeys', () => {
  test('is complete with as many keys as were asked for', async () => {
    const { phone, clock, collect } = await openKeys();
    const collected = collect({ maxDigits: 4 });
    void phone.press('12#D');
    await clock.advance(500);
    expect(await settled(collected)).toBe('pending');
    await clock.advance(500);
    expect(await collected).toEqual({ digits: '12#D', reason: 'complete' });
  });

  test('ends at the terminator, which is no digit', async () => {
    const { phone, clock, collect } = await openKeys();
    const collected = collect({ terminator: '#', maxDigits: 9 });
    void phone.press('042#7');
    await clock.advance(1500);
    expect(await collected).toEqual({ digits: '042', reason: 'terminator' });
    expect(await collect({ maxDigits: 1 })).toEqual({ digits: '7', reason: 'complete' });
  });

  test('gives up when no key comes in time', async () => {
    const { clock, collect } = await openKeys();
    const collected = collect({ firstTimeoutMs: 700 });
    await clock.advance(699);
    expect(await settled(collected)).toBe('pending');
    await clock.advance(1);
    expect(await collected).toEqual({ digits: '', reason: 'timeout' });
  });

  test('gives up when the next key does not come in time, counted from the last', async () => {
    const { phone, clock, collect } = await openKeys();
    const collected = collect({ firstTimeoutMs: 300, interDigitTimeoutMs: 1000 });
    void phone.press('12');
    await clock.advance(1000);
    expect(await settled(collected)).toBe('pending');
    await clock.advance(400);
    expect(await collected).toEqual({ digits: '12', reason: 'timeout' });
  });

  test('ends with the call, and after it', async () => {
    const { phone, clock, collect } = await openKeys();
    const collected = collect({ maxDigits: 5 });
    void phone.press('98');
    await clock.advance(300);
    void phone.hangUp();
    await clock.advance(100);
    expect(await collected).toEqual({ digits: '98', reason: 'call-ended' });
    expect(await collect()).toEqual({ digits: '', reason: 'call-ended' });
  });

  test('ends with the signal, and takes nothing when it had fired before', async () => {
    const { phone, clock, collect } = await openKeys();
    const abort = new AbortController();
    const collected = collect({ maxDigits: 5, signal: abort.signal });
    void phone.press('7');
    await clock.advance(100);
    abort.abort();
    expect(await collected).toEqual({ digits: '7', reason: 'aborted' });
    void phone.press('8');
    await clock.advance(400);
    expect(await collect({ signal: abort.signal })).toEqual({ digits: '', reason: 'aborted' });
    expect(await collect({ maxDigits: 1 })).toEqual({ digits: '8', reason: 'complete' });
  });

  test('a key interrupts what is played, where that is asked for', async () => {
    const heardMs = async (interruptOnKey: boolean): Promise<number> => {
      const { call, phone, clock, collect } = await openKeys();
      call.play(countable(2000));
      const collected = collect({ maxDigits: 1, interruptOnKey });
      await clock.advance(500);
      void phone.press('1');
      await clock.advance(3000);
      expect((await collected).digits).toBe('1');
      return soundIn(phone.heard) / 8;
    };
    expect(await heardMs(false)).toBe(2000);
    const cut = await heardMs(true);
    expect(cut).toBeGreaterThan(400);
    expect(cut).toBeLessThan(600);
  });

  test('leaves no timer behind, however it ends', async () => {
    const { phone, clock, collect } = await openKeys();
    await clock.advance(100);
    const idle = clock.pending;
    const abort = new AbortController();
    const waiting = collect({ maxDigits: 2, signal: abort.signal });
    expect(clock.pending).toBe(idle + 1);
    void phone.press('12');
    await clock.advance(500);
    await waiting;
    expect(clock.pending).toBe(idle);
    const aborted = collect({ signal: abort.signal });
    abort.abort();
    await aborted;
    expect(clock.pending).toBe(idle);
    const ended = collect();
    void phone.hangUp();
    await clock.advance(3000);
    expect((await ended).reason).toBe('call-ended');
    expect(clock.pending).toBe(0);
  });

  test('collections that overlap take turns, each with its own time', async () => {
    const { phone, clock, collect } = await openKeys();
    const first = collect({ maxDigits: 1, firstTimeoutMs: 500 });
    const second = collect({ maxDigits: 2, firstTimeoutMs: 500 });
    const abort = new AbortController();
    const gone = collect({ signal: abort.signal });
    const third = collect({ maxDigits: 1, firstTimeoutMs: 500 });
    abort.abort();
    await clock.advance(400);
    void phone.press('123');
    await clock.advance(1000);
    void phone.press('4');
    await clock.advance(1000);
    expect([await first, await second, await third].map(({ digits }) => digits)).toEqual(['1', '23', '']);
    expect((await gone).reason).toBe('aborted');
    expect(await collect({ maxDigits: 1 })).toEqual({ digits: '4', reason: 'complete' });
  });

  test('a question that nobody may answer unheard forgets what was typed ahead', async () => {
    const { phone, clock, collect } = await openKeys();
    await collect({ firstTimeoutMs: 0, signal: AbortSignal.abort() });
    void phone.press('99');
    await clock.advance(500);
    const collected = collect({ maxDigits: 1, typeAhead: false });
    void phone.press('5');
    await clock.advance(500);
    expect(await collected).toEqual({ digits: '5', reason: 'complete' });
  });

  test('hears keys in the sound, where that is asked for', async () => {
    for (const inBand of [true, false]) {
      const { phone, clock, collect } = await openKeys();
      const collected = collect({ maxDigits: 4, inBand });
      for (const key of '4#4') {
        void phone.say(dtmfTone(key, { ms: 60 }));
        void phone.say(new Int16Array(480));
      }
      await clock.advance(500);
      void phone.press('9');
      await clock.advance(5000);
      expect((await collected).digits).toBe(inBand ? '4#49' : '9');
    }
  });

  test('without waiting takes what was typed ahead', async () => {
    const { phone, clock, collect } = await openKeys();
    const first = collect({ maxDigits: 1 });
    void phone.press('123');
    await clock.advance(700);
    await first;
    const rest = collect({ firstTimeoutMs: 0, interDigitTimeoutMs: 0 });
    await clock.advance(1);
    expect(await rest).toEqual({ digits: '23', reason: 'timeout' });
  });

  test('collections one after another lose no key, whenever it is pressed', async () => {
    const key = fc.constantFrom<DtmfDigit[]>(...([...'0123456789*#ABCD'] as DtmfDigit[]));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(key, fc.nat(2500)), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(1500)), { minLength: 1, maxLength: 6 }),
        async (presses, collections) => {
          const { phone, clock, collect } = await openKeys();
          const pressing = (async () => {
            for (const [digit, afterMs] of presses) {
              await phone.wait(afterMs);
              await phone.press(digit);
            }
          })();
          let collected = '';
          const collecting = (async () => {
            for (const [maxDigits, pauseMs] of collections) {
              collected += (await collect({ maxDigits, firstTimeoutMs: 900, interDigitTimeoutMs: 900 }))
                .digits;
              await phone.wait(pauseMs);
            }
            await pressing;
            collected += (await collect({ firstTimeoutMs: 0, interDigitTimeoutMs: 0 })).digits;
          })();
          await clock.advance(60_000);
          expect(await settled(collecting)).toBeUndefined();
          expect(collected).toBe(presses.map(([digit]) => digit).join(''));
        },
      ),
      { seed: 60, numRuns: 15 },
    );
  });

  test.each([
    { maxDigits: 0 },
    { maxDigits: 65 },
    { maxDigits: 1.5 },
    { firstTimeoutMs: -1 },
    { interDigitTimeoutMs: Number.POSITIVE_INFINITY },
    { firstTimeoutMs: Number.NaN },
  ])('refuses %j, in words', async (options) => {
    const { collect } = await openKeys();
    await expect(collect(options)).rejects.toThrow(MediaError);
    await expect(collect(options)).rejects.toThrow(/ is .*, expected /);
  });
});
