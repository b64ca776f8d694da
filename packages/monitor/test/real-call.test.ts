import { type AudioFrame, mulaw, openCall, twilio } from '@patchcord/core';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { expect, test } from 'vitest';
import { voice } from './fake-call.ts';
import { connected, inProcess, readAll, settled } from './in-process.ts';

test('a call as core opens it is heard as the caller says and hears it, and no more of it after an interruption', async () => {
  const clock = createManualClock();
  const monitor = inProcess(clock);
  const [ours, theirs] = createSocketPair();
  const provider = twilio.createProviderSerializer();
  await settled();
  const opening = openCall(ours, twilio, { clock, sampleRate: 16_000, markEveryMs: 0 });
  const say = (frame: Parameters<typeof provider.serialize>[0]): void => {
    for (const message of provider.serialize(frame)) theirs.send(message);
  };
  say({
    kind: 'start',
    provider: 'twilio',
    streamId: 'MZ1',
    callId: 'CA1',
    accountId: 'AC1',
    format: twilio.format,
    tracks: ['inbound'],
    parameters: {},
  });
  await settled();
  const call = await opening;
  monitor.hub.watch(call);
  const client = await connected(monitor.client());
  const heard = client.listen('CA1');
  const events = client.events('CA1');
  await settled();

  const said: Uint8Array[] = [];
  const frames: AudioFrame[] = [];
  const speak = async (fromMs: number, toMs: number): Promise<void> => {
    for (let timestampMs = fromMs; timestampMs < toMs; timestampMs += 20) {
      const samples = voice(timestampMs, 160);
      said.push(mulaw.encode(samples));
      await clock.advance(20);
      say({ kind: 'audio', samples, sampleRate: 8000, channels: 1, timestampMs, track: 'inbound' });
      await settled();
    }
    for (const frame of await readAll(heard)) if (frame.kind === 'audio') frames.push(frame);
  };
  await speak(0, 100);
  call.play(voice(0, 8000), { sampleRate: 8000 });
  await speak(100, 500);
  call.interrupt();
  await speak(500, 1000);

  const inbound = frames.filter(({ track }) => track === 'inbound');
  const outbound = frames.filter(({ track }) => track === 'outbound');
  expect(inbound.map(({ timestampMs }) => timestampMs)).toEqual(Array.from({ length: 50 }, (_, i) => i * 20));
  expect(inbound.map(({ samples }) => mulaw.encode(samples))).toEqual(said);

  const heardMs = outbound.reduce((sum, { samples }) => sum + samples.length / 8, 0);
  expect(heardMs).toBeGreaterThanOrEqual(380);
  expect(heardMs).toBeLessThanOrEqual(400);
  const spoken = mulaw.encode(voice(0, heardMs * 8));
  expect(outbound.flatMap(({ samples }) => [...mulaw.encode(samples)])).toEqual([...spoken]);
  expect(Math.abs((outbound[0]?.timestampMs ?? 0) - 100)).toBeLessThanOrEqual(20);
  const cut = (await readAll(events)).find(({ kind }) => kind === 'cut');
  expect(cut).toMatchObject({ kind: 'cut', unheardMs: 1000 - heardMs });

  await client.hangUp('CA1');
  expect(await call.closed).toMatchObject({ reason: 'ended' });
  await settled();
  expect((await readAll(client.events('CA1'))).at(-1)).toMatchObject({ kind: 'ended', reason: 'ended' });
  client.close();
  await monitor.hub.close();
});
