import { type Clock, MediaError } from '@patchcord/core';
import type { HubMessage, Topic } from '../wire/messages.ts';
import type { AudioPacket } from '../wire/packet.ts';
import type { Connection } from './connection.ts';
import { errorOf } from './failure.ts';
import { createFeed } from './feed.ts';
import type { Interest } from './interests.ts';
import { words } from './words.ts';

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

interface Subscription {
  readonly topic: () => Topic;
  readonly take: (message: HubMessage | AudioPacket) => void;
  readonly close: () => void;
  readonly error: (reason: MediaError) => void;
  /** On this connection. */
  id: number | undefined;
  /** The hub has said yes to it, on this or an earlier connection. */
  granted: boolean;
  cancelDeadline: (() => void) | undefined;
}

/** What is followed: asked for on each connection anew. */
export class Subscriptions {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #all = new Set<Subscription>();
  readonly #byId = new Map<number, Subscription>();

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Follows something until its stream is cancelled. */
  open<T>({ topic, take, trim }: Interest<T>): ReadableStream<T> {
    const connection = this.#connection;
    const feed = createFeed<T>({
      trim: (waiting) => trim(waiting, reopen),
      onCancel: () => this.#unsubscribe(subscription),
    });
    const subscription: Subscription = {
      topic,
      take: (message) => take(message, feed.push),
      close: feed.close,
      error: feed.error,
      id: undefined,
      granted: false,
      cancelDeadline: undefined,
    };
    const reopen = (): void => {
      this.#closeOnHub(subscription);
      if (connection.state === 'connected') this.#ask(subscription);
    };
    const refusal = connection.overError;
    if (connection.state === 'closed') feed.close();
    else if (refusal) feed.error(refusal);
    else {
      this.#all.add(subscription);
      if (connection.state === 'connected') this.#ask(subscription);
    }
    return feed.stream;
  }

  /** Asks for all on a fresh connection. */
  connected(): void {
    for (const subscription of [...this.#all]) this.#ask(subscription);
  }

  /** The connection is down. */
  lost(): void {
    for (const subscription of this.#all) this.#detach(subscription);
  }

  /** Nothing will come any more: closes all streams, or errors them. */
  over(reason?: MediaError): void {
    for (const subscription of [...this.#all]) {
      this.#drop(subscription);
      if (reason) subscription.error(reason);
      else subscription.close();
    }
  }

  /** Takes what the hub said of a subscription. False where it is of something else. */
  take(message: HubMessage & { readonly id: number }): boolean {
    const subscription = this.#byId.get(message.id);
    if (!subscription) return false;
    switch (message.type) {
      case 'done':
        subscription.cancelDeadline?.();
        subscription.granted = true;
        break;
      case 'over':
        this.#drop(subscription);
        subscription.close();
        break;
      case 'failed':
        this.#drop(subscription);
        // It ended while nobody could tell: to a reader that is the end, too.
        if (subscription.granted && message.code === 'unknown-call') subscription.close();
        else subscription.error(errorOf(message.code, message.message));
        break;
      default:
        subscription.take(message);
    }
    return true;
  }

  /** Takes a packet of sound. */
  hear(packet: AudioPacket): void {
    this.#byId.get(packet.stream)?.take(packet);
  }

  #ask(subscription: Subscription): void {
    const id = this.#connection.ask((fresh) => ({ type: 'open', id: fresh, ...subscription.topic() }));
    subscription.id = id;
    this.#byId.set(id, subscription);
    subscription.cancelDeadline = this.#clock.after(TIMEOUT_MS, () => {
      this.#unsubscribe(subscription);
      subscription.error(new MediaError('timeout', words.noAnswer));
    });
  }

  #unsubscribe(subscription: Subscription): void {
    this.#closeOnHub(subscription);
    this.#drop(subscription);
  }

  #closeOnHub(subscription: Subscription): void {
    const { id } = subscription;
    this.#detach(subscription);
    if (id !== undefined) this.#connection.say({ type: 'close', id });
  }

  /** Forgets what tied it to this connection. */
  #detach(subscription: Subscription): void {
    subscription.cancelDeadline?.();
    subscription.cancelDeadline = undefined;
    if (subscription.id !== undefined) this.#byId.delete(subscription.id);
    subscription.id = undefined;
  }

  #drop(subscription: Subscription): void {
    this.#detach(subscription);
    this.#all.delete(subscription);
  }
}
