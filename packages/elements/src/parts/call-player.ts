import type { Track } from '@patchcord/core';
import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { glyph } from '../glyphs.ts';
import type { PlayerView } from '../player-view.ts';
import type { SoundOutput } from '../sources.ts';
import { base } from '../tokens.ts';
import { speaker } from '../words.ts';
import { playerStyles } from './player-styles.ts';
import { styleVars } from './style-vars.ts';

const tracks: readonly Track[] = ['inbound', 'outbound'];
const scale = [-48, -36, -24, -12, 0];

const bufferWords: Readonly<Record<string, string>> = {
  steady: 'steady',
  'catching-up': 'catching up',
  filling: 'filling',
  'ran-dry': 'ran dry',
};

/** The transport: listen and stop, a row of controls for each track, the delay to the ear. Fires `listen`, `stop`, `live` and `reconnect`. */
export class CallPlayerBar extends LitElement {
  static override properties: PropertyDeclarations = {
    view: { attribute: false },
    player: { attribute: false },
    networkMs: { attribute: false },
    tick: { attribute: false },
    away: { type: Boolean },
  };

  declare view: PlayerView | undefined;
  declare player: SoundOutput | undefined;
  /** What the network takes one way, in milliseconds, where that is known. */
  declare networkMs: number | undefined;
  /** Changes when the figures shall be read again. */
  declare tick: number;
  /** Whether picture or sound are behind: there is a way back. */
  declare away: boolean;

  constructor() {
    super();
    this.view = undefined;
    this.player = undefined;
    this.networkMs = undefined;
    this.tick = 0;
    this.away = false;
  }

  static override styles: CSSResultGroup = [base, playerStyles];

  protected override render(): TemplateResult {
    return html`${this.#play()}${this.#mix()}${this.#delay()}`;
  }

  #play(): TemplateResult | typeof nothing {
    if (!this.view) return nothing;
    const { title, detail, button } = this.view;
    return html`<section class="play">
      <slot name="dock-start"></slot>
      <button
        type="button"
        class="round ${button.look}"
        aria-label=${button.name}
        title=${button.name}
        ?disabled=${!button.enabled}
        @click=${() => this.dispatchEvent(new CustomEvent(button.name.toLowerCase()))}
      >
        ${glyph(button.glyph)}
      </button>
      <div class="words">
        <b class="title" role="status">${title}</b>
        <p class="detail">${detail}</p>
      </div>
      ${this.#extra()}
      <slot name="dock-end"></slot>
    </section>`;
  }

  /** The one other thing to do. */
  #extra(): TemplateResult | typeof nothing {
    if (this.view?.kind === 'reconnecting') {
      return html`<button type="button" class="button extra" @click=${() => this.dispatchEvent(new Event('reconnect'))}>
        Try now
      </button>`;
    }
    if (!this.away || this.view?.kind === 'ended') return nothing;
    return html`<button type="button" class="button extra go" @click=${() => this.dispatchEvent(new Event('live'))}>
      Go live<kbd>L</kbd>
    </button>`;
  }

  get #plays(): boolean {
    return this.view?.kind === 'listening' || this.view?.kind === 'behind';
  }

  #mix(): TemplateResult {
    return html`<section class="mix" role="group" aria-label="Sound">
      <span class="head"></span>
      <span class="head">Mute</span>
      <span class="head solo">Solo</span>
      <span class="head ends pan"><span>L</span><span>Pan</span><span>R</span></span>
      <span class="head">Volume</span>
      <span class="head scale" aria-hidden="true">
        <span class="marks">
          ${scale.map(
            (db) =>
              html`<span ${styleVars({ '--at': `${(100 * (db + 60)) / 60}%` })}>${db < 0 ? `−${-db}` : db}</span>`,
          )}
        </span>
        <span class="peak">Peak</span>
      </span>
      ${tracks.map((track) => this.#row(track))}
    </section>`;
  }

  #row(track: Track): TemplateResult {
    const name = speaker(track);
    const controls = this.player?.track(track);
    const { muted = false, solo = false, volume = 1, pan = 0 } = controls ?? {};
    const caller = track === 'inbound';
    const change = (set: (value: number) => void) => (event: Event) => {
      if (!(event.target instanceof HTMLInputElement)) return;
      set(event.target.valueAsNumber);
      this.requestUpdate();
    };
    return html`
      <span class="track ${caller ? 'caller' : 'agent'}">${glyph(caller ? 'caller' : 'agent')}${name}</span>
      <button
        type="button"
        class="switch"
        aria-pressed=${muted}
        aria-label="Mute ${name.toLowerCase()}"
        title="Mute ${name.toLowerCase()} (${caller ? 'M' : 'Shift M'})"
        @click=${() => this.toggleMute(track)}
      >
        M
      </button>
      <button
        type="button"
        class="switch solo"
        aria-pressed=${solo}
        aria-label="${name} only"
        title="${name} only (${caller ? 'S' : 'Shift S'})"
        @click=${() => this.toggleSolo(track)}
      >
        S
      </button>
      <span class="slide pan">
        <input
          type="range"
          min="-1"
          max="1"
          step="0.05"
          aria-label="${name} pan"
          .valueAsNumber=${pan}
          @input=${change((value) => {
            if (controls) controls.pan = value;
          })}
        />
      </span>
      <span class="slide volume">
        <input
          type="range"
          min="0"
          max="1"
          step="0.01"
          aria-label="${name} volume"
          .valueAsNumber=${volume}
          ${styleVars({ '--filled': `${100 * Math.min(1, volume)}%` })}
          @input=${change((value) => {
            if (controls) controls.volume = value;
          })}
        />
      </span>
      <level-meter
        look=${caller ? 'solid' : 'segments'}
        .label=${`${name} level`}
        .muted=${muted}
        .level=${() => (this.#plays ? this.player?.levels[track] : undefined)}
      ></level-meter>
    `;
  }

  /** Mutes a track, or lets it be heard again. */
  toggleMute(track: Track): void {
    const controls = this.player?.track(track);
    if (controls) controls.muted = !controls.muted;
    this.requestUpdate();
  }

  /** Lets only this track be heard, or all again. */
  toggleSolo(track: Track): void {
    const controls = this.player?.track(track);
    if (controls) controls.solo = !controls.solo;
    this.requestUpdate();
  }

  #delay(): TemplateResult {
    const stats = this.#plays ? this.player?.stats : undefined;
    if (!stats) {
      return html`<section class="delay"><span>Delay to your ear</span><span class="figure">–</span></section>`;
    }
    const { bufferMs, outputMs, underruns, buffer } = stats;
    const network = this.networkMs ?? 0;
    const state =
      buffer === 'ran-dry' && underruns > 0
        ? `ran dry, ${underruns === 1 ? 'once' : `${underruns} times`}`
        : bufferWords[buffer];
    if (this.view?.kind === 'behind') {
      const [figure, unit] = this.view.detail.split(' ');
      return html`<section class="delay">
        <span>Delay to your ear</span>
        <span class="figure">${figure}<small>${unit}</small></span>
        <span>Buffer ${Math.round(bufferMs)} ms, ${state}</span>
      </section>`;
    }
    return html`<section class="delay">
      <span>Delay to your ear</span>
      <span class="figure">${Math.round(network + bufferMs + outputMs)}<small>ms</small></span>
      <span class="stack" aria-hidden="true">
        <i ${styleVars({ '--n': String(network) })}></i>
        <i ${styleVars({ '--n': String(bufferMs) })}></i>
        <i ${styleVars({ '--n': String(outputMs) })}></i>
      </span>
      <span>Buffer ${Math.round(bufferMs)} ms, ${state}</span>
    </section>`;
  }
}
