/** Rare orders of events that must neither hang a call, lose sound nor crash. */
import {
  type AudioFrame,
  type Call,
  type CallHandler,
  type CallOptions,
  type Frame,
  handleCall,
  MediaError,
  openCall,
  type Playback,
  twilio,
} from '@patchcord/core';
import { openPhone } from '@patchcord/simulator';
import { createManualClock, createSocketPair, macrotask } from '@patchcord/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LiveCall } from '../../src/transports/live-call.ts';
import { countable, findWhole, openLine, readAll, soundIn } from './line.ts';

function audio(samples: Int16Array<ArrayBuffer>, sampleRate = 8000, channels = 1): AudioFrame {
  return { kind: 'audio', samples, sampleRate, channels, timestampMs: 0, track: 'outbound' };
}
async function settled<T>(promise: Promise<T>): Promise<T | 'pending'> {
  await macrotask();
  return Promise.race([promise, Promise.resolve('pending' as const)]);
}
async function handle(options: CallOptions, handler: CallHandler) {
  const clock = createManualClock();
  const [socket, providerSocket] = createSocketPair({ clock });
  const handled = handleCall(socket, twilio, { clock, ...options }, handler);
  const dialling = openPhone(providerSocket, { clock });
  await clock.advance(20);
  return { clock, handled, phone: await dialling, socket };
}
const rejections: unknown[] = [];
const onRejection = (e: unknown) => void rejections.push(e);
beforeEach(() => {
  rejections.length = 0;
  process.on('unhandledRejection', onRejection);
});
afterEach(() => {
  process.off('unhandledRejection', onRejection);
});

test('after one playback was interrupted, later ones settle and end() does not wait', async () => {
  const { call, clock } = await openLine({ delayMs: 20 });
  const a = call.play(countable(600, 1));
  const b = call.play(countable(150, 2));
  await clock.advance(300);
  a.interrupt();
  await clock.advance(1000);
  expect(await settled(b.done)).toMatchObject({ outcome: 'played' });
  const c = call.play(countable(100, 3));
  await clock.advance(1000);
  expect(await settled(c.done)).toMatchObject({ outcome: 'played' });
  void call.end();
  await clock.advance(500);
  expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
});

test('interrupting B just after A was heard but before its echo: A settles played', async () => {
  const { call, clock } = await openLine({ delayMs: 100 });
  const a = call.play(countable(300, 1));
  const b = call.play(countable(2000, 2));
  await clock.advance(450);
  b.interrupt();
  await clock.advance(2000);
  expect(await settled(a.done)).toMatchObject({ outcome: 'played', heardMs: 300 });
});

test('end() ends every open playback', async () => {
  const { call, clock } = await openLine();
  const a = call.play();
  a.write(countable(60));
  const b = call.play();
  b.write(countable(60));
  void call.end();
  await clock.advance(1000);
  expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
});

test('hang-up that never answers: closed settles after 30 s', async () => {
  const { call, clock } = await openLine({ call: { control: { hangUp: () => new Promise(() => {}) } } });
  void call.end();
  await clock.advance(45_000);
  expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
});

test('call control that throws does not keep the call up', async () => {
  const { call, clock } = await openLine({
    call: {
      control: {
        hangUp: async () => {},
        released: () => {
          throw new Error('x');
        },
      },
    },
  });
  void call.end({ when: 'now' });
  await clock.advance(15_000);
  expect(rejections).toEqual([]);
  expect(await settled(call.closed)).toMatchObject({ reason: 'ended' });
});

test('our hang-up answered by stop before the REST answer: reason is ended', async () => {
  let up: (() => Promise<unknown>) | undefined;
  const { call, clock, phone } = await openLine({
    call: {
      control: {
        hangUp: async () => {
          await up?.();
        },
      },
    },
  });
  up = async () => {
    void phone.hangUp();
    await new Promise<void>((r) => clock.after(100, r));
  };
  void (call as LiveCall).endBecause('handler-failed', 'It failed.', new Error('mine'));
  await clock.advance(500);
  expect(await settled(call.closed)).toMatchObject({ reason: 'handler-failed' });
});

test('a handler that fails with another transport-closed error ends its call', async () => {
  const { clock, handled } = await handle({}, async () => {
    throw new MediaError('transport-closed', 'The agent is gone.');
  });
  await clock.advance(5000);
  expect(await settled(handled)).toMatchObject({ reason: 'handler-failed' });
});

test('a message frame that cannot be said does not blow up in a timer', async () => {
  const { call, clock } = await openLine();
  call.play(countable(3000));
  call.send({ kind: 'message', message: null as never });
  const q = call.play(countable(200));
  let thrown: unknown;
  try {
    await clock.advance(8000);
  } catch (e) {
    thrown = e;
  }
  expect(thrown).toBeUndefined();
  expect(await settled(q.done)).toMatchObject({ outcome: 'played' });
});

test('after that the deadlines live', async () => {
  const { call, clock, providerSocket } = await openLine();
  call.play(countable(3000));
  call.send({ kind: 'message', message: null as never });
  await clock.advance(8000).catch(() => {});
  providerSocket.send = () => {};
  await clock.advance(60_000).catch(() => {});
  expect(await settled(call.closed)).toMatchObject({ reason: 'idle' });
});

test('a refused write does not spoil writable for ever', async () => {
  const { call, clock, phone } = await openLine();
  const w = call.writable.getWriter();
  await expect(w.write(audio(countable(20), 8000, 2))).rejects.toThrow();
  w.releaseLock();
  const sound = countable(100);
  const w2 = call.writable.getWriter();
  await w2.write(audio(sound.slice()));
  await clock.advance(500);
  expect(findWhole(phone.heard, sound)).toBeGreaterThanOrEqual(0);
});

test.each<[string, (call: Call) => void]>([
  ['stereo frame', (call) => call.play(audio(countable(20), 8000, 2))],
  ['odd rate frame', (call) => call.play(audio(countable(20), 11_025))],
  [
    'locked stream',
    (call) => {
      const s = new ReadableStream<AudioFrame>();
      s.getReader();
      call.play(s);
    },
  ],
  ['no source', (call) => call.play({} as never)],
])('10 play() that throws leaves the queue usable: %s', async (_n, play) => {
  const { call, clock } = await openLine();
  try {
    play(call);
  } catch {}
  const next = call.play(countable(100));
  await clock.advance(1000);
  expect(await settled(next.done)).toMatchObject({ outcome: 'played', heardMs: 100 });
});

test('a readable touched late is closed with the call', async () => {
  const { call, clock, phone } = await openLine();
  await clock.advance(3000);
  const reading = readAll(call.readable);
  await clock.advance(500);
  void phone.hangUp();
  await clock.advance(3000);
  await call.closed;
  const frames = await settled(reading);
  expect(frames).not.toBe('pending');
  expect((frames as unknown[]).length).toBeGreaterThan(10);
});

test('after three seconds of authorize, readable is still there', async () => {
  const clock = createManualClock();
  const [socket, providerSocket] = createSocketPair({ clock });
  const opening = openCall(socket, twilio, {
    clock,
    authorize: () => new Promise((r) => clock.after(3000, () => r(true))),
  });
  const dialling = openPhone(providerSocket, { clock });
  await clock.advance(20);
  const phone = await dialling;
  let frames: Promise<Frame[]> | undefined;
  void opening.then((call) => {
    frames = readAll(call.readable);
  });
  await clock.advance(3500);
  void phone.hangUp();
  await clock.advance(3000);
  const all = await settled(frames as Promise<Frame[]>);
  expect(all).not.toBe('pending');
  expect((all as Frame[])[0]?.kind).toBe('start');
});

test('observer that interrupts on played (wire)', async () => {
  const { call, clock } = await openLine();
  const phases = { received: 0, sent: 0, played: 0, cleared: 0 };
  call.observe(
    (f, phase) => {
      if (f.kind !== 'audio' || f.track !== 'outbound') return;
      phases[phase] += f.samples.length / 8;
      if (phase === 'played' && phases.played >= 200) call.interrupt();
    },
    { at: 'wire' },
  );
  call.play(countable(1000));
  await clock.advance(2000);
  expect(call.stats.observerErrors).toBe(0);
  expect(phases.played + phases.cleared).toBeCloseTo(phases.sent, 3);
});

test('observer that plays on cleared: the new playback settles', async () => {
  const { call, clock } = await openLine();
  let once: Playback | undefined;
  call.observe(
    (f, phase) => {
      if (f.kind === 'audio' && phase === 'cleared' && !once) once = call.play(countable(100, 4));
    },
    { at: 'wire' },
  );
  call.play(countable(1000));
  await clock.advance(300);
  call.interrupt();
  await clock.advance(1000);
  expect(await settled(once?.done as Promise<unknown>)).toMatchObject({ outcome: 'played', heardMs: 100 });
});

test('observer that interrupts on cleared: heardMs not inflated', async () => {
  const { call, clock } = await openLine();
  call.observe(
    (f, phase) => {
      if (f.kind === 'audio' && phase === 'cleared') call.interrupt();
    },
    { at: 'wire' },
  );
  const p = call.play(countable(2000));
  await clock.advance(300);
  call.interrupt();
  expect((await p.done).heardMs).toBeLessThan(340);
});

test('observer that interrupts all while one playback is interrupted: nothing is sent again', async () => {
  const { call, clock, phone } = await openLine();
  call.observe(
    (f, phase) => {
      if (f.kind === 'audio' && phase === 'cleared') call.interrupt();
    },
    { at: 'wire' },
  );
  const a = call.play(countable(300, 1));
  const b = call.play(countable(300, 2));
  await clock.advance(100);
  a.interrupt();
  expect(await settled(b.done)).toMatchObject({ outcome: 'cleared' });
  const n = soundIn(phone.heard);
  await clock.advance(1000);
  expect(soundIn(phone.heard) - n).toBeLessThan(400);
});

test('an echo passes received marks over', async () => {
  const { call, clock, sent } = await openLine({ delayMs: 10 });
  void call.readable.pipeTo(call.writable);
  call.send({ kind: 'mark', name: 'x' });
  await clock.advance(2000);
  expect(sent.filter((t) => t.includes('"x"')).length).toBe(1);
});

test('end() lets a long source finish', async () => {
  const { call, clock } = await openLine();
  const p = call.play(Array.from({ length: 30 }, (_, i) => countable(1000, i)));
  void call.end();
  await clock.advance(32_000);
  expect(await settled(p.done)).toMatchObject({ outcome: 'played', heardMs: 30_000 });
});

test('interrupt returns the playback the app holds (with sampleRate)', async () => {
  const { call, clock } = await openLine();
  const p = call.play(undefined, { sampleRate: 16_000 });
  p.write(new Int16Array(16_000).fill(900));
  await clock.advance(200);
  expect(call.interrupt().playbacks[0]?.playback).toBe(p);
});

test('play longer than maxQueuedMs is not called played', async () => {
  const { call, clock } = await openLine();
  const p = call.play(new Int16Array(8000 * 601).fill(100));
  await clock.advance(100);
  const end = await settled(p.done);
  expect(end).not.toMatchObject({ outcome: 'played', heardMs: 0 });
});

test('play(stream) after the end cancels the stream', async () => {
  const { call, clock, phone } = await openLine();
  void phone.hangUp();
  await clock.advance(100);
  let cancelled = false;
  call.play(
    new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    }),
  );
  await clock.advance(100);
  expect(cancelled).toBe(true);
});

test('with no send-ahead, sound is sent message by message', async () => {
  const { call, clock } = await openLine({ call: { sendAheadMs: 0 } });
  const p = call.play(countable(100));
  await clock.advance(1000);
  expect(await settled(p.done)).toMatchObject({ outcome: 'played' });
});

test('closed settles when the socket is let go', async () => {
  const { call, clock, socket } = await openLine({ delayMs: 50 });
  void call.end();
  for (let i = 0; i < 100 && (await settled(call.closed)) === 'pending'; i++) await clock.advance(5);
  expect(socket.readyState).toBe(3);
});

test('app mark with markEveryMs 0 on a slow link is told as played, not sent again later', async () => {
  const { call, clock, sent } = await openLine({ delayMs: 150, call: { markEveryMs: 0 } });
  const phases: string[] = [];
  call.observe((f, phase) => {
    if (f.kind === 'mark') phases.push(phase);
  });
  call.send(audio(countable(500)));
  call.send({ kind: 'mark', name: 'x' });
  await clock.advance(1500);
  expect(phases).toEqual(['sent', 'received', 'played']);
  const p = call.play(countable(1000));
  call.play(countable(500));
  await clock.advance(300);
  p.interrupt();
  await clock.advance(1500);
  expect(sent.filter((t) => t.includes('"x"')).length).toBe(1);
});

test('end(now) from an observer while end() starts', async () => {
  const { call, clock } = await openLine();
  call.observe((f, phase) => {
    if (f.kind === 'audio' && phase === 'sent') void call.end({ when: 'now' });
  });
  const p = call.play();
  p.write(countable(10));
  void call.end(); // the tail goes out in finish()
  p.write(countable(3000));
  await clock.advance(30);
  expect(await settled(call.closed)).not.toBe('pending');
});

test('refused by authorize: no timer is left once the socket closed', async () => {
  const clock = createManualClock();
  const [socket, providerSocket] = createSocketPair({ clock });
  const opening = openCall(socket, twilio, {
    clock,
    authorize: async () => {
      await macrotask();
      return false;
    },
  }).catch((e) => e);
  const dialling = openPhone(providerSocket, { clock });
  await clock.advance(20);
  await dialling;
  await clock.advance(100);
  expect((await opening).code).toBe('refused');
  expect(socket.readyState).toBe(3);
  expect(clock.pending).toBe(0);
});

test('deadlines a fraction of a ms apart do not spin on a virtual clock', async () => {
  const { Deadlines } = await import('../../src/transports/deadlines.ts');
  const clock = createManualClock();
  let n = 0;
  const d = new Deadlines<'idle' | 'pump'>(clock, (name) => {
    if (++n > 1000) throw new Error('spins');
    if (name === 'idle' && clock.now() < 100.3) d.set('idle', 100.3);
  });
  d.set('idle', 100.3);
  d.set('pump', 100);
  await clock.advance(200);
  expect(n).toBeLessThan(10);
});

test('observer interrupts on sent (app): the frame is not told as played', async () => {
  const { call, clock } = await openLine();
  let played = 0,
    cleared = 0,
    sent = 0;
  call.observe(
    (f, phase) => {
      if (f.kind === 'audio' && f.track === 'outbound') {
        if (phase === 'played') played += f.samples.length / 8;
        if (phase === 'cleared') cleared += f.samples.length / 8;
        if (phase === 'sent') sent += f.samples.length / 8;
      }
    },
    { at: 'wire' },
  );
  let once = false;
  call.observe((f, phase) => {
    if (f.kind === 'audio' && phase === 'sent' && !once) {
      once = true;
      call.interrupt();
    }
  });
  call.play(countable(300));
  await clock.advance(1000);
  expect({ played, cleared, sent }).toEqual({ played: 0, cleared: 20, sent: 20 });
});

test('the tail of a short write is sent though nothing comes in', async () => {
  const { call, clock, phone, providerSocket } = await openLine();
  const send = providerSocket.send.bind(providerSocket);
  providerSocket.send = (data) => {
    if (String(data).includes('"mark"')) send(data);
  };
  const sound = countable(10);
  call.send(audio(sound.slice()));
  await clock.advance(500);
  expect(findWhole(phone.heard, sound)).toBeGreaterThanOrEqual(0);
});

test('end(now) told by an observer while end() sends the rest', async () => {
  const { call, clock } = await openLine();
  let once = false;
  const p = call.play();
  p.write(countable(10));
  call.play(countable(3000));
  call.observe(
    (f, phase) => {
      if (f.kind === 'audio' && phase === 'sent' && f.track === 'outbound' && !once) {
        once = true;
        void call.end({ when: 'now' });
      }
    },
    { at: 'wire' },
  );
  void call.end();
  await clock.advance(30);
  expect(await settled(call.closed)).not.toBe('pending');
});

test('an estimate that goes back does not lose sound of a later playback', async () => {
  const { call, clock } = await openLine({ delayMs: 60 });
  call.play(audio(countable(20, 1)));
  await clock.advance(35);
  const b = call.play(audio(countable(900, 2)));
  await clock.advance(90);
  const c = call.play(audio(countable(65, 3)));
  await clock.advance(20);
  c.interrupt();
  await clock.advance(3000);
  expect(await settled(b.done)).toMatchObject({ outcome: 'played', heardMs: 900 });
});
