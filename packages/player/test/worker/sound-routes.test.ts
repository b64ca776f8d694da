import { mulaw } from '@patchcord/core';
import { describe, expect, test } from 'vitest';
import { type RoutedSound, SoundRoutes } from '../../src/worker/sound-routes.ts';
import { packet } from '../packet.ts';

const codes = Uint8Array.from({ length: 160 }, (_, i) => (i * 37) & 0xff);

const listen = (id: number, callId: string): string =>
  JSON.stringify({ type: 'open', id, topic: 'audio', callId });

/** A port that keeps what it is sent. */
function port() {
  const sounds: RoutedSound[] = [];
  const kept = {
    sounds,
    closed: false,
    postMessage: (sound: RoutedSound) => void sounds.push(sound),
    close: () => {
      kept.closed = true;
    },
    /** When the sounds were, in milliseconds. */
    get times() {
      return sounds.map((sound) => (sound.kind === 'audio' ? sound.timestampMs : sound.kind));
    },
  };
  return kept;
}

describe('SoundRoutes', () => {
  test('sends the sound of a call to its port, decoded, and of no other call', () => {
    const routes = new SoundRoutes();
    const ear = port();
    routes.add(1, 'CA1', ear);
    routes.asked(1, listen(7, 'CA1'));
    routes.asked(1, listen(8, 'CA2'));
    routes.received(1, packet(7, 40, codes));
    routes.received(1, packet(8, 60, codes));
    routes.received(1, packet(7, 40.5, codes, { outbound: true }));
    routes.received(2, packet(7, 80, codes));
    expect(ear.sounds).toEqual([
      { kind: 'audio', track: 'inbound', timestampMs: 40, samples: mulaw.decode(codes) },
      { kind: 'audio', track: 'outbound', timestampMs: 40.5, samples: mulaw.decode(codes) },
    ]);
  });

  test('follows a call to another subscription and another socket', () => {
    const routes = new SoundRoutes();
    const ear = port();
    routes.asked(1, listen(7, 'CA1'));
    routes.add(1, 'CA1', ear);
    routes.received(1, packet(7, 20, codes));
    routes.closed(1);
    routes.received(1, packet(7, 40, codes));
    routes.asked(2, listen(3, 'CA1'));
    routes.received(2, packet(3, 60, codes));
    routes.asked(2, JSON.stringify({ type: 'close', id: 3 }));
    routes.asked(2, listen(4, 'CA1'));
    routes.received(2, packet(4, 80, codes));
    expect(ear.times).toEqual([20, 60, 80]);
  });

  test('hears a call once, however often the page follows it', () => {
    const routes = new SoundRoutes();
    const ear = port();
    routes.add(1, 'CA1', ear);
    routes.asked(1, listen(7, 'CA1'));
    routes.asked(1, listen(8, 'CA1'));
    for (const ms of [20, 40]) for (const stream of [7, 8]) routes.received(1, packet(stream, ms, codes));
    expect(ear.times).toEqual([20, 40]);
    routes.asked(1, JSON.stringify({ type: 'close', id: 7 }));
    for (const stream of [7, 8]) routes.received(1, packet(stream, 60, codes));
    expect(ear.times).toEqual([20, 40, 60]);
  });

  test('lets a port go, with or without a last word', () => {
    const routes = new SoundRoutes();
    const [ended, stopped] = [port(), port()];
    routes.add(1, 'CA1', ended);
    routes.add(2, 'CA1', stopped);
    routes.asked(1, listen(7, 'CA1'));
    routes.received(1, packet(7, 20, codes));
    routes.remove(1, true);
    routes.remove(2, false);
    routes.remove(3, true);
    routes.received(1, packet(7, 40, codes));
    expect(ended).toMatchObject({ times: [20, 'end'], closed: true });
    expect(stopped).toMatchObject({ times: [20], closed: true });
  });

  test('lets pass what is no sound that it can play, and what is no message', () => {
    const routes = new SoundRoutes();
    const ear = port();
    routes.add(1, 'CA1', ear);
    for (const text of ['', '{', '7', 'null', '[]', '"open"', listen(7, 'CA1'), '{"type":"open","id":9}']) {
      routes.asked(1, text);
    }
    routes.received(1, packet(7, 20, codes, { sampleRate: 16_000 }));
    routes.received(1, packet(7, 20, codes).fill(9, 0, 1));
    routes.received(1, new Uint8Array(3));
    routes.received(1, packet(9, 20, codes));
    expect(ear.sounds).toEqual([]);
    const sent = packet(7, 40, codes);
    const before = sent.slice();
    routes.received(1, sent);
    expect(ear.times).toEqual([40]);
    expect(sent, 'the page gets the bytes as they are').toEqual(before);
  });
});
