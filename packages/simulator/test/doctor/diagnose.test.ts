import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { diagnose } from '../../src/doctor/diagnose.ts';
import type { Check, Finding } from '../../src/doctor/finding.ts';
import type { DiagnosisOptions } from '../../src/doctor/options.ts';
import { signUpgrade } from '../../src/phone/signature.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on machines that may be busy

const TOKEN = '0123456789abcdef0123456789abcdef';
const CHECKS: readonly Check[] = [
  ...(['address', 'name', 'connection', 'certificate', 'upgrade', 'wrong signature'] as const),
  ...(['start', 'first audio', 'close'] as const),
];

/** What a test has opened. */
const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

type Patient = {
  /** Certificate of the TLS server; none: plain. */
  certificate?: 'localhost' | 'elsewhere' | 'expired' | 'unchained';
  /** The status that an upgrade is answered with, given its signature; 101: accepted. */
  status?: (signature: string | undefined, rightOne: string) => number;
  opened?: (socket: WebSocket, signature: string | undefined) => void;
  /** What the app does with messages. */
  answer?: (socket: WebSocket, message: { event: string; streamSid: string }) => void;
};

/** Starts an app with an illness. */
async function patient({ certificate, status = () => 101, opened, answer }: Patient): Promise<string> {
  const pem = (name: string): string =>
    readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
  const server: Server =
    certificate === undefined ? createServer() : createTlsServer({ key: pem('key'), cert: pem(certificate) });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', async (request, socket, head) => {
    const signature = request.headers['x-twilio-signature'] as string | undefined;
    const code = status(signature, await signUpgrade(signedUrl, TOKEN));
    if (code !== 101) {
      socket.end(`HTTP/1.1 ${code} No\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.on('error', () => {});
      opened?.(accepted, signature);
      accepted.on('message', (data) => answer?.(accepted, JSON.parse(String(data))));
    });
  });
  const { port } = await listening(server);
  closes.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
  });
  const signedUrl = `wss://localhost:${port}/media`;
  return certificate === undefined ? signedUrl.replace('wss', 'ws') : signedUrl;
}

const checksSignatures = (signature: string | undefined, rightOne: string): number =>
  signature === rightOne ? 101 : 403;

async function listening(server: TcpServer): Promise<AddressInfo> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  closes.push(() => server.close());
  return server.address() as AddressInfo;
}

const CA = readFileSync(new URL('../fixtures/tls/localhost.pem', import.meta.url), 'utf8');

async function examine(url: string, options: Partial<DiagnosisOptions> = {}): Promise<Map<Check, Finding>> {
  const defaults = { connectTimeoutMs: 5000, settleMs: 100, listenMs: 1500, parameters: {} };
  const findings = await diagnose(url, { ...defaults, ...options });
  expect(findings.map(({ check }) => check)).toEqual(CHECKS);
  return new Map(findings.map((finding) => [finding.check, finding]));
}

const states = (findings: Map<Check, Finding>): string[] => [...findings.values()].map(({ state }) => state);

/** A second of sound, as µ-law. */
const sound = Buffer.alloc(8000, Buffer.from([0x80, 0x00])).toString('base64');
const greets: Patient['answer'] = (socket, { event, streamSid }) => {
  if (event === 'start')
    socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload: sound } }));
};

describe('an app in good health', () => {
  test('with TLS and signatures: all is well', async () => {
    const url = await patient({ certificate: 'localhost', status: checksSignatures, answer: greets });
    const findings = await examine(url, { authToken: TOKEN, ca: CA });
    expect(states(findings)).toEqual(['ok', 'warning', ...Array(7).fill('ok')]);
    expect(findings.get('name')?.message).toContain('reached from this machine or network only');
    expect(findings.get('certificate')?.message).toMatch(
      /^TLSv1\.3, and the certificate is trusted until .*2120/,
    );
    expect(findings.get('first audio')?.message).toMatch(/^The first sound is heard \d+ ms after `start`\.$/);
  });

  test('without the token it can be seen to refuse, and no more', async () => {
    const findings = await examine(await patient({ status: checksSignatures }));
    expect(states(findings).slice(4)).toEqual(['warning', 'ok', 'skipped', 'skipped', 'skipped']);
    expect(findings.get('upgrade')?.message).toContain('give --auth-token');
  });

  test('one that looks at the signature after the upgrade, and then closes', async () => {
    const url = await patient({
      answer: greets,
      opened: (socket, signature) => signature !== undefined && socket.close(1008),
    });
    const { state, message } = (await examine(url, { settleMs: 1500 })).get('wrong signature') as Finding;
    expect([state, message]).toEqual(['ok', expect.stringContaining('(code 1008), once it has accepted it')]);
  });
});

describe('below the WebSocket', () => {
  test('a query in the URL', async () => {
    const findings = await examine('wss://localhost:1/media?caller=1');
    expect(findings.get('address')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('<Parameter>'),
    });
  });

  test('a name that nobody has', async () => {
    const findings = await examine('wss://nowhere.invalid/media');
    expect(states(findings)).toEqual(['ok', 'failed', ...Array(7).fill('skipped')]);
    expect(findings.get('name')?.message).toMatch(
      /^The name nowhere\.invalid cannot be found \(E\w+; Twilio would log 31901\)/,
    );
  });

  test('nobody listens', async () => {
    const server = createTcpServer();
    const { port } = await listening(server);
    server.close();
    const findings = await examine(`ws://localhost:${port}/media`);
    expect(states(findings)).toEqual(['warning', 'warning', 'failed', ...Array(6).fill('skipped')]);
    expect(findings.get('connection')?.message).toContain('Twilio would log 31902');
  });

  test('a port without TLS', async () => {
    const url = (await patient({})).replace('ws:', 'wss:');
    const { state, message } = (await examine(url)).get('certificate') as Finding;
    expect([state, message]).toEqual(['failed', expect.stringContaining('does not speak TLS')]);
  });

  test('a port that answers nothing', async () => {
    const { port } = await listening(createTcpServer((socket) => closes.push(() => socket.destroy())));
    const findings = await examine(`wss://localhost:${port}/media`, { connectTimeoutMs: 300 });
    expect(findings.get('certificate')?.message).toContain('does not go on with TLS within 300 ms');
  });

  test.each<[NonNullable<Patient['certificate']>, string]>([
    ['localhost', 'is self-signed'],
    ['elsewhere', 'is for another name'],
    ['expired', 'has expired'],
    ['unchained', 'comes without the certificates between'],
  ])('a certificate that is bad: %s', async (certificate, words) => {
    const url = await patient({ certificate });
    const own = readFileSync(new URL(`../fixtures/tls/${certificate}.pem`, import.meta.url), 'utf8');
    const trusted = certificate === 'elsewhere' || certificate === 'expired';
    const findings = await examine(url, trusted ? { ca: own } : {});
    expect(states(findings).slice(3)).toEqual(['failed', ...Array(5).fill('skipped')]);
    expect(findings.get('certificate')?.message).toContain(words);
    expect(findings.get('certificate')?.message).toContain('31910');
  });
});

describe('the upgrade', () => {
  test.each([
    [404, 'has nothing at this path (HTTP 404'],
    [500, 'answered with an error in place of the upgrade'],
    [200, 'answered, but not as a WebSocket server'],
  ])('HTTP %i', async (code, words) => {
    const findings = await examine(await patient({ status: () => code }));
    expect(states(findings).slice(4)).toEqual(['failed', ...Array(4).fill('skipped')]);
    expect(findings.get('upgrade')?.message).toContain(words);
  });

  test('no answer at all', async () => {
    const { port } = await listening(createTcpServer((socket) => closes.push(() => socket.destroy())));
    const findings = await examine(`ws://localhost:${port}/media`, { connectTimeoutMs: 300 });
    expect(findings.get('upgrade')?.message).toContain('did not answer within 300 ms');
  });

  test('the right signature is refused', async () => {
    const url = await patient({ status: checksSignatures });
    const findings = await examine(url, { authToken: TOKEN, signedUrl: 'wss://other.example.com/media' });
    expect(states(findings).slice(4)).toEqual(['failed', 'ok', 'skipped', 'skipped', 'skipped']);
    expect(findings.get('upgrade')?.message).toContain('Try --signed-url');
  });

  test('a wrong signature is accepted', async () => {
    const findings = await examine(await patient({ answer: greets }));
    expect(findings.get('wrong signature')).toMatchObject({ state: 'warning' });
    expect(findings.get('wrong signature')?.message).toContain('whoever finds the URL can call it');
  });

  test('a wrong signature breaks the app', async () => {
    const url = await patient({ status: (signature) => (signature === undefined ? 101 : 500) });
    const { state, message } = (await examine(url)).get('wrong signature') as Finding;
    expect([state, message]).toEqual(['failed', expect.stringContaining('it went otherwise')]);
  });
});

describe('the call', () => {
  test('`start` is not to the app’s liking', async () => {
    const url = await patient({ answer: (socket, { event }) => event === 'start' && socket.close(1008) });
    const findings = await examine(url, { settleMs: 2000 });
    expect(states(findings).slice(6)).toEqual(['failed', 'skipped', 'skipped']);
    expect(findings.get('start')?.message).toContain('The app closed the connection (code 1008).');
  });

  test('the app says what Twilio would warn about', async () => {
    const url = await patient({
      answer: (socket, { event }) => event === 'start' && socket.send('{"event":"hello"}'),
    });
    const { state, message } = (await examine(url)).get('start') as Finding;
    expect([state, message]).toEqual(['failed', expect.stringContaining('31951: ')]);
  });

  test('the app is silent', async () => {
    const findings = await examine(await patient({}));
    expect(states(findings).slice(6)).toEqual(['ok', 'warning', 'ok']);
    expect(findings.get('first audio')?.message).toContain('Nothing was heard for 1500 ms.');
  });

  test('the app is slow to greet', async () => {
    const url = await patient({
      answer: (socket, message) => {
        if (message.event === 'start') setTimeout(() => greets(socket, message), 3100);
      },
    });
    const { state, message } = (await examine(url, { listenMs: 10_000 })).get('first audio') as Finding;
    expect([state, message]).toEqual([
      'warning',
      expect.stringContaining('Callers take that for a dead line'),
    ]);
  });

  test('the app ends the call before anything is heard', async () => {
    const url = await patient({
      answer: (socket, { event }) => {
        if (event === 'start') setTimeout(() => socket.close(1000), 1000);
      },
    });
    const findings = await examine(url, { listenMs: 10_000 });
    expect(states(findings).slice(6)).toEqual(['ok', 'failed', 'warning']);
    expect(findings.get('first audio')?.message).toContain('was over before anything was heard');
    expect(findings.get('close')?.message).toContain('The app ended the call itself.');
  });

  test('the app does not answer the closing handshake', async () => {
    const url = await patient({
      answer: (socket, message) => {
        greets(socket, message);
        if (message.event === 'media') socket.pause();
      },
    });
    const { state, message } = (await examine(url)).get('close') as Finding;
    expect([state, message]).toEqual([
      'warning',
      expect.stringContaining('does not answer the closing handshake'),
    ]);
  });
});
