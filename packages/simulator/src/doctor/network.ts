/**
 * What lies below the WebSocket: name, connection, certificate.
 *
 * @module
 */

import { lookup } from 'node:dns/promises';
import { BlockList, connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type Finding, failed, ok, warning } from './finding.ts';

const DAY_MS = 86_400_000;

/** A certificate that ends sooner is worth a word. */
const ENDS_SOON_MS = 14 * DAY_MS;

/** What the URL itself says. */
export function checkAddress(url: URL): Finding {
  if (url.search !== '') {
    return failed(
      'address',
      'The URL has a query, which Twilio does not support for <Stream>. Pass what it says as <Parameter> in the TwiML.',
    );
  }
  if (url.protocol === 'ws:') {
    return warning(
      'address',
      'The URL begins with ws://. Twilio calls wss:// alone (31922): this will do for tests on your own machine.',
    );
  }
  return ok('address', 'The URL begins with wss:// and has no query.');
}

/** Looks up the host's name. */
export async function checkName(url: URL): Promise<Finding> {
  const host = hostOf(url);
  let addresses: string[];
  try {
    addresses = (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    return failed(
      'name',
      `The name ${host} cannot be found (${codeOf(error)}; Twilio would log 31901). Check its spelling, and that it has an A or AAAA record that other networks see too.`,
    );
  }
  const words = isIP(host) ? `${host} is an address.` : `${host} is ${addresses.join(', ')}.`;
  if (addresses.every(isPrivate)) {
    return warning(
      'name',
      `${words} That is reached from this machine or network only: for real calls, give Twilio the address of a tunnel or of a public server.`,
    );
  }
  return ok('name', words);
}

/** Connects, and hangs up. */
export async function checkConnection(url: URL, timeoutMs: number): Promise<Finding> {
  const host = hostOf(url);
  const port = portOf(url);
  const outcome = await connected(connect({ host, port }), 'connect', timeoutMs);
  if (outcome === undefined) return ok('connection', `Port ${port} answers.`);
  if (outcome === 'ECONNREFUSED') {
    return failed(
      'connection',
      `Nobody listens at port ${port} of ${host} (Twilio would log 31902). Start the app, and check the port.`,
    );
  }
  return failed(
    'connection',
    `Port ${port} of ${host} cannot be reached (${outcome}; Twilio would log 31901). A firewall may be in the way: port 443 has to be open for the whole Internet, for Twilio has no fixed addresses.`,
  );
}

/** Shakes hands, and reads the certificate. */
export async function checkCertificate(
  url: URL,
  timeoutMs: number,
  ca: string | undefined,
): Promise<Finding> {
  const host = hostOf(url);
  const servername = isIP(host) ? '' : host;
  const options = {
    host,
    port: portOf(url),
    servername,
    rejectUnauthorized: false,
    ...(ca !== undefined && { ca }),
  };
  const socket = connectTls(options);
  let finding: Finding | undefined;
  socket.once('secureConnect', () => {
    finding = judge(socket, host);
  });
  const outcome = await connected(socket, 'secureConnect', timeoutMs);
  if (finding !== undefined) return finding;
  if (outcome === 'ETIMEDOUT') {
    return failed(
      'certificate',
      `The port answers, and does not go on with TLS within ${timeoutMs} ms (Twilio would log 31910). Check that it is the TLS port.`,
    );
  }
  return failed(
    'certificate',
    `The port does not speak TLS (${outcome}; Twilio would log 31910). Check that it is the TLS port, or put a proxy with a certificate in front of the app.`,
  );
}

function judge(socket: TLSSocket, host: string): Finding {
  const { valid_to } = socket.getPeerCertificate();
  if (!socket.authorized) {
    // Node's types have an Error here; it is the code of one, as text, or an Error with a code.
    const cause: unknown = socket.authorizationError;
    const code = typeof cause === 'string' ? cause : codeOf(cause);
    const words =
      CERTIFICATE_TROUBLE.get(code) ?? `is not trusted (${code}). Have it made anew by a public authority.`;
    return failed('certificate', `The certificate of ${host} ${words} Twilio would log 31910.`);
  }
  const leftMs = Date.parse(valid_to) - Date.now();
  if (leftMs < ENDS_SOON_MS) {
    return warning(
      'certificate',
      `The certificate ends in ${Math.floor(leftMs / DAY_MS)} days. Check that it is renewed by itself.`,
    );
  }
  return ok('certificate', `${socket.getProtocol()}, and the certificate is trusted until ${valid_to}.`);
}

const CERTIFICATE_TROUBLE: ReadonlyMap<string, string> = new Map([
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'is self-signed, which nobody but its maker trusts. Have one made by a public authority, such as Let’s Encrypt.',
  ],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'was made by an authority that is not public. Have one made by a public authority, such as Let’s Encrypt.',
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'comes without the certificates between it and its authority. Have the server send the whole chain (fullchain.pem).',
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'comes without the certificates between it and its authority. Have the server send the whole chain (fullchain.pem).',
  ],
  ['CERT_HAS_EXPIRED', 'has expired. Renew it.'],
  ['CERT_NOT_YET_VALID', 'is not valid yet. Check the clocks of both machines.'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'is for another name. Have one made for the name in the URL, or dial the name that it is for.',
  ],
]);

/** Waits for a socket's good news, then ends it. Undefined when they came; else the code of what came instead. */
function connected(socket: Socket, event: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (outcome?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => settle('ETIMEDOUT'), timeoutMs);
    socket.once(event, () => settle());
    socket.once('close', () => settle('ECONNRESET'));
    socket.on('error', (error) => settle(codeOf(error)));
  });
}

function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  return errors?.[0] === undefined ? 'unknown' : codeOf(errors[0]);
}

/** The host as sockets take it: an IPv6 address without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'wss:' ? 443 : 80);
}

/** What is not routed on the Internet: RFC 1918, 1122, 3927, 6598, 4193, 4291. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv6');
}

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
