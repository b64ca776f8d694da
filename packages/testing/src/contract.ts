/**
 * What `@patchcord/core` promises wherever it runs: the same cases pass in Node, Deno, Bun and a browser. No test
 * framework, no file system, nothing of a platform but what the standards give all four.
 *
 * @module
 */

import {
  type AudioCodec,
  type AudioFrame,
  alaw,
  createResampler,
  createSpeechDetector,
  DeserializeStream,
  decodeBase64,
  decodeWav,
  encodeBase64,
  encodeWav,
  type Frame,
  type FrameFromCall,
  isWellFormed,
  linear16,
  MediaError,
  type MediaErrorCode,
  measureLevel,
  mulaw,
  openCall,
  RechunkStream,
  ResampleStream,
  SAMPLE_RATES,
  SerializeStream,
  type StartFrame,
  tone,
  twilio,
  vonage,
  type WireMessage,
} from '@patchcord/core';
import { SAID_FRAMES, writtenByCall, writtenByStreams } from './same-as-a-call.ts';
import { createSocketPair } from './socket-pair.ts';

/** A promise and what shows that it is kept: throws, or rejects, where it is not. */
export type ContractCase = readonly [name: string, run: () => void | Promise<void>];

const START: StartFrame = {
  kind: 'start',
  provider: 'twilio',
  streamId: 'MZ11223344556677889900aabbccddeeff',
  callId: 'CAffeeddccbbaa00998877665544332211',
  accountId: 'AC0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  tracks: ['inbound'],
  parameters: { caller: '+15551230001' },
};

export const contract: readonly ContractCase[] = [
  [
    'µ-law is G.711 on all 256 codes and all 65 536 samples',
    () => {
      sameDomain(mulaw, (code) => {
        const bits = ~code & 255;
        const size = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
        return bits & 128 ? -size : size;
      });
      sameCodes(mulaw, (sample) => {
        const upper = sample >> 2;
        const size = Math.min(Math.abs(upper), 8159) + 33;
        const segment = 26 - Math.clz32(size);
        const code = segment >= 8 ? 127 : (segment << 4) | ((size >> (segment + 1)) & 15);
        return code ^ (upper < 0 ? 127 : 255);
      });
    },
  ],
  [
    'A-law is G.711 on all 256 codes and all 65 536 samples',
    () => {
      sameDomain(alaw, (code) => {
        const bits = code ^ 0x55;
        const segment = (bits >> 4) & 7;
        const size = segment === 0 ? ((bits & 15) << 4) + 8 : (((bits & 15) << 4) + 264) << (segment - 1);
        return bits & 128 ? size : -size;
      });
      sameCodes(alaw, (sample) => {
        const upper = sample >> 3;
        const size = upper < 0 ? -upper - 1 : upper;
        const segment = size < 32 ? 0 : 27 - Math.clz32(size);
        const step = segment < 2 ? 1 : segment;
        const code = segment >= 8 ? 127 : (segment << 4) | ((size >> step) & 15);
        return code ^ (upper < 0 ? 0x55 : 0xd5);
      });
    },
  ],
  [
    'linear16 is little-endian and refuses half a sample',
    () => {
      same([...linear16.encode(Int16Array.of(0x0102, -2))], [2, 1, 254, 255]);
      same([...linear16.decode(Uint8Array.of(2, 1, 254, 255))], [0x0102, -2]);
      refused('malformed-message', () => linear16.decode(new Uint8Array(3)));
    },
  ],
  [
    'base64 comes back for every length up to 400 bytes, and strictly',
    () => {
      for (let length = 0; length <= 400; length++) {
        const bytes = Uint8Array.from({ length }, (_, index) => index * 37 + length);
        const text = encodeBase64(bytes);
        same(text.length, 4 * Math.ceil(length / 3));
        same([...decodeBase64(text)], [...bytes]);
      }
      same(encodeBase64(Uint8Array.of(102, 111, 111, 98)), 'Zm9vYg==');
      for (const text of ['A', 'AA', 'AAA', 'AA=A', '====', 'AA A', 'AA-_', 'AAA\n', 'AAA\u0141']) {
        refused('malformed-message', () => decodeBase64(text));
      }
    },
  ],
  [
    'a WAV file comes back',
    () => {
      const sound = { samples: noise(1, 300), sampleRate: 22050, channels: 2 };
      const read = decodeWav(encodeWav(sound));
      same({ ...read, samples: [...read.samples] }, { ...sound, samples: [...sound.samples] });
      refused('invalid-argument', () => decodeWav(new Uint8Array(20)));
    },
  ],
  [
    'Twilio: what the provider says, our side hears',
    () => {
      const { frames, messages } = conversation();
      const ours = twilio.createSerializer();
      same(twilio.matches(messages[0] as string), true);
      const heard = messages.flatMap((message) => ours.deserialize(message));
      same(plain(heard), plain(frames));
      same(isWellFormed(heard), true);
    },
  ],
  [
    'Twilio: what our side says, the provider hears',
    () => {
      const provider = twilio.createProviderSerializer();
      const ours = twilio.createSerializer();
      for (const message of provider.serialize(START)) ours.deserialize(message);
      const spoken = [
        audio(wireSound(2, 161), 'outbound'),
        { kind: 'mark', name: 'é "1"' },
        { kind: 'clear' },
      ] as const;
      const messages = spoken.flatMap((frame) => ours.serialize(frame));
      same(messages[2], `{"event": "clear", "streamSid": "${START.streamId}"}`);
      same(plain(messages.flatMap((message) => provider.deserialize(message))), plain(spoken));
    },
  ],
  [
    'Twilio: a message is read the same in any layout',
    () => {
      const { messages } = conversation();
      const usual = twilio.createSerializer();
      const spaced = twilio.createSerializer();
      for (const message of messages) {
        const other = JSON.stringify(JSON.parse(message as string), null, 2);
        same(plain(spaced.deserialize(other)), plain(usual.deserialize(message)));
      }
    },
  ],
  [
    'Twilio: bad input is refused with a code and in words, and the serializer stays usable',
    () => {
      const ours = twilio.createSerializer();
      const { messages } = conversation();
      const bad: readonly WireMessage[] = [
        '',
        'hello',
        'null',
        '[]',
        '{}',
        '{"event":"start"}',
        '{"event":"media"}',
        '{"event":"media","media":{"payload":"AA=A"}}',
        '{"event":"dtmf","dtmf":{"digit":"12"}}',
        new Uint8Array(160),
      ];
      let heard = 0;
      for (const message of messages) {
        for (const other of bad) refused('malformed-message', () => ours.deserialize(other));
        heard += ours.deserialize(message).length;
      }
      same(heard, conversation().frames.length);
    },
  ],
  [
    'frames survive structuredClone',
    () => {
      const { frames } = conversation();
      same(plain(structuredClone(frames)), plain(frames));
    },
  ],
  [
    'a resampler does not notice where its input was cut, and loses nothing, for every pair of rates',
    () => {
      for (const from of SAMPLE_RATES) {
        for (const to of SAMPLE_RATES) {
          const input = noise(from + to, 700);
          const whole = createResampler({ from, to });
          const pieces = createResampler({ from, to });
          const expected = [...whole.push(input), ...whole.end()];
          const random = seeded(from * 3 + to);
          const cut: number[] = [];
          for (let at = 0; at < input.length; ) {
            const end = Math.min(input.length, at + Math.floor(random() * 200));
            cut.push(...pieces.push(input.slice(at, end)));
            same(cut.length, Math.round((end * to) / from));
            at = end;
          }
          cut.push(...pieces.end());
          same(cut, expected);
        }
      }
    },
  ],
  [
    'a tone keeps its level through the codecs, and silence is no speech',
    () => {
      const sound = tone({ frequency: 1000, ms: 200, sampleRate: 8000, level: -12 });
      for (const codec of [mulaw, alaw, linear16]) {
        const { peakDb } = measureLevel(codec.decode(codec.encode(sound)));
        same(Math.abs(peakDb + 12) < 0.5, true);
      }
      same(measureLevel(new Int16Array(160)).peakDb, -120);
      const detector = createSpeechDetector();
      for (let frame = 0; frame < 100; frame++) detector.push(new Int16Array(160));
      same(detector.speaking, false);
    },
  ],
  [
    'the streams make a pipeline: messages in, messages out, no sample lost',
    async () => {
      const { messages } = conversation();
      const provider = twilio.createProviderSerializer();
      provider.serialize(START);
      const toCall = new TransformStream<Frame, AudioFrame>({
        transform(frame, controller) {
          if (frame.kind === 'audio') controller.enqueue({ ...frame, track: 'outbound' });
        },
      });
      const echo = streamOf(messages)
        .pipeThrough(new DeserializeStream(twilio.createSerializer()))
        .pipeThrough(new ResampleStream({ sampleRate: 16_000 }))
        .pipeThrough(toCall)
        .pipeThrough(new ResampleStream({ sampleRate: 8000 }))
        .pipeThrough(new RechunkStream({ ms: 20, pad: true }))
        .pipeThrough(new SerializeStream(twilio.createSerializer({ streamSid: START.streamId })));
      const heard = (await collect(echo)).flatMap((message) => provider.deserialize(message));
      const lengths = heard.map((frame) => (frame.kind === 'audio' ? frame.samples.length : frame.kind));
      // Two frames of 20 ms, and the filters' tails filled up to a third.
      same(lengths, [160, 160, 160]);
    },
  ],
  [
    'DeserializeStream reports what it cannot read, and goes on',
    async () => {
      const { frames, messages } = conversation();
      const errors: unknown[] = [];
      const stream = new DeserializeStream(twilio.createSerializer(), {
        onError: (error) => void errors.push((error as MediaError).code),
      });
      const heard = await collect(streamOf(['hello', ...messages]).pipeThrough(stream));
      same(plain(heard), plain(frames));
      same(errors, ['malformed-message']);
    },
  ],
  [
    'a stream that meets a frame it cannot carry fails with a MediaError',
    async () => {
      const serializer = twilio.createSerializer({ streamSid: START.streamId });
      const stereo: AudioFrame = { ...audio(new Int16Array(2), 'outbound'), channels: 2 };
      const messages = streamOf([stereo]).pipeThrough(new SerializeStream(serializer));
      await collect(messages).then(
        () => fail('it was carried'),
        (error: unknown) => same(error instanceof MediaError && error.code, 'wrong-format'),
      );
    },
  ],
  [
    'a call is opened, echoed through its own streams, and closed by the provider’s stop',
    async () => {
      const [line, socket] = createSocketPair();
      const provider = twilio.createProviderSerializer();
      const sound = wireSound(5, 160);
      const echo: number[] = [];
      const send = (frame: FrameFromCall): void => {
        for (const message of provider.serialize(frame)) line.send(message);
      };
      line.addEventListener('open', () => {
        send(START);
        send(audio(sound, 'inbound'));
        send({ ...audio(sound, 'inbound'), timestampMs: 20 });
      });
      line.addEventListener('message', ({ data }) => {
        for (const frame of provider.deserialize(data as string)) {
          if (frame.kind !== 'audio') continue;
          echo.push(...frame.samples);
          if (echo.length === 2 * sound.length) send({ kind: 'stop' });
        }
      });
      const call = await openCall(socket, twilio, { markEveryMs: 0 });
      same([call.info.callId, call.sampleRate], [START.callId, 8000]);
      const piped = call.readable.pipeTo(call.writable);
      same((await call.closed).reason, 'stopped');
      await piped;
      same(echo, [...sound, ...sound]);
    },
  ],
  ...[8000, 16_000, 24_000].map(
    (sampleRate): ContractCase => [
      `the streams over a bare socket write what a call writes, byte for byte, at ${sampleRate} Hz`,
      async () => {
        const written = await writtenByStreams(sampleRate, 'balanced');
        same(written.length >= SAID_FRAMES, true);
        same(await writtenByCall(sampleRate, 'balanced'), written);
      },
    ],
  ),
  [
    'Vonage: what one side says, the other hears, and the two providers are told apart',
    async () => {
      const start: StartFrame = {
        kind: 'start',
        provider: 'vonage',
        streamId: 'u-1',
        callId: 'u-1',
        format: { encoding: 'linear16', sampleRate: 16_000, channels: 1 },
        tracks: ['inbound'],
        parameters: { caller: '447700900000' },
      };
      const sound = noise(6, 320);
      const [line, socket] = createSocketPair();
      const provider = vonage.createProviderSerializer();
      const send = (frame: FrameFromCall): void => {
        for (const message of provider.serialize(frame)) line.send(message);
      };
      const echo = new Promise<number[]>((resolve) => {
        line.addEventListener('message', ({ data }) => {
          for (const frame of provider.deserialize(data as string | ArrayBuffer)) {
            if (frame.kind === 'audio') resolve([...frame.samples]);
          }
        });
      });
      line.addEventListener('open', () => {
        send(start);
        send({ ...audio(sound, 'inbound'), sampleRate: 16_000 });
      });
      const call = await openCall(socket, [twilio, vonage], { markEveryMs: 0 });
      same(call.info, start);
      void call.readable.pipeTo(call.writable).catch(() => {});
      same(await echo, [...sound]);
      await call.end({ when: 'now' });
    },
  ],
  [
    'Twilio: text that comes as bytes is read as that text',
    () => {
      const { frames, messages } = conversation();
      const ours = twilio.createSerializer();
      const encoder = new TextEncoder();
      const heard = messages.flatMap((message) => ours.deserialize(encoder.encode(message as string).buffer));
      same(plain(heard), plain(frames));
    },
  ],
  [
    'a call that does not begin with start is refused in words, and its socket closed',
    async () => {
      const [line, socket] = createSocketPair();
      const closed = new Promise<void>((resolve) => line.addEventListener('close', () => resolve()));
      const media = conversation().messages[2] as string;
      line.addEventListener('open', () => line.send(media));
      await openCall(socket, twilio).then(
        () => fail('it was opened'),
        (error: unknown) => same(error instanceof MediaError && error.code, 'opened-too-late'),
      );
      await closed;
    },
  ],
];

/** A short call as the provider tells it. */
function conversation(): {
  readonly frames: readonly FrameFromCall[];
  readonly messages: readonly WireMessage[];
} {
  const frames: readonly FrameFromCall[] = [
    START,
    audio(wireSound(3, 160), 'inbound'),
    { kind: 'dtmf', digit: '#', track: 'inbound' },
    { kind: 'mark', name: 'turn-12/end' },
    { ...audio(wireSound(4, 160), 'inbound'), timestampMs: 20 },
    { kind: 'stop' },
  ];
  const provider = twilio.createProviderSerializer();
  return { frames, messages: frames.flatMap((frame) => provider.serialize(frame)) };
}

function audio(samples: Int16Array<ArrayBuffer>, track: AudioFrame['track']): AudioFrame {
  return { kind: 'audio', samples, sampleRate: 8000, channels: 1, timestampMs: 0, track };
}

/** Samples that µ-law carries unchanged. */
function wireSound(seed: number, length: number): Int16Array<ArrayBuffer> {
  return mulaw.decode(mulaw.encode(noise(seed, length)));
}

function noise(seed: number, length: number): Int16Array<ArrayBuffer> {
  const random = seeded(seed);
  return Int16Array.from({ length }, () => Math.floor(random() * 65536) - 32768);
}

/** Numbers from 0 to 1, the same everywhere: a linear congruential generator (Numerical Recipes). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function sameDomain(codec: AudioCodec, sampleOf: (code: number) => number): void {
  const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
  same([...codec.decode(codes)], [...Int16Array.from(codes, sampleOf)]);
}

function sameCodes(codec: AudioCodec, codeOf: (sample: number) => number): void {
  const samples = Int16Array.from({ length: 65536 }, (_, index) => index - 32768);
  const codes = codec.encode(samples);
  const wrong = samples.findIndex((sample, index) => codes[index] !== codeOf(sample));
  same(wrong, -1);
}

function streamOf<Chunk>(chunks: readonly Chunk[]): ReadableStream<Chunk> {
  return new ReadableStream<Chunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function collect<Chunk>(stream: ReadableStream<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  return chunks;
}

/** Frames as plain JSON, samples as numbers. */
function plain(frames: readonly Frame[]): unknown {
  return frames.map((frame) => (frame.kind === 'audio' ? { ...frame, samples: [...frame.samples] } : frame));
}

function refused(code: MediaErrorCode, run: () => unknown): void {
  let made: unknown;
  try {
    made = run();
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    same(error.code, code);
    return;
  }
  fail(`expected ${code}, and it made ${JSON.stringify(made)}`);
}

/** Compares values as JSON in which the order of keys does not matter. */
function same(actual: unknown, expected: unknown): void {
  const [is, should] = [sorted(actual), sorted(expected)];
  if (is !== should) fail(`expected ${shortened(should)}, and it is ${shortened(is)}`);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function fail(words: string): never {
  throw new Error(words);
}
