import { linear16 } from '../codecs/linear16.ts';
import { encodeWav } from '../codecs/wav.ts';
import { MediaError } from '../errors.ts';
import type { AudioFrame, Frame, Track } from '../frames/frame.ts';

/** Options of `WavEncodeStream`. */
export interface WavEncodeStreamOptions {
  /** The track that is encoded; a WAV file has no tracks. Default: `inbound`. */
  readonly track?: Track;
}

/** Says "as long as it goes on" where a header says how long the file is. */
const UNKNOWN_BYTES = 0xffff_ffff;
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;

/**
 * Encodes the audio frames of one track as a WAV file of 16-bit samples, for a response, an upload or a pipe. Other
 * frames are passed over. Without a frame of that track nothing comes out.
 *
 * A stream cannot go back to its header, which therefore leaves the length open; players and tools read to the end. For
 * a file whose header is true at any time, use `recordCall` of `@patchcord/node`.
 *
 * A change of the rate or the channels errors the stream with `wrong-format`.
 */
export class WavEncodeStream extends TransformStream<Frame, Uint8Array<ArrayBuffer>> {
  constructor({ track = 'inbound' }: WavEncodeStreamOptions = {}) {
    let format: Pick<AudioFrame, 'sampleRate' | 'channels'> | undefined;
    super({
      transform(frame, controller) {
        if (frame.kind !== 'audio' || frame.track !== track) return;
        if (!format) {
          const { sampleRate, channels } = frame;
          format = { sampleRate, channels };
          controller.enqueue(openHeader(format));
        }
        assertSame(format, frame);
        controller.enqueue(linear16.encode(frame.samples));
      },
    });
  }
}

function openHeader(format: Pick<AudioFrame, 'sampleRate' | 'channels'>): Uint8Array<ArrayBuffer> {
  const header = encodeWav({ ...format, samples: new Int16Array(0) });
  const view = new DataView(header.buffer);
  view.setUint32(RIFF_SIZE_AT, UNKNOWN_BYTES, true);
  view.setUint32(DATA_SIZE_AT, UNKNOWN_BYTES, true);
  return header;
}

function assertSame(
  { sampleRate, channels }: Pick<AudioFrame, 'sampleRate' | 'channels'>,
  frame: AudioFrame,
): void {
  if (frame.sampleRate === sampleRate && frame.channels === channels) return;
  throw new MediaError(
    'wrong-format',
    `A WAV file has one rate: this one was begun with ${sampleRate} Hz and ${channels} channel(s), and a frame of ${frame.sampleRate} Hz and ${frame.channels} channel(s) came. Put a ResampleStream in front.`,
  );
}
