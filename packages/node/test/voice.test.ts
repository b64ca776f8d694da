import { createServer, type Server } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { signTwilio } from '../src/signature.ts';
import { createStreamTokens } from '../src/stream-tokens.ts';
import { type VoiceWebhookOptions, voiceWebhook } from '../src/voice.ts';

const streamUrl = 'wss://voice.example.com/media';
const authToken = '0123456789abcdef0123456789abcdef';
const publicUrl = 'https://voice.example.com';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

function serve(options: Partial<VoiceWebhookOptions> = {}): Promise<number> {
  return listen(createServer(voiceWebhook({ streamUrl, ...options })));
}

async function listen(http: Server): Promise<number> {
  server = http;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const post = (port: number, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}/voice`, { method: 'POST', body: new URLSearchParams(form), headers });

test('answers POST and GET with TwiML, and passes on who calls whom', async () => {
  const port = await serve({ parameters: { locale: 'en-GB' } });
  const numbers = { From: '+15551230001', To: '+15551230002' };
  for (const response of [
    await post(port, numbers),
    await fetch(`http://127.0.0.1:${port}/voice?${new URLSearchParams(numbers)}`),
  ]) {
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/xml; charset=utf-8');
    const twiml = await response.text();
    expect(twiml).toContain(`<Stream url="${streamUrl}">`);
    expect(twiml).toContain('<Parameter name="from" value="+15551230001"/>');
    expect(twiml).toContain('<Parameter name="to" value="+15551230002"/>');
    expect(twiml).toContain('<Parameter name="locale" value="en-GB"/>');
  }
});

test('keeps numbers to itself where that is asked', async () => {
  const response = await post(await serve({ passNumbers: false }), { From: '+15551230001' });
  expect(await response.text()).not.toContain('+1555');
});

describe('with an Auth Token', () => {
  const form = { From: '+15551230001', CallSid: 'CA1' };

  test('answers what Twilio signed', async () => {
    const port = await serve({ authToken, publicUrl });
    const signature = await signTwilio({ authToken, url: `${publicUrl}/voice`, parameters: form });
    const response = await post(port, form, { 'X-Twilio-Signature': signature });
    expect(response.status).toBe(200);
  });

  test('finds the whole path where a router has cut it', async () => {
    const webhook = voiceWebhook({ streamUrl, authToken, publicUrl });
    const http = createServer((request, response) => {
      const url = '/voice';
      void webhook(Object.assign(request, { originalUrl: `/twilio${url}`, url }), response);
    });
    const port = await listen(http);
    const signature = await signTwilio({ authToken, url: `${publicUrl}/twilio/voice`, parameters: form });
    expect((await post(port, form, { 'X-Twilio-Signature': signature })).status).toBe(200);
  });

  test('refuses everything else, in words', async () => {
    const port = await serve({ authToken, publicUrl });
    const signature = await signTwilio({
      authToken,
      url: `${publicUrl}/voice`,
      parameters: { ...form, From: '+1' },
    });
    for (const headers of [{}, { 'X-Twilio-Signature': signature }]) {
      const response = await post(port, form, headers as Record<string, string>);
      expect(response.status).toBe(403);
      expect(await response.text()).toMatch(/X-Twilio-Signature .* does not fit/);
    }
  });

  test('needs the public URL', () => {
    expect(() => voiceWebhook({ streamUrl, authToken })).toThrow(/publicUrl/);
    expect(() => voiceWebhook({ streamUrl, authToken: '', publicUrl })).toThrow(/authToken/);
  });
});

describe('bad input', () => {
  test('another method', async () => {
    const response = await fetch(`http://127.0.0.1:${await serve()}/voice`, { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  test('a body that is too long', async () => {
    const response = await post(await serve(), { From: 'x'.repeat(70_000) });
    expect(response.status).toBe(413);
  });

  test('a number that no parameter can hold', async () => {
    const response = await post(await serve(), { From: 'x'.repeat(600) });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('xxx');
  });

  test('a caller that hangs up in the middle of its body, beside one that is answered', async () => {
    const port = await serve();
    const half = connectTcp(port, '127.0.0.1');
    await new Promise((resolve) => half.once('connect', resolve));
    half.write('POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nFrom=');
    half.destroy();
    expect((await post(port, {})).status).toBe(200);
  });

  test('a stream URL that Twilio would refuse is an error at construction', () => {
    expect(() => voiceWebhook({ streamUrl: 'https://voice.example.com/media' })).toThrow(/wss/);
  });
});

test('each stream gets a token of its own, bound to its call', async () => {
  const tokens = createStreamTokens();
  const port = await serve({ tokens });
  const answers = await Promise.all(
    ['CA1', 'CA2'].map(async (CallSid) => (await post(port, { CallSid })).text()),
  );
  const [first = '', second = ''] = answers.map(
    (twiml) => /<Parameter name="token" value="(\w+)"\/>/.exec(twiml)?.[1] ?? '',
  );
  expect(tokens.authorize({ callId: 'CA1', parameters: { token: first } })).toBe(true);
  expect(tokens.authorize({ callId: 'CA1', parameters: { token: second } })).toBe(false);
});
