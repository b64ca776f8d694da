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
export type { TwilioCalls, TwilioCallsOptions, TwilioCredentials } from './twilio-calls.ts';
// Control calls
export { twilioCalls } from './twilio-calls.ts';
export type { ConnectStreamOptions } from './twiml.ts';
// TwiML
export { connectStream } from './twiml.ts';
export type { VoiceWebhookOptions } from './voice.ts';
export { voiceWebhook } from './voice.ts';
