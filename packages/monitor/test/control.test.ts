import { type AudioFrame, mulaw } from '@patchcord/core';
import { createManualClock } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../src/index.ts';
import { writePacket } from '../src/wire/packet.ts';
import { FakeCall, voice } from './fake-call.ts';
import { connected, inProcess, readAll, settled, until } from './in-process.ts';

const spoken = (ms: number, sampleRate = 8000): AudioFrame => ({
  kind: 'audio',
  samples: voice(0, (ms * sampleRate) / 1000),
  sampleRate,
  channels: 1,
  timestampMs: 0,
  track: 'outbound',
});

describe('a text to the app', () => {
  test('reaches the onSay of its call, with whom it is from; the sender waits until it is taken', async () => {
    const monitor = inProcess(createManualClock());
    const said: unknown[] = [];
    let take = (): void => {};
    monitor.hub.watch(new FakeCall('CA1'), {
      onSay(text, by) {
        said.push([text, by]);
        return new Promise<void>((resolve) => {
          take = resolve;
        });
      },
    });
    const client = await connected(monitor.client());
    let done = false;
    const saying = client.say('CA1', 'Offer a refund.').then(() => {
      done = true;
    });
    await settled();
    expect(said).toEqual([['Offer a refund.', { subject: 'ann' }]]);
    expect(done).toBe(false);
    take();
    await saying;
  });

  test.each([
    ['no onSay', undefined, 'The app of this call takes no texts. Give hub.watch an onSay.'],
    [
      'an onSay that throws',
      () => {
        throw new Error('secret detail');
      },
      'The app could not take the text.',
    ],
    ['an onSay that rejects', () => Promise.reject(new Error('secret')), 'The app could not take the text.'],
  ])('fails in words where there is %s', async (_name, onSay, message) => {
    const monitor = inProcess(createManualClock());
    monitor.hub.watch(new FakeCall('CA1'), { ...(onSay && { onSay }) });
    const client = await connected(monitor.client());
    await expect(client.say('CA1', 'Hello')).rejects.toMatchObject({ code: 'control-failed', message });
  });

  test('that the app does not take in 9 s is said to be late', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    monitor.hub.watch(new FakeCall('CA1'), { onSay: () => new Promise(() => {}) });
    const client = await connected(monitor.client());
    const saying = client.say('CA1', 'Hello');
    saying.catch(() => {});
    await settled();
    await clock.advance(9000);
    await expect(saying).rejects.toMatchObject({ message: expect.stringContaining('in 9 s') });
  });

  test('has 1 to 1,000 characters, of any kind', async () => {
    const monitor = inProcess(createManualClock());
    const said: string[] = [];
    monitor.hub.watch(new FakeCall('CA1'), { onSay: (text) => said.push(text) });
    const client = await connected(monitor.client());
    for (const text of ['', 'x'.repeat(1001)]) {
      await expect(client.say('CA1', text)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
    const longest = '\u0001'.repeat(1000); // six characters each on the wire
    await client.say('CA1', longest);
    expect(said).toEqual([longest]);
  });
});

describe('a barge', () => {
  test('lets the caller hear what is written, from the first packet on, and ends with its writable', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    const events = client.events('CA1');
    const barge = client.barge('CA1');
    await barge.opened;
    expect(call.takeovers).toBe(0);
    const writer = barge.writable.getWriter();
    const sound = spoken(50);
    await writer.write(sound);
    await settled();
    expect(call.takeovers).toBe(1);
    expect(call.said.map(({ samples }) => samples.length)).toEqual([160, 160, 80]);
    const heard = call.said.flatMap(({ samples }) => [...samples]);
    expect(heard).toEqual([...mulaw.decode(mulaw.encode(sound.samples))]);
    expect(call.releases).toBe(0);
    await writer.close();
    await barge.closed;
    await settled();
    expect(call.releases).toBe(1);
    expect(await readAll(events)).toEqual([
      { kind: 'barge', timestampMs: 0, state: 'started' },
      { kind: 'barge', timestampMs: 0, state: 'stopped' },
    ]);
  });

  test('keeps no more than 500 ms of a voice that comes in a burst', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const barge = (await connected(monitor.client())).barge('CA1');
    const writer = barge.writable.getWriter();
    await writer.write(spoken(2000));
    await settled();
    expect(call.said).toHaveLength(25);
    await clock.advance(200);
    await writer.write(spoken(2000, 16_000));
    await settled();
    expect(call.said).toHaveLength(35);
    expect(call.said.at(-1)?.sampleRate).toBe(16_000);
  });

  test('refuses sound that a call cannot carry, in words', async () => {
    const monitor = inProcess(createManualClock());
    monitor.hub.watch(new FakeCall('CA1'));
    const client = await connected(monitor.client());
    for (const wrong of [
      { channels: 2, sampleRate: 8000 },
      { channels: 1, sampleRate: 11_025 },
    ]) {
      const writer = client.barge('CA1').writable.getWriter();
      await expect(writer.write({ ...spoken(20), ...wrong })).rejects.toMatchObject({ code: 'wrong-format' });
      await settled();
    }
  });

  test.each(['close', 'abort', 'drop', 'end of call', 'end of hub'] as const)(
    'gives the call back to the app on %s',
    async (how) => {
      const clock = createManualClock();
      const monitor = inProcess(clock);
      const call = new FakeCall('CA1');
      monitor.hub.watch(call);
      const client = await connected(monitor.client());
      const barge = client.barge('CA1');
      const writer = barge.writable.getWriter();
      await writer.write(spoken(20));
      await settled();
      expect(call.takeovers).toBe(1);
      const outcome = barge.closed.then(
        () => 'closed',
        (error: Error) => error.message,
      );
      if (how === 'close') barge.close();
      if (how === 'abort') await writer.abort(new Error('enough'));
      if (how === 'drop') monitor.sockets[0]?.drop();
      if (how === 'end of call') call.finish();
      if (how === 'end of hub') await monitor.hub.close();
      await settled();
      expect(call.releases).toBe(1);
      const lost = how === 'drop' || how === 'end of hub';
      expect(await outcome).toBe(
        lost ? 'Lost the gateway: the caller does not hear you any more.' : 'closed',
      );
      await expect(writer.write(spoken(20))).rejects.toBeDefined();
      client.close();
    },
  );

  test('is one at a time for a call; the next may begin when it is over', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const first = (await connected(monitor.client())).barge('CA1');
    await first.opened;
    const other = await connected(monitor.client());
    const second = other.barge('CA1');
    const writing = second.writable.getWriter().write(spoken(20));
    await expect(second.opened).rejects.toMatchObject({
      code: 'control-failed',
      message: 'Somebody else speaks to this caller already.',
    });
    await writing.catch(() => {});
    expect(call.takeovers).toBe(0);
    expect(other.state).toBe('connected');
    first.close();
    await settled();
    await other.barge('CA1').opened;
  });

  test('whose call cannot be taken over says why', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    call.takeOver = () => {
      throw new Error('broken');
    };
    monitor.hub.watch(call);
    const barge = (await connected(monitor.client())).barge('CA1');
    await barge.writable.getWriter().write(spoken(20));
    await expect(barge.closed).rejects.toMatchObject({
      code: 'control-failed',
      message: 'The call does not take your voice.',
    });
  });

  test('needs a connection, now', async () => {
    const monitor = inProcess(createManualClock());
    const client = monitor.client();
    await expect(client.barge('CA1').opened).rejects.toMatchObject({ code: 'transport-closed' });
    client.close();
    await expect(client.barge('CA1').closed).rejects.toMatchObject({ code: 'transport-closed' });
  });
});

describe('acting on a call', () => {
  test('needs the scope control, and is told to the audit from beginning to end', async () => {
    const entries: AuditEntry[] = [];
    const monitor = inProcess(createManualClock(), { onAudit: (entry) => entries.push(entry) });
    const call = new FakeCall('CA1');
    monitor.hub.watch(call, { onSay: () => {} });
    const watcher = await connected(monitor.client(['list', 'listen', 'see']));
    await expect(watcher.say('CA1', 'Hello')).rejects.toMatchObject({
      code: 'refused',
      message: 'You may see this call but not send its app a text.',
    });
    const refused = watcher.barge('CA1');
    await refused.writable.getWriter().write(spoken(20));
    await expect(refused.opened).rejects.toMatchObject({
      code: 'refused',
      message: 'You may see this call but not speak to the caller.',
    });
    expect(call.takeovers).toBe(0);

    const client = await connected(monitor.client());
    await client.say('CA1', 'Hello');
    const barge = client.barge('CA1');
    await barge.opened;
    barge.close();
    await settled();
    await client.hangUp('CA1');
    await expect(client.say('CA9', 'Hello')).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(client.barge('CA9').opened).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(entries.map(({ action, outcome, callId }) => `${action} ${outcome} ${callId}`)).toEqual([
      'say refused CA1',
      'barge-start refused CA1',
      'say allowed CA1',
      'barge-start allowed CA1',
      'barge-stop allowed CA1',
      'hang-up allowed CA1',
    ]);
  });

  test('a packet that belongs to nothing is passed over; bytes that are no packet close the connection', async () => {
    const monitor = inProcess(createManualClock());
    const client = await connected(monitor.client());
    const packet = { stream: 99, sequence: 0, track: 'outbound', concealed: false, timestampMs: 0 } as const;
    monitor.sockets[0]?.send(writePacket({ ...packet, sampleRate: 8000, codes: new Uint8Array(160) }));
    await settled();
    expect(client.state).toBe('connected');
    monitor.sockets[0]?.send(new Uint8Array([1, 2, 3]));
    await until(() => client.state === 'reconnecting');
    expect(client.reason).toMatch(/^The monitor does not know this message: it was binary/);
  });
});
