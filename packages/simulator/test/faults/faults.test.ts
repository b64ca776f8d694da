import { type Call, type CallOptions, type FrameFromCall, openCall, twilio } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FaultName, Faults } from '../../src/faults/faults.ts';
import { openPhone } from '../../src/phone/dial.ts';
import type { Phone } from '../../src/phone/phone.ts';
import { createVirtualClock, type VirtualClock } from '../../src/virtual/clock.ts';
import { createLink, type LinkSocket } from '../../src/virtual/link.ts';
import { sound } from '../virtual-call.ts';

interface FaultyCall {
  readonly clock: VirtualClock;
  readonly phone: Phone;
  readonly call: Call;
  readonly app: LinkSocket;
  /** Messages that reached the app, as text, and when. */
  readonly came: [string, number][];
  /** What the app has read. */
  readonly read: FrameFromCall[];
  /** The last of it was read. */
  readonly drained: Promise<void>;
}

/** A phone with faults, and an app that reads all that it gets. */
async function talk(faults: Faults, options: CallOptions = {}): Promise<FaultyCall> {
  const clock = createVirtualClock();
  const link = createLink({ clock });
  const came: [string, number][] = [];
  link.app.addEventListener('message', ({ data }) => void came.push([String(data), clock.now()]));
  const opening = openCall(link.app, twilio, { clock, ...options });
  const phone = await openPhone(link.phone, { clock, faults });
  const call = await clock.run(opening);
  const read: FrameFromCall[] = [];
  const reader = call.readable.getReader();
  const drain = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) read.push(next.value);
  };
  return { clock, phone, call, app: link.app, came, read, drained: drain() };
}

const count = ({ events }: Phone, name: FaultName): number =>
  events.filter((event) => event.kind === 'fault' && event.fault === name).length;

interface Media {
  readonly chunk: string | number;
  readonly timestamp: string | number;
  readonly payload: string;
}

/** The media messages that could be read, each once. */
function mediaIn(came: readonly (readonly [string, number])[]): Media[] {
  const media: Media[] = [];
  for (const [text] of came) {
    try {
      const message = JSON.parse(text) as { event: string; media: Media };
      if (message.event === 'media' && media.at(-1)?.chunk !== message.media.chunk) media.push(message.media);
    } catch {
      // cut off on purpose
    }
  }
  return media;
}

/** What an app that reads must have got: all that came, with silence between. */
async function expectNothingLost({ call, came, read, drained, phone, clock }: FaultyCall): Promise<void> {
  await clock.run(phone.hangUp());
  await clock.run(call.closed);
  await clock.run(drained);
  const audio = read.flatMap((frame) => (frame.kind === 'audio' ? [frame] : []));
  const own = audio.filter(({ concealed }) => !concealed).flatMap(({ samples }) => [...samples]);
  const sent = mediaIn(came).flatMap(({ payload }) => [...decode(payload)]);
  expect(own).toEqual(sent);
  expect(call.stats.unreadMs).toBe(0);
  expect(read.at(-1)).toEqual({ kind: 'stop' });
}

function decode(payload: string): Int16Array {
  const serializer = twilio.createSerializer({ streamSid: 'MZ1' });
  const media = { track: 'inbound', chunk: '1', timestamp: '0', payload };
  const start = { streamSid: 'MZ1', callSid: 'CA1', tracks: ['inbound'], customParameters: {} };
  serializer.deserialize(JSON.stringify({ event: 'start', start, streamSid: 'MZ1' }));
  const [frame] = serializer.deserialize(JSON.stringify({ event: 'media', media, streamSid: 'MZ1' }));
  return frame?.kind === 'audio' ? frame.samples : new Int16Array(0);
}

const SECONDS = 5;

/** A talk with faults that lasts a while, in which the caller speaks all the time. */
async function spoken(faults: Faults): Promise<FaultyCall> {
  const talking = await talk(faults);
  void talking.phone.say(sound(SECONDS * 1000, 9));
  await talking.clock.advance(SECONDS * 1000);
  return talking;
}

describe('an app that reads loses nothing that came, and the call counts what did not', () => {
  test('nothing is wrong', async () => {
    const talking = await spoken({});
    await expectNothingLost(talking);
    expect(talking.call.stats).toMatchObject({
      lostMs: 0,
      late: 0,
      duplicate: 0,
      malformed: 0,
      receivedMs: 5000,
    });
    expect(talking.phone.events.some(({ kind }) => kind === 'fault')).toBe(false);
  });

  test('messages come late, in order', async () => {
    const talking = await spoken({ jitterMs: 60 });
    const late = mediaTimes(talking).map(([timestampMs, cameMs]) => cameMs - timestampMs - 20);
    expect(Math.max(...late)).toBeGreaterThan(40);
    expect(Math.max(...late)).toBeLessThan(60);
    expect(Math.min(...late)).toBeLessThan(20);
    await expectNothingLost(talking);
    expect(talking.call.stats).toMatchObject({ lostMs: 0, late: 0, duplicate: 0, malformed: 0 });
  });

  test('nothing comes for a while, then all at once', async () => {
    const talking = await spoken({ stall: { everyMs: 700, forMs: 300 } });
    const burst = mediaTimes(talking).filter(([, cameMs]) => cameMs === 1000);
    expect(burst.length).toBeGreaterThanOrEqual(15);
    expect(mediaTimes(talking).some(([, cameMs]) => cameMs > 700 && cameMs < 1000)).toBe(false);
    expect(count(talking.phone, 'stalled')).toBe(5);
    await expectNothingLost(talking);
    expect(talking.call.stats).toMatchObject({ lostMs: 0, late: 0, duplicate: 0 });
  });

  test('messages are lost, come twice, or are cut off', async () => {
    const talking = await spoken({ lost: 0.1, doubled: 0.1, truncated: 0.1 });
    const { phone, call, came } = talking;
    await expectNothingLost(talking);
    const [lost, doubled, truncated] = (['lost', 'doubled', 'truncated'] as const).map((name) =>
      count(phone, name),
    );
    expect(Math.min(lost ?? 0, doubled ?? 0, truncated ?? 0)).toBeGreaterThan(10);
    expect(call.stats).toMatchObject({ duplicate: doubled, malformed: truncated, late: 0 });
    const times = mediaIn(came).map(({ timestamp }) => Number(timestamp));
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0) + 20;
    expect(call.stats.lostMs).toBe(span - 20 * times.length);
    expect(call.stats.receivedMs).toBe(20 * (times.length + (doubled ?? 0)));
  });

  test('timestamps jump where there was no audio', async () => {
    const talking = await spoken({ gaps: { share: 0.02, ms: 100 } });
    const gaps = count(talking.phone, 'gap');
    expect(gaps).toBeGreaterThan(1);
    await expectNothingLost(talking);
    expect(talking.call.stats).toMatchObject({ lostMs: 100 * gaps, late: 0, duplicate: 0, malformed: 0 });
    const numbers = talking.came
      .map(([text]) => (JSON.parse(text) as { sequenceNumber?: string }).sequenceNumber)
      .filter((number) => number !== undefined);
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1)));
  });

  test('messages hold any number of samples', async () => {
    const talking = await spoken({ oddLengths: true });
    const lengths = new Set(mediaIn(talking.came).map(({ payload }) => decode(payload).length));
    expect(lengths.size).toBeGreaterThan(50);
    await expectNothingLost(talking);
    expect(talking.call.stats).toMatchObject({ lostMs: 0, late: 0, duplicate: 0, malformed: 0 });
  });

  test('numbers stand where text is documented', async () => {
    const talking = await spoken({ numbers: true });
    expect(talking.came[2]?.[0]).toMatch(/"sequenceNumber":2,.*"chunk":1,"timestamp":0,/);
    await expectNothingLost(talking);
    expect(talking.call.stats).toMatchObject({ receivedMs: 5000, lostMs: 0, malformed: 0 });
  });

  test('events come that nobody has heard of', async () => {
    const talking = await spoken({ unknownEvents: 0.2 });
    await expectNothingLost(talking);
    const unknowns = talking.read.filter(({ kind }) => kind === 'unknown');
    expect(unknowns.length).toBeGreaterThan(20);
    expect(unknowns).toHaveLength(count(talking.phone, 'unknown-event'));
    expect(talking.call.stats).toMatchObject({ lostMs: 0, malformed: 0 });
  });

  test('all of it at once, whatever the seed', async () => {
    const share = fc.double({ min: 0, max: 0.3, noNaN: true });
    const faults = fc.record({
      seed: fc.integer(),
      jitterMs: fc.integer({ min: 0, max: 200 }),
      ...{ lost: share, doubled: share, truncated: share, unknownEvents: share },
      gaps: fc.record({
        share: fc.double({ min: 0, max: 0.1, noNaN: true }),
        ms: fc.integer({ min: 0, max: 400 }),
      }),
      stall: fc.record({
        everyMs: fc.integer({ min: 1, max: 900 }),
        forMs: fc.integer({ min: 0, max: 900 }),
      }),
      numbers: fc.boolean(),
      oddLengths: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(faults, async (mixture) => {
        const talking = await talk(mixture);
        void talking.phone.say(sound(1500, 3));
        await talking.clock.advance(2000);
        await expectNothingLost(talking);
        const { stats } = talking.call;
        expect(stats.duplicate).toBe(countDoubled(talking.came));
        expect(stats.late).toBe(0);
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  /** Media messages that repeat the one before. */
  function countDoubled(came: readonly (readonly [string, number])[]): number {
    const media = came.map(([text]) => text).filter((text) => /^\{"event":"media".*\}$/.test(text));
    return media.filter((text, index) => index > 0 && text === media[index - 1]).length;
  }

  function mediaTimes({ came }: FaultyCall): [number, number][] {
    return came.flatMap(([text, cameMs]): [number, number][] => {
      const { event, media } = JSON.parse(text) as { event: string; media: Media };
      return event === 'media' ? [[Number(media.timestamp), cameMs]] : [];
    });
  }
});

describe('connections that break', () => {
  test('after any number of messages: the app reads what came, and knows why', async () => {
    for (const cutAfterMessages of [3, 4, 17, 100]) {
      const { clock, phone, call, came, read, drained } = await talk({ cutAfterMessages });
      void phone.say(sound(2500, 4));
      await clock.advance(3000);
      expect(came).toHaveLength(cutAfterMessages);
      expect(await phone.closed).toMatchObject({ reason: 'connection-lost', closeCode: 1006 });
      expect(await call.closed).toMatchObject({ reason: 'socket-closed' });
      await drained;
      expect(read.filter(({ kind }) => kind === 'audio')).toHaveLength(cutAfterMessages - 2);
      expect([count(phone, 'cut'), clock.pending]).toEqual([1, 0]);
    }
  });

  test('at any byte: before start the call never opens; after it, whole messages are read', async () => {
    const clock = createVirtualClock();
    const whole = await talk({});
    await whole.clock.advance(100);
    const bytes = whole.came.map(([text]) => text.length);
    const opened = (bytes[0] ?? 0) + (bytes[1] ?? 0);
    for (const cutAfterBytes of [0, 1, bytes[0] ?? 0, opened - 1]) {
      const link = createLink({ clock });
      const opening = openCall(link.app, twilio, { clock });
      await openPhone(link.phone, { clock, faults: { cutAfterBytes } });
      await expect(clock.run(opening)).rejects.toMatchObject({ code: 'transport-closed' });
    }
    for (const [more, frames] of [
      [0, 0],
      [1, 0],
      [(bytes[2] ?? 0) - 1, 0],
      [bytes[2] ?? 0, 1],
    ] as const) {
      const { clock, call, read, drained } = await talk({ cutAfterBytes: opened + more });
      await clock.advance(200);
      expect((await call.closed).reason).toBe('socket-closed');
      await drained;
      expect(read.filter(({ kind }) => kind === 'audio')).toHaveLength(frames);
    }
  });

  test('a half-open connection: the app gives up on its own; the phone when it hangs up', async () => {
    const { clock, phone, call, came } = await talk({ halfOpenAfterMs: 1000 }, { idleTimeoutMs: 5000 });
    await clock.advance(1000);
    const before = came.length;
    await clock.advance(7500);
    expect(came).toHaveLength(before);
    expect(await call.closed).toMatchObject({ reason: 'idle' });
    expect([count(phone, 'half-open'), phone.timestampMs]).toEqual([1, 8500]);
    expect(await clock.run(phone.hangUp())).toMatchObject({ reason: 'hung-up', closeCode: 1006 });
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  test('an app that is half-open for the phone is not heard either', async () => {
    const { clock, phone, call } = await talk({ halfOpenAfterMs: 100 });
    await clock.advance(200);
    call.send({ kind: 'mark', name: 'unheard' });
    await clock.advance(200);
    expect(phone.events.map(({ kind }) => kind)).toEqual(['fault']);
    await clock.run(phone.drop());
  });

  test('a phone that stops reading is left by the app, whose memory is bounded', async () => {
    const { clock, phone, call, app } = await talk({ stopReadingAfterMs: 500 });
    call.play(sound(600_000, 5));
    let most = 0;
    for (let second = 0; second < 60; second++) {
      await clock.advance(1000);
      most = Math.max(most, app.bufferedAmount);
    }
    expect(most).toBeLessThan(512 * 1024);
    expect((await call.closed).reason).toBe('peer-stalled');
    await clock.run(phone.hangUp());
    await clock.advance(5000);
    expect(clock.pending).toBe(0);
  });

  test('audio before start is named', async () => {
    const clock = createVirtualClock();
    const link = createLink({ clock });
    const opening = openCall(link.app, twilio, { clock });
    const phone = await openPhone(link.phone, { clock, faults: { lateStart: 2 } });
    opening.catch(() => {});
    await clock.advance(100);
    await expect(opening).rejects.toMatchObject({ code: 'opened-too-late' });
    expect(await phone.closed).toMatchObject({ endedBy: 'app' });
  });
});

describe('the faults themselves', () => {
  test('keep the order on a machine whose timers are late, and end with the call', async () => {
    const clock = createVirtualClock();
    let lateMs = 0;
    const late = { now: () => clock.now() + lateMs, after: clock.after };
    const link = createLink({ clock });
    const times: number[] = [];
    link.app.addEventListener('message', ({ data }) => {
      const { media } = JSON.parse(String(data)) as { media?: Media };
      if (media !== undefined) times.push(Number(media.timestamp));
    });
    const faults = {
      stall: { everyMs: 10, forMs: 100 },
      halfOpenAfterMs: 60_000,
      stopReadingAfterMs: 60_000,
    };
    const phone = await openPhone(link.phone, { clock: late, faults });
    await clock.advance(125);
    lateMs = 27; // it is past the end of the stall, and no timer has told
    await clock.advance(200);
    expect(times.length).toBeGreaterThan(10);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    await clock.run(phone.hangUp());
    expect(clock.pending).toBe(0);
  });
});

describe('faults that cannot be', () => {
  test.each<[Faults, RegExp]>([
    [{ lost: 1.1 }, /faults\.lost is a share from 0 to 1; 1\.1/],
    [{ gaps: { share: -1, ms: 10 } }, /faults\.gaps\.share/],
    [{ jitterMs: -1 }, /faults\.jitterMs is 0 or more/],
    [{ stall: { everyMs: 1, forMs: Number.NaN } }, /faults\.stall\.forMs/],
  ])('%o', async (faults, words) => {
    const { phone } = createLink({ clock: createVirtualClock() });
    await expect(openPhone(phone, { faults })).rejects.toThrow(words);
  });

  test('a socket that cannot stop reading', async () => {
    const socket = { readyState: 1, send: () => {}, close: () => {}, addEventListener: () => {} };
    await expect(openPhone(socket, { faults: { stopReadingAfterMs: 1 } })).rejects.toThrow(/no pause\(\)/);
  });
});
