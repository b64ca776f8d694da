import { mulaw, openCall, twilio } from '@patchcord/core';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { expect, test } from 'vitest';
import { openPhone } from '../src/phone/dial.ts';

/** A second of which no sample is silent. */
const speech = mulaw.decode(Uint8Array.from({ length: 8000 }, (_, index) => 0x80 + ((index * 37) % 100)));

test('an echo through the SDK is heard as it was said, one step later', async () => {
  const clock = createManualClock();
  const [app, line] = createSocketPair();
  const opening = openCall(app, twilio, { clock });
  const phone = await openPhone(line, { clock });
  const call = await opening;
  void call.readable.pipeTo(call.writable);
  void phone.say(speech);
  await clock.advance(1500);
  expect(phone.heard).toEqual(Int16Array.of(...new Int16Array(160), ...speech, ...new Int16Array(3840)));
  expect(phone.warnings).toEqual([]);
  await phone.hangUp();
  expect(await call.closed).toMatchObject({ reason: 'stopped' });
});

test('the SDK and the ear agree on what was heard before an interruption', async () => {
  const clock = createManualClock();
  const [app, line] = createSocketPair();
  const opening = openCall(app, twilio, { clock });
  const phone = await openPhone(line, { clock });
  const call = await opening;
  const playback = call.play(speech.slice());
  await clock.advance(430);
  call.interrupt();
  await clock.advance(500);
  const { outcome, heardMs, errorMs } = await playback.done;
  const earMs = phone.heard.filter((sample) => sample !== 0).length / 8;
  expect(outcome).toBe('cleared');
  expect(earMs).toBeGreaterThan(380);
  expect(Math.abs(heardMs - earMs)).toBeLessThanOrEqual(Math.max(20, errorMs));
  const end = call.end();
  await clock.advance(3000);
  await end;
  expect(await phone.closed).toMatchObject({ endedBy: 'app', reason: 'app-closed' });
});
