import type { CallLevels } from '@patchcord/monitor/client';
import { describe, expect, it } from 'vitest';
import { Attention } from '../src/attention.ts';
import { LevelHistory } from '../src/level-history.ts';
import { SteadyOrder } from '../src/steady-order.ts';
import { Timeline } from '../src/timeline/timeline.ts';
import { summary } from './fake-client.ts';

const level = (callId: string, inbound: number, outbound: number): CallLevels => ({
  callId,
  inbound: { peakDb: inbound, rmsDb: inbound },
  outbound: { peakDb: outbound, rmsDb: outbound },
});

describe('attention', () => {
  const quiet = summary('1111');
  const agentSpeaks = summary('1111', { speaking: ['outbound'] });

  it('is wanted where nobody speaks for 15 s', () => {
    const attention = new Attention(new LevelHistory());
    attention.note([agentSpeaks], 1000);
    attention.note([quiet], 2000);
    expect(attention.troubleOf(quiet, 15_900)).toBeUndefined();
    expect(attention.troubleOf(quiet, 20_000)).toMatchObject({
      kind: 'dead-air',
      note: 'Nobody speaks, 19 s',
    });
    expect(attention.quietSinceMs(quiet)).toBe(1000);
    attention.note([agentSpeaks], 21_000);
    expect(attention.troubleOf(agentSpeaks, 21_000)).toBeUndefined();
  });

  it('is wanted where one side is digital silence while the other one speaks', () => {
    const levels = new LevelHistory();
    const attention = new Attention(levels);
    for (let nowMs = 0; nowMs <= 24_000; nowMs += 100) {
      levels.push([level('1111', -120, -20)], nowMs);
      attention.note([agentSpeaks], nowMs);
    }
    expect(attention.troubleOf(agentSpeaks, 24_000)).toMatchObject({
      tone: 'danger',
      note: 'No audio from caller, 24 s',
      track: 'inbound',
    });
  });

  it('is not wanted for a line with noise, or for one on which nobody was spoken to', () => {
    const levels = new LevelHistory();
    const attention = new Attention(levels);
    for (let nowMs = 0; nowMs <= 24_000; nowMs += 100) {
      levels.push([level('1111', -70, -20), level('2222', -120, -120)], nowMs);
      attention.note([agentSpeaks, summary('2222', { speaking: ['inbound'] })], nowMs);
    }
    expect(attention.troubleOf(agentSpeaks, 24_000)).toBeUndefined();
  });

  it('tells warnings last, and nothing of a call that is over', () => {
    const attention = new Attention(new LevelHistory());
    const warned = summary('1111', { warnings: 2, speaking: ['inbound'] });
    attention.note([warned], 0);
    expect(attention.troubleOf(warned, 0)).toMatchObject({ kind: 'warnings', note: '2 warnings' });
    expect(attention.troubleOf({ ...warned, state: 'ended' }, 0)).toBeUndefined();
  });
});

describe('the timeline', () => {
  it('has one row for a stretch of dead air, which grows', () => {
    const timeline = new Timeline();
    expect(timeline.noteQuiet(10_000, 20_000)).toBe(false);
    expect(timeline.noteQuiet(10_000, 26_000)).toBe(true);
    expect(timeline.noteQuiet(10_010, 26_400)).toBe(false);
    expect(timeline.noteQuiet(10_000, 29_000)).toBe(true);
    timeline.noteQuiet(50_000, 70_000);
    expect(timeline.rows('warnings')).toMatchObject([
      { kind: 'dead-air', atMs: 10_000, durationMs: 19_000 },
      { kind: 'dead-air', atMs: 50_000, durationMs: 20_000 },
    ]);
  });

  it('has a row for a supervisor’s words', () => {
    const timeline = new Timeline();
    timeline.noteOnAir(5000);
    timeline.noteOnAir(5000, 3000);
    expect(timeline.of('on-air')).toMatchObject([{ atMs: 5000, durationMs: 3000 }]);
  });
});

describe('the order of calls', () => {
  const old = summary('1111', { startedAtMs: 1000 });
  const fresh = summary('2222', { startedAtMs: 2000 });
  const ids = (calls: readonly { readonly callId: string }[]): string[] => calls.map(({ callId }) => callId);

  it('puts those in need first, not more often than every 5 s', () => {
    const order = new SteadyOrder();
    const needs = ({ callId }: { callId: string }): boolean => callId === '2222';
    const none = (): boolean => false;
    expect(ids(order.arrange([old, fresh], 'attention', none, 0, false).well)).toEqual(['1111', '2222']);
    expect(ids(order.arrange([old, fresh], 'attention', needs, 4999, false).needing)).toEqual([]);
    const later = order.arrange([old, fresh], 'attention', needs, 5000, false);
    expect([ids(later.needing), ids(later.well)]).toEqual([['2222'], ['1111']]);
  });

  it('does not move under the hand', () => {
    const order = new SteadyOrder();
    order.arrange([old], 'newest', () => false, 0, false);
    const held = order.arrange([old, fresh], 'newest', () => false, 60_000, true);
    expect(ids(held.well)).toEqual(['1111', '2222']);
    expect(ids(order.arrange([old, fresh], 'newest', () => false, 60_001, false).well)).toEqual([
      '2222',
      '1111',
    ]);
  });

  it('forgets calls that are gone, and takes another order at once', () => {
    const order = new SteadyOrder();
    order.arrange([old, fresh], 'longest', () => false, 0, false);
    expect(ids(order.arrange([fresh], 'longest', () => false, 10, true).well)).toEqual(['2222']);
    expect(ids(order.arrange([old, fresh], 'newest', () => false, 20, true).well)).toEqual(['2222', '1111']);
  });
});
