/**
 * This gateway, as the others on the bus know it: it tells them its calls, and does what their grants ask for.
 *
 * @module
 */

import type { Clock } from '@patchcord/core';
import type { AuditEntry } from '../audit.ts';
import type { Barging } from '../followed-call.ts';
import type { WatchedCall } from '../watched-call.ts';
import type { CallEvent, CallSummary } from '../wire/messages.ts';
import { writePacket } from '../wire/packet.ts';
import type { Bus } from './bus.ts';
import type { GrantOffice, TakenGrant } from './grants.ts';
import { LEASE_MS, Leases } from './leases.ts';
import {
  type Answer,
  type Ask,
  arrayBytes,
  type EventsMessage,
  type ListMessage,
  MAX_BUS_TEXT,
  parseAsk,
  toBytes,
} from './messages.ts';
import type { SealedVoice, VoiceSeal } from './seal.ts';
import { subjects } from './subjects.ts';

/** Grants and sealed packets that wait to be checked, at most. */
const MAX_UNCHECKED = 1000;

/** Signs of life come every so many beats, which are seconds. */
const ALIVE_EVERY = 2;

const words = {
  unknownCall: 'This call is not there any more. It may have just ended.',
} as const;

/** What the own gateway needs of its surroundings. */
export interface OwnGatewayHost {
  readonly name: string;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly grants: GrantOffice;
  readonly seal: VoiceSeal;
  readonly calls: ReadonlyMap<string, WatchedCall>;
  readonly audit: (entry: AuditEntry) => void;
}

interface OpenBarge {
  readonly barging: Barging;
  readonly grant: TakenGrant;
  untilMs: number;
  sequence: number;
}

/** Tells the others, and does what they may ask. */
export class OwnGateway {
  readonly #host: OwnGatewayHost;
  readonly #epoch = crypto.randomUUID();
  readonly #levels = new Map<string, number>();
  readonly #events: Leases<WatchedCall>;
  readonly #audio: Leases<WatchedCall>;
  readonly #barges = new Map<string, OpenBarge>();
  readonly #unsubscribe: (() => void)[];
  #sequence = 0;
  #beats = 0;
  /** Grants and voices are checked one after the other: a voice must not overtake the grant that lets it in. */
  #checking: Promise<void> = Promise.resolve();
  #unchecked = 0;
  #closed = false;

  constructor(host: OwnGatewayHost) {
    this.#host = host;
    const { bus, clock, name } = host;
    this.#events = new Leases(clock);
    this.#audio = new Leases(clock);
    this.#unsubscribe = [
      bus.subscribe(subjects.hello, () => this.announce()),
      bus.subscribe(subjects.to(name), (bytes) => this.#ask(parseAsk(bytes))),
      bus.subscribe(subjects.voice(name), (bytes) =>
        this.#inOrder(async () => {
          const voice = await host.seal.open(bytes);
          if (voice) this.#hear(voice);
        }),
      ),
    ];
  }

  /** Whether another gateway wants levels. */
  get metering(): boolean {
    return this.#levels.size > 0;
  }

  /** Tells all calls. */
  announce(): void {
    const parts = inParts([...this.#host.calls.values()].map(({ summary }) => summary));
    for (const [part, calls] of parts.entries()) {
      this.#list({ kind: 'calls', part, parts: parts.length, calls });
    }
  }

  /** Tells that a call came, changed or ended. */
  callChanged(kind: 'up' | 'changed' | 'ended', call: WatchedCall): void {
    this.#sequence++;
    this.#list({ kind, call: call.summary });
    if (kind !== 'ended') return;
    this.#events.end(call);
    this.#audio.end(call);
  }

  /** Tells levels, as pieces of JSON. */
  tellLevels(levels: Iterable<string>): void {
    if (this.metering) this.#host.bus.publish(subjects.levels(this.#host.name), arrayBytes(levels));
  }

  /** To be called every second. */
  beat(): void {
    if (this.#beats++ % ALIVE_EVERY === 0) this.#list({ kind: 'alive' });
    const now = this.#host.clock.now();
    for (const [gateway, until] of this.#levels) if (until <= now) this.#levels.delete(gateway);
    this.#events.expire();
    this.#audio.expire();
    for (const barge of this.#barges.values()) if (barge.untilMs <= now) this.#endBarge(barge);
  }

  /** Says goodbye, and lets all go. */
  close(): void {
    this.#closed = true;
    this.#list({ kind: 'gone' });
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#events.close();
    this.#audio.close();
    for (const { barging } of [...this.#barges.values()]) barging.stop();
  }

  #list(message: Unnumbered): void {
    const bytes = toBytes({ ...message, epoch: this.#epoch, sequence: this.#sequence } as ListMessage);
    this.#host.bus.publish(subjects.calls(this.#host.name), bytes);
  }

  #ask(ask: Ask | undefined): void {
    if (ask === undefined || ask.from === this.#host.name) return;
    switch (ask.kind) {
      case 'calls':
        this.announce();
        return;
      case 'levels':
        this.#levels.set(ask.from, this.#host.clock.now() + LEASE_MS);
        return;
      case 'events':
        this.#tellEvents(ask.from, ask.callId, ask.number);
        return;
      case 'grant':
        this.#inOrder(async () => {
          const grant = await this.#host.grants.take(ask.grant);
          if (grant && grant.issuer === ask.from) this.#obey(grant);
        });
        return;
    }
  }

  #inOrder(check: () => Promise<void>): void {
    if (this.#unchecked >= MAX_UNCHECKED) return;
    this.#unchecked++;
    this.#checking = this.#checking.then(async () => {
      this.#unchecked--;
      if (!this.#closed) await check();
    });
  }

  #tellEvents(from: string, callId: string, number: number): void {
    const call = this.#host.calls.get(callId);
    if (call === undefined) return;
    const { bus, name } = this.#host;
    const subject = subjects.events(name, callId);
    const tell = (events: readonly CallEvent[], next: number): void => {
      bus.publish(subject, toBytes({ first: next - events.length, next, events } satisfies EventsMessage));
    };
    let first = call.nextEvent - call.eventsFrom(number).length;
    const parts = inParts(call.eventsFrom(number));
    for (const [part, events] of parts.entries()) {
      const next = first + events.length;
      const last = part === parts.length - 1;
      bus.publish(
        subject,
        toBytes({ first, next, events, ...(part === 0 && { asked: number }), last } satisfies EventsMessage),
      );
      first = next;
    }
    if (call.summary.state === 'ended') return;
    this.#events.lend(call, from, () => call.follow(call.nextEvent, skipFirst(tell), () => {}));
  }

  #obey(grant: TakenGrant): void {
    const call = this.#host.calls.get(grant.callId);
    if (call === undefined) {
      this.#answer(grant, { outcome: 'failed', words: words.unknownCall });
      return;
    }
    switch (grant.action) {
      case 'listen':
        if (call.summary.state === 'up' && this.#lend(call, grant)) this.#audit('listen', grant);
        return;
      case 'unlisten':
        this.#audio.release(call, grant.issuer);
        return;
      case 'hang-up':
        this.#audit('hang-up', grant);
        void call.hangUp().then((failure) => this.#settle(grant, failure));
        return;
      case 'say':
        this.#audit('say', grant);
        void call.say(grant.text ?? '', grant).then((failure) => this.#settle(grant, failure));
        return;
      case 'barge':
        this.#barge(call, grant, grant.barge ?? '');
        return;
      case 'barge-stop': {
        const barge = this.#barges.get(grant.barge ?? '');
        if (barge?.grant.issuer === grant.issuer) this.#endBarge(barge);
        return;
      }
    }
  }

  #lend(call: WatchedCall, { issuer }: TakenGrant): boolean {
    const subject = subjects.audio(this.#host.name, call.id);
    return this.#audio.lend(call, issuer, () => {
      let sequence = 0;
      return call.listen((audio) => {
        this.#host.bus.publish(subject, writePacket({ ...audio, stream: 0, sequence: sequence++ }));
      });
    });
  }

  #barge(call: WatchedCall, grant: TakenGrant, id: string): void {
    const untilMs = this.#host.clock.now() + LEASE_MS;
    const known = this.#barges.get(id);
    if (known) {
      if (known.grant.issuer === grant.issuer) known.untilMs = untilMs;
      return;
    }
    this.#audit('barge-start', grant);
    let over = false;
    const settle = (): void => {
      over = true;
      this.#barges.delete(id);
      this.#audit('barge-stop', grant);
    };
    const barging = call.barge(grant, {
      opened: () => this.#answer(grant, { outcome: 'done' }),
      failed: (failure) => {
        settle();
        this.#answer(grant, { outcome: 'failed', words: failure });
      },
      over: () => {
        settle();
        this.#answer(grant, { outcome: 'over' });
      },
    });
    if (!over) this.#barges.set(id, { barging, grant, untilMs, sequence: -1 });
  }

  #hear({ barge, sequence, sampleRate, codes }: SealedVoice): void {
    const open = this.#barges.get(barge);
    if (!open || sequence <= open.sequence) return;
    open.sequence = sequence;
    open.barging.write({ sampleRate, codes });
  }

  #endBarge({ barging, grant }: OpenBarge): void {
    this.#barges.delete(grant.barge ?? '');
    barging.stop();
    this.#audit('barge-stop', grant);
  }

  #settle(grant: TakenGrant, failure: string | undefined): void {
    this.#answer(grant, failure === undefined ? { outcome: 'done' } : { outcome: 'failed', words: failure });
  }

  #answer({ issuer, jti }: TakenGrant, answer: Omit<Answer, 'jti'>): void {
    if (!this.#closed) this.#host.bus.publish(subjects.answer(issuer), toBytes({ ...answer, jti }));
  }

  #audit(action: AuditEntry['action'], { callId, subject, issuer }: TakenGrant): void {
    this.#host.audit({
      action,
      outcome: 'allowed',
      callId,
      ...(subject !== undefined && { subject }),
      via: issuer,
      atMs: this.#host.now(),
    });
  }
}

type Unnumbered = ListMessage extends infer M
  ? M extends ListMessage
    ? Omit<M, 'epoch' | 'sequence'>
    : never
  : never;

/** Cuts a list so that no part is longer than a message may be; an empty list has one part. */
function inParts<T extends CallSummary | CallEvent>(items: readonly T[]): T[][] {
  const parts: T[][] = [[]];
  let length = 0;
  for (const item of items) {
    const more = JSON.stringify(item).length;
    if (length > 0 && length + more > MAX_BUS_TEXT) {
      parts.push([]);
      length = 0;
    }
    length += more;
    parts.at(-1)?.push(item);
  }
  return parts;
}

/** What a call tells at once has been told in parts already. */
function skipFirst<Args extends readonly unknown[]>(tell: (...args: Args) => void): (...args: Args) => void {
  let first = true;
  return (...args) => {
    if (!first) tell(...args);
    first = false;
  };
}
