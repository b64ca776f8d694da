import { readdirSync, readFileSync } from 'node:fs';
import { createDtmfDetector, decodeWav, dtmfTone, MediaError, mulaw, resample } from '@patchcord/core';
import { describe, expect, it } from 'vitest';

const KEYS = [...'123A456B789C*0#D'];
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];

/** A full-scale sine is +3.17 dBm0 on a µ-law line. */
const FULL_SCALE_DBM0 = 3.17;

interface Press {
  readonly key: string;
  readonly ms?: number;
  /** Level of each tone. */
  readonly rowDbm0?: number;
  readonly columnDbm0?: number;
  /** Share of the frequency. */
  readonly rowOff?: number;
  readonly columnOff?: number;
  readonly pauseMs?: number;
  readonly sampleRate?: number;
  /** Where in the sine it starts, and how many samples late, so that nothing lies neatly on the detector's steps. */
  readonly seed?: number;
}

function pressed({
  key,
  ms = 40,
  rowDbm0 = -10,
  columnDbm0 = rowDbm0,
  rowOff = 0,
  columnOff = 0,
  pauseMs = 40,
  sampleRate = 8000,
  seed = 0,
}: Press): number[] {
  const index = KEYS.indexOf(key);
  const row = (ROWS[index >> 2] as number) * (1 + rowOff);
  const column = (COLUMNS[index & 3] as number) * (1 + columnOff);
  const amplitude = (dbm0: number): number => 32768 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20);
  const tone = Array.from({ length: Math.round((ms * sampleRate) / 1000) }, (_, n) =>
    Math.round(
      amplitude(rowDbm0) * Math.sin((2 * Math.PI * row * n) / sampleRate + seed) +
        amplitude(columnDbm0) * Math.sin((2 * Math.PI * column * n) / sampleRate + 2.3 * seed),
    ),
  );
  const silence = (milliseconds: number): number[] =>
    new Array<number>(Math.round((milliseconds * sampleRate) / 1000)).fill(0);
  return [...silence((seed * 0.61) % 5), ...tone, ...silence(pauseMs)];
}

/** The sound as it comes over the telephone, and what is heard in it. */
function heard(sound: readonly number[], sampleRate = 8000): string {
  const samples = mulaw.decode(mulaw.encode(Int16Array.from(sound)));
  const detector = createDtmfDetector({ sampleRate });
  return detector.push(samples) + detector.end();
}

describe('keys in the sound of the line, by ITU-T Q.24', () => {
  const levels = Array.from({ length: 23 }, (_, index) => -3 - index);

  it.each(KEYS)(
    '%s is heard at every level from -3 to -25 dBm0, for 40 ms, after a pause of 40 ms',
    (key) => {
      for (const rowDbm0 of levels) {
        const sound = Array.from({ length: 5 }, (_, seed) => pressed({ key, rowDbm0, seed })).flat();
        expect(heard(sound), `${rowDbm0} dBm0`).toBe(key.repeat(5));
      }
    },
  );

  it.each(KEYS)(
    '%s is heard with both tones up to 1.5 percent off, and not with one 3.5 percent off',
    (key) => {
      for (const rowDbm0 of [-3, -10, -25]) {
        for (const [seed, off] of [-0.015, -0.0075, 0, 0.0075, 0.015].entries()) {
          for (const columnOff of [-0.015, 0, 0.015]) {
            expect(heard(pressed({ key, rowDbm0, rowOff: off, columnOff, seed })), `${off}`).toBe(key);
          }
          for (const far of [-0.035, 0.035, -0.045, 0.045]) {
            const ms = 200;
            expect(heard(pressed({ key, ms, rowDbm0, rowOff: far, columnOff: off, seed })), `${far}`).toBe(
              '',
            );
            expect(heard(pressed({ key, ms, rowDbm0, rowOff: off, columnOff: far, seed })), `${far}`).toBe(
              '',
            );
          }
        }
      }
    },
  );

  it.each(KEYS)('%s is heard with the column 8 dB weaker to 4 dB stronger than the row', (key) => {
    for (const [seed, twist] of [-8, -6, -4, -2, 2, 4].entries()) {
      for (const weaker of [-25, -15, -9]) {
        const rowDbm0 = twist < 0 ? weaker - twist : weaker;
        if (Math.max(rowDbm0, rowDbm0 + twist) > -5) continue; // both at once have to fit the line
        for (const off of [-0.015, 0, 0.015]) {
          const press = { key, rowDbm0, columnDbm0: rowDbm0 + twist, seed, rowOff: off, columnOff: -off };
          expect(heard(pressed(press)), `${twist} dB at ${rowDbm0} dBm0`).toBe(key);
        }
      }
      for (const twist of [-12, 8]) {
        expect(heard(pressed({ key, ms: 200, rowDbm0: -12, columnDbm0: -12 + twist }))).toBe('');
      }
    }
  });

  it('a tone of less than 23 ms is none, wherever it begins', () => {
    for (const key of KEYS) {
      for (let seed = 0; seed < 20; seed++) {
        for (const ms of [1, 5, 10, 15, 20, 22.9]) expect(heard(pressed({ key, ms, seed }))).toBe('');
        expect(heard(pressed({ key, ms: 40, seed }))).toBe(key);
      }
    }
  });

  it('a key is told once however long it is held, with breaks of 10 ms, and again after 40 ms', () => {
    for (const [seed, key] of KEYS.entries()) {
      const broken = [
        ...pressed({ key, ms: 60, pauseMs: 10, seed }),
        ...pressed({ key, ms: 500, pauseMs: 40 }),
      ];
      expect(heard([...broken, ...pressed({ key, seed })])).toBe(key + key);
    }
  });

  it('a level below -35 dBm0 is crosstalk', () => {
    for (const key of KEYS) expect(heard(pressed({ key, ms: 200, rowDbm0: -36 }))).toBe('');
  });

  it('noise 15 dB below the key does not hide it', () => {
    let state = 1;
    const noise = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 0x40000000 - 1;
    };
    // Evenly spread within ±a, noise has an RMS of a / √3; a key at -10 dBm0 has that of its two tones.
    const rms = 32768 * 10 ** ((-10 - FULL_SCALE_DBM0) / 20);
    const amplitude = Math.sqrt(3) * rms * 10 ** (-15 / 20);
    const keys = Array.from({ length: 20 }, () => KEYS).flat();
    const sound = keys
      .flatMap((key, seed) => pressed({ key, ms: 50, pauseMs: 50, seed }))
      .map((sample) => Math.round(sample + amplitude * noise()));
    expect(heard(sound)).toBe(keys.join(''));
  });

  it('one tone, or three, is no key', () => {
    const single = pressed({ key: '5', ms: 300, columnDbm0: -60 });
    expect(heard(single)).toBe('');
    const three = pressed({ key: '5', ms: 300 }).map(
      (sample, n) => sample + Math.round(7000 * Math.sin((2 * Math.PI * 2300 * n) / 8000)),
    );
    expect(heard(three)).toBe('');
  });
});

describe('createDtmfDetector', () => {
  it.each([8000, 16_000, 22_050, 24_000, 44_100, 48_000])('hears all keys at %i Hz', (sampleRate) => {
    const sound = KEYS.flatMap((key) => [
      ...dtmfTone(key, { ms: 45, sampleRate }),
      ...new Array<number>(Math.round(sampleRate * 0.045)).fill(0),
    ]);
    expect(heard(sound, sampleRate)).toBe(KEYS.join(''));
  });

  it('does not notice where the sound is cut', () => {
    const sound = Int16Array.from([...'07#*D'].flatMap((key, seed) => pressed({ key, seed })));
    for (const piece of [1, 7, 39, 160, 161, 5000]) {
      const detector = createDtmfDetector();
      let keys = '';
      for (let at = 0; at < sound.length; at += piece) keys += detector.push(sound.subarray(at, at + piece));
      expect(keys + detector.end()).toBe('07#*D');
    }
  });

  it('hears at the end a key that the sound ends with, and starts afresh', () => {
    const detector = createDtmfDetector();
    const key = Int16Array.from(pressed({ key: '9', pauseMs: 0 }));
    expect(detector.push(key)).toBe('');
    expect(detector.end()).toBe('9');
    expect(detector.push(key) + detector.end()).toBe('9');
    expect(detector.end()).toBe('');
  });

  it('hears a key within 50 ms, while it sounds', () => {
    const detector = createDtmfDetector();
    expect(detector.push(dtmfTone('4', { ms: 1000 }).subarray(0, 400))).toBe('4');
  });

  it('refuses a rate at which no telephone sounds, in words', () => {
    for (const sampleRate of [0, 4000, 1e6, Number.NaN]) {
      expect(() => createDtmfDetector({ sampleRate })).toThrow(MediaError);
      expect(() => createDtmfDetector({ sampleRate })).toThrow(/ is .*, expected /);
    }
  });
});

describe('talk-off', () => {
  const folder = new URL('../../../../examples/dashboard/speech/', import.meta.url);
  const recordings = readdirSync(folder).filter((name) => name.endsWith('.wav'));

  it('has recordings of speech', () => expect(recordings.length).toBeGreaterThan(5));

  it.each(recordings)('no key is heard in %s, at any level', (name) => {
    const { samples, sampleRate } = decodeWav(readFileSync(new URL(name, folder)));
    const speech = resample(samples, { from: sampleRate, to: 8000, quality: 'best' });
    for (const gainDb of [6, 0, -6, -12]) {
      const louder = Array.from(speech, (sample) =>
        Math.max(-32768, Math.min(32767, Math.round(sample * 10 ** (gainDb / 20)))),
      );
      expect(heard(louder), `${gainDb} dB`).toBe('');
    }
  });
});
