/**
 * What was asked of other gateways with a grant, and what they answer.
 *
 * @module
 */

import type { Clock } from '@patchcord/core';
import { CONTROL_MS } from '../control.ts';
import type { Actor, BargeEvents, Barging } from '../followed-call.ts';
import type { Bus } from './bus.ts';
import type { Grant, GrantAction, GrantOffice } from './grants.ts';
import { type Answer, toBytes } from './messages.ts';
import type { VoiceSeal } from './seal.ts';
import { subjects } from './subjects.ts';

/** Packets of a voice that wait to be sealed, at most: half a second. */
const MAX_UNSEALED = 25;

/** How often a barge is said to go on, in milliseconds: its gateway ends it after 15 s without. */
const RENEW_MS = 5000;

const words = {
  unreachable: 'The gateway of this call cannot be reached now. Try again when it is back.',
  noAnswer: 'The gateway of this call did not answer. Look whether the call is still up.',
  lostVoice: 'The gateway of this call cannot be reached: the caller does not hear you any more.',
} as const;

/** What requests need of their surroundings. */
export interface RequestsHost {
  /** Name of this gateway. */
  readonly name: string;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly grants: GrantOffice;
  readonly seal: VoiceSeal;
  /** Whether a gateway is heard at present. */
  reachable(gateway: string): boolean;
}

/** Asks other gateways to act on their calls. */
export class Requests {
  readonly #host: RequestsHost;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly #barges = new Set<() => void>();
  #closed = false;

  constructor(host: RequestsHost) {
    this.#host = host;
  }

  /** Takes an answer. */
  take(answer: Answer): void {
    this.#waiting.get(answer.jti)?.(answer);
  }

  /** Sends a grant that is not answered. */
  send(owner: string, action: GrantAction, callId: string, actor: Actor, barge?: string): void {
    void this.#send({ owner, action, callId, ...granted(actor), ...(barge !== undefined && { barge }) });
  }

  /** Sends a grant. Resolves to what went wrong, in words, if something did. */
  async ask(
    owner: string,
    action: 'hang-up' | 'say',
    callId: string,
    actor: Actor,
    text?: string,
  ): Promise<string | undefined> {
    const { clock } = this.#host;
    if (!this.#host.reachable(owner)) return words.unreachable;
    return await new Promise<string | undefined>((resolve) => {
      let forget = (): void => {};
      const settle = (failure?: string): void => {
        cancel();
        forget();
        resolve(failure);
      };
      const cancel = clock.after(CONTROL_MS, () => settle(words.noAnswer));
      const grant = { owner, action, callId, ...granted(actor), ...(text !== undefined && { text }) };
      void this.#send(grant, ({ outcome, words: failure = words.noAnswer }) =>
        settle(outcome === 'failed' ? failure : undefined),
      ).then((jti) => {
        if (jti === undefined) settle(words.unreachable);
        else forget = () => this.#waiting.delete(jti);
      });
    });
  }

  /** Speaks to a caller of another gateway. */
  barge(owner: string, callId: string, actor: Actor, events: BargeEvents): Barging {
    const { bus, clock, seal } = this.#host;
    const barge = hex(crypto.getRandomValues(new Uint8Array(16)));
    const grant = { owner, callId, ...granted(actor), barge };
    let over = false;
    let opened = false;
    let sequence = 0;
    let unsealed = 0;
    let cancelTimer = (): void => {};
    let forget = (): void => {};

    const end = (): void => {
      over = true;
      cancelTimer();
      forget();
      this.#barges.delete(stop);
    };
    const fail = (failure: string): void => {
      if (over) return;
      end();
      events.failed(failure);
    };
    const stop = (): void => {
      if (over) return;
      end();
      void sealing.then(() => this.#send({ ...grant, action: 'barge-stop' }));
    };
    const renew = (): void => {
      const reachable = this.#host.reachable(owner);
      if (!reachable || !opened) {
        void this.#send({ ...grant, action: 'barge-stop' }); // should it hear us after all
        fail(reachable ? words.noAnswer : words.lostVoice);
        return;
      }
      cancelTimer = clock.after(RENEW_MS, renew);
      void this.#send({ ...grant, action: 'barge' });
    };
    const take = (answer: Answer): void => {
      if (over) return;
      if (answer.outcome === 'done') {
        opened = true;
        events.opened();
        return;
      }
      if (answer.outcome === 'failed') fail(answer.words ?? words.noAnswer);
      else {
        end();
        events.over();
      }
    };

    this.#barges.add(stop);
    // One after the other, the grant first: what is said must arrive in order.
    let sealing: Promise<unknown> = this.#host.reachable(owner)
      ? this.#send({ ...grant, action: 'barge' }, take).then((jti) => {
          if (jti === undefined) fail(words.unreachable);
          else forget = () => this.#waiting.delete(jti);
          if (over) forget();
        })
      : Promise.resolve().then(() => fail(words.unreachable));
    cancelTimer = clock.after(CONTROL_MS, renew);
    return {
      write({ sampleRate, codes }) {
        if (over || unsealed >= MAX_UNSEALED) return;
        unsealed++;
        sealing = sealing.then(async () => {
          const bytes = await seal.seal({ barge, sequence: sequence++, sampleRate, codes });
          unsealed--;
          bus.publish(subjects.voice(owner), bytes);
        });
      },
      stop,
    };
  }

  /** Ends all barges, and waits for no answer any more. */
  close(): void {
    for (const stop of [...this.#barges]) stop();
    this.#closed = true;
    for (const take of [...this.#waiting.values()]) {
      take({ jti: '', outcome: 'failed', words: words.unreachable });
    }
    this.#waiting.clear();
  }

  /** Signs and sends. Resolves to the id by which it is answered; undefined when it could not be sent. Never rejects. */
  async #send(grant: Omit<Grant, 'issuer'>, take?: (answer: Answer) => void): Promise<string | undefined> {
    const { bus, name, grants } = this.#host;
    try {
      const { jti, token } = await grants.sign({ ...grant, issuer: name });
      if (this.#closed) return undefined;
      if (take) this.#waiting.set(jti, take);
      if (bus.publish(subjects.to(grant.owner), toBytes({ kind: 'grant', from: name, grant: token })))
        return jti;
      this.#waiting.delete(jti);
    } catch {
      // No key could be made of the secret; said as if the gateway were away.
    }
    return undefined;
  }
}

function granted({ scopes, subject }: Actor): Pick<Grant, 'scopes' | 'subject'> {
  return { scopes, ...(subject !== undefined && { subject }) };
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
