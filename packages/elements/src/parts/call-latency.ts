import type { CallSummary } from '@patchcord/monitor/client';
import { type CSSResultGroup, html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit';
import { glyph } from '../glyphs.ts';
import { type LatencyLog, percentile, type Wait } from '../latency-log.ts';
import { type Chart, chartOf } from '../paint/latency-chart.ts';
import { base, segments } from '../tokens.ts';
import { clock, count, delay, phoneNumber, timeOfDay, wait } from '../words.ts';
import { latencyStyles } from './latency-styles.ts';
import { styleVars } from './style-vars.ts';

const SLOWEST = 8;

const spans: readonly (readonly [number, string])[] = [
  [600_000, '10 min'],
  [1_800_000, '30 min'],
  [Infinity, 'All'],
];

/** How a kind of wait is told. */
interface Telling {
  readonly kind: Wait['kind'];
  readonly title: TemplateResult;
  readonly label: string;
  readonly one: string;
  readonly slowMs: number;
  /** A figure, and its unit. */
  readonly figure: (ms: number) => readonly [string, string];
}

/**
 * How long callers wait for the agent, and how soon it falls silent when they speak: each turn, and percentiles by
 * rank over the dots shown. Fires `open` with `{ callId, atMs }`.
 */
export class CallLatency extends LitElement {
  static override properties: PropertyDeclarations = {
    log: { attribute: false },
    version: { attribute: false },
    tick: { attribute: false },
    sinceMs: { attribute: false },
    slowAnswerMs: { attribute: false },
    slowSilenceMs: { attribute: false },
    label: { state: true },
    spanMs: { state: true },
  };

  declare log: LatencyLog | undefined;
  /** Changes whenever the log does. */
  declare version: number;
  /** Unix time now, by the gateway's clock. */
  declare tick: number;
  /** Since when the page looks, in Unix milliseconds. */
  declare sinceMs: number;
  /** A longer wait for an answer is slow, in milliseconds. */
  declare slowAnswerMs: number;
  /** An agent that speaks on for longer is slow, in milliseconds. */
  declare slowSilenceMs: number;
  declare label: string | undefined;
  declare spanMs: number;

  constructor() {
    super();
    this.log = undefined;
    this.version = 0;
    this.tick = 0;
    this.sinceMs = 0;
    this.slowAnswerMs = 1500;
    this.slowSilenceMs = 350;
    this.label = undefined;
    this.spanMs = 1_800_000;
  }

  static override styles: CSSResultGroup = [base, segments, latencyStyles];

  protected override render(): TemplateResult {
    const labels = this.log?.labels ?? [];
    const fromMs = Math.max(this.sinceMs, this.tick - this.spanMs);
    return html`
      <header>
        <h1>Latency</h1>
        <p>Since ${timeOfDay(fromMs)}, ${this.label ?? 'all calls'}</p>
        <span class="grow"></span>
        ${
          labels.length < 2
            ? ''
            : html`<div class="segments" role="group" aria-label="Agents">
                ${[undefined, ...labels].map((label) =>
                  this.#choice(label ?? 'All agents', label === this.label, () => {
                    this.label = label;
                  }),
                )}
              </div>`
        }
        <div class="segments" role="group" aria-label="Time">
          ${spans.map(([spanMs, name]) =>
            this.#choice(name, spanMs === this.spanMs, () => {
              this.spanMs = spanMs;
            }),
          )}
        </div>
      </header>
      <div class="panels">
        ${this.#panel({
          kind: 'answer',
          title: html`Caller stops ${glyph('caller', 'caller')} → ${glyph('agent', 'agent')} agent heard`,
          label: 'Caller stops, agent heard',
          one: 'turn',
          slowMs: this.slowAnswerMs,
          figure: (ms) => [(ms / 1000).toFixed(2), 's'],
        })}
        ${this.#panel({
          kind: 'interruption',
          title: html`Caller speaks ${glyph('caller', 'caller')} → ${glyph('cut', 'agent')} agent silent`,
          label: 'Caller speaks, agent silent',
          one: 'interruption',
          slowMs: this.slowSilenceMs,
          figure: (ms) => [String(Math.round(ms)), 'ms'],
        })}
      </div>
      ${this.#slowest()}
    `;
  }

  #choice(name: string, chosen: boolean, choose: () => void): TemplateResult {
    return html`<button type="button" aria-pressed=${chosen} @click=${choose}>${name}</button>`;
  }

  #waits(kind: Wait['kind']): readonly Wait[] {
    const sinceMs = this.tick - this.spanMs;
    return this.log?.waits({ kind, label: this.label, sinceMs }) ?? [];
  }

  #panel({ kind, title, label, one, slowMs, figure }: Telling): TemplateResult {
    const waits = this.#waits(kind);
    const values = waits.map(({ waitMs }) => waitMs);
    const share = (of: number, name: string): TemplateResult => {
      const value = percentile(values, of);
      const slow = value !== undefined && value > slowMs;
      const [text, unit] = value === undefined ? ['–', ''] : figure(value);
      return html`<div class=${slow ? 'warn' : ''}>
        <b>${text}<small>${unit}</small></b>
        <span>${name}${slow ? ', slow' : ''}</span>
      </div>`;
    };
    const chart = chartOf(waits, {
      fromMs: Math.max(this.sinceMs, this.tick - this.spanMs),
      toMs: this.tick,
      slowMs,
    });
    return html`<section class="panel" aria-label=${label}>
      <h2><span class="what">${title}</span><small>${count(waits.length, one)}</small></h2>
      <div class="figures">
        ${share(0.5, 'half within')} ${share(0.95, '95 % within')} ${share(0.99, '99 % within')}
      </div>
      ${
        waits.length === 0
          ? html`<p class="none">
              ${kind === 'answer' ? 'No caller has been answered yet.' : 'No caller has spoken over the agent yet.'}
            </p>`
          : this.#chart(chart, slowMs)
      }
    </section>`;
  }

  #chart(chart: Chart, slowMs: number): TemplateResult {
    const place = (at: { x: number; y: number }): ReturnType<typeof styleVars> =>
      styleVars({ '--x': `${100 * at.x}%`, '--y': `${100 * at.y}%` });
    return html`<div class="chart">
      ${chart.lines.map(
        ({ y, label }) => html`<span class="line" ${place({ x: 0, y })}><span>${label}</span></span>`,
      )}
      <span class="line slow" ${place({ x: 0, y: chart.slowY })}><span>slow, over ${short(slowMs)}</span></span>
      <div class="dots">
        ${chart.dots.map(
          (dot) => html`<button
            type="button"
            class="dot ${dot.slow ? 'late' : ''}"
            title="${timeOfDay(dot.wait.unixMs)}, ${delay(dot.wait.waitMs)}"
            aria-label="${phoneNumber(dot.wait.from)} at ${clock(dot.wait.atMs)}, ${delay(dot.wait.waitMs)}${dot.slow ? ', slow' : ''}"
            tabindex="-1"
            ${place(dot)}
            @click=${() => this.#open(dot.wait)}
          ></button>`,
        )}
      </div>
      <div class="often" aria-hidden="true">
        ${chart.bars.map(
          (bar) =>
            html`<i class=${bar.slow ? 'late' : ''} ${styleVars({ '--y': `${100 * bar.y}%`, '--h': `${100 * bar.height}%`, '--w': `${100 * bar.share}%` })}></i>`,
        )}
      </div>
      <div class="times">${chart.times.map((time) => html`<span>${time}</span>`)}<span>how often</span></div>
    </div>`;
  }

  #slowest(): TemplateResult {
    const waits = [...this.#waits('answer')]
      .sort((one, other) => other.waitMs - one.waitMs)
      .slice(0, SLOWEST);
    const longest = waits[0]?.waitMs ?? 1;
    return html`<section class="panel">
      <h2>Slowest answers</h2>
      ${
        waits.length === 0
          ? html`<p class="none">None yet.</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Slowest answers"><table>
              <thead>
                <tr><th>Time</th><th>Call</th><th>Agent</th><th>Caller said</th><th colspan="2">Wait</th></tr>
              </thead>
              <tbody>
                ${waits.map(
                  (slow) => html`<tr>
                    <td>${timeOfDay(slow.unixMs)}</td>
                    <td>
                      <button type="button" class="link" @click=${() => this.#open(slow)}>${phoneNumber(slow.from)}</button>
                    </td>
                    <td>${slow.label ?? ''}</td>
                    <td class="words">${slow.words ?? ''}</td>
                    <td class="bar"><i ${styleVars({ '--w': `${(100 * slow.waitMs) / longest}%` })}></i></td>
                    <td class="wait ${slow.waitMs > this.slowAnswerMs ? 'warn' : ''}">${wait(slow.waitMs)}</td>
                  </tr>`,
                )}
              </tbody>
            </table></div>`
      }
    </section>`;
  }

  #open({ callId, atMs }: Wait): void {
    this.dispatchEvent(
      new CustomEvent<{ callId: CallSummary['callId']; atMs: number }>('open', { detail: { callId, atMs } }),
    );
  }
}

function short(ms: number): string {
  return ms < 1000 ? delay(ms) : `${ms / 1000} s`;
}
