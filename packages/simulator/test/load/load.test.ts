import { afterEach, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { type LoadProgress, load } from '../../src/load/load.ts';
import { type App, echo, type PhoneMessage, startApp } from '../app.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on machines that may be busy

/** Whatever the machine does meanwhile, the phones are patient: these tests count, and time nothing. */
let app: App | undefined;

afterEach(() => app?.close());

async function appThat(answer: (socket: WebSocket, message: PhoneMessage) => void): Promise<string> {
  app = await startApp(answer);
  return app.url;
}

describe('load', () => {
  test('every frame of every phone comes back from an echo', async () => {
    const url = await appThat(echo);
    const progress: LoadProgress[] = [];
    const report = await load(url, {
      ...{ phones: 4, seconds: 2, spreadMs: 100, from: '+15550001', parameters: { a: 'b' } },
      onProgress: (one) => progress.push(one),
    });
    expect(report).toMatchObject({
      ...{ phones: 4, answered: 4, finished: 4, sent: 400, skipped: 0, clears: 0, rejectedMessages: 0 },
      lateness: { count: 400 },
      echo: { returned: 400, lost: 0, unexpected: 0, time: { count: 400 } },
      ...{ warnings: [], errors: [] },
    });
    expect(progress.length).toBeGreaterThan(0);
    expect(progress[0]).toMatchObject({ begun: 4, over: 0, report: { phones: 4 } });
    const events = app?.messages.map(({ event }) => event) ?? [];
    expect(events.filter((event) => event === 'start' || event === 'stop')).toHaveLength(8);
    const start = app?.messages.find(({ event }) => event === 'start');
    expect(start).toMatchObject({ start: { customParameters: { from: '+15550001', a: 'b' } } });
  });

  test('an echo in messages of another length, with marks, after a while', async () => {
    const url = await appThat((socket, message) => {
      if (message.event !== 'media') return;
      const { streamSid, media } = message;
      const bytes = Buffer.from(media.payload, 'base64');
      for (const part of [bytes.subarray(0, 37), bytes.subarray(37)]) {
        const payload = part.toString('base64');
        setTimeout(() => socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload } })), 50);
      }
      socket.send(JSON.stringify({ event: 'mark', streamSid, mark: { name: 'm' } }));
    });
    const report = await load(url, { phones: 2, seconds: 0.4 });
    expect(report.echo).toMatchObject({ returned: 40, lost: 0, unexpected: 0 });
    expect(report.echo?.time.p50Ms).toBeGreaterThanOrEqual(45); // timers of 50 ms, rounded
    expect(report.marks?.count).toBeGreaterThan(0);
    expect(app?.messages.some(({ event }) => event === 'mark')).toBe(true);
  });

  test('frames that are swallowed, doubled, or given to somebody else are counted', async () => {
    const sockets = new Map<string, WebSocket>();
    let count = 0;
    const url = await appThat((socket, message) => {
      if (message.event === 'start') sockets.set(message.streamSid, socket);
      if (message.event !== 'media') return;
      count++;
      if (count % 10 === 1) return;
      echo(socket, message);
      if (count % 10 === 2) echo(socket, message);
      const other = [...sockets].find(([streamSid]) => streamSid !== message.streamSid);
      if (count % 10 === 3 && other) echo(other[1], { ...message, streamSid: other[0] });
    });
    const { echo: echoed, sent } = await load(url, { phones: 2, seconds: 1, spreadMs: 0 });
    expect(sent).toBe(100);
    expect(echoed).toMatchObject({ returned: 90, lost: 10 });
    expect(echoed?.unexpected).toBeGreaterThan(10);
  });

  test('an app that does not echo has no echo time', async () => {
    const payload = Buffer.alloc(160, 0x55).toString('base64');
    const url = await appThat((socket, { event, streamSid }) => {
      if (event === 'media') socket.send(JSON.stringify({ event, streamSid, media: { payload } }));
      if (event === 'start') socket.send(JSON.stringify({ event: 'clear', streamSid }));
    });
    const report = await load(url, { phones: 2, seconds: 0.2 });
    expect(report).not.toHaveProperty('echo');
    expect(report).toMatchObject({ sent: 20, finished: 2, clears: 2, errors: [] });
    expect(report.received).toBeGreaterThan(0);
  });

  test('what the app does wrong is told by Twilio’s number', async () => {
    const url = await appThat((socket, { event }) => {
      if (event === 'start') socket.send('nonsense');
    });
    const report = await load(url, { phones: 3, seconds: 0.1 });
    expect(report).toMatchObject({ rejectedMessages: 3, warnings: [{ code: 31951 }] });
  });

  test('calls that end early, and calls that never come about', async () => {
    let calls = 0;
    const url = await appThat((socket, { event }) => {
      if (event === 'start' && calls++ === 0) socket.close(1000);
    });
    const report = await load(url, { phones: 3, seconds: 0.3 });
    expect(report).toMatchObject({
      ...{ answered: 3, finished: 2 },
      errors: [{ message: 'The app closed the connection (code 1000) before the phone hung up.', count: 1 }],
    });
    await app?.close();
    const gone = await load(url, { phones: 2, seconds: 0.1 });
    expect(gone).toMatchObject({ answered: 0, sent: 0, errors: [{ count: 2 }] });
    expect(gone.errors[0]?.message).toContain('has nobody listening');
  });

  test('an app that does not answer the closing is not waited for long', async () => {
    const url = await appThat((socket, { event }) => {
      if (event === 'media') socket.pause();
    });
    expect(await load(url, { phones: 2, seconds: 0.1 })).toMatchObject({
      ...{ answered: 2, finished: 2 },
      errors: [{ message: expect.stringContaining('did not answer the closing handshake'), count: 2 }],
    });
  });

  test('what no call can have is an error, and no call is left over', async () => {
    const url = await appThat(echo);
    await expect(load(url, { phones: 3, spreadMs: 0, headers: { 'x-wrong': 'a\nb' } })).rejects.toThrow();
  });

  test('a signal ends all calls, and those that are not begun are not made', async () => {
    const url = await appThat(echo);
    const leaving = new AbortController();
    const loading = load(url, {
      ...{ phones: 4, seconds: 3600, spreadMs: 60_000, signal: leaving.signal },
      onProgress: () => leaving.abort(),
    });
    const report = await loading;
    expect(report).toMatchObject({ phones: 4, answered: 1, finished: 1, errors: [] });
    expect(app?.requests).toHaveLength(1);
    expect(await load(url, { phones: 2, signal: AbortSignal.abort() })).toMatchObject({ answered: 0 });
  });

  test('what a listener throws ends the load', async () => {
    const url = await appThat(echo);
    const onProgress = (): void => {
      throw new Error('enough');
    };
    await expect(load(url, { phones: 2, seconds: 60, onProgress })).rejects.toThrow('enough');
  });

  test.each([
    [{ phones: 0 }, 'phones is a whole number from 1 to 10000; 0 was given.'],
    [{ phones: 1.5 }, 'phones is a whole number from 1 to 10000; 1.5 was given.'],
    [{ seconds: Number.NaN }, 'seconds is a number from 0.02 to 86400; NaN was given.'],
    [{ spreadMs: -1 }, 'spreadMs is a number from 0 to 86400000; -1 was given.'],
    // Timers take any longer wait for none at all.
    [
      { connectTimeoutMs: Number.POSITIVE_INFINITY },
      'connectTimeoutMs is a number from 1 to 86400000; Infinity was given.',
    ],
  ])('%o cannot be', async (options, message) => {
    await expect(load('ws://127.0.0.1:1', options)).rejects.toMatchObject({
      code: 'invalid-argument',
      message,
    });
  });
});
