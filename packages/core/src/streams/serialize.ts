import type { Frame } from '../frames/frame.ts';
import type { FrameSerializer, WireMessage } from '../serializers/serializer.ts';

/** Frames in, provider messages out. A frame that the wire cannot say errors the stream. */
export class SerializeStream<Sent extends Frame = Frame> extends TransformStream<Sent, WireMessage> {
  constructor(serializer: Pick<FrameSerializer<Frame, Sent>, 'serialize' | 'finish'>) {
    super({
      transform(frame, controller) {
        for (const message of serializer.serialize(frame)) controller.enqueue(message);
      },
      flush(controller) {
        for (const message of serializer.finish?.() ?? []) controller.enqueue(message);
      },
    });
  }
}
