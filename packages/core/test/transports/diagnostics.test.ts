import { readFileSync } from 'node:fs';
import {
  type AudioFrame,
  type Call,
  type CallHandler,
  type CallOptions,
  type CallWarning,
  type CallWarningCode,
  encodeWav,
  handleCall,
  mulaw,
  tone,
  twilio,
} from '@patchcord/core';
import { openPhone, type Phone } from '@patchcord/simulator';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { countable, openLine } from './line.ts';

/** What must not stand in any warning. */
const SECRET = 'hunter2';

/** Swings around zero, as all sound does. */
const HUM = { frequency: 200, ms: 100, sampleRate: 8000 };

type Provoke = () => Promise<readonly CallWarning[]>;

const audio = (samples: Int16Array<ArrayBuffer>): AudioFrame => ({
  kind: 'audio',
  samples,
  sampleRate: 8000,
  channels: 1,
  timestampMs: 0,
  track: 'outbound',
});

/** Each byte a sample, as `new Int16Array(bytes)` makes them. */
const widened = (bytes: Uint8Array): Int16Array<ArrayBuffer> => Int16Array.from(bytes);

function collect(call: Call): CallWarning[] {
  const warnings: CallWarning[] = [];
  call.addEventListener('warning', ({ warning }) => warnings.push(warning));
  return warnings;
}

/** What a call warns of while something is done with it. */
function during(
  act: (line: Awaited<ReturnType<typeof openLine>>) => Promise<void> | void,
  options: Parameters<typeof openLine>[0] = {},
): Provoke {
  return async () => {
    const line = await openLine(options);
    const warnings = collect(line.call);
    await act(line);
    await line.clock.advance(200);
    return warnings;
  };
}

/** The same with a handler. */
function handling(handler: CallHandler, options: CallOptions = {}): Provoke {
  return async () => {
    const clock = createManualClock();
    const [socket, providerSocket] = createSocketPair();
    const warnings: CallWarning[] = [];
    void handleCall(socket, twilio, { clock, ...options }, (call) => {
      call.addEventListener('warning', ({ warning }) => warnings.push(warning));
      return handler(call);
    });
    const dialling: Promise<Phone> = openPhone(providerSocket, { clock });
    await clock.advance(20);
    await dialling;
    await clock.advance(500);
    return warnings;
  };
}

/** Every code, by each way in which it comes about. The type sees to it that none is missing. */
const PROVOKED: Readonly<Record<CallWarningCode, Readonly<Record<string, Provoke>>>> = {
  'malformed-message': {
    'text that is no JSON': during(({ providerSocket }) => providerSocket.send(`{"${SECRET}`)),
    'a second start': during(({ providerSocket, call }) => {
      const { streamId, callId } = call.info;
      const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
      const start = {
        streamSid: streamId,
        accountSid: 'AC1',
        callSid: callId,
        tracks: ['inbound'],
        mediaFormat,
      };
      providerSocket.send(
        JSON.stringify({ event: 'start', sequenceNumber: '9', streamSid: streamId, start }),
      );
    }),
  },
  'one-way-stream': {
    'both tracks come in': during(({ call }) => void call.send(audio(countable(20))), {
      phone: { unidirectional: true, tracks: ['inbound', 'outbound'] },
    }),
    'the provider closes when it is spoken to': during(({ call }) => void call.send(audio(countable(200))), {
      phone: { unidirectional: true },
    }),
  },
  'lost-audio': {
    'the timestamps jump': during(async ({ providerSocket, clock }) => {
      await clock.advance(100);
      const send = providerSocket.send.bind(providerSocket);
      providerSocket.send = () => {};
      await clock.advance(200);
      providerSocket.send = send;
      await clock.advance(100);
    }),
  },
  'unread-audio': {
    'the stream is asked for and not read': during(async ({ call, clock }) => {
      void call.readable;
      await clock.advance(3000);
    }),
  },
  inactive: {
    'nothing comes for 750 ms': during(async ({ providerSocket, clock }) => {
      providerSocket.send = () => {};
      await clock.advance(800);
    }),
  },
  'queue-full': {
    'more is written than may wait': during(
      ({ call }) => {
        call.send(audio(countable(2000)));
        call.send(audio(countable(2000)));
      },
      { call: { maxQueuedMs: 2500 } },
    ),
  },
  'playback-waits': {
    'a playback was never ended': during(async ({ call, clock }) => {
      call.play().write(countable(100));
      call.play(countable(100));
      await clock.advance(6000);
    }),
    'a source gives nothing': during(async ({ call, clock }) => {
      call.play(new ReadableStream());
      call.send(audio(countable(100)));
      await clock.advance(6000);
    }),
  },
  'marks-missing': {
    'no mark comes back': during(async ({ call, clock, providerSocket }) => {
      const send = providerSocket.send.bind(providerSocket);
      providerSocket.send = (data) => {
        if (!String(data).includes('"mark"')) send(data);
      };
      call.play(countable(200));
      await clock.advance(4000);
    }),
  },
  'not-pcm': {
    'a WAV file': during(({ call }) => {
      const file = encodeWav({ samples: countable(100), sampleRate: 8000, channels: 1 });
      call.play(new Int16Array(file.slice().buffer));
    }),
    'µ-law codes': during(({ call }) => void call.play(widened(mulaw.encode(tone(HUM))))),
    'the bytes of linear samples': during(
      ({ call }) => void call.send(audio(widened(new Uint8Array(tone(HUM).buffer)))),
    ),
  },
  'not-sent': {
    'a key on a wire that sends none': during(
      ({ call }) => void call.send({ kind: 'dtmf', digit: '1', track: 'outbound' }),
    ),
  },
  'hang-up-failed': {
    'call control fails': during(({ call }) => void call.end({ when: 'now' }), {
      call: { control: { hangUp: () => Promise.reject(new Error(SECRET)) } },
    }),
    'call control never answers': during(
      async ({ call, clock }) => {
        void call.end({ when: 'now' });
        await clock.advance(31_000);
      },
      { call: { control: { hangUp: () => new Promise(() => {}) } } },
    ),
  },
  'source-failed': {
    'a stream that is played errors': during(({ call }) => {
      call.play(new ReadableStream({ pull: (controller) => controller.error(new TypeError(SECRET)) }));
    }),
  },
  'handler-failed': {
    'a handler rejects': handling(() => Promise.reject(new TypeError(SECRET))),
    'a handler throws': handling(() => {
      throw new TypeError(SECRET);
    }),
  },
  'handler-returned-early': {
    'a handler returns no promise': handling(() => undefined as never),
  },
  'observer-failed': {
    'an observer throws': during(({ call }) => {
      call.observe(() => {
        throw new RangeError(SECRET);
      });
    }),
  },
};

const CODES = Object.keys(PROVOKED) as CallWarningCode[];

/** What a cure begins with. */
const CURE = /\b(?:Answer|Check|Decode|Make|Mend|Read|See to|Write)\b/i;

describe.each(CODES)('%s', (code) => {
  test.each(Object.entries(PROVOKED[code]))('%s: told once, with cause and cure', async (_name, provoke) => {
    const warnings = await provoke();
    expect(warnings.map((warning) => warning.code)).toContain(code);
    const told = warnings.filter((warning) => warning.code === code);
    expect(told).toHaveLength(1);
    const { message, timestampMs } = told[0] as CallWarning;
    const sentences = message.split(/(?<=[.!?]) (?=[A-Z])/);
    expect(sentences.length, message).toBeGreaterThanOrEqual(2);
    expect(message).toMatch(CURE);
    expect(message).toMatch(/\.$/);
    expect(message).not.toContain(SECRET);
    expect(timestampMs).toBeGreaterThanOrEqual(0);
  });
});

describe('no false alarm', () => {
  const codesOf = async (provoke: Provoke) => (await provoke()).map(({ code }) => code);

  test('faint sound, silence and one loud sample are sound', async () => {
    const faint = Int16Array.from({ length: 800 }, (_, i) => Math.round(120 + 100 * Math.sin(i / 9)));
    for (const samples of [faint, new Int16Array(800), countable(100), new Int16Array(800).fill(255)])
      expect(await codesOf(during(({ call }) => void call.play(samples)))).toEqual([]);
  });

  test('an echo, keys included, warns of nothing', async () => {
    const echo = during(async ({ call, phone, clock }) => {
      void call.readable.pipeTo(call.writable);
      void phone.say(countable(500));
      void phone.press('12#');
      await clock.advance(1500);
    });
    expect(await codesOf(echo)).toEqual([]);
  });

  test('a playback that is written slowly, and one that nobody waits for, hold nothing up', async () => {
    const slow = during(async ({ call, clock }) => {
      const playback = call.play();
      call.play(countable(100));
      for (let count = 0; count < 4; count++) {
        playback.write(countable(100));
        await clock.advance(4000);
      }
      playback.end();
    });
    expect(await codesOf(slow)).toEqual([]);
    const alone = during(async ({ call, clock }) => {
      call.play().write(countable(100));
      await clock.advance(9000);
    });
    expect(await codesOf(alone)).toEqual([]);
  });

  test('a stream that nobody asks for is not unread', async () => {
    const idle = during(({ clock }) => clock.advance(6000));
    expect(await codesOf(idle)).toEqual([]);
  });

  test('a caller whose line drops after a mark came back has a stream of two ways', async () => {
    const dropped = during(async ({ call, clock, phone }) => {
      call.play(countable(300));
      await clock.advance(1000);
      await phone.drop();
    });
    expect(await codesOf(dropped)).toEqual([]);
  });
});

describe('docs/calls.md', () => {
  const page = readFileSync(new URL('../../../../docs/calls.md', import.meta.url), 'utf8');
  const declarations = readFileSync(new URL('../../src/transports/call.ts', import.meta.url), 'utf8');
  const section = (title: string): string =>
    new RegExp(`\\n## ${title}\\n(.*?)(?=\\n## |$)`, 's').exec(page)?.[1] ?? '';
  const declared = (beginning: string, end: string): string =>
    declarations.split(beginning)[1]?.split(end)[0] ?? '';

  test('the table of warnings has a row for each code, and no other', () => {
    const rows = [...section('Warnings').matchAll(/^\| `([\w-]+)` \|([^|]+)\|([^|]+)\|$/gm)];
    expect(rows.map(([, code]) => code).sort()).toEqual([...CODES].sort());
    for (const [, code, cause = '', cure = ''] of rows) {
      expect(cause.trim(), code).not.toBe('');
      expect(cure.trim(), code).not.toBe('');
    }
  });

  test('the table of options has each of them', () => {
    const body = declared('export interface CallOptions {', '\n}');
    const options = [...body.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name);
    expect(options).toContain('markEveryMs');
    const rows = [...section('Options').matchAll(/^\| `(\w+)/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(options.sort());
  });

  test('each reason why a call ends stands in the table of endings', () => {
    const reasons = [...declared('export type CallEndReason =', ';').matchAll(/\| '([\w-]+)'/g)];
    expect(reasons.length).toBeGreaterThan(8);
    for (const [, reason] of reasons) expect(section('Ending')).toContain(`\`${reason}\``);
  });
});
