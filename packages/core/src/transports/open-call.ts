import { SAMPLE_RATES } from '../dsp/resampler.ts';
import { MediaError } from '../errors.ts';
import type { FrameFromCall, FrameToCall, StartFrame } from '../frames/frame.ts';
import type { FrameSerializer, Provider, WireMessage } from '../serializers/serializer.ts';
import { systemClock } from '../streams/clock.ts';
import type { Call, CallEnd, CallHandler, CallOptions, CallSocket } from './call.ts';
import { type CallLimits, callLimits } from './call-limits.ts';
import { LiveCall } from './live-call.ts';
import { CLOSE_POLICY, closeReason, closeSocket, wireMessage } from './socket.ts';

/** Messages that cannot be read before `start` until the socket is given up. */
const STRANGE_MESSAGES = 20;

/** Messages that may come between `start` and the moment in which the app has its call: 20 s of a usual stream. */
const HELD_MESSAGES = 1000;

/** `WebSocket.CLOSING`, by number. */
const CLOSING = 2;

/**
 * Opens a call over a socket that a provider has connected: waits for `start`.
 *
 * Call it in the same tick in which the socket was accepted: it listens before it awaits anything.
 *
 * @param socket anything with the standard WebSocket interface. It belongs to the call from here on.
 * @param provider whose protocol is spoken, or several to tell by the first messages.
 * @throws {MediaError} `timeout`, `transport-closed`, `opened-too-late`, `malformed-message`, `refused`, `aborted`,
 * `invalid-argument`; the socket is closed then.
 */
export function openCall(
  socket: CallSocket,
  provider: Provider | readonly Provider[],
  options: CallOptions = {},
): Promise<Call> {
  return new Promise((resolve, reject) => {
    new Opening(
      socket,
      Array.isArray(provider) ? provider : [provider as Provider],
      options,
      resolve,
      reject,
    );
  });
}

/**
 * Opens a call and hands it to a handler, which owns it: when the handler is done, what it said is heard and
 * the call is ended; when it fails, the call is ended at once. What servers use.
 *
 * @returns how the call ended. Never rejects: a call that did not open has the reason `not-opened`.
 */
export async function handleCall(
  socket: CallSocket,
  provider: Provider | readonly Provider[],
  options: CallOptions,
  handler: CallHandler,
): Promise<CallEnd> {
  let call: LiveCall;
  try {
    call = (await openCall(socket, provider, options)) as LiveCall;
  } catch (error) {
    const message = error instanceof MediaError ? error.message : 'The call could not be opened.';
    return { reason: 'not-opened', message, durationMs: 0, error };
  }
  try {
    const handled: unknown = handler(call);
    if (!isPromise(handled)) {
      call.warn(
        'handler-returned-early',
        'The handler returned no promise, so its call ends now. Make it async; to only observe, return call.closed.',
      );
    }
    await handled;
    await call.end({ when: 'played' });
  } catch (error) {
    if (call.over && isAfterTheEnd(error)) return call.closed;
    const name = error instanceof Error ? error.name : typeof error;
    const message = `The handler of the call failed (${name}), so the call was ended. Mend the handler: what it threw is the \`error\` of the call's end.`;
    call.warn('handler-failed', message);
    await call.endBecause('handler-failed', message, error);
  }
  return call.closed;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** A handler that was still writing when the call ended did nothing wrong. */
function isAfterTheEnd(error: unknown): boolean {
  return error instanceof MediaError && error.code === 'transport-closed';
}

/** Whether a message that opens no stream is audio of a stream that was opened before. */
function holdsAudio(provider: Provider, message: WireMessage): boolean {
  try {
    return provider
      .createSerializer()
      .deserialize(message)
      .some(({ kind }) => kind === 'audio');
  } catch {
    return false;
  }
}

/** A socket on its way to be a call. */
class Opening {
  readonly #socket: CallSocket;
  readonly #providers: readonly Provider[];
  readonly #options: CallOptions;
  readonly #resolve: (call: Call) => void;
  readonly #reject: (error: MediaError) => void;
  readonly #abort = (): void => this.#fail('aborted', 'The signal fired before the call had started.');
  #cancelTimer: (() => void) | undefined;
  #provider: Provider | undefined;
  #serializer: FrameSerializer<FrameFromCall, FrameToCall> | undefined;
  #call: LiveCall | undefined;
  /** What came since `start`, until the app has its call and whatever observes it. Undefined from then on. */
  #held: (() => void)[] | undefined = [];
  #done = false;
  #strange = 0;
  #lastStrange: MediaError | undefined;
  #messages = 0;

  constructor(
    socket: CallSocket,
    providers: readonly Provider[],
    options: CallOptions,
    resolve: (call: Call) => void,
    reject: (error: MediaError) => void,
  ) {
    this.#socket = socket;
    this.#providers = providers;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    socket.addEventListener('message', ({ data }) => this.#message(data));
    socket.addEventListener('close', ({ code }) => this.#closed(code));
    // The close event that follows says what matters; without a listener some runtimes throw.
    socket.addEventListener('error', () => {});
    // Blobs, the browsers' default, cannot be read synchronously.
    socket.binaryType = 'arraybuffer';
    this.#begin();
  }

  #begin(): void {
    const { sampleRate, autoHangUp, control, signal } = this.#options;
    let limits: CallLimits;
    try {
      limits = callLimits(this.#options);
    } catch (error) {
      const { code, message } = error as MediaError;
      this.#fail(code, message);
      return;
    }
    if (sampleRate !== undefined && !(SAMPLE_RATES as readonly number[]).includes(sampleRate)) {
      this.#fail(
        'invalid-argument',
        `sampleRate is ${sampleRate}; a call can be had at ${SAMPLE_RATES.join(', ')} Hz.`,
      );
    } else if (autoHangUp && !control) {
      this.#fail(
        'invalid-argument',
        'autoHangUp asks for a hang-up, but there is no control to do it. Give `control`, such as twilioCalls(...).',
      );
    } else if (signal?.aborted) {
      this.#abort();
    } else if (this.#socket.readyState >= CLOSING) {
      this.#fail('transport-closed', 'The socket was closed before the call had started.');
    } else {
      signal?.addEventListener('abort', this.#abort, { once: true });
      const clock = this.#options.clock ?? systemClock;
      this.#cancelTimer = clock.after(limits.startTimeoutMs, () => this.#tooLate());
    }
  }

  #message(data: unknown): void {
    const call = this.#call;
    if (call) {
      if (this.#held) this.#hold(() => call.received(data));
      else call.received(data);
      return;
    }
    if (this.#done) return;
    this.#messages++;
    try {
      const message = wireMessage(data);
      const frames = this.#serializerFor(message)?.deserialize(message) ?? [];
      for (const frame of frames) {
        if (frame.kind === 'start') {
          this.#start(frame);
          return;
        }
        if (frame.kind === 'audio') {
          this.#startMissed();
          return;
        }
      }
    } catch (error) {
      if (error instanceof MediaError && error.code === 'malformed-message') this.#strangeMessage(error);
      else {
        this.#fail(
          error instanceof MediaError ? error.code : 'malformed-message',
          error instanceof MediaError ? error.message : 'The call could not be opened.',
        );
      }
    }
  }

  #serializerFor(message: WireMessage): FrameSerializer<FrameFromCall, FrameToCall> | undefined {
    if (this.#serializer) return this.#serializer;
    const provider =
      this.#providers.length === 1
        ? this.#providers[0]
        : this.#providers.find((candidate) => candidate.matches(message));
    if (!provider) {
      if (this.#providers.some((candidate) => holdsAudio(candidate, message))) this.#startMissed();
      return undefined;
    }
    this.#provider = provider;
    this.#serializer = provider.createSerializer();
    return this.#serializer;
  }

  #start(info: StartFrame): void {
    const { authorize } = this.#options;
    const call = new LiveCall(
      this.#socket,
      this.#provider as Provider,
      this.#serializer as FrameSerializer<FrameFromCall, FrameToCall>,
      info,
      this.#options,
    );
    // What comes from here on is the call's, so nothing is lost while it is being authorized.
    this.#call = call;
    if (!authorize) {
      this.#succeed(call);
      return;
    }
    void this.#authorize(call, authorize);
  }

  async #authorize(call: LiveCall, authorize: NonNullable<CallOptions['authorize']>): Promise<void> {
    let welcome = false;
    try {
      welcome = await authorize(call.info);
    } catch {
      // A check that fails has not said yes.
    }
    if (this.#done) return;
    if (welcome) this.#succeed(call);
    else this.#fail('refused', 'The call was refused by `authorize`.');
  }

  #succeed(call: LiveCall): void {
    this.#over();
    call.handedOut();
    this.#resolve(call);
    // Messages may stand in the chunk of bytes that `start` came in. They wait until whoever awaits the call has run.
    (this.#options.clock ?? systemClock).after(0, () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const deliver of held) deliver();
    });
  }

  #hold(deliver: () => void): void {
    this.#held?.push(deliver);
    // Once the app has its call, the moment that is left is short, and nothing that came is lost.
    if (this.#done || (this.#held?.length ?? 0) <= HELD_MESSAGES) return;
    this.#held = [];
    this.#fail(
      'limit-exceeded',
      `More than ${HELD_MESSAGES} messages came before the call had been authorized. Make \`authorize\` faster.`,
    );
  }

  #closed(code: number | undefined): void {
    const call = this.#call;
    if (call && this.#done && this.#held) {
      this.#held.push(() => call.socketClosed(code));
      return;
    }
    call?.socketClosed(code);
    this.#fail(
      'transport-closed',
      `The socket closed before the call had started${code === undefined ? '' : ` (code ${code})`}.`,
    );
  }

  #startMissed(): void {
    if (this.#lastStrange) {
      // A start that could not be read explains more than its absence.
      this.#fail(
        'malformed-message',
        `Audio came, but no start that can be used. ${this.#lastStrange.message}`,
      );
      return;
    }
    this.#fail(
      'opened-too-late',
      'Audio came before start: openCall was called too late, after messages had gone by. Call it in the tick in which the socket was accepted.',
    );
  }

  #strangeMessage(error: MediaError): void {
    this.#lastStrange = error;
    if (++this.#strange < STRANGE_MESSAGES) return;
    this.#fail(
      'malformed-message',
      `${STRANGE_MESSAGES} messages came that cannot be read, and no start. The last: ${error.message}`,
    );
  }

  #tooLate(): void {
    const names = this.#providers.map(({ name }) => name).join(' or ');
    const came =
      this.#messages === 0
        ? 'no message at all'
        : `${this.#messages} message(s), ${this.#strange} of which could not be read`;
    this.#fail(
      'timeout',
      this.#call
        ? '`authorize` took longer than the call may take to start.'
        : `No start from ${names} in time; ${came} came. Check that a provider's media stream is what connects here.`,
    );
  }

  #fail(code: MediaError['code'], message: string): void {
    if (this.#done) return;
    this.#over();
    this.#held = undefined;
    const error = new MediaError(code, message);
    if (this.#call) this.#call.abandon(message, error);
    else closeSocket(this.#socket, CLOSE_POLICY, closeReason(message));
    this.#reject(error);
  }

  #over(): void {
    this.#done = true;
    this.#cancelTimer?.();
    this.#options.signal?.removeEventListener('abort', this.#abort);
  }
}
