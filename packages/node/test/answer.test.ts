import { type CallEnd, type CallHandler, type CallSocket, MediaError } from '@patchcord/core';
import { openPhone } from '@patchcord/simulator';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { type AnswerOptions, answerCalls } from '../src/answer.ts';

/** A caller who has dialled and says nothing yet. */
function dialled(answer: ReturnType<typeof answerCalls>, address?: string) {
  const [socket, line] = createSocketPair();
  const closed = new Promise<{ code?: number; reason?: string }>((resolve) => {
    line.addEventListener('close', resolve);
  });
  return { line, closed, ending: answer(socket, address) };
}

const stay: CallHandler = (call) => call.closed;

function setUp(options: AnswerOptions, handler: CallHandler = stay) {
  const lines: string[] = [];
  const clock = createManualClock();
  const answer = answerCalls({ clock, log: (line) => lines.push(line), ...options }, handler);
  return { answer, lines, clock };
}

describe('sockets without a start', () => {
  test('are bounded per address; one that starts, or leaves, makes room', async () => {
    const refusals: unknown[] = [];
    const { answer, clock } = setUp({ maxWaitingPerAddress: 2, onRefused: (error) => refusals.push(error) });
    const first = dialled(answer, '10.0.0.1');
    const second = dialled(answer, '10.0.0.1');
    const third = dialled(answer, '10.0.0.1');
    expect(await third.ending).toMatchObject({ reason: 'not-opened', error: { code: 'limit-exceeded' } });
    expect(await third.closed).toMatchObject({ code: 1013 });
    expect(refusals).toEqual([expect.any(MediaError)]);
    const elsewhere = dialled(answer, '10.0.0.2');

    const dialling = openPhone(first.line, { clock });
    await clock.advance(100);
    const phone = await dialling;
    const fourth = dialled(answer, '10.0.0.1');
    expect(await dialled(answer, '10.0.0.1').ending).toMatchObject({ reason: 'not-opened' });
    second.line.close();
    await second.ending;
    const fifth = dialled(answer, '10.0.0.1');

    await phone.hangUp();
    expect((await first.ending).reason).toBe('stopped');
    await clock.advance(10_100);
    const late = await Promise.all([fourth.ending, fifth.ending, elsewhere.ending]);
    expect(late.map((end: CallEnd) => (end.error as MediaError).code)).toEqual([
      'timeout',
      'timeout',
      'timeout',
    ]);
    expect(clock.pending).toBe(0);
  });

  test('are bounded in all, where no address is known', async () => {
    const { answer } = setUp({ maxWaiting: 1 });
    const first = dialled(answer);
    expect((await dialled(answer).ending).error).toMatchObject({ code: 'limit-exceeded' });
    first.line.close();
    await first.ending;
  });

  test('a socket that cannot be closed is refused all the same', async () => {
    const { answer } = setUp({ maxWaiting: 0 });
    const [socket] = createSocketPair();
    socket.close = () => {
      throw new TypeError('not accepted');
    };
    expect(await answer(socket)).toMatchObject({ reason: 'not-opened' });
    // As where a framework has no socket to give after all.
    expect(await answer(undefined as unknown as CallSocket)).toMatchObject({ reason: 'not-opened' });
  });
});

describe('what goes wrong is told', () => {
  async function aCall(handler: CallHandler, options: AnswerOptions = {}) {
    const { answer, lines, clock } = setUp(options, handler);
    const { line, ending } = dialled(answer);
    const dialling = openPhone(line, { clock });
    await clock.advance(100);
    await dialling;
    await clock.advance(1000);
    return { end: await ending, lines };
  }

  test('a handler that fails, with its stack', async () => {
    const { end, lines } = await aCall(() => Promise.reject(new TypeError('mine')));
    expect(end.reason).toBe('handler-failed');
    expect(lines).toEqual([
      expect.stringMatching(/The handler of the call failed .*TypeError: mine\n +at /s),
    ]);
  });

  test('a warning, to the log or to whom it may concern', async () => {
    const early = (() => undefined) as unknown as CallHandler;
    expect((await aCall(early)).lines).toEqual([
      expect.stringContaining('handler-returned-early, told once'),
    ]);
    const codes: string[] = [];
    const { lines } = await aCall(early, { onWarning: ({ code }) => codes.push(code) });
    expect(codes).toEqual(['handler-returned-early']);
    expect(lines).toEqual([]);
  });

  test('a report that rejects is told, and is no rejection that nobody handles', async () => {
    const early = (() => undefined) as unknown as CallHandler;
    const { lines } = await aCall(early, { onWarning: async () => Promise.reject(new RangeError('mine')) });
    expect(lines).toEqual(['Patchcord: onWarning threw RangeError.']);
  });

  test('options that do not fit together, before the first call', () => {
    expect(() => answerCalls({ autoHangUp: true }, stay)).toThrow(/no control/);
  });
});
