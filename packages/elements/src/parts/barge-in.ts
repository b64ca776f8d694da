import type { Barge } from '@patchcord/monitor/client';
import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { glyph } from '../glyphs.ts';
import { base } from '../tokens.ts';
import { type OpenMicrophone, Voice } from '../voice.ts';
import { clock } from '../words.ts';
import { bargeStyles } from './barge-styles.ts';

const TICK_MS = 250;

/**
 * Speaking to the caller: a button that only explains and asks for the microphone, and another one to be held. Fires
 * `on-air` with true and false.
 */
export class BargeIn extends LitElement {
  static override properties: PropertyDeclarations = {
    number: { attribute: false },
    barge: { attribute: false },
    say: { attribute: false },
    openMicrophone: { attribute: false },
    told: { state: true },
  };

  /** Whom the caller is. */
  declare number: string;
  /** Opens the caller's ear; absent where nobody may. */
  declare barge: (() => Barge) | undefined;
  /** Sends a text to the agent; absent where nobody may. */
  declare say: ((text: string) => Promise<void>) | undefined;
  declare openMicrophone: () => Promise<OpenMicrophone>;
  /** What became of the text. */
  declare told: string;

  readonly #voice = new Voice(
    () => this.openMicrophone(),
    () => {
      if (!this.barge) throw new Error('Barging in is off.');
      return this.barge();
    },
    () => this.#changed(),
  );
  #wasOnAir = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #letGo = (): void => this.#voice.letGo();

  constructor() {
    super();
    this.number = '';
    this.barge = undefined;
    this.say = undefined;
    this.openMicrophone = () => Promise.reject(new Error('There is no microphone.'));
    this.told = '';
  }

  static override styles: CSSResultGroup = [base, bargeStyles];

  /** Explains, and asks for the microphone. Nothing is sent. */
  async open(): Promise<void> {
    this.told = '';
    void this.#voice.arm();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.keep')?.focus();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Whatever takes the hand or the eye off the page ends it.
    for (const type of ['pointerup', 'pointercancel', 'blur'] as const) addEventListener(type, this.#letGo);
    document.addEventListener('visibilitychange', this.#letGo);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const type of ['pointerup', 'pointercancel', 'blur'] as const)
      removeEventListener(type, this.#letGo);
    document.removeEventListener('visibilitychange', this.#letGo);
    this.#voice.close();
    clearInterval(this.#timer);
  }

  protected override render(): TemplateResult {
    const { kind } = this.#voice.state;
    return html`<button
        type="button"
        class="button open"
        aria-haspopup="dialog"
        aria-expanded=${kind !== 'closed'}
        title="Barge in… (Shift B)"
        @click=${() => this.open()}
      >
        ${glyph('microphone')}Barge in…
      </button>
      ${kind === 'closed' ? nothing : this.#dialog()} ${kind === 'on-air' ? this.#onAir() : nothing}`;
  }

  #dialog(): TemplateResult {
    const { state } = this.#voice;
    const problem = state.kind === 'armed' ? state.problem : undefined;
    const ready =
      state.kind !== 'asking' && !(problem !== undefined && this.#voice.readLevel() === undefined);
    return html`<div
      class="dialog ${state.kind === 'on-air' ? 'away' : ''}"
      role="dialog"
      aria-labelledby="title"
      aria-describedby="what"
      @keydown=${this.#onKey}
      @keyup=${this.#onKeyUp}
    >
      <h2 id="title">Talk to the caller</h2>
      <p id="what">
        While you hold the button the caller hears you, and the agent is silent. When you let go, the agent goes on.
      </p>
      ${problem === undefined ? nothing : html`<p class="danger" role="alert">${problem}</p>`}
      <div class="level">
        ${glyph('microphone')}<span>${state.kind === 'asking' ? 'Asking for the microphone…' : 'Your microphone'}</span>
        <level-meter look="solid" .label=${'Your microphone'} .level=${() => this.#voice.readLevel()}></level-meter>
      </div>
      <div class="answers">
        <button type="button" class="button keep" @click=${this.#close}>Cancel</button>
        <button
          type="button"
          class="button final hold"
          aria-pressed=${state.kind === 'on-air'}
          ?disabled=${!ready}
          @pointerdown=${() => this.#voice.hold()}
          @contextmenu=${(event: Event) => event.preventDefault()}
        >
          ${state.kind === 'opening' ? 'Opening…' : 'Hold to talk'}<kbd>Space</kbd>
        </button>
      </div>
      ${this.say ? this.#sayForm() : nothing}
    </div>`;
  }

  #sayForm(): TemplateResult {
    return html`<form @submit=${this.#onSay}>
      <label for="text">Or tell the agent</label>
      <div class="line">
        <input id="text" name="text" autocomplete="off" maxlength="500" />
        <button type="submit" class="button">Send</button>
      </div>
      <p role="status">${this.told}</p>
    </form>`;
  }

  #onAir(): TemplateResult {
    const { state } = this.#voice;
    const sinceMs = state.kind === 'on-air' ? state.sinceMs : performance.now();
    return html`<div class="on-air" role="alert">
      <i class="dot"></i><b>On air to ${this.number}</b>
      <span class="hears">The caller hears you, the agent is silent</span>
      <span>${clock(performance.now() - sinceMs)}</span>
      <span class="grow"></span>
      <span class="let-go">Let go to stop</span>
    </div>`;
  }

  #changed(): void {
    const onAir = this.#voice.state.kind === 'on-air';
    if (onAir !== this.#wasOnAir) {
      this.#wasOnAir = onAir;
      clearInterval(this.#timer);
      if (onAir) this.#timer = setInterval(() => this.requestUpdate(), TICK_MS);
      this.dispatchEvent(new CustomEvent('on-air', { detail: onAir }));
    }
    this.requestUpdate();
  }

  readonly #close = (): void => {
    this.#voice.close();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.open')?.focus());
  };

  readonly #onSay = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const input = this.renderRoot.querySelector<HTMLInputElement>('#text');
    const text = input?.value.trim();
    if (!(form instanceof HTMLFormElement) || !text || !this.say) return;
    this.told = 'Telling the agent…';
    try {
      await this.say(text);
      this.told = 'The agent was told.';
      form.reset();
    } catch (error) {
      this.told = error instanceof Error ? error.message : 'The agent could not be told.';
    }
  };

  /** Space holds, wherever in the dialog the focus is but the text; Escape lets go, or closes. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const [target] = event.composedPath();
    if (event.key === 'Escape') {
      event.stopPropagation();
      event.preventDefault();
      if (this.#voice.state.kind === 'on-air' || this.#voice.state.kind === 'opening') this.#voice.letGo();
      else this.#close();
    }
    if (event.key === ' ' && !(target instanceof HTMLInputElement)) {
      event.preventDefault();
      if (!event.repeat) void this.#voice.hold();
    }
  };

  readonly #onKeyUp = (event: KeyboardEvent): void => {
    if (event.key === ' ') this.#voice.letGo();
  };
}
