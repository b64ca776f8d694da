import { type AudioFrame, mulaw } from '@patchcord/core';
import { createManualClock, type ManualClock } from '@patchcord/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGrantOffice } from '../../src/bus/grants.ts';
import { toBytes } from '../../src/bus/messages.ts';
import { createVoiceSeal } from '../../src/bus/seal.ts';
import type { CallLevels, CallListChange, CallSummary, MonitorClient } from '../../src/client.ts';
import { type AuditEntry, createHub, createMemoryBus, type MemoryBus } from '../../src/index.ts';
import { FakeCall, voice } from '../fake-call.ts';
import { connected, readAll, settled, until } from '../in-process.ts';
import { type Gateway, gateway, SECRET } from './federated.ts';

const NOW = 1_700_000_000_000;

let clock: ManualClock;
let bus: MemoryBus;
let a: Gateway;
let b: Gateway;
let call: FakeCall;
let client: MonitorClient;
const audit: Record<'a' | 'b', AuditEntry[]> = { a: [], b: [] };

beforeEach(async () => {
  clock = createManualClock();
  bus = createMemoryBus();
  audit.a = [];
  audit.b = [];
  a = gateway('a.eu', clock, bus, { onAudit: (entry) => audit.a.push(entry) });
  b = gateway('b', clock, bus, { onAudit: (entry) => audit.b.push(entry) });
  call = new FakeCall('CA1', { from: '+15550001234' });
  a.hub.watch(call, { label: 'Bookings' });
  client = await connected(b.client());
});

afterEach(async () => {
  client.close();
  await settled();
  await Promise.all([a.hub.close(), b.hub.close()]);
  expect(clock.pending).toBe(0);
});

/** The list as a reader of its changes has it. */
class List {
  readonly #calls = new Map<string, CallSummary>();
  readonly #changes: ReadableStream<CallListChange>;

  constructor(of: MonitorClient) {
    this.#changes = of.calls();
  }

  async read(): Promise<CallSummary[]> {
    for (const change of await readAll(this.#changes)) {
      for (const each of change.kind === 'calls' ? change.calls : [change.call])
        this.#calls.set(each.callId, each);
    }
    return [...this.#calls.values()];
  }
}

/** What needs a signature's thread comes to pass while macrotasks do. */
const comesToPass = until;

/**
 * Time goes by as it does for gateways: what one signs and another checks in a second is done within it. The thread that
 * signs is the real world's, so each second waits for it: what it is asked last it does last.
 */
async function renewed(milliseconds: number): Promise<void> {
  for (let passedMs = 0; passedMs < milliseconds; passedMs += 1000) {
    await clock.advance(1000);
    for (let i = 0; i < 4; i++) {
      await crypto.subtle.digest('SHA-256', new Uint8Array(1));
      await settled();
    }
  }
}

const spoken = (ms: number): AudioFrame => ({
  kind: 'audio',
  samples: voice(0, ms * 8),
  sampleRate: 8000,
  channels: 1,
  timestampMs: 0,
  track: 'outbound',
});

describe('a dashboard of another gateway', () => {
  test('lists calls, what changes in them and their end', async () => {
    const list = new List(client);
    expect(await list.read()).toMatchObject([
      {
        callId: 'CA1',
        gateway: 'a.eu',
        label: 'Bookings',
        state: 'up',
        canHangUp: true,
        from: '+15550001234',
      },
    ]);
    a.hub.watch(new FakeCall('CA2'));
    call.warn('lost-audio', '120 ms lost.');
    await clock.advance(100);
    expect(await list.read()).toMatchObject([
      { callId: 'CA1', warnings: 1 },
      { callId: 'CA2', gateway: 'a.eu' },
    ]);
    call.finish();
    expect(await list.read()).toMatchObject([{ state: 'ended', endReason: 'stopped' }, { state: 'up' }]);
    await clock.advance(11_000);
    expect((await new List(client).read()).map(({ callId }) => callId)).toEqual(['CA2']);
  });

  test('masks as its own ticket says', async () => {
    const watcher = await connected(b.client(['list']));
    const events = watcher.events('CA1');
    await settled();
    call.tell({ kind: 'dtmf', digit: '7', track: 'inbound' }, 'received');
    expect(await new List(watcher).read()).toMatchObject([{ from: '+•••••••1234', canHangUp: false }]);
    expect(await readAll(events)).toEqual([{ kind: 'masked-key', timestampMs: 0, track: 'inbound' }]);
    watcher.close();
  });

  test('hears a call sample by sample; its sound crosses the bus once, and only while somebody hears it', async () => {
    const sounds = (): number => a.bus.traffic.filter(({ subject }) => subject.startsWith('audio.')).length;
    call.sound('inbound', 0);
    expect(sounds()).toBe(0);
    const first = client.listen('CA1');
    const other = await connected(b.client());
    const second = other.listen('CA1');
    await comesToPass(() => audit.a.length > 0);
    const frames: AudioFrame[] = [];
    for (let ms = 20; ms < 120; ms += 20) {
      frames.push(call.sound('inbound', ms), call.sound('outbound', ms));
    }
    const heard = await readAll(first);
    expect(heard).toHaveLength(10);
    expect(heard).toMatchObject(frames.map(({ track, timestampMs }) => ({ track, timestampMs })));
    expect(heard.flatMap((frame) => (frame.kind === 'audio' ? [...frame.samples] : []))).toEqual(
      frames.flatMap(({ samples }) => [...mulaw.decode(mulaw.encode(samples))]),
    );
    expect(await readAll(second)).toHaveLength(10);
    expect(sounds()).toBe(10);
    await first.cancel();
    await renewed(30_000);
    call.sound('inbound', 120);
    expect(sounds()).toBe(11);
    await second.cancel();
    await comesToPass(() => {
      const before = sounds();
      call.sound('inbound', 140);
      return sounds() === before;
    });
    other.close();
  });

  test('hears nothing more when its own gateway is gone for 15 s', async () => {
    client.listen('CA1');
    await comesToPass(() => audit.a.length > 0);
    b.bus.cut();
    await clock.advance(17_000);
    const before = a.bus.traffic.length;
    call.sound('inbound', 0);
    expect(a.bus.traffic.length).toBe(before);
  });

  test('follows events from the first on, then live, without a repetition and to the end', async () => {
    for (let i = 0; i < 1500; i++) {
      a.hub.publish('CA1', { words: `${i} ${'x'.repeat(500)}`, track: 'inbound', timestampMs: i });
    }
    const events = client.events('CA1');
    const numbers = async (): Promise<number[]> =>
      (await readAll(events)).map((event) =>
        event.kind === 'words' ? Number.parseInt(event.words, 10) : -1,
      );
    expect(await numbers()).toEqual(Array.from({ length: 1000 }, (_, i) => 500 + i));
    a.hub.publish('CA1', { words: '1500', track: 'inbound', timestampMs: 0 });
    expect(await numbers()).toEqual([1500]);
    await renewed(20_000);
    a.hub.publish('CA1', { words: '1501', track: 'inbound', timestampMs: 0 });
    expect(await numbers()).toEqual([1501]);
    const late = await readAll(client.events('CA1'));
    expect(late).toHaveLength(1000);

    const reader = events.getReader();
    call.finish();
    expect((await reader.read()).value).toMatchObject({ kind: 'ended', reason: 'stopped' });
    expect((await reader.read()).done).toBe(true);
    const after = client.events('CA1').getReader();
    for (let i = 0; i < 1000; i++) expect((await after.read()).done).toBe(false);
    expect((await after.read()).done).toBe(true);
    for (const { bytes } of a.bus.traffic) expect(bytes.length).toBeLessThan(512 * 1024);
  });

  test('asks again for events that the bus lost', async () => {
    const events = client.events('CA1');
    await settled();
    a.hub.publish('CA1', { words: '0', track: 'inbound', timestampMs: 0 });
    b.bus.cut(false);
    a.hub.publish('CA1', { words: '1', track: 'inbound', timestampMs: 0 });
    await settled();
    b.bus.mend();
    a.hub.publish('CA1', { words: '2', track: 'inbound', timestampMs: 0 });
    await settled();
    const words = (await readAll(events)).map((event) => event.kind === 'words' && event.words);
    expect(words).toEqual(['0', '1', '2']);
  });

  test('asks for the list again when the bus lost something of it', async () => {
    const list = new List(client);
    await list.read();
    b.bus.cut(false);
    a.hub.watch(new FakeCall('CA2'));
    call.finish();
    await settled();
    const asks = b.bus.traffic.length;
    b.bus.mend();
    await clock.advance(2000);
    expect(await list.read()).toMatchObject([
      { callId: 'CA1', state: 'ended' },
      { callId: 'CA2', state: 'up' },
    ]);
    expect(b.bus.traffic.slice(asks).some(({ subject }) => subject === 'hello')).toBe(false);
  });

  test('sees levels of all gateways in one message, and none cross the bus unwatched', async () => {
    await clock.advance(1000);
    const told = (): number => a.bus.traffic.filter(({ subject }) => subject.startsWith('levels.')).length;
    expect(told()).toBe(0);
    b.hub.watch(new FakeCall('CB1'));
    const levels = client.levels();
    await settled();
    await clock.advance(200);
    await readAll(levels);
    for (let ms = 0; ms < 100; ms += 20) call.sound('inbound', ms);
    const seen: (readonly CallLevels[])[] = [];
    for (let i = 0; i < 3; i++) {
      await clock.advance(100);
      seen.push(...(await readAll(levels)));
    }
    expect(
      seen
        .at(-1)
        ?.map(({ callId }) => callId)
        .sort(),
    ).toEqual(['CA1', 'CB1']);
    const loudest = seen.flat().filter(({ callId }) => callId === 'CA1');
    expect(Math.max(...loudest.map(({ inbound }) => inbound.rmsDb))).toBeGreaterThan(-20);
    expect(told()).toBeGreaterThan(0);
    await levels.cancel();
    await clock.advance(20_000);
    const before = told();
    await clock.advance(2000);
    expect(told()).toBe(before);
  });

  test('hangs up, sends texts and speaks; both gateways tell their audit', async () => {
    const said: unknown[] = [];
    const other = new FakeCall('CA2');
    a.hub.watch(other, { onSay: (text, by) => said.push([text, by]) });
    await settled();
    await client.say('CA2', 'Offer a refund.');
    expect(said).toEqual([['Offer a refund.', { subject: 'ann' }]]);

    const barge = client.barge('CA2');
    const sound = spoken(100);
    const writer = barge.writable.getWriter();
    await writer.write({ ...sound, samples: sound.samples.slice() });
    await barge.opened;
    await comesToPass(() => other.said.length === 5);
    expect(other.said.flatMap(({ samples }) => [...samples])).toEqual([
      ...mulaw.decode(mulaw.encode(sound.samples)),
    ]);
    await renewed(30_000);
    expect(other.releases).toBe(0);
    await writer.close();
    await comesToPass(() => other.releases === 1);

    await client.hangUp('CA1');
    expect(call.ends).toEqual([{ when: 'now' }]);
    const actions = ['say', 'barge-start', 'barge-stop', 'hang-up'];
    expect(audit.b.map(({ action }) => action)).toEqual(actions);
    expect(audit.a.map(({ action }) => action)).toEqual(actions);
    expect(audit.a[0]).toEqual({
      action: 'say',
      outcome: 'allowed',
      callId: 'CA2',
      subject: 'ann',
      via: 'b',
      atMs: NOW,
    });
  });

  test('is told in words what the gateway of the call could not do', async () => {
    await expect(client.say('CA1', 'Hello')).rejects.toMatchObject({
      code: 'control-failed',
      message: 'The app of this call takes no texts. Give hub.watch an onSay.',
    });
    const first = client.barge('CA1');
    await first.opened;
    await expect(client.barge('CA1').opened).rejects.toMatchObject({
      message: 'Somebody else speaks to this caller already.',
    });
    call.finish();
    await first.closed;
  });

  test('loses the caller to the app when its own gateway is gone', async () => {
    const barge = client.barge('CA1');
    await barge.opened;
    await barge.writable.getWriter().write(spoken(20));
    await comesToPass(() => call.takeovers === 1);
    b.bus.cut();
    await clock.advance(17_000);
    expect(call.releases).toBe(1);
    await expect(barge.closed).rejects.toMatchObject({
      message: 'The gateway of this call cannot be reached: the caller does not hear you any more.',
    });
  });

  test('lists two streams of one call that lead to two gateways', async () => {
    b.hub.watch(new FakeCall('CA1', { streamId: 'MZ-b' }));
    a.hub.watch(new FakeCall('CA2', { streamId: 'MZ-a2' }));
    await settled();
    b.hub.watch(new FakeCall('CA3'));
    expect((await new List(client).read()).map(({ callId }) => callId).sort()).toEqual([
      'CA1',
      'CA1/MZ-b',
      'CA2',
      'CA3',
    ]);
  });
});

describe('a gateway that is gone', () => {
  test.each([
    ['the bus breaks', () => b.bus.cut(), 0],
    ['it falls silent', () => a.bus.cut(false), 8000],
  ])('keeps its calls in the list as unreachable when %s, and all comes back', async (_name, cut, waitMs) => {
    const list = new List(client);
    const events = client.events('CA1');
    const heard = client.listen('CA1');
    await comesToPass(() => audit.a.length > 0);
    await list.read();
    cut();
    await clock.advance(waitMs);
    expect(await list.read()).toMatchObject([
      { callId: 'CA1', state: 'up', unreachable: true, canHangUp: false },
    ]);
    await expect(client.hangUp('CA1')).rejects.toMatchObject({
      code: 'control-failed',
      message: 'The gateway of this call cannot be reached now. Try again when it is back.',
    });
    await expect(client.barge('CA1').opened).rejects.toMatchObject({ code: 'control-failed' });
    expect(call.ends).toEqual([]);
    a.hub.publish('CA1', { words: 'meanwhile', track: 'inbound', timestampMs: 0 });
    a.hub.watch(new FakeCall('CA2'));
    await clock.advance(20_000);

    a.bus.mend();
    b.bus.mend();
    await clock.advance(3000);
    const back = await list.read();
    expect(back).toMatchObject([{ callId: 'CA1', state: 'up' }, { callId: 'CA2' }]);
    expect(back[0]).not.toHaveProperty('unreachable');
    expect(await readAll(events)).toMatchObject([{ kind: 'words', words: 'meanwhile' }]);
    await comesToPass(() => audit.a.filter(({ action }) => action === 'listen').length === 2);
    call.sound('inbound', 5000);
    expect(await readAll(heard)).toHaveLength(1);
    await client.hangUp('CA1');
  });

  test('and comes back without its calls, has none; one that never comes back, none after 10 minutes', async () => {
    const list = new List(client);
    const heard = client.listen('CA1').getReader();
    await settled();
    await a.hub.close();
    await settled();
    expect(await list.read()).toMatchObject([{ callId: 'CA1', unreachable: true }]);
    const again = gateway('a.eu', clock, bus);
    again.hub.watch(new FakeCall('CA5'));
    await clock.advance(3000);
    expect(await list.read()).toMatchObject([
      { callId: 'CA1', state: 'ended' },
      { callId: 'CA5', state: 'up' },
    ]);
    expect((await heard.read()).done).toBe(true);
    again.bus.cut(false);
    await clock.advance(610_000);
    expect(await list.read()).toMatchObject([{ callId: 'CA1' }, { callId: 'CA5', state: 'ended' }]);
    await clock.advance(11_000);
    expect(await new List(client).read()).toEqual([]);
    await again.hub.close();
  });
});

describe('what comes over the bus', () => {
  const send = (subject: string, bytes: Uint8Array): boolean => bus.join().publish(subject, bytes);
  const office = (own = 'x', secret = SECRET) => createGrantOffice(own, secret, () => NOW + clock.now());
  const grant = {
    action: 'hang-up',
    callId: 'CA1',
    owner: 'a.eu',
    issuer: 'b',
    scopes: ['control'],
  } as const;

  test.each([
    ['a forged grant', () => office('x', new Uint8Array(32)).sign(grant)],
    ['a grant for another gateway', () => office().sign({ ...grant, owner: 'c' })],
    ['a grant without the scope', () => office().sign({ ...grant, scopes: ['list', 'listen', 'see'] })],
    ['a grant that names another sender', () => office().sign({ ...grant, issuer: 'c' })],
    ['a ticket', async () => ({ token: await b.hub.issueTicket({ scopes: ['control'] }) })],
    ['garbage', async () => ({ token: 'x.y.z' })],
  ])('does nothing for %s', async (_name, make) => {
    const { token } = await make();
    send('to.a%2Eeu', toBytes({ kind: 'grant', from: 'b', grant: token }));
    await client.say('CA1', 'sent after it').catch(() => {}); // checked one after the other: that one is through
    expect(call.ends).toEqual([]);
  });

  test('obeys a grant once, and within its time', async () => {
    const said: string[] = [];
    a.hub.watch(new FakeCall('CA2'), { onSay: (text) => said.push(text) });
    const saying = { ...grant, action: 'say', callId: 'CA2', text: 'Hello' } as const;
    const first = await office().sign(saying);
    const late = await office().sign(saying);
    for (let i = 0; i < 3; i++) send('to.a%2Eeu', toBytes({ kind: 'grant', from: 'b', grant: first.token }));
    await client.say('CA1', 'sent after it').catch(() => {});
    expect(said).toEqual(['Hello']);
    await clock.advance(31_000);
    send('to.a%2Eeu', toBytes({ kind: 'grant', from: 'b', grant: late.token }));
    await client.say('CA1', 'sent after it').catch(() => {});
    expect(said).toEqual(['Hello']);
  });

  test('lets no unsealed, replayed or foreign voice through', async () => {
    const barge = '0123456789abcdef'.repeat(2);
    const { token } = await office().sign({ ...grant, action: 'barge', barge });
    send('to.a%2Eeu', toBytes({ kind: 'grant', from: 'b', grant: token }));
    const packet = { barge, sequence: 1, sampleRate: 8000, codes: new Uint8Array(160) };
    const good = await createVoiceSeal(SECRET).seal(packet);
    const foreign = await createVoiceSeal(new Uint8Array(32)).seal({ ...packet, sequence: 2 });
    const changed = await createVoiceSeal(SECRET).seal({ ...packet, sequence: 3 });
    changed[30] = 1;
    const unknown = await createVoiceSeal(SECRET).seal({ ...packet, barge: 'f'.repeat(32), sequence: 4 });
    for (const bytes of [good, good, foreign, changed, unknown, new Uint8Array(5)])
      send('voice.a%2Eeu', bytes);
    await client.say('CA1', 'sent after it').catch(() => {});
    expect(call.said).toHaveLength(1);
  });

  test('is passed over where it is no message', async () => {
    const garbage = ['', '{', 'null', '[]', '{"kind":"calls"}', '{"epoch":"e","sequence":0,"kind":"shout"}'];
    for (const text of garbage) {
      for (const subject of [
        'calls.c',
        'to.b',
        'levels.c',
        'answer.b',
        'events.a%2Eeu.CA1',
        'calls.%',
        'voice.b',
      ]) {
        send(subject, new TextEncoder().encode(text));
      }
    }
    await settled();
    expect(await new List(client).read()).toHaveLength(1);
  });
});

test('a hub on a bus needs a name and a secret', () => {
  for (const options of [
    { gateway: 'a' },
    { secret: SECRET },
    { gateway: 'x'.repeat(101), secret: SECRET },
  ]) {
    expect(() => createHub({ ...options, bus: bus.join() })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  }
});
