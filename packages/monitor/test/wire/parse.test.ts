import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClientMessage } from '../../src/wire/messages.ts';
import { MAX_CLIENT_MESSAGE, parseClientMessage, parseHubMessage } from '../../src/wire/parse.ts';

const clientMessages: readonly ClientMessage[] = [
  { type: 'open', id: 1, topic: 'calls' },
  { type: 'open', id: 2, topic: 'levels' },
  { type: 'open', id: 3, topic: 'audio', callId: 'CA1' },
  { type: 'open', id: 0xffff_ffff, topic: 'events', callId: 'CA1', from: 0 },
  { type: 'close', id: 1 },
  { type: 'hang-up', id: 4, callId: 'CA1' },
  { type: 'pong', id: 0 },
];

describe('what a client says', () => {
  test.each(clientMessages)('is understood: $type $topic', (message) => {
    expect(parseClientMessage(JSON.stringify(message))).toEqual(message);
  });

  test('keeps nothing that has no meaning', () => {
    expect(parseClientMessage('{"type":"close","id":1,"__proto__":{"a":1},"more":2}')).toEqual({
      type: 'close',
      id: 1,
    });
  });

  test.each([
    '',
    'hello',
    'null',
    '[]',
    '7',
    '{}',
    '{"type":"close"}',
    '{"type":"close","id":"1"}',
    '{"type":"close","id":-1}',
    '{"type":"close","id":1.5}',
    '{"type":"close","id":4294967296}',
    '{"type":"shout","id":1}',
    '{"type":"open","id":1}',
    '{"type":"open","id":1,"topic":"secrets"}',
    '{"type":"open","id":1,"topic":"audio"}',
    '{"type":"open","id":1,"topic":"audio","callId":""}',
    '{"type":"open","id":1,"topic":"audio","callId":7}',
    '{"type":"open","id":1,"topic":"events","callId":"CA1"}',
    '{"type":"open","id":1,"topic":"events","callId":"CA1","from":-1}',
    '{"type":"hang-up","id":1}',
    `{"type":"hang-up","id":1,"callId":"${'x'.repeat(257)}"}`,
    `{"type":"close","id":1,"more":"${'x'.repeat(MAX_CLIENT_MESSAGE)}"}`,
  ])('is not understood: %s', (text) => {
    expect(parseClientMessage(text)).toBeUndefined();
  });

  test('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseClientMessage(text);
        parseHubMessage(text);
      }),
      { seed: 4 },
    );
  });
});

describe('what a hub says', () => {
  test('is understood without the events that only a newer hub knows, and their number is kept', () => {
    const known = { kind: 'cut', timestampMs: 10, unheardMs: 300 };
    const message = { type: 'events', id: 1, next: 7, events: [{ kind: 'weather', timestampMs: 1 }, known] };
    expect(parseHubMessage(JSON.stringify(message))).toEqual({
      type: 'events',
      id: 1,
      next: 7,
      events: [known],
    });
  });

  test.each([
    '{"type":"welcome","scopes":"all","gatewayNowMs":1}',
    '{"type":"calls","id":1,"change":{"kind":"calls","calls":[{}],"gatewayNowMs":1}}',
    '{"type":"calls","id":1,"change":{"kind":"up"}}',
    '{"type":"levels","id":1,"levels":[{"callId":"CA1"}]}',
    '{"type":"failed","id":1,"code":"refused"}',
    '{"type":"failed","id":1,"code":"odd","message":"?"}',
    '{"type":"events","id":1,"events":[]}',
    '{"type":"brand-new","id":1}',
  ])('is not understood: %s', (text) => {
    expect(parseHubMessage(text)).toBeUndefined();
  });
});
