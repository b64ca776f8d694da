import type { Track } from '@patchcord/core';
import type { CallSummary } from '@patchcord/monitor/client';
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
import { glyph } from '../glyphs.ts';
import { HISTORY_STEPS, type LevelHistory } from '../level-history.ts';
import { fit, type Palette, readPalette } from '../paint/canvas.ts';
import { type Sort, SteadyOrder } from '../steady-order.ts';
import { base, segments } from '../tokens.ts';
import { clock, phoneNumber } from '../words.ts';
import { stateOf } from './call-list.ts';
import { FrameLoop } from './frame-loop.ts';
import { wallStyles } from './wall-styles.ts';

/** Bars of the wall start here, so that line noise does not look like speech. */
const FLOOR_DB = -42;
/** The agent's bars, and from one to the next, in readings of 100 ms. */
const AGENT_STEP = 2;

const sorts: readonly (readonly [Sort, string])[] = [
  ['attention', 'Needs attention first'],
  ['longest', 'Longest first'],
];

/** Many calls at once: the last 10 s of their levels. Fires `listen` with a call's id. */
export class CallWall extends LitElement {
  static override properties: PropertyDeclarations = {
    board: { attribute: false },
    levels: { attribute: false },
    heard: { attribute: false },
    troubleOf: { attribute: false },
    tick: { attribute: false },
    sort: { state: true },
  };

  declare board: CallBoard | undefined;
  declare levels: LevelHistory | undefined;
  /** The call that is listened to. */
  declare heard: string | undefined;
  declare troubleOf: (call: CallSummary) => Trouble | undefined;
  /** Our own Unix time, for durations. */
  declare tick: number;
  declare sort: Sort;

  readonly #order = new SteadyOrder();
  #palette: Palette | undefined;
  #inView = new Set<Element>();
  readonly #watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#inView.add(target);
      else this.#inView.delete(target);
    }
  });

  constructor() {
    super();
    this.board = undefined;
    this.levels = undefined;
    this.heard = undefined;
    this.troubleOf = () => undefined;
    this.tick = 0;
    this.sort = 'attention';
    new FrameLoop(this, 10, () => this.#draw());
  }

  static override styles: CSSResultGroup = [base, segments, wallStyles];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch.disconnect();
    this.#inView.clear();
  }

  protected override updated(): void {
    const probe = this.renderRoot.querySelector<HTMLElement>('#probe');
    if (probe)
      this.#palette = readPalette(probe, getComputedStyle(this).fontFamily, this.#palette) ?? this.#palette;
    const there = new Set<Element>(this.renderRoot.querySelectorAll('canvas'));
    for (const canvas of there) this.#watch.observe(canvas);
    for (const canvas of this.#inView) if (!there.has(canvas)) this.#inView.delete(canvas);
  }

  protected override render(): TemplateResult {
    const calls = this.board?.calls ?? [];
    const held = this.renderRoot.querySelector('.tile:hover, .tile:focus') !== null;
    const troubles = new Map(calls.map((call) => [call.callId, this.troubleOf(call)]));
    const needs = (call: CallSummary): boolean => troubles.get(call.callId) !== undefined;
    const { needing, well } = this.#order.arrange(calls, this.sort, needs, this.tick, held);
    const inTrouble = calls.filter(needs).length;
    return html`
      <header>
        <p><b>${calls.length}</b> ${calls.length === 1 ? 'call' : 'calls'}</p>
        <p><b class=${inTrouble > 0 ? 'warn' : ''}>${inTrouble}</b> need attention</p>
        <p class="well"><b>${calls.length - inTrouble}</b> going well</p>
        <span class="grow"></span>
        <span class="legend">
          ${glyph('caller', 'caller')}<span>Caller above</span>${glyph('agent', 'agent')}<span>Agent below, last 10 s</span>
        </span>
        <div class="segments" role="group" aria-label="Order">
          ${sorts.map(
            ([sort, name]) =>
              html`<button
                type="button"
                aria-pressed=${sort === this.sort}
                @click=${() => {
                  this.sort = sort;
                }}
              >
                ${name}
              </button>`,
          )}
        </div>
      </header>
      ${calls.length === 0 ? html`<p class="none">No calls. They are shown here a moment after they start.</p>` : nothing}
      <div class="tiles" role="list" aria-label="Calls" @keydown=${this.#onKey}>
        ${repeat(
          [...needing, ...well],
          ({ callId }) => callId,
          (call) => this.#tile(call, troubles.get(call.callId)),
        )}
      </div>
      <i id="probe" hidden></i>
    `;
  }

  #tile(call: CallSummary, trouble: Trouble | undefined): TemplateResult {
    const heard = call.callId === this.heard && call.state === 'up';
    const state = stateOf(call, heard, trouble);
    const isPlain = state.tone === '';
    return html`<div role="listitem">
      <button
        type="button"
        class="tile ${state.tone} ${call.state}"
        data-call-id=${call.callId}
        @click=${() => this.dispatchEvent(new CustomEvent('listen', { detail: call.callId }))}
      >
        <span class="head">
          ${isPlain && call.state === 'up' ? nothing : glyph(state.glyph, state.tone)}
          <span class="number cut">${shortNumber(call.from)}</span>
          <time>${clock(this.board?.elapsedMs(call, this.tick) ?? 0)}</time>
        </span>
        <canvas data-call-id=${call.callId} aria-hidden="true"></canvas>
        <span class="note cut ${state.tone === 'accent' ? '' : state.tone}">${trouble?.note ?? state.note}</span>
      </button>
    </div>`;
  }

  #draw(): void {
    const { levels } = this;
    if (!levels || !this.#palette) return;
    for (const canvas of this.#inView) {
      const callId = canvas.getAttribute('data-call-id');
      if (callId !== null && canvas instanceof HTMLCanvasElement) {
        paintTile(canvas, levels, callId, this.#palette);
      }
    }
  }

  /** Arrows move from tile to tile, as they lie. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const tiles = [...this.renderRoot.querySelectorAll<HTMLElement>('.tile')];
    const at = tiles.findIndex((tile) => tile.matches(':focus'));
    const [first] = tiles;
    if (at < 0 || !first) return;
    const columns = tiles.filter((tile) => tile.offsetTop === first.offsetTop).length;
    const to: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + columns,
      ArrowUp: at - columns,
      Home: 0,
      End: tiles.length - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    tiles[next]?.focus();
  };
}

/** The last four digits: a wall has no room for more. */
function shortNumber(from: string | undefined): string {
  const number = phoneNumber(from);
  const last = number.slice(-4);
  return /^\d{4}$/.test(last) ? `••• ${last}` : number;
}

function paintTile(
  canvas: HTMLCanvasElement,
  levels: LevelHistory,
  callId: string,
  { caller, agent }: Palette,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = fit(canvas, width, height);
  if (!context) return;
  const y = Math.round(height / 2);
  const step = width / HISTORY_STEPS;
  const tall = (track: Track, age: number): number =>
    Math.max(0, 1 - levels.peakDb(callId, track, age) / FLOOR_DB) * (y - 2);
  context.fillStyle = caller;
  context.fillRect(0, y - 1, width, 1);
  context.beginPath();
  for (let age = 0; age < HISTORY_STEPS; age++) {
    const size = tall('inbound', age);
    if (size > 0) context.rect(width - (age + 1) * step, y - 1 - size, step + 0.3, size);
  }
  context.fill();
  context.fillStyle = agent;
  context.beginPath();
  for (let age = 0; age < HISTORY_STEPS; age += AGENT_STEP) {
    const size = Math.max(tall('outbound', age), tall('outbound', age + 1));
    const x = width - (age + AGENT_STEP) * step;
    if (size > 0) context.rect(x, y + 2, Math.max(1, step * AGENT_STEP - 1), size);
  }
  context.fill();
}
