/**
 * Resolves in a later macrotask, when all microtasks and all streams that were ready have run.
 *
 * `setImmediate` where there is one, else a message channel: timers would be held back to a few a second.
 */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    // The standard's channel, of which Node's types show only Node's side.
    const { port1, port2 } = new MessageChannel() as unknown as StandardChannel;
    port1.onmessage = () => {
      port1.close(); // an open port keeps a process alive
      resolve();
    };
    port2.postMessage(undefined);
  });
}

interface StandardChannel {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(message: unknown): void };
}
