/**
 * What one listener does to calls: ends them, sends their apps texts, speaks to callers.
 *
 * @module
 */

import type { AuditEntry } from './audit.ts';
import type { Actor, Barging, FollowedCall } from './followed-call.ts';
import type { ClientMessage, FailureCode, HubMessage } from './wire/messages.ts';
import type { AudioPacket } from './wire/packet.ts';

/** Callers that one listener speaks to at once, at most. */
const MAX_BARGES = 16;

const words = {
  mayNotHangUp: 'You may see this call but not end it.',
  mayNotSay: 'You may see this call but not send its app a text.',
  mayNotBarge: 'You may see this call but not speak to the caller.',
  tooMany: `A page can speak to ${MAX_BARGES} callers at once. Stop one, then try again.`,
} as const;

/** Said of a call that is not there, or not in the ticket. */
export const UNKNOWN_CALL = 'This call is not there any more. It may have just ended.';

/** What control needs of its session. */
export interface ControlHost {
  /** Who acts, by the ticket. */
  readonly actor: Actor;
  /** Undefined where there is no such call, or none that the ticket is about. */
  find(callId: string): FollowedCall | undefined;
  say(message: HubMessage): void;
  fail(id: number, code: FailureCode, message: string): void;
  audit(action: AuditEntry['action'], outcome: AuditEntry['outcome'], callId: string): void;
}

type Request = ClientMessage & { readonly type: 'hang-up' | 'say' | 'barge' };

/** Acts on calls for one listener, as far as its ticket lets it. */
export class SessionControl {
  readonly #host: ControlHost;
  readonly #barges = new Map<number, { readonly barging: Barging; readonly end: () => void }>();

  constructor(host: ControlHost) {
    this.#host = host;
  }

  /** Whether an id is that of a barge. */
  has(id: number): boolean {
    return this.#barges.has(id);
  }

  /** Does what is asked for. */
  handle(request: Request): void {
    const { actor } = this.#host;
    switch (request.type) {
      case 'hang-up':
        void this.#act('hang-up', request, words.mayNotHangUp, (call) => call.hangUp(actor));
        return;
      case 'say':
        void this.#act('say', request, words.mayNotSay, (call) => call.say(request.text, actor));
        return;
      case 'barge':
        this.#barge(request);
    }
  }

  /** Takes what somebody says. What belongs to no barge was refused, or was under way when it ended, and is passed over. */
  hear(packet: AudioPacket): void {
    this.#barges.get(packet.stream)?.barging.write(packet);
  }

  /** Ends a barge. */
  end(id: number): void {
    this.#barges.get(id)?.end();
  }

  /** Ends all barges. */
  close(): void {
    for (const { end } of [...this.#barges.values()]) end();
  }

  #barge({ id, callId }: Request): void {
    const { actor, say, fail, audit } = this.#host;
    if (this.#barges.size >= MAX_BARGES) {
      fail(id, 'limit-exceeded', words.tooMany);
      return;
    }
    const call = this.#allowed('barge-start', { id, callId }, words.mayNotBarge);
    if (call === undefined) return;
    let over = false;
    const settle = (): void => {
      if (over) return;
      over = true;
      this.#barges.delete(id);
      audit('barge-stop', 'allowed', callId);
    };
    const barging = call.barge(actor, {
      opened: () => say({ type: 'done', id }),
      failed: (failure) => {
        settle();
        fail(id, 'control-failed', failure);
      },
      over: () => {
        settle();
        say({ type: 'over', id });
      },
    });
    const end = (): void => {
      settle();
      barging.stop();
    };
    if (!over) this.#barges.set(id, { barging, end });
  }

  async #act(
    action: AuditEntry['action'],
    request: Request,
    refusal: string,
    act: (call: FollowedCall) => Promise<string | undefined>,
  ): Promise<void> {
    const call = this.#allowed(action, request, refusal);
    if (call === undefined) return;
    const failure = await act(call);
    if (failure === undefined) this.#host.say({ type: 'done', id: request.id });
    else this.#host.fail(request.id, 'control-failed', failure);
  }

  /** The call, where there is one and the ticket lets its holder act on it. Says so otherwise. */
  #allowed(
    action: AuditEntry['action'],
    { id, callId }: { readonly id: number; readonly callId: string },
    refusal: string,
  ): FollowedCall | undefined {
    const { actor, audit, fail } = this.#host;
    if (!actor.scopes.includes('control')) {
      audit(action, 'refused', callId);
      fail(id, 'refused', refusal);
      return undefined;
    }
    const call = this.#host.find(callId);
    if (call) audit(action, 'allowed', callId);
    else fail(id, 'unknown-call', UNKNOWN_CALL);
    return call;
  }
}
