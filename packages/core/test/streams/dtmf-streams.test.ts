import {
  type AudioFrame,
  DtmfDetectStream,
  type DtmfDigit,
  type DtmfFrame,
  DtmfToneStream,
  dtmfTone,
  type Frame,
  MediaError,
  measureLevel,
  mulaw,
  RechunkStream,
} from '@patchcord/core';
import { describe, expect, test } from 'vitest';
import { audio, count, START } from './frames.ts';
import { through } from './through.ts';

const KEYS = [...'123A456B789C*0#D'] as DtmfDigit[];

const key = (digit: DtmfDigit, track: DtmfFrame['track'] = 'outbound'): DtmfFrame => ({
  kind: 'dtmf',
  digit,
  track,
});

const digits = (frames: readonly Frame[]): string =>
  frames.map((frame) => (frame.kind === 'dtmf' ? frame.digit : '')).join('');

describe('DtmfToneStream and DtmfDetectStream', () => {
  test.each([8000, 16_000])(
    'what one says, the other hears: all keys, at %i Hz, over G.711',
    async (rate) => {
      const sounds = await through<Frame, Frame>(
        KEYS.map((digit) => key(digit)),
        new DtmfToneStream({ sampleRate: rate }),
      );
      const line = sounds.map((frame) =>
        frame.kind === 'audio' ? { ...frame, samples: mulaw.decode(mulaw.encode(frame.samples)) } : frame,
      );
      const messages = await through<Frame, Frame>(line, new RechunkStream({ ms: 20 }));
      const heard = await through<Frame, Frame>(messages, new DtmfDetectStream());
      expect(digits(heard)).toBe(KEYS.join(''));
      expect(heard.filter((frame) => frame.kind === 'audio')).toEqual(messages);
    },
  );
});

describe('DtmfToneStream', () => {
  test('a key is its tones and a pause; what follows is as much later', async () => {
    const frames = await through<Frame, Frame>(
      [
        audio(count(160), { track: 'outbound' }),
        key('5'),
        key('#'),
        audio(count(160), { track: 'outbound', timestampMs: 20 }),
      ],
      new DtmfToneStream({ toneMs: 80, pauseMs: 60 }),
    );
    expect(
      frames.map((frame) => frame.kind === 'audio' && [frame.timestampMs, frame.samples.length]),
    ).toEqual([
      [0, 160],
      [20, 1120],
      [160, 1120],
      [300, 160],
    ]);
    const tone = (frames[1] as AudioFrame).samples;
    expect(tone.subarray(0, 640)).toEqual(dtmfTone('5', { ms: 80, level: -6 }));
    expect(tone.subarray(640).every((sample) => sample === 0)).toBe(true);
  });

  test('each tone is within what ITU-T Q.24 receives, -3 to -25 dBm0', async () => {
    const [frame] = await through<Frame, Frame>([key('1')], new DtmfToneStream({ toneMs: 1000 }));
    const { rmsDb } = measureLevel((frame as AudioFrame).samples.subarray(80, 7920));
    // A sine of full scale is +3.17 dBm0 and -3.01 dB; two equal tones have 3.01 dB more than one.
    const toneDbm0 = rmsDb - 3.01 + 3.01 + 3.17;
    expect(toneDbm0).toBeGreaterThan(-10);
    expect(toneDbm0).toBeLessThan(-8);
  });

  test('lets all else pass as it is: the other track, its keys, and what is no sound', async () => {
    const others: Frame[] = [START, key('1', 'inbound'), audio(count(10)), { kind: 'clear' }];
    const passed = await through<Frame, Frame>(others, new DtmfToneStream());
    for (const [index, frame] of passed.entries()) expect(frame).toBe(others[index]);
    const [sounded] = await through<Frame, Frame>(
      [key('1', 'inbound')],
      new DtmfToneStream({ track: 'inbound' }),
    );
    expect(sounded).toMatchObject({ kind: 'audio', track: 'inbound' });
  });

  test.each([{ toneMs: 39 }, { pauseMs: Number.NaN }, { level: 1 }, { sampleRate: 0 }])(
    'refuses %j, in words',
    (options) => {
      expect(() => new DtmfToneStream(options)).toThrow(MediaError);
      expect(() => new DtmfToneStream(options)).toThrow(/ is .*, expected /);
    },
  );
});

describe('DtmfDetectStream', () => {
  const pieces = (digit: DtmfDigit, track: AudioFrame['track'], startMs = 0): AudioFrame[] => {
    const samples = dtmfTone(digit, { ms: 100 });
    return Array.from({ length: 5 }, (_, i) =>
      audio(samples.subarray(i * 160, i * 160 + 160), { track, timestampMs: startMs + 20 * i }),
    );
  };

  test('adds a key behind the audio that told it, on its own track', async () => {
    const inbound = pieces('3', 'inbound');
    const outbound = pieces('*', 'outbound');
    const both = inbound.flatMap((frame, i) => [frame, outbound[i] as AudioFrame]);
    const heard = await through<Frame, Frame>(both, new DtmfDetectStream());
    expect(heard.map((frame) => (frame.kind === 'dtmf' ? frame : 'audio'))).toEqual([
      ...new Array<string>(5).fill('audio'),
      key('3', 'inbound'),
      'audio',
      key('*', 'outbound'),
      ...new Array<string>(4).fill('audio'),
    ]);
  });

  test('audio that is missing stands between two keys', async () => {
    const heard = await through<Frame, Frame>(
      [...pieces('8', 'inbound'), ...pieces('8', 'inbound', 160)],
      new DtmfDetectStream(),
    );
    expect(digits(heard)).toBe('88');
    const joined = await through<Frame, Frame>(
      [...pieces('8', 'inbound'), ...pieces('8', 'inbound', 100)],
      new DtmfDetectStream(),
    );
    expect(digits(joined)).toBe('8');
  });

  test('tells a key that the stream ends with', async () => {
    const short = audio(dtmfTone('6', { ms: 42 }));
    expect(digits(await through<Frame, Frame>([short], new DtmfDetectStream()))).toBe('6');
  });

  test('refuses several channels, in words', async () => {
    await expect(
      through<Frame, Frame>([audio([1, 2], { channels: 2 })], new DtmfDetectStream()),
    ).rejects.toThrow(expect.objectContaining({ code: 'wrong-format' }));
  });
});
