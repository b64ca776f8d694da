/** A call on another wire than Twilio's: binary audio at its own rate, clears that are confirmed, marks that are dropped. */

import {
  type AudioFrame,
  type Call,
  type CallOptions,
  type Frame,
  type FrameFromCall,
  openCall,
  type StartFrame,
  tone,
  twilio,
  vonage,
} from '@patchcord/core';
import { createManualClock, createSocketPair, type ManualClock, type PairedSocket } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { countable, findWhole } from './line.ts';

const start = (sampleRate: number): StartFrame => ({
  kind: 'start',
  provider: 'vonage',
  streamId: 'u-1',
  callId: 'u-1',
  format: { encoding: 'linear16', sampleRate, channels: 1 },
  tracks: ['inbound'],
  parameters: { caller: '447700900000' },
});

/** Vonage's end: plays 20 ms every 20 ms, tells of marks when they were reached, and drops all at a clear. */
interface Exchange {
  readonly heard: number[];
  readonly came: Frame[];
  say(frame: FrameFromCall): void;
}

function openExchange(
  socket: PairedSocket,
  clock: ManualClock,
  sampleRate: number,
  clearedMarks: 'dropped' | 'echoed',
): Exchange {
  const provider = vonage.createProviderSerializer();
  let queue: Frame[] = [];
  const heard: number[] = [];
  const came: Frame[] = [];
  const say = (frame: FrameFromCall): void => {
    for (const message of provider.serialize(frame)) socket.send(message);
  };
  socket.addEventListener('message', ({ data }) => {
    for (const frame of provider.deserialize(data as string | ArrayBuffer)) {
      came.push(frame);
      if (frame.kind !== 'clear') {
        queue.push(frame);
        continue;
      }
      const marks = queue.filter((queued) => queued.kind === 'mark');
      queue = [];
      if (clearedMarks === 'echoed') for (const mark of marks) say(mark);
      say({ kind: 'clear' });
    }
  });
  const play = (): void => {
    if (socket.readyState !== 1) return;
    clock.after(20, play);
    if (queue[0]?.kind === 'audio') {
      heard.push(...(queue.shift() as AudioFrame).samples);
    }
    while (queue[0]?.kind === 'mark') say(queue.shift() as FrameFromCall);
    say({
      kind: 'audio',
      samples: new Int16Array(sampleRate / 50).fill(3),
      sampleRate,
      channels: 1,
      timestampMs: 0,
      track: 'inbound',
    });
  };
  socket.addEventListener('open', () => {
    say(start(sampleRate));
    clock.after(20, play);
  });
  return { heard, came, say };
}

async function connected(
  sampleRate = 16_000,
  options: CallOptions = {},
  clearedMarks: Parameters<typeof openExchange>[3] = 'dropped',
): Promise<{ call: Call; clock: ManualClock; exchange: Exchange; socket: PairedSocket }> {
  const clock = createManualClock();
  const [socket, theirs] = createSocketPair();
  const opening = openCall(socket, [twilio, vonage], { clock, ...options });
  const exchange = openExchange(theirs, clock, sampleRate, clearedMarks);
  await clock.advance(20);
  return { call: await opening, clock, exchange, socket: theirs };
}

describe('a call over Vonage', () => {
  test.each([8000, 16_000, 24_000])('at %i Hz: the start frame says the rate, both ways', async (rate) => {
    const { call, clock, exchange } = await connected(rate);
    expect(call.info).toEqual(start(rate));
    expect(call.sampleRate).toBe(rate);
    const reader = call.readable.getReader();
    await reader.read();
    await clock.advance(40);
    const { value } = await reader.read();
    expect(value).toMatchObject({ kind: 'audio', sampleRate: rate, timestampMs: 0 });
    expect((value as AudioFrame).samples).toEqual(new Int16Array(rate / 50).fill(3));

    const said = Int16Array.from({ length: rate / 2 }, (_, index) => 1 + ((index * 7919) % 20_000));
    const playback = call.play(said.slice());
    await clock.advance(700);
    expect(await playback.done).toMatchObject({ outcome: 'played', heardMs: 500 });
    expect(findWhole(Int16Array.from(exchange.heard), said)).toBeGreaterThanOrEqual(0);
    const lengths = exchange.came.flatMap((frame) => (frame.kind === 'audio' ? [frame.samples.length] : []));
    expect(new Set(lengths)).toEqual(new Set([rate / 50]));
  });

  test('an app at another rate than the wire', async () => {
    const { call, clock, exchange } = await connected(24_000, { sampleRate: 8000 });
    void call.play(tone({ frequency: 440, ms: 300, sampleRate: 8000 }));
    const reader = call.readable.getReader();
    await reader.read();
    await clock.advance(400);
    expect((await reader.read()).value).toMatchObject({ sampleRate: 8000 });
    const loud = exchange.heard.filter((sample) => Math.abs(sample) > 500).length;
    expect(loud / 24).toBeGreaterThan(250);
    expect(loud / 24).toBeLessThan(310);
  });

  test.each(['dropped', 'echoed'] as const)(
    'after a clear, with its marks %s, nothing pends: what is said next is followed to the ear',
    async (clearedMarks) => {
      const { call, clock, exchange } = await connected(16_000, {}, clearedMarks);
      const observed: string[] = [];
      call.observe((frame, phase) => {
        if (frame.kind === 'mark' || frame.kind === 'clear') observed.push(`${phase} ${frame.kind}`);
      });
      const warnings: string[] = [];
      call.addEventListener('warning', ({ warning }) => warnings.push(warning.code));
      const read: Frame[] = [];
      void (async () => {
        const reader = call.readable.getReader();
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          if (next.value.kind !== 'audio' && next.value.kind !== 'start') read.push(next.value);
        }
      })();

      for (let round = 0; round < 3; round++) {
        observed.length = 0;
        read.length = 0;
        exchange.heard.length = 0;
        const first = countable(1000, round);
        call.send({
          kind: 'audio',
          samples: Int16Array.from(first, (sample) => sample),
          sampleRate: 16_000,
          channels: 1,
          timestampMs: 0,
          track: 'outbound',
        });
        call.send({ kind: 'mark', name: 'said' });
        await clock.advance(205);
        expect(call.interrupt()).toMatchObject({ playbacks: [{ heardMs: expect.any(Number) }] });
        await clock.advance(1);
        expect(observed).toContain('received clear');
        // The cleared mark is told once, whether it came back or not; an echoing app is not told of the clear.
        expect(observed.filter((what) => what === 'cleared mark')).toHaveLength(1);
        expect(read).toEqual([{ kind: 'mark', name: 'said' }]);

        const second = countable(400, 7 + round);
        const playback = call.play(second.slice(), { sampleRate: 16_000 });
        call.send({ kind: 'mark', name: 'said' });
        await clock.advance(1000);
        expect(await playback.done).toMatchObject({ outcome: 'played' });
        expect(findWhole(Int16Array.from(exchange.heard), second)).toBeGreaterThanOrEqual(0);
        expect(observed.filter((what) => what === 'played mark')).toHaveLength(1);
        expect(read).toHaveLength(2);
      }
      await clock.advance(5000);
      expect(warnings).not.toContain('marks-missing');
      const ended = call.end();
      await clock.advance(2500);
      expect(await ended).toMatchObject({ reason: 'ended' });
    },
  );

  test('an echo does not take a confirmed clear for one to send', async () => {
    const { call, clock, exchange } = await connected();
    void call.readable.pipeTo(call.writable).catch(() => {});
    await clock.advance(300);
    call.interrupt();
    await clock.advance(500);
    expect(exchange.came.filter(({ kind }) => kind === 'clear')).toHaveLength(1);
  });

  test('the socket’s close is the end', async () => {
    const { call, clock, socket } = await connected();
    socket.close(1000);
    await clock.advance(3000);
    expect(await call.closed).toMatchObject({ reason: 'socket-closed' });
  });
});

describe('telling providers apart', () => {
  const openings = async (messages: readonly (string | Uint8Array<ArrayBuffer>)[]) => {
    const clock = createManualClock();
    const [socket, theirs] = createSocketPair();
    const opening = openCall(socket, [vonage, twilio], { clock }).then(
      (call) => call.info.provider,
      (error: { code: string }) => error.code,
    );
    await clock.advance(1);
    for (const message of messages) theirs.send(message);
    await clock.advance(11_000);
    return opening;
  };
  const [, twilioStart] = twilio.createProviderSerializer().serialize({
    ...start(8000),
    provider: 'twilio',
    format: twilio.format,
  }) as [string, string];
  const [connectedMessage] = vonage.createProviderSerializer().serialize(start(16_000)) as [string];
  const media =
    '{"event":"media","streamSid":"u-1","media":{"track":"inbound","timestamp":"0","payload":"/w=="}}';

  test.each<[string, (string | Uint8Array<ArrayBuffer>)[], string]>([
    ['Twilio by its first message', ['{"event":"connected","protocol":"Call"}', twilioStart], 'twilio'],
    ['Twilio by its second message', [twilioStart], 'twilio'],
    ['Twilio whose text comes as bytes', [new TextEncoder().encode(twilioStart)], 'twilio'],
    ['Vonage', [connectedMessage], 'vonage'],
    ['Vonage behind a stranger', ['hello', connectedMessage], 'vonage'],
    ['binary audio of a stream opened before', [new Uint8Array(640)], 'opened-too-late'],
    ['text audio of a stream opened before', [media], 'opened-too-late'],
    ['strangers alone', ['hello'], 'timeout'],
  ])('%s', async (_, messages, outcome) => {
    expect(await openings(messages)).toBe(outcome);
  });
});
