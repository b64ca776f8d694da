/**
 * What carries messages between hubs. In one process that is memory, across machines NATS; hubs know no more of it
 * than this.
 *
 * @module
 */

/** One hub's place on a bus. */
export interface Bus {
  /** Whether anything sent now can arrive. */
  readonly connected: boolean;
  /**
   * Sends to all who have subscribed. Never throws and never waits: what cannot go out soon is dropped.
   *
   * @param subject words of printable characters with dots between them, without wildcards.
   * @param bytes up to 512 KiB. Not to be changed afterwards.
   * @returns false when it was dropped.
   */
  publish(subject: string, bytes: Uint8Array): boolean;
  /**
   * Takes what is sent to a subject: of one sender in the order in which it was sent, one's own included. `take` must not throw.
   *
   * @param subject in which `*` stands for any word, and `>` at the end for any words.
   * @returns a function that ends it.
   */
  subscribe(subject: string, take: (bytes: Uint8Array, subject: string) => void): () => void;
  /** Is told when `connected` changes. One listener: the hub that was given the bus. */
  onConnection(listener: (connected: boolean) => void): void;
  /** Leaves the bus. Never rejects. Idempotent. */
  close(): Promise<void>;
}

/** Whether a subject is one that a pattern asks for. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const words = subject.split('.');
  for (const [i, word] of wanted.entries()) {
    if (word === '>') return words.length > i;
    if (word !== '*' && word !== words[i]) return false;
    if (words[i] === undefined) return false;
  }
  return words.length === wanted.length;
}
