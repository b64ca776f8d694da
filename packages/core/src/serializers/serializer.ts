import type { SampleAllocator } from '../dsp/samples.ts';
import type { AudioFormat, Frame, FrameFromCall, FrameToCall } from '../frames/frame.ts';

/** One WebSocket message: text or binary. */
export type WireMessage = string | Uint8Array<ArrayBuffer>;

/**
 * The data of a WebSocket message as runtimes hand it over: text, or bytes in one of their forms (Node's `Buffer` is
 * a `Uint8Array`). Some runtimes hand text over as its UTF-8 bytes.
 */
export type MessageData = string | Uint8Array | ArrayBuffer;

/** One side of one stream. Remembers ids and counters; never touches a socket, a clock or a log. */
export interface FrameSerializer<Received extends Frame, Sent extends Frame> {
  /**
   * The frames that a message holds, none where it holds nothing of interest. On a wire whose messages are all text,
   * bytes are read as that text in UTF-8. The message is only read; nothing of it is kept.
   *
   * Frames own their samples. Whoever reads them at once and hands nothing on, to a resampler say, saves their array
   * by giving an allocator (`reuseSamples`); a serializer may do without it.
   *
   * @throws {MediaError} `malformed-message`, with what was expected and what came. The serializer stays usable.
   */
  deserialize(message: MessageData, allocate?: SampleAllocator): Received[];
  /**
   * The messages that say a frame, in order.
   *
   * @throws {MediaError} `unsupported-frame` where the wire has no such message, `wrong-format` where it
   * cannot carry the audio, `invalid-argument` before the stream is known. The serializer stays usable.
   */
  serialize(frame: Sent): WireMessage[];
  /** Messages owed in return, such as a pong. Most providers want none. */
  answer?(message: MessageData): WireMessage[];
  /** Messages that say goodbye when our side has finished. Most providers want none. */
  finish?(): WireMessage[];
}

/** What a provider's wire can say. */
export interface ProviderCapabilities {
  /** Whether `clear` is confirmed with a `clear` of its own. */
  readonly confirmsClear: boolean;
  /** What becomes of marks that are pending when `clear` arrives. */
  readonly clearedMarks: 'echoed' | 'dropped';
  /** Whether a `dtmf` frame can be sent to the caller. */
  readonly sendsDtmf: boolean;
}

/** Options of our side of a wire. */
export interface SerializerOptions {
  /** The stream's id, for messages sent before `start` was read. Default: learnt from `start`. */
  readonly streamSid?: string;
  /**
   * Hz on the wire, for backends that speak a provider's protocol at another rate, and for audio before `start` where
   * `start` tells the rate. Default: that of the provider's `format`.
   */
  readonly sampleRate?: number;
  /** Whether `message` frames labelled `rtvi-ai` are sent. Default: false, they are dropped. */
  readonly sendRtvi?: boolean;
}

/** Options of the provider's side of a wire. */
export interface ProviderSerializerOptions {
  /** Hz on the wire. Default: that of the provider's `format`; where `start` tells the rate, `start` decides. */
  readonly sampleRate?: number;
}

/** A telephony company's media-stream protocol, as a value. */
export interface Provider {
  readonly name: string;
  /**
   * What the wire usually carries. Where calls differ, the start frame's `format` decides: a resampler in front of
   * `serialize` reads that.
   */
  readonly format: AudioFormat;
  readonly capabilities: ProviderCapabilities;
  /** Whether this may be one of this provider's first messages. */
  matches(message: MessageData): boolean;
  /** Our side: the server that answers a call. */
  createSerializer(options?: SerializerOptions): FrameSerializer<FrameFromCall, FrameToCall>;
  /** The other side: the provider, or a simulator in its place. */
  createProviderSerializer(options?: ProviderSerializerOptions): FrameSerializer<FrameToCall, FrameFromCall>;
}
