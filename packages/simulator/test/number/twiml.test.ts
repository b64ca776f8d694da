import { describe, expect, test } from 'vitest';
import { readTwiml } from '../../src/number/twiml.ts';

const read = (verbs: string) => readTwiml(`<Response>${verbs}</Response>`);

test('reads the verbs in their order', () => {
  expect(
    read(`
      <Say voice="alice" loop="2">Hello <emphasis>you</emphasis></Say>
      <Play>https://a.example/a.wav</Play><Play digits="1w2#"/>
      <Pause/><Pause length="3"/>
      <Redirect method="get">/next</Redirect>
      <Reject/><Hangup/>`),
  ).toEqual([
    { verb: 'say', text: 'Hello  you', loop: 2 },
    { verb: 'play', url: 'https://a.example/a.wav', digits: '', loop: 1 },
    { verb: 'play', url: '', digits: '1w2#', loop: 1 },
    { verb: 'pause', ms: 1000 },
    { verb: 'pause', ms: 3000 },
    { verb: 'redirect', url: '/next', method: 'GET' },
    { verb: 'reject' },
    { verb: 'hangup' },
  ]);
});

test('reads streams, with what belongs to them', () => {
  const [connect, start, stop] = read(`
    <Connect action="/after"><Stream url="wss://a.example/media"><Parameter name="caller" value="&lt;+1&gt;"/></Stream></Connect>
    <Start><Stream name="tap" url="/tap" track="both_tracks" statusCallback="/events" statusCallbackMethod="GET"/></Start>
    <Stop><Stream name="tap"/></Stop>`);
  expect(connect).toEqual({
    verb: 'connect',
    action: '/after',
    method: 'POST',
    stream: {
      url: 'wss://a.example/media',
      tracks: ['inbound'],
      parameters: { caller: '<+1>' },
      statusCallbackMethod: 'POST',
    },
  });
  expect(start).toMatchObject({
    verb: 'start',
    stream: {
      name: 'tap',
      tracks: ['inbound', 'outbound'],
      statusCallback: '/events',
      statusCallbackMethod: 'GET',
    },
  });
  expect(stop).toEqual({ verb: 'stop', name: 'tap' });
});

test('reads whom to dial', () => {
  expect(read('<Dial action="/done">+15550001</Dial>')).toMatchObject([
    { dialled: [{ kind: 'number', to: '+15550001' }], action: '/done' },
  ]);
  expect(
    read('<Dial><Number>+1</Number><Client>joe</Client><Sip>sip:a@b</Sip><Fax>x</Fax></Dial>'),
  ).toMatchObject([
    {
      dialled: [
        { kind: 'number', to: '+1' },
        { kind: 'client', to: 'joe' },
        { kind: 'sip', to: 'sip:a@b' },
        { kind: 'other', to: 'x' },
      ],
    },
  ]);
});

test('names what is not simulated', () => {
  expect(
    read('<Gather/><Connect><ConversationRelay/></Connect><Start><Siprec/></Start><Stop><Siprec/></Stop>'),
  ).toEqual(
    ['Gather', 'Connect/ConversationRelay', 'Start/Siprec', 'Stop/Siprec'].map((name) => ({
      verb: 'unknown',
      name,
    })),
  );
});

describe('the usual mistakes have Twilio’s number and words', () => {
  test.each([
    ['<Stream url="wss://a.example"/>', /<Connect> or <Start>.*12200/],
    ['<Connect/>', /empty.*12100/],
    ['<Connect><Stream/></Connect>', /needs a url/],
    ['<Connect><Stream url="wss://a" track="both_tracks"/></Connect>', /inbound_track alone.*31941/],
    ['<Start><Stream url="wss://a" track="both"/></Start>', /must be inbound_track.*31941/],
    ['<Connect><Stream url="wss://a"><Parameter value="x"/></Stream></Connect>', /needs a name/],
    [
      `<Connect><Stream url="wss://a"><Parameter name="n" value="${'1'.repeat(499)}"/></Stream></Connect>`,
      /fewer than 500 .*one has 500/,
    ],
    ['<Stop><Stream/></Stop>', /needs the name/],
    ['<Dial/>', /names nobody.*13221/],
    ['<Play/>', /neither/],
    ['<Play digits="5x"/>', /something else.*13325/],
    ['<Pause length="soon"/>', /length of <Pause>/],
    ['<Redirect/>', /needs a URL/],
    ['Hello', /text between its verbs/],
  ])('%s', (verbs, words) => {
    expect(() => read(verbs)).toThrow(words);
  });

  test('a root that is none', () => {
    expect(() => readTwiml('<html></html>')).toThrow(/one element <Response>; this document is <html>/);
  });
});
