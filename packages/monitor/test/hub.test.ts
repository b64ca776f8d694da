import { type Frame, mulaw } from '@patchcord/core';
import { createManualClock } from '@patchcord/testing';
import { describe, expect, test, vi } from 'vitest';
import type { CallEvent, CallListChange, CallSummary } from '../src/client.ts';
import type { AuditEntry } from '../src/index.ts';
import { FakeCall, voice } from './fake-call.ts';
import { connected, inProcess, readAll, settled, until } from './in-process.ts';

/** The list as a reader of its changes has it. */
function listed(changes: readonly CallListChange[]): CallSummary[] {
  const calls = new Map<string, CallSummary>();
  for (const change of changes) {
    for (const call of change.kind === 'calls' ? change.calls : [change.call]) calls.set(call.callId, call);
  }
  return [...calls.values()];
}

const kinds = (events: readonly CallEvent[]): string[] => events.map(({ kind }) => kind);

describe('the list', () => {
  test('tells all calls first, then what comes, changes and ends; after 10 s an ended call is forgotten', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock, { gateway: 'fra-2' });
    const one = new FakeCall('CA1', { from: '+15550001234', to: '+15550009999' });
    const two = new FakeCall('CA2');
    monitor.hub.watch(one, { label: 'Bookings' });
    const client = await connected(monitor.client());
    expect(client.gateway).toBe('fra-2');
    const calls = client.calls();

    const first = await readAll(calls);
    expect(first).toEqual([
      {
        kind: 'calls',
        gatewayNowMs: 1_700_000_000_000,
        calls: [
          {
            callId: 'CA1',
            streamId: 'MZ-CA1',
            provider: 'twilio',
            from: '+15550001234',
            to: '+15550009999',
            label: 'Bookings',
            format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
            tracks: ['inbound'],
            startedAtMs: 1_700_000_000_000,
            state: 'up',
            warnings: 0,
            canHangUp: true,
            speaking: [],
            gateway: 'fra-2',
          },
        ],
      },
    ]);

    monitor.hub.watch(two);
    one.warn('lost-audio', '120 ms lost.');
    await clock.advance(100);
    const changes = await readAll(calls);
    expect(changes.map(({ kind }) => kind)).toEqual(['up', 'changed']);
    expect(listed(changes)).toMatchObject([{ callId: 'CA2' }, { callId: 'CA1', warnings: 1 }]);

    two.finish('stopped');
    const ended = await readAll(calls);
    expect(ended).toMatchObject([
      { kind: 'ended', call: { callId: 'CA2', state: 'ended', endReason: 'stopped', canHangUp: false } },
    ]);

    await clock.advance(9_900);
    expect(listed(await readAll(client.calls())).map(({ callId }) => callId)).toEqual(['CA1', 'CA2']);
    await clock.advance(200);
    expect(listed(await readAll(client.calls())).map(({ callId }) => callId)).toEqual(['CA1']);
    client.close();
    await monitor.hub.close();
    expect(clock.pending).toBe(0);
  });

  test('tells who speaks, once per change and not per frame', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const calls = (await connected(monitor.client())).calls();
    await readAll(calls);
    for (let ms = 0; ms < 1000; ms += 20) call.sound('inbound', ms);
    await clock.advance(100);
    expect(await readAll(calls)).toMatchObject([{ kind: 'changed', call: { speaking: ['inbound'] } }]);
  });

  test('shows only the calls that the ticket is about', async () => {
    const monitor = inProcess(createManualClock());
    for (const id of ['CA1', 'CA2']) monitor.hub.watch(new FakeCall(id));
    const client = await connected(monitor.client(['list', 'listen'], ['CA2', 'CA3']));
    const calls = client.calls();
    await settled();
    monitor.hub.watch(new FakeCall('CA3'));
    monitor.hub.watch(new FakeCall('CA4'));
    expect(listed(await readAll(calls)).map(({ callId }) => callId)).toEqual(['CA2', 'CA3']);
    await expect(client.listen('CA1').getReader().read()).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'This call is not there any more. It may have just ended.',
    });
    expect(JSON.stringify(monitor.received)).not.toContain('CA4');
  });

  test('has a second stream of a call that is still up beside the first, and the same stream once', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    monitor.hub.watch(call);
    monitor.hub.watch(new FakeCall('CA1', { streamId: 'MZ2' }));
    expect(call.observers).toBe(1);
    const calls = (await connected(monitor.client())).calls();
    expect(listed(await readAll(calls)).map(({ callId }) => callId)).toEqual(['CA1', 'CA1/MZ2']);
  });
});

describe('a call that is listened to', () => {
  test('is heard at once and code by code: what the caller says, and what the caller hears', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const heard = (await connected(monitor.client())).listen('CA1');
    await settled();

    const said = call.sound('inbound', 0);
    const played = call.sound('outbound', 13.5, { samples: voice(5000, 160) });
    const frames = await readAll(heard);
    const decoded = ({ samples, ...frame }: typeof said): Frame => ({
      ...frame,
      samples: mulaw.decode(mulaw.encode(samples)),
    });
    expect(frames).toEqual([decoded(said), decoded(played)]);
  });

  test('is not heard when audio is only sent, and never when it was cleared; the cut is told with its length', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    const heard = client.listen('CA1');
    const events = client.events('CA1');
    await settled();

    for (let i = 0; i < 20; i++) call.sound('outbound', 0, { phase: 'sent', samples: voice(i, 160) });
    for (let i = 0; i < 5; i++) call.sound('outbound', 20 * i);
    for (let i = 5; i < 20; i++) call.sound('outbound', 100, { phase: 'cleared', samples: voice(9000, 160) });
    await clock.advance(20);

    const frames = await readAll(heard);
    expect(frames.map((frame) => frame.kind === 'audio' && frame.timestampMs)).toEqual([0, 20, 40, 60, 80]);
    expect(await readAll(events)).toEqual([{ kind: 'cut', timestampMs: 100, unheardMs: 300 }]);
    const packets = monitor.received.flat().filter((data) => data instanceof ArrayBuffer);
    expect(packets).toHaveLength(5);
  });

  test('says which sound was made up, the end of a long gap only, and tells the gap', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    const heard = client.listen('CA1');
    await settled();
    call.sound('inbound', 0);
    call.sound('inbound', 20, { concealed: true, samples: new Int16Array(8 * 120) });
    call.sound('inbound', 140);
    const before = await readAll(heard);
    call.sound('inbound', 160, { concealed: true, samples: new Int16Array(8 * 9000) });
    call.sound('inbound', 9160);
    const frames = [...before, ...(await readAll(heard))];
    const concealed = frames.flatMap((frame) => (frame.kind === 'audio' && frame.concealed ? [frame] : []));
    expect(concealed.map(({ timestampMs }) => timestampMs)).toEqual([
      ...Array.from({ length: 6 }, (_, i) => 20 + 20 * i),
      ...Array.from({ length: 25 }, (_, i) => 8660 + 20 * i),
    ]);
    expect(await readAll(client.events('CA1'))).toEqual([
      { kind: 'gap', timestampMs: 20, durationMs: 120, track: 'inbound' },
      { kind: 'gap', timestampMs: 160, durationMs: 9000, track: 'inbound' },
    ]);
  });

  test('closes its streams when it ends, after the last sound and the end', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    const heard = client.listen('CA1').getReader();
    const events = client.events('CA1').getReader();
    await settled();
    call.sound('inbound', 0);
    call.finish('stopped', 'The caller hung up.');
    expect(await heard.read()).toMatchObject({ value: { kind: 'audio' } });
    expect((await heard.read()).done).toBe(true);
    expect(await events.read()).toEqual({
      done: false,
      value: { kind: 'ended', timestampMs: 20, reason: 'stopped', message: 'The caller hung up.' },
    });
    expect((await events.read()).done).toBe(true);
    expect(call.observers).toBe(0);
    // Within 10 s it can still be asked about.
    expect(kinds(await readAll(client.events('CA1')))).toEqual(['ended']);
    expect((await client.listen('CA1').getReader().read()).done).toBe(true);
  });

  test('costs nothing once nobody listens any more', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    const heard = client.listen('CA1');
    await settled();
    await heard.cancel();
    await settled();
    const before = monitor.received[0]?.length;
    call.sound('inbound', 0);
    await settled();
    expect(monitor.received[0]?.length).toBe(before);
  });
});

describe('the events of a call', () => {
  test('are told from the beginning, then live', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    call.timestampMs = 500;
    call.tell({ kind: 'dtmf', digit: '1', track: 'inbound' }, 'received');
    call.tell({ kind: 'mark', name: 'greeting' }, 'sent');
    call.tell({ kind: 'mark', name: 'greeting' }, 'received');
    call.tell({ kind: 'mark', name: 'greeting' }, 'played');
    const client = await connected(monitor.client());
    const events = client.events('CA1');
    expect(await readAll(events)).toEqual([
      {
        kind: 'frame',
        frame: { kind: 'dtmf', digit: '1', track: 'inbound' },
        phase: 'received',
        timestampMs: 500,
      },
      { kind: 'frame', frame: { kind: 'mark', name: 'greeting' }, phase: 'played', timestampMs: 500 },
    ]);
    call.warn('marks-missing', 'Marks do not come back.');
    monitor.hub.publish('CA1', { words: 'Hello', track: 'outbound', timestampMs: 480 });
    call.tell({ kind: 'stop' }, 'received');
    expect(kinds(await readAll(events))).toEqual(['warning', 'words', 'frame']);
  });

  test('hold the turns of both sides, an agent that falls silent without any sound included', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    const silence = new Int16Array(160);
    for (let ms = 0; ms < 4000; ms += 20) {
      if (ms >= 2000) call.sound('inbound', ms);
      else call.sound('inbound', ms, { samples: silence });
      if (ms < 1000) call.sound('outbound', ms);
    }
    call.finish();
    const turns = (await readAll(client.events('CA1'))).filter(({ kind }) => kind === 'turn');
    expect(turns).toMatchObject([{ track: 'outbound' }, { track: 'inbound' }]);
    const [agent, caller] = turns as { timestampMs: number; durationMs: number }[];
    expect(Math.abs((agent?.timestampMs ?? 0) - 0)).toBeLessThanOrEqual(40);
    expect(Math.abs((agent?.durationMs ?? 0) - 1000)).toBeLessThanOrEqual(40);
    expect(Math.abs((caller?.timestampMs ?? 0) - 2000)).toBeLessThanOrEqual(40);
    expect(Math.abs((caller?.durationMs ?? 0) - 2000)).toBeLessThanOrEqual(40);
  });

  test('are kept to the last 1,000, and words to 1,000 characters', async () => {
    const monitor = inProcess(createManualClock());
    monitor.hub.watch(new FakeCall('CA1'));
    for (let i = 0; i < 1500; i++) {
      monitor.hub.publish('CA1', { words: `${i}`, track: 'inbound', timestampMs: i });
    }
    monitor.hub.publish('CA1', { words: 'x'.repeat(10_000), track: 'inbound', timestampMs: 1500 });
    const events = await readAll((await connected(monitor.client())).events('CA1'));
    expect(events).toHaveLength(1000);
    expect(events[0]).toMatchObject({ words: '501' });
    expect((events.at(-1) as { words: string }).words).toHaveLength(1001);
  });

  test('hold no more of an unknown event than can be kept a thousand times', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const short = { event: 'odd', value: 1 };
    call.tell({ kind: 'unknown', event: 'odd', message: short }, 'received');
    const long = { event: 'e'.repeat(30_000), value: 'v'.repeat(30_000) };
    call.tell({ kind: 'unknown', event: long.event, message: long }, 'received');
    const [first, second] = await readAll((await connected(monitor.client())).events('CA1'));
    expect(first).toMatchObject({ frame: { event: 'odd', message: short } });
    expect(second).toMatchObject({ frame: { event: '…', message: null } });
  });

  test('hide from those who may not see: no key, number or parameter is on the wire', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1', { from: '+15559871234', parameters: { pin: 'hidden-parameter' } });
    monitor.hub.watch(call);
    const client = await connected(monitor.client(['list']));
    const events = client.events('CA1');
    const calls = client.calls();
    await settled();
    call.tell(call.info, 'received');
    call.tell({ kind: 'dtmf', digit: '#', track: 'inbound' }, 'received');
    monitor.hub.publish('CA1', { words: 'hidden-words', track: 'inbound', timestampMs: 0 });
    expect(await readAll(events)).toEqual([{ kind: 'masked-key', timestampMs: 0, track: 'inbound' }]);
    expect(listed(await readAll(calls))).toMatchObject([{ from: '+•••••••1234', canHangUp: false }]);
    const wire = JSON.stringify(monitor.received);
    for (const secret of ['9871234', '#', 'hidden']) expect(wire).not.toContain(secret);
  });
});

describe('levels', () => {
  test('of all calls come ten times a second in one message, only while somebody is there', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const one = new FakeCall('CA1');
    const two = new FakeCall('CA2');
    for (const call of [one, two]) monitor.hub.watch(call);
    expect(clock.pending).toBe(0);
    const client = await connected(monitor.client());
    const levels = client.levels().getReader();
    await settled();
    const loud = new Int16Array(160).map((_, i) => (i % 2 === 0 ? 16_384 : -16_384));
    for (let ms = 0; ms < 100; ms += 20) one.sound('inbound', ms, { samples: loud });
    await clock.advance(100);
    const floor = { peakDb: -120, rmsDb: -120 };
    expect(await levels.read()).toEqual({
      done: false,
      value: [
        { callId: 'CA1', inbound: { peakDb: -6, rmsDb: -6 }, outbound: floor },
        { callId: 'CA2', inbound: floor, outbound: floor },
      ],
    });
    await clock.advance(200);
    await settled();
    // Only the latest waits: the sound is over, and held once.
    expect((await levels.read()).value?.[0]).toEqual({ callId: 'CA1', inbound: floor, outbound: floor });
    client.close();
    await until(() => monitor.hub.listeners === 0);
    await clock.advance(100);
    expect(clock.pending).toBe(0);
  });
});

describe('hanging up', () => {
  test('ends the call now; a call that has just ended is done; a missing one is said', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    await client.hangUp('CA1');
    expect(call.ends).toEqual([{ when: 'now' }]);
    await client.hangUp('CA1');
    expect(call.ends).toHaveLength(1);
    await expect(client.hangUp('CA9')).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'This call is not there any more. It may have just ended.',
    });
  });

  test('says in words why it failed, or that nothing happened in time', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());

    call.onEnd = () => call.warn('hang-up-failed', 'Could not hang up: Twilio did not answer in 10 s.');
    await expect(client.hangUp('CA1')).rejects.toMatchObject({
      code: 'control-failed',
      message: 'Could not hang up: Twilio did not answer in 10 s.',
    });

    call.onEnd = () => {};
    const hangingUp = client.hangUp('CA1');
    hangingUp.catch(() => {});
    await settled();
    await clock.advance(9_000);
    await expect(hangingUp).rejects.toMatchObject({ code: 'control-failed' });
  });

  test.each([
    ['control', (client) => client.hangUp('CA1'), 'You may see this call but not end it.'],
    ['listen', (client) => client.listen('CA1').getReader().read(), 'You may see this call but not hear it.'],
    ['list', (client) => client.calls().getReader().read(), 'You may not see the calls of this gateway.'],
    ['list', (client) => client.levels().getReader().read(), 'You may not see the calls of this gateway.'],
    [
      'list',
      (client) => client.events('CA1').getReader().read(),
      'You may not see the calls of this gateway.',
    ],
  ] as const satisfies readonly [
    string,
    (client: import('../src/client.ts').MonitorClient) => Promise<unknown>,
    string,
  ][])('needs the scope, as everything does: %s', async (scope, ask, message) => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const others = (['list', 'listen', 'control', 'see'] as const).filter((other) => other !== scope);
    const client = await connected(monitor.client(others));
    await expect(ask(client)).rejects.toMatchObject({ code: 'refused', message });
    expect(call.ends).toEqual([]);
  });

  test('and listening are told to the audit, with whom and whether; a broken audit breaks nothing', async () => {
    const entries: AuditEntry[] = [];
    const monitor = inProcess(createManualClock(), {
      onAudit(entry) {
        entries.push(entry);
        throw new Error('the disk is full');
      },
    });
    monitor.hub.watch(new FakeCall('CA1'));
    const client = await connected(monitor.client(['list', 'listen']));
    client.listen('CA1');
    await expect(client.hangUp('CA1')).rejects.toMatchObject({ code: 'refused' });
    const atMs = 1_700_000_000_000;
    expect(entries).toEqual([
      { action: 'listen', outcome: 'allowed', callId: 'CA1', subject: 'ann', atMs },
      { action: 'hang-up', outcome: 'refused', callId: 'CA1', subject: 'ann', atMs },
    ]);
  });
});

describe('a hub', () => {
  test('throws nothing into an app, whatever it is given', () => {
    const { hub } = inProcess(createManualClock());
    const broken = new FakeCall('CA1');
    broken.observe = () => {
      throw new Error('no');
    };
    expect(() => hub.watch(broken)).not.toThrow();
    expect(() => hub.watch({} as FakeCall)).not.toThrow();
    expect(() => hub.publish('nobody', { words: 'x', track: 'inbound', timestampMs: 0 })).not.toThrow();
  });

  test('that closes lets listeners and calls go, and the calls go on', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    client.listen('CA1');
    await settled();
    await monitor.hub.close();
    expect(monitor.hub.listeners).toBe(0);
    expect(call.observers).toBe(0);
    expect(call.ends).toEqual([]);
    await until(() => client.state === 'reconnecting');
    client.close();
    await expect(monitor.hub.issueTicket({ scopes: ['list'] })).rejects.toMatchObject({ code: 'refused' });
    monitor.hub.watch(new FakeCall('CA2'));
    await monitor.hub.close();
    expect(clock.pending).toBe(0);
  });

  test('drops a listener that does not answer for 30 s, and keeps one that does', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const client = await connected(monitor.client());
    await clock.advance(60_000);
    expect(client.state).toBe('connected');
    const deaf = new monitor.WebSocket('', [
      'patchcord.v1',
      `ticket.${await monitor.hub.issueTicket({ scopes: ['list'] })}`,
    ]);
    await until(() => monitor.hub.listeners === 2);
    await clock.advance(29_000);
    expect(monitor.hub.listeners).toBe(2);
    await clock.advance(1_000);
    expect(monitor.hub.listeners).toBe(1);
    await settled();
    expect(deaf.readyState).toBe(3);
  });

  test.each([
    ['binary', new Uint8Array(20), 1008],
    ['not JSON', 'hello', 1008],
    ['an unknown type', '{"type":"shout","id":1}', 1008],
    ['10 MB', `{"type":"close","id":1,"x":"${'x'.repeat(10_000_000)}"}`, 1009],
  ])('closes a listener that says %s, in words, and no other', async (_name, garbage, code) => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const good = await connected(monitor.client());
    const bad = await connected(monitor.client());
    const socket = monitor.sockets[1];
    const onClose = vi.fn();
    socket?.addEventListener('close', onClose);
    socket?.send(garbage);
    await settled();
    expect(onClose).toHaveBeenCalledWith(
      expect.objectContaining({ code, reason: expect.stringMatching(/^The monitor .*\.$/) }),
    );
    expect(bad.state).toBe('reconnecting');
    expect(good.state).toBe('connected');
    expect(call.ends).toEqual([]);
  });

  test('lets a listener follow 256 things at once', async () => {
    const monitor = inProcess(createManualClock());
    const client = await connected(monitor.client());
    for (let i = 0; i < 256; i++) client.levels();
    await settled();
    await expect(client.calls().getReader().read()).rejects.toMatchObject({ code: 'limit-exceeded' });
  });
});

describe('a connection', () => {
  test.each([
    ['no ticket', ['patchcord.v1']],
    ['no protocol', ['ticket.abc']],
    ['a forged ticket', ['patchcord.v1', 'ticket.eyJhbGciOiJIUzI1NiJ9.e30.AAAA']],
  ])('with %s gets not one byte of data', async (_name, protocols) => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const socket = new monitor.WebSocket('', protocols);
    const onClose = vi.fn();
    socket.addEventListener('close', onClose);
    socket.addEventListener('open', () => socket.send('{"type":"open","id":1,"topic":"calls"}'));
    call.sound('inbound', 0);
    await until(() => socket.readyState === 3);
    await clock.advance(1000);
    expect(onClose).toHaveBeenCalledWith(
      expect.objectContaining({ code: 4403, reason: 'This page has no access to the calls. Sign in again.' }),
    );
    expect(monitor.received).toEqual([[]]);
    expect(monitor.hub.listeners).toBe(0);
  });

  test('from a wrong page is told so, and its ticket is not spent', async () => {
    const monitor = inProcess(createManualClock());
    const ticket = await monitor.hub.issueTicket({ scopes: ['list'] });
    const closes: unknown[] = [];
    const socket = {
      readyState: 1,
      send: (data: unknown) => closes.push(data),
      close: (...args: unknown[]) => closes.push(args),
      addEventListener() {},
    };
    await monitor.hub.accept(socket, ticket, { origin: 'https://evil.example', host: 'gw.example' });
    expect(closes).toEqual([
      [4403, "The gateway does not accept this page's address. Add it to `allowedOrigins`."],
    ]);
    await monitor.hub.accept(socket, ticket, { origin: 'https://gw.example', host: 'gw.example' });
    expect(monitor.hub.listeners).toBe(1);
  });
});
