import {
  type AudioFrame,
  createResampler,
  type Frame,
  type FrameToCall,
  RechunkStream,
  ResampleStream,
  resample,
  SerializeStream,
  twilio,
} from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { audio } from './frames.ts';
import { through } from './through.ts';

const sine = (length: number, sampleRate = 8000): number[] =>
  Array.from({ length }, (_, index) => Math.round(9000 * Math.sin((2 * Math.PI * 440 * index) / sampleRate)));

const samplesOf = (frames: readonly Frame[], track = 'inbound') =>
  frames.flatMap((frame) => (frame.kind === 'audio' && frame.track === track ? [...frame.samples] : []));

/** What a resampler makes of one sound, tail included. */
function whole(sound: readonly number[], from: number, to: number): number[] {
  const resampler = createResampler({ from, to });
  return [...resampler.push(Int16Array.from(sound)), ...resampler.end()];
}

describe('ResampleStream', () => {
  test('gives frames of the rate asked for, at the times that they had', async () => {
    const input = [0, 20, 40].map((timestampMs) => audio(sine(160), { timestampMs }));
    const output = (await through(input, new ResampleStream({ sampleRate: 16000 }))) as AudioFrame[];
    expect(
      output.slice(0, 3).map((frame) => [frame.samples.length, frame.sampleRate, frame.timestampMs]),
    ).toEqual([
      [320, 16000, 0],
      [320, 16000, 20],
      [320, 16000, 40],
    ]);
  });

  test('loses nothing: the tail comes out at the end', async () => {
    const sound = sine(480);
    const input = [audio(sound.slice(0, 160)), audio(sound.slice(160), { timestampMs: 20 })];
    const output = (await through(input, new ResampleStream({ sampleRate: 24000 }))) as AudioFrame[];
    expect(samplesOf(output)).toEqual(whole(sound, 8000, 24000));
    expect(output.at(-1)).toMatchObject({ timestampMs: 60, sampleRate: 24000, track: 'inbound' });
  });

  test('does not notice where its input was cut', async () => {
    const sound = sine(1000);
    const expected = whole(sound, 8000, 16000);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 12 }), async (cuts) => {
        const input: Frame[] = [];
        let at = 0;
        for (const length of [...cuts, 1000]) {
          input.push(audio(sound.slice(at, at + length), { timestampMs: at / 8 }));
          at += length;
        }
        const output = await through(input, new ResampleStream({ sampleRate: 16000 }));
        expect(samplesOf(output)).toEqual(expected);
      }),
      { seed: 711, numRuns: 30 },
    );
  });

  test('keeps tracks apart', async () => {
    const [caller, agent] = [sine(320), sine(320).map((sample) => -sample >> 1)];
    const input = [0, 160].flatMap((at) => [
      audio(caller.slice(at, at + 160)),
      audio(agent.slice(at, at + 160), { track: 'outbound' }),
    ]);
    const output = await through(input, new ResampleStream({ sampleRate: 16000 }));
    expect(samplesOf(output, 'inbound')).toEqual(whole(caller, 8000, 16000));
    expect(samplesOf(output, 'outbound')).toEqual(whole(agent, 8000, 16000));
  });

  test('forgets at clear: what follows is as if nothing had been', async () => {
    const loud = audio(new Array<number>(160).fill(30000));
    const quiet = audio(new Array<number>(160).fill(0));
    const output = await through(
      [loud, { kind: 'clear' } as const, quiet],
      new ResampleStream({ sampleRate: 16000 }),
    );
    expect(output[1]).toEqual({ kind: 'clear' });
    expect(samplesOf(output.slice(2)).every((sample) => sample === 0)).toBe(true);
  });

  test('gives the tail of an utterance before the mark that ends it, and of both tracks before stop', async () => {
    const mark: Frame = { kind: 'mark', name: 'm' };
    const speech = audio(sine(160), { track: 'outbound' });
    const out = await through(
      [speech, mark, audio(sine(160)), { kind: 'stop' } as Frame],
      new ResampleStream({ sampleRate: 16000 }),
    );
    expect(out.map((frame) => frame.kind)).toEqual(['audio', 'audio', 'mark', 'audio', 'audio', 'stop']);
    expect(samplesOf(out, 'outbound')).toEqual(whole(sine(160), 8000, 16000));
    expect(samplesOf(out, 'inbound')).toEqual(whole(sine(160), 8000, 16000));
  });

  test('does not end the caller’s audio at an echoed mark', async () => {
    const sound = sine(320);
    const input = [audio(sound.slice(0, 160)), { kind: 'mark', name: 'm' } as const, audio(sound.slice(160))];
    const output = await through(input, new ResampleStream({ sampleRate: 16000 }));
    expect(samplesOf(output)).toEqual(whole(sound, 8000, 16000));
  });

  test('lets audio of the right rate pass as it is, stereo too', async () => {
    const frame = audio(sine(160), { channels: 2 });
    expect((await through([frame], new ResampleStream({ sampleRate: 8000 })))[0]).toBe(frame);
  });

  test('follows a source that changes its rate', async () => {
    const input = [audio(sine(160)), audio(sine(480, 24000), { sampleRate: 24000, timestampMs: 20 })];
    const output = await through(input, new ResampleStream({ sampleRate: 16000 }));
    expect(samplesOf(output)).toEqual([
      ...whole(sine(160), 8000, 16000),
      ...whole(sine(480, 24000), 24000, 16000),
    ]);
  });

  test('keeps what says that samples were made up', async () => {
    const [frame] = await through(
      [audio(sine(160), { concealed: true })],
      new ResampleStream({ sampleRate: 16000 }),
    );
    expect(frame).toMatchObject({ concealed: true });
  });

  test('refuses to convert stereo, in words', async () => {
    const output = through([audio(sine(160), { channels: 2 })], new ResampleStream({ sampleRate: 16000 }));
    await expect(output).rejects.toMatchObject({
      code: 'wrong-format',
      message: expect.stringMatching(/Mix it down/),
    });
  });

  test('and a rate that nothing converts to', async () => {
    const output = through([audio(sine(160))], new ResampleStream({ sampleRate: 12345 }));
    await expect(output).rejects.toMatchObject({ name: 'MediaError' });
  });

  test('fits between the other streams, towards a call', async () => {
    const speech = audio([...resample(Int16Array.from(sine(800)), { from: 8000, to: 24000 })], {
      sampleRate: 24000,
      track: 'outbound',
    });
    const frames = new ReadableStream<FrameToCall>({
      start(controller) {
        controller.enqueue(speech);
        controller.enqueue({ kind: 'mark', name: 'end' });
        controller.close();
      },
    });
    const messages: string[] = [];
    await frames
      .pipeThrough(new ResampleStream({ sampleRate: 8000 }))
      .pipeThrough(new RechunkStream({ ms: 20, pad: true }))
      .pipeThrough(new SerializeStream(twilio.createSerializer({ streamSid: 'MZ1' })))
      .pipeTo(new WritableStream({ write: (message) => void messages.push(String(message)) }));
    const parsed = messages.map((message) => JSON.parse(message));
    expect(parsed.at(-1)).toMatchObject({ event: 'mark' });
    // 2400 samples at 24 kHz are 100 ms; the filter's tail fills one more frame.
    expect(parsed.slice(0, -1).map((message) => message.media.payload.length)).toEqual([
      216, 216, 216, 216, 216, 216,
    ]);
  });
});
