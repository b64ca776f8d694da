import type { CallLevels, CallSummary } from '@patchcord/monitor/client';
import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Trouble } from '../attention.ts';
import type { CallBoard } from '../board.ts';
import { type GlyphName, glyph } from '../glyphs.ts';
import { type Sort, SteadyOrder } from '../steady-order.ts';
import { base } from '../tokens.ts';
import { clock, count, endNote, phoneNumber } from '../words.ts';
import { listStyles } from './list-styles.ts';
import { styleVars } from './style-vars.ts';

/** Bars of the list start here, so that line noise does not look like speech. */
const FLOOR_DB = -42;

const sorts: readonly (readonly [Sort, string])[] = [
  ['attention', 'Needs attention first'],
  ['longest', 'Longest first'],
  ['newest', 'Newest first'],
];

/** The calls: state, who, how long, how loud. Fires `listen` with a call's id. */
export class CallList extends LitElement {
  static override properties: PropertyDeclarations = {
    board: { attribute: false },
    levels: { attribute: false },
    shown: { attribute: false },
    heard: { attribute: false },
    tick: { attribute: false },
    troubleOf: { attribute: false },
    search: { state: true },
    sort: { state: true },
  };

  declare board: CallBoard | undefined;
  declare levels: ReadonlyMap<string, CallLevels>;
  /** The call that the page shows. */
  declare shown: string | undefined;
  /** The call that is listened to. */
  declare heard: string | undefined;
  /** Our own Unix time, for durations. */
  declare tick: number;
  /** What is the matter with a call. */
  declare troubleOf: (call: CallSummary) => Trouble | undefined;
  declare search: string;
  declare sort: Sort;

  readonly #order = new SteadyOrder();
  /** The row that the keyboard is on. */
  #active: string | undefined;

  constructor() {
    super();
    this.board = undefined;
    this.levels = new Map();
    this.shown = undefined;
    this.heard = undefined;
    this.tick = Date.now();
    this.troubleOf = () => undefined;
    this.search = '';
    this.sort = 'attention';
  }

  static override styles: CSSResultGroup = [base, listStyles];

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
          ${all.length > 0 ? this.#sorts() : nothing}
        </div>
      </div>
      ${
        all.length === 0
          ? html`<p class="hold">Calls will be listed here, with their state, length and levels.</p>`
          : calls.length === 0
            ? html`<p class="hold">No call matches. Clear the search to see all.</p>`
            : this.#groups(calls)
      }
    `;
  }

  /** A click takes the next order. */
  #sorts(): TemplateResult {
    const at = sorts.findIndex(([sort]) => sort === this.sort);
    const [, name] = sorts[at] ?? ['', ''];
    const [next] = sorts[(at + 1) % sorts.length] ?? ['attention'];
    return html`<button
      type="button"
      title="Change the order"
      @click=${() => {
        this.sort = next;
      }}
    >
      <span class="said">Order: </span>${name}${glyph('down')}
    </button>`;
  }

  #groups(calls: readonly CallSummary[]): TemplateResult {
    const held = this.renderRoot.querySelector('.calls:hover, .call:focus') !== null;
    const { needing, well } = this.#order.arrange(
      calls,
      this.sort,
      (call) => this.troubleOf(call) !== undefined,
      this.tick,
      held,
    );
    const rows = [...needing, ...well];
    const group = (name: string, members: readonly CallSummary[]): TemplateResult | typeof nothing =>
      members.length === 0
        ? nothing
        : html`<div role="group" aria-label=${name}>
            ${
              needing.length === 0
                ? nothing
                : html`<div class="group" aria-hidden="true"><span>${name}</span><span>${members.length}</span></div>`
            }
            ${repeat(
              members,
              ({ callId }) => callId,
              (call) => this.#row(call, rows),
            )}
          </div>`;
    return html`<div class="calls" role="listbox" aria-label="Calls" @keydown=${this.#onKey}>
      ${group('Needs attention', needing)}
      ${group(needing.length > 0 ? 'Going well, longest first' : 'Calls', well)}
    </div>`;
  }

  #row(call: CallSummary, calls: readonly CallSummary[]): TemplateResult {
    const { callId } = call;
    const heard = callId === this.heard && call.state === 'up';
    const tabStop = [this.#active, this.shown, calls[0]?.callId].find((id) =>
      calls.some((other) => other.callId === id),
    );
    const state = stateOf(call, heard, this.troubleOf(call));
    const level = call.state === 'up' ? this.levels.get(callId) : undefined;
    return html`<div
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
        <span class="note cut ${state.tone === 'accent' ? '' : state.tone}">${state.note}</span>
      </div>
      <div>
        <time>${clock(this.board?.elapsedMs(call, this.tick) ?? 0)}</time>
        <span class="levels" aria-hidden="true">
          <i class="caller" ${styleVars({ '--level': bar(level?.inbound.peakDb) })}></i>
          <i class="agent" ${styleVars({ '--level': bar(level?.outbound.peakDb) })}></i>
        </span>
      </div>
    </div>`;
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

const troubleGlyphs: Readonly<Record<Trouble['kind'], GlyphName>> = {
  'one-way': 'broken',
  unreachable: 'again',
  'dead-air': 'warning',
  warnings: 'warning',
};

/** How a call is shown in a few words: its glyph, its colour, what it does. */
export function stateOf(
  call: CallSummary,
  heard: boolean,
  trouble: Trouble | undefined,
): { glyph: GlyphName; tone: string; note: string } {
  const named = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(' · ');
  if (call.state === 'ended') {
    return { glyph: 'ended', tone: '', note: named(call.label, endNote(call.endReason)) };
  }
  if (heard) {
    return { glyph: 'listen', tone: 'accent', note: named(call.label, trouble?.note ?? 'Listening') };
  }
  if (trouble) {
    const icon = troubleGlyphs[trouble.kind];
    return { glyph: icon, tone: trouble.tone, note: named(trouble.note, call.label) };
  }
  const speaks = call.speaking.includes('inbound')
    ? 'Caller speaks'
    : call.speaking.includes('outbound')
      ? 'Agent speaks'
      : 'Quiet';
  return { glyph: 'up', tone: '', note: named(call.label, speaks) };
}

function bar(db: number | undefined): string {
  const level = Math.min(1, Math.max(0, ((db ?? FLOOR_DB) - FLOOR_DB) / -FLOOR_DB));
  return `${(100 * level).toFixed(1)}%`;
}
