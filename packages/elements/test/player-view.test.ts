import type { CallSummary } from '@patchcord/monitor/client';
import { expect, it } from 'vitest';
import { type PlayerFacts, playerView } from '../src/player-view.ts';

const call: CallSummary = {
  callId: 'CA1',
  streamId: 'MZ1',
  provider: 'twilio',
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  tracks: ['inbound', 'outbound'],
  startedAtMs: 0,
  state: 'up',
  warnings: 0,
  canHangUp: false,
  speaking: [],
};

const facts: PlayerFacts = {
  call,
  listening: { kind: 'idle' },
  connection: 'connected',
  mayListen: true,
  blocked: false,
  delayMs: 84,
  elapsedMs: 269_000,
  nowMs: 60_000,
};

const said = (more: Partial<PlayerFacts>): string => {
  const { title, detail, button } = playerView({ ...facts, ...more });
  return `${title}. ${detail} [${button.name}${button.enabled ? '' : ', off'}]`;
};

it('says each state, and what to do', () => {
  expect(said({})).toBe('Not listening. Press Enter or the button to hear this call. [Listen]');
  expect(said({ mayListen: false })).toBe(
    'Not listening. You may see this call but not hear it. [Listen, off]',
  );
  expect(said({ listening: { kind: 'connecting', sinceMs: 58_000 } })).toBe(
    'Connecting…. Asking the gateway for this call. [Stop]',
  );
  expect(said({ listening: { kind: 'connecting', sinceMs: 55_000 } })).toContain('Still trying.');
  expect(said({ listening: { kind: 'listening' } })).toBe('Listening. Live, 84 ms [Stop]');
  expect(said({ listening: { kind: 'listening' }, quietMs: 1900 })).toBe('Listening. Live, 84 ms [Stop]');
  expect(said({ listening: { kind: 'listening' }, quietMs: 12_100 })).toBe(
    'Listening. No sound comes in, for 12 s now. [Stop]',
  );
  expect(said({ listening: { kind: 'listening' }, connection: 'reconnecting', lostMs: 57_000 })).toBe(
    'Reconnecting…. Lost the gateway 3 s ago. The call itself goes on. [Stop]',
  );
  expect(said({ listening: { kind: 'listening' }, blocked: true })).toBe(
    'Cannot play. The browser blocked sound. Click Listen once more. [Listen]',
  );
  expect(said({ listening: { kind: 'error', message: 'No.' } })).toBe('Cannot play. No. [Listen]');
  expect(said({ call: { ...call, state: 'ended', endedAtMs: 269_000, endReason: 'stopped' } })).toMatch(
    /^The call has ended\. The caller hung up at \d\d:\d\d:\d\d, after 4:29\. \[Listen, off]$/,
  );
});
