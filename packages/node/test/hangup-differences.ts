/**
 * Where hanging up differs from the reference recorded in `packages/testing/golden/hangup.json`, case by
 * case. Every case that is not listed here is matched: outcome, requests and their order.
 */

/** How a case differs, and why that is better. */
export interface HangUpDifference {
  readonly reason: string;
  /** Default: the reference's. */
  readonly outcome?: 'ended' | 'failed';
  /** What is requested: the path, or how often the recorded first request is made. Default: as recorded. */
  readonly requests?: { readonly path: string } | 'once' | 'retried';
}

const ANY_2XX = 'Any 2xx says that Twilio did what was asked; the reference takes 200 alone.';
const LIBERAL_BODY =
  'A 404 with code 20404 says that the call has ended, whatever its content type and the spelling of its number.';
const RETRIED =
  'Setting a call to completed may be done twice, so what may pass is tried again; the reference gives up.';
const NO_REDIRECT =
  'A redirect is not followed: it would take the credentials, or the request as a GET, to wherever it points.';
const AT_CONSTRUCTION =
  'Credentials that HTTP Basic cannot carry fail as well, but when they are given rather than when a call shall end.';
const ENDED = 'A call that was hung up takes no more audio; the reference goes on writing to it.';
const ESCAPED = 'An id is escaped whole, so that it cannot choose another resource.';

export const hangUpDifferences: Readonly<Record<string, HangUpDifference>> = {
  created_201: { reason: ANY_2XX, outcome: 'ended' },
  no_content_204: { reason: ANY_2XX, outcome: 'ended' },
  not_found_20404_text_plain_type: { reason: LIBERAL_BODY, outcome: 'ended' },
  not_found_20404_string_code: { reason: LIBERAL_BODY, outcome: 'ended' },
  failed_then_second_end_frame_not_retried: { reason: RETRIED, requests: 'retried' },
  too_many_429: { reason: RETRIED, requests: 'retried' },
  server_500: { reason: RETRIED, requests: 'retried' },
  server_503_utf8: { reason: RETRIED, requests: 'retried' },
  server_500_invalid_utf8: { reason: RETRIED, requests: 'retried' },
  connection_closed_no_response: { reason: RETRIED, requests: 'retried' },
  garbage_response: { reason: RETRIED, requests: 'retried' },
  redirect_302_same_host: { reason: NO_REDIRECT, outcome: 'failed', requests: 'once' },
  redirect_307_same_host: { reason: NO_REDIRECT, outcome: 'failed', requests: 'once' },
  redirect_302_other_host: { reason: NO_REDIRECT, outcome: 'failed', requests: 'once' },
  account_sid_with_colon: { reason: AT_CONSTRUCTION },
  auth_token_not_latin1: { reason: AT_CONSTRUCTION },
  audio_after_hang_up_still_serialized: { reason: ENDED },
  call_sid_with_slash_dots: {
    reason: ESCAPED,
    requests: {
      path: '/2010-04-01/Accounts/AC22222222222222222222222222222222/Calls/CA1%2F..%2F..%2Fx.json',
    },
  },
  call_sid_with_query: {
    reason: ESCAPED,
    requests: { path: '/2010-04-01/Accounts/AC22222222222222222222222222222222/Calls/CA1%3Fx%3D1%23y.json' },
  },
};
