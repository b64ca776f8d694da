import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signedUrls, signTwilio, verifyUpgrade, verifyWebhook } from '../src/signature.ts';

const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';

/** The first is Twilio's widely published sample; the others were computed by the documented rule. */
const VECTORS = [
  {
    authToken: '12345',
    url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
    parameters: {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+12349013030',
      Digits: '1234',
      From: '+12349013030',
      To: '+18005551212',
    },
    signature: '0/KCTR6DLpKmkAf8muzZqo1nDgQ=',
  },
  { authToken: AUTH_TOKEN, url: 'wss://voice.example.com/media', signature: 'ttk+kVY3Kdi/BWVnuJguRoi2Bjs=' },
  {
    authToken: AUTH_TOKEN,
    url: 'wss://voice.example.com:443/media',
    signature: 'JI5PyUOwt6GuF3/K92tnPhD5Oeo=',
  },
  {
    authToken: AUTH_TOKEN,
    url: 'wss://voice.example.com:8443/media',
    signature: 'AF0qiBTAfgMeoczRzOeA7hcSCr0=',
  },
  {
    authToken: AUTH_TOKEN,
    url: 'https://voice.example.com/media',
    signature: 'uokm48ntBNlk5PPDctw38CH3GGk=',
  },
];
const [, PLAIN, PORT_443, PORT_8443, HTTPS] = VECTORS.map(({ signature }) => signature) as [
  string,
  string,
  string,
  string,
  string,
];

const upgrade = (signature: string | string[] | undefined, url = '/media') => ({
  headers: { 'x-twilio-signature': signature },
  url,
});

describe('signTwilio', () => {
  test.each(VECTORS)('signs $url', async ({ signature, ...options }) => {
    expect(await signTwilio(options)).toBe(signature);
  });

  test('gives each value of a repeated parameter once, sorted', async () => {
    const url = 'https://voice.example.com/voice';
    const once = await signTwilio({ authToken: AUTH_TOKEN, url, parameters: { A: ['1', '2'], B: 'x' } });
    expect(await signTwilio({ authToken: AUTH_TOKEN, url, parameters: { B: 'x', A: ['2', '1', '2'] } })).toBe(
      once,
    );
    expect(await signTwilio({ authToken: AUTH_TOKEN, url: `${url}A1A2Bx` })).toBe(once);
  });

  test('refuses an empty Auth Token', async () => {
    await expect(signTwilio({ authToken: '', url: 'wss://a/b' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('verifyUpgrade', () => {
  const verify = (signature: string, publicUrl: string) =>
    verifyUpgrade(upgrade(signature), { authToken: AUTH_TOKEN, publicUrl });

  test.each([
    'https://voice.example.com',
    'https://voice.example.com/',
    'wss://voice.example.com',
    'wss://voice.example.com:443',
    'HTTPS://voice.example.com:443/',
  ])('accepts the signature with and without the usual port, for %s', async (publicUrl) => {
    expect(await verify(PLAIN, publicUrl)).toBe(true);
    expect(await verify(PORT_443, publicUrl)).toBe(true);
    expect(await verify(PORT_8443, publicUrl)).toBe(false);
  });

  test('accepts an unusual port as configured', async () => {
    expect(await verify(PORT_8443, 'https://voice.example.com:8443')).toBe(true);
    expect(await verify(PORT_443, 'https://voice.example.com:8443')).toBe(false);
  });

  test('refuses what was signed for https', async () => {
    expect(await verify(HTTPS, 'https://voice.example.com')).toBe(false);
  });

  test('reads a WHATWG Request, and looks only at its path', async () => {
    const request = new Request('http://127.0.0.1:8080/media', {
      headers: { 'X-Twilio-Signature': PLAIN, 'X-Forwarded-Host': 'evil.example' },
    });
    expect(
      await verifyUpgrade(request, { authToken: AUTH_TOKEN, publicUrl: 'wss://voice.example.com' }),
    ).toBe(true);
  });

  test('does not read the origin from the request', async () => {
    const request = { headers: { host: 'voice.example.com', 'x-twilio-signature': PLAIN }, url: '/media' };
    expect(await verifyUpgrade(request, { authToken: AUTH_TOKEN, publicUrl: 'wss://other.example' })).toBe(
      false,
    );
  });

  test('refuses another path, query or Auth Token', async () => {
    const options = { authToken: AUTH_TOKEN, publicUrl: 'wss://voice.example.com' };
    expect(await verifyUpgrade(upgrade(PLAIN, '/other'), options)).toBe(false);
    expect(await verifyUpgrade(upgrade(PLAIN, '/media?x=1'), options)).toBe(false);
    expect(await verifyUpgrade(upgrade(PLAIN, 'http://['), options)).toBe(false);
    expect(await verifyUpgrade(upgrade(PLAIN), { ...options, authToken: 'other' })).toBe(false);
  });

  test('refuses everything that is not the signature', async () => {
    const options = { authToken: AUTH_TOKEN, publicUrl: 'wss://voice.example.com' };
    for (const signature of [
      undefined,
      '',
      '=',
      `${PLAIN} `,
      `${PLAIN},${PLAIN}`,
      PLAIN.slice(0, -1),
      [PLAIN],
    ]) {
      expect(await verifyUpgrade(upgrade(signature), options)).toBe(false);
    }
    const positions = Array.from({ length: 27 }, (_, index) => index);
    for (const at of positions) {
      // The last character carries four bits of the signature and two of padding.
      const other = PLAIN[at] === 'A' ? 'Q' : 'A';
      const forged = PLAIN.slice(0, at) + other + PLAIN.slice(at + 1);
      expect(await verifyUpgrade(upgrade(forged), options)).toBe(false);
    }
  });

  test.each([
    '',
    'voice.example.com',
    'https://voice.example.com/media',
    'https://user:pw@voice.example.com',
    'ftp://a',
    'https://',
  ])('refuses %j as an origin', async (publicUrl) => {
    await expect(verifyUpgrade(upgrade(PLAIN), { authToken: AUTH_TOKEN, publicUrl })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('https://voice.example.com'),
    });
  });
});

describe('signedUrls', () => {
  test('an unencrypted origin has port 80', () => {
    expect(signedUrls('http://localhost', '/media', 'ws')).toEqual([
      'ws://localhost/media',
      'ws://localhost:80/media',
      'wss://localhost/media',
    ]);
    expect(signedUrls('ws://127.0.0.1:8080', '/media', 'ws')).toEqual([
      'ws://127.0.0.1:8080/media',
      'ws://127.0.0.1/media',
      'wss://127.0.0.1:8080/media',
    ]);
  });
});

describe('verifyWebhook', () => {
  const publicUrl = 'https://mycompany.com';
  const [{ authToken, parameters, signature }] = VECTORS as [Required<(typeof VECTORS)[0]>];
  const request = { headers: { 'x-twilio-signature': signature }, url: '/myapp.php?foo=1&bar=2' };

  test('accepts a form', async () => {
    const body = new URLSearchParams(parameters).toString();
    expect(await verifyWebhook(request, { authToken, publicUrl, body })).toBe(true);
    expect(await verifyWebhook(request, { authToken, publicUrl, body: `${body}&More=1` })).toBe(false);
    expect(await verifyWebhook(request, { authToken, publicUrl })).toBe(false);
  });

  test('accepts whatever form signTwilio signed', async () => {
    const text = fc.string({ maxLength: 20, unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 6 }), async (pairs) => {
        const grouped = new Map<string, string[]>();
        for (const [name, value] of pairs) grouped.set(name, [...(grouped.get(name) ?? []), value]);
        const header = await signTwilio({
          authToken,
          url: `${publicUrl}/voice`,
          parameters: Object.fromEntries(grouped),
        });
        const signed = { headers: new Headers({ 'X-Twilio-Signature': header }), url: '/voice' };
        expect(
          await verifyWebhook(signed, { authToken, publicUrl, body: new URLSearchParams(pairs).toString() }),
        ).toBe(true);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test('checks a JSON body by the hash in its URL', async () => {
    const body = '{"a":1}';
    const hash = '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862';
    const url = `/events?bodySHA256=${hash}`;
    const header = await signTwilio({ authToken, url: `${publicUrl}${url}` });
    const signed = { headers: { 'x-twilio-signature': header }, url };
    expect(await verifyWebhook(signed, { authToken, publicUrl, body })).toBe(true);
    expect(await verifyWebhook(signed, { authToken, publicUrl, body: '{"a":2}' })).toBe(false);
  });
});
