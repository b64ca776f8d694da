import { durationMs, type FrameFromCall } from '../frames/frame.ts';

/** Audio that may wait to be read, in milliseconds. */
const UNREAD_MS = 2000;

/** Frames of other kinds that may wait to be read. */
const UNREAD_FRAMES = 1000;

/**
 * The way in of a call: frames that wait for their reader, bounded in time. One queue, no stream's own behind it.
 */
export class InboundQueue {
  readonly #frames: FrameFromCall[] = [];
  #audioMs = 0;
  #others = 0;
  #controller: ReadableStreamDefaultController<FrameFromCall> | undefined;
  #stream: ReadableStream<FrameFromCall> | undefined;
  /** The reader waits for a frame. */
  #wanted = false;
  #open = true;
  #closed = false;
  readonly #dropped: (audioMs: number) => void;

  /** @param dropped is told of audio that waited too long. */
  constructor(dropped: (audioMs: number) => void) {
    this.#dropped = dropped;
  }

  /** The stream, made when it is first asked for. */
  get readable(): ReadableStream<FrameFromCall> {
    // Who comes late hears what comes from here on.
    if (this.#stream === undefined) this.#open = true;
    this.#stream ??= new ReadableStream<FrameFromCall>(
      {
        start: (controller) => {
          this.#controller = controller;
          if (this.#closed && this.#frames.length === 0) controller.close();
        },
        pull: (controller) => {
          const frame = this.#shift();
          if (frame === undefined) this.#wanted = true;
          else {
            controller.enqueue(frame);
            if (this.#closed && this.#frames.length === 0) controller.close();
          }
        },
        cancel: () => this.release(),
      },
      { highWaterMark: 0 },
    );
    return this.#stream;
  }

  /** Whether somebody asked for the stream. */
  get asked(): boolean {
    return this.#stream !== undefined;
  }

  push(frame: FrameFromCall): void {
    if (!this.#open || this.#closed) return;
    if (this.#wanted) {
      this.#wanted = false;
      this.#controller?.enqueue(frame);
      return;
    }
    this.#frames.push(frame);
    if (frame.kind === 'audio') {
      this.#audioMs += durationMs(frame);
      if (this.#audioMs > UNREAD_MS) this.#drop((other) => other.kind === 'audio');
    } else if (++this.#others > UNREAD_FRAMES) {
      this.#drop((other) => other.kind !== 'audio');
    }
  }

  /** No more will come. What waits can still be read. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#open && this.#frames.length === 0) this.#controller?.close();
  }

  /** Unless somebody asked for the stream, what waits is let go, and so is what comes until somebody does. */
  forget(): void {
    if (this.#stream === undefined) this.release();
  }

  /** Nobody will read: what waits is let go, and so is what comes. */
  release(): void {
    this.#open = false;
    this.#frames.length = 0;
    this.#audioMs = 0;
    this.#others = 0;
  }

  #shift(): FrameFromCall | undefined {
    const frame = this.#frames.shift();
    if (frame?.kind === 'audio') this.#audioMs -= durationMs(frame);
    else if (frame) this.#others--;
    return frame;
  }

  #drop(drops: (frame: FrameFromCall) => boolean): void {
    const index = this.#frames.findIndex(drops);
    const [frame] = this.#frames.splice(index, 1);
    if (frame?.kind === 'audio') {
      const ms = durationMs(frame);
      this.#audioMs -= ms;
      this.#dropped(ms);
    } else this.#others--;
  }
}
