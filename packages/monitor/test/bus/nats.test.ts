import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AudioFrame, mulaw } from '@patchcord/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toBytes } from '../../src/bus/messages.ts';
import { type CallSummary, MonitorClient } from '../../src/client.ts';
import { type Bus, createHub, type Hub, type HubOptions } from '../../src/index.ts';
import { natsBus } from '../../src/nats.ts';
import { FakeCall, voice } from '../fake-call.ts';
import { describeBus, eventually } from './bus-suite.ts';
import { SECRET } from './federated.ts';
import { type NatsServer, startNats } from './nats-server.ts';

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
}, 600_000);
afterAll(() => nats?.kill());

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A gateway on a real port, on the real bus. */
async function gateway(name: string, options: HubOptions = {}): Promise<{ hub: Hub; client: MonitorClient }> {
  const bus = options.bus ?? natsBus({ servers: nats.url });
  const hub = createHub({ gateway: name, secret: SECRET, ...options, bus });
  const server: Server = createServer();
  hub.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) }, hub);
  const client = MonitorClient.connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/monitor`, {
    ticket: () => hub.issueTicket({ scopes: ['list', 'listen', 'control', 'see'], subject: 'ann' }),
  });
  open.push(client);
  return { hub, client };
}

/** The list, as it stands. */
function listOf(client: MonitorClient): Map<string, CallSummary> {
  const list = new Map<string, CallSummary>();
  void (async () => {
    const reader = client.calls().getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const call of value.kind === 'calls' ? value.calls : [value.call]) list.set(call.callId, call);
    }
  })().catch(() => {});
  return list;
}

describeBus('a bus over NATS', () => natsBus({ servers: nats.url, prefix: 'suite' }));

describe('two gateways on one nats-server', () => {
  test('a call of one is listed, heard, sent a text, spoken to and ended from a dashboard of the other', async () => {
    const audit: string[] = [];
    const a = await gateway('a', { onAudit: ({ action, via }) => audit.push(`${action} via ${via}`) });
    const b = await gateway('b');
    const call = new FakeCall('CA1');
    const said: string[] = [];
    a.hub.watch(call, { onSay: (text) => said.push(text) });
    const list = listOf(b.client);
    await eventually(() => list.get('CA1')?.gateway === 'a');

    const heard: number[] = [];
    const reader = b.client.listen('CA1').getReader();
    void (async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        if (value.kind === 'audio') heard.push(...value.samples);
      }
    })().catch(() => {});
    await eventually(() => audit.includes('listen via b'));
    const frames: AudioFrame[] = [];
    for (let ms = 0; ms < 400; ms += 20) frames.push(call.sound('inbound', ms));
    await eventually(() => heard.length === 20 * 160);
    expect(heard).toEqual(frames.flatMap(({ samples }) => [...mulaw.decode(mulaw.encode(samples))]));

    await b.client.say('CA1', 'Offer a refund.');
    expect(said).toEqual(['Offer a refund.']);

    const barge = b.client.barge('CA1');
    const samples = voice(0, 800);
    const writer = barge.writable.getWriter();
    await writer.write({
      kind: 'audio',
      samples: samples.slice(),
      sampleRate: 8000,
      channels: 1,
      timestampMs: 0,
      track: 'outbound',
    });
    await barge.opened;
    await eventually(() => call.said.length === 5);
    expect(call.said.flatMap((frame) => [...frame.samples])).toEqual([
      ...mulaw.decode(mulaw.encode(samples)),
    ]);
    await writer.close();
    await eventually(() => call.releases === 1);

    await b.client.hangUp('CA1');
    expect(call.ends).toEqual([{ when: 'now' }]);
    await eventually(() => list.get('CA1')?.state === 'ended');
    expect(audit).toEqual([
      'listen via b',
      'say via b',
      'barge-start via b',
      'barge-stop via b',
      'hang-up via b',
    ]);
  }, 30_000);

  test('a nats-server that dies and returns loses no call and no dashboard', async () => {
    const a = await gateway('a');
    const b = await gateway('b');
    const call = new FakeCall('CA1');
    a.hub.watch(call);
    b.hub.watch(new FakeCall('CB1'));
    const list = listOf(b.client);
    await eventually(() => list.get('CA1')?.gateway === 'a');
    let heard = 0;
    const reader = b.client.listen('CA1').getReader();
    void (async () => {
      while (!(await reader.read()).done) heard++;
    })().catch(() => {});
    await eventually(() => {
      call.sound('inbound', call.timestampMs);
      return heard > 0;
    });

    await nats.kill();
    await eventually(() => list.get('CA1')?.unreachable === true);
    expect(list.get('CA1')?.state).toBe('up');
    expect(list.get('CB1')?.unreachable).toBeUndefined();
    await expect(b.client.hangUp('CA1')).rejects.toMatchObject({ code: 'control-failed' });
    await b.client.hangUp('CB1'); // its own calls need no bus
    a.hub.watch(new FakeCall('CA2'));

    await nats.restart();
    await eventually(() => list.get('CA1')?.unreachable === undefined && list.has('CA2'));
    const before = heard;
    await eventually(() => {
      call.sound('inbound', call.timestampMs);
      return heard > before;
    });
    expect([a.client.state, b.client.state]).toEqual(['connected', 'connected']);
    expect(call.ends).toEqual([]);
    await b.client.hangUp('CA1');
    expect(call.ends).toHaveLength(1);
  }, 60_000);

  test('a gateway that dies and returns is unreachable meanwhile, and its dashboards find the others’ calls again', async () => {
    const b = await gateway('b');
    const first = await gateway('a');
    first.hub.watch(new FakeCall('CA1'));
    const list = listOf(b.client);
    await eventually(() => list.get('CA1')?.state === 'up');
    await first.hub.close();
    await eventually(() => list.get('CA1')?.unreachable === true);
    const second = await gateway('a');
    second.hub.watch(new FakeCall('CA9'));
    b.hub.watch(new FakeCall('CB1'));
    await eventually(() => list.get('CA9')?.state === 'up' && list.get('CA1')?.state === 'ended');
    const theirs = listOf(second.client);
    await eventually(() => theirs.has('CB1') && theirs.has('CA9'));
  }, 60_000);

  test('a hub whose nats-server is not there yet has its own calls, and the others’ once it is', async () => {
    await nats.kill();
    const a = await gateway('a');
    const b = await gateway('b');
    a.hub.watch(new FakeCall('CA1'));
    const [own, other] = [listOf(a.client), listOf(b.client)];
    await eventually(() => own.has('CA1'));
    expect(other.has('CA1')).toBe(false);
    await nats.restart();
    await eventually(() => other.has('CA1'));
  }, 60_000);
});

test('gateways whose users may publish under their own names only see each other whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'patchcord-nats-'));
  const user = (name: string): string => `{ user: "${name}", password: "${name}", permissions: {
    publish: ["patchcord.hello", "patchcord.*.${name}", "patchcord.*.${name}.>",
              "patchcord.to.*", "patchcord.voice.*", "patchcord.answer.*"],
    subscribe: ["patchcord.hello", "patchcord.calls.*", "patchcord.levels.*", "patchcord.events.>", "patchcord.audio.>",
                "patchcord.to.${name}", "patchcord.voice.${name}", "patchcord.answer.${name}"] } }`;
  const config = join(folder, 'nats.conf');
  writeFileSync(config, `authorization { users = [${user('a')}, ${user('b')}] }`);
  const guarded = await startNats('--config', config);
  open.push({ close: () => guarded.kill() }, { close: () => rmSync(folder, { recursive: true }) });
  const bus = (name: string): Bus =>
    natsBus({ servers: guarded.url, connection: { user: name, pass: name } });
  const a = await gateway('a', { bus: bus('a') });
  const b = await gateway('b', { bus: bus('b') });
  const call = new FakeCall('CA1');
  const said: string[] = [];
  a.hub.watch(call, { onSay: (text) => said.push(text) });
  const list = listOf(b.client);
  await eventually(() => list.get('CA1')?.gateway === 'a');
  let heard = 0;
  for (const stream of [b.client.listen('CA1'), b.client.events('CA1'), b.client.levels()]) {
    const reader = (stream as ReadableStream<unknown>).getReader();
    const one = async (): Promise<void> => {
      if (!(await reader.read()).done) heard++;
    };
    one().catch(() => {});
  }
  await eventually(() => {
    call.sound('inbound', call.timestampMs);
    a.hub.publish('CA1', { words: 'x', track: 'inbound', timestampMs: 0 });
    return heard === 3;
  });
  await b.client.say('CA1', 'Hello');
  expect(said).toEqual(['Hello']);
  const barge = b.client.barge('CA1');
  await barge.opened;
  barge.close();

  // One that publishes under the other's name is not heard.
  const forger = bus('b');
  open.push(forger);
  await eventually(() => forger.connected);
  const before = JSON.stringify([...list.values()]);
  forger.publish(
    'calls.a',
    toBytes({ kind: 'calls', epoch: 'x', sequence: 0, part: 0, parts: 1, calls: [] }),
  );
  await b.client.say('CA1', 'Hello again');
  expect(JSON.stringify([...list.values()])).toBe(before);
}, 60_000);

test('a bus whose server stops reading takes no more than 1 MiB, and says so', async () => {
  const stuck = await import('node:net').then(({ createServer: listen }) => {
    const server = listen((socket) => {
      socket.write(
        'INFO {"server_id":"x","version":"2.9.0","max_payload":1048576,"proto":1,"headers":true}\r\n',
      );
      socket.once('data', () => socket.write('PONG\r\n', () => socket.pause()));
      socket.on('error', () => {});
      open.push({ close: () => socket.destroy() });
    });
    return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  });
  open.unshift({ close: () => new Promise((resolve) => stuck.close(resolve)) });
  const bus = natsBus({ servers: `nats://127.0.0.1:${(stuck.address() as AddressInfo).port}` });
  await eventually(() => bus.connected);
  let taken = 0;
  for (let i = 0; i < 10_000; i++) if (bus.publish('audio.a.b', new Uint8Array(1000))) taken++;
  expect(taken).toBeGreaterThan(1000);
  expect(taken).toBeLessThan(1100);
  await bus.close();
}, 20_000);
