import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AudioFrame, type CallEnd, type CallObserver, MediaError, type Phase } from '@patchcord/core';
import { createManualClock, type ManualClock, macrotask } from '@patchcord/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RecordedCall, type Recording, recordCall } from '../src/recorder.ts';
import type { RecordingWriter } from '../src/recording-file.ts';
import { openTalk, sound, talkFor } from './recorded-call.ts';
import { memoryFile, readRiff, side } from './riff.ts';

/** Where a sound stands whole; -1 where it does not. */
function findWhole(heard: Int16Array, wanted: Int16Array): number {
  outer: for (let at = 0; at + wanted.length <= heard.length; at++) {
    for (let i = 0; i < wanted.length; i++) if (heard[at + i] !== wanted[i]) continue outer;
    return at;
  }
  return -1;
}

const sounding = (samples: Int16Array): number => samples.filter((sample) => sample !== 0).length;

describe('recordCall, of a call', () => {
  test('has what the caller said on the left, at its time, and nothing else', async () => {
    const file = memoryFile();
    const { phone, clock, recording } = await openTalk(file);
    await clock.advance(1000);
    const said = sound(700, 1);
    const atMs = phone.timestampMs;
    void phone.say(said);
    await clock.advance(1500);
    await clock.run(phone.hangUp());
    await clock.run(recording.finished);
    const left = side('left', readRiff(file.bytes));
    const at = findWhole(left, said);
    expect(Math.abs(at / 8 - atMs)).toBeLessThanOrEqual(20);
    expect(sounding(left)).toBe(said.length);
    expect(file.closed).toBe(true);
  });

  test.each([8000, 24_000])(
    'has what the caller heard on the right, when it was heard, with an app at %i Hz',
    async (sampleRate) => {
      const file = memoryFile();
      const { call, phone, clock, recording } = await openTalk(file, { sampleRate });
      // From the second playback on, the network's delay is known.
      for (const [index, seed] of [1, 2, 3].entries()) {
        call.play(sound(600, seed), { sampleRate: 8000 });
        await clock.advance(1500 + index);
      }
      await clock.run(recording.stop());
      const right = side('right', readRiff(file.bytes));
      for (const seed of [1, 2, 3]) {
        const played = sound(600, seed);
        const at = findWhole(right, played);
        expect(at).toBeGreaterThanOrEqual(0);
        const heardAt = findWhole(phone.heard, played);
        expect(Math.abs(at - heardAt) / 8).toBeLessThanOrEqual(seed === 1 ? 100 : 40);
      }
      expect(sounding(right)).toBe(3 * 4800);
    },
  );

  test('is cut where an interruption cut it', async () => {
    const file = memoryFile();
    const { call, phone, clock, recording } = await openTalk(file, { jitterMs: 0 });
    call.play(sound(300, 1));
    await clock.advance(1000);
    const cut = sound(3000, 2);
    call.play(cut.slice());
    await clock.advance(1000);
    const [interrupted] = call.interrupt().playbacks;
    await clock.advance(500);
    call.play(sound(300, 3));
    await clock.advance(1000);
    await clock.run(recording.stop());
    const right = side('right', readRiff(file.bytes));
    expect(findWhole(right, sound(300, 1))).toBeGreaterThanOrEqual(0);
    expect(findWhole(right, sound(300, 3))).toBeGreaterThan(0);
    const kept = sounding(right) - 4800;
    const at = findWhole(right, cut.subarray(0, kept));
    expect(at).toBeGreaterThan(0);
    expect(right.subarray(at + kept, at + kept + 2400).every((sample) => sample === 0)).toBe(true);
    expect(kept / 8).toBeCloseTo(interrupted?.heardMs ?? 0, -0.3);
    expect(Math.abs(kept - (sounding(phone.heard) - 4800)) / 8).toBeLessThanOrEqual(60);
  });

  test('is a true WAV file after every write, at most a second behind the call', async () => {
    let headers = 0;
    const file = memoryFile((position) => {
      if (position === 0 && headers++ > 0) readRiff(file.bytes);
    });
    const talk = await openTalk(file);
    await talkFor(6000, talk, async (timestampMs) => {
      await macrotask();
      expect(timestampMs - readRiff(file.bytes).samples.length / 16).toBeLessThan(700);
    });
    expect(headers).toBeGreaterThanOrEqual(12);
    expect(headers).toBeLessThanOrEqual(16);
    await talk.clock.run(talk.recording.stop());
  });

  test('takes the same memory however long it gets', { timeout: 30_000 }, async () => {
    const file = memoryFile();
    const talk = await openTalk(file);
    await talkFor(60_000, talk);
    const { durationMs, lostMs } = await talk.clock.run(talk.recording.stop());
    expect(durationMs).toBeGreaterThan(59_900);
    expect(lostMs).toBe(0);
    expect(file.largestWrite).toBeLessThan(32 * 700);
  });

  test('ends with the call and holds no timer', async () => {
    const file = memoryFile();
    const { phone, clock, recording } = await openTalk(file);
    await clock.advance(2000);
    void phone.drop();
    await clock.advance(5000);
    const { durationMs, error } = await recording.finished;
    expect(error).toBeUndefined();
    expect(durationMs).toBeGreaterThan(1950);
    expect(durationMs).toBeLessThan(2200);
    expect(clock.pending).toBe(0);
  });
});

interface FakeCall extends RecordedCall {
  readonly clock: ManualClock;
  tell(frame: AudioFrame, phase?: Phase): void;
  end(): void;
}

/** A call that tells what the test says, from the clock's zero on. */
function fakeCall({ sampleRate = 8000 } = {}): FakeCall {
  const clock = createManualClock();
  const observers = new Set<CallObserver>();
  let end = (_: CallEnd): void => {};
  const closed = new Promise<CallEnd>((resolve) => {
    end = resolve;
  });
  return {
    clock,
    info: {
      kind: 'start',
      provider: 'fake',
      streamId: 's',
      callId: 'c',
      format: { encoding: 'linear16', sampleRate, channels: 1 },
      tracks: ['inbound'],
      parameters: {},
    },
    get timestampMs() {
      return clock.now();
    },
    closed,
    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    tell(frame, phase = 'received') {
      for (const observer of observers) observer(frame, phase);
    },
    end: () => end({ reason: 'stopped', message: '', durationMs: clock.now() }),
  };
}

function audio(
  value: number,
  timestampMs: number,
  { ms = 20, sampleRate = 8000, ...changes }: Partial<AudioFrame> & { readonly ms?: number } = {},
): AudioFrame {
  return {
    kind: 'audio',
    samples: new Int16Array((ms * sampleRate) / 1000).fill(value),
    sampleRate,
    channels: 1,
    timestampMs,
    track: 'inbound',
    ...changes,
  };
}

const heard = (value: number, timestampMs: number, changes: Partial<AudioFrame> = {}): AudioFrame =>
  audio(value, timestampMs, { track: 'outbound', ...changes });

/** Stretches of one value: value and milliseconds, in order. */
function stretches(samples: Int16Array, sampleRate = 8000): [value: number, ms: number][] {
  const found: [number, number][] = [];
  for (const sample of samples) {
    const last = found.at(-1);
    if (last?.[0] === sample) last[1] += 1000 / sampleRate;
    else found.push([sample, 1000 / sampleRate]);
  }
  return found;
}

describe('recordCall, of what it is told', () => {
  async function recorded(
    script: (call: FakeCall, recording: Recording) => Promise<void> | void,
    options: { readonly sampleRate?: number } = {},
  ) {
    const call = fakeCall(options);
    const file = memoryFile();
    const recording = recordCall(call, file, { clock: call.clock });
    await script(call, recording);
    call.end();
    const end = await recording.finished;
    const riff = readRiff(file.bytes);
    const { sampleRate } = riff;
    return {
      end,
      sampleRate,
      left: stretches(side('left', riff), sampleRate),
      right: stretches(side('right', riff), sampleRate),
    };
  }

  test('puts both sides in their place, in whatever order they come', async () => {
    const { left, right } = await recorded(async ({ tell, clock }) => {
      tell(audio(1, 20));
      tell(heard(9, 0), 'played');
      tell(audio(2, 60));
      tell(heard(8, 180), 'played');
      await clock.advance(240);
    });
    expect(left).toEqual([
      [0, 20],
      [1, 20],
      [0, 20],
      [2, 20],
      [0, 160],
    ]);
    expect(right).toEqual([
      [9, 20],
      [0, 160],
      [8, 20],
      [0, 40],
    ]);
  });

  test('does not record what was sent, or cleared before it was heard', async () => {
    const { right } = await recorded(async ({ tell, clock }) => {
      tell(heard(1, 0), 'sent');
      tell(heard(2, 20), 'cleared');
      tell(heard(3, 40), 'played');
      await clock.advance(60);
    });
    expect(right).toEqual([
      [0, 40],
      [3, 20],
    ]);
  });

  test('the other track of a one-way stream is what the caller heard', async () => {
    const { left, right } = await recorded(({ tell }) => {
      tell(heard(5, 0), 'received');
      tell(audio(4, 0), 'received');
    });
    expect([left, right]).toEqual([[[4, 20]], [[5, 20]]]);
  });

  test('what is told late is written over silence that was written before', async () => {
    const { right, end } = await recorded(async ({ tell, clock }) => {
      await clock.advance(3000);
      tell(heard(7, 1500), 'played');
      await clock.advance(1000);
    });
    expect(right).toEqual([
      [0, 1500],
      [7, 20],
      [0, 2480],
    ]);
    expect(end.lostMs).toBe(0);
  });

  test('sound follows on sound: neither rounding nor a wavering estimate tears or covers it', async () => {
    const { right } = await recorded(({ tell }) => {
      tell(heard(1, 0), 'played');
      tell(heard(2, 19.9), 'played');
      tell(heard(3, 40.1), 'played');
      tell(heard(4, 50), 'played');
      tell(heard(5, 170), 'played');
      tell(heard(6, 210), 'played');
    });
    expect(right).toEqual([
      [1, 20],
      [2, 20],
      [3, 20],
      [4, 20],
      [5, 20],
      [0, 110],
      [6, 20],
    ]);
  });

  test('a provider that begins its timestamps anew is followed', async () => {
    const { left } = await recorded(({ tell }) => {
      tell(audio(1, 5000));
      tell(audio(2, 0));
      tell(audio(3, 20));
    });
    expect(left).toEqual([
      [0, 5000],
      [1, 20],
      [2, 20],
      [3, 20],
    ]);
  });

  test('gaps are silence, however long, and cost nothing', async () => {
    const { left } = await recorded(({ tell }) => {
      tell(audio(1, 0));
      tell(audio(0, 20, { ms: 10_000, concealed: true }));
      tell(audio(2, 10_020));
      tell(audio(3, 90_000));
    });
    expect(left).toEqual([
      [1, 20],
      [0, 10_000],
      [2, 20],
      [0, 90_000 - 10_040],
      [3, 20],
    ]);
  });

  test('one frame may be longer than the window', async () => {
    const { left } = await recorded(({ tell }) => tell(audio(6, 0, { ms: 7000 })));
    expect(left).toEqual([[6, 7000]]);
  });

  test('is at the rate of the wire', async () => {
    const { sampleRate, left } = await recorded(({ tell }) => tell(audio(1, 0, { sampleRate: 16_000 })), {
      sampleRate: 16_000,
    });
    expect([sampleRate, left]).toEqual([16_000, [[1, 20]]]);
  });

  test('begins where it was asked for; within the first second, with the call', async () => {
    const call = fakeCall();
    await call.clock.advance(900);
    const early = recordCall(call, memoryFile(), { clock: call.clock });
    await call.clock.advance(1100);
    const file = memoryFile();
    const later = recordCall(call, file, { clock: call.clock });
    expect([early.startedMs, later.startedMs]).toEqual([0, 2000]);
    call.tell(audio(1, 1990));
    call.tell(audio(2, 2010));
    call.tell(heard(3, 1500), 'played');
    await call.clock.advance(30);
    expect(await later.stop()).toEqual({ durationMs: 30, lostMs: 0 });
    expect(stretches(side('left', readRiff(file.bytes)))).toEqual([
      [1, 10],
      [2, 20],
    ]);
    call.end();
    expect((await early.finished).durationMs).toBe(2030);
  });

  test('stops for good, by stop() or by its signal', async () => {
    for (const way of ['stop', 'signal', 'signal before']) {
      const call = fakeCall();
      const abort = new AbortController();
      if (way === 'signal before') abort.abort();
      const file = memoryFile();
      const recording = recordCall(call, file, { clock: call.clock, signal: abort.signal });
      call.tell(audio(1, 0));
      if (way === 'stop') void recording.stop();
      else abort.abort();
      call.tell(audio(2, 20));
      const end = await recording.finished;
      expect(await recording.stop()).toBe(end);
      expect(end.durationMs).toBe(way === 'signal before' ? 0 : 20);
      expect(file.closed).toBe(true);
      expect(call.clock.pending).toBe(0);
    }
  });
});

describe('when the disk fails', () => {
  const broken = Object.assign(new Error('no space on /home/someone/+15550100.wav'), { code: 'ENOSPC' });

  /** Fails with the given write. */
  function failing(write: number, how: 'throws' | 'rejects' | 'on close'): RecordingWriter {
    let writes = 0;
    return {
      write() {
        if (how === 'on close' || ++writes < write) return;
        if (how === 'throws') throw broken;
        return Promise.reject(broken);
      },
      close: () => (how === 'on close' ? Promise.reject(broken) : undefined),
    };
  }

  test.each([
    [1, 'throws'],
    [1, 'rejects'],
    [2, 'rejects'],
    [5, 'throws'],
    [0, 'on close'],
  ] as const)('write %i %s: the recording says so, the call goes on', async (write, how) => {
    const call = fakeCall();
    const recording = recordCall(call, failing(write, how), { clock: call.clock });
    for (let ms = 0; ms < 3000; ms += 20) {
      call.tell(audio(1, ms));
      await call.clock.advance(20);
    }
    call.end();
    const { error } = await recording.finished;
    expect(error).toBeInstanceOf(MediaError);
    expect(error?.code).toBe('recording-failed');
    expect(error?.message).toContain('ENOSPC');
    expect(error?.message).not.toContain('+1555');
    expect(error?.cause).toBe(broken);
    expect(call.clock.pending).toBe(0);
  });

  test('a slow disk makes holes, which are counted, and takes no more memory', async () => {
    const call = fakeCall();
    let free: (() => void) | undefined;
    const file = memoryFile((position) => {
      if (position > 0 && !free) return new Promise((resolve) => (free = resolve));
    });
    const recording = recordCall(call, file, { clock: call.clock });
    for (let second = 0; second < 60; second++) {
      call.tell(audio(1, second * 1000, { ms: 1000 }));
      await call.clock.advance(1000);
    }
    free?.();
    await macrotask();
    call.tell(audio(2, 60_000, { ms: 1000 }));
    await call.clock.advance(1000);
    const { durationMs, lostMs, error } = await recording.stop();
    expect(error).toBeUndefined();
    expect(durationMs).toBe(61_000);
    expect(lostMs).toBeGreaterThan(40_000);
    const left = stretches(side('left', readRiff(file.bytes)));
    expect(left).toEqual([
      [1, 60_000 - lostMs],
      [0, lostMs],
      [2, 1000],
    ]);
  });

  test('a disk that never answers is not waited for', async () => {
    const call = fakeCall();
    const recording = recordCall(
      call,
      memoryFile(() => new Promise(() => {})),
      { clock: call.clock },
    );
    await call.clock.advance(1000);
    call.end();
    await call.clock.advance(31_000);
    expect((await recording.finished).error?.code).toBe('recording-failed');
    expect(call.clock.pending).toBe(0);
  });

  test('4 GiB are the end', async () => {
    const call = fakeCall();
    const lengths: number[] = [];
    const writer: RecordingWriter = {
      write: (position, bytes) => void lengths.push(position + bytes.length),
    };
    const recording = recordCall(call, writer, { clock: call.clock });
    call.tell(audio(1, 0));
    call.tell(audio(2, 38 * 3_600_000));
    expect((await recording.finished).error?.code).toBe('limit-exceeded');
    expect(Math.max(...lengths)).toBeLessThan(2 ** 32);
    expect(call.clock.pending).toBe(0);
  });
});

describe('a file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patchcord-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is written, over what was there, for its owner only', async () => {
    const path = join(folder, 'call.wav');
    for (const value of [1, 2]) {
      const call = fakeCall();
      const recording = recordCall(call, value === 1 ? new URL(`file://${path}`) : path, {
        clock: call.clock,
      });
      call.tell(audio(value, 0, { ms: value === 1 ? 40 : 20 }));
      call.end();
      expect((await recording.finished).error).toBeUndefined();
      expect(stretches(side('left', readRiff(await readFile(path))))).toEqual([
        [value, value === 1 ? 40 : 20],
      ]);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });

  test('that cannot be made is an error without its path', async () => {
    const call = fakeCall();
    const recording = recordCall(call, join(folder, 'none', 'secret.wav'), { clock: call.clock });
    const { error } = await recording.finished;
    expect(error?.message).toContain('ENOENT');
    expect(error?.message).not.toContain('secret');
  });
});
