import {
  type AudioFrame,
  type CallEnd,
  type CallWarning,
  type Frame,
  MediaError,
  type PlaySource,
} from '@patchcord/core';
import { macrotask } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { countable, findWhole, openLine, readAll, soundIn } from './line.ts';

function audio(samples: Int16Array<ArrayBuffer>, sampleRate = 8000): AudioFrame {
  return { kind: 'audio', samples, sampleRate, channels: 1, timestampMs: 0, track: 'outbound' };
}

async function settled<T>(promise: Promise<T>): Promise<T | 'pending'> {
  await macrotask();
  return Promise.race([promise, Promise.resolve('pending' as const)]);
}

describe('hearing the caller', () => {
  test('what the caller says is read sample by sample', async () => {
    const { call, phone, clock } = await openLine();
    const said = countable(200);
    const reading = readAll(call.readable);
    void phone.say(said);
    await clock.advance(400);
    await phone.hangUp();
    await clock.advance(10);
    const frames = await reading;
    expect(frames[0]?.kind).toBe('start');
    expect(frames.at(-1)?.kind).toBe('stop');
    const samples = frames.flatMap((frame) => (frame.kind === 'audio' ? [...frame.samples] : []));
    expect(findWhole(Int16Array.from(samples), said)).toBeGreaterThanOrEqual(0);
  });

  test('keys arrive, and observers see them too', async () => {
    const { call, phone, clock } = await openLine();
    const seen: string[] = [];
    call.observe((frame, phase) => {
      if (frame.kind === 'dtmf') seen.push(`${phase} ${frame.digit}`);
    });
    void phone.press('1#');
    await clock.advance(1000);
    expect(seen).toEqual(['received 1', 'received #']);
  });

  test('at 16 kHz each message still gives 20 ms', async () => {
    const { call, clock } = await openLine({ call: { sampleRate: 16_000 } });
    const lengths = new Set<number>();
    call.observe((frame) => {
      if (frame.kind === 'audio') lengths.add(frame.samples.length);
    });
    await clock.advance(200);
    expect([...lengths]).toEqual([320]);
  });

  test('unread audio is bounded at 2 s and counted', async () => {
    const { call, clock } = await openLine();
    const { readable } = call;
    await clock.advance(5000);
    expect(call.stats.unreadMs).toBeGreaterThan(2900);
    expect(call.stats.unreadMs).toBeLessThan(3100);
    const { value } = await readable.getReader().read();
    expect(value?.kind).toBe('start');
  });

  test('a readable that nobody asks for is let go, uncounted', async () => {
    const { call, clock } = await openLine();
    await clock.advance(6000);
    expect(call.stats.unreadMs).toBe(0);
  });

  test('an observer that throws harms nobody', async () => {
    const { call, clock } = await openLine();
    let frames = 0;
    call.observe(() => {
      throw new Error('mine');
    });
    call.observe(() => frames++);
    await clock.advance(100);
    expect(frames).toBeGreaterThan(3);
    expect(call.stats.observerErrors).toBe(frames);
  });

  test('a message that cannot be read is reported and the call goes on', async () => {
    const { call, clock, providerSocket } = await openLine();
    const warnings: CallWarning[] = [];
    call.addEventListener('warning', ({ warning }) => warnings.push(warning));
    providerSocket.send('{"event":');
    providerSocket.send(new Uint8Array([1, 2, 3]));
    await clock.advance(100);
    expect(call.stats.malformed).toBe(2);
    expect(warnings.map(({ code }) => code)).toEqual(['malformed-message']);
    expect(call.stats.receivedMs).toBeGreaterThan(80);
  });
});

describe('speaking to the caller', () => {
  test('an echo by the two streams gives back every sample', async () => {
    const { call, phone, clock } = await openLine();
    const said = countable(1000);
    void call.readable.pipeTo(call.writable);
    void phone.say(said);
    await clock.advance(1500);
    expect(findWhole(phone.heard, said)).toBeGreaterThanOrEqual(0);
    expect(phone.warnings).toEqual([]);
  });

  test('the handler of an echo is not failed by the caller hanging up', async () => {
    const { call, phone, clock } = await openLine();
    const piped = call.readable.pipeTo(call.writable).then(
      () => 'done',
      (error: unknown) => error,
    );
    await clock.advance(500);
    void phone.hangUp();
    await clock.advance(100);
    expect(await settled(piped)).toBe('done');
    expect((await call.closed).reason).toBe('stopped');
  });

  test.each([8000, 16_000, 22_050, 24_000, 44_100, 48_000])(
    'play() at %i Hz is heard for its length',
    async (sampleRate) => {
      const { call, phone, clock } = await openLine();
      const samples = new Int16Array(sampleRate).map(
        (_, i) => 8000 * Math.sin((2 * Math.PI * 440 * i) / sampleRate),
      );
      const playback = call.play(samples, { sampleRate });
      await clock.advance(1500);
      expect(await settled(playback.done)).toEqual({
        outcome: 'played',
        heardMs: 1000,
        sentMs: 1000,
        errorMs: 0,
      });
      const sound = soundIn(phone.heard);
      expect(sound).toBeGreaterThan(7800);
      expect(sound).toBeLessThan(8161);
    },
  );

  test('plain writes of any length are re-framed to 20 ms, the tail padded with silence', async () => {
    const { call, phone, clock, sent } = await openLine({ call: { markEveryMs: 0 } });
    const said = countable(50);
    for (let at = 0; at < said.length; at += 70) call.send(audio(said.slice(at, at + 70)));
    await clock.advance(300);
    const payloads = sent.map((text) => JSON.parse(text).media?.payload).filter(Boolean);
    expect(payloads.map((payload) => atob(payload).length)).toEqual([160, 160, 160]);
    expect(findWhole(phone.heard, said)).toBeGreaterThanOrEqual(0);
    expect(soundIn(phone.heard)).toBe(said.length);
  });

  test('send-ahead is bounded: the provider never holds more than a second', async () => {
    const { call, phone, clock } = await openLine();
    expect(call.send(audio(countable(5000)))).toBe(false);
    await clock.advance(1000);
    expect(call.stats.sentMs).toBeLessThanOrEqual(2000 + 20);
    await clock.advance(6000);
    expect(soundIn(phone.heard)).toBe(40_000);
  });

  test('a write waits while the queue is beyond send-ahead', async () => {
    const { call, clock } = await openLine();
    const writer = call.writable.getWriter();
    const written = writer.write(audio(countable(3000)));
    expect(await settled(written)).toBe('pending');
    await clock.advance(2500);
    expect(await settled(written)).toBeUndefined();
  });

  test('writable may be closed and asked for again: utterance by utterance', async () => {
    const { call, phone, clock } = await openLine();
    const first = countable(110, 1);
    const second = countable(90, 2);
    for (const sound of [first, second]) {
      const writer = call.writable.getWriter();
      await writer.write(audio(sound));
      await writer.close();
    }
    await clock.advance(500);
    const at = findWhole(phone.heard, first);
    expect(at).toBeGreaterThanOrEqual(0);
    // The first one's tail is padded to its 20 ms frame.
    expect(findWhole(phone.heard, second)).toBe(at + 120 * 8);
  });

  test('more than maxQueuedMs is refused with a warning', async () => {
    const { call, clock } = await openLine({ call: { maxQueuedMs: 2000 } });
    const codes: string[] = [];
    call.addEventListener('warning', ({ warning }) => codes.push(warning.code));
    call.send(audio(countable(2000)));
    call.send(audio(countable(2000)));
    await clock.advance(100);
    expect(codes).toContain('queue-full');
  });

  test('a WAV file that is played as samples is noticed, and so is speaking into a one-way stream', async () => {
    const codes: string[] = [];
    const warned = ({ warning }: { warning: CallWarning }): void => void codes.push(warning.code);
    const { call } = await openLine();
    call.addEventListener('warning', warned);
    call.play(new Int16Array(new TextEncoder().encode('RIFF....').buffer));
    expect(codes).toEqual(['not-pcm']);
    const oneWay = await openLine({ phone: { unidirectional: true, tracks: ['inbound', 'outbound'] } });
    oneWay.call.addEventListener('warning', warned);
    oneWay.call.send(audio(countable(20)));
    expect(codes).toEqual(['not-pcm', 'one-way-stream']);
  });

  test('stereo is refused in words', async () => {
    const { call } = await openLine();
    const stereo: Frame = { ...audio(countable(20)), channels: 2 };
    expect(() => call.send(stereo)).toThrowError(MediaError);
    expect(() => call.send(stereo)).toThrowError(/one channel; this frame has 2/);
  });

  test('what only a provider can say is passed over and counted', async () => {
    const { call, phone, clock } = await openLine();
    call.send({ kind: 'stop' });
    call.send({ kind: 'dtmf', digit: '1', track: 'inbound' });
    call.send({ kind: 'unknown', event: 'x', message: null });
    await clock.advance(100);
    expect(call.stats.passedOver).toBe(3);
    expect(phone.warnings).toEqual([]);
  });

  test("an app's mark comes back when its audio was heard; the SDK's own are never seen", async () => {
    const { call, clock } = await openLine();
    const marks: string[] = [];
    call.observe((frame, phase) => {
      if (frame.kind === 'mark') marks.push(`${phase} ${frame.name}`);
    });
    call.send(audio(countable(500)));
    call.send({ kind: 'mark', name: 'half' });
    await clock.advance(400);
    expect(marks).toEqual(['sent half']);
    await clock.advance(200);
    expect(marks).toEqual(['sent half', 'received half', 'played half']);
  });

  test.each<[string, () => PlaySource]>([
    [
      'a stream',
      () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(countable(300));
            controller.enqueue(countable(300));
            controller.close();
          },
        }),
    ],
    [
      'an async iterable',
      async function* () {
        yield countable(300);
        yield countable(300);
      },
    ],
    ['an iterable', () => [countable(300), countable(300)]],
    ['a frame', () => audio(countable(600))],
  ])('%s can be played', async (_name, source) => {
    const { call, clock, phone } = await openLine();
    const playback = call.play(source());
    await clock.advance(900);
    expect(await settled(playback.done)).toMatchObject({ outcome: 'played', heardMs: 600 });
    expect(soundIn(phone.heard)).toBe(4800);
  });

  test('a source that fails is reported, and what it gave is heard', async () => {
    const { call, clock, phone } = await openLine();
    const codes: string[] = [];
    call.addEventListener('warning', ({ warning }) => codes.push(warning.code));
    const playback = call.play(
      (async function* () {
        yield countable(200);
        throw new Error('secret words');
      })(),
    );
    await clock.advance(600);
    expect(await settled(playback.done)).toMatchObject({ outcome: 'played', heardMs: 200 });
    expect(codes).toEqual(['source-failed']);
    expect(soundIn(phone.heard)).toBe(1600);
  });

  test('an open playback takes pieces and ends', async () => {
    const { call, clock } = await openLine();
    const playback = call.play();
    expect(playback.write(countable(100))).toBe(true);
    await clock.advance(300);
    expect(playback.write(countable(100))).toBe(true);
    playback.end();
    expect(playback.write(countable(100))).toBe(false);
    await clock.advance(300);
    expect(await settled(playback.done)).toMatchObject({ outcome: 'played', heardMs: 200, sentMs: 200 });
  });

  test('queued playbacks are heard in order', async () => {
    const { call, clock, phone } = await openLine();
    const [a, b] = [countable(300, 1), countable(300, 2)];
    call.play(a);
    call.play(b);
    await clock.advance(1000);
    expect(findWhole(phone.heard, b)).toBe(findWhole(phone.heard, a) + 2400);
  });
});

describe('interrupting', () => {
  test('clear leaves in the same tick, and says what was heard', async () => {
    const { call, clock, phone, sent } = await openLine({ delayMs: 20 });
    const playback = call.play(countable(3000));
    await clock.advance(1020);
    const truth = soundIn(phone.heard) / 8;
    const { playbacks } = call.interrupt();
    expect(playbacks).toHaveLength(1);
    expect(playbacks[0]?.playback).toBe(playback);
    expect(Math.abs((playbacks[0]?.heardMs ?? 0) - truth)).toBeLessThanOrEqual(20);
    expect(await settled(playback.done)).toMatchObject({
      outcome: 'cleared',
      heardMs: playbacks[0]?.heardMs,
    });
    await clock.advance(500);
    expect(sent.filter((text) => text.includes('"clear"'))).toHaveLength(1);
    // One way, and the frame that was being played.
    expect(soundIn(phone.heard) / 8).toBeLessThanOrEqual(truth + 40);
  });

  test('what is written afterwards is heard', async () => {
    const { call, clock, phone } = await openLine();
    call.play(countable(2000, 1));
    await clock.advance(500);
    call.interrupt();
    const next = countable(300, 2);
    call.play(next);
    await clock.advance(800);
    expect(findWhole(phone.heard, next)).toBeGreaterThanOrEqual(0);
  });

  test('nothing is sent when nothing is unheard', async () => {
    const { call, clock, sent } = await openLine();
    expect(call.interrupt()).toEqual({ playbacks: [] });
    call.play(countable(200));
    await clock.advance(600);
    expect(call.interrupt()).toEqual({ playbacks: [] });
    await clock.advance(50);
    expect(sent.some((text) => text.includes('"clear"'))).toBe(false);
  });

  test('a clear frame that is written interrupts', async () => {
    const { call, clock, phone } = await openLine();
    call.send(audio(countable(2000)));
    await clock.advance(300);
    call.send({ kind: 'clear' });
    await clock.advance(1000);
    expect(soundIn(phone.heard) / 8).toBeLessThan(340);
  });

  test('aborting writable interrupts and the call goes on', async () => {
    const { call, clock, phone } = await openLine();
    const writer = call.writable.getWriter();
    void writer.write(audio(countable(3000))).catch(() => {});
    await clock.advance(300);
    await writer.abort('the caller spoke');
    await clock.advance(500);
    expect(soundIn(phone.heard) / 8).toBeLessThan(360);
    const again = countable(200, 5);
    call.send(audio(again));
    await clock.advance(500);
    expect(findWhole(phone.heard, again)).toBeGreaterThanOrEqual(0);
  });

  test('interrupting the first of three lets the others be heard whole', async () => {
    const { call, clock, phone } = await openLine({ delayMs: 20 });
    const sounds = [countable(600, 1), countable(150, 2), countable(400, 3)] as const;
    const [first, second, third] = sounds.map((sound) => call.play(sound.slice()));
    call.send({ kind: 'mark', name: 'all' });
    const marks: string[] = [];
    call.observe((frame, phase) => {
      if (frame.kind === 'mark') marks.push(phase);
    });
    await clock.advance(300);
    const end = first?.interrupt();
    expect(end?.outcome).toBe('cleared');
    await clock.advance(1500);
    expect(await settled(second?.done as Promise<unknown>)).toMatchObject({
      outcome: 'played',
      heardMs: 150,
    });
    expect(await settled(third?.done as Promise<unknown>)).toMatchObject({ outcome: 'played', heardMs: 400 });
    const at = findWhole(phone.heard, sounds[1]);
    expect(at).toBeGreaterThan(0);
    expect(findWhole(phone.heard, sounds[2])).toBeGreaterThan(at);
    expect(findWhole(phone.heard, sounds[0])).toBe(-1);
    expect(marks.filter((phase) => phase === 'received')).toHaveLength(1);
    expect(marks.at(-1)).toBe('played');
  });

  test('interrupting the second lets the first be heard to its end', async () => {
    const { call, clock, phone } = await openLine({ delayMs: 20 });
    const first = countable(600, 1);
    const playing = call.play(first.slice());
    const second = call.play(countable(300, 2));
    await clock.advance(300);
    expect(second.interrupt()).toMatchObject({ outcome: 'cleared', heardMs: 0 });
    await clock.advance(1000);
    expect(await settled(playing.done)).toMatchObject({ outcome: 'played', heardMs: 600 });
    // Sent again from where the ear was thought to be: a few milliseconds may be heard twice or not at all.
    expect(Math.abs(soundIn(phone.heard) / 8 - 600)).toBeLessThanOrEqual(40);
  });

  test('observers are told what was played and what was cleared, and both add up', async () => {
    const { call, clock } = await openLine({ delayMs: 10 });
    const ms = { received: 0, sent: 0, played: 0, cleared: 0 };
    const app = { received: 0, sent: 0, played: 0, cleared: 0 };
    call.observe(
      (frame, phase) => {
        if (frame.kind === 'audio' && frame.track === 'outbound') ms[phase] += frame.samples.length / 8;
      },
      { at: 'wire' },
    );
    call.observe((frame, phase) => {
      if (frame.kind === 'audio' && frame.track === 'outbound') {
        expect(frame.sampleRate).toBe(16_000);
        app[phase] += frame.samples.length / 16;
      }
    });
    call.play(
      Array.from({ length: 100 }, () => new Int16Array(320).fill(1000)),
      { sampleRate: 16_000 },
    );
    await clock.advance(700);
    call.interrupt();
    expect(ms.played + ms.cleared).toBeCloseTo(ms.sent, 5);
    expect(ms.cleared).toBeGreaterThan(100);
    expect(app.played + app.cleared).toBeCloseTo(app.sent, 5);
    expect(Math.abs(app.played - ms.played)).toBeLessThanOrEqual(20);
  });
});

test('all that was sent is told as played, the last frame included', async () => {
  const { call, clock } = await openLine({ delayMs: 15 });
  const ms = { received: 0, sent: 0, played: 0, cleared: 0 };
  call.observe(
    (frame, phase) => {
      if (frame.kind === 'audio' && frame.track === 'outbound') ms[phase] += frame.samples.length / 8;
    },
    { at: 'wire' },
  );
  call.play(countable(610));
  await clock.advance(1000);
  expect(ms).toEqual({ received: 0, sent: 620, played: 620, cleared: 0 });
});

test('when the caller hangs up, what was in flight is told as played or cleared', async () => {
  const { call, clock, phone } = await openLine({ delayMs: 15 });
  const ms = { received: 0, sent: 0, played: 0, cleared: 0 };
  call.observe(
    (frame, phase) => {
      if (frame.kind === 'audio' && frame.track === 'outbound') ms[phase] += frame.samples.length / 8;
    },
    { at: 'wire' },
  );
  call.play(countable(3000));
  await clock.advance(500);
  void phone.hangUp();
  await clock.advance(100);
  expect(ms.cleared).toBeGreaterThan(500);
  expect(ms.played + ms.cleared).toBeCloseTo(ms.sent, 6);
});

test('pieces of 60 ms, one after the other, are one utterance', async () => {
  const { call, clock, sent } = await openLine({ call: { markEveryMs: 0 } });
  for (let i = 0; i < 20; i++) {
    call.send(audio(new Int16Array(960).fill(3000), 16_000));
    await clock.advance(60);
  }
  await clock.advance(300);
  const messages = sent.filter((text) => text.includes('"media"'));
  // Whole frames, and one for the tail of the conversion.
  expect(messages).toHaveLength(61);
});

test('played frames follow on each other without a seam, while an echo goes on', async () => {
  const { call, clock } = await openLine({ delayMs: 15 });
  const frames: AudioFrame[] = [];
  call.observe(
    (frame, phase) => {
      if (frame.kind === 'audio' && phase === 'played') frames.push(frame);
    },
    { at: 'wire' },
  );
  void call.readable.pipeTo(call.writable);
  await clock.advance(2000);
  // Before the first round trip is known, the ear is thought nearer than it is.
  const steady = frames.filter(({ timestampMs }) => timestampMs > 500);
  expect(steady.length).toBeGreaterThan(70);
  for (const [i, frame] of steady.entries()) {
    const next = steady[i + 1];
    if (next) expect(next.timestampMs).toBeCloseTo(frame.timestampMs + 20, 6);
  }
});

describe('ending', () => {
  function control() {
    const hungUp: string[] = [];
    return { hungUp, hangUp: async (callId: string) => void hungUp.push(callId) };
  }

  test('the goodbye is heard whole, then the call is hung up', async () => {
    const by = control();
    const { call, clock, phone } = await openLine({ call: { control: by }, delayMs: 30 });
    const goodbye = countable(1500);
    call.play(goodbye.slice());
    const ending = call.end();
    await clock.advance(1400);
    expect(by.hungUp).toEqual([]);
    await clock.advance(500);
    expect(await settled(ending)).toMatchObject({ reason: 'ended' });
    expect(by.hungUp).toEqual([call.info.callId]);
    expect(findWhole(phone.heard, goodbye)).toBeGreaterThanOrEqual(0);
  });

  test('after the stop of the provider nothing is hung up', async () => {
    const by = control();
    const { call, clock, phone } = await openLine({ call: { control: by } });
    call.play(countable(3000));
    void call.end();
    await clock.advance(200);
    void phone.hangUp();
    await clock.advance(3000);
    expect(await settled(call.closed)).toMatchObject({ reason: 'stopped' });
    expect(by.hungUp).toEqual([]);
  });

  test('a call that was handed on is not hung up', async () => {
    const by = { ...control(), released: () => true };
    const { call, clock } = await openLine({ call: { control: by } });
    void call.end();
    await clock.advance(100);
    expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
    expect(by.hungUp).toEqual([]);
  });

  test('a hang-up that fails is reported, and the call is closed all the same', async () => {
    const codes: string[] = [];
    const { call, clock } = await openLine({
      call: { control: { hangUp: () => Promise.reject(new Error('token 12345')) } },
    });
    call.addEventListener('warning', ({ warning }) => {
      codes.push(warning.code);
      expect(warning.message).not.toContain('12345');
    });
    void call.end({ when: 'now' });
    await clock.advance(100);
    expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
    expect(codes).toEqual(['hang-up-failed']);
  });

  test('a playback without end does not keep the call up', async () => {
    const { call, clock } = await openLine();
    call.play(new ReadableStream());
    void call.end({ timeoutMs: 2000 });
    await clock.advance(1900);
    expect(await settled(call.closed)).toBe('pending');
    await clock.advance(200);
    expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
  });

  test('a second end with now hastens the first', async () => {
    const { call, clock } = await openLine();
    const playback = call.play(countable(8000));
    void call.end();
    await clock.advance(500);
    void call.end({ when: 'now' });
    await clock.advance(100);
    expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
    expect(await settled(playback.done)).toMatchObject({ outcome: 'call-ended' });
  });

  test('a lost socket closes readable and throws nothing received away', async () => {
    const { call, clock, socket } = await openLine();
    const { readable } = call;
    await clock.advance(500);
    socket.drop();
    expect(await settled(call.closed)).toMatchObject({ reason: 'socket-closed' });
    const frames = await readAll(readable);
    expect(frames.filter(({ kind }) => kind === 'audio').length).toBeGreaterThan(20);
  });

  test('a silent socket is reported after 750 ms and given up after 30 s', async () => {
    const { call, clock, phone, providerSocket } = await openLine();
    const codes: string[] = [];
    call.addEventListener('warning', ({ warning }) => codes.push(warning.code));
    providerSocket.send = () => {};
    await clock.advance(1000);
    expect(codes).toEqual(['inactive']);
    await clock.advance(30_000);
    expect(await settled(call.closed)).toMatchObject({ reason: 'idle' });
    void phone.drop();
  });

  test('the longest call ends', async () => {
    const { call, clock } = await openLine({ call: { maxCallMs: 3000 } });
    await clock.advance(3100);
    expect(await settled(call.closed)).toMatchObject({ reason: 'too-long' });
  });

  test('a signal ends the call', async () => {
    const stop = new AbortController();
    const { call, clock } = await openLine({ call: { signal: stop.signal } });
    stop.abort();
    await clock.advance(50);
    expect(await settled(call.closed)).toMatchObject({ reason: 'aborted' });
  });

  test('no timer is left when the call is over', async () => {
    const { call, clock, phone } = await openLine();
    call.play(countable(300));
    await clock.advance(100);
    void phone.hangUp();
    await clock.advance(3000);
    await call.closed;
    expect(clock.pending).toBe(0);
  });

  test('what is written after the end is passed over, and a writer that goes on is told', async () => {
    const { call, clock, phone } = await openLine();
    const writer = call.writable.getWriter();
    void phone.hangUp();
    await clock.advance(50);
    const end: CallEnd = await call.closed;
    expect(end.reason).toBe('stopped');
    await writer.write(audio(countable(1000)));
    expect(call.send(audio(countable(20)))).toBe(false);
    expect(await call.play(countable(100)).done).toMatchObject({ outcome: 'call-ended' });
    await expect(writer.write(audio(countable(3000)))).rejects.toThrowError(/call is over/);
  });
});

describe('a socket that does not take what is sent', () => {
  test('gets no more audio, but the clear at once, and all of it when it reads again', async () => {
    const { call, clock, socket, sent, phone } = await openLine();
    let buffered = 5000;
    Object.defineProperty(socket, 'bufferedAmount', { get: () => buffered });
    call.play(countable(400, 1));
    await clock.advance(500);
    expect(sent).toEqual([]);
    buffered = 0;
    await clock.advance(100);
    buffered = 5000;
    call.interrupt();
    await clock.advance(10);
    expect(sent.at(-1)).toContain('"clear"');
    buffered = 0;
    const after = countable(100, 2);
    call.play(after.slice());
    await clock.advance(400);
    expect(findWhole(phone.heard, after)).toBeGreaterThanOrEqual(0);
  });

  test('is given up after 10 s', async () => {
    const { call, clock, socket } = await openLine();
    Object.defineProperty(socket, 'bufferedAmount', { get: () => 1_000_000 });
    const playback = call.play(countable(400));
    await clock.advance(9900);
    expect(await settled(call.closed)).toBe('pending');
    await clock.advance(300);
    expect(await settled(call.closed)).toMatchObject({ reason: 'peer-stalled' });
    expect(await settled(playback.done)).toMatchObject({ outcome: 'call-ended', heardMs: 0 });
  });
});

test('cancelling readable only stops listening', async () => {
  const { call, clock, phone } = await openLine();
  const reader = call.readable.getReader();
  await reader.read();
  await reader.cancel();
  const said = countable(200);
  call.play(said.slice());
  await clock.advance(400);
  expect(findWhole(phone.heard, said)).toBeGreaterThanOrEqual(0);
  expect(await settled(call.closed)).toBe('pending');
});

test('marks that never come back are noticed, and the clock stands in', async () => {
  const { call, clock, providerSocket } = await openLine();
  const codes: string[] = [];
  call.addEventListener('warning', ({ warning }) => codes.push(warning.code));
  const send = providerSocket.send.bind(providerSocket);
  providerSocket.send = (data) => {
    if (!String(data).includes('"mark"')) send(data);
  };
  const playback = call.play(countable(500));
  await clock.advance(1000);
  expect(await settled(playback.done)).toBe('pending');
  await clock.advance(4000);
  expect(codes).toEqual(['marks-missing']);
  expect(await settled(playback.done)).toMatchObject({ outcome: 'played', heardMs: 500 });
});

test('a gap is filled with silence that says so, and counted', async () => {
  const { call, clock, providerSocket } = await openLine({ call: { sampleRate: 16_000 } });
  const frames: AudioFrame[] = [];
  call.observe((frame) => {
    if (frame.kind === 'audio') frames.push(frame);
  });
  await clock.advance(200);
  const send = providerSocket.send.bind(providerSocket);
  providerSocket.send = () => {};
  await clock.advance(120);
  providerSocket.send = send;
  await clock.advance(200);
  const concealed = frames.filter((frame) => frame.concealed);
  expect(concealed).toHaveLength(1);
  expect((concealed[0]?.samples.length ?? 0) / 16).toBeCloseTo(120, 5);
  expect(call.stats.lostMs).toBeCloseTo(120, 5);
  for (const [i, frame] of frames.entries()) {
    const next = frames[i + 1];
    if (next) expect(next.timestampMs).toBeCloseTo(frame.timestampMs + frame.samples.length / 16, 5);
  }
});
