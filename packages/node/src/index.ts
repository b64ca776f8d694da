/**
 * The server side: accept calls, check signatures, TwiML, call control over REST, recorder.
 *
 * @module @patchcord/node
 */

// Answer calls

export type { AcceptOptions, CallAcceptor } from './accept.ts';
export { acceptCalls } from './accept.ts';
export type { ConnectOptions } from './connect.ts';
// Dial out
export { connect } from './connect.ts';
export type { CallServer, ServeOptions } from './serve.ts';
export { serveCalls } from './serve.ts';
// Signatures, tokens, call control, TwiML: what needs nothing of Node
export * from './web.ts';
export type { VoiceWebhookOptions } from './voice.ts';
export { voiceWebhook } from './voice.ts';
// Record calls
export { recordCall } from './recorder.ts';
export type { RecordedCall, Recording, RecordingEnd, RecordOptions } from './recorder.ts';
export type { RecordingWriter } from './recording-file.ts';
