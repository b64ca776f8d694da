import { CallPlayer } from '@patchcord/player';

/** What plays on a page: made when it is first asked for, or given. Only one that was made here is closed here. */
export class PagePlayer {
  readonly #onState: () => void;
  #player: CallPlayer | undefined;
  #own: CallPlayer | undefined;

  /** @param onState is called when the player's state, or the player itself, has changed. */
  constructor(onState: () => void) {
    this.#onState = onState;
  }

  /** The player, where there is one already. */
  get known(): CallPlayer | undefined {
    return this.#player;
  }

  /**
   * The player, made where there is none.
   *
   * @param sampleRate of its context, in Hz; the device's own when undefined.
   */
  make(sampleRate: number | undefined): CallPlayer {
    if (this.#player) return this.#player;
    const player = new CallPlayer(sampleRate === undefined ? {} : { sampleRate });
    this.use(player);
    this.#own = player;
    return player;
  }

  /** Plays with this one from now on. */
  use(player: CallPlayer): void {
    this.close();
    this.#player = player;
    player.addEventListener('state', this.#onState);
    this.#onState();
  }

  /** Lets the player go. */
  close(): void {
    this.#player?.removeEventListener('state', this.#onState);
    void this.#own?.close();
    this.#own = undefined;
    this.#player = undefined;
  }
}
