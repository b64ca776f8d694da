import { type Bus, matches } from './bus.ts';

/** A bus within one process. */
export interface MemoryBus {
  /** Takes a place on it: one for each hub. */
  join(): Bus;
}

interface Subscription {
  readonly subject: string;
  readonly take: (bytes: Uint8Array, subject: string) => void;
}

/** Creates a bus for hubs of one process. What is sent arrives in a microtask, in order. */
export function createMemoryBus(): MemoryBus {
  const subscriptions = new Set<Subscription>();
  return {
    join() {
      const own = new Set<Subscription>();
      let joined = true;
      return {
        get connected() {
          return joined;
        },
        publish(subject, bytes) {
          if (!joined) return false;
          const receivers = [...subscriptions].filter((subscription) =>
            matches(subscription.subject, subject),
          );
          queueMicrotask(() => {
            for (const subscription of receivers) {
              if (subscriptions.has(subscription)) subscription.take(bytes, subject);
            }
          });
          return true;
        },
        subscribe(subject, take) {
          const subscription = { subject, take };
          if (joined) {
            subscriptions.add(subscription);
            own.add(subscription);
          }
          return () => {
            subscriptions.delete(subscription);
            own.delete(subscription);
          };
        },
        onConnection() {}, // memory is always there
        async close() {
          joined = false;
          for (const subscription of own) subscriptions.delete(subscription);
          own.clear();
        },
      };
    },
  };
}
