import { type Frame, isWellFormed, type StartFrame, twilio } from '@patchcord/core';
import { readTranscripts, type TranscriptLine } from '@patchcord/testing/golden';
import { describe, expect, test } from 'vitest';

/** The frames of these lines; a line that must be refused is, and leaves no trace. */
function read(lines: readonly TranscriptLine[]): Frame[] {
  const ours = twilio.createSerializer();
  const provider = twilio.createProviderSerializer();
  return lines.flatMap(({ from, message, error }): Frame[] => {
    const side = from === 'provider' ? ours : provider;
    if (error !== undefined) {
      expect(() => side.deserialize(message), message).toThrow(expect.objectContaining({ code: error }));
      return [];
    }
    const frames: Frame[] = side.deserialize(message);
    const start = frames.find((frame): frame is StartFrame => frame.kind === 'start');
    if (start) provider.serialize(start);
    return from === 'provider' ? frames : [];
  });
}

const transcripts = readTranscripts('twilio');

test('there are transcripts', () => {
  expect(transcripts.map(({ name }) => name)).toContain('barge-in');
});

describe.each(transcripts)('transcript $name', ({ lines }) => {
  test('reads as a call does', () => {
    expect(isWellFormed(read(lines))).toBe(true);
  });

  test('every prefix of it gives a prefix of its frames', () => {
    const frames = read(lines);
    for (let length = 0; length <= lines.length; length++) {
      const prefix = read(lines.slice(0, length));
      expect(prefix).toEqual(frames.slice(0, prefix.length));
      if (prefix.length > 0) expect(isWellFormed(prefix)).toBe(true);
    }
  });

  test('says where each piece of audio belongs', () => {
    const heard = new Map<string, number>();
    for (const frame of read(lines)) {
      if (frame.kind !== 'audio') continue;
      heard.set(frame.track, (heard.get(frame.track) ?? 0) + frame.samples.length);
      expect(frame.timestampMs).toBeGreaterThanOrEqual(0);
    }
    expect(heard.get('inbound')).toBeGreaterThan(0);
  });
});
