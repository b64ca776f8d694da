import { type Call, openCall, twilio } from '@patchcord/core';
import { createSocketPair } from '@patchcord/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { twilioCalls } from '../src/twilio-calls.ts';
import { answersOf, goldenHangUps } from './golden-hangup.ts';
import { type RestStandIn, startRestStandIn } from './rest-stand-in.ts';

let standIn: RestStandIn | undefined;
afterEach(async () => {
  await standIn?.close();
  standIn = undefined;
});

/** What an app does where the reference is given a frame. */
const DOES: Readonly<Record<string, (call: Call) => unknown>> = {
  EndFrame: (call) => call.end({ when: 'played' }),
  CancelFrame: (call) => call.end({ when: 'now' }),
  InterruptionFrame: (call) => call.send({ kind: 'clear' }),
  StartFrame: (call) => call.send(call.info),
  StopFrame: (call) => call.send({ kind: 'stop' }),
};

/** The cases in which it matters that a call owns its end: how often, and whether at all. */
const CASES = [
  'ok_200',
  'ok_200_cancel',
  'second_end_frame_ignored',
  'auto_hang_up_off',
  'other_frames_do_not_hang_up',
  'audio_after_hang_up_still_serialized',
  'not_found_20404',
  'unauthorized_401',
];

describe('the recorded hang-ups, through a call: as many requests at each step', () => {
  test.each(goldenHangUps.filter(({ name }) => CASES.includes(name)))('$name', async (recorded) => {
    const { args, auto_hang_up, steps } = recorded;
    standIn = await startRestStandIn(answersOf(recorded));
    const control = twilioCalls(
      { accountSid: args.account_sid, authToken: args.auth_token },
      { baseUrl: standIn.baseUrl },
    );
    const { call, sent } = await openRecordedCall(args.call_sid, { control, autoHangUp: auto_hang_up });

    const made: number[] = [];
    for (const { frame } of steps) {
      const before = standIn.requests.length;
      await DOES[frame]?.(call);
      made.push(standIn.requests.length - before);
    }
    expect(made).toEqual(steps.map(({ requests }) => requests));

    // Unlike the reference, which goes on writing to a call that it has hung up.
    if (steps.some(({ frame }) => frame === 'EndFrame')) {
      const messages = sent.length;
      expect(call.send(silence())).toBe(false);
      expect(sent).toHaveLength(messages);
    }
    await call.end({ when: 'now' });
  });
});

function silence() {
  const samples = new Int16Array(160);
  return {
    kind: 'audio',
    samples,
    sampleRate: 8000,
    channels: 1,
    timestampMs: 0,
    track: 'outbound',
  } as const;
}

async function openRecordedCall(
  callId: string,
  options: Parameters<typeof openCall>[2],
): Promise<{ call: Call; sent: readonly unknown[] }> {
  const [ours, theirs] = createSocketPair();
  const sent: unknown[] = [];
  theirs.addEventListener('message', ({ data }) => sent.push(data));
  const opening = openCall(ours, twilio, options);
  const opened = new Promise<void>((resolve) => theirs.addEventListener('open', resolve));
  await opened;
  const provider = twilio.createProviderSerializer();
  for (const message of provider.serialize({
    kind: 'start',
    provider: 'twilio',
    streamId: `MZ${'1'.repeat(32)}`,
    callId,
    accountId: `AC${'2'.repeat(32)}`,
    format: twilio.format,
    tracks: ['inbound'],
    parameters: {},
  })) {
    theirs.send(message);
  }
  return { call: await opening, sent };
}
