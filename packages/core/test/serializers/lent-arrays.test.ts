/** Serializers write samples to an array that they are lent, and say the same as without. */

import {
  type FrameFromCall,
  type FrameSerializer,
  type FrameToCall,
  linear16,
  mulaw,
  reuseSamples,
  twilio,
  vonage,
} from '@patchcord/core';
import { describe, expect, test } from 'vitest';

const tone = (length: number) => new Int16Array(length).map((_, index) => 9000 * Math.sin(index * index));

const media = (length: number) =>
  JSON.stringify({
    event: 'media',
    media: { payload: Buffer.from(mulaw.encode(tone(length))).toString('base64') },
  });

const usualMedia = (length: number) => {
  const provider = twilio.createProviderSerializer();
  provider.serialize({
    kind: 'start',
    provider: 'twilio',
    streamId: 'MZ1',
    callId: 'CA1',
    format: twilio.format,
    tracks: ['inbound'],
    parameters: {},
  });
  return provider.serialize({
    kind: 'audio',
    samples: tone(length),
    sampleRate: 8000,
    channels: 1,
    timestampMs: 20,
    track: 'inbound',
  })[0] as string;
};

function startedTwilio(): FrameSerializer<FrameFromCall, FrameToCall> {
  const serializer = twilio.createSerializer();
  serializer.deserialize(JSON.stringify({ event: 'start', start: { streamSid: 'MZ1', callSid: 'CA1' } }));
  return serializer;
}

describe.each([
  ['Twilio, in the usual layout', startedTwilio, usualMedia],
  ['Twilio, by JSON', startedTwilio, media],
  ['Vonage', () => vonage.createSerializer(), (length: number) => linear16.encode(tone(length))],
] as const)('%s', (_, create, message) => {
  const samplesOf = (frames: FrameFromCall[]) => {
    const [frame] = frames;
    if (frame?.kind !== 'audio') throw new Error('no audio');
    return frame.samples;
  };

  test('the frame is the same, in the array that was lent', () => {
    const [lent, owned] = [create(), create()];
    const allocate = reuseSamples();
    for (const length of [160, 160, 7, 480]) {
      const frames = lent.deserialize(message(length), allocate);
      expect(frames).toEqual(owned.deserialize(message(length)));
      expect(samplesOf(frames)).toBe(allocate(length));
    }
    const first = samplesOf(lent.deserialize(message(160), allocate));
    expect(samplesOf(lent.deserialize(message(160), allocate))).toBe(first);
  });

  test('without one, each frame owns its whole buffer', () => {
    const serializer = create();
    const [first, second] = [1, 2].map(() => samplesOf(serializer.deserialize(message(160))));
    expect(first).not.toBe(second);
    expect(first?.buffer.byteLength).toBe(320);
  });

  test('an array of another length is refused in words, and the serializer stays usable', () => {
    const serializer = create();
    for (const length of [159, 161]) {
      expect(() => serializer.deserialize(message(160), () => new Int16Array(length))).toThrow(
        expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(/160 samples/) }),
      );
    }
    expect(samplesOf(serializer.deserialize(message(160)))).toHaveLength(160);
  });
});
