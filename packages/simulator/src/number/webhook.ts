import { MediaError } from '@patchcord/core';
import { signUpgrade } from '../phone/signature.ts';

/** A request to an app's webhook. */
export interface WebhookRequest {
  /** Where it is sent. */
  readonly url: string;
  /** What is signed: the URL by which the app is known. */
  readonly signedUrl: string;
  readonly method: 'GET' | 'POST';
  readonly form: Readonly<Record<string, string>>;
  readonly authToken?: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a webhook answered. */
export interface WebhookAnswer {
  readonly contentType: string;
  readonly text: string;
}

/** A document of Twilio's has 64 kB at most. */
const MAX_BODY_BYTES = 65_536;

/**
 * Asks a webhook as Twilio does: a form, signed.
 *
 * @throws {MediaError} `transport-closed` when it cannot be reached or answers no 2xx, `timeout`, `limit-exceeded` for
 * an answer that is too long, `aborted`.
 */
export async function askWebhook(request: WebhookRequest): Promise<WebhookAnswer> {
  const { method, form, authToken, timeoutMs, signal } = request;
  const query = method === 'GET' ? new URLSearchParams(form).toString() : '';
  const url = withQuery(request.url, query);
  const headers: Record<string, string> = {
    accept: '*/*',
    'user-agent': 'TwilioProxy/1.1',
    ...(authToken !== undefined && {
      'x-twilio-signature': await signWebhook(
        withQuery(request.signedUrl, query),
        method === 'POST' ? form : {},
        authToken,
      ),
    }),
  };
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      // A redirect would lose the form, and with it what was signed.
      redirect: 'manual',
      signal: AbortSignal.any([signal, deadline]),
      ...(method === 'POST' && { body: new URLSearchParams(form) }),
    });
    const text = await readText(response, url);
    if (!response.ok) throw notOk(url, response.status);
    return { contentType: response.headers.get('content-type') ?? '', text };
  } catch (error) {
    if (error instanceof MediaError) throw error;
    if (signal.aborted) throw new MediaError('aborted', 'The call ended while a webhook was asked.');
    if (deadline.aborted) {
      throw new MediaError(
        'timeout',
        `${inWords(url)} did not answer within ${timeoutMs} ms (Twilio's error 11200).`,
      );
    }
    const code = (error as { cause?: { code?: unknown } }).cause?.code;
    throw new MediaError(
      'transport-closed',
      `${inWords(url)} cannot be reached${typeof code === 'string' ? ` (${code})` : ''} (Twilio's error 11200). Start the app, and check host and port.`,
      { cause: error },
    );
  }
}

/** The `X-Twilio-Signature` of a webhook: the URL, then each parameter's name and value, sorted by name. */
export function signWebhook(
  url: string,
  form: Readonly<Record<string, string>>,
  authToken: string,
): Promise<string> {
  const pairs = Object.keys(form)
    .sort()
    .map((name) => name + form[name]);
  return signUpgrade(url + pairs.join(''), authToken);
}

function withQuery(url: string, query: string): string {
  if (query === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

async function readText(response: Response, url: string): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      void reader.cancel().catch(() => {});
      throw new MediaError(
        'limit-exceeded',
        `${inWords(url)} answered with more than ${MAX_BODY_BYTES} bytes (Twilio's error 11750).`,
      );
    }
    text += decoder.decode(value, { stream: true });
  }
}

function notOk(url: string, status: number): MediaError {
  const where = `${inWords(url)} answered with ${status} (Twilio's error 11200).`;
  if (status === 401 || status === 403) {
    return new MediaError(
      'refused',
      `${where} If it checks signatures, give the auth token that it checks with, and its publicUrl.`,
    );
  }
  if (status >= 300 && status < 400) {
    return new MediaError('transport-closed', `${where} Give the address that it redirects to.`);
  }
  return new MediaError('transport-closed', `${where} Check the path, and the app's log.`);
}

/** A URL without its query and credentials, which may be secrets. */
function inWords(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
