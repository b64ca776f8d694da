/**
 * The demo as one server: calls come in at `/media`, people look at `/`.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Call, type CallControl, MediaError } from '@patchcord/core';
import { createHub, type Hub } from '@patchcord/monitor';
import { acceptCalls, twilioCalls, voiceWebhook } from '@patchcord/node';
import { answer } from './agent.ts';
import { startCallers } from './callers.ts';
import { loadPage, type PageFiles, webHandler } from './http.ts';
import { loadRecordings, type Recordings } from './prompts.ts';
import { isLoopback, nameOnThisMachine, type Settings } from './settings.ts';

/** What the demo is made of. */
export interface DashboardOptions extends Settings {
  /** The built page. */
  readonly pageFolder: URL;
  /** The recordings. */
  readonly speechFolder: URL;
  /** Takes what must not go unseen, in words. Never holds numbers, keys or secrets. */
  readonly log: (line: string) => void;
}

/** The demo, running. */
export interface Dashboard {
  /** The port that it listens on. */
  readonly port: number;
  /** Opens the page, with the key that it needs. */
  readonly pageUrl: string;
  /** Ends all calls, then the server. Never rejects. */
  close(): Promise<void>;
}

/** What the dashboard calls the agent. */
const LABEL = 'Menu';
const KEY_BYTES = 16;
const MEDIA = '/media';
const VOICE = '/voice';
const MONITOR = '/monitor';
/** Opening it takes a request of the page's and an upgrade. */
const TICKET_MS = 30_000;

/**
 * Starts the demo.
 *
 * @throws {MediaError} `invalid-argument`, in words, when the port cannot be had or a file is missing.
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const parts = await Promise.all([loadPage(options.pageFolder), loadRecordings(options.speechFolder)]);
  const httpServer = createServer();
  const port = await listen(httpServer, options.port, options.host);
  try {
    return serve(httpServer, port, options, ...parts);
  } catch (error) {
    httpServer.close();
    throw error;
  }
}

/** Puts everything on the server, which listens already: addresses are known from here on. */
function serve(
  httpServer: Server,
  port: number,
  options: DashboardOptions,
  files: PageFiles,
  recordings: Recordings,
): Dashboard {
  const { host, publicUrl, authToken, log } = options;
  const name = nameOnThisMachine(host);
  const mediaUrl = `ws://${name}:${port}${MEDIA}`;
  const publicMediaUrl = publicUrl ? `${publicUrl.replace(/^http/, 'ws')}${MEDIA}` : mediaUrl;
  const key = randomBytes(KEY_BYTES).toString('base64url');
  const hosts = ownHosts(port, host, publicUrl);
  const origins = [...hosts].flatMap((name) => [`http://${name}`, `https://${name}`]);

  const hub = createHub({ gateway: 'demo', allowedOrigins: origins, allowedHosts: [...hosts] });
  hub.attach(httpServer, { path: MONITOR });

  const control = callControl(options, (callId) => callers.owns(callId));
  const acceptor = acceptCalls(
    httpServer,
    {
      path: MEDIA,
      log,
      ...(authToken && publicUrl ? { authToken, publicUrl } : { allowUnsigned: isLoopback(host) }),
      ...(control ? { control } : {}),
    },
    (call) => {
      let hint = (_text: string): void => {};
      watch(hub, call, (text) => hint(text));
      return answer(call, {
        takeHints: (take) => {
          hint = take;
        },
        prompts: recordings.prompts,
        onWords: (words, timestampMs) =>
          hub.publish(call.info.callId, { words, track: 'outbound', timestampMs }),
      });
    },
  );

  const voice = voiceWebhook({
    streamUrl: publicMediaUrl,
    ...(authToken && publicUrl ? { authToken, publicUrl } : {}),
  });
  const web = webHandler({
    files,
    hosts,
    origins: new Set(origins),
    key,
    issueTicket: () => hub.issueTicket({ scopes: ['list', 'listen', 'control', 'see'], ttlMs: TICKET_MS }),
  });
  httpServer.on('request', (request, response) => {
    const path = pathOf(request);
    const answered = path === VOICE ? voice(request, response) : web(request, response, path);
    answered.catch((error: unknown) => {
      log(`A request for ${path} failed: ${error instanceof Error ? error.message : error}`);
      response.destroy();
    });
  });
  httpServer.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    if (pathOf(request) === MEDIA || pathOf(request) === MONITOR) return;
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  const callers = startCallers({
    url: mediaUrl,
    count: options.callers,
    speech: recordings.caller,
    ...(authToken ? { signature: { authToken, signedUrl: publicMediaUrl } } : {}),
    // The callers' words are known from the recording; with real callers this is where a recognizer stands.
    onWords(callSid, words) {
      const call = [...acceptor.calls].find(({ info }) => info.callId === callSid);
      if (call) hub.publish(callSid, { words, track: 'inbound', timestampMs: call.timestampMs });
    },
    onTrouble: log,
  });

  return {
    port,
    pageUrl: `http://${name === '127.0.0.1' ? 'localhost' : name}:${port}/#key=${key}`,
    async close() {
      httpServer.close();
      await callers.close();
      await acceptor.close({ when: 'now' });
      await hub.close();
      httpServer.closeAllConnections();
    },
  };
}

/** Twilio's way to hang up, where its credentials are given. Simulated calls need none: they end with their stream. */
function callControl(
  { accountSid, authToken }: Settings,
  isSimulated: (callId: string) => boolean,
): CallControl | undefined {
  if (!accountSid || !authToken) return undefined;
  const twilio = twilioCalls({ accountSid, authToken });
  return {
    hangUp: async (callId) => {
      if (!isSimulated(callId)) await twilio.hangUp(callId);
    },
  };
}

/** Twilio's `start` has no numbers: webhook and simulator pass them as parameters. */
function watch(hub: Hub, call: Call, onSay: (text: string) => void): void {
  const { from, to } = { ...call.info.parameters, ...call.info };
  hub.watch(call, { label: LABEL, onSay, ...(from ? { from } : {}), ...(to ? { to } : {}) });
}

/** The names under which this server is meant to be reached, as they stand in the Host header. */
function ownHosts(port: number, host: string, publicUrl: string | undefined): ReadonlySet<string> {
  const names = ['localhost', '127.0.0.1', '[::1]', bracketed(host)];
  return new Set([
    ...names.map((name) => new URL(`http://${name}:${port}`).host),
    ...(publicUrl ? [new URL(publicUrl).host] : []),
  ]);
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

const pathOf = (request: IncomingMessage): string => request.url?.split('?', 1)[0] ?? '/';

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen({ port, host });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw cannotListen(cause, port, host);
  }
  return (server.address() as AddressInfo).port;
}

function cannotListen(cause: unknown, port: number, host: string): MediaError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is in use. Stop the other program, or choose another port: PORT=${port + 1}.`,
    EACCES: `Port ${port} is not allowed to this user. Choose one above 1023: PORT=8080.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Correct HOST, or leave it unset.`,
  };
  const reason = reasons[code ?? ''] ?? `Cannot listen on port ${port} of ${host}: ${message}.`;
  return new MediaError('invalid-argument', reason, { cause });
}
