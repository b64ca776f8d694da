import type { Frame } from '../frames/frame.ts';

/** Shows each frame to an observer, which must not change it, and lets it pass. What the observer throws errors the stream. */
export class TapStream<F extends Frame = Frame> extends TransformStream<F, F> {
  /** @param observer is called synchronously, before the frame goes on. What it returns is not waited for. */
  constructor(observer: (frame: F) => void) {
    super({
      transform(frame, controller) {
        observer(frame);
        controller.enqueue(frame);
      },
    });
  }
}
