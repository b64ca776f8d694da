/**
 * The demo's page: gets tickets with the key from its own address, and hands a client to `<call-monitor>`.
 *
 * @module
 */

import { MediaError } from '@patchcord/core';
import '@patchcord/elements';
import { createWorkerClient } from '@patchcord/player';

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

const monitor = part<HTMLElementTagNameMap['call-monitor']>('monitor');

/** The view that the address asks for: `#view=wall`. */
function viewOfAddress(): typeof monitor.view {
  const view = new URLSearchParams(location.hash.slice(1)).get('view');
  return view === 'wall' || view === 'latency' ? view : 'live';
}

function showCalls(key: string): void {
  monitor.client = createWorkerClient(new URL('/monitor', location.href), { ticket: () => getTicket(key) });
  monitor.view = viewOfAddress();
  // The view stands in the address, to be kept and sent; the key does not.
  monitor.addEventListener('view', () => history.replaceState(undefined, '', `#view=${monitor.view}`));
  monitor.hidden = false;
}

function showHints(): void {
  const media = new URL('/media', location.href);
  media.protocol = media.protocol.replace('http', 'ws');
  media.hash = '';
  const speech = 'examples/dashboard/speech/jfk-16k.wav'; // from the folder in which the server was started
  part('phone-command').textContent = `npx patchcord-phone ${media.href} --say ${speech}`;
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  const streamUrl = isLocal ? 'wss://your-address.example/media' : media.href;
  part('twiml').textContent =
    `<Response>\n  <Connect>\n    <Stream url="${streamUrl}" />\n  </Connect>\n</Response>`;
  part('media-url').textContent = media.href;
  part('local-note').hidden = !isLocal;
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

const key = findKey();
showHints();
if (key) showCalls(key);
else part('locked').hidden = false;
addEventListener('hashchange', () => {
  // Another key is another page; another view is not.
  if (new URLSearchParams(location.hash.slice(1)).has('key')) location.reload();
  else monitor.view = viewOfAddress();
});
