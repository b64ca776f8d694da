import {
  type Call,
  type CallEnd,
  type CallHandler,
  type CallOptions,
  type CallSocket,
  type CallWarning,
  handleCall,
  MediaError,
  type Provider,
  twilio,
} from '@patchcord/core';
import { guarded, logFirstRefusals, logFirstWarnings, stackOf } from './reports.ts';
import { WaitingRoom } from './waiting-room.ts';

/** How calls are answered. */
export interface AnswerOptions extends CallOptions {
  /** Whose protocol the callers speak; with a list, whichever fits the first message. Default: Twilio's. */
  readonly provider?: Provider | readonly Provider[];
  /** Most sockets that may be open without a `start`. Default: 1000. */
  readonly maxWaiting?: number;
  /** The same for one address. All calls through one proxy count as one address. Default: 100. */
  readonly maxWaitingPerAddress?: number;
  /** Is told each warning of each call. Default: the first of each code is told to `log`, and each handler that fails. */
  readonly onWarning?: (warning: CallWarning, call: Call) => void;
  /**
   * Is told of each socket that did not become a call: an upgrade that was refused, or no `start` in time.
   * Default: the first of each code is told to `log`, so that strangers cannot fill it.
   */
  readonly onRefused?: (error: unknown) => void;
  /** Takes the few lines that must not go unseen. Default: `console.warn`. */
  readonly log?: (line: string) => void;
}

/** `WebSocket` close code "try again later", of IANA's registry. */
const CLOSE_TRY_LATER = 1013;

/**
 * Answers calls where the server upgrades by itself: Deno, Bun, Cloudflare, Hono, Fastify. As `handleCall`, with what
 * `serveCalls` has besides: sockets without a `start` are bounded, and nothing that goes wrong goes unsaid.
 *
 * ```ts
 * const answer = answerCalls({}, (call) => call.readable.pipeTo(call.writable)); // an echo
 * // for each upgrade that createUpgradeCheck lets pass:
 * answer(socket, address);
 * ```
 *
 * Where the runtime has sockets that must be accepted, as Cloudflare's, accept first, in the same tick.
 *
 * @returns what takes a socket, in the tick in which it was accepted, with the address of its other end, by which waiting
 * sockets are told apart (default: all are one). It gives how the call ended, and never rejects.
 * @throws {MediaError} `invalid-argument` for options that do not fit together.
 */
export function answerCalls(
  options: AnswerOptions,
  handler: CallHandler,
): (socket: CallSocket, address?: string) => Promise<CallEnd> {
  const { maxWaiting, maxWaitingPerAddress } = options;
  const room = createWaitingRoom({ maxWaiting, maxWaitingPerAddress });
  const { answer, refused } = createAnswer(options, handler);
  return async (socket, address = '') => {
    const leave = room.enter(address);
    if (leave === undefined) {
      const error = tooMany();
      close(socket);
      refused(error);
      return { reason: 'not-opened', message: error.message, durationMs: 0, error };
    }
    const end = await answer(socket, leave);
    leave();
    return end;
  };
}

function close(socket: CallSocket): void {
  try {
    // Nobody else will listen, and some sockets throw errors that nobody listens to.
    socket.addEventListener('error', () => {});
    socket.close(CLOSE_TRY_LATER, 'Too many sockets wait here.');
  } catch {
    // Closed already, never opened, or no socket: nothing is left to do.
  }
}

/** The bound on sockets that wait for their `start`. */
export function createWaitingRoom({
  maxWaiting = 1000,
  maxWaitingPerAddress = 100,
}: {
  readonly maxWaiting: number | undefined;
  readonly maxWaitingPerAddress: number | undefined;
}): WaitingRoom {
  return new WaitingRoom({ max: maxWaiting, maxPerAddress: maxWaitingPerAddress });
}

/** Why a socket is not let in where too many wait. */
export function tooMany(): MediaError {
  return new MediaError(
    'limit-exceeded',
    'Too many sockets are open here without a start message. Try again later, or raise maxWaiting or maxWaitingPerAddress.',
  );
}

/** What takes sockets, and tells what becomes of them. */
export interface Answer {
  /** @param opened is told the call once it has started, before its handler is. */
  answer(socket: CallSocket, opened: (call: Call) => void): Promise<CallEnd>;
  /** Tells of a socket that did not become a call. */
  refused(error: unknown): void;
}

/** @throws {MediaError} `invalid-argument` for a hang-up with nobody to do it. */
export function createAnswer(options: AnswerOptions, handler: CallHandler): Answer {
  const { provider = twilio, log = console.warn, onWarning, onRefused = logFirstRefusals(log) } = options;
  if (options.autoHangUp === true && options.control === undefined) {
    throw new MediaError(
      'invalid-argument',
      'autoHangUp asks for a hang-up, but there is no control to do it. Give control, such as twilioCalls(...).',
    );
  }
  const reportWarning = guarded(onWarning ?? logFirstWarnings(log), 'onWarning', log);
  const refused = guarded(onRefused, 'onRefused', log);
  return {
    refused,
    async answer(socket, opened) {
      let started = false;
      const end = await handleCall(socket, provider, options, (call) => {
        started = true;
        opened(call);
        call.addEventListener('warning', ({ warning }) => reportWarning(warning, call));
        return handler(call);
      });
      const { reason, error, message } = end;
      if (!started) refused(error ?? new MediaError('transport-closed', message));
      if (reason === 'handler-failed' && onWarning === undefined)
        log(`Patchcord: ${message} ${stackOf(error)}`);
      return end;
    },
  };
}
