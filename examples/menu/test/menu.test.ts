import { type CallEnd, dtmfTone, handleCall, mulaw, tone, twilio, type WavSound } from '@patchcord/core';
import { createLink, createVirtualClock, openPhone, type Phone } from '@patchcord/simulator';
import { expect, test } from 'vitest';
import { menu } from '../src/menu.ts';
import '@patchcord/simulator/vitest';

const FREQUENCIES = { choices: 400, hold: 600, number: 800, wrong: 1000 } as const;

/** A prompt is a tone, so that it can be told which one was heard. */
const prompt = (frequency: number): WavSound => ({
  samples: tone({ frequency, ms: 2000, sampleRate: 8000 }),
  sampleRate: 8000,
  channels: 1,
});
const prompts = {
  choices: prompt(FREQUENCIES.choices),
  hold: prompt(FREQUENCIES.hold),
  number: prompt(FREQUENCIES.number),
  wrong: prompt(FREQUENCIES.wrong),
};

/** A call to the menu, on a clock of its own: a caller who does as the script says. */
async function callTheMenu(script: (phone: Phone) => Promise<void>): Promise<{ phone: Phone; end: CallEnd }> {
  const clock = createVirtualClock();
  const link = createLink({ clock, delayMs: 30 });
  const ending = handleCall(link.app, twilio, { clock }, (call) => menu(call, prompts));
  const phone = await clock.run(openPhone(link.phone, { clock }));
  await clock.run(script(phone));
  return { phone, end: await clock.run(ending) };
}

const hears = (phone: Phone, name: keyof typeof FREQUENCIES, ms = 1000) =>
  expect(phone).toHaveHeard({ frequency: FREQUENCIES[name], ms });

test('a key cuts the prompt short and is served; what was said last is heard whole', async () => {
  const { phone, end } = await callTheMenu(async (phone) => {
    await phone.wait(500);
    await phone.press('1');
  });
  expect(end.reason).toBe('ended');
  expect(() => hears(phone, 'choices', 1000)).toThrow();
  hears(phone, 'choices', 300);
  hears(phone, 'hold', 1900);
});

test('a number is said back in its keys', async () => {
  const { phone, end } = await callTheMenu(async (phone) => {
    await phone.press('2');
    await phone.wait(1000);
    await phone.press('407#');
  });
  expect(end.reason).toBe('ended');
  const heard = [...phone.heard].join();
  const tones = [...'407'].map((key) => [...mulaw.decode(mulaw.encode(dtmfTone(key)))].slice(8, -8).join());
  expect(tones.map((each) => heard.includes(each))).toEqual([true, true, true]);
});

test('a wrong choice is asked again, three times at most', async () => {
  const { phone, end } = await callTheMenu(async (phone) => {
    for (let count = 0; count < 3; count++) {
      await phone.wait(500);
      await phone.press('9');
      await phone.wait(3000);
    }
  });
  expect(end.reason).toBe('ended');
  hears(phone, 'wrong', 1900);
});

test('a caller who hangs up in the middle ends the call', async () => {
  const { end } = await callTheMenu(async (phone) => {
    await phone.wait(500);
    await phone.hangUp();
  });
  expect(end.reason).toBe('stopped');
});
