import { decodeBase64, dtmfTone, mulaw } from '@patchcord/core';
import { describe, expect, test } from 'vitest';
import { openPhone } from '../../src/phone/dial.ts';
import { createVirtualClock } from '../../src/virtual/clock.ts';
import { createLink } from '../../src/virtual/link.ts';
import { audio, clear, mark, rawCall } from '../raw-app.ts';
import { sound } from '../virtual-call.ts';

const silence = (length: number): Int16Array<ArrayBuffer> => new Int16Array(length);

describe('where the documents are silent, the default and the other way', () => {
  test('chunks count per stream, or per track', async () => {
    const chunks = async (chunksPer?: 'track'): Promise<unknown[]> => {
      const { clock, messages } = await rawCall({
        ...{ unidirectional: true, tracks: ['inbound', 'outbound'] },
        chunksPer,
      });
      await clock.advance(40);
      return messages.flatMap(({ media }) => (media ? [[media.track, media.chunk]] : []));
    };
    expect(await chunks()).toEqual([
      ['inbound', '1'],
      ['outbound', '2'],
      ['inbound', '3'],
      ['outbound', '4'],
    ]);
    expect(await chunks('track')).toEqual([
      ['inbound', '1'],
      ['outbound', '1'],
      ['inbound', '2'],
      ['outbound', '2'],
    ]);
  });

  test('timestamps begin at 0, or a little above', async () => {
    const { clock, messages } = await rawCall({ firstTimestampMs: 7 });
    await clock.advance(40);
    expect(messages.slice(2).map(({ media }) => media?.timestamp)).toEqual(['7', '27']);
  });

  test('the phone closes after stop, with 1000 or another code', async () => {
    for (const [options, code] of [
      [{}, 1000],
      [{ closeCode: 4001 }, 4001],
    ] as const) {
      const { clock, phone } = await rawCall(options);
      expect(await clock.run(phone.hangUp())).toMatchObject({ reason: 'hung-up', closeCode: code });
    }
  });

  test('or the app has to, and is not waited for for ever', async () => {
    const polite = await rawCall({ closedBy: 'app' });
    polite.app.addEventListener('message', () => {
      if (polite.messages.at(-1)?.event === 'stop') polite.app.close(1000);
    });
    expect(await polite.clock.run(polite.phone.hangUp())).toMatchObject({
      ...{ endedBy: 'caller', reason: 'hung-up', closeCode: 1000 },
    });
    expect(polite.clock.now()).toBe(0);
    const rude = await rawCall({ closedBy: 'app' });
    expect(await rude.clock.run(rude.phone.hangUp())).toMatchObject({ reason: 'hung-up' });
    expect(rude.clock.now()).toBe(2500);
    await rude.clock.advance(0);
    expect([rude.app.readyState, rude.clock.pending]).toEqual([3, 0]);
  });

  test('no pings are sent, or one every so often until the end', async () => {
    for (const [pingEveryMs, expected] of [
      [undefined, 0],
      [5000, 6],
    ] as const) {
      const clock = createVirtualClock();
      const link = createLink({ clock });
      let pings = 0;
      const socket = Object.assign(link.phone, { ping: () => void pings++ });
      const phone = await openPhone(socket, { clock, pingEveryMs });
      await clock.advance(30_000);
      await clock.run(phone.hangUp());
      await clock.advance(30_000);
      expect(pings).toBe(expected);
    }
  });

  test('an app may be silent for ever, or as long as it is allowed to', async () => {
    const patient = await rawCall();
    await patient.clock.advance(120_000);
    expect(patient.app.readyState).toBe(1);
    const strict = await rawCall({ idleTimeoutMs: 1000 });
    await strict.clock.advance(990);
    await strict.send(clear);
    await strict.clock.advance(990);
    expect(strict.app.readyState).toBe(1);
    await strict.clock.advance(20);
    expect(await strict.phone.closed).toMatchObject({
      endedBy: 'phone',
      reason: 'app-idle',
      durationMs: 2000,
    });
  });

  test('a message may be large, up to a limit', async () => {
    const { clock, phone, send } = await rawCall({ maxMessageBytes: 300 });
    await send(audio(sound(20, 1).slice(0, 100)));
    expect(phone.events).toEqual([]);
    await send(audio(sound(40, 1)));
    await clock.advance(20);
    expect(await phone.closed).toMatchObject({ endedBy: 'phone', reason: 'protocol-error', closeCode: 1009 });
  });

  test.each([
    ['played as it comes', undefined, [...sound(15, 1), ...sound(15, 2), ...silence(80)]],
    ['each message padded', 'padded', [...sound(15, 1), ...silence(40), ...sound(15, 2), ...silence(40)]],
    ['the last part held', 'held', [...sound(15, 1), ...sound(15, 2).slice(0, 40), ...silence(160)]],
  ] as const)('part of a frame: %s', async (_, partialFrames, expected) => {
    const { clock, phone, send } = await rawCall({ partialFrames });
    await send(audio(sound(15, 1)), audio(sound(15, 2)), mark('end'));
    await clock.advance(40);
    expect([...phone.heard]).toEqual(expected.slice(0, 320));
  });

  test('a part that is held waits for more, and so does the mark behind it', async () => {
    const { clock, phone, send, echoes } = await rawCall({ partialFrames: 'held' });
    await send(audio(sound(15, 1)), mark('end'));
    await clock.advance(1000);
    expect([echoes(), phone.heard.some((sample) => sample !== 0)]).toEqual([[], false]);
    await send(audio(sound(5, 2)));
    await clock.advance(20);
    expect(echoes()).toEqual(['end']);
    expect(phone.heard.subarray(8000)).toEqual(Int16Array.of(...sound(15, 1), ...sound(5, 2)));
    await send(audio(sound(10, 3)), clear, mark('fence'));
    expect(echoes()).toEqual(['end', 'fence']);
  });

  test('beyond ten minutes the newest is discarded, or the oldest', async () => {
    const first = sound(20, 1);
    const last = sound(20, 2);
    for (const [overflow, begins, ends] of [
      [undefined, first, sound(20, 3)],
      ['oldest', sound(20, 3), last],
    ] as const) {
      const { clock, phone, send } = await rawCall({ overflow });
      await send(audio(first));
      for (let second = 0; second < 599; second++) {
        const filler = new Int16Array(8000);
        if (second === 0) filler.set(sound(20, 3));
        await send(audio(filler));
      }
      await send(audio(new Int16Array(7680)), audio(sound(20, 3)), mark('before'), audio(last));
      expect(phone.warnings.map(({ code }) => code)).toEqual([31931]);
      await clock.advance(600_020);
      expect(phone.heard.slice(0, 160)).toEqual(begins);
      expect(phone.heard.slice(-320, -160)).toEqual(ends);
    }
  });

  test('clear is silent at once, or when the frame under way is over', async () => {
    for (const [clearsAt, heardMs, droppedMs] of [
      [undefined, 45, 55],
      ['frame', 60, 40],
    ] as const) {
      const { clock, phone, send, echoes } = await rawCall({ clearsAt });
      await send(audio(sound(100, 1)), mark('end'));
      await clock.advance(45);
      await send(clear);
      expect(echoes()).toEqual(['end']);
      expect(phone.events.find(({ kind }) => kind === 'clear')).toMatchObject({ droppedMs });
      await clock.advance(55);
      expect(phone.heard).toEqual(
        Int16Array.of(...sound(100, 1).slice(0, heardMs * 8), ...silence((100 - heardMs) * 8)),
      );
    }
  });

  test('names of marks have any length, or a longest', async () => {
    const long = 'x'.repeat(1000);
    const free = await rawCall();
    await free.send(mark(long));
    expect(free.echoes()).toEqual([long]);
    const strict = await rawCall({ maxMarkNameLength: 10 });
    await strict.send(mark('0123456789'), mark('0123456789a'));
    expect(strict.echoes()).toEqual(['0123456789']);
    expect([strict.phone.warnings[0]?.code, strict.phone.rejectedMessages]).toEqual([31951, 1]);
  });

  test('two marks may have one name, or not while the first waits', async () => {
    const run = async (duplicateMarks?: 'refused'): Promise<[string[], number]> => {
      const { clock, phone, send, echoes } = await rawCall({ duplicateMarks });
      await send(audio(sound(20, 1)), mark('a'), mark('a'));
      await clock.advance(20);
      await send(mark('a'));
      return [echoes(), phone.rejectedMessages];
    };
    expect(await run()).toEqual([['a', 'a', 'a'], 0]);
    expect(await run('refused')).toEqual([['a', 'a'], 1]);
  });

  test('keys are not heard, or heard over what is said', async () => {
    const inbound = async (audibleKeys?: boolean): Promise<Int16Array> => {
      const { clock, phone, messages } = await rawCall({ audibleKeys });
      void phone.press('5');
      await clock.advance(160);
      return Int16Array.from(
        messages.flatMap(({ media }) => (media ? [...mulaw.decode(decodeBase64(media.payload))] : [])),
      );
    };
    expect((await inbound()).every((sample) => sample === 0)).toBe(true);
    const tone = mulaw.decode(mulaw.encode(dtmfTone('5', { ms: 100, sampleRate: 8000 })));
    expect(await inbound(true)).toEqual(Int16Array.of(...tone, ...silence(480)));
  });

  test('parameters: any number or a highest; each shorter than 500 characters, as documented', async () => {
    const open = (parameters: Record<string, string>, maxParameters?: number): Promise<unknown> =>
      openPhone(createLink({ clock: createVirtualClock() }).phone, {
        ...{ clock: createVirtualClock(), from: '+15550001', parameters },
        maxParameters,
      });
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`p${index}`, '1']));
    await open(many);
    await open({ a: '1' }, 2);
    await expect(open({ a: '1', b: '2' }, 2)).rejects.toThrow(/2 custom parameters here .* 3 were given/);
    await open({ name: 'x'.repeat(495) });
    await expect(open({ name: 'x'.repeat(496) })).rejects.toThrow(/fewer than 500 characters .* has 500/);
  });
});
