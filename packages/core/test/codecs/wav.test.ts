import { alaw, decodeWav, encodeWav, mulaw } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const SAMPLES = Int16Array.of(0, 1000, -1000, 32767, -32768, 7);

/** A WAV file from its chunks. */
function riff(...chunks: readonly [tag: string, body: readonly number[], size?: number][]): Uint8Array {
  const bytes: number[] = [];
  for (const [tag, body, size = body.length] of chunks) {
    bytes.push(...text(tag), ...u32(size), ...body, ...(body.length % 2 ? [0] : []));
  }
  return Uint8Array.of(...text('RIFF'), ...u32(4 + bytes.length), ...text('WAVE'), ...bytes);
}

const text = (tag: string) => Array.from(tag, (char) => char.charCodeAt(0));
const u16 = (value: number) => [value & 255, value >> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];

function fmt(kind: number, bits: number, { channels = 1, sampleRate = 8000 } = {}): [string, number[]] {
  const block = (channels * bits) / 8;
  return [
    'fmt ',
    [
      ...u16(kind),
      ...u16(channels),
      ...u32(sampleRate),
      ...u32(sampleRate * block),
      ...u16(block),
      ...u16(bits),
    ],
  ];
}

function extensible(kind: number, bits: number): [string, number[]] {
  const guid = [...u16(kind), 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
  return ['fmt ', [...fmt(0xfffe, bits)[1], ...u16(22), ...u16(bits), ...u32(4), ...guid]];
}

describe('WAV', () => {
  test('any sound comes back from its file', () => {
    fc.assert(
      fc.property(
        fc.int16Array({ maxLength: 60 }),
        fc.constantFrom(8000, 16000, 22050, 44100, 48000),
        fc.constantFrom(1, 2),
        (sound, sampleRate, channels) => {
          const samples = Int16Array.from(sound.slice(0, sound.length - (sound.length % channels)));
          expect(decodeWav(encodeWav({ samples, sampleRate, channels }))).toEqual({
            samples,
            sampleRate,
            channels,
          });
        },
      ),
      { seed: 711 },
    );
  });

  test('a file has the 44 bytes of header that every player reads', () => {
    const file = encodeWav({ samples: Int16Array.of(1, 2), sampleRate: 8000, channels: 2 });
    expect(file).toEqual(riff(fmt(1, 16, { channels: 2 }), ['data', [1, 0, 2, 0]]));
    expect(file.length).toBe(48);
  });

  test('µ-law and A-law files are decoded', () => {
    for (const [kind, codec] of [
      [7, mulaw],
      [6, alaw],
    ] as const) {
      const codes = codec.encode(SAMPLES);
      const file = riff(fmt(kind, 8), ['fact', u32(codes.length)], ['data', [...codes]]);
      expect(decodeWav(file)).toEqual({ samples: codec.decode(codes), sampleRate: 8000, channels: 1 });
    }
  });

  test('the extensible form is decoded by its subformat', () => {
    expect(decodeWav(riff(extensible(1, 16), ['data', [1, 0, 2, 0]])).samples).toEqual(Int16Array.of(1, 2));
    expect(decodeWav(riff(extensible(7, 8), ['data', [0, 128]])).samples).toEqual(
      mulaw.decode(Uint8Array.of(0, 128)),
    );
  });

  test('other chunks are passed over, also those of odd length', () => {
    const file = riff(['LIST', [1, 2, 3]], fmt(1, 16), ['note', [9]], ['data', [5, 0]], ['tail', [1]]);
    expect(decodeWav(file).samples).toEqual(Int16Array.of(5));
  });

  test('a window on a larger buffer is read as itself', () => {
    const file = encodeWav({ samples: SAMPLES, sampleRate: 8000, channels: 1 });
    const memory = new Uint8Array(file.length + 8);
    memory.set(file, 3);
    expect(decodeWav(memory.subarray(3, 3 + file.length)).samples).toEqual(SAMPLES);
  });

  test('a recording that was cut off gives what is there', () => {
    const file = encodeWav({ samples: SAMPLES, sampleRate: 8000, channels: 1 });
    expect(decodeWav(file.subarray(0, file.length - 3)).samples).toEqual(SAMPLES.slice(0, 4));
    // What a program writes that cannot go back to its header.
    expect(decodeWav(riff(fmt(1, 16), ['data', [1, 0, 2, 0], 0xffffffff])).samples).toEqual(
      Int16Array.of(1, 2),
    );
  });

  test('half an instant of several channels is dropped', () => {
    const file = riff(fmt(1, 16, { channels: 2 }), ['data', [1, 0, 2, 0, 3, 0]]);
    expect(decodeWav(file).samples).toEqual(Int16Array.of(1, 2));
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /not a WAV file: it begins with nothing/],
    [
      'an MP3',
      Uint8Array.of(...text('ID3\u0004'), 0, 0, 0, 0, 0, 0, 0, 0),
      /begins with the bytes 49 44 33 04/,
    ],
    ['a text', Uint8Array.from(text('hello, world, this is text')), /begins with "hell", not with "RIFF/],
    ['an AVI', Uint8Array.from(text('RIFF0000AVI LIST')), /not a WAV file/],
    ['no data chunk', riff(fmt(1, 16)), /no "data" chunk/],
    ['no fmt chunk', riff(['LIST', [1, 2]]), /no "fmt " chunk/],
    ['data before fmt', riff(['data', [1, 0]], fmt(1, 16)), /stands before/],
    ['a short fmt', riff(['fmt ', [1, 0]], ['data', [1, 0]]), /"fmt " chunk is cut short/],
    ['24 bits', riff(fmt(1, 24), ['data', [1, 0, 0]]), /24-bit linear samples.*ffmpeg/],
    ['8-bit linear', riff(fmt(1, 8), ['data', [1]]), /8-bit linear/],
    ['floats', riff(fmt(3, 32), ['data', [0, 0, 0, 0]]), /32-bit floating-point/],
    ['an unknown format', riff(fmt(0x55, 0), ['data', []]), /samples of format 85/],
    ['no channels', riff(fmt(1, 16, { channels: 0 }), ['data', []]), /0 channels/],
    ['no rate', riff(fmt(1, 16, { sampleRate: 0 }), ['data', []]), /at 0 Hz/],
  ])('%s is refused in words', (_, file, words) => {
    expect(() => decodeWav(file)).toThrow(words);
    expect(() => decodeWav(file)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });

  test('any bytes are decoded or refused with a MediaError', () => {
    const file = encodeWav({ samples: SAMPLES, sampleRate: 8000, channels: 1 });
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length), (at, byte, length) => {
        const damaged = file.slice();
        damaged[at] = byte;
        try {
          decodeWav(damaged.subarray(0, length));
        } catch (error) {
          expect(error).toMatchObject({ name: 'MediaError', code: 'invalid-argument' });
        }
      }),
      { seed: 711 },
    );
  });

  test.each([
    { sampleRate: 0, channels: 1 },
    { sampleRate: 8000.5, channels: 1 },
    { sampleRate: 8000, channels: 0 },
    { sampleRate: Number.NaN, channels: 1 },
  ])('encodeWav refuses $sampleRate Hz with $channels channels', (format) => {
    expect(() => encodeWav({ samples: SAMPLES, ...format })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });
});
