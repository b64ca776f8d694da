import type { CallSummary, Scope } from '@patchcord/monitor/client';
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
import { sentence, type Timeline } from '../timeline.ts';
import { base } from '../tokens.ts';
import { audioFormat, clock, count, length, phoneNumber, timeOfDay } from '../words.ts';

/** What is known about one call, at the side. */
export class CallFacts extends LitElement {
  static override properties: PropertyDeclarations = {
    call: { attribute: false },
    gateway: { attribute: false },
    scopes: { attribute: false },
    timeline: { attribute: false },
    version: { attribute: false },
  };

  declare call: CallSummary | undefined;
  /** Name of the gateway that has the call. */
  declare gateway: string | undefined;
  /** What the ticket allows: said while there is no call. */
  declare scopes: readonly Scope[];
  declare timeline: Timeline | undefined;
  /** Changes whenever the timeline does. */
  declare version: number;

  constructor() {
    super();
    this.call = undefined;
    this.gateway = undefined;
    this.scopes = [];
    this.timeline = undefined;
    this.version = 0;
  }

  static override styles: CSSResultGroup = [
    base,
    css`
      :host {
        display: block;
      }
      section {
        padding: var(--s3) var(--s4);
        border-bottom: 1px solid var(--line);
      }
      section:last-child {
        border: 0;
      }
      h2 {
        display: flex;
        justify-content: space-between;
        margin-bottom: var(--s2);
      }
      h2 span {
        font-weight: 400;
        color: var(--ink-3);
      }
      dl {
        display: grid;
        grid-template-columns: minmax(76px, auto) minmax(0, 1fr);
        column-gap: var(--s2);
        row-gap: 3px;
        font-size: var(--small);
        line-height: 18px;
      }
      dt {
        color: var(--ink-3);
      }
      dd {
        display: flex;
        align-items: center;
        gap: 6px;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      code {
        font: 11.5px/18px var(--mono);
      }
      .copy {
        border: 0;
        background: none;
        padding: 2px;
        margin: -2px 0;
        color: var(--ink-3);
        border-radius: var(--r1);
        cursor: pointer;
      }
      .copy .glyph {
        width: 14px;
        height: 14px;
      }
      .keys {
        display: grid;
        grid-template-columns: 44px 1fr;
        row-gap: 6px;
        align-items: center;
        font-size: var(--small);
        color: var(--ink-3);
      }
      .keys div {
        display: flex;
        flex-wrap: wrap;
        gap: 3px;
      }
      .card {
        display: grid;
        grid-template-columns: 16px 1fr;
        column-gap: var(--s2);
        padding: var(--s2) 0;
        font-size: var(--small);
        line-height: 17px;
      }
      .card + .card {
        border-top: 1px solid var(--line);
      }
      h2 + .card {
        padding-top: 0;
      }
      .card:last-child {
        padding-bottom: 0;
      }
      .card b {
        font-weight: 600;
        display: flex;
        justify-content: space-between;
        gap: var(--s2);
      }
      .card time {
        font-weight: 400;
        color: var(--ink-3);
      }
      .card p {
        color: var(--ink-2);
        overflow-wrap: anywhere;
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { call, timeline } = this;
    if (!call || !timeline) return this.#ready();
    return html`${this.#call(call)}${this.#keys(timeline)}${this.#warnings(timeline)}${this.#turns(timeline)}${
      call.canHangUp || call.state === 'ended' ? nothing : hangUpIsOff
    }`;
  }

  #ready(): TemplateResult {
    const mayListen = this.scopes.includes('listen');
    return html`<section>
      <h2>Ready for calls</h2>
      ${check('Dashboard connected', mayListen ? 'You can listen to calls.' : 'You can see calls, but not hear them.')}
      ${this.gateway === undefined ? nothing : check('Gateway waiting', this.gateway)}
      ${
        this.scopes.includes('control')
          ? check('Hanging up is on', 'It takes two steps.')
          : check('Hanging up is off', 'This page was not given the right to it.', 'warning')
      }
    </section>`;
  }

  #call(call: CallSummary): TemplateResult {
    return html`<section>
      <h2>Call</h2>
      <dl>
        ${call.from === undefined ? nothing : fact('From', phoneNumber(call.from))}
        ${call.to === undefined ? nothing : fact('To', phoneNumber(call.to))}
        ${call.label === undefined ? nothing : fact('Agent', call.label)}
        ${fact('Started', timeOfDay(call.startedAtMs))}
        ${this.gateway === undefined ? nothing : fact('Gateway', this.gateway)}
        ${fact('Provider', call.provider)}
        ${fact('Audio', audioFormat(call.format))}
        ${identifier('Call', call.callId)} ${identifier('Stream', call.streamId)}
      </dl>
    </section>`;
  }

  #keys(timeline: Timeline): TemplateResult | typeof nothing {
    const rows = timeline.of('key').filter(({ track }) => track === 'inbound');
    if (rows.length === 0) return nothing;
    const pressed = rows.reduce((sum, row) => sum + row.keys.length, 0);
    return html`<section>
      <h2>Keys pressed <span>${pressed}</span></h2>
      <div class="keys">
        ${rows.map(
          (row) =>
            html`<time>${clock(row.atMs)}</time>
              <div>${row.keys.map(({ digit }) => keyCap(digit))}</div>`,
        )}
      </div>
    </section>`;
  }

  #warnings(timeline: Timeline): TemplateResult | typeof nothing {
    const warnings = [...timeline.of('warning'), ...timeline.of('gap')].sort(
      (one, other) => other.atMs - one.atMs,
    );
    if (warnings.length === 0) return nothing;
    return html`<section>
      <h2>Warnings <span>${warnings.length}</span></h2>
      ${warnings.map((row) =>
        row.kind === 'gap'
          ? card('gap', `${Math.round(row.durationMs)} ms lost`, sentence(row), row.atMs)
          : card('warning', row.title, row.message, row.atMs),
      )}
    </section>`;
  }

  #turns(timeline: Timeline): TemplateResult | typeof nothing {
    const turns = timeline.of('turn').filter(({ durationMs }) => durationMs !== undefined);
    if (turns.length === 0) return nothing;
    const spoken = (track: 'inbound' | 'outbound'): string => {
      const own = turns.filter((row) => row.track === track);
      const ms = own.reduce((sum, row) => sum + (row.durationMs ?? 0), 0);
      return `${count(own.length, 'turn')}, ${length(ms)}`;
    };
    const cuts = timeline.of('cut');
    return html`<section>
      <h2>Turns <span>${turns.length}</span></h2>
      <dl>
        ${fact('Caller', spoken('inbound'))} ${fact('Agent', spoken('outbound'))}
        ${cuts.length === 0 ? nothing : fact('Cut off', count(cuts.length, 'time'))}
      </dl>
    </section>`;
  }
}

const hangUpIsOff = html`<section>
  <h2>Hanging up is off</h2>
  <p class="quiet">This page was not given the right to hang up, or the gateway cannot end this call.</p>
</section>`;

function fact(name: string, value: string): TemplateResult {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

/** An id, shortened in the middle, whole in its title and in the clipboard. */
function identifier(name: string, id: string): TemplateResult {
  const short = id.length > 18 ? `${id.slice(0, 10)}…${id.slice(-4)}` : id;
  return html`<dt>${name}</dt>
    <dd>
      <code title=${id}>${short}</code>
      <button
        type="button"
        class="copy"
        aria-label="Copy ${name.toLowerCase()} id"
        title="Copy"
        @click=${() => {
          navigator.clipboard?.writeText(id).catch(() => undefined);
        }}
      >
        ${glyph('copy')}
      </button>
    </dd>`;
}

function check(title: string, words: string, icon: 'check' | 'warning' = 'check'): TemplateResult {
  return html`<div class="card">
    ${glyph(icon, icon === 'check' ? 'ok' : 'warn')}
    <div>
      <b>${title}</b>
      <p>${words}</p>
    </div>
  </div>`;
}

function card(icon: 'gap' | 'warning', title: string, message: string, atMs: number): TemplateResult {
  return html`<div class="card">
    ${glyph(icon, 'warn')}
    <div>
      <b>${title}<time>${clock(atMs)}</time></b>
      <p>${message}</p>
    </div>
  </div>`;
}
