/**
 * Custom elements for live phone calls. Importing this module registers them.
 *
 * @module @patchcord/elements
 */

import { CallMonitor } from './call-monitor.ts';
import { CallList } from './parts/call-list.ts';
import { CallPlayerBar } from './parts/call-player.ts';
import { CallStage } from './parts/call-stage.ts';
import { CallTimeline } from './parts/call-timeline.ts';
import { CallWaveform } from './parts/call-waveform.ts';
import { LevelMeter } from './parts/level-meter.ts';
import { TopBar } from './parts/top-bar.ts';

const elements: Readonly<Record<string, CustomElementConstructor>> = {
  'level-meter': LevelMeter,
  'top-bar': TopBar,
  'call-stage': CallStage,
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
