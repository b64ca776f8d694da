import { durationMs, type Frame, isWellFormed, transferables } from '@patchcord/core';
import { describe, expect, test } from 'vitest';

const start: Frame = {
  kind: 'start',
  provider: 'twilio',
  streamId: 'MZ1',
  callId: 'CA1',
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  tracks: ['inbound'],
  parameters: {},
};
const audio: Frame = {
  kind: 'audio',
  samples: new Int16Array(320),
  sampleRate: 16000,
  channels: 1,
  timestampMs: 0,
  track: 'inbound',
};
const mark: Frame = { kind: 'mark', name: 'a' };
const stop: Frame = { kind: 'stop' };

describe('isWellFormed', () => {
  test.each<[string, Frame[], boolean]>([
    ['start alone', [start], true],
    ['start and stop', [start, stop], true],
    ['anything between', [start, audio, mark, audio, stop], true],
    ['no stop', [start, audio], true],
    ['nothing', [], false],
    ['audio first', [audio, start], false],
    ['two starts', [start, start], false],
    ['something after stop', [start, stop, mark], false],
    ['two stops', [start, stop, stop], false],
    ['a message, which only we send', [start, { kind: 'message', message: {} }], false],
  ])('%s', (_, frames, expected) => {
    expect(isWellFormed(frames)).toBe(expected);
  });
});

test('durationMs counts samples of one channel', () => {
  expect(durationMs(audio)).toBe(20);
  expect(durationMs({ ...audio, channels: 2 })).toBe(10);
  expect(durationMs(mark)).toBe(0);
});

test('transferables moves the samples, and only them', () => {
  expect(transferables(mark)).toEqual([]);
  const frame = { ...audio, samples: Int16Array.of(1, 2, 3) };
  const moved = structuredClone(frame, { transfer: transferables(frame) });
  expect(moved).toMatchObject({ kind: 'audio', samples: Int16Array.of(1, 2, 3) });
  expect(frame.samples.length).toBe(0);
});
