import { type AudioFrame, type CallSocket, mulaw } from '@patchcord/core';

/** Every code's sample, by a table of this file's own. */
const SAMPLES = mulaw.decode(Uint8Array.from({ length: 256 }, (_, code) => code));

/** Most messages that may wait for an app that reads: 2 s of the shortest ones, 1 ms each. */
const MOST_WAITING = 2000;

/**
 * The truth about what came: reads the socket beside the call, by `JSON.parse` and Node's base64, and compares each
 * frame that the app reads with the message that it came in.
 */
export class Received {
  readonly #messages: Buffer[] = [];
  #timestamp: unknown;
  /** Frames that were what came, sample for sample, or in length where the call converts rates. */
  right = 0;
  /** Frames that were not; and messages that were never read. */
  wrong = 0;

  /** Listens beside a call whose app reads. */
  listen(socket: CallSocket): void {
    socket.addEventListener('message', ({ data }) => this.#came(String(data)));
  }

  /** Messages that came, and are not read. */
  get waiting(): number {
    return this.#messages.length;
  }

  /** The app has read a frame. */
  read(frame: AudioFrame): void {
    if (frame.concealed) return;
    const codes = this.#messages.shift();
    if (codes !== undefined && isWhatCame(frame, codes)) this.right++;
    else this.wrong++;
  }

  /** The app has read to the end. */
  finish(): void {
    this.wrong += this.#messages.length;
    this.#messages.length = 0;
  }

  #came(text: string): void {
    let message: { event?: unknown; media?: { timestamp: unknown; payload: string } };
    try {
      message = JSON.parse(text);
    } catch {
      return; // cut off by a fault
    }
    if (message.event !== 'media' || message.media === undefined) return;
    const timestamp = Number(message.media.timestamp);
    if (timestamp === this.#timestamp) return; // doubled by a fault
    this.#timestamp = timestamp;
    this.#messages.push(Buffer.from(message.media.payload, 'base64'));
    if (this.#messages.length > MOST_WAITING) {
      this.#messages.shift();
      this.wrong++;
    }
  }
}

function isWhatCame({ samples, sampleRate }: AudioFrame, codes: Buffer): boolean {
  if (sampleRate !== 8000) return samples.length === (codes.length * sampleRate) / 8000;
  if (samples.length !== codes.length) return false;
  for (let index = 0; index < codes.length; index++) {
    if (samples[index] !== SAMPLES[codes[index]!]) return false;
  }
  return true;
}
