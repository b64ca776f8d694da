import { type CallHandler, mulaw } from '@patchcord/core';
import {
  callNumber,
  type NumberCall,
  type RestOptions,
  type RestStandIn,
  startRest,
} from '@patchcord/simulator';
import type { AcceptOptions } from '../src/accept.ts';
import { type CallServer, serveCalls } from '../src/serve.ts';
import { type TwilioCalls, twilioCalls } from '../src/twilio-calls.ts';
import type { TwilioCallsOptions } from '../src/twilio-rest.ts';
import { voiceWebhook } from '../src/voice.ts';

/** An app with a number, and the interface that controls its calls. */
export interface Office {
  readonly rest: RestStandIn;
  readonly server: CallServer;
  readonly control: TwilioCalls;
  /** Where the webhook is. */
  readonly voiceUrl: string;
  call(): Promise<NumberCall>;
  close(): Promise<void>;
}

export interface OfficeOptions {
  readonly rest?: RestOptions;
  readonly calls?: TwilioCallsOptions;
  readonly serve?: Partial<AcceptOptions>;
}

/** Serves calls as an app would: a number whose webhook connects its calls to the handler. */
export async function openOffice(
  handler: (control: TwilioCalls) => CallHandler,
  { rest: restOptions, calls: callsOptions, serve }: OfficeOptions = {},
): Promise<Office> {
  const rest = await startRest(restOptions);
  const { accountSid, authToken, baseUrl } = rest;
  const control = twilioCalls({ accountSid, authToken }, { baseUrl, retries: 1, ...callsOptions });
  let answer: ReturnType<typeof voiceWebhook> | undefined;
  const options = { port: 0, control, allowUnsigned: true, drainOnSigterm: false, ...serve };
  const server = await serveCalls(
    { ...options, onRequest: (request, response) => void answer?.(request, response) },
    handler(control),
  );
  answer = voiceWebhook({ streamUrl: server.url });
  const voiceUrl = `http://127.0.0.1:${server.port}/voice`;
  const open: NumberCall[] = [];
  return {
    rest,
    server,
    control,
    voiceUrl,
    async call() {
      const number = await callNumber(voiceUrl, { rest });
      open.push(number);
      return number;
    },
    async close() {
      await Promise.all(open.map((number) => number.hangUp()));
      await server.close({ when: 'now' });
      await rest.close();
    },
  };
}

/** Sound without a silent sample, that µ-law leaves as it is, and of which no part is like another. */
export function speech(ms: number, seed = 0): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(ms * 8);
  let state = seed * 7919 + 1;
  for (let index = 0; index < samples.length; index++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    samples[index] = ((state >> 16) % 200) * 100 + 500;
  }
  return mulaw.decode(mulaw.encode(samples));
}

/** What was heard besides silence. */
export function sounds(heard: Int16Array): Int16Array {
  return heard.filter((sample) => sample !== 0);
}
