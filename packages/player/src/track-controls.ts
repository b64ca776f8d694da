import { MediaError } from '@patchcord/core';

/** Gain and pan change over this long, in seconds, so that they do not click. */
const RAMP_S = 0.02;

/** Loudest volume: +12 dB. */
const LOUDEST = 4;

/** How one track of the call sounds. Set at any time, also before `start()`. */
export interface TrackControl {
  /** Gain, 0 to 4; 1 leaves the sound as it is. */
  volume: number;
  /** Place between the left ear, -1, and the right, 1. */
  pan: number;
  /** Silent, whatever the volume. */
  muted: boolean;
  /** Heard alone: while any track is solo, the others are silent. */
  solo: boolean;
}

/** The control of one track, and its gain and pan nodes while there is a context. */
export class TrackControls implements TrackControl {
  readonly #changed: () => void;
  #volume = 1;
  #pan: number;
  #muted = false;
  #solo = false;
  #gainNode: GainNode | undefined;
  #panNode: StereoPannerNode | undefined;

  /** @param changed is called when what is heard may have changed: the owner then calls `apply` on every track. */
  constructor(pan: number, changed: () => void) {
    this.#pan = pan;
    this.#changed = changed;
  }

  get volume(): number {
    return this.#volume;
  }

  set volume(volume: number) {
    this.#volume = within('volume', volume, 0, LOUDEST);
    this.#changed();
  }

  get pan(): number {
    return this.#pan;
  }

  set pan(pan: number) {
    this.#pan = within('pan', pan, -1, 1);
    this.#changed();
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    this.#changed();
  }

  get solo(): boolean {
    return this.#solo;
  }

  set solo(solo: boolean) {
    this.#solo = solo;
    this.#changed();
  }

  /** Puts gain and pan between one output of the playing node and the sum of the tracks. */
  connect(source: AudioNode, output: number, destination: AudioNode, someSolo: boolean): void {
    this.#gainNode = new GainNode(source.context, { gain: this.#gain(someSolo) });
    this.#panNode = new StereoPannerNode(source.context, { pan: this.#pan });
    source.connect(this.#gainNode, output).connect(this.#panNode).connect(destination);
  }

  /** Moves gain and pan to what is set. */
  apply(someSolo: boolean): void {
    if (this.#gainNode) ramp(this.#gainNode.gain, this.#gain(someSolo), this.#gainNode.context.currentTime);
    if (this.#panNode) ramp(this.#panNode.pan, this.#pan, this.#panNode.context.currentTime);
  }

  disconnect(): void {
    this.#gainNode?.disconnect();
    this.#panNode?.disconnect();
    this.#gainNode = undefined;
    this.#panNode = undefined;
  }

  #gain(someSolo: boolean): number {
    return this.#muted || (someSolo && !this.#solo) ? 0 : this.#volume;
  }
}

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new MediaError(
    'invalid-argument',
    `The ${name} of a track is a number from ${least} to ${most}; ${value} came.`,
  );
}

function ramp(parameter: AudioParam, value: number, now: number): void {
  parameter.cancelScheduledValues(now);
  parameter.setValueAtTime(parameter.value, now);
  parameter.linearRampToValueAtTime(value, now + RAMP_S);
}
