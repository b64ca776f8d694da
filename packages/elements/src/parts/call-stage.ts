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
import { keyed } from 'lit/directives/keyed.js';
import type { CallControls } from '../call-controls.ts';
import { glyph } from '../glyphs.ts';
import type { KeyAction } from '../keys.ts';
import type { Heard } from '../listening.ts';
import type { PlayerView } from '../player-view.ts';
import type { SoundOutput } from '../sources.ts';
import { Timeline } from '../timeline/timeline.ts';
import { base, segments } from '../tokens.ts';
import { clock, count, phoneNumber } from '../words.ts';
import type { BargeIn } from './barge-in.ts';
import type { CallPlayerBar } from './call-player.ts';
import type { CallWaveform } from './call-waveform.ts';
import type { HangUp } from './hang-up.ts';
import { stageStyles } from './stage-styles.ts';

/** What the arrow keys move by, alone and with Shift, in milliseconds. */
const STEP_MS = 1000;
const FAR_MS = 10_000;

const windows: readonly (readonly [number, string])[] = [
  [10_000, '10 s'],
  [30_000, '30 s'],
  [120_000, '2 min'],
  [Infinity, 'Whole call'],
];

/**
 * One call: lanes, timeline, transport. Fires `listen`, `stop`, `seek` (milliseconds of the call), `live`, `back`,
 * `drawer`, `on-air` and `reconnect`.
 */
export class CallStage extends LitElement {
  static override properties: PropertyDeclarations = {
    call: { attribute: false },
    view: { attribute: false },
    player: { attribute: false },
    heard: { attribute: false },
    timeline: { attribute: false },
    version: { attribute: false },
    speaking: { attribute: false },
    controls: { attribute: false },
    edge: { attribute: false },
    ear: { attribute: false },
    elapsedMs: { attribute: false },
    networkMs: { attribute: false },
    drawer: { attribute: false },
    tick: { attribute: false },
    windowMs: { state: true },
    look: { state: true },
  };

  declare call: CallSummary | undefined;
  declare view: PlayerView | undefined;
  declare player: SoundOutput | undefined;
  declare heard: Heard | undefined;
  declare timeline: Timeline;
  declare version: number;
  declare speaking: Readonly<Partial<Record<Track, number>>>;
  declare controls: CallControls | undefined;
  /** Milliseconds of the call now. */
  declare edge: () => number;
  /** Where the ear is while it is behind. */
  declare ear: () => number | undefined;
  declare elapsedMs: number;
  declare networkMs: number | undefined;
  /** Whether the facts are in view. */
  declare drawer: boolean;
  declare tick: number;
  declare windowMs: number;
  declare look: 'waveform' | 'spectrogram';

  constructor() {
    super();
    this.call = undefined;
    this.view = undefined;
    this.player = undefined;
    this.heard = undefined;
    this.timeline = new Timeline();
    this.version = 0;
    this.speaking = {};
    this.controls = undefined;
    this.edge = () => 0;
    this.ear = () => undefined;
    this.elapsedMs = 0;
    this.networkMs = undefined;
    this.drawer = false;
    this.tick = 0;
    this.windowMs = 30_000;
    this.look = 'waveform';
  }

  static override styles: CSSResultGroup = [base, segments, stageStyles];

  /** Follows the live edge, in picture and sound. */
  goLive(): void {
    this.#waveform?.goLive();
    this.dispatchEvent(new Event('live'));
  }

  /** Does what a key asks for. */
  act(action: KeyAction): void {
    const act: Partial<Record<KeyAction, () => void>> = {
      live: () => this.goLive(),
      back: () => this.step(-STEP_MS),
      on: () => this.step(STEP_MS),
      'far-back': () => this.step(-FAR_MS),
      'far-on': () => this.step(FAR_MS),
      previous: () => this.toEvent(-1),
      next: () => this.toEvent(1),
      'zoom-in': () => this.zoom(-1),
      'zoom-out': () => this.zoom(1),
      look: () => this.toggleLook(),
      'hang-up': () => this.askToHangUp(),
      'barge-in': () => this.askToBargeIn(),
    };
    act[action]?.();
  }

  /** Brings a time of the call into view, and to the ear where it was received. */
  goTo(atMs: number): void {
    this.#seek(atMs);
  }

  /** Moves the ear, or the view where there is nothing to hear, by so much. */
  step(byMs: number): void {
    this.#seek((this.ear() ?? this.edge()) + byMs);
  }

  /** Moves to the event before, -1, or after, 1. */
  toEvent(direction: -1 | 1): void {
    const nowMs = this.ear() ?? this.edge();
    const times = this.timeline
      .rows()
      .filter(({ kind }) => kind !== 'turn')
      .map(({ atMs }) => atMs);
    const next =
      direction < 0
        ? times.filter((atMs) => atMs < nowMs - 1500).at(-1)
        : times.find((atMs) => atMs > nowMs + 50);
    if (next !== undefined) this.#seek(next);
  }

  /** Shows less, -1, or more, 1, of the call. */
  zoom(direction: -1 | 1): void {
    const at = windows.findIndex(([ms]) => ms === this.windowMs) + direction;
    this.windowMs = windows[Math.min(windows.length - 1, Math.max(0, at))]?.[0] ?? this.windowMs;
  }

  toggleLook(): void {
    this.look = this.look === 'waveform' ? 'spectrogram' : 'waveform';
  }

  toggleMute(track: Track): void {
    this.#bar?.toggleMute(track);
  }

  toggleSolo(track: Track): void {
    this.#bar?.toggleSolo(track);
  }

  /** Asks whether to hang up. */
  askToHangUp(): void {
    this.#open<HangUp>('hang-up');
  }

  /** Explains speaking to the caller, and asks for the microphone. */
  askToBargeIn(): void {
    this.#open<BargeIn>('barge-in');
  }

  protected override render(): TemplateResult | typeof nothing {
    const { call, view } = this;
    if (!call || !view) return nothing;
    const listens = view.kind === 'listening' || view.kind === 'behind';
    return html`
      <header class="head">${this.#head(call, listens)}</header>
      ${this.#tools(view)}
      <call-waveform
        .timeline=${this.timeline}
        .version=${this.version}
        .tick=${this.tick}
        .heard=${this.heard}
        .edge=${this.edge}
        .ear=${this.ear}
        .live=${listens && !this.#waveform?.isHeld}
        .look=${this.look}
        .windowMs=${this.windowMs}
        .speaking=${this.speaking}
        @seek=${this.#onSeek}
        @view=${() => this.requestUpdate()}
      ></call-waveform>
      <call-timeline
        .timeline=${this.timeline}
        .version=${this.version}
        .atMs=${this.ear() ?? this.edge()}
        @seek=${this.#onSeek}
      ></call-timeline>
      <call-player
        .view=${view}
        .player=${this.player}
        .networkMs=${this.networkMs}
        .tick=${this.tick}
        ?away=${this.#waveform?.isHeld === true || view.kind === 'behind'}
        @listen=${() => this.dispatchEvent(new Event('listen'))}
        @stop=${() => this.dispatchEvent(new Event('stop'))}
        @live=${() => this.goLive()}
        @reconnect=${() => this.dispatchEvent(new Event('reconnect'))}
      >
        ${this.#bargeIn(call, 'dock')}${this.#hangUp(call, 'dock')}
      </call-player>
    `;
  }

  #head(call: CallSummary, listens: boolean): TemplateResult {
    const canSave = this.heard !== undefined && this.heard.recording.fromMs !== undefined;
    return html`
      <button
        type="button"
        class="button bare back"
        aria-label="Back to the list"
        @click=${() => this.dispatchEvent(new Event('back'))}
      >
        ${glyph('back')}
      </button>
      <div class="title">
        <h1 class="cut">${phoneNumber(call.from)}</h1>
        ${call.label === undefined ? nothing : html`<p class="cut">${call.label}</p>`}
      </div>
      <span class="duration">${clock(this.elapsedMs)}</span>
      ${listens ? html`<span class="tag on">${glyph('listen')}Listening</span>` : nothing}
      ${
        call.warnings > 0
          ? html`<span class="tag attention" title=${count(call.warnings, 'warning')}
              >${glyph('warning')}<span aria-hidden="true">${call.warnings}</span
              ><span class="said">${count(call.warnings, 'warning')}</span></span
            >`
          : nothing
      }
      <span class="grow"></span>
      <button
        type="button"
        class="button save"
        ?disabled=${!canSave}
        title=${canSave ? 'Save what was heard: caller left, agent right' : 'Listen first: what was heard can be saved.'}
        @click=${this.#save}
      >
        ${glyph('save')}<span>Save WAV</span>
      </button>
      ${this.#bargeIn(call, 'head')}${this.#hangUp(call, 'head')}
      <button
        type="button"
        class="button bare more"
        aria-label="Facts"
        aria-expanded=${this.drawer}
        @click=${() => this.dispatchEvent(new Event('drawer'))}
      >
        ${glyph('more')}
      </button>
    `;
  }

  #tools({ kind, detail }: PlayerView): TemplateResult {
    const look = (name: 'waveform' | 'spectrogram', title: string): TemplateResult =>
      html`<button
        type="button"
        aria-pressed=${this.look === name}
        @click=${() => {
          this.look = name;
        }}
      >
        ${title}
      </button>`;
    return html`<div class="tools">
      <div class="segments" role="group" aria-label="Picture">
        ${look('waveform', 'Waveform')}${look('spectrogram', 'Spectrogram')}
      </div>
      <span class="live-note">${kind === 'listening' || kind === 'behind' ? detail : nothing}</span>
      <span class="show">Show</span>
      <div class="segments windows" role="group" aria-label="Show">
        ${windows.map(
          ([ms, name]) => html`<button
            type="button"
            aria-pressed=${ms === this.windowMs}
            @click=${() => {
              this.windowMs = ms;
            }}
          >
            ${name}
          </button>`,
        )}
      </div>
    </div>`;
  }

  #hangUp({ callId, from }: CallSummary, place: 'head' | 'dock'): TemplateResult | typeof nothing {
    const { hangUp } = this.controls ?? {};
    if (!hangUp) return nothing;
    return html`${keyed(
      callId,
      html`<hang-up
        class="in-${place}"
        slot=${place === 'dock' ? 'dock-end' : nothing}
        ?upward=${place === 'dock'}
        .number=${phoneNumber(from)}
        .hangUp=${hangUp}
      ></hang-up>`,
    )}`;
  }

  #bargeIn({ callId, from }: CallSummary, place: 'head' | 'dock'): TemplateResult | typeof nothing {
    const { barge, say, openMicrophone } = this.controls ?? {};
    if (!barge || !openMicrophone) return nothing;
    return html`${keyed(
      callId,
      html`<barge-in
        class="in-${place}"
        slot=${place === 'dock' ? 'dock-start' : nothing}
        ?upward=${place === 'dock'}
        .number=${phoneNumber(from)}
        .barge=${barge}
        .say=${say}
        .openMicrophone=${openMicrophone}
        @on-air=${(event: CustomEvent<boolean>) =>
          this.dispatchEvent(new CustomEvent('on-air', { detail: event.detail }))}
      ></barge-in>`,
    )}`;
  }

  get #waveform(): CallWaveform | null {
    return this.renderRoot.querySelector<CallWaveform>('call-waveform');
  }

  get #bar(): CallPlayerBar | null {
    return this.renderRoot.querySelector<CallPlayerBar>('call-player');
  }

  #open<Dialog extends HangUp | BargeIn>(name: string): void {
    const both = [...this.renderRoot.querySelectorAll<Dialog>(name)];
    void both.find((one) => one.checkVisibility())?.open?.();
  }

  #seek(atMs: number): void {
    const toMs = Math.min(this.edge(), Math.max(0, atMs));
    this.dispatchEvent(new CustomEvent('seek', { detail: toMs }));
    this.#waveform?.show(toMs);
  }

  readonly #onSeek = (event: CustomEvent<number>): void => this.#seek(event.detail);

  readonly #save = async (): Promise<void> => {
    const { heard, call } = this;
    const loaded = await import('../recording-wav.ts').catch(() => undefined);
    if (!heard || !call || !loaded) return;
    const { recording } = heard;
    const url = URL.createObjectURL(new Blob([loaded.wavOf(recording)], { type: 'audio/wav' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${call.callId}-${clock(recording.fromMs ?? 0).replaceAll(':', '.')}.wav`;
    link.click();
    // The browser has taken it over by then.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
}
