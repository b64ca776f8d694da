/** Bounds of a call: what its options may be, how much may wait, what is not believed. */
import {
  type AudioFrame,
  type CallOptions,
  type Frame,
  type Json,
  openCall,
  type StartFrame,
  twilio,
} from '@patchcord/core';
import { createManualClock, createSocketPair, type ManualClock } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { countable, openLine } from './line.ts';

const TIMES = [
  'startTimeoutMs',
  'idleTimeoutMs',
  'maxCallMs',
  'gapCapMs',
  'sendAheadMs',
  'maxQueuedMs',
  'markEveryMs',
] as const satisfies readonly (keyof CallOptions)[];

const UNLIMITED: readonly string[] = ['idleTimeoutMs', 'maxCallMs'];

const refusal = async (options: CallOptions) => {
  const clock = createManualClock();
  const [socket] = createSocketPair();
  const opening = openCall(socket, twilio, { clock, ...options }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await clock.advance(1);
  expect(clock.pending).toBe(0);
  return opening;
};

describe.each(TIMES)('%s', (name) => {
  test.each([Number.NaN, -1, Number.NEGATIVE_INFINITY, '1000' as unknown as number])(
    '%s is refused, and the socket closed',
    async (value) => {
      expect(await refusal({ [name]: value })).toMatchObject({
        code: 'invalid-argument',
        message: expect.stringContaining(name) as unknown,
      });
    },
  );

  test(`Infinity is ${UNLIMITED.includes(name) ? 'never' : 'refused'}`, async () => {
    if (UNLIMITED.includes(name)) {
      const { call } = await openLine({ call: { [name]: Number.POSITIVE_INFINITY } });
      expect(call.info.kind).toBe('start');
    } else {
      expect(await refusal({ [name]: Number.POSITIVE_INFINITY })).toMatchObject({ code: 'invalid-argument' });
    }
  });
});

test('marks and messages that wait are bounded by number, and refused with a warning', async () => {
  const { call, clock } = await openLine();
  const warnings: string[] = [];
  call.addEventListener('warning', ({ warning }) => warnings.push(warning.code));
  call.play(countable(5000));
  const kept = Array.from({ length: 1200 }, (_, index) =>
    call.send(
      index % 2 ? { kind: 'mark', name: `mark ${index}` } : { kind: 'message', message: { event: 'x' } },
    ),
  );
  expect(kept.every((taken) => !taken)).toBe(true);
  expect(warnings).toEqual(['queue-full']);
  await clock.advance(7000);
  // The first of the queue is the playback.
  expect(call.stats.messagesSent).toBeGreaterThan(999 + 250);
  expect(call.stats.messagesSent).toBeLessThan(999 + 250 + 80);
});

describe('the text of marks and messages that wait', () => {
  const KIB = 1024;
  // JSON of the frame around the text is counted too: some 40 bytes.
  const message = (bytes: number): Frame => ({ kind: 'message', message: { text: 'é'.repeat(bytes / 2) } });
  const mark = (bytes: number): Frame => ({ kind: 'mark', name: 'm'.repeat(bytes) });

  test('is bounded in bytes, and more is refused with a warning', async () => {
    const { call, clock } = await openLine();
    const warnings: string[] = [];
    call.addEventListener('warning', ({ warning }) => warnings.push(warning.code));
    call.play(countable(2000));
    for (let count = 0; count < 9; count++) {
      call.send(message(64 * KIB));
      if (count < 6) call.send(mark(64 * KIB));
    }
    expect(warnings).toEqual([]);
    call.send(mark(64 * KIB));
    expect(warnings).toEqual(['queue-full']);
    // What is short still fits.
    call.send(mark(KIB));
    const sentBefore = call.stats.messagesSent;
    await clock.advance(4000);
    expect(call.stats.messagesSent - sentBefore).toBeGreaterThanOrEqual(16);
    const before = call.stats.messagesSent;
    call.send(mark(64 * KIB));
    expect(call.stats.messagesSent).toBe(before + 1);
  });

  test('is let go by an interruption, and room is made again', async () => {
    const { call } = await openLine();
    const cleared: number[] = [];
    call.observe((frame, phase) => {
      if (frame.kind === 'mark' && phase === 'cleared') cleared.push(frame.name.length);
    });
    for (let round = 0; round < 3; round++) {
      call.play(countable(2000));
      for (let count = 0; count < 3; count++) call.send(mark(512 * KIB - 100));
      call.interrupt();
    }
    expect(cleared).toHaveLength(6);
  });

  test('of what cannot be text is none: it is told when its turn comes', async () => {
    const { call } = await openLine();
    const warnings: string[] = [];
    call.addEventListener('warning', ({ warning }) => warnings.push(warning.code));
    const circular: { [key: string]: Json } = {};
    circular.itself = circular;
    expect(call.send({ kind: 'message', message: circular })).toBe(true);
    expect(warnings).toEqual(['not-sent']);
    expect(call.stats.passedOver).toBe(1);
  });
});

describe('marks that an interruption drops before they are sent', () => {
  test('come back at once, as cleared, in order', async () => {
    const { call, clock } = await openLine();
    const seen: string[] = [];
    call.observe((frame, phase) => {
      if (frame.kind === 'mark') seen.push(`${frame.name} ${phase}`);
    });
    const reader = call.readable.getReader();
    call.play(countable(5000));
    call.send({ kind: 'mark', name: 'first' });
    call.play(countable(100));
    call.send({ kind: 'mark', name: 'second' });
    await clock.advance(200);
    call.interrupt();
    expect(seen).toEqual(['first received', 'first cleared', 'second received', 'second cleared']);
    const read: string[] = [];
    while (read.length < 2) {
      const { value: frame } = await reader.read();
      if (frame?.kind === 'mark') read.push(frame.name);
    }
    expect(read).toEqual(['first', 'second']);
    await clock.advance(1000);
    expect(seen).toHaveLength(4);
  });

  test('are not sent again by an echo', async () => {
    const { call, clock, sent } = await openLine();
    void call.readable.pipeTo(call.writable);
    call.play(countable(5000));
    call.send({ kind: 'mark', name: 'mine' });
    await clock.advance(200);
    call.interrupt();
    await clock.advance(500);
    expect(sent.filter((text) => text.includes('mine'))).toEqual([]);
  });
});

const START: StartFrame = {
  ...{ kind: 'start', provider: 'twilio', streamId: 'MZ1', callId: 'CA1', parameters: {} },
  ...{ format: twilio.format, tracks: ['inbound'] },
};

/** A call with no phone: `start` has come. */
async function started(clock: ManualClock, options: CallOptions = {}) {
  const [socket, provider] = createSocketPair();
  const opening = openCall(socket, twilio, { clock, ...options });
  await clock.advance(1);
  for (const message of twilio.createProviderSerializer().serialize(START)) provider.send(message);
  await clock.advance(0);
  return { opening, provider };
}

describe('a message whose time cannot be right', () => {
  const media = (timestamp: number) =>
    JSON.stringify({
      event: 'media',
      sequenceNumber: '9',
      media: { track: 'inbound', chunk: '9', timestamp: String(timestamp), payload: '/////w==' },
    });

  test('does not move the time of the call, and is counted and told', async () => {
    const { call, clock, providerSocket } = await openLine();
    const warnings: string[] = [];
    call.addEventListener('warning', ({ warning }) => warnings.push(warning.code));
    await clock.advance(1000);
    const before = call.timestampMs;
    providerSocket.send(media(1e9));
    await clock.advance(100);
    expect(call.timestampMs).toBeCloseTo(before + 100, 3);
    expect(call.stats).toMatchObject({ stray: 1, malformed: 0 });
    expect(warnings).toContain('malformed-message');
  });

  test('is believed when the next says the same', async () => {
    const clock = createManualClock();
    const { opening, provider } = await started(clock);
    const call = await opening;
    await clock.advance(20);
    provider.send(media(1e6));
    await clock.advance(20);
    expect(call.timestampMs).toBe(40);
    provider.send(media(1e6 + 20));
    await clock.advance(1);
    expect(call.timestampMs).toBeGreaterThan(1e6);
  });
});

test('the silence of the socket is not counted before the app has its call', async () => {
  const clock = createManualClock();
  const { opening, provider } = await started(clock, {
    idleTimeoutMs: 1000,
    authorize: () => new Promise((resolve) => clock.after(5000, () => resolve(true))),
  });
  const audio: AudioFrame = {
    ...{ kind: 'audio', samples: new Int16Array(160), sampleRate: 8000, channels: 1 },
    ...{ timestampMs: 0, track: 'inbound' },
  };
  const serializer = twilio.createProviderSerializer();
  serializer.serialize(START);
  for (let ms = 0; ms < 5000; ms += 20) {
    for (const message of serializer.serialize({ ...audio, timestampMs: ms })) provider.send(message);
    await clock.advance(20);
  }
  await clock.advance(20);
  const call = await opening;
  const warnings: string[] = [];
  call.addEventListener('warning', ({ warning }) => warnings.push(warning.code));
  await clock.advance(900);
  expect(warnings).toEqual(['inactive']);
  await clock.advance(200);
  expect(await call.closed).toMatchObject({ reason: 'idle' });
});
