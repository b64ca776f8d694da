import { MediaError } from '../errors.ts';
import type { Clock } from '../streams/clock.ts';
import type {
  CallControl,
  CallEnd,
  CallEndReason,
  CallSocket,
  CallStats,
  CallWarningCode,
  EndOptions,
} from './call.ts';
import type { Deadlines } from './deadlines.ts';
import type { Outbound } from './outbound.ts';
import { CLOSE_NORMAL, CLOSED, closeSocket } from './socket.ts';

/** Allowed on top of what is unheard when a call ends after playback. */
const END_MARGIN_MS = 10_000;

/** Longest wait for call control when a call ends. Call control has deadlines of its own; this one is the last. */
const HANG_UP_MS = 30_000;

/** Longest wait for the socket's close. */
const CLOSE_MS = 2000;

/** Said of a call that the provider ended. */
const STOPPED = 'The provider stopped the stream: the caller hung up, or the call went on elsewhere.';

/** Deadlines of the end: of the wait under way, and of the socket's close. */
export type EndingDeadline = 'end' | 'closing';

/** What the end needs of its call. */
export interface EndingHost {
  readonly clock: Clock;
  readonly deadlines: Pick<Deadlines<EndingDeadline>, 'set' | 'clear' | 'stop'>;
  readonly socket: CallSocket;
  readonly callId: string;
  readonly control: CallControl | undefined;
  readonly autoHangUp: boolean | undefined;
  readonly outbound: Pick<Outbound, 'finish' | 'unheardMs' | 'close'>;
  readonly counted: Pick<CallStats, 'sentMs'>;
  warn(code: CallWarningCode, message: string): void;
  /** The call is over: nothing more comes or goes. */
  over(): void;
  /** The socket is let go: nothing of the call is left. */
  settled(): void;
}

/**
 * How a call ends, and the one owner of that. Up, then ending (what is unheard is played, the call hung up), then over
 * (the socket is closing), then settled. The first reason holds.
 */
export class Ending {
  readonly closed: Promise<CallEnd>;
  readonly #host: EndingHost;
  readonly #startedAtMs: number;
  #settleClosed!: (end: CallEnd) => void;
  #begun = false;
  /** Set once: the call is over, its socket maybe not yet let go. */
  #end: CallEnd | undefined;
  /** Ends the wait for what is unheard. */
  #hasten: (() => void) | undefined;
  /** Ends whatever wait the `end` deadline bounds. */
  #outOfTime: (() => void) | undefined;
  #stopped = false;

  constructor(host: EndingHost) {
    this.#host = host;
    this.#startedAtMs = host.clock.now();
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** Whether the call is over or about to be: nothing more can be written. */
  get begun(): boolean {
    return this.#begun || this.#end !== undefined;
  }

  /** Whether the call is over: nothing more is received. */
  get over(): boolean {
    return this.#end !== undefined;
  }

  /** We end the call. Idempotent, but `when: 'now'` hastens. */
  begin(options: EndOptions, reason: CallEndReason, message: string, error?: unknown): Promise<CallEnd> {
    if (options.when === 'now') this.#hasten?.();
    if (!this.begun) {
      this.#begun = true;
      void this.#endOnce(options, reason, message, error);
    }
    return this.closed;
  }

  /**
   * The provider stopped the stream.
   *
   * @param tell tells the app, which may end the call in answer: by then there is nothing to hang up.
   */
  stopped(tell: () => void): void {
    this.#stopped = true;
    tell();
    if (this.#begun) this.#hasten?.();
    else this.#finish('stopped', STOPPED);
  }

  /** The socket closed. */
  socketClosed(code: number | undefined): void {
    if (this.#end === undefined && this.#begun) {
      this.#hasten?.();
      return;
    }
    this.#finish(
      'socket-closed',
      `The socket closed without a stop${code === undefined ? '' : ` (code ${code})`}: the provider closed it, or the network was lost.`,
    );
    this.#settle();
  }

  /** Lets go of a call that was never handed out: closes the socket and hangs nothing up. */
  abandon(message: string, error: unknown): void {
    this.#begun = true;
    this.#finish('not-opened', message, error);
  }

  due(deadline: EndingDeadline): void {
    if (deadline === 'end') this.#outOfTime?.();
    else this.#settle();
  }

  async #endOnce(options: EndOptions, reason: CallEndReason, message: string, error: unknown): Promise<void> {
    if (options.when !== 'now') await this.#heard(options.timeoutMs);
    // A stop that comes from here on is the answer to our own hang-up.
    const stopped = this.#stopped;
    await this.#hangUp();
    const closed = this.#host.socket.readyState === CLOSED;
    if (stopped) this.#finish('stopped', STOPPED);
    else this.#finish(reason, message, error);
    if (closed) this.#settle();
  }

  /** Waits until all that was written has been heard. */
  async #heard(timeoutMs: number | undefined): Promise<void> {
    const { outbound, counted } = this.#host;
    // First, for what is told while the rest is sent may hasten already.
    const hastened = new Promise<void>((resolve) => {
      this.#hasten = resolve;
    });
    const heard = outbound.finish();
    let { sentMs } = counted;
    // A source that is still being read goes on for longer than could be known.
    const moreMs = (): number => {
      const stuck = timeoutMs !== undefined || counted.sentMs === sentMs;
      sentMs = counted.sentMs;
      return stuck ? 0 : outbound.unheardMs;
    };
    const longestMs = timeoutMs ?? outbound.unheardMs + END_MARGIN_MS;
    await this.#atMost(longestMs, Promise.race([heard, hastened]), moreMs);
    this.#hasten = undefined;
  }

  /** Hangs up where that is ours to do: never after the provider's stop, nor once the call was handed on. */
  async #hangUp(): Promise<void> {
    const { control, autoHangUp = control !== undefined, callId, outbound } = this.#host;
    if (!control || !autoHangUp || this.#stopped) return;
    try {
      if (control.released?.(callId)) return;
      outbound.close();
      const done = await this.#atMost(
        HANG_UP_MS,
        control.hangUp(callId).then(() => true),
      );
      if (!done) throw new MediaError('timeout', `Call control did not answer in ${HANG_UP_MS / 1000} s.`);
    } catch (error) {
      const why = error instanceof MediaError ? error.message : 'Call control failed.';
      this.#host.warn(
        'hang-up-failed',
        `Could not hang up: ${why} The stream is closed; the call may still be up. See to call control, and hang up again by the call's id.`,
      );
    }
  }

  /** What a promise gives, or undefined when it takes longer. While `moreMs` is more than 0, it is waited for anew. */
  async #atMost<T>(milliseconds: number, promise: Promise<T>, moreMs = () => 0): Promise<T | undefined> {
    const { clock, deadlines } = this.#host;
    const outOfTime = new Promise<undefined>((resolve) => {
      this.#outOfTime = () => {
        const more = moreMs();
        if (more > 0) deadlines.set('end', clock.now() + more + END_MARGIN_MS);
        else resolve(undefined);
      };
    });
    deadlines.set('end', clock.now() + milliseconds);
    try {
      return await Promise.race([promise, outOfTime]);
    } finally {
      // Before whoever waits goes on, and may set it anew.
      deadlines.clear('end');
    }
  }

  #finish(reason: CallEndReason, message: string, error?: unknown): void {
    if (this.#end) return;
    const { clock, deadlines, socket } = this.#host;
    const now = clock.now();
    const end = { reason, message, durationMs: now - this.#startedAtMs };
    this.#end = error === undefined ? end : { ...end, error };
    this.#host.over();
    deadlines.stop();
    deadlines.set('closing', now + CLOSE_MS);
    closeSocket(socket, CLOSE_NORMAL, reason);
  }

  #settle(): void {
    if (!this.#end) return;
    this.#host.deadlines.stop();
    this.#host.settled();
    this.#settleClosed(this.#end);
  }
}
