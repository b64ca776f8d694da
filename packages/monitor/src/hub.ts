/**
 * The hub: observes calls on one side, serves listeners on the other, and keeps either from harming the other.
 *
 * @module
 */

import { type Call, type Clock, MediaError, systemClock, type Track } from '@patchcord/core';
import type { AuditEntry } from './audit.ts';
import type { Bus } from './bus/bus.ts';
import { Federation } from './bus/federation.ts';
import type { Claims } from './claims.ts';
import type { CallBook, FollowedCall } from './followed-call.ts';
import { closeWith, drop, type MonitorSocket } from './listener.ts';
import { type OriginRules, refusalOf, type UpgradeHeaders } from './origin.ts';
import { Session } from './session.ts';
import { createTicketOffice, type Refusal, refusals, type TicketOptions } from './tickets.ts';
import { attachUpgrades, type UpgradeSource } from './upgrade.ts';
import { WatchedCall, type WatchOptions } from './watched-call.ts';
import { CloseCode } from './wire/messages.ts';

/** How often levels, and what changed in the list, are told, in milliseconds. */
const TICK_MS = 100;

/** An ended call stays in the list for this long, in milliseconds. */
const ENDED_STAYS_MS = 10_000;

/** Longest wait for a socket to open, or for a refused one to go, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/** Longest wait for listeners to say goodbye when the hub closes, in milliseconds. */
const CLOSE_MS = 1500;

const CLOSED = 'The gateway closes down. The page comes back by itself.';

/** Options of a hub. */
export interface HubOptions extends OriginRules {
  /**
   * Key that tickets are signed with, 32 bytes or more. Default: random, so that only this hub's tickets open this
   * hub. Give the same to several where one issues tickets for another; single use holds for each hub by itself.
   */
  readonly secret?: Uint8Array;
  /** Name of the gateway, told to pages. On a bus, no other hub may have it. */
  readonly gateway?: string;
  /**
   * Joins this hub with others: the calls of each are listed, heard and acted on through any. Needs `gateway`, and a
   * `secret` that all of them share. The hub closes it. Default: none, the hub knows its own calls.
   */
  readonly bus?: Bus;
  /** Is told who listened to what, and who hung up what: also when it was refused. What it throws is ignored. */
  readonly onAudit?: (entry: AuditEntry) => void;
  readonly clock?: Clock;
  /** Unix time in milliseconds. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Words that somebody said, as far as the app knows them. */
export interface PublishedWords {
  /** Up to 1,000 characters are kept. */
  readonly words: string;
  readonly track: Track;
  /** When they began, on the timeline of the call's inbound track. */
  readonly timestampMs: number;
}

/** Options of `attach`. */
export interface AttachOptions {
  /** Path of the monitor's socket. Default: `/monitor`. */
  readonly path?: string;
}

/** Lets listeners follow calls. */
export interface Hub {
  /**
   * Lets a call be followed until it ends. Never throws and never slows the call. A second stream of a call that is
   * still up is listed under `callId/streamId`.
   */
  watch(call: Call, options?: WatchOptions): void;
  /** Adds words to a call's events. Never throws; a call that is not watched is passed over. */
  publish(callId: string, words: PublishedWords): void;
  /**
   * Issues a ticket that opens one connection, once. Give tickets only to people who have proved who they are.
   *
   * @throws {MediaError} `invalid-argument`
   */
  issueTicket(options: TicketOptions): Promise<string>;
  /** Serves the monitor's socket on a path of an HTTP server. Requests for other paths are left to others. */
  attach(httpServer: UpgradeSource, options?: AttachOptions): void;
  /**
   * Serves a WebSocket that another runtime has upgraded, having answered the subprotocol `patchcord.v1`.
   *
   * @param ticket as `ticketOf` reads it from the subprotocols offered.
   * @param headers of the upgrade request: without them neither Origin nor Host is checked.
   * @returns a promise that settles when the listener is admitted or turned away. Never rejects.
   */
  accept(socket: MonitorSocket, ticket: string | undefined, headers?: UpgradeHeaders): Promise<void>;
  /** Lets all listeners and calls go. The calls go on. */
  close(): Promise<void>;
  /** Connections that a ticket has opened. */
  readonly listeners: number;
}

/**
 * Creates a hub. It does nothing by itself until calls are watched and listeners come.
 *
 * @throws {MediaError} `invalid-argument` for a secret that is too short, and for a bus without a gateway's name and a secret.
 */
export function createHub(options: HubOptions = {}): Hub {
  const { clock = systemClock, now = Date.now, onAudit, gateway, secret, bus } = options;
  const tickets = createTicketOffice({ now, ...(secret && { secret }) });
  const calls = new Map<string, WatchedCall>();
  const sessions = new Set<Session>();
  /** Sockets that are open, admitted or not. */
  const sockets = new Set<MonitorSocket>();
  const changed = new Set<WatchedCall>();
  const detach: (() => void)[] = [];
  const forget = new Map<WatchedCall, () => void>();
  let cancelTick: (() => void) | undefined;
  let closing: Promise<void> | undefined;
  let onIdle: (() => void) | undefined;
  const federation = bus
    ? new Federation({ gateway, secret, bus, clock, now, calls, audit, onChange: tellAll })
    : undefined;
  /** The calls of all gateways. */
  const book: CallBook = {
    get: (callId) => calls.get(callId) ?? federation?.get(callId),
    *values() {
      yield* calls.values();
      if (federation) yield* federation.values();
    },
  };
  if (federation) cancelTick = clock.after(TICK_MS, tick);

  function tellAll(kind: 'up' | 'changed' | 'ended', call: FollowedCall): void {
    for (const session of sessions) session.callChanged(kind, call);
  }

  function tellOwn(kind: 'up' | 'changed' | 'ended', call: WatchedCall): void {
    tellAll(kind, call);
    federation?.callChanged(kind, call);
  }

  function onChange(call: WatchedCall): void {
    if (call.summary.state === 'up') {
      changed.add(call);
      return;
    }
    changed.delete(call);
    tellOwn('ended', call);
    forget.set(
      call,
      clock.after(ENDED_STAYS_MS, () => {
        forget.delete(call);
        if (calls.get(call.id) === call) calls.delete(call.id);
      }),
    );
  }

  function tick(): void {
    cancelTick = sessions.size > 0 || federation ? clock.after(TICK_MS, tick) : undefined;
    for (const call of changed) tellOwn('changed', call);
    changed.clear();
    setMetering();
    const own = new Map<string, string>();
    for (const call of calls.values()) {
      if (call.metering && call.summary.state === 'up') own.set(call.id, JSON.stringify(call.readLevels()));
    }
    const levels =
      federation?.exchangeLevels(
        own,
        [...sessions].some(({ metering }) => metering),
      ) ?? own;
    const all = [...levels.values()].join();
    for (const session of sessions) session.tellLevels(levels, all);
  }

  function metering(): boolean {
    return sessions.size > 0 || (federation?.metering ?? false);
  }

  function setMetering(): void {
    for (const call of calls.values()) call.metering = metering();
  }

  function audit(entry: AuditEntry): void {
    try {
      onAudit?.(entry);
    } catch {
      // The audit is the app's; a listener gains and loses nothing by its failure.
    }
  }

  function admit(socket: MonitorSocket, claims: Claims): Session {
    const session = new Session(socket, claims, {
      clock,
      now,
      gateway,
      calls: book,
      audit,
      onClosed(closed) {
        sessions.delete(closed);
        setMetering();
      },
    });
    sessions.add(session);
    setMetering();
    cancelTick ??= clock.after(TICK_MS, tick);
    return session;
  }

  async function accept(
    socket: MonitorSocket,
    ticket: string | undefined,
    headers: UpgradeHeaders = {},
  ): Promise<void> {
    let session: Session | undefined;
    let gone = false;
    let spokeTooSoon = false;
    if (socket.readyState >= 2) return; // it closed before anybody could listen to it
    sockets.add(socket);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('error', () => {}); // `close` follows, and tells the same
    socket.addEventListener('message', ({ data }) => {
      if (session) session.receive(data);
      else spokeTooSoon = true;
    });
    socket.addEventListener('close', () => {
      gone = true;
      sockets.delete(socket);
      if (sockets.size === 0) onIdle?.();
    });
    const redeemed = await judge(ticket, headers);
    await opened(socket, clock);
    if (gone) return;
    if (closing) return turnAway(socket, clock, { code: CloseCode.goingAway, message: CLOSED });
    if ('refusal' in redeemed) return turnAway(socket, clock, redeemed.refusal);
    if (spokeTooSoon) {
      return turnAway(socket, clock, {
        code: CloseCode.notUnderstood,
        message: 'The monitor speaks first; wait for its welcome.',
      });
    }
    session = admit(socket, redeemed.claims);
  }

  /** The ticket is not spent on a request that is turned away for its headers. */
  async function judge(
    ticket: string | undefined,
    headers: UpgradeHeaders,
  ): ReturnType<typeof tickets.redeem> {
    const refusal = refusalOf(headers, options);
    if (refusal) return { refusal };
    return ticket === undefined ? { refusal: refusals.noAccess } : await tickets.redeem(ticket);
  }

  return {
    watch(call, watchOptions = {}) {
      try {
        if (closing) return;
        const { callId, streamId } = call.info;
        if (calls.get(callId)?.call === call) return;
        const id = book.get(callId)?.summary.state === 'up' ? `${callId}/${streamId}` : callId;
        if (calls.get(id)?.summary.state === 'up') return;
        const watched = new WatchedCall(id, call, watchOptions, { clock, now, gateway, onChange });
        watched.metering = metering();
        calls.set(id, watched);
        tellOwn('up', watched);
      } catch {
        // A call that cannot be observed goes on unobserved.
      }
    },

    publish(callId, { words, track, timestampMs }) {
      try {
        calls.get(callId)?.publish(String(words), track, timestampMs);
      } catch {
        // Words that cannot be told are not worth a call.
      }
    },

    async issueTicket(ticketOptions) {
      if (closing) {
        throw new MediaError('refused', 'The hub is closed and issues no tickets. Create another one.');
      }
      return await tickets.issue(ticketOptions);
    },

    attach(httpServer, { path = '/monitor' } = {}) {
      detach.push(attachUpgrades(httpServer, path, accept));
    },

    accept,

    close() {
      closing ??= new Promise<void>((resolve) => {
        for (const stop of detach) stop();
        cancelTick?.();
        for (const cancel of forget.values()) cancel();
        for (const call of calls.values()) call.release();
        for (const session of [...sessions]) session.close(CloseCode.goingAway, CLOSED);
        calls.clear();
        const left = federation?.close();
        if (sockets.size === 0) {
          resolve(left);
          return;
        }
        const cancel = clock.after(CLOSE_MS, () => {
          for (const socket of sockets) drop(socket);
          resolve(left);
        });
        onIdle = () => {
          cancel();
          resolve(left);
        };
      });
      return closing;
    },

    get listeners() {
      return sessions.size;
    },
  };
}

/** Waits until a socket is open or will never be. */
function opened(socket: MonitorSocket, clock: Clock): Promise<void> {
  if (socket.readyState !== 0) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.after(HANDSHAKE_MS, () => {
      drop(socket);
      resolve();
    });
    socket.addEventListener('open', settle);
    socket.addEventListener('close', settle);
  });
}

/** Says why, and lets the socket go. */
function turnAway(socket: MonitorSocket, clock: Clock, { code, message }: Refusal): void {
  closeWith(socket, code, message);
  const cancel = clock.after(CLOSE_MS, () => drop(socket));
  socket.addEventListener('close', cancel);
}
