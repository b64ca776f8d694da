import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { type GlyphName, glyph, keyCap } from '../glyphs.ts';
import type { TimelineFilter, TimelineRow, TurnRow } from '../timeline/rows.ts';
import { sentence } from '../timeline/sentences.ts';
import type { Timeline } from '../timeline/timeline.ts';
import { base } from '../tokens.ts';
import { clock, exactClock, length, speaker, wait } from '../words.ts';
import { timelineStyles } from './timeline-styles.ts';

const filters: readonly (readonly [TimelineFilter, string])[] = [
  ['all', 'All'],
  ['words', 'Words'],
  ['keys', 'Keys'],
  ['marks', 'Marks'],
  ['warnings', 'Warnings'],
];

/** Closer to the end than this, the log follows. */
const FOLLOW_PX = 40;

/** What happened in the call, in words, as it happens. Fires `seek` with the time of a row that is clicked on. */
export class CallTimeline extends LitElement {
  static override properties: PropertyDeclarations = {
    timeline: { attribute: false },
    version: { attribute: false },
    atMs: { attribute: false },
    filter: { state: true },
  };

  declare timeline: Timeline | undefined;
  /** Changes whenever the timeline does. */
  declare version: number;
  /** Where in the call the ear is, in milliseconds. */
  declare atMs: number;
  declare filter: TimelineFilter;

  #follows = true;

  constructor() {
    super();
    this.timeline = undefined;
    this.version = 0;
    this.atMs = 0;
    this.filter = 'all';
  }

  static override styles: CSSResultGroup = [base, timelineStyles];

  protected override render(): TemplateResult {
    const rows = this.timeline?.rows(this.filter) ?? [];
    const now = rows.findLast((row) => row.atMs <= this.atMs && isAt(row, this.atMs));
    return html`
      <header>
        <h2>Timeline</h2>
        <div class="filters" role="group" aria-label="Show">
          ${filters.map(
            ([filter, name]) => html`<button
              type="button"
              aria-pressed=${filter === this.filter}
              @click=${() => {
                this.filter = filter;
              }}
            >
              ${name}
            </button>`,
          )}
        </div>
      </header>
      <div class="rows" role="log" aria-label="Timeline" tabindex="0" @scroll=${this.#onScroll}>
        ${rows.length === 0 ? html`<p class="none">${this.#nothing()}</p>` : nothing}
        ${repeat(
          rows,
          ({ id }) => id,
          (row) => this.#row(row, row === now),
        )}
      </div>
    `;
  }

  protected override updated(): void {
    const rows = this.renderRoot.querySelector('.rows');
    if (rows && this.#follows) rows.scrollTop = rows.scrollHeight;
  }

  #nothing(): string {
    return this.filter === 'all' ? 'Nothing has happened yet.' : 'Nothing of this kind has happened yet.';
  }

  #row(row: TimelineRow, isNow: boolean): TemplateResult {
    const [icon, tone, who] = headOf(row);
    return html`<div class="row ${isNow ? `now ${tone}` : ''}" data-kind=${row.kind}>
      <button
        type="button"
        class="time"
        tabindex="-1"
        title="${exactClock(row.atMs)}: go there"
        @click=${() => this.dispatchEvent(new CustomEvent('seek', { detail: row.atMs }))}
      >
        ${clock(row.atMs)}
      </button>
      ${glyph(icon, tone)}
      <span class="who ${tone}">${who}</span>
      <div class="what">${whatOf(row)}</div>
      <span class="more">${moreOf(row)}</span>
    </div>`;
  }

  readonly #onScroll = (event: Event): void => {
    if (!(event.currentTarget instanceof HTMLElement)) return;
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
    this.#follows = scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
  };
}

/** Whether a time is in a row that lasts. */
function isAt(row: TimelineRow, atMs: number): boolean {
  if (row.kind === 'turn' && row.durationMs === undefined) return true;
  return 'durationMs' in row && row.durationMs !== undefined && atMs < row.atMs + row.durationMs;
}

function headOf(row: TimelineRow): readonly [GlyphName, string, string] {
  switch (row.kind) {
    case 'turn':
    case 'key':
      return row.track === 'inbound'
        ? ['caller', 'caller', speaker('inbound')]
        : ['agent', 'agent', speaker('outbound')];
    case 'mark':
      return row.outcome === 'played' ? ['mark', 'agent', 'Mark'] : ['mark-cleared', 'danger', 'Mark'];
    case 'cut':
      return ['cut', 'danger', 'Agent'];
    case 'gap':
      return ['gap', 'warn', 'Gap'];
    case 'warning':
      return ['warning', 'warn', 'Warning'];
    case 'dead-air':
      return ['warning', 'warn', 'Silence'];
    case 'one-way':
      return ['broken', 'danger', 'Broken'];
    case 'on-air':
      return ['microphone', 'danger', 'You'];
    case 'ended':
      return ['ended', 'quiet', 'End'];
  }
}

function whatOf(row: TimelineRow): TemplateResult {
  switch (row.kind) {
    case 'turn':
      return row.words === undefined
        ? html`<span class="cut note"
            ><span class="said">${speaker(row.track)}, </span>${length(row.durationMs ?? 0)}</span
          >`
        : html`<span class="cut">${wordsOf(row)}</span>`;
    case 'key':
      return html`<span class="note">pressed</span>${row.keys.map(({ digit }) => keyCap(digit))}`;
    case 'warning':
      return html`<span class="cut note" title=${row.message}>${sentence(row)}</span>`;
    default:
      return html`<span class="cut note">${sentence(row)}</span>`;
  }
}

/** Words, those struck through that the caller did not hear: by time, since nobody tells which. */
function wordsOf({ words = '', durationMs, unheardMs }: TurnRow): TemplateResult | string {
  if (unheardMs === undefined || durationMs === undefined) return words;
  const share = durationMs / (durationMs + unheardMs);
  const at = words.lastIndexOf(' ', Math.round(words.length * share)) + 1;
  return html`${words.slice(0, at)}<s title="Not heard, as far as time tells">${words.slice(at)}</s>`;
}

function moreOf(row: TimelineRow): TemplateResult | typeof nothing {
  if (row.kind !== 'turn') return nothing;
  const { answeredMs, silencedMs, unheardMs, words, durationMs } = row;
  const lasted = words !== undefined && durationMs !== undefined ? length(durationMs) : '';
  return html`${
    answeredMs === undefined
      ? silencedMs === undefined
        ? lasted
        : html`${glyph('cut', 'danger')}agent silent after ${wait(silencedMs)}`
      : html`answered in ${wait(answeredMs)}`
  }${
    unheardMs === undefined
      ? nothing
      : html`<span class="unheard">${wait(unheardMs)} unheard</span>${glyph('mark-cleared', 'danger')}`
  }`;
}
