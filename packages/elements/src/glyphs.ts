/**
 * The glyphs, drawn once: 16 by 16, strokes in the colour of the text around them.
 *
 * @module
 */

import { html, type SVGTemplateResult, svg, type TemplateResult } from 'lit';

/** The name of a glyph. */
export type GlyphName =
  | 'caller'
  | 'agent'
  | 'mark'
  | 'mark-cleared'
  | 'cut'
  | 'gap'
  | 'warning'
  | 'broken'
  | 'listen'
  | 'up'
  | 'ended'
  | 'again'
  | 'stop'
  | 'play'
  | 'hang-up'
  | 'copy'
  | 'find'
  | 'back'
  | 'check'
  | 'more'
  | 'close'
  | 'microphone'
  | 'save'
  | 'down';

const shapes: Readonly<Record<GlyphName, SVGTemplateResult>> = {
  caller: svg`<circle cx="8" cy="5" r="2.75"/><path d="M2.75 14c.4-3 2.5-4.5 5.25-4.5s4.85 1.5 5.25 4.5"/>`,
  agent: svg`<rect x="2" y="2" width="12" height="12" rx="3"/><path d="M5.25 7v2M8 5v6M10.75 7v2"/>`,
  mark: svg`<path d="M8 2.5 13.5 8 8 13.5 2.5 8z" fill="currentColor"/>`,
  'mark-cleared': svg`<path d="M8 2.5 13.5 8 8 13.5 2.5 8zM2.5 13.5l11-11"/>`,
  cut: svg`<path d="M.8 8h6"/><path d="M7.8 2.5v11" stroke-width="2.4"/><path d="M11.4 8h.01M14.6 8h.01" stroke-width="1.8"/>`,
  gap: svg`<path d="M1 8h3.5M11.5 8H15M5.5 11l1.5-6M9 11l1.5-6"/>`,
  warning: svg`<path d="M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.1"/>`,
  broken: svg`<path d="M5.2 1.8h5.6l3.4 3.4v5.6l-3.4 3.4H5.2l-3.4-3.4V5.2zM8 5v3.6M8 11v.1"/>`,
  listen: svg`<path d="M2.5 11V8a5.5 5.5 0 0 1 11 0v3"/><rect x="2" y="9.5" width="3" height="4.5" rx="1" fill="currentColor"/><rect x="11" y="9.5" width="3" height="4.5" rx="1" fill="currentColor"/>`,
  up: svg`<circle cx="8" cy="8" r="2.5" fill="currentColor"/><circle cx="8" cy="8" r="5.75"/>`,
  ended: svg`<circle cx="8" cy="8" r="5.75"/><path d="M5.5 8h5"/>`,
  again: svg`<path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 2v3.2h-3.2"/>`,
  stop: svg`<rect x="3.5" y="3.5" width="9" height="9" rx="1" fill="currentColor"/>`,
  play: svg`<path d="M5 2.8v10.4L13 8z" fill="currentColor"/>`,
  'hang-up': svg`<path d="M1.8 9.8c3.4-3.7 9-3.7 12.4 0l-1.7 1.9-2.4-1.1V8.7c-1.4-.4-2.8-.4-4.2 0v1.9l-2.4 1.1z"/>`,
  copy: svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5V3.9c0-.8-.6-1.4-1.4-1.4H3.9c-.8 0-1.4.6-1.4 1.4v5.2c0 .8.6 1.4 1.4 1.4h1.6"/>`,
  find: svg`<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>`,
  back: svg`<path d="M10 3 5 8l5 5"/>`,
  check: svg`<path d="m3 8.5 3.2 3.2L13 4.8"/>`,
  more: svg`<path d="M3.5 8h.1M8 8h.1M12.5 8h.1" stroke-width="2.5"/>`,
  microphone: svg`<rect x="5.75" y="1.75" width="4.5" height="7.5" rx="2.25"/><path d="M3.25 7.5a4.75 4.75 0 0 0 9.5 0M8 12.25v2"/>`,
  save: svg`<path d="M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11"/>`,
  down: svg`<path d="m4 6 4 4 4-4"/>`,
  close: svg`<path d="m4 4 8 8M12 4l-8 8"/>`,
};

/** A glyph; `tone` is the class that gives its colour. Says nothing to screen readers: words stand beside it. */
export function glyph(name: GlyphName, tone: string = ''): TemplateResult {
  return html`<svg class="glyph ${tone}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${shapes[name]}</svg>`;
}

/** A key of the telephone as a key cap. */
export function keyCap(digit: string): TemplateResult {
  return html`<span class="cap">${digit}</span>`;
}
