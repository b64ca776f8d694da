import {
  DeserializeStream,
  type FrameFromCall,
  openCall,
  RechunkStream,
  type ResamplerQuality,
  ResampleStream,
  SerializeStream,
  twilio,
  type WireMessage,
} from '@patchcord/core';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { audio, START } from './frames.ts';
import { through } from './through.ts';

const FRAMES = 30;

/** A gapless call, as the provider tells it. */
function messages(): WireMessage[] {
  const provider = twilio.createProviderSerializer();
  const speech = Array.from({ length: FRAMES }, (_, frame) =>
    audio(
      Array.from({ length: 160 }, (_, index) => 12000 * Math.sin((frame * 160 + index) * 0.31 + frame)),
      { timestampMs: 20 * frame },
    ),
  );
  return [START, ...speech].flatMap((frame: FrameFromCall) => provider.serialize(frame));
}

/** What the streams write over a bare socket, for an app that says what it hears. */
async function byStreams(sampleRate: number, quality: ResamplerQuality): Promise<WireMessage[]> {
  const serializer = twilio.createSerializer();
  const heard = await through(messages(), new DeserializeStream(serializer));
  const atOurRate = await through(heard, new ResampleStream({ sampleRate, quality }));
  // The app reads from a call that goes on: the filter's tail, which comes at the end, is not there yet.
  const spoken = atOurRate.filter((frame) => frame.kind === 'audio').slice(0, FRAMES);
  const atTheirRate = await through(spoken, new ResampleStream({ sampleRate: 8000, quality }));
  const cut = await through(atTheirRate, new RechunkStream({ ms: 20, pad: true }));
  return through(cut, new SerializeStream(serializer));
}

/** What a call writes for the same. */
async function byCall(sampleRate: number, quality: ResamplerQuality): Promise<WireMessage[]> {
  const [line, socket] = createSocketPair();
  const written: WireMessage[] = [];
  line.addEventListener('message', ({ data }) => written.push(data as WireMessage));
  line.addEventListener('open', () => {
    for (const message of messages()) line.send(message);
  });
  const clock = createManualClock();
  const call = await openCall(socket, twilio, { sampleRate, quality, markEveryMs: 0, clock });
  const app = async (): Promise<void> => {
    const reader = call.readable.getReader();
    const writer = call.writable.getWriter();
    for (let count = 0; count < FRAMES; ) {
      const { value } = await reader.read();
      if (value?.kind !== 'audio') continue;
      count++;
      await writer.write(value);
    }
    await writer.close();
  };
  let done = false;
  const running = app().finally(() => {
    done = true;
  });
  for (let ms = 0; !done && ms < 2000; ms++) await clock.advance(1);
  await running;
  await clock.advance(1);
  await call.end({ when: 'now' });
  return written;
}

describe('the streams over a bare socket write what a call writes, byte for byte', () => {
  test.each<[number, ResamplerQuality]>([
    [8000, 'balanced'],
    [16000, 'balanced'],
    [24000, 'low-latency'],
    [48000, 'best'],
  ])('at %i Hz, %s', async (sampleRate, quality) => {
    const expected = await byStreams(sampleRate, quality);
    expect(expected.length).toBeGreaterThanOrEqual(FRAMES);
    expect(await byCall(sampleRate, quality)).toEqual(expected);
  });
});
