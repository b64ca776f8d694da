import type { Scope } from '@patchcord/monitor/client';
import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { glyph } from '../glyphs.ts';
import { keyTable } from '../keys.ts';
import type { CallSource } from '../sources.ts';
import { base, dialog } from '../tokens.ts';
import { count } from '../words.ts';

/** What the page shows. */
export type PageView = 'live' | 'wall' | 'latency';

const views: readonly (readonly [PageView, string])[] = [
  ['live', 'Live'],
  ['wall', 'Wall'],
  ['latency', 'Latency'],
];

const states: Readonly<Record<CallSource['state'], string>> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  refused: 'No access',
  closed: 'Closed',
};

/** The top of the page: its views, how it stands with the gateway, all keys. Fires `view` with one of the views. */
export class TopBar extends LitElement {
  static override properties: PropertyDeclarations = {
    view: { attribute: false },
    state: { attribute: false },
    scopes: { attribute: false },
    gateways: { attribute: false },
  };

  declare view: PageView;
  declare state: CallSource['state'];
  declare scopes: readonly Scope[];
  /** How many gateways are known. */
  declare gateways: number;

  constructor() {
    super();
    this.view = 'live';
    this.state = 'connecting';
    this.scopes = [];
    this.gateways = 0;
  }

  static override styles: CSSResultGroup = [
    base,
    dialog,
    css`
      :host {
        position: relative;
        display: grid;
        grid-template-columns: 296px auto minmax(0, 1fr);
        align-items: center;
        height: 48px;
        border-bottom: 1px solid var(--line);
        background: var(--surface);
        white-space: nowrap;
      }
      .brand {
        display: flex;
        align-items: center;
        gap: var(--s2);
        padding-left: var(--s4);
        font-size: var(--lead);
        font-weight: 600;
        overflow: hidden;
      }
      nav {
        display: flex;
        height: 100%;
      }
      nav button,
      .keys {
        border: 0;
        background: none;
        color: var(--ink-2);
        cursor: pointer;
      }
      nav button {
        height: 48px;
        padding: 0 var(--s3);
      }
      nav button[aria-current='page'] {
        color: var(--ink);
        font-weight: 600;
        box-shadow: inset 0 -2px 0 var(--accent);
      }
      nav button:focus-visible {
        outline-offset: -2px;
      }
      .facts {
        display: flex;
        align-items: center;
        justify-content: flex-end;
        gap: var(--s4);
        min-width: 0;
        padding-right: var(--s4);
        font-size: var(--small);
        color: var(--ink-2);
      }
      .state {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      .keys {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: var(--s1) 0;
        font-size: var(--small);
      }
      dialog {
        width: min(400px, calc(100% - 32px));
        max-height: calc(100% - 32px);
        padding: var(--s4);
        border: 1px solid var(--line);
        border-radius: var(--r3);
        background: var(--surface);
        color: var(--ink);
        white-space: normal;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 0.3);
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 6px var(--s4);
        margin: var(--s3) 0 var(--s4);
      }
      dt {
        display: flex;
        gap: var(--s1);
      }
      kbd {
        white-space: nowrap;
      }
      @container (max-width: 1180px) {
        :host {
          grid-template-columns: 264px auto minmax(0, 1fr);
        }
        .rights {
          display: none;
        }
      }
      @container (max-width: 720px) {
        :host {
          grid-template-columns: minmax(0, auto) auto minmax(0, 1fr);
        }
        .gateways,
        .keys,
        .state span {
          display: none;
        }
        nav button {
          padding: 0 10px;
        }
      }
      @media (forced-colors: active) {
        nav button[aria-current='page'] {
          text-decoration: underline;
        }
      }
    `,
  ];

  /** Shows all keys. */
  showKeys(): void {
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  protected override render(): TemplateResult {
    const connected = this.state === 'connected';
    return html`
      <div class="brand"><slot></slot></div>
      <nav aria-label="Views">
        ${views.map(
          ([view, name]) => html`<button
            type="button"
            aria-current=${view === this.view ? 'page' : nothing}
            @click=${() => this.dispatchEvent(new CustomEvent('view', { detail: view }))}
          >
            ${name}
          </button>`,
        )}
      </nav>
      <div class="facts">
        <span class="state ${connected ? '' : 'warn'}" role="status" title=${states[this.state]}>
          ${glyph(connected ? 'check' : 'again', connected ? 'ok' : 'warn')}<span>${states[this.state]}</span>
        </span>
        ${this.gateways > 0 ? html`<span class="gateways">${count(this.gateways, 'gateway')}</span>` : nothing}
        ${connected ? html`<span class="rights">${rightsOf(this.scopes)}</span>` : nothing}
        <button type="button" class="keys" @click=${() => this.showKeys()}>Keys<kbd>?</kbd></button>
      </div>
      <dialog aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        <dl>
          ${keyTable.map(
            ([keys, does]) =>
              html`<dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd>`)}</dt>
                <dd>${does}</dd>`,
          )}
        </dl>
        <form method="dialog" class="answers"><button type="submit" class="button">Close</button></form>
      </dialog>
    `;
  }
}

function rightsOf(scopes: readonly Scope[]): string {
  if (scopes.includes('control')) return 'You can listen and control';
  return scopes.includes('listen') ? 'You can listen' : 'You can see the calls';
}
