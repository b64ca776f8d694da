import type { Phone, PhoneOptions, WaitOptions } from '../phone/phone.ts';
import type { RestCall } from '../rest/call.ts';
import type { NumberEnd, NumberEvent } from './events.ts';
import type { TwimlMethod } from './twiml.ts';

/** Who calls, and how the number behaves. */
export interface NumberOptions
  extends Pick<
    PhoneOptions,
    'lineNoiseDb' | 'jitterBufferMs' | 'keepHeardMs' | 'clock' | 'connectTimeoutMs'
  > {
  /** Default: `+15550100001`. */
  readonly from?: string | undefined;
  /** Default: `+15550100002`. */
  readonly to?: string | undefined;
  /** Default: random, and as Twilio's look. */
  readonly callSid?: string | undefined;
  readonly accountSid?: string | undefined;
  /** Signs webhooks and upgrades as Twilio does. Default: no signature is sent. */
  readonly authToken?: string | undefined;
  /**
   * The origin by which the app knows itself, such as `https://voice.example.com`: signatures are made over it, and what
   * TwiML says of it leads to the webhook's own host. Default: the webhook's.
   */
  readonly publicUrl?: string | undefined;
  /** How the first TwiML is asked for. Default: `POST`. */
  readonly method?: TwimlMethod | undefined;
  /** The REST interface that shall control the call. */
  readonly rest?: { control(call: RestCall): void } | undefined;
  /** How long whoever is dialled stays on the line, in milliseconds. Default: until the call ends. */
  readonly dialMs?: number | undefined;
  /** Longest wait for a webhook, in milliseconds. Default: 15 000, Twilio's. */
  readonly webhookTimeoutMs?: number | undefined;
  /** Is told the call's end with a webhook, as `StatusCallback` asks for. */
  readonly statusCallback?: string | undefined;
  readonly statusCallbackMethod?: TwimlMethod | undefined;
}

/** A call to a number. */
export interface NumberCall extends RestCall {
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  /** What happened, oldest first. Beyond 10 000 the oldest are forgotten. */
  readonly events: readonly NumberEvent[];
  /** The phone of each stream that came up, oldest first: those of `<Connect>` can speak, those of `<Start>` too. */
  readonly phones: readonly Phone[];
  /**
   * Waits for the next stream to come up, of those that this has not given yet.
   *
   * @returns its phone. Rejects with a `MediaError`: `timeout` (default 10 s), `transport-closed` when the call is over.
   */
  nextPhone(options?: WaitOptions): Promise<Phone>;
  /** Waits for the first event of a kind, which may have happened already. Rejects as `nextPhone` does. */
  waitForEvent<Kind extends NumberEvent['kind']>(
    kind: Kind,
    options?: WaitOptions,
  ): Promise<Extract<NumberEvent, { readonly kind: Kind }>>;
  /** The caller hangs up. Resolves when all streams are closed; harmless when the call is over. */
  hangUp(): Promise<NumberEnd>;
  /** Settles when the call is over and its streams are closed. Never rejects. */
  readonly closed: Promise<NumberEnd>;
}
