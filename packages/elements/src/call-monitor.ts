import type { Track } from '@patchcord/core';
import { type CallLevels, type CallSummary, MonitorClient, type Scope } from '@patchcord/monitor/client';
import { CallPlayer } from '@patchcord/player';
import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { CallBoard } from './board.ts';
import { glyph } from './glyphs.ts';
import { layout } from './layout.ts';
import { Listening } from './listening.ts';
import type { CallList } from './parts/call-list.ts';
import type { CallPlayerBar } from './parts/call-player.ts';
import type { HangUp } from './parts/hang-up.ts';
import { type PlayerView, playerView } from './player-view.ts';
import { readAll } from './read-all.ts';
import type { CallSource } from './sources.ts';
import { Timeline } from './timeline.ts';
import { base, tokens } from './tokens.ts';
import { clock, count, phoneNumber } from './words.ts';

const TICK_MS = 500;
const WINDOWS: readonly (readonly [number, string])[] = [
  [10_000, '10 s'],
  [30_000, '30 s'],
  [120_000, '2 min'],
];

/**
 * The calls of a gateway, and one of them to hear: list, waveform, timeline, transport, facts.
 *
 * Give it either `url` and `ticket`, or a `client` of your own, which stays yours to close. It fills the box that
 * its host page gives it, and needs a height. It follows the system's light or dark unless `theme` says which.
 *
 * @slot hint - What the page without calls says under its title: how to make the first call.
 */
export class CallMonitor extends LitElement {
  static override properties: PropertyDeclarations = {
    url: {},
    ticket: { attribute: false },
    client: { attribute: false },
    sampleRate: { type: Number, attribute: 'sample-rate' },
    theme: { reflect: true },
    showing: { reflect: true },
    windowMs: { state: true },
    drawer: { state: true },
  };

  /** The monitor socket, `ws:` or `wss:`. With `ticket` it makes a client, closed when the element leaves the page. */
  declare url: string | undefined;
  /** Asked for a fresh ticket for each connection. */
  declare ticket: (() => Promise<string>) | undefined;
  /** Where calls come from, in place of `url` and `ticket`. */
  declare client: CallSource | undefined;
  /** Rate of the player's audio context in Hz; the device's own when absent. Read once, before the first call is heard. */
  declare sampleRate: number | undefined;
  /** `light` or `dark`; the system decides when absent. */
  declare theme: 'light' | 'dark' | undefined;
  /** On a narrow page: whether the list or the call is in view. */
  declare showing: 'list' | 'call';

  declare windowMs: number;
  declare drawer: boolean;

  readonly #board = new CallBoard();
  readonly #listening = new Listening(() => this.requestUpdate());
  readonly #redraw = (): void => this.requestUpdate();
  #player: CallPlayer | undefined;
  #ownPlayer: CallPlayer | undefined;
  #own: MonitorClient | undefined;
  #source: CallSource | undefined;
  #reading: AbortController | undefined;
  /** Whether the gateway has told its calls. */
  #known = false;
  /** Ten times a second: handed to the list without drawing the rest anew. */
  #levels: ReadonlyMap<string, CallLevels> = new Map();
  #lostMs: number | undefined;
  #shown: CallSummary | undefined;
  /** Whether somebody chose the call that is shown. */
  #chosen = false;
  #timeline = new Timeline();
  #following: AbortController | undefined;
  #speaking: Partial<Record<Track, number>> = {};
  #version = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.url = undefined;
    this.ticket = undefined;
    this.client = undefined;
    this.sampleRate = undefined;
    this.theme = undefined;
    this.showing = 'list';
    this.windowMs = 30_000;
    this.drawer = false;
  }

  /**
   * What plays. Made when it is first asked for, and closed when the element leaves the page; one that was set
   * stays yours to close. Set it before the first call is heard.
   */
  get player(): CallPlayer {
    if (!this.#player) {
      this.#ownPlayer = new CallPlayer(this.sampleRate === undefined ? {} : { sampleRate: this.sampleRate });
      this.#use(this.#ownPlayer);
    }
    return this.#player as CallPlayer;
  }

  set player(player: CallPlayer) {
    this.#closePlayer();
    this.#use(player);
  }

  static override styles: CSSResultGroup = [tokens, base, layout];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(this.#tick, TICK_MS);
    document.addEventListener('keydown', this.#onKey);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    document.removeEventListener('keydown', this.#onKey);
    this.#detach();
    this.#closePlayer();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('client') || changed.has('url') || changed.has('ticket')) this.#detach();
    if (!this.#source && this.isConnected) this.#attach();
  }

  protected override render(): TemplateResult {
    const state = this.#source?.state;
    if (state === 'refused' || state === 'closed') return withoutCalls(state, this.#source?.reason);
    const call = this.#shown;
    return html`
      <div class="live ${this.drawer ? 'drawer' : ''}" data-showing=${call ? this.showing : 'nothing'}>
        <section class="list" aria-label="Calls">
          <call-list
            .board=${this.#board}
            .levels=${this.#levels}
            .shown=${call?.callId}
            .heard=${call && this.#view(call).kind === 'listening' ? call.callId : undefined}
            .tick=${Date.now()}
            @listen=${(event: CustomEvent<string>) => this.#choose(event.detail)}
          ></call-list>
          ${this.#connectionNote()}
        </section>
        ${call ? this.#call(call) : this.#noCalls()}
      </div>
    `;
  }

  #call(call: CallSummary): TemplateResult {
    const { callId } = call;
    const view = this.#view(call);
    const number = phoneNumber(call.from);
    const hangUp = (): Promise<void> => this.#source?.hangUp(callId) ?? Promise.resolve();
    const mayHangUp = call.canHangUp && call.state === 'up';
    return html`
      <main class="heard" @click=${this.#stay}>
        <header class="head">
          <button type="button" class="button bare back" aria-label="Back to the list" @click=${this.#back}>
            ${glyph('back')}
          </button>
          <div class="title">
            <h1 class="cut">${number}</h1>
            ${call.label === undefined ? nothing : html`<p class="cut">${call.label}</p>`}
          </div>
          <span class="duration">${clock(this.#board.elapsedMs(call, Date.now()))}</span>
          ${view.kind === 'listening' ? html`<span class="tag on">${glyph('listen')}Listening</span>` : nothing}
          ${
            call.warnings > 0
              ? html`<span class="tag attention">${glyph('warning')}${count(call.warnings, 'warning')}</span>`
              : nothing
          }
          <span class="grow"></span>
          ${
            mayHangUp
              ? keyed(callId, html`<hang-up class="in-head" .number=${number} .hangUp=${hangUp}></hang-up>`)
              : nothing
          }
          <button
            type="button"
            class="button bare more"
            aria-label="Facts"
            aria-expanded=${this.drawer}
            @click=${this.#toggleDrawer}
          >
            ${glyph('more')}
          </button>
        </header>
        <div class="tools">
          <span class="small cut">${this.#received(callId)}</span>
          <div class="segments" role="group" aria-label="Show">
            ${WINDOWS.map(
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
        </div>
        <call-waveform
          .timeline=${this.#timeline}
          .version=${this.#version}
          .tick=${Date.now()}
          .loudness=${this.#listening.loudnessOf(callId)}
          .edge=${this.#edge}
          .live=${view.kind === 'listening'}
          .windowMs=${this.windowMs}
          .speaking=${this.#speaking}
        ></call-waveform>
        <call-timeline .timeline=${this.#timeline} .version=${this.#version}></call-timeline>
        <call-player
          .view=${view}
          .player=${this.player}
          .networkMs=${this.#networkMs}
          .tick=${Date.now()}
          @listen=${() => this.#choose(callId)}
          @stop=${() => this.#listening.stop()}
        >
          ${
            mayHangUp
              ? keyed(
                  callId,
                  html`<hang-up slot="dock" upward .number=${number} .hangUp=${hangUp}></hang-up>`,
                )
              : nothing
          }
        </call-player>
      </main>
      <aside class="side" aria-label="Facts">
        <call-facts
          .call=${call}
          .gateway=${this.#source?.gateway}
          .timeline=${this.#timeline}
          .version=${this.#version}
        ></call-facts>
      </aside>
    `;
  }

  #noCalls(): TemplateResult {
    return html`<main class="first">
      <div>
        <h1>${this.#known ? 'No calls yet' : 'Connecting…'}</h1>
        <p>
          ${
            this.#known
              ? 'A call appears here a moment after it starts.'
              : (this.#source?.reason ?? 'Asking the gateway for its calls.')
          }
        </p>
        ${this.#known ? html`<slot name="hint"></slot>` : nothing}
      </div>
    </main>
    <aside class="side" aria-label="Ready for calls">
      ${this.#known ? html`<call-facts .gateway=${this.#source?.gateway} .scopes=${this.#source?.scopes ?? []}></call-facts>` : nothing}
    </aside>`;
  }

  #connectionNote(): TemplateResult | typeof nothing {
    if (this.#source?.state !== 'reconnecting') return nothing;
    const seconds = Math.round((performance.now() - (this.#lostMs ?? performance.now())) / 1000);
    return html`<p class="lost">
      ${glyph('again')}<span>Lost the gateway ${seconds} s ago. The calls themselves go on.</span>
    </p>`;
  }

  #view(call: CallSummary): PlayerView {
    const { state, callId } = this.#listening;
    return playerView({
      call,
      listening: callId === call.callId ? state : { kind: 'idle' },
      connection: this.#source?.state ?? 'connecting',
      lostMs: this.#lostMs,
      mayListen: this.#may('listen'),
      blocked: this.#player?.state === 'blocked',
      delayMs: this.#player && this.#player.stats.delayMs + (this.#networkMs ?? 0),
      quietMs: this.#listening.edgeOf(call.callId)?.quietMs(performance.now()),
      elapsedMs: this.#board.elapsedMs(call, Date.now()),
      nowMs: performance.now(),
    });
  }

  #received(callId: string): string {
    const fromMs = this.#listening.loudnessOf(callId)?.fromMs;
    return fromMs === undefined ? 'Sound is drawn from when you listen' : `Sound since ${clock(fromMs)}`;
  }

  /** Half of the round trip to the gateway. */
  get #networkMs(): number | undefined {
    const roundTripMs = this.#source?.roundTripMs;
    return roundTripMs === undefined ? undefined : roundTripMs / 2;
  }

  readonly #edge = (): number => {
    const call = this.#shown;
    if (!call) return 0;
    const heardMs =
      call.state === 'up' ? this.#listening.edgeOf(call.callId)?.at(performance.now()) : undefined;
    return heardMs ?? this.#board.elapsedMs(call, Date.now());
  };

  #may(scope: Scope): boolean {
    return this.#source?.scopes.includes(scope) ?? false;
  }

  #attach(): void {
    const source = this.client ?? this.#connect();
    if (!source) return;
    const reading = new AbortController();
    const { signal } = reading;
    this.#source = source;
    this.#reading = reading;
    source.addEventListener('state', this.#onState);
    void readAll(source.calls(), signal, (change) => {
      this.#known = true;
      this.#board.apply(change, Date.now());
      this.#refresh();
    });
    void readAll(source.levels(), signal, (levels) => {
      this.#levels = new Map(levels.map((level) => [level.callId, level]));
      const list = this.renderRoot.querySelector<CallList>('call-list');
      if (list) list.levels = this.#levels;
    });
  }

  #connect(): MonitorClient | undefined {
    if (!this.url || !this.ticket) return undefined;
    this.#own = MonitorClient.connect(this.url, { ticket: this.ticket });
    return this.#own;
  }

  #detach(): void {
    this.#listening.stop();
    this.#reading?.abort();
    this.#following?.abort();
    this.#source?.removeEventListener('state', this.#onState);
    this.#own?.close();
    this.#own = undefined;
    this.#source = undefined;
    this.#known = false;
    this.#forget();
  }

  /** Shows no call, and knows of none. */
  #forget(): void {
    this.#showNothing();
    this.#board.clear();
    this.#levels = new Map();
  }

  readonly #onState = (): void => {
    const state = this.#source?.state;
    if (state === 'reconnecting') this.#lostMs ??= performance.now();
    else this.#lostMs = undefined;
    if (state === 'refused' || state === 'closed') {
      this.#listening.stop();
      this.#forget();
    }
    this.requestUpdate();
  };

  readonly #tick = (): void => {
    this.#board.expire(Date.now());
    this.#refresh();
  };

  /** Takes over what the board knows of the shown call; shows the first call where nobody has chosen one. */
  #refresh(): void {
    const shown = this.#shown && this.#board.get(this.#shown.callId);
    if (shown) {
      this.#noteSpeaking(shown);
      this.#shown = shown;
    } else if (this.#shown && this.#chosen) {
      // Not in a fresh list, and never told to have ended: that was while the gateway was lost.
      if (this.#shown.state === 'up') this.#shown = this.#board.over(this.#shown, Date.now());
    } else {
      const first = this.#board.calls.find(({ state }) => state === 'up');
      this.#chosen = false;
      if (first) this.#show(first);
      else this.#showNothing();
    }
    this.requestUpdate();
  }

  #showNothing(): void {
    this.#following?.abort();
    this.#shown = undefined;
    this.#chosen = false;
    this.#timeline = new Timeline();
    this.showing = 'list';
  }

  #noteSpeaking(call: CallSummary): void {
    const nowMs = this.#edge();
    const speaking: Partial<Record<Track, number>> = {};
    for (const track of call.speaking) {
      const saidMs = this.#timeline.wordsSinceMs(track) ?? nowMs;
      speaking[track] = Math.min(saidMs, this.#speaking[track] ?? nowMs);
    }
    this.#speaking = speaking;
  }

  #show(call: CallSummary): void {
    if (call.callId === this.#shown?.callId) return;
    this.#following?.abort();
    const following = new AbortController();
    const timeline = new Timeline();
    this.#following = following;
    this.#timeline = timeline;
    this.#version++;
    this.#speaking = {};
    this.#shown = call;
    if (!this.#source) return;
    void readAll(this.#source.events(call.callId), following.signal, (event) => {
      if (!timeline.push(event)) return;
      this.#version++;
      this.requestUpdate();
    });
  }

  /** Shows a call and listens to it. Inside the click: the browser lets sound begin only there. */
  #choose(callId: string): void {
    const call = this.#board.get(callId);
    if (!call) return;
    if (this.#listening.callId !== callId) this.#listening.stop();
    this.#chosen = true;
    this.#show(call);
    this.showing = 'call';
    if (this.#source && this.#may('listen') && call.state === 'up') {
      if (this.#listening.isOn(callId) && this.#player?.state !== 'blocked') return;
      this.#listening.start(this.#source, this.player, callId);
    }
    this.requestUpdate();
  }

  #use(player: CallPlayer): void {
    this.#player = player;
    player.addEventListener('state', this.#redraw);
    this.requestUpdate();
  }

  #closePlayer(): void {
    this.#player?.removeEventListener('state', this.#redraw);
    void this.#ownPlayer?.close();
    this.#ownPlayer = undefined;
    this.#player = undefined;
  }

  /** Whoever does something with the shown call has chosen it. */
  readonly #stay = (): void => {
    this.#chosen = true;
  };

  readonly #back = (): void => {
    this.showing = 'list';
  };

  readonly #toggleDrawer = (): void => {
    this.drawer = !this.drawer;
  };

  /** Keys count inside the element, and where nothing on the page has the focus. */
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const path = event.composedPath();
    const [target] = path;
    const isUnfocused = target === document.body;
    if (!isUnfocused && !path.includes(this)) return;
    if (target instanceof HTMLInputElement && target.type !== 'range') return;
    const bar = this.renderRoot.querySelector<CallPlayerBar>('call-player');
    const track: Track = event.shiftKey ? 'outbound' : 'inbound';
    switch (event.key.toLowerCase()) {
      case '/':
        this.renderRoot.querySelector<CallList>('call-list')?.focusSearch();
        break;
      case 'escape':
        if (this.drawer) this.drawer = false;
        else this.#listening.stop();
        break;
      case 'enter':
        if (!isUnfocused || !this.#shown) return;
        this.#choose(this.#shown.callId);
        break;
      case 'm':
        bar?.toggleMute(track);
        break;
      case 's':
        bar?.toggleSolo(track);
        break;
      case 'h':
        if (!event.shiftKey) return;
        this.#askToHangUp();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  #askToHangUp(): void {
    const buttons = [...this.renderRoot.querySelectorAll<HangUp>('hang-up')];
    void buttons.find((button) => button.checkVisibility())?.open();
  }
}

function withoutCalls(state: 'refused' | 'closed', reason: string | undefined): TemplateResult {
  const [title, words] =
    state === 'refused'
      ? ['No access to the calls', 'This page has no access to the calls. Sign in again.']
      : ['Not connected', 'This page has ended its connection to the gateway. Reload it to go on.'];
  return html`<main class="first alone">
    <div>
      <h1>${title}</h1>
      <p role="alert">${reason ?? words}</p>
    </div>
  </main>`;
}
