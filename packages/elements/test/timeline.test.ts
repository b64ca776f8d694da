import type { CallEvent } from '@patchcord/monitor/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf } from '../src/timeline/band.ts';
import { clipsOf } from '../src/timeline/clips.ts';
import { doing, sentence } from '../src/timeline/sentences.ts';
import { Timeline } from '../src/timeline/timeline.ts';

const key = (digit: '1' | '2' | '#', timestampMs: number): CallEvent => ({
  kind: 'frame',
  phase: 'received',
  timestampMs,
  frame: { kind: 'dtmf', digit, track: 'inbound' },
});

const mark = (name: string, phase: 'sent' | 'played' | 'cleared', timestampMs: number): CallEvent => ({
  kind: 'frame',
  phase,
  timestampMs,
  frame: { kind: 'mark', name },
});

const turn = (track: 'inbound' | 'outbound', timestampMs: number, durationMs: number): CallEvent => ({
  kind: 'turn',
  track,
  timestampMs,
  durationMs,
});

const words = (track: 'inbound' | 'outbound', timestampMs: number, said: string): CallEvent => ({
  kind: 'words',
  track,
  timestampMs,
  words: said,
});

function timelineOf(...events: readonly CallEvent[]): Timeline {
  const timeline = new Timeline();
  for (const event of events) timeline.push(event);
  return timeline;
}

describe('rows', () => {
  it('keeps keys that follow each other in one row', () => {
    const rows = timelineOf(key('1', 1000), key('2', 2500), key('#', 9000)).of('key');
    expect(rows.map((row) => row.keys.map(({ digit }) => digit).join(''))).toEqual(['12', '#']);
  });

  it('shows a key that the ticket may not see as a dot', () => {
    const timeline = timelineOf({ kind: 'masked-key', track: 'inbound', timestampMs: 5 });
    expect(timeline.rows().map(sentence)).toEqual(['Caller pressed •']);
  });

  it('puts a turn where it began, although it is told when it is over', () => {
    const timeline = timelineOf(key('1', 4000), turn('inbound', 1000, 3300));
    expect(timeline.rows().map(({ kind, atMs }) => [kind, atMs])).toEqual([
      ['turn', 1000],
      ['key', 4000],
    ]);
  });

  it('joins a turn with the words that were said in it, whichever comes first', () => {
    const before = timelineOf(words('outbound', 1200, 'Hello.'), turn('outbound', 1000, 2000));
    const after = timelineOf(turn('outbound', 1000, 2000), words('outbound', 1200, 'Hello.'));
    for (const timeline of [before, after]) {
      expect(timeline.of('turn')).toMatchObject([{ atMs: 1000, durationMs: 2000, words: 'Hello.' }]);
    }
  });

  it('keeps each sentence of a turn, and its length beside the first', () => {
    const timeline = timelineOf(
      words('outbound', 1000, 'Hello.'),
      words('outbound', 2000, 'Press one.'),
      turn('outbound', 1000, 2400),
      turn('outbound', 3500, 1000),
    );
    expect(timeline.of('turn')).toMatchObject([
      { words: 'Hello.', durationMs: 2400 },
      { words: 'Press one.' },
      { atMs: 3500, durationMs: 1000 },
    ]);
  });

  it('says of the turn that was cut off how much was not heard', () => {
    const cut: CallEvent = { kind: 'cut', timestampMs: 3000, unheardMs: 2640 };
    for (const timeline of [
      timelineOf(cut, turn('outbound', 1000, 1980)),
      timelineOf(turn('outbound', 1000, 1980), cut),
    ]) {
      expect(timeline.of('turn')).toMatchObject([{ unheardMs: 2640 }]);
      expect(timeline.of('cut').map(sentence)).toEqual(['cut off, 2.64 s unheard']);
    }
    expect(timelineOf(cut, turn('inbound', 2900, 500)).of('turn')[0]).not.toHaveProperty('unheardMs');
  });

  it('gives what was cut off to the sentence that was being said', () => {
    const timeline = timelineOf(
      words('outbound', 1000, 'Hello.'),
      words('outbound', 2000, 'Press one.'),
      { kind: 'cut', timestampMs: 3000, unheardMs: 700 },
      words('outbound', 3100, 'All right.'),
      turn('outbound', 1000, 4000),
    );
    expect(timeline.of('turn').map((row) => row.unheardMs)).toEqual([undefined, 700, undefined]);
  });

  it('tells the fate of a mark, and nothing before', () => {
    const timeline = timelineOf(mark('menu', 'sent', 10), mark('menu', 'played', 900));
    expect(timeline.rows().map(sentence)).toEqual(['Heard up to “menu”']);
  });

  it('ends with the end, although playback is told a moment later', () => {
    const end: CallEvent = { kind: 'ended', timestampMs: 900, reason: 'stopped', message: '' };
    const rows = timelineOf(end, mark('bye', 'played', 910), turn('outbound', 100, 790)).rows();
    expect(rows.map(({ kind }) => kind)).toEqual(['turn', 'mark', 'ended']);
  });

  it('filters', () => {
    const timeline = timelineOf(key('1', 1), turn('inbound', 2, 3), mark('menu', 'cleared', 4), {
      kind: 'gap',
      track: 'inbound',
      timestampMs: 5,
      durationMs: 120,
    });
    const kinds = (filter: 'words' | 'keys' | 'marks' | 'warnings'): string[] =>
      timeline.rows(filter).map(({ kind }) => kind);
    expect([kinds('words'), kinds('keys'), kinds('marks'), kinds('warnings')]).toEqual([
      ['turn'],
      ['key'],
      ['mark'],
      ['gap'],
    ]);
  });

  it('is in order, with ids of its own, whatever comes when', () => {
    const time = fc.integer({ min: 0, max: 20_000 });
    const event = fc.oneof(
      time.map((at) => key('1', at)),
      time.map((at) => mark('m', 'played', at)),
      fc.tuple(time, fc.integer({ min: 1, max: 3000 })).map(([at, ms]) => turn('outbound', at, ms)),
      time.map((at) => words('outbound', at, 'w')),
      time.map((timestampMs): CallEvent => ({ kind: 'cut', timestampMs, unheardMs: 500 })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const rows = timelineOf(...events).rows();
        const times = rows.map(({ atMs }) => atMs);
        expect(times).toEqual([...times].sort((one, other) => one - other));
        expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
        const told = events.filter(({ kind }) => kind === 'turn').length;
        expect(rows.filter((row) => row.kind === 'turn' && row.durationMs !== undefined).length).toBe(told);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('the band', () => {
  const view = { fromMs: 0, toMs: 30_000, pxPerMs: 0.025 };

  it('shows a count where glyphs would touch', () => {
    const timeline = timelineOf(mark('a', 'played', 1000), key('1', 1700), key('2', 5000));
    expect(bandOf(timeline, view).map(({ kind, label }) => [kind, label])).toEqual([
      ['many', '2'],
      ['key', '2'],
    ]);
  });

  it('does not tell a cut twice', () => {
    const timeline = timelineOf(
      { kind: 'cut', timestampMs: 1000, unheardMs: 500 },
      mark('a', 'cleared', 1020),
    );
    expect(bandOf(timeline, view).map(({ label }) => label)).toEqual(['Cut off, 0.50 s unheard']);
  });

  it('leaves out what is not in view', () => {
    expect(bandOf(timelineOf(key('1', 40_000)), view)).toEqual([]);
  });
});

describe('the lanes', () => {
  it('end what was unheard where the agent speaks again', () => {
    const timeline = timelineOf(
      turn('outbound', 0, 1000),
      { kind: 'cut', timestampMs: 1000, unheardMs: 5000 },
      turn('outbound', 2500, 1000),
    );
    expect(clipsOf(timeline, 'outbound', 0, 9000)).toContainEqual({
      kind: 'unheard',
      fromMs: 1000,
      toMs: 2500,
    });
    expect(clipsOf(timeline, 'inbound', 0, 9000)).toEqual([]);
  });

  it('know since when words are said whose turn is not over', () => {
    const timeline = timelineOf(
      turn('outbound', 1000, 1000),
      words('outbound', 5000, 'Hello.'),
      words('outbound', 7000, 'Press one.'),
    );
    expect(timeline.wordsSinceMs('outbound')).toBe(5000);
    timeline.push(turn('outbound', 5000, 3000));
    expect(timeline.wordsSinceMs('outbound')).toBeUndefined();
  });

  it('say what a track does', () => {
    const timeline = timelineOf(turn('inbound', 1000, 2000));
    expect(doing(timeline, 'inbound', { nowMs: 16_000 })).toBe('quiet, 13 s');
    expect(doing(timeline, 'outbound', { nowMs: 16_000 })).toBe('quiet');
    expect(doing(timeline, 'outbound', { nowMs: 16_000, speakingSinceMs: 11_000 })).toBe('speaks, 5 s');
  });
});

it('the band tells a gap once, though the gateway warns of it as well', () => {
  const timeline = new Timeline();
  timeline.push({ kind: 'gap', timestampMs: 5000, durationMs: 120, track: 'inbound' });
  const warn = (code: 'lost-audio' | 'marks-missing'): CallEvent => ({
    kind: 'warning',
    timestampMs: 5120,
    warning: { code, message: 'Cause. Cure.', timestampMs: 5120 },
  });
  timeline.push(warn('lost-audio'));
  const band = { fromMs: 0, toMs: 10_000, pxPerMs: 1 };
  expect(bandOf(timeline, band).map(({ kind }) => kind)).toEqual(['gap']);
  timeline.push(warn('marks-missing'));
  expect(bandOf(timeline, band).map(({ kind }) => kind)).toEqual(['gap', 'warning']);
});
