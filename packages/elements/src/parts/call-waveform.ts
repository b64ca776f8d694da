import type { Track } from '@patchcord/core';
import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { glyph, keyCap } from '../glyphs.ts';
import type { Loudness } from '../loudness.ts';
import { fit, type Palette, paintLane, paintWhole } from '../paint.ts';
import { type BandEvent, bandOf, clipsOf, doing, Timeline } from '../timeline.ts';
import { base } from '../tokens.ts';
import { clock, speaker } from '../words.ts';
import { FrameLoop } from './frame-loop.ts';
import { styleVars } from './style-vars.ts';

/** Empty time right of the live edge, in CSS pixels. */
const FUTURE_PX = 28;
const TICKS_MS = [1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000];
/** Room that a tick with its time wants. */
const TICK_PX = 100;
/** Room that the time itself wants before the live edge. */
const TICK_LABEL_PX = 36;
/** Room for the glyph before a label of the band, and after it. */
const GLYPH_PX = 28;

const empty = new Timeline();

/** The lanes of caller and agent, what happened between them, and the whole call. */
export class CallWaveform extends LitElement {
  static override properties: PropertyDeclarations = {
    timeline: { attribute: false },
    version: { attribute: false },
    tick: { attribute: false },
    loudness: { attribute: false },
    edge: { attribute: false },
    live: { attribute: false },
    windowMs: { attribute: false },
    speaking: { attribute: false },
  };

  declare timeline: Timeline;
  /** Changes whenever the timeline does. */
  declare version: number;
  /** Changes when the axis and the words beside the lanes shall be made anew. */
  declare tick: number;
  declare loudness: Loudness | undefined;
  /** Milliseconds of the call now; asked for each picture. */
  declare edge: () => number;
  /** Whether sound of this call comes in. */
  declare live: boolean;
  /** How much of the call the lanes show, in milliseconds. */
  declare windowMs: number;
  /** Since when somebody speaks who has not finished. */
  declare speaking: Readonly<Partial<Record<Track, number>>>;

  #palette: Palette | undefined;
  /** The live edge of the last picture: a call that stands still is not painted again. */
  #drawnMs: number | undefined;
  #size = { width: 0, height: 0, strip: 0 };
  readonly #sized = new ResizeObserver(() => this.#measure());
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #ruler = document.createElement('canvas').getContext('2d');

  constructor() {
    super();
    this.timeline = empty;
    this.version = 0;
    this.tick = 0;
    this.loudness = undefined;
    this.edge = () => 0;
    this.live = false;
    this.windowMs = 30_000;
    this.speaking = {};
    new FrameLoop(this, 20, () => this.#draw());
  }

  static override styles: CSSResultGroup = [
    base,
    css`
      :host {
        display: block;
        --future: 28px;
      }
      .stage {
        position: relative;
        display: grid;
        grid-template-columns: var(--gutter) minmax(0, 1fr);
        grid-template-rows: 132px 56px 132px;
        background: var(--well);
      }
      .who {
        display: flex;
        flex-direction: column;
        justify-content: center;
        gap: var(--s1);
        padding-left: var(--s4);
        border-right: 1px solid var(--line);
        background: var(--surface);
        font-weight: 600;
        overflow: hidden;
      }
      .who small {
        font-weight: 400;
        font-size: var(--micro);
        line-height: 14px;
        color: var(--ink-3);
      }
      .lane {
        position: relative;
        overflow: hidden;
      }
      .lane canvas {
        position: absolute;
        inset: 0;
      }
      .band {
        position: relative;
        border-block: 1px solid var(--line);
        background: var(--surface);
        overflow: hidden;
      }
      .scroll {
        position: absolute;
        inset: 0 auto 0 0;
        width: 0;
        will-change: transform;
      }
      .tick {
        position: absolute;
        left: var(--x);
        bottom: 0;
        height: 22px;
        padding: 4px 0 0 5px;
        border-left: 1px solid var(--edge);
        font-size: var(--micro);
        line-height: 14px;
        color: var(--ink-3);
      }
      .event {
        position: absolute;
        left: var(--x);
        top: 5px;
        height: 24px;
        display: flex;
        align-items: center;
        gap: var(--s1);
        transform: translateX(-8px);
        font-size: var(--micro);
        white-space: nowrap;
        color: var(--ink-2);
      }
      .event.warn {
        color: var(--warn);
      }
      .event.danger {
        color: var(--danger);
      }
      .event.agent {
        color: var(--agent);
      }
      .many {
        min-width: 20px;
        padding: 0 5px;
        border-radius: var(--r3);
        background: var(--hover);
        text-align: center;
        font-weight: 600;
        color: var(--ink);
      }
      .over {
        position: absolute;
        inset: 0 0 0 var(--gutter);
        pointer-events: none;
      }
      .edge {
        position: absolute;
        inset: 0 var(--future) 0 auto;
        border-left: 1px dashed var(--edge);
      }
      .live .edge {
        border-left: 2px solid var(--accent);
      }
      .flag {
        position: absolute;
        top: 6px;
        right: 4px;
        height: 18px;
        padding: 0 6px;
        border-radius: var(--r1);
        font-size: var(--micro);
        line-height: 18px;
        font-weight: 600;
        background: var(--accent);
        color: var(--on-accent);
      }
      .whole {
        display: grid;
        grid-template-columns: var(--gutter) minmax(0, 1fr);
        height: 44px;
        border-block: 1px solid var(--line);
        background: var(--surface);
      }
      .whole .name {
        padding-left: var(--s4);
        display: flex;
        align-items: center;
        font-size: var(--micro);
        color: var(--ink-3);
        border-right: 1px solid var(--line);
        white-space: nowrap;
        overflow: hidden;
      }
      .strip {
        position: relative;
        min-width: 0;
        overflow: hidden;
      }
      .strip canvas {
        position: absolute;
        inset: 0;
      }
      .window {
        position: absolute;
        inset: 3px auto 3px var(--from, 0%);
        width: var(--width, 100%);
        border: 1.5px solid var(--accent);
        border-radius: var(--r1);
        background: color-mix(in srgb, var(--accent) 8%, transparent);
      }
      @container (max-width: 720px) {
        .stage {
          grid-template-rows: 96px 56px 96px;
        }
        .who {
          padding: 0;
          align-items: center;
        }
        .who span,
        .who small,
        .whole .name {
          display: none;
        }
        .whole {
          grid-template-columns: minmax(0, 1fr);
          height: 36px;
        }
      }
      @media (max-height: 700px) {
        .stage {
          grid-template-rows: 68px 56px 68px;
        }
        .whole {
          display: none;
        }
      }
      @media (forced-colors: active) {
        #probe,
        .edge,
        canvas {
          forced-color-adjust: none;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#observe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sized.disconnect();
  }

  protected override firstUpdated(): void {
    this.#observe();
  }

  protected override updated(): void {
    this.#readPalette();
    this.#drawWhole();
    this.#drawnMs = undefined;
  }

  protected override render(): TemplateResult {
    const edgeMs = this.edge();
    const said = (track: Track): string =>
      doing(this.timeline, track, { nowMs: edgeMs, speakingSinceMs: this.speaking[track] });
    const lane = (track: Track, id: string): TemplateResult => html`
      <div class="who ${id}">
        ${glyph(track === 'inbound' ? 'caller' : 'agent')}
        <span>${speaker(track)}</span>
        <small>${said(track)}</small>
      </div>
      <div class="lane"><canvas id=${id} role="img" aria-label="${speaker(track)}, ${said(track)}"></canvas></div>
    `;
    return html`
      <div class="stage ${this.live ? 'live' : ''}">
        ${lane('inbound', 'caller')}
        <div class="who"></div>
        <div class="band"><div class="scroll">${this.#band(edgeMs)}</div></div>
        ${lane('outbound', 'agent')}
        <div class="over">
          <div class="edge">${this.live ? html`<span class="flag">Live</span>` : nothing}</div>
        </div>
      </div>
      <div class="whole">
        <span class="name">Whole call</span>
        <div class="strip">
          <canvas id="whole" aria-hidden="true"></canvas>
          <div class="window" ${styleVars(this.#windowVars(edgeMs))}></div>
        </div>
      </div>
      <i id="probe" hidden></i>
    `;
  }

  get #pxPerMs(): number {
    return Math.max(1, this.#size.width - FUTURE_PX) / this.windowMs;
  }

  #band(edgeMs: number): TemplateResult[] {
    const pxPerMs = this.#pxPerMs;
    const fromMs = edgeMs - this.windowMs - 2000;
    const tickMs = this.#tickMs;
    const ticks: TemplateResult[] = [];
    for (
      let at = Math.max(0, Math.ceil(fromMs / tickMs)) * tickMs;
      at <= edgeMs - TICK_LABEL_PX / pxPerMs;
      at += tickMs
    ) {
      ticks.push(html`<span class="tick" ${styleVars({ '--x': `${at * pxPerMs}px` })}>${clock(at)}</span>`);
    }
    const events = bandOf(this.timeline, { fromMs, toMs: edgeMs + 1000, pxPerMs });
    return [
      ...ticks,
      ...events.map((event, index) => {
        const endMs = Math.min(events[index + 1]?.atMs ?? Infinity, edgeMs);
        return this.#event(event, (endMs - event.atMs) * pxPerMs - GLYPH_PX);
      }),
    ];
  }

  #event(event: BandEvent, room: number): TemplateResult {
    const at = styleVars({ '--x': `${event.atMs * this.#pxPerMs}px` });
    const said = html`<span class="said">${event.hint}</span>`;
    if (event.kind === 'key') {
      return html`<span class="event" title=${event.hint} ${at}>${keyCap(event.label ?? '')}${said}</span>`;
    }
    if (event.kind === 'many') {
      return html`<span class="event" title=${event.hint} ${at}><span class="many">${event.label}</span>${said}</span>`;
    }
    const label = event.label && this.#textWidth(event.label) <= room ? event.label : '';
    return html`<span class="event ${toneOf(event)}" title=${event.hint} ${at}
      >${glyph(event.kind)}${label ? html`<span aria-hidden="true">${label}</span>` : nothing}${said}</span
    >`;
  }

  get #tickMs(): number {
    const wanted = TICK_PX / this.#pxPerMs;
    return TICKS_MS.find((ms) => ms >= wanted) ?? 60_000;
  }

  #windowVars(edgeMs: number): Readonly<Record<`--${string}`, string>> {
    const whole = Math.max(1000, edgeMs);
    const from = Math.max(0, edgeMs - this.windowMs) / whole;
    return { '--from': `${(100 * from).toFixed(2)}%`, '--width': `${(100 * (1 - from)).toFixed(2)}%` };
  }

  #textWidth(text: string): number {
    if (!this.#ruler) return text.length * 7;
    this.#ruler.font = `11px ${this.#palette?.font ?? 'system-ui'}`;
    return this.#ruler.measureText(text).width;
  }

  #observe(): void {
    const lane = this.renderRoot.querySelector('.lane');
    if (lane) this.#sized.observe(lane);
  }

  #measure(): void {
    const lane = this.renderRoot.querySelector('.lane');
    const strip = this.renderRoot.querySelector('.strip');
    if (!lane || !strip) return;
    const { width, height } = lane.getBoundingClientRect();
    this.#size = { width, height, strip: strip.getBoundingClientRect().width };
    this.requestUpdate();
  }

  #draw(): void {
    if (!this.#palette) return;
    const now = this.edge();
    const edgeMs = this.#still.matches ? Math.floor(now / 1000) * 1000 : now;
    if (edgeMs === this.#drawnMs) return;
    this.#drawnMs = edgeMs;
    const fromMs = edgeMs - this.windowMs;
    const pxPerMs = this.#pxPerMs;
    const scroll = this.renderRoot.querySelector<HTMLElement>('.scroll');
    if (scroll) scroll.style.transform = `translateX(${(-fromMs * pxPerMs).toFixed(1)}px)`;
    for (const [track, id] of [
      ['inbound', 'caller'],
      ['outbound', 'agent'],
    ] as const) {
      const canvas = this.renderRoot.querySelector<HTMLCanvasElement>(`#${id}`);
      const context = canvas && fit(canvas, this.#size.width, this.#size.height);
      if (!context) continue;
      paintLane(context, {
        track,
        width: this.#size.width,
        height: this.#size.height,
        fromMs,
        edgeMs,
        pxPerMs,
        tickMs: this.#tickMs,
        clips: clipsOf(this.timeline, track, fromMs, edgeMs + FUTURE_PX / pxPerMs),
        speakingSinceMs: this.speaking[track],
        loudness: this.loudness,
        palette: this.#palette,
      });
    }
  }

  #drawWhole(): void {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('#whole');
    const { clientHeight: height = 0 } = canvas?.parentElement ?? {};
    const context = canvas && fit(canvas, this.#size.strip, height);
    if (!context || !this.#palette) return;
    paintWhole(context, {
      width: this.#size.strip,
      height,
      edgeMs: this.edge(),
      timeline: this.timeline,
      speaking: this.speaking,
      loudness: this.loudness,
      palette: this.#palette,
    });
  }

  /** Reads the colours again when the theme has changed. */
  #readPalette(): void {
    const probe = this.renderRoot.querySelector<HTMLElement>('#probe');
    if (!probe) return;
    const colour = (name: string): string => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    if (colour('ink-2') === this.#palette?.ink2) return;
    this.#palette = {
      surface: colour('surface'),
      well: colour('well'),
      line: colour('line'),
      edge: colour('edge'),
      caller: colour('caller'),
      callerSoft: colour('caller-soft'),
      agent: colour('agent'),
      agentSoft: colour('agent-soft'),
      warn: colour('warn'),
      danger: colour('danger'),
      accent: colour('accent'),
      ink2: colour('ink-2'),
      font: getComputedStyle(this).fontFamily,
    };
  }
}

function toneOf({ kind }: BandEvent): string {
  return kind === 'mark' ? 'agent' : kind === 'gap' || kind === 'warning' ? 'warn' : 'danger';
}
