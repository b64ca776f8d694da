import type { Frame } from '../frames/frame.ts';
import type { FrameSerializer, MessageData } from '../serializers/serializer.ts';

/** Options of `DeserializeStream`. */
export interface DeserializeStreamOptions {
  /** Is told each message that cannot be read, which is then skipped. Default: the stream errors. */
  readonly onError?: (error: unknown, message: MessageData) => void;
}

/** Provider messages in, frames out. */
export class DeserializeStream<Received extends Frame = Frame> extends TransformStream<
  MessageData,
  Received
> {
  constructor(
    serializer: Pick<FrameSerializer<Received, Frame>, 'deserialize'>,
    { onError }: DeserializeStreamOptions = {},
  ) {
    super({
      transform(message, controller) {
        let frames: Received[];
        try {
          frames = serializer.deserialize(message);
        } catch (error) {
          if (!onError) throw error;
          onError(error, message);
          return;
        }
        for (const frame of frames) controller.enqueue(frame);
      },
    });
  }
}
