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
import { glyph } from '../glyphs.ts';
import type { PlayerView } from '../player-view.ts';
import type { SoundOutput } from '../sources.ts';
import { base } from '../tokens.ts';
import { speaker } from '../words.ts';
import { styleVars } from './style-vars.ts';

const tracks: readonly Track[] = ['inbound', 'outbound'];
const scale = [-48, -36, -24, -12, 0];

const bufferWords: Readonly<Record<string, string>> = {
  steady: 'steady',
  'catching-up': 'catching up',
  filling: 'filling',
  'ran-dry': 'ran dry',
};

/** The transport: listen and stop, a row of controls for each track, the delay to the ear. Fires `listen` and `stop`. */
export class CallPlayerBar extends LitElement {
  static override properties: PropertyDeclarations = {
    view: { attribute: false },
    player: { attribute: false },
    networkMs: { attribute: false },
    tick: { attribute: false },
  };

  declare view: PlayerView | undefined;
  declare player: SoundOutput | undefined;
  /** What the network takes one way, in milliseconds, where that is known. */
  declare networkMs: number | undefined;
  /** Changes when the figures shall be read again. */
  declare tick: number;

  constructor() {
    super();
    this.view = undefined;
    this.player = undefined;
    this.networkMs = undefined;
    this.tick = 0;
  }

  static override styles: CSSResultGroup = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: 200px minmax(0, 1fr) 148px;
        min-height: 116px;
        border-top: 1px solid var(--line);
        background: var(--surface);
      }
      section {
        padding: var(--s3) var(--s4);
        min-width: 0;
      }
      section + section {
        border-left: 1px solid var(--line);
      }
      .play {
        display: grid;
        grid-template-columns: 48px minmax(0, 1fr);
        gap: var(--s3);
        align-items: center;
      }
      .round {
        width: 48px;
        height: 48px;
        padding: 0;
        border-radius: 50%;
        display: grid;
        place-items: center;
        border: 1.5px solid var(--edge);
        background: none;
        color: var(--ink);
        cursor: pointer;
      }
      .round .glyph {
        width: 20px;
        height: 20px;
      }
      .round.filled {
        border-color: var(--accent);
        background: var(--accent);
        color: var(--on-accent);
      }
      .round.gone {
        border-color: transparent;
        background: var(--hover);
        color: var(--ink-3);
      }
      .round:disabled {
        cursor: default;
      }
      .title {
        display: block;
        font-weight: 600;
      }
      .detail {
        font-size: var(--small);
        line-height: 16px;
        color: var(--ink-2);
      }
      .mix {
        display: grid;
        grid-template-columns: 68px 28px 28px 60px 64px minmax(110px, 1fr);
        grid-template-rows: 16px 36px 36px;
        column-gap: 10px;
        align-items: center;
      }
      .head {
        font-size: var(--micro);
        line-height: 16px;
        color: var(--ink-3);
      }
      .ends {
        display: flex;
        justify-content: space-between;
      }
      .scale {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 34px;
        column-gap: var(--s2);
      }
      .scale .marks {
        position: relative;
        height: 16px;
      }
      .scale .marks span {
        position: absolute;
        left: var(--at);
        transform: translateX(-50%);
      }
      .scale .peak {
        text-align: right;
      }
      .track {
        display: flex;
        align-items: center;
        gap: var(--s2);
        font-weight: 600;
      }
      .switch {
        width: 28px;
        height: 26px;
        padding: 0;
        border: 1px solid var(--edge);
        border-radius: var(--r1);
        background: none;
        font-size: var(--small);
        font-weight: 600;
        color: var(--ink-2);
        cursor: pointer;
      }
      .switch[aria-pressed='true'] {
        background: var(--ink);
        border-color: var(--ink);
        color: var(--surface);
      }
      .slide {
        position: relative;
        display: flex;
        align-items: center;
        min-width: 0;
      }
      .slide.pan::before {
        content: '';
        position: absolute;
        left: 50%;
        height: 10px;
        border-left: 1px solid var(--edge);
      }
      input[type='range'] {
        position: relative;
        appearance: none;
        width: 100%;
        min-width: 0;
        height: 20px;
        margin: 0;
        background: none;
        cursor: pointer;
      }
      input::-webkit-slider-runnable-track {
        height: 3px;
        border-radius: 2px;
        background:
          linear-gradient(var(--ink-2), var(--ink-2)) 0 / var(--filled, 0%) 100% no-repeat,
          var(--line);
      }
      input::-moz-range-track {
        height: 3px;
        border-radius: 2px;
        background:
          linear-gradient(var(--ink-2), var(--ink-2)) 0 / var(--filled, 0%) 100% no-repeat,
          var(--line);
      }
      input::-webkit-slider-thumb {
        appearance: none;
        width: 12px;
        height: 12px;
        margin-top: -4.5px;
        border-radius: 50%;
        border: 2px solid var(--ink-2);
        background: var(--surface);
      }
      input::-moz-range-thumb {
        box-sizing: border-box;
        width: 12px;
        height: 12px;
        border-radius: 50%;
        border: 2px solid var(--ink-2);
        background: var(--surface);
      }
      .delay {
        display: flex;
        flex-direction: column;
        justify-content: center;
        gap: var(--s1);
        font-size: var(--small);
        line-height: 16px;
        color: var(--ink-2);
      }
      .figure {
        display: flex;
        align-items: baseline;
        gap: var(--s1);
        font-size: var(--title);
        line-height: 24px;
        font-weight: 600;
        color: var(--ink);
      }
      .figure small {
        font-size: var(--small);
        font-weight: 400;
        color: var(--ink-3);
      }
      .stack {
        display: flex;
        gap: 1px;
        height: 6px;
        border-radius: 2px;
        overflow: hidden;
        background: var(--hover);
      }
      .stack i {
        flex: var(--n) 1 0;
        background: var(--ink-3);
      }
      .stack i:nth-child(2) {
        background: var(--accent);
      }
      .stack i:nth-child(3) {
        background: var(--edge);
        opacity: 0.6;
      }
      slot {
        display: none;
      }
      @container (width < 1500px) {
        .scale .marks span:nth-child(even) {
          display: none;
        }
      }
      @container (width < 1088px) or (1180px < width < 1428px) {
        .mix {
          grid-template-columns: 68px 28px 28px 64px minmax(100px, 1fr);
        }
        .pan {
          display: none;
        }
      }
      @container (width < 1018px) or (1180px < width < 1360px) {
        :host {
          grid-template-columns: 184px minmax(0, 1fr);
        }
        .delay {
          display: none;
        }
      }
      @container (width < 860px) {
        :host {
          grid-template-columns: 152px minmax(0, 1fr);
        }
        .mix {
          grid-template-columns: 68px 28px 64px minmax(80px, 1fr);
        }
        .solo,
        .scale .marks {
          display: none;
        }
      }
      @container (max-width: 720px) {
        :host {
          display: block;
        }
        section {
          padding: var(--s2) var(--s3);
        }
        section + section {
          border: 0;
        }
        .mix {
          grid-template-columns: 72px 44px minmax(48px, 80px) minmax(0, 1fr);
          grid-template-rows: 44px 44px;
        }
        .head {
          display: none;
        }
        .switch {
          width: 44px;
          height: 36px;
        }
        slot {
          display: block;
        }
        .play {
          grid-template-columns: 64px minmax(0, 1fr) auto;
          padding-bottom: var(--s4);
        }
        .round {
          width: 64px;
          height: 64px;
        }
        .round .glyph {
          width: 26px;
          height: 26px;
        }
        :host {
          display: flex;
          flex-direction: column-reverse;
        }
      }
      @container (width < 480px) {
        .mix {
          grid-template-columns: 72px 44px minmax(0, 1fr);
        }
        .volume {
          display: none;
        }
      }
      @media (forced-colors: active) {
        .round,
        .switch {
          border-color: ButtonText;
        }
        .switch[aria-pressed='true'] {
          background: Highlight;
          color: HighlightText;
          forced-color-adjust: none;
        }
        input {
          outline: 1px solid ButtonBorder;
          outline-offset: -7px;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`${this.#play()}${this.#mix()}${this.#delay()}`;
  }

  #play(): TemplateResult | typeof nothing {
    if (!this.view) return nothing;
    const { title, detail, button } = this.view;
    return html`<section class="play">
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
      <div>
        <b class="title" role="status">${title}</b>
        <p class="detail">${detail}</p>
      </div>
      <slot name="dock"></slot>
    </section>`;
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
        .level=${() => (this.view?.kind === 'listening' ? this.player?.levels[track] : undefined)}
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
    const stats = this.view?.kind === 'listening' ? this.player?.stats : undefined;
    if (!stats) {
      return html`<section class="delay"><span>Delay to your ear</span><span class="figure">–</span></section>`;
    }
    const { bufferMs, outputMs, underruns, buffer } = stats;
    const network = this.networkMs ?? 0;
    const state =
      buffer === 'ran-dry' && underruns > 0
        ? `ran dry, ${underruns === 1 ? 'once' : `${underruns} times`}`
        : bufferWords[buffer];
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
