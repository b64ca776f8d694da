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
import { type GlyphName, glyph, keyCap } from '../glyphs.ts';
import { sentence, type Timeline, type TimelineFilter, type TimelineRow } from '../timeline.ts';
import { base } from '../tokens.ts';
import { clock, exactClock, length, speaker, wait } from '../words.ts';

const filters: readonly (readonly [TimelineFilter, string])[] = [
  ['all', 'All'],
  ['words', 'Turns'],
  ['keys', 'Keys'],
  ['marks', 'Marks'],
  ['warnings', 'Warnings'],
];

/** Closer to the end than this, the log follows. */
const FOLLOW_PX = 40;

/** What happened in the call, in words, as it happens. */
export class CallTimeline extends LitElement {
  static override properties: PropertyDeclarations = {
    timeline: { attribute: false },
    version: { attribute: false },
    filter: { state: true },
  };

  declare timeline: Timeline | undefined;
  /** Changes whenever the timeline does. */
  declare version: number;
  declare filter: TimelineFilter;

  #follows = true;

  constructor() {
    super();
    this.timeline = undefined;
    this.version = 0;
    this.filter = 'all';
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
      header {
        display: flex;
        align-items: center;
        flex-wrap: wrap;
        gap: 0 var(--s4);
        padding: var(--s2) var(--s4) var(--s1);
      }
      .filters {
        display: flex;
        gap: var(--s3);
      }
      .filters button {
        border: 0;
        background: none;
        padding: 2px 0;
        font-size: var(--small);
        color: var(--ink-3);
        cursor: pointer;
      }
      .filters button[aria-pressed='true'] {
        color: var(--ink);
        font-weight: 600;
        box-shadow: 0 2px 0 var(--accent);
      }
      .rows {
        flex: 1;
        min-height: 0;
        overflow: hidden auto;
        padding: var(--s2) 0 var(--s1);
        mask: linear-gradient(#0000, #000 16px);
      }
      .row {
        display: grid;
        grid-template-columns: 52px 16px 48px minmax(0, 1fr) auto;
        column-gap: var(--s2);
        align-items: center;
        min-height: 27px;
        padding: 0 var(--s4);
      }
      time {
        color: var(--ink-3);
        font-size: var(--small);
      }
      .who {
        font-weight: 600;
        font-size: var(--small);
        white-space: nowrap;
      }
      .what {
        display: flex;
        align-items: center;
        gap: var(--s1);
        min-width: 0;
      }
      .note {
        color: var(--ink-2);
      }
      .more {
        display: flex;
        align-items: center;
        gap: 6px;
        font-size: var(--small);
        color: var(--ink-3);
        white-space: nowrap;
      }
      .more .glyph {
        width: 12px;
        height: 12px;
      }
      .none {
        padding: var(--s2) var(--s4);
        font-size: var(--small);
        color: var(--ink-3);
      }
      @media (forced-colors: active) {
        .filters button[aria-pressed='true'] {
          text-decoration: underline;
        }
      }
      @container (max-width: 720px) {
        header,
        .none {
          padding-inline: var(--s3);
        }
        .row {
          grid-template-columns: 36px 16px minmax(0, 1fr) auto;
          align-items: start;
          padding: 5px var(--s3);
        }
        .row > .glyph {
          margin-top: 2px;
        }
        time {
          line-height: 20px;
        }
        .row > .who {
          display: none;
        }
        .cut {
          white-space: normal;
        }
        .more {
          line-height: 20px;
        }
        .unheard {
          display: none;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    const rows = this.timeline?.rows(this.filter) ?? [];
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
        ${repeat(rows, ({ id }) => id, row)}
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

  readonly #onScroll = (event: Event): void => {
    if (!(event.currentTarget instanceof HTMLElement)) return;
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
    this.#follows = scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
  };
}

function row(row: TimelineRow): TemplateResult {
  const [icon, tone, who] = headOf(row);
  return html`<div class="row" data-kind=${row.kind} title=${exactClock(row.atMs)}>
    <time>${clock(row.atMs)}</time>
    ${glyph(icon, tone)}
    <span class="who ${tone}">${who}</span>
    <div class="what">${whatOf(row)}</div>
    <span class="more">${moreOf(row)}</span>
  </div>`;
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
        : html`<span class="cut">${row.words}</span>`;
    case 'key':
      return html`<span class="note">pressed</span>${row.keys.map(({ digit }) => keyCap(digit))}`;
    case 'warning':
      return html`<span class="cut note" title=${row.message}>${sentence(row)}</span>`;
    default:
      return html`<span class="cut note">${sentence(row)}</span>`;
  }
}

function moreOf(row: TimelineRow): TemplateResult | typeof nothing {
  if (row.kind !== 'turn') return nothing;
  const lasted = row.words !== undefined && row.durationMs !== undefined ? length(row.durationMs) : '';
  if (row.unheardMs === undefined) return html`${lasted}`;
  return html`${lasted} <span class="unheard">${wait(row.unheardMs)} unheard</span> ${glyph('mark-cleared', 'danger')}`;
}
