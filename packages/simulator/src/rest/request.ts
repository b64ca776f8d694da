import type { IncomingMessage } from 'node:http';

/** One request as it came. It holds no secret: of the credentials only who asked. */
export interface RestRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly host: string;
  /** By the host (`api.dublin.ie1.twilio.com`) where that is one of Twilio's, else the stand-in's own. */
  readonly region: string;
  readonly edge: string;
  /** Who signed in: the account, or an API key. Empty where nobody did. */
  readonly user: string;
  /** The form of the body. */
  readonly form: Readonly<Record<string, string>>;
  /** The body as it came. */
  readonly body: string;
}

/** Twilio's forms have some kilobytes; its `Twiml` has 4000 characters. */
const MAX_BODY_BYTES = 65_536;

/** Where Twilio's own host names lead; undefined for a name that leads nowhere any more. */
export function placeOf(
  host: string,
): { readonly region: string; readonly edge: string } | 'elsewhere' | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!name.endsWith('.twilio.com')) return 'elsewhere';
  const [api, ...parts] = name.slice(0, -'.twilio.com'.length).split('.');
  if (api !== 'api') return undefined;
  const [first, second, ...more] = parts;
  if (first === undefined) return { region: 'us1', edge: 'ashburn' };
  // `api.{region}` alone stopped working in April 2026 for every region but the first.
  if (second === undefined) return first === 'us1' ? { region: 'us1', edge: 'ashburn' } : undefined;
  return more.length === 0 ? { region: second, edge: first } : undefined;
}

/** Who signs in, with what; undefined where the header is no HTTP Basic. */
export function basicCredentials(header: string | undefined): { user: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return undefined;
  const text = atob(encoded);
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** The body as text; undefined when it is too long or breaks off. */
export function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text = '';
    let bytes = 0;
    request.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) resolve(undefined);
      else text += decoder.decode(chunk, { stream: true });
    });
    request.once('end', () => resolve(text + decoder.decode()));
    request.once('error', () => resolve(undefined));
    request.once('close', () => resolve(undefined));
  });
}
