import { describe, expect, test } from 'vitest';
import {
  type CaptureEntry,
  type CaptureOptions,
  createCapture,
  parseCapture,
} from '../../src/capture/capture.ts';
import { readCapture, replay } from '../../src/capture/replay.ts';
import { audio, clear, mark, rawCall } from '../raw-app.ts';
import { sound } from '../virtual-call.ts';

/** A call with all that a call can have, and its capture. */
async function captured(options: CaptureOptions = {}): Promise<{ text: string; events: unknown }> {
  const lines: string[] = [];
  const { clock, phone, app, send } = await rawCall({
    ...{
      from: '+15550001',
      parameters: { pin: '4711' },
      callSid: 'CA1',
      streamSid: 'MZ1',
      accountSid: 'AC1',
    },
    capture: { ...options, write: (line) => void lines.push(line) },
  });
  void phone.say(sound(100, 1));
  await clock.advance(65);
  await send(audio(sound(60, 2)), mark('a'), clear);
  void phone.press('7');
  await clock.advance(35);
  app.send('not JSON, 4711');
  app.send(Uint8Array.of(1, 2, 3));
  await send({ event: 'secret', number: '+15550001' });
  await clock.advance(100);
  await clock.run(phone.hangUp());
  return { text: `${lines.join('\n')}\n`, events: phone.events };
}

const messagesOf = (entries: readonly CaptureEntry[], event: string): readonly unknown[] =>
  entries.flatMap((entry) => ('message' in entry && entry.message.event === event ? [entry.message] : []));

describe('a capture', () => {
  test('has both directions, in order, with times', async () => {
    const { text } = await captured({ unmasked: true });
    const entries = parseCapture(text);
    expect(text.split('\n')[0]).toBe('{"capture":1,"audio":"kept","masked":false}');
    expect(entries.map(({ ms }) => ms)).toEqual(entries.map(({ ms }) => ms).sort((a, b) => a - b));
    expect(
      entries.map((entry) => [
        entry.ms,
        entry.from,
        'message' in entry ? entry.message.event : 'other' in entry ? entry.other : entry.closed,
      ]),
    ).toEqual([
      [0, 'phone', 'connected'],
      [0, 'phone', 'start'],
      ...[20, 40, 60].map((ms) => [ms, 'phone', 'media']),
      ...['media', 'mark', 'clear'].map((event) => [65, 'app', event]),
      [65, 'phone', 'mark'],
      [80, 'phone', 'dtmf'],
      ...[80, 100].map((ms) => [ms, 'phone', 'media']),
      ...['text', 'binary', 'secret'].map((kind) => [100, 'app', kind]),
      ...[120, 140, 160, 180, 200].map((ms) => [ms, 'phone', 'media']),
      [200, 'phone', 'stop'],
      [200, 'phone', 1000],
    ]);
    expect(text).toContain('"from":"+15550001","pin":"4711"');
    expect(text).toContain('"text":"not JSON, 4711"');
    expect(text).toContain('"digit":"7"');
  });

  test('is masked unless asked for: no keys, numbers, parameters, nor what cannot be read', async () => {
    const { text } = await captured();
    expect(text).not.toMatch(/4711|15550001|"digit":"7"/);
    const entries = parseCapture(text);
    expect(messagesOf(entries, 'start')).toMatchObject([
      { start: { callSid: 'CA1', customParameters: { from: 'masked', pin: 'masked' } } },
    ]);
    expect(messagesOf(entries, 'dtmf')).toMatchObject([{ dtmf: { digit: '0' } }]);
    expect(messagesOf(entries, 'secret')).toEqual([{ event: 'secret' }]);
    expect(entries.find((entry) => 'other' in entry)).toEqual({
      ms: 100,
      from: 'app',
      other: 'text',
      length: 14,
    });
  });

  test('may have silence in place of audio, or only its length', async () => {
    const silent = parseCapture((await captured({ audio: 'silence' })).text);
    const payloads = messagesOf(silent, 'media').map(
      (message) => (message as { media: { payload: string } }).media.payload,
    );
    expect(payloads).toHaveLength(11);
    expect(payloads.every((payload) => /^\/+[w8]?=*$/.test(payload))).toBe(true);
    expect(payloads[3]).toHaveLength(640); // the app's 480 bytes
    const omitted = (await captured({ audio: 'omitted' })).text;
    expect(omitted).not.toContain('payload');
    expect(omitted).toContain('"media":{"bytes":480}');
  });

  test('has who closed, and that it broke', () => {
    const capture = createCapture({}, 100);
    expect(capture.closed('app', 1006, 100.12345)).toBe('{"ms":0.123,"from":"app","closed":1006}');
  });

  test.each([
    ['', /no capture of a call/],
    ['{"capture":2}', /no capture of a call/],
    ['{"capture":1}\n\n{"ms":1}', /^Line 2 of the capture/],
    ['{"capture":1}\nnothing', /^Line 2/],
  ])('%j is none', (text, words) => {
    expect(() => parseCapture(text)).toThrow(words);
  });
});

describe('a replay', () => {
  test('does again what the caller did, at the same times', async () => {
    const original = await captured({ unmasked: true });
    const call = readCapture(original.text);
    expect(call.options).toEqual({
      ...{ callSid: 'CA1', streamSid: 'MZ1', accountSid: 'AC1', unidirectional: false, tracks: ['inbound'] },
      parameters: { from: '+15550001', pin: '4711' },
    });
    const again: string[] = [];
    const { clock, phone, send } = await rawCall({
      ...call.options,
      capture: { unmasked: true, write: (line) => void again.push(line) },
    });
    const replayed = replay(phone, call);
    await clock.advance(30);
    await send(mark('another app'));
    expect(await clock.run(replayed)).toMatchObject({ reason: 'hung-up', durationMs: 200 });
    const said = (text: string): unknown[] =>
      parseCapture(text)
        .filter((entry) => entry.from === 'phone' && 'message' in entry && entry.message.event !== 'mark')
        .map((entry) => JSON.stringify(entry).replace(/"sequenceNumber":"\d+",?/, ''));
    expect(said(again.join('\n'))).toEqual(said(original.text));
    expect(phone.events.filter(({ kind }) => kind === 'echo')).toMatchObject([{ name: 'another app' }]);
  });

  test('of a masked one without audio has the same shape', async () => {
    const call = readCapture((await captured({ audio: 'omitted' })).text);
    expect(call.keys).toEqual([{ digit: '0', timestampMs: 80 }]);
    expect(call.sounds.get('inbound')).toEqual(new Int16Array(1600));
  });

  test('of a line that broke breaks, and of an app that closed waits for it as long', async () => {
    const lines = (closed: string): string =>
      [
        '{"capture":1}',
        '{"ms":5,"from":"phone","message":{"event":"start","start":{"tracks":["inbound","outbound"]}}}',
        '{"ms":25,"from":"phone","message":{"event":"media","media":{"track":"outbound","timestamp":40,"bytes":160}}}',
        `{"ms":305,"from":"${closed}","closed":1000}`,
      ].join('\n');
    for (const [side, reason] of [
      ['phone', 'dropped'],
      ['app', 'hung-up'],
    ] as const) {
      const call = readCapture(lines(side));
      expect(call.options).toMatchObject({ unidirectional: true, tracks: ['inbound', 'outbound'] });
      expect(call.sounds.get('outbound')).toHaveLength(480);
      const { clock, phone } = await rawCall(call.options);
      expect(await clock.run(replay(phone, call))).toMatchObject({ reason, durationMs: 300 });
    }
  });

  test('needs a call that started', () => {
    expect(() => readCapture('{"capture":1}\n')).toThrow(/never started/);
  });
});
