import { type Clock, MediaError, type StartFrame, systemClock } from '@patchcord/core';

/** How stream tokens are kept. */
export interface StreamTokensOptions {
  /** How long a token is good for, in milliseconds: from the webhook's answer to the stream's start. Default: 60 000. */
  readonly ttlMs?: number;
  /** Most tokens that may be out at once; beyond it the oldest are forgotten. Default: 10 000. */
  readonly maxTokens?: number;
  /** Name of the stream's parameter. Default: `token`. */
  readonly parameter?: string;
  readonly clock?: Clock;
}

/** Tokens that let one stream in, once. */
export interface StreamTokens {
  /**
   * A fresh token as a parameter of a stream, for `connectStream` and `verbs`.
   *
   * @param callId The call that alone may use it: the webhook's `CallSid`. Default: any.
   */
  mint(callId?: string): Readonly<Record<string, string>>;
  /** Whether a call may start: `authorize` of `serveCalls` and `openCall`. True once per token, within its time. */
  readonly authorize: (start: Pick<StartFrame, 'callId' | 'parameters'>) => boolean;
  /** Tokens that are out. */
  readonly size: number;
}

/**
 * One-time tokens for streams. The signature of an upgrade has no time in it and covers its URL alone, so one that was
 * overheard opens further streams; a token in a `<Parameter>` opens one.
 *
 * ```ts
 * const tokens = createStreamTokens();
 * // in the webhook: connectStream({ url, parameters: tokens.mint(callSid) })
 * await serveCalls({ authorize: tokens.authorize }, handler);
 * ```
 *
 * Tokens are kept in this process: webhook and stream have to reach the same one.
 *
 * @throws {MediaError} `invalid-argument` for bounds that are none.
 */
export function createStreamTokens({
  ttlMs = 60_000,
  maxTokens = 10_000,
  parameter = 'token',
  clock = systemClock,
}: StreamTokensOptions = {}): StreamTokens {
  if (!(ttlMs > 0) || !(maxTokens >= 1) || parameter === '') {
    throw new MediaError(
      'invalid-argument',
      'ttlMs and maxTokens must be above 0, and parameter a name. Give others, or leave them out.',
    );
  }
  /** In the order in which they were minted, which is that of their ends. */
  const tokens = new Map<string, { readonly endsMs: number; readonly callId: string | undefined }>();

  function forgetEnded(now: number): void {
    for (const [token, { endsMs }] of tokens) {
      if (endsMs > now) return;
      tokens.delete(token);
    }
  }

  return {
    mint(callId) {
      const now = clock.now();
      forgetEnded(now);
      const [oldest] = tokens.keys();
      if (tokens.size >= maxTokens && oldest !== undefined) tokens.delete(oldest);
      const token = randomToken();
      tokens.set(token, { endsMs: now + ttlMs, callId });
      return { [parameter]: token };
    },
    authorize({ callId, parameters }) {
      forgetEnded(clock.now());
      const token = Object.hasOwn(parameters, parameter) ? parameters[parameter] : undefined;
      const known = token === undefined ? undefined : tokens.get(token);
      if (token === undefined || known === undefined) return false;
      // Used up, also by the wrong call: whoever has it should not have.
      tokens.delete(token);
      return known.callId === undefined || known.callId === callId;
    },
    get size() {
      forgetEnded(clock.now());
      return tokens.size;
    },
  };
}

/** 128 random bits: nothing that could be guessed, whatever a look-up's time gives away. */
function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
