import {
  DeserializeStream,
  type Frame,
  type MessageData,
  SerializeStream,
  twilio,
  type WireMessage,
} from '@patchcord/core';
import { describe, expect, test } from 'vitest';
import { audio, count, START } from './frames.ts';
import { through } from './through.ts';

/** What the provider sends for these frames. */
function wire(...frames: readonly Frame[]): WireMessage[] {
  const provider = twilio.createProviderSerializer();
  return frames.flatMap((frame) => provider.serialize(frame as typeof START));
}

const loud = (length: number) => new Array<number>(length).fill(-32124); // a value that µ-law has

describe('DeserializeStream', () => {
  test('turns messages into frames', async () => {
    const messages = wire(START, audio(loud(160)), { kind: 'stop' });
    const frames = await through(messages, new DeserializeStream(twilio.createSerializer()));
    expect(frames.map((frame) => frame.kind)).toEqual(['start', 'audio', 'stop']);
    expect(frames[1]).toEqual(audio(loud(160)));
  });

  test('errors at a message that cannot be read', async () => {
    const frames = through([...wire(START), 'hello'], new DeserializeStream(twilio.createSerializer()));
    await expect(frames).rejects.toMatchObject({ name: 'MediaError', code: 'malformed-message' });
  });

  test('reports and skips it where onError is given, and loses nothing else', async () => {
    const bad: [unknown, MessageData][] = [];
    const messages = wire(START, audio(loud(1)), { kind: 'stop' });
    const binary = new Uint8Array(4);
    messages.splice(2, 0, 'hello', binary);
    const stream = new DeserializeStream(twilio.createSerializer(), {
      onError: (error, message) => bad.push([error, message]),
    });
    const frames = await through(messages, stream);
    expect(frames.map((frame) => frame.kind)).toEqual(['start', 'audio', 'stop']);
    expect(bad).toEqual([
      [expect.objectContaining({ code: 'malformed-message' }), 'hello'],
      [expect.objectContaining({ code: 'malformed-message' }), binary],
    ]);
  });

  test('errors with what onError throws', async () => {
    const stream = new DeserializeStream(twilio.createSerializer(), {
      onError() {
        throw new Error('enough');
      },
    });
    await expect(through(['hello'], stream)).rejects.toThrow('enough');
  });
});

describe('SerializeStream', () => {
  test('turns frames into messages', async () => {
    const serializer = twilio.createSerializer({ streamSid: 'MZ1' });
    const messages = await through(
      [audio([0]), { kind: 'mark', name: 'a' } as const, { kind: 'clear' } as const],
      new SerializeStream(serializer),
    );
    expect(messages).toEqual([
      '{"event": "media", "streamSid": "MZ1", "media": {"payload": "/w=="}}',
      '{"event": "mark", "streamSid": "MZ1", "mark": {"name": "a"}}',
      '{"event": "clear", "streamSid": "MZ1"}',
    ]);
  });

  test('says goodbye where the wire wants it', async () => {
    const serializer = { serialize: () => ['a', 'b'], finish: () => ['bye'] };
    expect(await through([audio(count(3))], new SerializeStream(serializer))).toEqual(['a', 'b', 'bye']);
  });

  test('errors at a frame that the wire cannot say', async () => {
    const serializer = twilio.createSerializer({ streamSid: 'MZ1' });
    const messages = through([audio([0], { sampleRate: 16000 })], new SerializeStream(serializer));
    await expect(messages).rejects.toMatchObject({ code: 'wrong-format' });
  });
});
