import type { AudioFrame, CallWarning } from '@patchcord/core';
import { describe, expect, test } from 'vitest';
import { countable, findWhole, openLine } from './line.ts';

function audio(samples: Int16Array<ArrayBuffer>): AudioFrame {
  return { kind: 'audio', samples, sampleRate: 8000, channels: 1, timestampMs: 0, track: 'outbound' };
}

describe('somebody who takes over', () => {
  test('cuts the app off, is heard alone until the release, and what the app wrote is counted', async () => {
    const { call, phone, clock } = await openLine();
    const greeting = call.play(countable(2000));
    await clock.advance(500);
    const takeover = call.takeOver();
    expect(await greeting.done).toMatchObject({ outcome: 'cleared' });

    const said = countable(400).map((sample) => -sample);
    expect(takeover.write(audio(said.slice()))).toBe(true);
    expect(call.send(audio(countable(100)))).toBe(true);
    expect(call.interrupt()).toEqual({ playbacks: [] });
    call.send({ kind: 'clear' });
    expect(await call.play(countable(300)).done).toMatchObject({ outcome: 'cleared', heardMs: 0, sentMs: 0 });
    const writer = call.writable.getWriter();
    await writer.write(audio(countable(60)));
    await writer.abort();
    await clock.advance(1000);
    expect(call.stats.discardedMs).toBe(460);

    takeover.release();
    takeover.release();
    expect(takeover.write(audio(countable(20)))).toBe(false);
    const answer = countable(200, 1);
    expect(await settle(clock, call.play(answer.slice()).done)).toMatchObject({ outcome: 'played' });
    const at = findWhole(phone.heard, said);
    expect(at).toBeGreaterThanOrEqual(0);
    expect(phone.heard.subarray(at + said.length, at + 900 * 8).some((sample) => sample !== 0)).toBe(false);
    expect(findWhole(phone.heard, answer)).toBeGreaterThan(at);
  });

  test('is alone, and leaves marks and the end to the app', async () => {
    const { call, clock } = await openLine();
    const warnings: CallWarning[] = [];
    call.addEventListener('warning', ({ warning }) => warnings.push(warning));
    const takeover = call.takeOver();
    expect(() => call.takeOver()).toThrow(expect.objectContaining({ code: 'refused' }));
    takeover.write(audio(countable(100)));
    const played: string[] = [];
    call.observe((frame, phase) => {
      if (frame.kind === 'mark' && phase === 'played') played.push(frame.name);
    });
    call.send({ kind: 'mark', name: 'after' });
    await clock.advance(500);
    expect(played).toEqual(['after']);
    expect(await settle(clock, call.end())).toMatchObject({ reason: 'ended' });
    expect(takeover.write(audio(countable(20)))).toBe(false);
    takeover.release();
    expect(warnings).toEqual([]);
  });
});

/** Turns the clock until a promise has settled. */
async function settle<T>(clock: { advance(ms: number): Promise<unknown> }, promise: Promise<T>): Promise<T> {
  void clock.advance(3000);
  return await promise;
}
