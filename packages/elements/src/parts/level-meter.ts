import type { TrackLevel } from '@patchcord/monitor/client';
import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import { PeakHold } from '../peak-hold.ts';
import { base } from '../tokens.ts';
import { decibels } from '../words.ts';
import { FrameLoop } from './frame-loop.ts';

const FLOOR_DB = -60;

/** One track's level from −60 to 0 dBFS, with its peak of the last 1.5 s as a tick and as a number. */
export class LevelMeter extends LitElement {
  static override properties: PropertyDeclarations = {
    level: { attribute: false },
    look: { reflect: true },
    label: { attribute: false },
    muted: { type: Boolean, reflect: true },
  };

  /** Asked 20 times a second; undefined while nothing is played. */
  declare level: () => TrackLevel | undefined;
  /** `solid` for the caller, `segments` for the agent. */
  declare look: 'solid' | 'segments';
  declare label: string;
  declare muted: boolean;

  #hold = new PeakHold();

  constructor() {
    super();
    this.level = () => undefined;
    this.look = 'solid';
    this.label = '';
    this.muted = false;
    new FrameLoop(this, 20, (nowMs) => this.#draw(nowMs));
  }

  static override styles: CSSResultGroup = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 34px;
        column-gap: var(--s2);
        align-items: center;
      }
      .meter {
        position: relative;
        height: 10px;
        border-radius: 2px;
        background: var(--hover);
        overflow: hidden;
      }
      .bar {
        position: absolute;
        inset: 0 auto 0 0;
        width: var(--level, 0%);
        background: var(--caller);
      }
      :host([look='segments']) .bar {
        background: var(--agent);
        mask: repeating-linear-gradient(90deg, #000 0 3px, #0000 3px 5px);
      }
      :host([muted]) .bar {
        opacity: 0.35;
      }
      .peak {
        position: absolute;
        inset: 0 auto;
        left: var(--peak, 0%);
        width: 2px;
        background: var(--ink);
      }
      output {
        text-align: right;
        white-space: nowrap;
      }
      :host([muted]) output {
        font-size: var(--micro);
      }
      @media (forced-colors: active) {
        .meter {
          outline: 1px solid CanvasText;
        }
        .bar {
          forced-color-adjust: none;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`<div
        class="meter"
        role="meter"
        aria-label=${this.label}
        aria-valuemin=${FLOOR_DB}
        aria-valuemax="0"
        aria-valuenow=${FLOOR_DB}
      >
        <i class="bar"></i><i class="peak"></i>
      </div>
      <output aria-hidden="true"></output>`;
  }

  #draw(nowMs: number): void {
    const meter = this.renderRoot.querySelector<HTMLElement>('.meter');
    const output = this.renderRoot.querySelector('output');
    if (!meter || !output) return;
    const level = this.level();
    const db = Math.max(FLOOR_DB, level?.peakDb ?? FLOOR_DB);
    const held = level ? this.#hold.push(level.peakDb, nowMs) : -Infinity;
    meter.style.setProperty('--level', place(db));
    meter.style.setProperty('--peak', held > FLOOR_DB ? `calc(${place(held)} - 2px)` : '-2px');
    meter.setAttribute('aria-valuenow', db.toFixed(0));
    meter.setAttribute(
      'aria-valuetext',
      this.muted ? 'muted' : db > FLOOR_DB ? `${decibels(db)} dBFS` : 'silent',
    );
    const text = this.muted ? 'muted' : level ? decibels(held) : '';
    if (output.textContent !== text) output.textContent = text;
  }
}

function place(db: number): string {
  return `${Math.min(100, Math.max(0, (100 * (db - FLOOR_DB)) / -FLOOR_DB)).toFixed(1)}%`;
}
