import type { Track } from '@patchcord/core';
import type { CallSummary, Scope } from '@patchcord/monitor/client';
import { type CallPlayer, createWorkerClient } from '@patchcord/player';
import {
  type CSSResultGroup,
  html,
  LitElement,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit';
import { type CallControls, controlsOf } from './call-controls.ts';
import { ConnectionNews } from './connection-news.ts';
import { GatewayCalls } from './gateway-calls.ts';
import { actionFor, type KeyAction } from './keys.ts';
import { layout } from './layout.ts';
import { load } from './lazily.ts';
import { Listening } from './listening.ts';
import { withNoCalls, withoutAccess } from './page-notes.ts';
import { PagePlayer } from './page-player.ts';
import type { CallList } from './parts/call-list.ts';
import type { CallStage } from './parts/call-stage.ts';
import type { PageView, TopBar } from './parts/top-bar.ts';
import { type PlayerView, playerView } from './player-view.ts';
import { ShownCall } from './shown-call.ts';
import type { CallSource } from './sources.ts';
import { base, tokens } from './tokens.ts';

const TICK_MS = 500;

/** Whether a view is one. */
const isView = (view: string): view is PageView => view === 'live' || view === 'wall' || view === 'latency';

/**
 * The calls of a gateway, and one of them to hear: list, waveform, timeline, transport, facts; all of them as a wall;
 * how long callers wait.
 *
 * Give it either `url` and `ticket`, or a `client` of your own, which stays yours to close. It fills the box that
 * its host page gives it, and needs a height. It follows the system's light or dark unless `theme` says which.
 *
 * @slot brand - Left in the top bar: your name and sign.
 * @slot hint - What the page without calls says under its title: how to make the first call.
 * @fires view - The view has changed, by a key or a tab.
 */
export class CallMonitor extends LitElement {
  static override properties: PropertyDeclarations = {
    url: {},
    ticket: { attribute: false },
    client: { attribute: false },
    sampleRate: { type: Number, attribute: 'sample-rate' },
    theme: { reflect: true },
    view: { reflect: true },
    showing: { reflect: true },
    noLetters: { type: Boolean, attribute: 'no-letter-keys' },
    slowAnswerMs: { type: Number, attribute: 'slow-answer-ms' },
    slowSilenceMs: { type: Number, attribute: 'slow-silence-ms' },
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
  /** `live` is one call, `wall` all of them by their levels, `latency` how long callers wait. */
  declare view: PageView;
  /** On a narrow page: whether the list or the call is in view. */
  declare showing: 'list' | 'call';
  /** Keys that are a single letter or sign do nothing. */
  declare noLetters: boolean;
  /** A longer wait for the agent's answer is slow, in milliseconds. Default: 1500. */
  declare slowAnswerMs: number;
  /** An agent that speaks over the caller for longer is slow to fall silent, in milliseconds. Default: 350. */
  declare slowSilenceMs: number;

  declare drawer: boolean;

  readonly #redraw = (): void => this.requestUpdate();
  readonly #calls = new GatewayCalls({ onChange: () => this.#refresh(), onLevels: () => this.#tellLevels() });
  readonly #listening = new Listening(this.#redraw);
  readonly #shown = new ShownCall(this.#redraw);
  readonly #player = new PagePlayer(this.#redraw);
  #own: ReturnType<typeof createWorkerClient> | undefined;
  readonly #news = new ConnectionNews();
  /** Whether somebody chose the call that is shown. */
  #chosen = false;
  #onAirMs: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.url = undefined;
    this.ticket = undefined;
    this.client = undefined;
    this.sampleRate = undefined;
    this.theme = undefined;
    this.view = 'live';
    this.showing = 'list';
    this.noLetters = false;
    this.slowAnswerMs = 1500;
    this.slowSilenceMs = 350;
    this.drawer = false;
  }

  /**
   * What plays. Made when it is first asked for, and closed when the element leaves the page; one that was set
   * stays yours to close. Set it before the first call is heard.
   */
  get player(): CallPlayer {
    return this.#player.make(this.sampleRate);
  }

  set player(player: CallPlayer) {
    this.#player.use(player);
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
    this.#player.close();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!isView(this.view)) this.view = 'live';
    if (changed.has('client') || changed.has('url') || changed.has('ticket')) this.#detach();
    if (!this.#calls.source && this.isConnected) this.#attach();
    if (this.view === 'latency') this.#calls.followAll();
    this.#load(this.view === 'live' ? 'call-facts' : `call-${this.view}`);
  }

  protected override render(): TemplateResult {
    const source = this.#calls.source;
    const state = source?.state ?? 'connecting';
    return html`<div class="page" data-showing=${this.showing}>
      <header class=${this.showing === 'call' && this.view === 'live' ? 'yields' : ''}><top-bar
        .view=${this.view}
        .state=${state}
        .scopes=${source?.scopes ?? []}
        .gateways=${this.#calls.gateways}
        @view=${(event: CustomEvent<PageView>) => this.#go(event.detail)}
        ><slot name="brand"></slot
      ></top-bar></header>
      ${state === 'refused' || state === 'closed' ? withoutAccess(state, source?.reason) : this.#body()}
    </div>`;
  }

  #body(): TemplateResult {
    const { board, attention, levels, latency } = this.#calls;
    const heard = this.#heardId;
    const troubleOf = (call: CallSummary) => attention.troubleOf(call, performance.now());
    const listen = (event: CustomEvent<string>): void => this.#choose(event.detail);
    switch (this.view) {
      case 'wall':
        return html`<main class="fill" aria-label="Wall">
          ${this.#news.note(this.#calls.source, Date.now())}
          <call-wall
            .board=${board}
            .levels=${levels}
            .heard=${heard}
            .troubleOf=${troubleOf}
            .tick=${Date.now()}
            @listen=${listen}
          ></call-wall>
        </main>`;
      case 'latency':
        return html`<main class="fill" aria-label="Latency">
          ${this.#news.note(this.#calls.source, Date.now())}
          <call-latency
            .log=${latency}
            .version=${this.#calls.version}
            .tick=${board.gatewayNowMs(Date.now())}
            .sinceMs=${this.#calls.sinceMs}
            .slowAnswerMs=${this.slowAnswerMs}
            .slowSilenceMs=${this.slowSilenceMs}
            @open=${(event: CustomEvent<{ callId: string; atMs: number }>) => this.#openAt(event.detail)}
          ></call-latency>
        </main>`;
      default: {
        const { call } = this.#shown;
        return html`<div class="live ${this.drawer ? 'drawer' : ''}" data-showing=${call ? this.showing : 'nothing'}>
          <section class="list" aria-label="Calls">
            <call-list
              .board=${board}
              .levels=${this.#calls.latestLevels}
              .shown=${call?.callId}
              .heard=${heard}
              .troubleOf=${troubleOf}
              .tick=${Date.now()}
              @listen=${listen}
            ></call-list>
            ${this.#news.note(this.#calls.source, Date.now())}
          </section>
          ${call ? this.#call(call) : withNoCalls(this.#calls)}
        </div>`;
      }
    }
  }

  #call(call: CallSummary): TemplateResult {
    const { callId } = call;
    const { timeline, version, speaking } = this.#shown;
    return html`
      <main class="heard" @click=${this.#stay}>
        <call-stage
          .call=${call}
          .view=${this.#view(call)}
          .player=${this.player}
          .heard=${this.#listening.heardOf(callId)}
          .timeline=${timeline}
          .version=${version}
          .speaking=${speaking}
          .controls=${this.#controlsOf(call)}
          .edge=${this.#edge}
          .ear=${this.#ear}
          .elapsedMs=${this.#calls.board.elapsedMs(call, Date.now())}
          .networkMs=${this.#networkMs}
          .drawer=${this.drawer}
          .tick=${Date.now()}
          @listen=${() => this.#choose(callId)}
          @stop=${() => this.#listening.stop()}
          @seek=${(event: CustomEvent<number>) => this.#listening.seek(callId, event.detail, performance.now())}
          @live=${() => this.#listening.goLive()}
          @reconnect=${() => this.#calls.source?.reconnect()}
          @back=${() => {
            this.showing = 'list';
          }}
          @drawer=${() => {
            this.drawer = !this.drawer;
          }}
          @on-air=${(event: CustomEvent<boolean>) => this.#noteOnAir(event.detail)}
        ></call-stage>
      </main>
      <aside class="side" aria-label="Facts">
        <call-facts
          .call=${call}
          .gateway=${call.gateway ?? this.#calls.source?.gateway}
          .timeline=${timeline}
          .version=${version}
          .edgeMs=${this.#edge()}
          .slowMs=${this.slowAnswerMs}
          @seek=${(event: CustomEvent<number>) => this.#openAt({ callId, atMs: event.detail })}
        ></call-facts>
      </aside>
    `;
  }

  #view(call: CallSummary): PlayerView {
    const { state, callId } = this.#listening;
    const nowMs = performance.now();
    const earMs = this.#listening.behindAt(call.callId, nowMs);
    return playerView({
      call,
      listening: callId === call.callId ? state : { kind: 'idle' },
      connection: this.#calls.source?.state ?? 'connecting',
      lostMs: this.#news.lostMs === undefined ? undefined : nowMs - (Date.now() - this.#news.lostMs),
      mayListen: this.#may('listen'),
      blocked: this.#player.known?.state === 'blocked',
      delayMs: this.#player.known && this.#player.known.stats.delayMs + (this.#networkMs ?? 0),
      quietMs: this.#listening.edgeOf(call.callId)?.quietMs(nowMs),
      behindMs: earMs === undefined ? undefined : this.#edge() - earMs,
      elapsedMs: this.#calls.board.elapsedMs(call, Date.now()),
      nowMs,
    });
  }

  #controlsOf(call: CallSummary): CallControls {
    const controls = controlsOf(call, this.#calls.source);
    if (controls.hangUp) this.#load('hang-up');
    if (controls.barge) this.#load('barge-in');
    return controls;
  }

  get #heardId(): string | undefined {
    const { callId, state } = this.#listening;
    return callId !== undefined && state.kind === 'listening' ? callId : undefined;
  }

  /** Half of the round trip to the gateway. */
  get #networkMs(): number | undefined {
    const roundTripMs = this.#calls.source?.roundTripMs;
    return roundTripMs === undefined ? undefined : roundTripMs / 2;
  }

  readonly #edge = (): number => {
    const { call } = this.#shown;
    if (!call) return 0;
    const heardMs =
      call.state === 'up' ? this.#listening.edgeOf(call.callId)?.at(performance.now()) : undefined;
    return heardMs ?? this.#calls.board.elapsedMs(call, Date.now());
  };

  readonly #ear = (): number | undefined => {
    const { call } = this.#shown;
    return call && this.#listening.behindAt(call.callId, performance.now());
  };

  #may(scope: Scope): boolean {
    return this.#calls.source?.scopes.includes(scope) ?? false;
  }

  #load(name: string): void {
    load(name).catch(() => this.#news.tell('A part of this page did not load. Reload the page.', Date.now()));
  }

  #attach(): void {
    const source = this.client ?? this.#connect();
    if (!source) return;
    this.#calls.attach(source);
    source.addEventListener('state', this.#onState);
  }

  #connect(): CallSource | undefined {
    if (!this.url || !this.ticket) return undefined;
    this.#own = createWorkerClient(this.url, { ticket: this.ticket });
    return this.#own;
  }

  #detach(): void {
    this.#listening.stop();
    this.#calls.source?.removeEventListener('state', this.#onState);
    this.#calls.detach();
    this.#own?.close();
    this.#own = undefined;
    this.#showNothing();
  }

  readonly #onState = (): void => {
    const { source } = this.#calls;
    this.#news.follow(source, Date.now());
    if (source?.state === 'refused' || source?.state === 'closed') {
      this.#listening.stop();
      this.#showNothing();
      this.#calls.forget();
    }
    this.requestUpdate();
  };

  readonly #tick = (): void => {
    const nowMs = Date.now();
    this.#news.tick(nowMs, this.#listening.isOn(this.#listening.callId));
    this.#calls.tick(nowMs);
    this.#refresh();
  };

  /** Takes over what is known of the shown call; shows the first call where nobody has chosen one. */
  #refresh(): void {
    const { call } = this.#shown;
    const { board } = this.#calls;
    const known = call && board.get(call.callId);
    if (known) {
      this.#shown.update(known, this.#edge());
      if (this.#calls.noteTroubles(known, this.#shown.timeline, this.#edge())) this.#shown.changed();
    } else if (call && this.#chosen) {
      // Not in a fresh list, and never told to have ended: that was while the gateway was lost.
      if (call.state === 'up') this.#shown.update(board.over(call, Date.now()), this.#edge());
    } else {
      const first = board.calls.find(({ state }) => state === 'up');
      this.#chosen = false;
      if (first) this.#shown.show(first, this.#calls.source);
      else this.#showNothing();
    }
    this.requestUpdate();
  }

  #showNothing(): void {
    this.#shown.clear();
    this.#chosen = false;
    this.showing = 'list';
  }

  #tellLevels(): void {
    const list = this.renderRoot.querySelector<CallList>('call-list');
    if (list) list.levels = this.#calls.latestLevels;
  }

  /** Shows a call and listens to it. Inside the click: the browser lets sound begin only there. */
  #choose(callId: string): void {
    const call = this.#calls.board.get(callId);
    if (!call) return;
    this.#showCall(call);
    const { source } = this.#calls;
    if (source && this.#may('listen') && call.state === 'up') {
      if (this.#listening.isOn(callId) && this.#player.known?.state !== 'blocked') return;
      void this.#listen(call, source);
    }
    this.requestUpdate();
  }

  /** Within the click, but for a wire whose rate has to be converted: what does that is loaded first. */
  async #listen({ callId, format }: CallSummary, source: CallSource): Promise<void> {
    const { player } = this;
    if (format.sampleRate === PLAYER_RATE) {
      this.#listening.start(source, player, callId);
      return;
    }
    void player.start().catch(() => undefined);
    try {
      const { atPlayerRate } = await import('./other-rates.ts');
      if (this.#shown.call?.callId === callId) this.#listening.start(atPlayerRate(source), player, callId);
    } catch {
      this.#news.tell('A part of this page did not load. Reload the page.', Date.now());
    }
  }

  #showCall(call: CallSummary): void {
    if (this.#listening.callId !== call.callId) this.#listening.stop();
    this.#chosen = true;
    this.#shown.show(call, this.#calls.source);
    this.#go('live');
    this.showing = 'call';
  }

  /** Shows a call at a time, where it is still there. */
  #openAt({ callId, atMs }: { readonly callId: string; readonly atMs: number }): void {
    const call = this.#calls.board.get(callId);
    if (!call) {
      this.#news.tell('This call is not there any more. It may have just ended.', Date.now());
      this.requestUpdate();
      return;
    }
    this.#showCall(call);
    void this.updateComplete.then(async () => {
      const stage = this.#stage;
      await stage?.updateComplete;
      stage?.goTo(atMs);
    });
  }

  #go(view: PageView): void {
    if (view === this.view) return;
    this.view = view;
    this.dispatchEvent(new CustomEvent('view', { detail: view }));
  }

  #noteOnAir(on: boolean): void {
    const nowMs = this.#edge();
    const fromMs = this.#onAirMs ?? nowMs;
    this.#onAirMs = on ? nowMs : undefined;
    if (on) this.#shown.timeline.noteOnAir(nowMs);
    else this.#shown.timeline.noteOnAir(fromMs, nowMs - fromMs);
    this.#shown.changed();
  }

  /** Whoever does something with the shown call has chosen it. */
  readonly #stay = (): void => {
    this.#chosen = true;
  };

  get #stage(): CallStage | null {
    return this.renderRoot.querySelector<CallStage>('call-stage');
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const action = actionFor(event, this, this.noLetters);
    if (action !== undefined && this.#act(action)) event.preventDefault();
  };

  /** Does what a key asks for. Returns whether there was something to do. */
  #act(action: KeyAction): boolean {
    const stage = this.#stage;
    const track: Track = action.endsWith('agent') ? 'outbound' : 'inbound';
    switch (action) {
      case 'search':
        this.#go('live');
        void this.updateComplete.then(() =>
          this.renderRoot.querySelector<CallList>('call-list')?.focusSearch(),
        );
        return true;
      case 'escape':
        if (this.drawer) this.drawer = false;
        else this.#listening.stop();
        return true;
      case 'enter':
        if (this.#shown.call && this.view === 'live') this.#choose(this.#shown.call.callId);
        return this.#shown.call !== undefined;
      case 'view-live':
        this.#go('live');
        return true;
      case 'view-wall':
        this.#go('wall');
        return true;
      case 'view-latency':
        this.#go('latency');
        return true;
      case 'keys':
        this.renderRoot.querySelector<TopBar>('top-bar')?.showKeys();
        return true;
      case 'mute-caller':
      case 'mute-agent':
        stage?.toggleMute(track);
        break;
      case 'solo-caller':
      case 'solo-agent':
        stage?.toggleSolo(track);
        break;
      default:
        stage?.act(action);
    }
    return stage !== null;
  }
}

/** Hz, of what the player takes. */
const PLAYER_RATE = 8000;
