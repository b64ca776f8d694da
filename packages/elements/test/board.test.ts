import type { CallSummary } from '@patchcord/monitor/client';
import { expect, it } from 'vitest';
import { CallBoard, ENDED_STAYS_MS } from '../src/board.ts';

const NOW = 1_000_000;

function call(callId: string, startedAtMs: number, more: Partial<CallSummary> = {}): CallSummary {
  return {
    callId,
    streamId: `MZ${callId}`,
    provider: 'twilio',
    format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
    tracks: ['inbound', 'outbound'],
    startedAtMs,
    state: 'up',
    warnings: 0,
    canHangUp: false,
    speaking: [],
    ...more,
  };
}

function boardOf(...calls: readonly CallSummary[]): CallBoard {
  const board = new CallBoard();
  board.apply({ kind: 'calls', calls, gatewayNowMs: NOW }, NOW);
  return board;
}

const ids = (board: CallBoard): string[] => board.calls.map(({ callId }) => callId);

it('lists the longest call first, and keeps places', () => {
  const board = boardOf(call('b', NOW - 5000), call('a', NOW - 9000));
  board.apply({ kind: 'up', call: call('c', NOW) }, NOW);
  board.apply({ kind: 'changed', call: call('a', NOW - 9000, { warnings: 1 }) }, NOW);
  expect(ids(board)).toEqual(['a', 'b', 'c']);
});

it('keeps an ended call where it was for ten seconds', () => {
  const board = boardOf(call('a', NOW - 9000), call('b', NOW - 5000));
  board.apply({ kind: 'ended', call: call('a', NOW - 9000, { state: 'ended', endedAtMs: NOW }) }, NOW);
  expect(board.expire(NOW + ENDED_STAYS_MS - 1)).toBe(false);
  expect(ids(board)).toEqual(['a', 'b']);
  expect(board.expire(NOW + ENDED_STAYS_MS)).toBe(true);
  expect(ids(board)).toEqual(['b']);
});

it('takes a fresh list for the truth, but lets ended calls stay their time', () => {
  const board = boardOf(call('a', NOW - 9000), call('b', NOW - 5000));
  board.apply({ kind: 'ended', call: call('a', NOW - 9000, { state: 'ended', endedAtMs: NOW }) }, NOW);
  board.apply({ kind: 'calls', calls: [call('c', NOW)], gatewayNowMs: NOW }, NOW);
  expect(ids(board)).toEqual(['a', 'c']);
});

it('counts a call’s time by the gateway’s clock, and stops at its end', () => {
  const board = new CallBoard();
  board.apply({ kind: 'calls', calls: [], gatewayNowMs: NOW + 60_000 }, NOW);
  expect(board.elapsedMs(call('a', NOW), NOW + 500)).toBe(60_500);
  expect(board.elapsedMs(call('a', NOW, { endedAtMs: NOW + 1000 }), NOW + 9000)).toBe(1000);
});

it('ends a call that the gateway knows no more, by the gateway’s clock', () => {
  const board = new CallBoard();
  board.apply({ kind: 'calls', calls: [], gatewayNowMs: NOW + 60_000 }, NOW);
  const over = board.over(call('a', NOW, { canHangUp: true, speaking: ['inbound'] }), NOW + 500);
  expect(over).toMatchObject({ state: 'ended', endedAtMs: NOW + 60_500, canHangUp: false, speaking: [] });
  expect(board.elapsedMs(over, NOW + 9000)).toBe(60_500);
});
