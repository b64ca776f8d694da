import type { CallSummary, Scope } from '@patchcord/monitor/client';
import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { glyph, keyCap } from '../glyphs.ts';
import { percentile } from '../latency-log.ts';
import { sentence } from '../timeline/sentences.ts';
import type { Timeline } from '../timeline/timeline.ts';
import { base } from '../tokens.ts';
import { audioFormat, clock, count, phoneNumber, timeOfDay, wait } from '../words.ts';
import { factsStyles } from './facts-styles.ts';
import { styleVars } from './style-vars.ts';

/** Answers shown as bars: the newest. */
const MOST_BARS = 24;

/** What is known about one call, at the side. Fires `seek` with the time of a turn that is clicked on. */
export class CallFacts extends LitElement {
  static override properties: PropertyDeclarations = {
    call: { attribute: false },
    gateway: { attribute: false },
    scopes: { attribute: false },
    timeline: { attribute: false },
    version: { attribute: false },
    edgeMs: { attribute: false },
    slowMs: { attribute: false },
  };

  declare call: CallSummary | undefined;
  /** Name of the gateway that has the call. */
  declare gateway: string | undefined;
  /** What the ticket allows: said while there is no call. */
  declare scopes: readonly Scope[];
  declare timeline: Timeline | undefined;
  /** Changes whenever the timeline does. */
  declare version: number;
  /** Milliseconds of the call now. */
  declare edgeMs: number;
  /** A longer wait for an answer is slow, in milliseconds. */
  declare slowMs: number;

  constructor() {
    super();
    this.call = undefined;
    this.gateway = undefined;
    this.scopes = [];
    this.timeline = undefined;
    this.version = 0;
    this.edgeMs = 0;
    this.slowMs = 1500;
  }

  static override styles: CSSResultGroup = [base, factsStyles];

  protected override render(): TemplateResult {
    const { call, timeline } = this;
    if (!call || !timeline) return this.#ready();
    return html`${this.#call(call)}${this.#keys(timeline)}${this.#warnings(timeline)}${this.#turns(timeline)}${this.#received(timeline)}${
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
    const answers = turns.flatMap(({ atMs, answeredMs }) =>
      answeredMs === undefined ? [] : [{ atMs, answeredMs }],
    );
    const silences = turns.flatMap(({ silencedMs }) => silencedMs ?? []);
    const answered = percentile(
      answers.map(({ answeredMs }) => answeredMs),
      0.5,
    );
    const silenced = percentile(silences, 0.5);
    return html`<section>
      <h2>Turns <span>${turns.length}</span></h2>
      <div class="figures">
        <div>
          <b>${answered === undefined ? '–' : wait(answered)}</b>
          <span>Caller stops, agent heard${answers.length > 0 ? ' (median)' : ''}</span>
        </div>
        <div>
          <b>${silenced === undefined ? '–' : wait(silenced)}</b>
          <span>Caller speaks, agent silent${silences.length > 0 ? ` (${count(silences.length, 'time')})` : ''}</span>
        </div>
      </div>
      ${answers.length < 2 ? nothing : this.#answers(answers.slice(-MOST_BARS))}
    </section>`;
  }

  #answers(answers: readonly { readonly atMs: number; readonly answeredMs: number }[]): TemplateResult {
    const topMs = 1000 * Math.ceil(Math.max(...answers.map(({ answeredMs }) => answeredMs)) / 1000);
    return html`<div class="bars">
        <div>
          ${answers.map(
            ({ atMs, answeredMs }) => html`<button
              type="button"
              tabindex="-1"
              class=${answeredMs > this.slowMs ? 'late' : ''}
              aria-label="Answered in ${wait(answeredMs)} at ${clock(atMs)}"
              title="${clock(atMs)}: answered in ${wait(answeredMs)}"
              ${styleVars({ '--h': `${(100 * answeredMs) / topMs}%` })}
              @click=${() => this.dispatchEvent(new CustomEvent('seek', { detail: atMs }))}
            ></button>`,
          )}
        </div>
        <span class="top">${topMs / 1000} s</span><span class="zero">0 s</span>
      </div>
      <p class="ends"><span>${clock(answers[0]?.atMs ?? 0)}</span><span>${clock(answers.at(-1)?.atMs ?? 0)}</span></p>`;
  }

  /** What of the call's time came, by its gaps. */
  #received(timeline: Timeline): TemplateResult {
    const gaps = timeline.of('gap');
    const lost = (track: 'inbound' | 'outbound'): string => {
      const ms = gaps.filter((gap) => gap.track === track).reduce((sum, gap) => sum + gap.durationMs, 0);
      const share = this.edgeMs > 0 ? (100 * ms) / this.edgeMs : 0;
      return ms === 0 ? 'nothing' : `${Math.round(ms)} ms (${share.toFixed(2)} %)`;
    };
    const cuts = timeline.of('cut');
    const unheardMs = cuts.reduce((sum, cut) => sum + cut.unheardMs, 0);
    return html`<section>
      <h2>Received</h2>
      <dl>
        ${fact('Call time', clock(this.edgeMs))} ${fact('Lost of caller', lost('inbound'))}
        ${fact('Sent, unheard', cuts.length === 0 ? 'nothing' : `${wait(unheardMs)}, ${count(cuts.length, 'time')}`)}
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
