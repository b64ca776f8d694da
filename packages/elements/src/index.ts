/**
 * Custom elements for live phone calls. Importing this module registers them.
 *
 * @module
 */

import { CallMonitor } from './call-monitor.ts';
import { CallFacts } from './parts/call-facts.ts';
import { CallList } from './parts/call-list.ts';
import { CallPlayerBar } from './parts/call-player.ts';
import { CallTimeline } from './parts/call-timeline.ts';
import { CallWaveform } from './parts/call-waveform.ts';
import { HangUp } from './parts/hang-up.ts';
import { LevelMeter } from './parts/level-meter.ts';

const elements: Readonly<Record<string, CustomElementConstructor>> = {
  'level-meter': LevelMeter,
  'hang-up': HangUp,
  'call-facts': CallFacts,
  'call-list': CallList,
  'call-player': CallPlayerBar,
  'call-timeline': CallTimeline,
  'call-waveform': CallWaveform,
  'call-monitor': CallMonitor,
};

for (const [name, element] of Object.entries(elements)) {
  if (!customElements.get(name)) customElements.define(name, element);
}

export type { CallSource } from './sources.ts';
export { CallMonitor };

declare global {
  interface HTMLElementTagNameMap {
    'call-monitor': CallMonitor;
  }
}
