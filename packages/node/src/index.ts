// Answer calls

export type { AcceptOptions, CallAcceptor } from './accept.ts';
export { acceptCalls } from './accept.ts';
export type { BunServerWebSocket, BunSocketOptions, BunWebSocketHandler } from './bun.ts';
export { bunSocket } from './bun.ts';
export type { ConnectOptions } from './connect.ts';
// Dial out
export { connect } from './connect.ts';
export type { CallServer, ServeOptions } from './serve.ts';
export { serveCalls } from './serve.ts';
export type { SignedRequest, SignOptions, VerifyOptions, VerifyWebhookOptions } from './signature.ts';
// Signatures
export { signTwilio, verifyUpgrade, verifyWebhook } from './signature.ts';
// One-time tokens
export type { StreamTokens, StreamTokensOptions } from './stream-tokens.ts';
export { createStreamTokens } from './stream-tokens.ts';
// Control calls
export type {
  CallInstructions,
  CreatedCall,
  CreateOptions,
  TransferOptions,
  TwilioCalls,
} from './twilio-calls.ts';
export { twilioCalls } from './twilio-calls.ts';
export type { TwilioCallsOptions, TwilioCredentials } from './twilio-rest.ts';
// TwiML
export type { ConnectStreamOptions } from './twiml.ts';
export { connectStream, twiml } from './twiml.ts';
export type {
  DialOptions,
  DialTarget,
  SayOptions,
  StartStreamOptions,
  StreamOptions,
  TwimlVerb,
  TwimlVerbs,
} from './twiml-verbs.ts';
export { verbs } from './twiml-verbs.ts';
export type { VoiceWebhookOptions } from './voice.ts';
export { voiceWebhook } from './voice.ts';
// Record calls
export { recordCall } from './recorder.ts';
export type { RecordedCall, Recording, RecordingEnd, RecordOptions } from './recorder.ts';
export type { RecordingWriter } from './recording-file.ts';
