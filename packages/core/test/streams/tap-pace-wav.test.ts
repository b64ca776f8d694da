import { decodeWav, type Frame, PaceStream, TapStream, WavEncodeStream } from '@patchcord/core';
import { createManualClock } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { audio, count, START } from './frames.ts';
import { through } from './through.ts';

const clear: Frame = { kind: 'clear' };

describe('TapStream', () => {
  test('shows each frame and lets it pass as it is', async () => {
    const frames: Frame[] = [START, audio(count(160)), clear];
    const seen: Frame[] = [];
    const passed = await through(frames, new TapStream((frame) => seen.push(frame)));
    for (const [index, frame] of frames.entries()) {
      expect(passed[index]).toBe(frame);
      expect(seen[index]).toBe(frame);
    }
  });

  test('errors with what the observer throws', async () => {
    const mine = new Error('mine');
    const tap = new TapStream(() => {
      throw mine;
    });
    await expect(through([clear], tap)).rejects.toBe(mine);
  });
});

describe('PaceStream', () => {
  /** When each frame left, by the clock. */
  async function left(frames: readonly Frame[], leadMs?: number): Promise<number[]> {
    const clock = createManualClock();
    const times: number[] = [];
    const paced = new PaceStream({ clock, ...(leadMs !== undefined && { leadMs }) });
    const reading = (async () => {
      const reader = paced.readable.getReader();
      while (!(await reader.read()).done) times.push(clock.now());
    })();
    const writing = (async () => {
      const writer = paced.writable.getWriter();
      for (const frame of frames) void writer.write(frame);
      await writer.close();
    })();
    await clock.advance(2000);
    await Promise.all([reading, writing]);
    expect(clock.pending).toBe(0);
    return times;
  }

  const spoken = Array.from({ length: 6 }, (_, i) => audio(count(160), { timestampMs: 20 * i }));

  test('lets audio go no faster than it plays, but for the lead', async () => {
    expect(await left(spoken, 0)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(await left(spoken, 50)).toEqual([0, 0, 0, 10, 30, 50]);
    expect(await left(spoken)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('other frames wait for nothing but the audio before them; audio behind clear starts anew', async () => {
    const [first, second, third] = spoken as [Frame, Frame, Frame];
    expect(await left([START, first, clear, second, third, { kind: 'stop' }], 0)).toEqual([
      0, 0, 0, 0, 20, 20,
    ]);
  });

  test('tracks play side by side', async () => {
    const other = spoken.map((frame) => ({ ...frame, track: 'outbound' as const }));
    const both = spoken.slice(0, 3).flatMap((frame, i) => [frame, other[i] as Frame]);
    expect(await left(both, 0)).toEqual([0, 0, 20, 20, 40, 40]);
  });

  test('the signal ends the wait and errors the stream with its reason', async () => {
    const clock = createManualClock();
    const abort = new AbortController();
    const paced = new PaceStream({ clock, leadMs: 0, signal: abort.signal });
    const piped = through<Frame, Frame>(spoken, paced).catch((error: unknown) => error);
    await clock.advance(30);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await piped).toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test.each([-1, Number.NaN, 60_001])('refuses a lead of %d ms, in words', (leadMs) => {
    expect(() => new PaceStream({ leadMs })).toThrow(/ is .*, expected /);
  });
});

describe('WavEncodeStream', () => {
  test('is a WAV file of one track', async () => {
    const frames = [
      START,
      audio(count(160)),
      audio(count(20), { track: 'outbound' }),
      clear,
      audio(count(100, 161)),
    ];
    const pieces = await through(frames, new WavEncodeStream());
    const file = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
    expect(decodeWav(file)).toEqual({ samples: Int16Array.from(count(260)), sampleRate: 8000, channels: 1 });
    // The length is open: RIFF readers then read to the end of what there is.
    expect(new DataView(file.buffer).getUint32(40, true)).toBe(0xffff_ffff);
  });

  test('keeps the rate and the channels of the first frame', async () => {
    const stereo = audio(count(4), { channels: 2, sampleRate: 16_000, track: 'outbound' });
    const pieces = await through([stereo], new WavEncodeStream({ track: 'outbound' }));
    expect(decodeWav(Uint8Array.from(pieces.flatMap((piece) => [...piece])))).toEqual({
      samples: Int16Array.from(count(4)),
      sampleRate: 16_000,
      channels: 2,
    });
  });

  test('errors when they change, and gives nothing for nothing', async () => {
    const changed = [audio(count(160)), audio(count(160), { sampleRate: 16_000 })];
    await expect(through(changed, new WavEncodeStream())).rejects.toThrow(
      expect.objectContaining({ code: 'wrong-format' }),
    );
    expect(await through([START, clear], new WavEncodeStream())).toEqual([]);
  });
});
