// Frames
export { durationMs, transferables } from './frames/frame.ts';
export { isWellFormed } from './frames/grammar.ts';
export type {
  AudioFormat,
  AudioFrame,
  ClearFrame,
  DtmfDigit,
  DtmfFrame,
  Frame,
  FrameFromCall,
  FrameToCall,
  Json,
  MarkFrame,
  MessageFrame,
  StartFrame,
  StopFrame,
  Track,
  UnknownFrame,
} from './frames/frame.ts';
// Codecs
export type { AudioCodec, AudioEncoding } from './codecs/codec.ts';
// Sound
export { SAMPLE_RATES } from './dsp/resampler.ts';
export type { Resampler, ResamplerOptions, ResamplerQuality, SampleRate } from './dsp/resampler.ts';
// Serializers
export type {
  FrameSerializer,
  Provider,
  ProviderCapabilities,
  ProviderSerializerOptions,
  SerializerOptions,
  WireMessage,
} from './serializers/serializer.ts';
// Time
export { systemClock } from './streams/clock.ts';
export type { Clock } from './streams/clock.ts';
// Calls
export type {
  Call,
  CallControl,
  CallEnd,
  CallEndReason,
  CallHandler,
  CallObserver,
  CallOptions,
  CallSocket,
  CallStats,
  CallWarning,
  CallWarningCode,
  CallWarningEvent,
  EndOptions,
  Interruption,
  OpenPlayback,
  Phase,
  Playback,
  PlaybackEnd,
  PlayOptions,
  PlaySource,
} from './transports/call.ts';
// Errors
export { MediaError } from './errors.ts';
export type { MediaErrorCode } from './errors.ts';
