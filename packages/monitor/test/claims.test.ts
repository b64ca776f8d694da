import { describe, expect, test } from 'vitest';
import { type Claims, maskEvent, maskNumber, maskSummary } from '../src/claims.ts';
import type { CallEvent, CallSummary, Scope } from '../src/wire/messages.ts';

const claims = (...scopes: Scope[]): Claims => ({ scopes: new Set(scopes) });

describe('without the scope `see`', () => {
  test.each([
    ['+15551234567', '+•••••••4567'],
    ['4930123456', '••••••3456'],
    ['+1 (555) 123-4567', '+•••••••4567'],
    ['1234', '••••'],
    ['12345', '•2345'],
    ['', '••••'],
    ['anonymous', '••••'],
    ['sip:alice5551234567@example.org', '••••'],
    ['client:12345678', '••••'],
  ])('the number %s is shown as %s', (number, shown) => {
    expect(maskNumber(number)).toBe(shown);
  });

  test('a summary shows masked numbers', () => {
    const summary: CallSummary = {
      callId: 'CA1',
      streamId: 'MZ1',
      provider: 'twilio',
      from: '+15551234567',
      to: '+15557654321',
      format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
      tracks: ['inbound'],
      startedAtMs: 0,
      state: 'up',
      warnings: 0,
      canHangUp: false,
      speaking: [],
    };
    expect(maskSummary(summary, claims('list'))).toEqual({
      ...summary,
      from: '+•••••••4567',
      to: '+•••••••4321',
    });
    expect(maskSummary(summary, claims('list', 'see', 'control'))).toEqual({ ...summary, canHangUp: true });
    expect(maskSummary({ ...summary, state: 'ended' }, claims('control')).canHangUp).toBe(false);
  });

  test('events keep keys, unknown messages and words to themselves', () => {
    const at = { timestampMs: 40, phase: 'received' as const };
    const key: CallEvent = { kind: 'frame', frame: { kind: 'dtmf', digit: '7', track: 'inbound' }, ...at };
    const odd: CallEvent = {
      kind: 'frame',
      frame: { kind: 'unknown', event: 'odd', message: { pin: 1 } },
      ...at,
    };
    const mark: CallEvent = { kind: 'frame', frame: { kind: 'mark', name: 'end' }, ...at };
    const words: CallEvent = { kind: 'words', timestampMs: 40, track: 'inbound', words: 'my pin is 1' };

    expect(maskEvent(key, claims('list'))).toEqual({ kind: 'masked-key', timestampMs: 40, track: 'inbound' });
    expect(maskEvent(odd, claims('list'))).toEqual({
      kind: 'frame',
      frame: { kind: 'unknown', event: 'odd', message: null },
      ...at,
    });
    expect(maskEvent(mark, claims('list'))).toEqual(mark);
    expect(maskEvent(words, claims('list', 'see'))).toBeUndefined();
    expect(maskEvent(words, claims('listen'))).toEqual(words);
    for (const event of [key, odd, mark]) expect(maskEvent(event, claims('see'))).toBe(event);
  });
});
