/**
 * Frames, codecs, resampler, detectors, serializers, streams and calls. Runs everywhere, depends on nothing.
 *
 * @module @patchcord/core
 */

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
export { alaw } from './codecs/alaw.ts';
export { linear16 } from './codecs/linear16.ts';
export { mulaw } from './codecs/mulaw.ts';
export { decodeWav, encodeWav } from './codecs/wav.ts';
export type { AudioCodec, AudioEncoding } from './codecs/codec.ts';
export type { WavSound } from './codecs/wav.ts';
// Bytes
export { decodeBase64, encodeBase64 } from './bytes/base64.ts';
export { bytesFromSamples, samplesFromBytes } from './bytes/pcm.ts';
export type { ByteOrder } from './bytes/pcm.ts';
// Sound
export { createResampler, resample, SAMPLE_RATES } from './dsp/resampler.ts';
export { measureLevel } from './dsp/level.ts';
export type { Level } from './dsp/level.ts';
export { reuseSamples } from './dsp/samples.ts';
export type { SampleAllocator } from './dsp/samples.ts';
export { createSpeechDetector } from './dsp/speech-detector.ts';
export type { SpeechDetector, SpeechDetectorOptions } from './dsp/speech-detector.ts';
export { dtmfTone, tone } from './dsp/tone.ts';
export { createDtmfDetector } from './dsp/goertzel.ts';
export type { DtmfDetector, DtmfDetectorOptions } from './dsp/goertzel.ts';
export type { DtmfToneOptions, ToneOptions } from './dsp/tone.ts';
export type { Resampler, ResamplerOptions, ResamplerQuality, SampleRate } from './dsp/resampler.ts';
// Serializers
export { twilio } from './serializers/twilio.ts';
export { vonage } from './serializers/vonage.ts';
export type {
  FrameSerializer,
  MessageData,
  Provider,
  ProviderCapabilities,
  ProviderSerializerOptions,
  SerializerOptions,
  WireMessage,
} from './serializers/serializer.ts';
// Streams
export { DeserializeStream } from './streams/deserialize.ts';
export { DtmfDetectStream } from './streams/dtmf-detect.ts';
export { DtmfToneStream } from './streams/dtmf-tones.ts';
export { PaceStream } from './streams/pace.ts';
export { RechunkStream } from './streams/rechunk.ts';
export { ResampleStream } from './streams/resample.ts';
export { SerializeStream } from './streams/serialize.ts';
export { TapStream } from './streams/tap.ts';
export { WavEncodeStream } from './streams/wav-encode.ts';
export type { DeserializeStreamOptions } from './streams/deserialize.ts';
export type { DtmfToneStreamOptions } from './streams/dtmf-tones.ts';
export type { PaceStreamOptions } from './streams/pace.ts';
export type { RechunkStreamOptions } from './streams/rechunk.ts';
export type { ResampleStreamOptions } from './streams/resample.ts';
export type { WavEncodeStreamOptions } from './streams/wav-encode.ts';
// Time
export { systemClock } from './streams/clock.ts';
export type { Clock } from './streams/clock.ts';
// Calls
export { handleCall, openCall } from './transports/open-call.ts';
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
  Takeover,
} from './transports/call.ts';
// Keys
export { collectKeys } from './transports/key-collector.ts';
export type {
  CollectedKeys,
  CollectedReason,
  CollectKeysOptions,
  KeyedCall,
} from './transports/key-collector.ts';
// Errors
export { MediaError } from './errors.ts';
export type { MediaErrorCode } from './errors.ts';
