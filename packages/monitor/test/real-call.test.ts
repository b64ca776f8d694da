import { type AudioFrame, mulaw, openCall, twilio } from '@patchcord/core';
import { openPhone } from '@patchcord/simulator';
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

test.each([
  ['with marks', 100, 0],
  ['without marks', 0, 0],
  ['with marks, 40 ms away', 100, 40],
])('what the agent says is told 20 ms by 20 ms as it is heard, %s', async (_name, markEveryMs, delayMs) => {
  const clock = createManualClock();
  const monitor = inProcess(clock);
  const [ours, theirs] = createSocketPair({ clock, delayMs });
  const opening = openCall(ours, twilio, { clock, markEveryMs });
  const dialling = openPhone(theirs, { clock });
  await clock.advance(2 * delayMs + 40);
  const call = await opening;
  await dialling;
  monitor.hub.watch(call);
  const client = await connected(monitor.client());
  const heard = client.listen(call.info.callId);
  await settled();
  await clock.advance(1000);
  await readAll(heard);
  call.play(voice(0, 8 * 3000), { sampleRate: 8000 });
  const late: number[] = [];
  const steps: number[] = [];
  for (let ms = 0; ms < 3200; ms += 20) {
    await clock.advance(20);
    const outbound = (await readAll(heard)).filter(
      (frame) => frame.kind === 'audio' && frame.track === 'outbound',
    );
    steps.push(outbound.length);
    for (const frame of outbound) {
      if (frame.kind === 'audio') late.push(call.timestampMs - frame.timestampMs - 20);
    }
  }
  expect(late).toHaveLength(150);
  // One frame of 20 ms in each step of 20 ms, at the moment when its last sample is heard.
  expect(Math.max(...steps)).toBe(1);
  expect(Math.max(...late)).toBeLessThanOrEqual(0);
  client.close();
  await monitor.hub.close();
});

test('the first word of a barge interrupts what is playing; until it ends the caller hears nobody else', async () => {
  const clock = createManualClock();
  const monitor = inProcess(clock);
  const [ours, theirs] = createSocketPair({ clock, delayMs: 5 });
  const opening = openCall(ours, twilio, { clock });
  const dialling = openPhone(theirs, { clock });
  await clock.advance(100);
  const [call, phone] = await Promise.all([opening, dialling]);
  monitor.hub.watch(call);
  const client = await connected(monitor.client());
  const events = client.events(call.info.callId);
  const heard = client.listen(call.info.callId);
  const barge = client.barge(call.info.callId);
  await barge.opened;

  const loud = (level: number, ms: number): Int16Array<ArrayBuffer> =>
    mulaw.decode(mulaw.encode(new Int16Array(8 * ms).fill(level)));
  const [agentSays, supervisorSays] = [loud(1000, 3000), loud(-2000, 20)];
  const [agent, supervisor] = [agentSays[0] ?? 0, supervisorSays[0] ?? 0];
  const greeting = call.play(agentSays.slice());
  await clock.advance(500);
  const before = phone.heard.length;
  const writer = barge.writable.getWriter();
  for (let ms = 0; ms < 400; ms += 20) {
    await writer.write({
      kind: 'audio',
      samples: supervisorSays.slice(),
      sampleRate: 8000,
      channels: 1,
      timestampMs: ms,
      track: 'outbound',
    });
    call.send({
      kind: 'audio',
      samples: loud(1000, 20),
      sampleRate: 8000,
      channels: 1,
      timestampMs: 0,
      track: 'outbound',
    });
    call.interrupt(); // as an app does that hears the caller speak
    await clock.advance(20);
  }
  await writer.close();
  await clock.advance(100);
  call.play(agentSays.slice(0, 800));
  await clock.advance(300);

  expect(await greeting.done).toMatchObject({ outcome: 'cleared' });
  const after = phone.heard.subarray(before);
  const first = after.indexOf(supervisor);
  // One way, and the frame that was playing.
  expect(first).toBeLessThanOrEqual(8 * 40);
  const said = after.subarray(first, first + 8 * 400);
  expect(said.every((sample) => sample === supervisor)).toBe(true);
  expect(after.lastIndexOf(agent)).toBeGreaterThan(first + 8 * 400); // the app has its caller back
  expect(call.stats.discardedMs).toBe(400);

  const told = (await readAll(events)).filter(({ kind }) => kind === 'barge' || kind === 'cut');
  expect(told.map((event) => (event.kind === 'barge' ? event.state : event.kind))).toEqual([
    'started',
    'cut',
    'stopped',
  ]);
  const outbound = (await readAll(heard)).flatMap((frame) =>
    frame.kind === 'audio' && frame.track === 'outbound' ? [...frame.samples] : [],
  );
  expect(outbound.filter((sample) => sample === supervisor)).toHaveLength(8 * 400);
  client.close();
  await monitor.hub.close();
});
