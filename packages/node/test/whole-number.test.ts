import type { Call } from '@patchcord/core';
import { callNumber, dial, type NumberCall } from '@patchcord/simulator';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CallServer, serveCalls } from '../src/serve.ts';
import { createStreamTokens } from '../src/stream-tokens.ts';
import { voiceWebhook } from '../src/voice.ts';

// Real sockets, on a machine that may be busy: long enough that only what never comes is missed.
vi.setConfig({ testTimeout: 30_000, expect: { poll: { timeout: 10_000 } } });

const authToken = '0123456789abcdef0123456789abcdef';
const publicUrl = 'https://voice.example.com';
const streamUrl = 'wss://voice.example.com/media';

let server: CallServer | undefined;
let number: NumberCall | undefined;
const calls: Call[] = [];
const refused: unknown[] = [];
afterEach(async () => {
  await number?.hangUp();
  await server?.close({ when: 'now' });
  server = number = undefined;
  calls.length = refused.length = 0;
});

/** An app that checks signatures and tokens, known by a name that leads elsewhere. */
async function open(): Promise<string> {
  const tokens = createStreamTokens();
  server = await serveCalls(
    {
      port: 0,
      host: '127.0.0.1',
      authToken,
      publicUrl,
      authorize: tokens.authorize,
      onRequest: voiceWebhook({ streamUrl, tokens, authToken, publicUrl }),
      onRefused: (error) => refused.push(error),
      drainOnSigterm: false,
    },
    (call) => {
      calls.push(call);
      return call.closed;
    },
  );
  return `http://127.0.0.1:${server.port}/voice`;
}

describe('a number whose app checks signatures and tokens', () => {
  test('is reached by who signs', async () => {
    number = await callNumber(await open(), { authToken, publicUrl, from: '+15550001', to: '+15550002' });
    const phone = await number.nextPhone();
    await expect.poll(() => calls.length).toBe(1);
    expect(calls[0]?.info).toMatchObject({
      callId: number.callSid,
      parameters: { from: '+15550001', to: '+15550002', token: expect.any(String) },
    });
    await phone.hangUp();
    expect(await number.closed).toMatchObject({ reason: 'hung-up' });
  });

  test('is not reached by who does not', async () => {
    const url = await open();
    await expect(callNumber(url)).rejects.toMatchObject({ code: 'refused' });
    await expect(callNumber(url, { authToken: 'wrong', publicUrl })).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(callNumber(url, { authToken })).rejects.toMatchObject({ code: 'refused' });
    expect(calls).toEqual([]);
  });

  test('a signature that was overheard opens no stream: its token is used up', async () => {
    number = await callNumber(await open(), { authToken, publicUrl });
    await number.nextPhone();
    await expect.poll(() => calls.length).toBe(1);
    const { parameters = {}, callId = '' } = calls[0]?.info ?? {};
    const overheard = { authToken, signedUrl: streamUrl, callSid: callId, parameters };
    for (const options of [overheard, { authToken, signedUrl: streamUrl }]) {
      const phone = await dial(server?.url ?? '', options);
      expect(await phone.closed).toMatchObject({ reason: 'app-closed' });
    }
    expect(calls).toHaveLength(1);
    expect(refused).toMatchObject([{ code: 'refused' }, { code: 'refused' }]);
  });
});
