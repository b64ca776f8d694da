/**
 * The demo's web side: the page's files, and tickets for those who hold the key.
 *
 * @module
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@patchcord/core';

/** One file of the page, in memory. */
interface PageFile {
  readonly body: Uint8Array;
  readonly type: string;
}

/** The page's files by the path that asks for them. A path that is not listed does not exist. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.map': 'application/json',
  '.woff2': 'font/woff2',
};

/**
 * Reads the page into memory, once.
 *
 * @throws {MediaError} `invalid-argument` where there is no page.
 */
export async function loadPage(folder: URL): Promise<PageFiles> {
  const root = fileURLToPath(folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const entry of entries.filter((item) => item.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(root, file).replaceAll(sep, '/')}`;
    const type = TYPES[extname(entry.name)] ?? 'application/octet-stream';
    files.set(path, { body: await readFile(file), type });
  }
  const index = files.get('/index.html');
  if (!index) {
    throw new MediaError('invalid-argument', `There is no page in ${root}. Build first: pnpm build.`);
  }
  return files.set('/', index);
}

/**
 * What the page may do: run its own scripts, and those that it makes itself for the audio thread; connect to
 * the server it came from. Nothing inline, nothing from elsewhere.
 */
function pageHeaders(host: string): Record<string, string> {
  const policy = {
    'default-src': `'none'`,
    'script-src': `'self' blob:`,
    'worker-src': `'self' blob:`,
    'style-src': `'self'`,
    'img-src': `'self' data:`,
    'font-src': `'self'`,
    'connect-src': `'self' ws://${host} wss://${host}`,
    'base-uri': `'none'`,
    'form-action': `'none'`,
    'frame-ancestors': `'none'`,
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map(([name, sources]) => `${name} ${sources}`)
      .join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(self)',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}

/** Who may ask for what. */
export interface WebOptions {
  readonly files: PageFiles;
  /** Host headers that are answered: others come from pages that point their own name at this machine. */
  readonly hosts: ReadonlySet<string>;
  /** Origins that tickets are given to. */
  readonly origins: ReadonlySet<string>;
  /** Whoever knows it gets tickets. */
  readonly key: string;
  readonly issueTicket: () => Promise<string>;
}

/** Answers requests for the page, and `POST /tickets`. */
export function webHandler({ files, hosts, origins, key, issueTicket }: WebOptions) {
  const giveTicket = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') return refuse(response, 405, 'Ask for a ticket with POST.');
    if (!origins.has(request.headers.origin ?? '')) {
      return refuse(response, 403, 'Tickets are given to this server’s own page only.');
    }
    const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ', 2);
    if (scheme !== 'Bearer' || !isSame(given, key)) {
      return refuse(
        response,
        401,
        'Open the page with the address that the server printed: it holds the key.',
      );
    }
    answer(response, 200, { ticket: await issueTicket() });
  };

  const giveFile = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    const file = files.get(path);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!file) {
      refuse(response, 404, 'There is no such page.');
    } else if (!isRead) {
      refuse(response, 405, 'Pages can only be read.');
    } else {
      response.writeHead(200, {
        ...pageHeaders(request.headers.host ?? ''),
        'content-type': file.type,
        'content-length': file.body.byteLength,
      });
      response.end(request.method === 'HEAD' ? undefined : file.body);
    }
  };

  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    request.resume();
    if (!hosts.has(request.headers.host ?? '')) {
      return refuse(
        response,
        403,
        'This server does not answer to that name. Use the address that it printed.',
      );
    }
    if (path === '/tickets') return giveTicket(request, response);
    giveFile(request, response, path);
  };
}

/** Compares secrets in a time that tells nothing about them. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

const refuse = (response: ServerResponse, status: number, error: string): void =>
  answer(response, status, { error });

function answer(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(value));
}
