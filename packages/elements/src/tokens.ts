/**
 * Colours, sizes and spaces. A host page themes by setting `--pc-…` on any ancestor; the values here hold where
 * it does not. `<call-monitor>` resolves them once, as `--…` without the prefix, and its parts read those.
 *
 * @module
 */

import { type CSSResult, css } from 'lit';

/** The tokens, resolved on `<call-monitor>`. */
export const tokens: CSSResult = css`
  :host {
    color-scheme: light dark;
    --font: var(--pc-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif);
    --mono: var(--pc-mono, ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace);
    --bg: var(--pc-bg, light-dark(#f3f4f5, #0e1012));
    --surface: var(--pc-surface, light-dark(#ffffff, #15181b));
    --well: var(--pc-well, light-dark(#f8f9fa, #101315));
    --hover: var(--pc-hover, light-dark(#eff1f3, #1d2125));
    --selected: var(--pc-selected, light-dark(#e9effb, #1b2537));
    --line: var(--pc-line, light-dark(#e2e5e8, #272c31));
    --edge: var(--pc-edge, light-dark(#868e96, #68727b));
    --ink: var(--pc-ink, light-dark(#14181c, #e8ebee));
    --ink-2: var(--pc-ink-2, light-dark(#454d55, #b0b8c0));
    --ink-3: var(--pc-ink-3, light-dark(#5f6871, #8f99a2));
    --caller: var(--pc-caller, light-dark(#0a6b66, #4cc2b4));
    --caller-soft: var(--pc-caller-soft, light-dark(#e0f0ee, #142c2b));
    --agent: var(--pc-agent, light-dark(#6646c2, #ab98f6));
    --agent-soft: var(--pc-agent-soft, light-dark(#eeeafb, #252040));
    --accent: var(--pc-accent, light-dark(#1f5ccc, #7eaaff));
    --on-accent: var(--pc-on-accent, light-dark(#ffffff, #0a1426));
    --warn: var(--pc-warn, light-dark(#835000, #efb552));
    --warn-soft: var(--pc-warn-soft, light-dark(#fdf4e3, #2a2214));
    --danger: var(--pc-danger, light-dark(#b3261e, #ff8e84));
    --danger-soft: var(--pc-danger-soft, light-dark(#fdecea, #331917));
    --danger-fill: var(--pc-danger-fill, light-dark(#b3261e, #c9372c));
    --on-danger: var(--pc-on-danger, #ffffff);
    --ok: var(--pc-ok, light-dark(#1b6b3a, #6fcb92));
    --shadow:
      0 8px 28px light-dark(rgb(20 24 28 / 0.16), rgb(0 0 0 / 0.55)),
      0 1px 3px light-dark(rgb(20 24 28 / 0.12), rgb(0 0 0 / 0.5));
    --s1: 4px;
    --s2: 8px;
    --s3: 12px;
    --s4: 16px;
    --s5: 24px;
    --s6: 32px;
    --micro: 11px;
    --small: 12px;
    --body: 13px;
    --lead: 15px;
    --title: 20px;
    --figure: 28px;
    --r1: 4px;
    --r2: 6px;
    --r3: 10px;
    --gutter: 84px;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
`;

/** What all parts have in common: text, glyphs, buttons, key caps, focus. */
export const base: CSSResult = css`
  :host {
    font: var(--body) / 20px var(--font);
    font-variant-numeric: tabular-nums;
    -webkit-font-smoothing: antialiased;
    color: var(--ink);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ol,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ol,
  ul {
    list-style: none;
  }
  h2,
  h3 {
    font-size: var(--small);
    line-height: 16px;
    font-weight: 600;
  }
  button,
  input {
    font: inherit;
    color: inherit;
  }
  canvas {
    display: block;
    width: 100%;
    height: 100%;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .glyph {
    width: 16px;
    height: 16px;
    flex: none;
    display: block;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .caller {
    color: var(--caller);
  }
  .agent {
    color: var(--agent);
  }
  .warn {
    color: var(--warn);
  }
  .danger {
    color: var(--danger);
  }
  .accent {
    color: var(--accent);
  }
  .ok {
    color: var(--ok);
  }
  .quiet {
    color: var(--ink-3);
  }
  .cut {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .said {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .cap {
    display: inline-grid;
    place-items: center;
    min-width: 18px;
    height: 20px;
    flex: none;
    border: 1.5px solid var(--ink-2);
    border-bottom-width: 3px;
    border-radius: var(--r1);
    font-weight: 600;
    font-size: var(--micro);
    line-height: 1;
    color: var(--ink);
    background: var(--surface);
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    height: 32px;
    padding: 0 var(--s3);
    border: 1px solid var(--edge);
    border-radius: var(--r2);
    background: var(--surface);
    font-weight: 500;
    white-space: nowrap;
    cursor: pointer;
  }
  .button:hover {
    background: var(--hover);
  }
  .button.bare {
    border-color: transparent;
    background: none;
    padding: 0;
    width: 32px;
    flex: none;
  }
  .button.bare:hover {
    background: var(--hover);
  }
  .button.hang-up {
    color: var(--danger);
    border-color: currentColor;
  }
  .button.final {
    background: var(--danger-fill);
    border-color: var(--danger-fill);
    color: var(--on-danger);
  }
  .button:disabled {
    color: var(--ink-3);
    border-color: var(--line);
    background: none;
    cursor: default;
  }
  kbd {
    display: inline-grid;
    place-items: center;
    min-width: 18px;
    height: 18px;
    padding: 0 4px;
    border: 1px solid var(--line);
    border-radius: var(--r1);
    font: 500 var(--micro) / 1 var(--font);
    color: var(--ink-3);
    background: var(--surface);
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .button {
      border-color: ButtonText;
    }
  }
`;

/** A question beside its button, and its answers. */
export const dialog: CSSResult = css`
  :host {
    display: block;
    flex: none;
  }
  .dialog {
    position: absolute;
    z-index: 5;
    top: calc(100% + 9px);
    right: var(--s4);
    width: min(360px, calc(100cqw - 24px));
    padding: var(--s4);
    border: 1px solid var(--line);
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow: var(--shadow);
    white-space: normal;
  }
  :host([upward]) .dialog {
    top: auto;
    inset-inline: auto var(--s3);
    bottom: calc(100% + 9px);
  }
  :host([upward]) .open,
  :host([upward]) .hang-up {
    width: 100%;
    height: 44px;
  }
  h2 {
    font-size: var(--lead);
    line-height: 20px;
    margin-bottom: var(--s1);
  }
  p {
    color: var(--ink-2);
    margin-bottom: var(--s3);
  }
  p.danger {
    color: var(--danger);
  }
  .answers {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: var(--s2);
  }
`;

/** A choice of a few, side by side. */
export const segments: CSSResult = css`
  .segments {
    display: inline-flex;
    flex: none;
    gap: 2px;
    padding: 2px;
    border-radius: var(--r2);
    background: var(--hover);
  }
  .segments button {
    height: 24px;
    padding: 0 10px;
    border: 0;
    border-radius: var(--r1);
    background: none;
    font-size: var(--small);
    color: var(--ink-2);
    white-space: nowrap;
    cursor: pointer;
  }
  .segments button[aria-pressed='true'] {
    background: var(--surface);
    color: var(--ink);
    font-weight: 500;
    box-shadow:
      0 0 0 1px var(--line),
      0 1px 2px rgb(0 0 0 / 0.08);
  }
  @container (max-width: 720px) {
    .segments button {
      height: 32px;
    }
  }
  @media (forced-colors: active) {
    .segments button[aria-pressed='true'] {
      background: Highlight;
      color: HighlightText;
      forced-color-adjust: none;
    }
  }
`;
