import type { Track } from '@patchcord/core';
import type { CallEvent } from '@patchcord/monitor/client';
import { describe, expect, it } from 'vitest';
import { LatencyLog, percentile } from '../src/latency-log.ts';
import { Timeline } from '../src/timeline/timeline.ts';
import { TurnPairs } from '../src/turn-pairs.ts';
import { summary } from './fake-client.ts';

const turn = (track: Track, timestampMs: number, durationMs: number): CallEvent => ({
  kind: 'turn',
  track,
  timestampMs,
  durationMs,
});
const cut = (timestampMs: number): CallEvent => ({ kind: 'cut', timestampMs, unheardMs: 900 });

describe('waits', () => {
  it('are from the caller’s last word to the agent’s first', () => {
    const pairs = new TurnPairs();
    expect(pairs.push(turn('inbound', 1000, 1000))).toBeUndefined();
    expect(pairs.push(turn('inbound', 2500, 500))).toBeUndefined();
    expect(pairs.push(turn('outbound', 3830, 2000))).toMatchObject({ kind: 'answer', waitMs: 830 });
    expect(pairs.push(turn('outbound', 6500, 2000))).toBeUndefined();
  });

  it('are none while the caller has said nothing', () => {
    expect(new TurnPairs().push(turn('outbound', 0, 2000))).toBeUndefined();
  });

  it('end when the agent falls silent for a caller who spoke over it', () => {
    const pairs = new TurnPairs();
    pairs.push(cut(5220));
    pairs.push(turn('outbound', 1000, 4220));
    expect(pairs.push(turn('inbound', 5000, 3000))).toMatchObject({
      kind: 'interruption',
      silentAfterMs: 220,
    });
    expect(pairs.push(turn('inbound', 9000, 3000))).toBeUndefined();
  });

  it('are written into the timeline’s rows', () => {
    const timeline = new Timeline();
    for (const event of [cut(5220), turn('outbound', 1000, 4220), turn('inbound', 5000, 1000)])
      timeline.push(event);
    timeline.push(turn('outbound', 7000, 1000));
    const turns = timeline.of('turn');
    expect(turns.map(({ answeredMs, silencedMs }) => ({ answeredMs, silencedMs }))).toEqual([
      { answeredMs: undefined, silencedMs: undefined },
      { answeredMs: undefined, silencedMs: 220 },
      { answeredMs: 1000, silencedMs: undefined },
    ]);
  });
});

describe('the latency log', () => {
  it('tells waits by kind, agent and time', () => {
    const log = new LatencyLog();
    const one = summary('1111', { label: 'Booking', startedAtMs: 1_000_000 });
    const other = summary('2222', { label: 'Billing', startedAtMs: 2_000_000 });
    for (const call of [one, other]) {
      log.push(call, { kind: 'words', timestampMs: 0, track: 'inbound', words: `Hello ${call.callId}` });
      log.push(call, turn('inbound', 0, 1000));
      expect(log.push(call, turn('outbound', 1900, 1000))).toBe(true);
    }
    expect(log.labels).toEqual(['Billing', 'Booking']);
    expect(log.waits({ kind: 'answer', sinceMs: 0 })).toHaveLength(2);
    expect(log.waits({ kind: 'answer', sinceMs: 0, label: 'Billing' })).toMatchObject([
      { callId: '2222', waitMs: 900, unixMs: 2_001_000, atMs: 1000, words: 'Hello 2222' },
    ]);
    expect(log.waits({ kind: 'answer', sinceMs: 1_500_000 })).toHaveLength(1);
    expect(log.waits({ kind: 'interruption', sinceMs: 0 })).toEqual([]);
  });
});

it('percentiles are by rank', () => {
  const values = [5, 1, 4, 2, 3];
  expect([0.5, 0.8, 0.95, 1].map((share) => percentile(values, share))).toEqual([3, 4, 5, 5]);
  expect(percentile([], 0.5)).toBeUndefined();
});
