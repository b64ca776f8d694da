import { createManualClock } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { createStreamTokens } from '../src/stream-tokens.ts';

const start = (parameters: Readonly<Record<string, string>>, callId = 'CA1') => ({ callId, parameters });

test('a token opens one stream, once', () => {
  const { mint, authorize } = createStreamTokens();
  const parameters = mint();
  expect(parameters).toEqual({ token: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect([authorize(start(parameters)), authorize(start(parameters))]).toEqual([true, false]);
  expect(mint()).not.toEqual(mint());
});

test.each([{}, { token: '' }, { token: 'guessed' }, { other: 'x' }])('%o opens none', (parameters) => {
  const { mint, authorize } = createStreamTokens();
  mint();
  expect(authorize(start(parameters as Record<string, string>))).toBe(false);
});

test('names that every object has are no tokens', () => {
  const { authorize } = createStreamTokens({ parameter: 'constructor' });
  expect(authorize(start({}))).toBe(false);
});

test('a token of a call opens no other, and is used up by the attempt', () => {
  const { mint, authorize } = createStreamTokens();
  const parameters = mint('CA1');
  expect(authorize(start(parameters, 'CA2'))).toBe(false);
  expect(authorize(start(parameters, 'CA1'))).toBe(false);
  expect(authorize(start(mint('CA1'), 'CA1'))).toBe(true);
});

test('a token ends with its time', async () => {
  const clock = createManualClock();
  const tokens = createStreamTokens({ clock, ttlMs: 1000, parameter: 'ticket' });
  const [early, late] = [tokens.mint(), tokens.mint()];
  await clock.advance(999);
  expect(tokens.authorize(start(early))).toBe(true);
  await clock.advance(1);
  expect(tokens.authorize(start(late))).toBe(false);
  expect(tokens.size).toBe(0);
});

test('no more are kept than may be out: the oldest go', () => {
  const tokens = createStreamTokens({ maxTokens: 2 });
  const [first, second, third] = [tokens.mint(), tokens.mint(), tokens.mint()];
  expect(tokens.size).toBe(2);
  expect([first, second, third].map((each) => tokens.authorize(start(each ?? {})))).toEqual([
    false,
    true,
    true,
  ]);
});

describe('bounds that are none', () => {
  test.each([{ ttlMs: 0 }, { ttlMs: Number.NaN }, { maxTokens: 0 }, { parameter: '' }])('%o', (options) => {
    expect(() => createStreamTokens(options)).toThrow(/ttlMs and maxTokens/);
  });
});
