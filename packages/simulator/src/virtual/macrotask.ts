/** Lets the runtime's event loop turn, again and again, until it is closed. */
export interface Turnstile {
  /** Resolves in a later macrotask, when all microtasks, and all streams that were ready, have run. */
  turn(): Promise<void>;
  close(): void;
}

/**
 * Macrotasks that no runtime holds back: `setImmediate` where there is one, else a message channel. Timers would be
 * held back to one in a millisecond or four, and ten minutes of a call are a hundred thousand turns.
 */
export function createTurnstile(): Turnstile {
  if (typeof setImmediate === 'function') {
    return { turn: () => new Promise((resolve) => void setImmediate(resolve)), close: () => {} };
  }
  // The standard's channel, of which Node's types show only Node's side.
  const { port1, port2 } = new MessageChannel() as unknown as StandardChannel;
  let pass = (): void => {};
  port1.onmessage = () => pass();
  return {
    turn: () =>
      new Promise((resolve) => {
        pass = resolve;
        port2.postMessage(undefined);
      }),
    close: () => port1.close(), // an open port keeps a process alive
  };
}

interface StandardChannel {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(message: unknown): void };
}
