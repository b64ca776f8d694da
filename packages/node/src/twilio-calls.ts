/**
 * Twilio's calls, controlled through its REST interface.
 *
 * @see https://www.twilio.com/docs/voice/api/call-resource
 * @module
 */

import { type Call, type CallControl, MediaError, type PlaySource } from '@patchcord/core';
import { ReleasedCalls } from './released-calls.ts';
import {
  createTwilioRest,
  type TwilioCallsOptions,
  type TwilioCredentials,
  type TwilioRest,
} from './twilio-rest.ts';
import { twiml } from './twiml.ts';
import { checkDigits, type DialOptions, type TwimlVerb, verbs, webUrl } from './twiml-verbs.ts';

/** What a call shall do: a document of TwiML, or the webhook that answers one. */
export type CallInstructions =
  | { readonly twiml: string; readonly url?: never; readonly method?: never }
  | {
      /** A whole `https` URL. */
      readonly url: string | URL;
      /** Default: `POST`. */
      readonly method?: 'GET' | 'POST';
      readonly twiml?: never;
    };

/** Whom to transfer a call to, and what is said before. */
export type TransferOptions = DialOptions & {
  /** Played first, after all that was played before. Default: nothing is. */
  readonly announce?: PlaySource;
  /** Rate of raw samples in `announce`, in Hz. Default: the call's. */
  readonly sampleRate?: number;
  /** Longest wait until the announcement was heard, in milliseconds; then the call is dialled. Default: 60 000. */
  readonly announceTimeoutMs?: number;
  /** What the call does when nobody answered, or the one who did hangs up. Default: it ends. */
  readonly afterwards?: readonly TwimlVerb[];
};

/** A call to place. */
export type CreateOptions = CallInstructions & {
  /** A telephone number with its country, a SIP address or `client:` and a name. */
  readonly to: string;
  /** One of your own numbers. */
  readonly from: string;
  /** Where Twilio tells that the call has ended: a whole `https` URL. */
  readonly statusCallback?: string | URL;
  /** How long it rings, in seconds. Default: Twilio's 60. */
  readonly timeoutSeconds?: number;
};

/** A call that was placed. */
export interface CreatedCall {
  /** Twilio's `CallSid`: the `callId` of the stream that it may get. */
  readonly callId: string;
}

/** Controls calls through Twilio's REST interface. All that takes a call takes its id as well. */
export interface TwilioCalls extends CallControl {
  /**
   * Ends a call, whatever it is doing. A call that has ended already is success.
   *
   * @throws {MediaError} `control-failed` when Twilio refuses, or does not answer in time;
   * `invalid-argument` for an empty id.
   */
  hangUp(callId: string): Promise<void>;
  /**
   * Gives a call something else to do. Its stream ends, and from the moment that this is called until that, `end()` only
   * closes the socket. Where a call may come back to a stream within half a minute, give the `Call` rather than its id.
   *
   * @throws {MediaError} `control-failed` when Twilio refuses, or does not answer in time: the call is then ours as before;
   * `invalid-argument` for what are no instructions.
   */
  update(call: Call | string, instructions: CallInstructions): Promise<void>;
  /**
   * Connects the caller to somebody else: says what there is to say, waits until it was heard, then dials. From the moment
   * that this is called `end()` only closes the socket. Await it before the handler is done.
   *
   * @throws {MediaError} `transport-closed` when the call ends before; `control-failed` when Twilio refuses, or does not
   * answer in time: the call is then ours as before; `invalid-argument` for what cannot be dialled.
   */
  transfer(call: Call, options: TransferOptions): Promise<void>;
  /**
   * Presses keys towards the caller's side: `0`-`9`, `*`, `#`; `w` waits half a second, `W` a second. It is done by TwiML,
   * so the stream ends, and `afterwards` says how the call goes on: with `verbs.connectStream(...)` it comes back as a new call.
   *
   * @throws {MediaError} `invalid-argument` for other keys; else as `update` does.
   */
  sendDigits(
    call: Call | string,
    digits: string,
    options: { readonly afterwards: readonly TwimlVerb[] },
  ): Promise<void>;
  /**
   * Places a call. Nothing is sent twice where Twilio may have placed it already.
   *
   * @throws {MediaError} `control-failed` when Twilio refuses, or does not answer in time: it is then not known whether
   * the call was placed; `invalid-argument` for what cannot be asked.
   */
  create(options: CreateOptions): Promise<CreatedCall>;
  /** Whether a call was handed on, or is about to be: it is not ours to hang up then. */
  released(callId: string): boolean;
}

/** Codes in the answer that mean: this call has ended. By HTTP status. */
const ALREADY_ENDED: Readonly<Record<number, number>> = { 404: 20404, 400: 21220 };

const DEFAULT_ANNOUNCE_MS = 60_000;

/**
 * Call control for one Twilio account: `control` of `serveCalls` and `openCall`.
 *
 * @throws {MediaError} `invalid-argument`, naming what is missing in the credentials, or what in the options
 * does not fit together.
 */
export function twilioCalls(credentials: TwilioCredentials, options: TwilioCallsOptions = {}): TwilioCalls {
  const rest = createTwilioRest(credentials, options);
  const released = new ReleasedCalls();

  /** Hands a call on: it is released from here on, and ours again if that fails. */
  async function handOn(call: Call | string, prepare: () => Promise<void>, form: Form): Promise<void> {
    const callId = typeof call === 'string' ? call : call.info.callId;
    const release = released.begin(callId);
    try {
      await prepare();
      await post(rest, callId, form, 'update');
    } catch (error) {
      release.undo();
      throw error;
    }
    release.keep(typeof call === 'string' ? undefined : call.closed);
  }

  return {
    async hangUp(callId) {
      checkId('hangUp', callId);
      await post(rest, callId, { Status: 'completed' }, 'end');
    },

    async update(call, instructions) {
      checkId('update', call);
      await handOn(call, () => Promise.resolve(), formOf(instructions));
    },

    async transfer(call, { announce, sampleRate, announceTimeoutMs, afterwards = [], ...target }) {
      // What cannot be dialled is an error before anything is said.
      const document = twiml([verbs.dial(target), ...afterwards]);
      await handOn(call, () => heard(call, announce, { sampleRate, timeoutMs: announceTimeoutMs }), {
        Twiml: document,
      });
    },

    async sendDigits(call, digits, { afterwards }) {
      checkId('sendDigits', call);
      checkDigits(digits);
      if (afterwards.length === 0) {
        throw invalid(
          'sendDigits ends the stream, and with nothing in `afterwards` the call. Give what follows, such as verbs.connectStream(...).',
        );
      }
      const document = twiml([verbs.playDigits(digits), ...afterwards]);
      await handOn(call, () => Promise.resolve(), { Twiml: document });
    },

    async create(wanted) {
      const body = await rest.post({
        path: '/Calls.json',
        form: createForm(wanted),
        failure: 'Twilio did not place the call',
        retry: 'once',
        readsBody: true,
      });
      return { callId: sidOf(body) };
    },

    released: (callId) => released.has(callId),
  };
}

type Form = Readonly<Record<string, string>>;

async function post(rest: TwilioRest, callId: string, form: Form, does: 'end' | 'update'): Promise<void> {
  await rest.post({
    path: `/Calls/${encodeURIComponent(callId)}.json`,
    form,
    failure: `Twilio did not ${does} call ${callId}`,
    // The last word holds, so that saying it twice leaves the call where once would have.
    retry: 'may-repeat',
    ...(does === 'end' && { success: ALREADY_ENDED }),
  });
}

/** Plays an announcement, and waits until it, and all before it, was heard or cut off. */
async function heard(
  call: Call,
  announce: PlaySource = new Int16Array(0),
  {
    sampleRate,
    timeoutMs = DEFAULT_ANNOUNCE_MS,
  }: { readonly sampleRate: number | undefined; readonly timeoutMs: number | undefined },
): Promise<void> {
  const { done } = call.play(announce, sampleRate === undefined ? {} : { sampleRate });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    const end = await Promise.race([done, late]);
    if (end?.outcome === 'call-ended') {
      throw new MediaError('transport-closed', 'The call ended before it could be transferred.');
    }
  } finally {
    clearTimeout(timer);
  }
}

function formOf({ twiml: document, url, method }: CallInstructions): Record<string, string> {
  if ((document === undefined) === (url === undefined)) {
    throw invalid('A call takes either twiml or url: what it shall do, or where to ask. Give one of them.');
  }
  if (document !== undefined) {
    if (!/^\s*</.test(document)) throw invalid('twiml must be a document, such as twiml([...]) makes.');
    return { Twiml: document };
  }
  return { Url: webUrl('url', String(url)), ...(method !== undefined && { Method: method }) };
}

function createForm({
  to,
  from,
  statusCallback,
  timeoutSeconds,
  ...instructions
}: CreateOptions): Record<string, string> {
  if (to.trim() === '' || from.trim() === '') {
    throw invalid('create needs to and from: whom to call, and one of your own numbers.');
  }
  if (timeoutSeconds !== undefined && !(Number.isInteger(timeoutSeconds) && timeoutSeconds > 0)) {
    throw invalid(`timeoutSeconds is ${timeoutSeconds}; it must be a whole number above 0.`);
  }
  return {
    To: to,
    From: from,
    ...formOf(instructions),
    ...(statusCallback !== undefined && { StatusCallback: webUrl('statusCallback', String(statusCallback)) }),
    ...(timeoutSeconds !== undefined && { Timeout: String(timeoutSeconds) }),
  };
}

function sidOf(body: string): string {
  try {
    const { sid } = JSON.parse(body) as { readonly sid?: unknown };
    if (typeof sid === 'string' && sid !== '') return sid;
  } catch {
    // Said below.
  }
  throw new MediaError(
    'control-failed',
    "Twilio placed the call, but its answer names no id. Look for the call in Twilio's console, and check the base URL.",
  );
}

function checkId(name: string, call: Call | string): void {
  if (call === '') throw invalid(`${name} needs the id of a call; it was empty.`);
}

function invalid(message: string): MediaError {
  return new MediaError('invalid-argument', message);
}
