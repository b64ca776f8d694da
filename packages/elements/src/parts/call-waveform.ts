import type { Track } from '@patchcord/core';
import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit';
import { glyph, keyCap } from '../glyphs.ts';
import type { Heard } from '../listening.ts';
import { fit, type Palette, readPalette } from '../paint/canvas.ts';
import { type Lane, paintLane } from '../paint/lane.ts';
import type { Spectrogram } from '../paint/spectrogram.ts';
import { paintWhole } from '../paint/whole.ts';
import { type BandEvent, bandOf } from '../timeline/band.ts';
import { clipsOf } from '../timeline/clips.ts';
import { doing } from '../timeline/sentences.ts';
import { Timeline } from '../timeline/timeline.ts';
import { base } from '../tokens.ts';
import { Viewport } from '../viewport.ts';
import { clock, speaker } from '../words.ts';
import { Drag } from './drag.ts';
import { FrameLoop } from './frame-loop.ts';
import { styleVars } from './style-vars.ts';
import { waveformStyles } from './waveform-styles.ts';

/** Empty time right of the live edge, in CSS pixels. */
const FUTURE_PX = 28;
const TICKS_MS = [1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];
/** Room that a tick with its time wants. */
const TICK_PX = 100;
/** Room that the time itself wants before the live edge. */
const TICK_LABEL_PX = 36;
/** Room for the glyph before a label of the band, and after it. */
const GLYPH_PX = 28;

const empty = new Timeline();
const lanes = [
  ['inbound', 'caller'],
  ['outbound', 'agent'],
] as const;

/**
 * The lanes of caller and agent, what happened between them, and the whole call. Wheel and drag go back in time; a
 * click fires `seek` with the time clicked on, in milliseconds of the call. Fires `view` when it leaves the live edge,
 * or comes back.
 */
export class CallWaveform extends LitElement {
  static override properties: PropertyDeclarations = {
    timeline: { attribute: false },
    version: { attribute: false },
    tick: { attribute: false },
    heard: { attribute: false },
    edge: { attribute: false },
    ear: { attribute: false },
    live: { attribute: false },
    look: { attribute: false },
    windowMs: { attribute: false },
    speaking: { attribute: false },
  };

  declare timeline: Timeline;
  /** Changes whenever the timeline does. */
  declare version: number;
  /** Changes when the axis and the words beside the lanes shall be made anew. */
  declare tick: number;
  /** What was received of the call. */
  declare heard: Heard | undefined;
  /** Milliseconds of the call now; asked for each picture. */
  declare edge: () => number;
  /** Where the ear is while it is behind; asked for each picture. */
  declare ear: () => number | undefined;
  /** Whether sound of this call comes in. */
  declare live: boolean;
  declare look: 'waveform' | 'spectrogram';
  /** How much of the call the lanes show, in milliseconds; Infinity for all. */
  declare windowMs: number;
  /** Since when somebody speaks who has not finished. */
  declare speaking: Readonly<Partial<Record<Track, number>>>;

  #view = new Viewport(30_000);
  /** Loaded when they are first looked at. */
  #spectrograms: Readonly<Record<Track, Spectrogram>> | undefined;
  #palette: Palette | undefined;
  /** What the last picture showed: a call that stands still is not painted again. */
  #drawn = '';
  #size = { width: 0, height: 0, strip: 0 };
  readonly #sized = new ResizeObserver(() => this.#measure());
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #ruler = document.createElement('canvas').getContext('2d');
  readonly #drag = new Drag({
    onMove: (byPx, target) => this.#pan(isStrip(target) ? byPx * this.#wholePerPx : -byPx / this.#pxPerMs),
    onClick: (at) => this.#seek(at),
  });

  constructor() {
    super();
    this.timeline = empty;
    this.version = 0;
    this.tick = 0;
    this.heard = undefined;
    this.edge = () => 0;
    this.ear = () => undefined;
    this.live = false;
    this.look = 'waveform';
    this.windowMs = 30_000;
    this.speaking = {};
    new FrameLoop(this, 20, () => this.#draw());
  }

  static override styles: CSSResultGroup = [base, waveformStyles];

  /** Whether it shows another time than now. */
  get isHeld(): boolean {
    return this.#view.isHeld;
  }

  /** Follows the live edge again. */
  goLive(): void {
    this.#change(() => this.#view.release());
  }

  /** Brings a time into view. */
  show(atMs: number): void {
    this.#change((edgeMs) => this.#view.show(atMs, edgeMs, this.ear()));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#observe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sized.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('timeline')) this.#view = new Viewport(this.windowMs);
    if (this.look === 'spectrogram') void this.#loadSpectrograms();
    if (changed.has('windowMs')) this.#view.zoom(this.windowMs, this.edge());
  }

  protected override firstUpdated(): void {
    this.#observe();
  }

  protected override updated(): void {
    const probe = this.renderRoot.querySelector<HTMLElement>('#probe');
    if (probe)
      this.#palette = readPalette(probe, getComputedStyle(this).fontFamily, this.#palette) ?? this.#palette;
    this.#drawWhole();
    this.#drawn = '';
  }

  protected override render(): TemplateResult {
    const edgeMs = this.edge();
    const earMs = this.ear();
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
      <div class="stage ${this.live && earMs === undefined ? 'live' : ''}" @wheel=${this.#onWheel} @pointerdown=${this.#drag.begin}>
        ${lane('inbound', 'caller')}
        <div class="who"></div>
        <div class="band"><div class="scroll">${this.#band(edgeMs)}</div></div>
        ${lane('outbound', 'agent')}
        <div
          class="over"
          role="slider"
          tabindex="0"
          aria-label="Position in the call"
          aria-valuemin="0"
          aria-valuemax=${Math.floor(edgeMs / 1000)}
          aria-valuenow=${Math.floor((earMs ?? edgeMs) / 1000)}
          aria-valuetext=${earMs === undefined ? `${clock(edgeMs)}, live` : clock(earMs)}
        >
          <div class="edge">${this.live && earMs === undefined ? html`<span class="flag">Live</span>` : nothing}</div>
          ${earMs === undefined ? nothing : html`<div class="playhead"><span class="flag">${clock(earMs)}</span></div>`}
        </div>
      </div>
      <div class="whole">
        <span class="name">Whole call</span>
        <div class="strip" @pointerdown=${this.#drag.begin}>
          <canvas id="whole" aria-hidden="true"></canvas>
          <div class="window"></div>
          <div class="here"></div>
        </div>
      </div>
      <i id="probe" hidden></i>
    `;
  }

  /** A page that cannot load them goes on with waveforms. */
  async #loadSpectrograms(): Promise<void> {
    if (this.#spectrograms) return;
    const loaded = await import('../paint/spectrogram.ts').catch(() => undefined);
    if (!loaded) return;
    const { Spectrogram } = loaded;
    this.#spectrograms ??= { inbound: new Spectrogram('inbound'), outbound: new Spectrogram('outbound') };
    this.#drawn = '';
  }

  get #pxPerMs(): number {
    return Math.max(1, this.#size.width - FUTURE_PX) / this.#view.windowMs(this.edge());
  }

  get #wholePerPx(): number {
    return Math.max(1000, this.edge()) / Math.max(1, this.#size.strip);
  }

  #band(edgeMs: number): TemplateResult[] {
    const pxPerMs = this.#pxPerMs;
    const endMs = this.#view.endMs(edgeMs, this.ear());
    const fromMs = endMs - this.#view.windowMs(edgeMs) - 2000;
    const toMs = Math.min(edgeMs, endMs + FUTURE_PX / pxPerMs);
    const tickMs = this.#tickMs;
    const ticks: TemplateResult[] = [];
    for (
      let at = Math.max(0, Math.ceil(fromMs / tickMs)) * tickMs;
      at <= toMs - TICK_LABEL_PX / pxPerMs;
      at += tickMs
    ) {
      ticks.push(html`<span class="tick" ${styleVars({ '--x': `${at * pxPerMs}px` })}>${clock(at)}</span>`);
    }
    const events = bandOf(this.timeline, { fromMs, toMs: toMs + 1000, pxPerMs });
    return [
      ...ticks,
      ...events.map((event, index) => {
        const nextMs = Math.min(events[index + 1]?.atMs ?? Infinity, toMs);
        return this.#event(event, (nextMs - event.atMs) * pxPerMs - GLYPH_PX);
      }),
    ];
  }

  #event(event: BandEvent, room: number): TemplateResult {
    const label = event.label && this.#textWidth(event.label) <= room ? event.label : '';
    const shown =
      event.kind === 'key'
        ? keyCap(event.label ?? '')
        : event.kind === 'many'
          ? html`<span class="many">${event.label}</span>`
          : html`${glyph(event.kind)}${label ? html`<span>${label}</span>` : nothing}`;
    return html`<button
      type="button"
      tabindex="-1"
      class="event ${toneOf(event)}"
      title=${event.hint}
      ${styleVars({ '--x': `${event.atMs * this.#pxPerMs}px` })}
      @click=${() => this.dispatchEvent(new CustomEvent('seek', { detail: event.atMs }))}
    >
      ${shown}<span class="said">${event.hint}</span>
    </button>`;
  }

  get #tickMs(): number {
    const wanted = TICK_PX / this.#pxPerMs;
    return TICKS_MS.find((ms) => ms >= wanted) ?? 1_200_000;
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
    const palette = this.#palette;
    if (!palette) return;
    const nowMs = this.edge();
    const edgeMs = this.#still.matches ? Math.floor(nowMs / 1000) * 1000 : nowMs;
    const earMs = this.ear();
    const endMs = this.#view.endMs(edgeMs, earMs);
    const drawn = [edgeMs, earMs, endMs].join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const pxPerMs = this.#pxPerMs;
    const fromMs = endMs - this.#view.windowMs(edgeMs);
    this.#place({ fromMs, endMs, edgeMs, earMs, pxPerMs });
    for (const [track, id] of lanes) {
      const canvas = this.renderRoot.querySelector<HTMLCanvasElement>(`#${id}`);
      const { width, height } = this.#size;
      const context = canvas && fit(canvas, width, height);
      if (!context) continue;
      const lane: Lane = {
        track,
        width,
        height,
        fromMs,
        edgeMs,
        playheadMs: earMs,
        pxPerMs,
        tickMs: this.#tickMs,
        clips: clipsOf(this.timeline, track, fromMs, endMs + FUTURE_PX / pxPerMs),
        speakingSinceMs: this.speaking[track],
        loudness: this.heard?.loudness,
        palette,
      };
      const recording = this.heard?.recording;
      const spectrogram = this.#spectrograms?.[track];
      if (this.look === 'waveform' || !recording || !spectrogram) {
        paintLane(context, lane);
        continue;
      }
      const colour = track === 'inbound' ? palette.caller : palette.agent;
      const toMs = Math.min(edgeMs, fromMs + width / pxPerMs);
      paintLane(context, {
        ...lane,
        paintSound: (top, tall) =>
          spectrogram.paint(context, recording, {
            ...{ fromMs, toMs, pxPerMs, top, colour },
            height: tall,
          }),
      });
      paintPitches(context, recording.sampleRate, width, height, palette.ink2);
    }
  }

  /** Moves what is not on a canvas. */
  #place(at: {
    readonly fromMs: number;
    readonly endMs: number;
    readonly edgeMs: number;
    readonly earMs: number | undefined;
    readonly pxPerMs: number;
  }): void {
    const { fromMs, endMs, edgeMs, earMs, pxPerMs } = at;
    const put = (selector: string, name: string, value: string): void =>
      this.renderRoot.querySelector<HTMLElement>(selector)?.style.setProperty(name, value);
    const x = (ms: number): string => {
      const px = (ms - fromMs) * pxPerMs;
      return px <= this.#size.width ? `${px.toFixed(1)}px` : '-100px';
    };
    put('.scroll', 'transform', `translateX(${(-fromMs * pxPerMs).toFixed(1)}px)`);
    put('.edge', '--at', x(edgeMs));
    if (earMs !== undefined) put('.playhead', '--at', x(earMs));
    const whole = Math.max(1000, edgeMs);
    const share = (ms: number): string => `${((100 * Math.max(0, ms)) / whole).toFixed(2)}%`;
    put('.window', '--from', share(fromMs));
    put('.window', '--width', share(endMs - Math.max(0, fromMs)));
    put('.here', '--ear', earMs === undefined ? '-10px' : share(earMs));
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
      loudness: this.heard?.loudness,
      palette: this.#palette,
    });
  }

  #pan(byMs: number): void {
    this.#change((edgeMs) => this.#view.pan(byMs, edgeMs, this.ear()));
  }

  #change(change: (edgeMs: number) => void): void {
    const was = this.#view.isHeld;
    change(this.edge());
    this.requestUpdate();
    if (this.#view.isHeld !== was) this.dispatchEvent(new Event('view'));
  }

  #seek({ clientX, target }: { readonly clientX: number; readonly target: Element }): void {
    const edgeMs = this.edge();
    const left = target.closest('.lane, .band, .strip')?.getBoundingClientRect().left;
    if (left === undefined) return;
    const fromMs = this.#view.endMs(edgeMs, this.ear()) - this.#view.windowMs(edgeMs);
    const atMs = isStrip(target)
      ? (clientX - left) * this.#wholePerPx
      : fromMs + (clientX - left) / this.#pxPerMs;
    this.dispatchEvent(new CustomEvent('seek', { detail: Math.min(edgeMs, Math.max(0, atMs)) }));
  }

  readonly #onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey) return;
    event.preventDefault();
    const by = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
    this.#pan(by / this.#pxPerMs);
  };
}

function isStrip(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('.strip') !== null;
}

function toneOf({ kind }: BandEvent): string {
  if (kind === 'mark') return 'agent';
  if (kind === 'gap' || kind === 'warning') return 'warn';
  return kind === 'key' || kind === 'many' ? '' : 'danger';
}

/** Which pitch is where, right of the live edge. */
function paintPitches(
  context: CanvasRenderingContext2D,
  sampleRate: number,
  width: number,
  height: number,
  colour: string,
): void {
  const top = 25;
  context.fillStyle = colour;
  context.textAlign = 'right';
  for (const share of [0, 0.5, 1]) {
    const kHz = (share * sampleRate) / 2000;
    const y = top + (1 - share) * (height - top - 9) + (share === 1 ? 4 : 0);
    context.fillText(kHz === 0 ? '0' : `${kHz}k`, width - 4, y);
  }
  context.textAlign = 'left';
}
