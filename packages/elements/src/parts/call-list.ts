import type { CallLevels, CallSummary } from '@patchcord/monitor/client';
import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { CallBoard } from '../board.ts';
import { type GlyphName, glyph } from '../glyphs.ts';
import { base } from '../tokens.ts';
import { clock, count, endNote, phoneNumber } from '../words.ts';
import { styleVars } from './style-vars.ts';

/** Bars of the list start here, so that line noise does not look like speech. */
const FLOOR_DB = -42;

/** The calls: state, who, how long, how loud. Fires `listen` with a call's id. */
export class CallList extends LitElement {
  static override properties: PropertyDeclarations = {
    board: { attribute: false },
    levels: { attribute: false },
    shown: { attribute: false },
    heard: { attribute: false },
    tick: { attribute: false },
    search: { state: true },
  };

  declare board: CallBoard | undefined;
  declare levels: ReadonlyMap<string, CallLevels>;
  /** The call that the page shows. */
  declare shown: string | undefined;
  /** The call that is listened to. */
  declare heard: string | undefined;
  /** Our own Unix time, for durations. */
  declare tick: number;
  declare search: string;

  /** The row that the keyboard is on. */
  #active: string | undefined;

  constructor() {
    super();
    this.board = undefined;
    this.levels = new Map();
    this.shown = undefined;
    this.heard = undefined;
    this.tick = Date.now();
    this.search = '';
  }

  static override styles: CSSResultGroup = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--surface);
      }
      .tools {
        padding: var(--s3) var(--s4) var(--s1);
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--s2);
      }
      .search {
        display: flex;
        align-items: center;
        gap: var(--s2);
        height: 32px;
        padding: 0 6px 0 var(--s2);
        border: 1px solid var(--edge);
        border-radius: var(--r2);
        color: var(--ink-3);
      }
      .search input {
        border: 0;
        outline: 0;
        background: none;
        flex: 1;
        min-width: 0;
        text-overflow: ellipsis;
        color: var(--ink);
      }
      .search input::placeholder {
        color: var(--ink-3);
        opacity: 1;
      }
      .search:focus-within {
        outline: 2px solid var(--accent);
        outline-offset: 1px;
      }
      .order {
        display: flex;
        justify-content: space-between;
        font-size: var(--small);
        color: var(--ink-3);
      }
      .calls {
        overflow: hidden auto;
        flex: 1;
        min-height: 0;
        padding-top: var(--s1);
      }
      .hold {
        padding: var(--s5) var(--s4);
        color: var(--ink-3);
        font-size: var(--small);
      }
      .call {
        position: relative;
        display: grid;
        grid-template-columns: 16px minmax(0, 1fr) 60px;
        column-gap: 10px;
        align-items: center;
        height: 50px;
        padding: 0 var(--s4);
        cursor: pointer;
      }
      .call:hover {
        background: var(--hover);
      }
      .call:focus-visible {
        outline-offset: -2px;
      }
      .call[aria-selected='true'] {
        background: var(--selected);
      }
      .call[aria-selected='true']::before {
        content: '';
        position: absolute;
        inset: 0 auto 0 0;
        width: 3px;
        background: var(--accent);
      }
      .who {
        display: block;
        font-weight: 500;
      }
      .note {
        display: block;
        font-size: var(--small);
        line-height: 16px;
      }
      .note:not(.warn) {
        color: var(--ink-3);
      }
      .call > .glyph:not(.accent, .warn) {
        color: var(--ink-3);
      }
      time {
        display: block;
        text-align: right;
        color: var(--ink-2);
      }
      .ended .who,
      .ended time {
        color: var(--ink-3);
      }
      .levels {
        display: grid;
        gap: 2px;
        height: 16px;
        align-content: center;
      }
      .levels i {
        display: block;
        height: 5px;
        background:
          linear-gradient(currentColor, currentColor) 0 / var(--level, 0%) 100% no-repeat,
          var(--line);
        border-radius: 1px;
      }
      .levels .agent {
        mask: repeating-linear-gradient(90deg, #000 0 3px, #0000 3px 5px);
        border-radius: 0;
      }
      .ended .levels {
        opacity: 0.5;
      }
      @media (forced-colors: active) {
        .call[aria-selected='true']::before,
        .levels i {
          forced-color-adjust: none;
        }
      }
    `,
  ];

  /** Puts the focus into the search field. */
  focusSearch(): void {
    this.renderRoot.querySelector('input')?.focus();
  }

  protected override render(): TemplateResult {
    const all = this.board?.calls ?? [];
    const calls = all.filter((call) => matches(call, this.search));
    return html`
      <div class="tools">
        <label class="search">
          ${glyph('find')}
          <input
            type="search"
            autocomplete="off"
            placeholder="Number, agent or call id"
            aria-label="Search calls"
            .value=${this.search}
            @input=${this.#onSearch}
            @keydown=${this.#onSearchKey}
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        <div class="order">
          <span>${all.length === 0 ? 'No calls' : count(all.length, 'call')}</span>
          ${all.length > 0 ? html`<span>Longest first</span>` : nothing}
        </div>
      </div>
      ${
        all.length === 0
          ? html`<p class="hold">Calls will be listed here, with their state, length and levels.</p>`
          : calls.length === 0
            ? html`<p class="hold">No call matches. Clear the search to see all.</p>`
            : html`<ul class="calls" role="listbox" aria-label="Calls" @keydown=${this.#onKey}>
                ${repeat(
                  calls,
                  ({ callId }) => callId,
                  (call) => this.#row(call, calls),
                )}
              </ul>`
      }
    `;
  }

  #row(call: CallSummary, calls: readonly CallSummary[]): TemplateResult {
    const { callId } = call;
    const heard = callId === this.heard && call.state === 'up';
    const tabStop = [this.#active, this.shown, calls[0]?.callId].find((id) =>
      calls.some((other) => other.callId === id),
    );
    const state = stateOf(call, heard);
    const level = call.state === 'up' ? this.levels.get(callId) : undefined;
    return html`<li
      class="call ${call.state}"
      role="option"
      data-call-id=${callId}
      tabindex=${callId === tabStop ? 0 : -1}
      aria-selected=${callId === this.shown}
      @click=${() => this.#listen(callId)}
      @focus=${() => {
        this.#active = callId;
      }}
    >
      ${glyph(state.glyph, state.tone)}
      <div class="cut">
        <span class="who cut">${phoneNumber(call.from)}</span>
        <span class="note cut ${state.tone === 'warn' ? 'warn' : ''}">${state.note}</span>
      </div>
      <div>
        <time>${clock(this.board?.elapsedMs(call, this.tick) ?? 0)}</time>
        <span class="levels" aria-hidden="true">
          <i class="caller" ${styleVars({ '--level': bar(level?.inbound.peakDb) })}></i>
          <i class="agent" ${styleVars({ '--level': bar(level?.outbound.peakDb) })}></i>
        </span>
      </div>
    </li>`;
  }

  #listen(callId: string): void {
    this.#active = callId;
    this.dispatchEvent(new CustomEvent('listen', { detail: callId }));
  }

  readonly #onSearch = (event: Event): void => {
    if (event.target instanceof HTMLInputElement) this.search = event.target.value;
  };

  readonly #onSearchKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      this.#focusRow(0);
    } else if (event.key === 'Escape' && this.search) {
      event.stopPropagation();
      this.search = '';
    }
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const rows = this.#rows;
    const at = rows.findIndex((row) => row.getAttribute('data-call-id') === this.#active);
    const to: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(rows.length - 1, at + 1),
      ArrowUp: Math.max(0, at - 1),
      Home: 0,
      End: rows.length - 1,
    };
    const next = to[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.#focusRow(next);
    } else if (event.key === 'Enter' && this.#active !== undefined) {
      event.preventDefault();
      this.#listen(this.#active);
    }
  };

  get #rows(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('.call')];
  }

  #focusRow(index: number): void {
    const row = this.#rows[index];
    row?.focus();
    this.requestUpdate();
  }
}

function matches({ from, to, label, callId }: CallSummary, search: string): boolean {
  const words = search.trim().toLowerCase();
  const said = [from, to, phoneNumber(from), label, callId].join(' ').toLowerCase();
  return words === '' || said.includes(words);
}

function stateOf(call: CallSummary, heard: boolean): { glyph: GlyphName; tone: string; note: string } {
  const named = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(' · ');
  if (call.state === 'ended') {
    return { glyph: 'ended', tone: '', note: named(call.label, endNote(call.endReason)) };
  }
  const speaks = call.speaking.includes('inbound')
    ? 'Caller speaks'
    : call.speaking.includes('outbound')
      ? 'Agent speaks'
      : 'Quiet';
  if (heard) return { glyph: 'listen', tone: 'accent', note: named(call.label, 'Listening') };
  if (call.warnings > 0) {
    return { glyph: 'warning', tone: 'warn', note: named(count(call.warnings, 'warning'), call.label) };
  }
  return { glyph: 'up', tone: '', note: named(call.label, speaks) };
}

function bar(db: number | undefined): string {
  const level = Math.min(1, Math.max(0, ((db ?? FLOOR_DB) - FLOOR_DB) / -FLOOR_DB));
  return `${(100 * level).toFixed(1)}%`;
}
