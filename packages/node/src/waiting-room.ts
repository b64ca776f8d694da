/** Bounds of a waiting room. */
export interface WaitingRoomOptions {
  /** Most sockets in all. */
  readonly max: number;
  /** Most sockets of one address. */
  readonly maxPerAddress: number;
}

/** Sockets that are open but have not said which call they belong to: bounded in all and per address. */
export class WaitingRoom {
  readonly #max: number;
  readonly #maxPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  #size = 0;

  constructor({ max, maxPerAddress }: WaitingRoomOptions) {
    this.#max = max;
    this.#maxPerAddress = maxPerAddress;
  }

  /** Sockets that wait now. */
  get size(): number {
    return this.#size;
  }

  /** @returns a function that leaves, harmless when called again; undefined when there is no room. */
  enter(address: string): (() => void) | undefined {
    const fromHere = this.#byAddress.get(address) ?? 0;
    if (this.#size >= this.#max || fromHere >= this.#maxPerAddress) return undefined;
    this.#size += 1;
    this.#byAddress.set(address, fromHere + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#size -= 1;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }
}
