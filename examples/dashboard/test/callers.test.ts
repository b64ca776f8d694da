import { serveCalls } from '@patchcord/node';
import { expect, test } from 'vitest';
import { startCallers } from '../src/callers.ts';

const speech = { samples: new Int16Array(160), sampleRate: 8000, sentences: [] };
const options = { count: 1, speech, onWords: () => {} };

test('callers call, and hang up when they are closed', async () => {
  let answered: (callId: string) => void;
  const answer = new Promise<string>((resolve) => {
    answered = resolve;
  });
  const server = await serveCalls({ port: 0, allowUnsigned: true }, (call) => {
    answered(call.info.callId);
    return call.closed.then(({ reason }) => reasons.push(reason));
  });
  const reasons: string[] = [];
  const troubles: string[] = [];
  const callers = startCallers({
    ...options,
    url: server.url,
    onTrouble: (message) => troubles.push(message),
  });
  const callId = await answer;
  expect(callers.owns(callId)).toBe(true);
  expect(callers.owns('CA of somebody else')).toBe(false);
  await callers.close();
  await server.close();
  expect(reasons).toEqual(['stopped']);
  expect(troubles).toEqual([]);
});

test('callers whom nobody answers say so, and can still be closed', async () => {
  const server = await serveCalls({ port: 0, allowUnsigned: true }, (call) => call.closed);
  const { url } = server;
  await server.close();
  const trouble = await new Promise<string>((resolve) => {
    const callers = startCallers({
      ...options,
      url,
      onTrouble: (message) => void callers.close().then(() => resolve(message)),
    });
  });
  expect(trouble).toMatch(/^A simulated caller could not call: ./);
});

test('callers closed before their first call never call', async () => {
  const callers = startCallers({
    ...options,
    count: 3,
    url: 'ws://127.0.0.1:9/media',
    onTrouble: (message) => expect.unreachable(message),
  });
  await callers.close();
});
