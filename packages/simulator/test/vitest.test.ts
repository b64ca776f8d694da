import '../src/vitest.ts';
import { encodeWav, tone } from '@patchcord/core';
import { describe, expect, test } from 'vitest';
import type { Phone } from '../src/phone/phone.ts';
import { audio, clear, rawCall } from './raw-app.ts';
import { sound } from './virtual-call.ts';

/** A phone that has heard some sound, from 100 ms on, and listens for half a second more. */
async function phoneThatHeard(samples: Int16Array): Promise<Phone> {
  const { clock, phone, send } = await rawCall();
  await clock.advance(100);
  await send(audio(samples));
  await clock.advance(samples.length / 8 + 500);
  return phone;
}

const concert = tone({ frequency: 440, ms: 300, sampleRate: 8000 });

describe('toHaveHeard', () => {
  test('a tone, of a frequency and a length', async () => {
    const phone = await phoneThatHeard(concert);
    expect(phone).toHaveHeard({ frequency: 440 });
    expect(phone).toHaveHeard({ frequency: 440, ms: 280 });
    expect(phone).not.toHaveHeard({ frequency: 523 });
    expect(() => expect(phone).toHaveHeard({ frequency: 523 })).toThrow(
      'The caller did not hear 100 ms of a tone of 523 Hz; there was none of it; the caller heard 300 ms of sound, from 100 ms on.',
    );
    expect(() => expect(phone).toHaveHeard({ frequency: 440, ms: 400 })).toThrow(
      /the longest stretch of it was 300 ms/,
    );
    expect(() => expect(phone).not.toHaveHeard({ frequency: 440 })).toThrow(/heard a tone of 440 Hz/);
  });

  test('a sound, through the coding of the line, at another rate, or in a file', async () => {
    const noise = sound(400, 1);
    const phone = await phoneThatHeard(noise);
    expect(phone).toHaveHeard(noise);
    expect(phone).toHaveHeard(noise.slice(800, 2400));
    expect(phone).toHaveHeard(encodeWav({ samples: noise, sampleRate: 8000, channels: 1 }));
    expect(phone).toHaveHeard(noise, { fromMs: 90, toMs: 510 });
    const voice = await phoneThatHeard(tone({ frequency: 600, ms: 200, sampleRate: 8000 }));
    expect(voice).toHaveHeard({
      ...{ samples: tone({ frequency: 600, ms: 200, sampleRate: 24_000 }), sampleRate: 24_000 },
    });
  });

  test('not another sound, nor one that was cut off, nor one that came elsewhere', async () => {
    const noise = sound(400, 1);
    const phone = await phoneThatHeard(noise.slice(0, 2400));
    expect(() => expect(phone).toHaveHeard(sound(400, 2))).toThrow(/did not hear the sound of 400 ms/);
    expect(() => expect(phone).toHaveHeard(noise)).toThrow(
      /What is most like it was at 100 ms, with a similarity of 0\.8\d; the caller heard 300 ms/,
    );
    expect(phone).toHaveHeard(noise, { similarity: 0.8 });
    expect(() => expect(phone).toHaveHeard(noise.slice(0, 2400), { fromMs: 200 })).toThrow(/did not hear/);
    expect(phone).not.toHaveHeard(new Int16Array(800));
    expect(phone).not.toHaveHeard(new Int16Array(0));
  });
});

describe('toHaveHeardNothing', () => {
  test('silence, and what is hardly louder', async () => {
    expect(await phoneThatHeard(new Int16Array(1600))).toHaveHeardNothing();
    expect(await phoneThatHeard(new Int16Array(1600).fill(100))).toHaveHeardNothing();
  });

  test('not any sound, but for the part that is asked for', async () => {
    const phone = await phoneThatHeard(concert);
    expect(() => expect(phone).toHaveHeardNothing()).toThrow(
      'Of 900 ms of the call, the caller heard 300 ms of sound, from 100 ms on.',
    );
    expect(phone).toHaveHeardNothing({ toMs: 100 });
    expect(phone).toHaveHeardNothing({ fromMs: 400 });
    expect(() => expect(phone).not.toHaveHeardNothing({ fromMs: 400 })).toThrow(/nothing at all/);
  });
});

describe('toClearWithin', () => {
  test('counts from where the caller began to speak, or pressed a key', async () => {
    const { clock, phone, send } = await rawCall();
    await send(clear); // has nothing to do with what comes
    await clock.advance(100);
    void phone.say(sound(200, 1));
    await clock.advance(150);
    await send(clear);
    await clock.advance(200);
    expect(phone).toClearWithin(150);
    expect(() => expect(phone).toClearWithin(149)).toThrow(
      'The app sent clear 150 ms after 100 ms; 149 ms were allowed.',
    );
    expect(phone).toClearWithin(50, { sinceMs: 200 });
    void phone.press('1');
    await clock.advance(20);
    expect(() => expect(phone).toClearWithin(1000)).toThrow('The app sent no clear after 440 ms.');
  });

  test('needs something to count from', async () => {
    const { phone } = await rawCall();
    expect(() => expect(phone).toClearWithin(1000)).toThrow(/neither finished a sound nor pressed a key/);
  });
});

describe('toHaveHungUpAfterPlayback', () => {
  test('when all was heard', async () => {
    const { clock, phone, app, send } = await rawCall();
    await send(audio(concert));
    await clock.advance(300);
    expect(() => expect(phone).toHaveHungUpAfterPlayback()).toThrow('The call is not over.');
    app.close(1000);
    await clock.advance(0);
    expect(phone).toHaveHungUpAfterPlayback();
    expect(() => expect(phone).not.toHaveHungUpAfterPlayback()).toThrow(
      /when all that it had said was heard/,
    );
  });

  test('not when something was cut off, nor when the caller hung up', async () => {
    const { clock, phone, app, send } = await rawCall();
    await send(audio(concert));
    await clock.advance(260);
    app.close(1000);
    await clock.advance(0);
    expect(() => expect(phone).toHaveHungUpAfterPlayback()).toThrow('The app hung up 40 ms too soon');
    const other = await rawCall();
    await other.clock.run(other.phone.hangUp());
    expect(() => expect(other.phone).toHaveHungUpAfterPlayback()).toThrow(
      'The app did not hang up. The caller hung up.',
    );
    const byRest = await rawCall();
    await byRest.clock.run(byRest.phone.hangUp({ by: 'app' }));
    expect(byRest.phone).toHaveHungUpAfterPlayback();
  });
});
