/**
 * The demo's page: gets tickets with the key from its own address, and hands a client to `<call-monitor>`.
 *
 * @module
 */

import { MediaError } from '@patchcord/core';
import '@patchcord/elements';
import { MonitorClient, type Scope } from '@patchcord/monitor/client';

const KEY = 'patchcord-key';
const TICKET_TIMEOUT_MS = 10_000;

/** The key from `#key=…`, or the one that this tab had before. */
function findKey(): string | undefined {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key) sessionStorage.setItem(KEY, key);
  return key ?? sessionStorage.getItem(KEY) ?? undefined;
}

/** Asks the server for a ticket. A refusal is for good: trying again with the same key helps nobody. */
async function getTicket(key: string): Promise<string> {
  const response = await fetch('/tickets', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(TICKET_TIMEOUT_MS),
  });
  if (response.status === 401) {
    sessionStorage.removeItem(KEY);
    throw new MediaError(
      'refused',
      'The server does not know this key. Open the address that it printed when it was last started.',
    );
  }
  if (response.status === 403) {
    throw new MediaError(
      'refused',
      'The gateway does not accept this page’s address. Open the address that it printed.',
    );
  }
  if (!response.ok) throw new Error(`Asking for a ticket was answered with ${response.status}.`);
  const { ticket }: { ticket: string } = await response.json();
  return ticket;
}

function part<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no element "${id}".`);
  return element as Kind;
}

const states: Readonly<Record<MonitorClient['state'], string>> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  refused: 'No access',
  closed: 'Closed',
};

function rightsOf(scopes: readonly Scope[]): string {
  if (scopes.includes('control')) return 'You can listen and control';
  return scopes.includes('listen') ? 'You can listen' : 'You can see the calls';
}

function showConnection({ state, scopes }: MonitorClient): void {
  part('connection').hidden = false;
  part('connection').classList.toggle('lost', state !== 'connected');
  part('connection-words').textContent = states[state];
  part('rights').hidden = state !== 'connected';
  part('rights').textContent = rightsOf(scopes);
}

function showCalls(key: string): void {
  const client = MonitorClient.connect(new URL('/monitor', location.href), { ticket: () => getTicket(key) });
  client.addEventListener('state', () => showConnection(client));
  showConnection(client);
  const monitor = part<HTMLElementTagNameMap['call-monitor']>('monitor');
  monitor.client = client;
  monitor.hidden = false;
}

function showHints(): void {
  const media = new URL('/media', location.href);
  media.protocol = media.protocol.replace('http', 'ws');
  media.hash = '';
  const speech = 'examples/dashboard/speech/jfk-16k.wav'; // from the folder in which the server was started
  part('phone-command').textContent = `npx patchcord-phone ${media.href} --say ${speech}`;
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  part('webhook-url').textContent = `${isLocal ? 'https://your-address.example' : location.origin}/voice`;
  for (const button of document.querySelectorAll<HTMLElement>('[data-copy]')) {
    button.addEventListener('click', () => {
      const text = part(button.getAttribute('data-copy') ?? '').textContent ?? '';
      navigator.clipboard.writeText(text).then(
        () => {
          button.textContent = 'Copied';
        },
        () => {
          button.textContent = 'Select it and copy';
        },
      );
    });
  }
}

function listenForKeys(): void {
  const dialog = part<HTMLDialogElement>('keys');
  part('open-keys').addEventListener('click', () => dialog.showModal());
  document.addEventListener('keydown', (event) => {
    const [target] = event.composedPath();
    const isTyping = target instanceof HTMLInputElement && target.type !== 'range';
    if (event.key === '?' && !isTyping && !dialog.open) dialog.showModal();
  });
}

const key = findKey();
showHints();
listenForKeys();
if (key) showCalls(key);
else part('locked').hidden = false;
addEventListener('hashchange', () => location.reload());
