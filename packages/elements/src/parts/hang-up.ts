import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { glyph } from '../glyphs.ts';
import { base, dialog } from '../tokens.ts';

type Step = 'closed' | 'asking' | 'sending' | 'failed';

/** Hanging up in two steps: a button that only asks, and a dialog whose safe answer has the focus. */
export class HangUp extends LitElement {
  static override properties: PropertyDeclarations = {
    number: { attribute: false },
    hangUp: { attribute: false },
    step: { state: true },
    problem: { state: true },
  };

  /** Whom the question names. */
  declare number: string;
  /** Ends the call; rejects with words for people. */
  declare hangUp: () => Promise<void>;
  declare step: Step;
  declare problem: string;

  constructor() {
    super();
    this.number = '';
    this.hangUp = () => Promise.resolve();
    this.step = 'closed';
    this.problem = '';
  }

  static override styles: CSSResultGroup = [base, dialog];

  /** Asks whether to hang up. Never hangs up by itself. */
  async open(): Promise<void> {
    this.step = 'asking';
    this.problem = '';
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.keep')?.focus();
  }

  protected override render(): TemplateResult {
    return html`<button
        type="button"
        class="button hang-up"
        aria-haspopup="dialog"
        aria-expanded=${this.step !== 'closed'}
        title="Hang up… (Shift H)"
        @click=${() => this.open()}
      >
        ${glyph('hang-up')}Hang up…
      </button>
      ${this.step === 'closed' ? nothing : this.#dialog()}`;
  }

  #dialog(): TemplateResult {
    const sending = this.step === 'sending';
    return html`<div
      class="dialog"
      role="alertdialog"
      aria-modal="true"
      aria-labelledby="question"
      aria-describedby="consequence"
      @keydown=${this.#onKey}
    >
      <h2 id="question">Hang up on ${this.number}?</h2>
      <p id="consequence">The caller is cut off at once. This cannot be undone.</p>
      ${this.step === 'failed' ? html`<p class="danger" role="alert">${this.problem}</p>` : nothing}
      <div class="answers">
        <button type="button" class="button keep" ?disabled=${sending} @click=${this.#keep}>Keep the call</button>
        <button type="button" class="button final" ?disabled=${sending} @click=${this.#send}>
          ${glyph('hang-up')}${sending ? 'Hanging up…' : 'Hang up'}
        </button>
      </div>
    </div>`;
  }

  readonly #keep = (): void => {
    this.step = 'closed';
    this.renderRoot.querySelector<HTMLElement>('.hang-up')?.focus();
  };

  readonly #send = async (): Promise<void> => {
    this.step = 'sending';
    try {
      await this.hangUp();
      this.step = 'closed';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : 'Could not hang up. The call is still up.';
      this.step = 'failed';
    }
  };

  /** Escape keeps the call; Tab stays between the two answers. */
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.step !== 'sending') {
      event.stopPropagation();
      this.#keep();
    }
    if (event.key !== 'Tab') return;
    const answers = [...this.renderRoot.querySelectorAll<HTMLElement>('.answers button:enabled')];
    const at = answers.findIndex((answer) => answer.matches(':focus'));
    const next = answers[(at + (event.shiftKey ? -1 : 1) + answers.length) % answers.length];
    event.preventDefault();
    next?.focus();
  };
}
