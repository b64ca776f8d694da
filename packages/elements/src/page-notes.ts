/**
 * What the page says where there is no call to show, and about its connection.
 *
 * @module
 */

import { html, nothing, type TemplateResult } from 'lit';
import type { GatewayCalls } from './gateway-calls.ts';
import { glyph } from './glyphs.ts';

/** Before the first call, or before anything is known. */
export function withNoCalls({ known, source }: GatewayCalls): TemplateResult {
  const waiting = source?.reason ?? 'Asking the gateway for its calls.';
  return html`<main class="first">
      <div>
        <h1>${known ? 'No calls yet' : 'Connecting…'}</h1>
        <p>${known ? 'A call appears here a moment after it starts.' : waiting}</p>
        ${known ? html`<slot name="hint"></slot>` : nothing}
      </div>
    </main>
    <aside class="side" aria-label="Ready for calls">
      ${known ? html`<call-facts .gateway=${source?.gateway} .scopes=${source?.scopes ?? []}></call-facts>` : nothing}
    </aside>`;
}

/** Nothing of the calls: the gateway has refused, or the page has let go. */
export function withoutAccess(state: 'refused' | 'closed', reason: string | undefined): TemplateResult {
  const [title, words] =
    state === 'refused'
      ? ['No access to the calls', 'This page has no access to the calls. Sign in again.']
      : ['Not connected', 'This page has ended its connection to the gateway. Reload it to go on.'];
  return html`<main class="first alone">
    <div>
      <h1>${title}</h1>
      <p role="alert">${reason ?? words}</p>
    </div>
  </main>`;
}

/** The connection is lost, and is being made again. */
export function lostNote(sinceMs: number, onTry: () => void): TemplateResult {
  return html`<p class="lost" role="status">
    ${glyph('again')}<span>Lost the gateway ${Math.round(sinceMs / 1000)} s ago. The calls themselves go on.</span>
    <button type="button" class="button" @click=${onTry}>Try now</button>
  </p>`;
}

/** Something that is said for a moment. */
export function newsNote(words: string): TemplateResult {
  return html`<p class="news" role="status">${glyph('check', 'ok')}<span>${words}</span></p>`;
}
