/**
 * The part of `@patchcord/node` that needs nothing of Node: for Cloudflare Workers, and wherever else a server has
 * WHATWG requests and standard sockets.
 *
 * @module @patchcord/node/web
 */

export type { AnswerOptions } from './answer.ts';
// Answer calls
export { answerCalls } from './answer.ts';
export type { BunServerWebSocket, BunSocketOptions, BunWebSocketHandler } from './bun.ts';
export { bunSocket } from './bun.ts';
// Signatures
export type { SignedRequest, SignOptions, VerifyOptions, VerifyWebhookOptions } from './signature.ts';
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
export type { UpgradeCheckOptions } from './upgrade-check.ts';
// Upgrades
export { createUpgradeCheck } from './upgrade-check.ts';
