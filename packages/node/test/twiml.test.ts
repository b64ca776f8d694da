import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectStream } from '../src/twiml.ts';

const url = 'wss://voice.example.com/media';

test('says where to stream, with parameters and a status callback', () => {
  const twiml = connectStream({
    url,
    parameters: { caller: '+15551230001' },
    statusCallback: 'https://voice.example.com/stream-events',
    statusCallbackMethod: 'POST',
  });
  expect(twiml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect>
    <Stream url="wss://voice.example.com/media" statusCallback="https://voice.example.com/stream-events" statusCallbackMethod="POST">
      <Parameter name="caller" value="+15551230001"/>
    </Stream>
  </Connect>
</Response>
`);
});

test('needs nothing but a URL', () => {
  expect(connectStream({ url: new URL(url) })).toContain(`    <Stream url="${url}"/>\n`);
});

describe('the usual mistakes', () => {
  test.each([
    ['http://voice.example.com/media', /wss URLs only/],
    ['https://voice.example.com/media', /wss URLs only/],
    ['ws://voice.example.com/media', /wss URLs only/],
    ['ws://127.0.0.1.evil.example/media', /wss URLs only/],
    ['wss://voice.example.com/media?token=1', /no query/],
    ['wss://voice.example.com/media?', /no query/],
    ['wss://voice.example.com/media#x', /no fragment/],
    ['wss://user:pw@voice.example.com/media', /no credentials/],
    ['/media', /whole URL/],
    ['wss://voice.example.com/my media', /no spaces/],
    ['', /whole URL/],
  ])('%s', (wrong, words) => {
    expect(() => connectStream({ url: wrong })).toThrow(words);
  });

  test('ws goes to this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(connectStream({ url: `ws://${host}:8080/media` })).toContain(host);
    }
  });

  test('a parameter has fewer than 500 characters, name and value together', () => {
    const withLength = (length: number) => ({ url, parameters: { key: 'x'.repeat(length - 3) } });
    expect(connectStream(withLength(499))).toContain('xxx');
    expect(() => connectStream(withLength(500))).toThrow(/fewer than 500 .* one has 500/);
  });

  test('a parameter has a name, and no characters that XML lacks', () => {
    expect(() => connectStream({ url, parameters: { '': 'x' } })).toThrow(/needs a name/);
    expect(() => connectStream({ url, parameters: { x: 'a\u0000b' } })).toThrow(/no form/);
    expect(() => connectStream({ url, parameters: { x: '\ud800' } })).toThrow(/no form/);
  });

  test('a status callback is an http URL', () => {
    expect(() => connectStream({ url, statusCallback: 'wss://a.example/x' })).toThrow(/https URL/);
    expect(() => connectStream({ url, statusCallback: '/x' })).toThrow(/whole URL/);
  });

  test('no error repeats a value', () => {
    const parameters = { phone: `+1555${'0'.repeat(600)}` };
    expect(() => connectStream({ url, parameters })).toThrow(/^(?!.*\+1555).*has 610/);
  });
});

test('whatever a parameter holds comes out of the XML as it went in', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '&', '<', '>', '"', "'", '\n', '\t', '\r', 'é', '☎️', ';', ' '),
  });
  fc.assert(
    fc.property(text, text, (end, value) => {
      const name = `n${end}`;
      const twiml = connectStream({ url, parameters: { [name]: value } });
      const [, gotName, gotValue] = /<Parameter name="([^"<\n]*)" value="([^"<\n]*)"\/>/.exec(twiml) ?? [];
      expect([unescapeXml(gotName), unescapeXml(gotValue)]).toEqual([name, value]);
    }),
    { seed: 3 },
  );
});

function unescapeXml(text = ''): string {
  const names: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_all, code?: string, name?: string) =>
    code ? String.fromCharCode(Number(code)) : (names[name ?? ''] ?? ''),
  );
}
