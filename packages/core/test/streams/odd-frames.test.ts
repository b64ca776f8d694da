import { type AudioFrame, type Frame, MediaError, openCall, twilio } from '@patchcord/core';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { oddFrames, oddMessages } from '@patchcord/testing/fuzz';
import { describe, expect, test } from 'vitest';
import { createRechunker } from '../../src/streams/rechunk.ts';
import { createFrameResampler } from '../../src/streams/resample.ts';
import { audio, count, START } from './frames.ts';

const COUNT = process.env.PATCHCORD_LONG === '1' ? 200_000 : 4_000;

describe('odd frames', () => {
  test.each([
    ['RechunkStream', () => createRechunker({ ms: 20, pad: true })],
    ['ResampleStream', () => createFrameResampler({ sampleRate: 24_000 })],
  ] as const)(
    '%s refuses them with a MediaError, never hangs, and is usable after',
    (_, create) => {
      const good = audio(count(160), { track: 'outbound' });
      const outcome = (engine: ReturnType<typeof create>) => [
        ...engine.push({ kind: 'clear' }),
        ...engine.push(good),
        ...engine.end(),
      ];
      const expected = outcome(create());
      let engine = create();
      let refused = 0;
      for (const [index, frame] of [...oddFrames({ seed: 711, count: COUNT })].entries()) {
        if (index % 101 === 0) engine = create();
        try {
          engine.push(frame);
        } catch (error) {
          if (!(error instanceof MediaError)) throw error;
          refused++;
        }
        if (index % 10 === 0) expect(outcome(engine)).toEqual(expected);
      }
      expect(refused).toBeGreaterThan(COUNT / 10);
    },
    120_000,
  );

  test.each([0, -1, 1.5, Number.NaN, 3])('RechunkStream refuses %d channels of 160 samples', (channels) => {
    const frame: AudioFrame = audio(count(160), { channels });
    expect(() => createRechunker({ ms: 20 }).push(frame)).toThrow(
      expect.objectContaining({ code: 'wrong-format' }),
    );
  });
});

test('a call goes on whatever comes, and hears what is good', async () => {
  const clock = createManualClock();
  const [socket, line] = createSocketPair();
  const opening = openCall(socket, twilio, { clock, sampleRate: 16_000 });
  await clock.advance(1);
  const provider = twilio.createProviderSerializer();
  for (const message of provider.serialize(START)) line.send(message);
  const call = await opening;
  const heard: Frame[] = [];
  call.observe((frame, phase) => {
    if (phase === 'received') heard.push(frame);
  });
  await clock.advance(1);
  for (const message of oddMessages({ seed: 711, count: 2000 })) {
    const data = typeof message === 'string' ? message : new Uint8Array(message as ArrayBuffer);
    // An end is an end: anything else must not stop the call.
    if (Buffer.from(data).includes('"stop"')) continue;
    line.send(data);
    heard.length = 0;
    await clock.advance(1);
  }
  expect(call.stats.malformed).toBeGreaterThan(500);
  for (const message of provider.serialize(audio(count(160), { timestampMs: 1e9 }))) line.send(message);
  await clock.advance(1);
  expect(heard.some((frame) => frame.kind === 'audio' && frame.concealed !== true)).toBe(true);
  const ended = call.end({ when: 'now' });
  line.close();
  await clock.advance(3000);
  expect(await ended).toMatchObject({ reason: 'ended' });
});
