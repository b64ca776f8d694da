import { readTwiml } from '@patchcord/simulator';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { twiml } from '../src/twiml.ts';
import { type DialOptions, verbs } from '../src/twiml-verbs.ts';

const url = 'wss://voice.example.com/media';

test('writes what the simulated number reads', () => {
  const document = twiml([
    verbs.startStream({ url, track: 'both', name: 'tap', parameters: { a: '<&>' } }),
    verbs.say('Fish & chips', { voice: 'Polly.Amy', language: 'en-GB' }),
    verbs.pause(2),
    verbs.playDigits('1w2W#'),
    verbs.stopStream('tap'),
    verbs.dial({
      number: '+15550100001',
      callerId: '+15550100002',
      timeoutSeconds: 20,
      action: 'https://voice.example.com/after',
    }),
    verbs.dial({ sip: 'sip:desk@voice.example.com' }),
    verbs.dial({ client: 'joe & co' }),
    verbs.connectStream({ url }),
    verbs.redirect('https://voice.example.com/next?a=1&b=2', { method: 'GET' }),
  ]);
  const dialled = (kind: string, to: string) => ({ verb: 'dial', dialled: [{ kind, to }] });
  expect(readTwiml(document)).toMatchObject([
    {
      verb: 'start',
      stream: { url, name: 'tap', tracks: ['inbound', 'outbound'], parameters: { a: '<&>' } },
    },
    { verb: 'say', text: 'Fish & chips' },
    { verb: 'pause', ms: 2000 },
    { verb: 'play', digits: '1w2W#' },
    { verb: 'stop', name: 'tap' },
    { ...dialled('number', '+15550100001'), action: 'https://voice.example.com/after' },
    dialled('sip', 'sip:desk@voice.example.com'),
    dialled('client', 'joe & co'),
    { verb: 'connect', stream: { url, tracks: ['inbound'] } },
    { verb: 'redirect', url: 'https://voice.example.com/next?a=1&b=2', method: 'GET' },
  ]);
  expect(document).toContain(
    '  <Dial callerId="+15550100002" timeout="20" action="https://voice.example.com/after"><Number>+15550100001</Number></Dial>\n',
  );
});

describe('a document that cannot be meant', () => {
  test.each([
    ['nothing', [], /without a verb/],
    ['verbs behind a hang-up', [verbs.hangup(), verbs.say('x')], /behind <Hangup>/],
    ['verbs behind a redirect', [verbs.redirect('https://a.example'), verbs.say('x')], /behind <Redirect>/],
    ['a stream that is not connected', [verbs.startStream({ url })], /<Start> takes no time.*connectStream/],
    ['an end that is none', [verbs.say('x'), verbs.stopStream('tap')], /<Stop> takes no time/],
  ])('%s', (_what, document, words) => {
    expect(() => twiml(document)).toThrow(words);
  });
});

describe('verbs that Twilio would refuse or misunderstand', () => {
  test.each([
    ['no words', () => verbs.say('  '), /empty/],
    ['half a second', () => verbs.pause(0.5), /whole seconds/],
    ['no pause', () => verbs.pause(0), /whole seconds from 1/],
    ['other keys', () => verbs.playDigits('12x'), /0-9/],
    ['no keys', () => verbs.playDigits(''), /one or more/],
    ['a number without its country', () => verbs.dial({ number: '5559990007' }), /country first/],
    ['a number with spaces', () => verbs.dial({ number: '+1 555 9990007' }), /country first/],
    ['no SIP address', () => verbs.dial({ sip: 'desk@voice.example.com' }), /sip:/],
    ['an empty client', () => verbs.dial({ client: '' }), /empty name/],
    ['nobody', () => verbs.dial({} as DialOptions), /one of number, sip and client/],
    [
      'two at once',
      () => verbs.dial({ number: '+15550100001', sip: 'sip:a@b' } as unknown as DialOptions),
      /one of/,
    ],
    ['too short a ring', () => verbs.dial({ number: '+15550100001', timeoutSeconds: 1 }), /from 5 to 600/],
    ['a relative action', () => verbs.dial({ number: '+15550100001', action: '/x' }), /whole URL/],
    ['a relative redirect', () => verbs.redirect('/next'), /whole URL/],
    ['a stream with a query', () => verbs.startStream({ url: `${url}?a=1` }), /no query/],
    ['a stream with an empty name', () => verbs.startStream({ url, name: '' }), /name of a stream/],
    ['no stream to stop', () => verbs.stopStream(''), /needs the name/],
  ])('%s', (_what, make, words) => {
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(make).toThrow(words);
    expect(make).toThrow(/^(?!.*0007)/);
  });
});

test('whatever is said comes out as it went in', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '&', '<', '>', '"', "'", '\n', 'é', '☎️', ';'),
    minLength: 1,
  });
  fc.assert(
    fc.property(text, (middle) => {
      const words = `x${middle}x`;
      expect(readTwiml(twiml([verbs.say(words)]))).toMatchObject([{ text: words }]);
    }),
    { seed: 4 },
  );
});
