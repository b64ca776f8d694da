import { type CSSResult, css } from 'lit';

/** The styles of `<call-wall>`. */
export const wallStyles: CSSResult = css`
  :host {
    display: block;
    height: 100%;
    overflow: hidden auto;
    padding: var(--s3) var(--s4) var(--s4);
    background: var(--bg);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--s2) var(--s5);
    margin-bottom: var(--s3);
    color: var(--ink-2);
  }
  header b {
    font-size: var(--title);
    line-height: 28px;
    font-weight: 600;
  }
  header b:not(.warn) {
    color: var(--ink);
  }
  .grow {
    flex: 1;
  }
  .legend {
    display: flex;
    align-items: center;
    gap: var(--s2);
    font-size: var(--small);
    color: var(--ink-3);
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(160px, 1fr));
    gap: var(--s2);
  }
  .tile {
    display: grid;
    grid-template-rows: 20px minmax(0, 1fr) 16px;
    gap: var(--s1);
    width: 100%;
    height: 148px;
    padding: var(--s2) 10px;
    border: 1px solid var(--line);
    border-radius: var(--r2);
    background: var(--surface);
    text-align: left;
    cursor: pointer;
    contain: strict;
  }
  .tile:hover {
    background: var(--hover);
  }
  .tile.warn {
    border-color: var(--warn);
    box-shadow: inset 0 2px 0 var(--warn);
  }
  .tile.danger {
    border-color: var(--danger);
    box-shadow: inset 0 2px 0 var(--danger);
  }
  .tile.accent {
    border-color: var(--accent);
    box-shadow: 0 0 0 1px var(--accent);
  }
  .head {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--ink);
  }
  .number {
    flex: 1;
    font-weight: 600;
  }
  time {
    font-size: var(--small);
    color: var(--ink-3);
  }
  canvas {
    min-height: 0;
  }
  .note {
    font-size: var(--micro);
    line-height: 16px;
  }
  .note:not(.warn, .danger) {
    color: var(--ink-3);
  }
  .note.warn,
  .note.danger {
    font-weight: 600;
  }
  .ended .number {
    color: var(--ink-3);
  }
  .none {
    padding: var(--s5) 0;
    color: var(--ink-3);
  }
  @container (max-width: 720px) {
    .well,
    .legend {
      display: none;
    }
    .tiles {
      grid-template-columns: repeat(auto-fill, minmax(140px, 1fr));
    }
    .tile {
      height: 112px;
    }
  }
  @media (forced-colors: active) {
    canvas {
      forced-color-adjust: none;
    }
  }
`;
