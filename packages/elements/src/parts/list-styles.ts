import { type CSSResult, css } from 'lit';

/** The styles of `<call-list>`. */
export const listStyles: CSSResult = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--surface);
  }
  .tools {
    padding: var(--s3) var(--s4) var(--s1);
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--s2);
  }
  .search {
    display: flex;
    align-items: center;
    gap: var(--s2);
    height: 32px;
    padding: 0 6px 0 var(--s2);
    border: 1px solid var(--edge);
    border-radius: var(--r2);
    color: var(--ink-3);
  }
  .search input {
    border: 0;
    outline: 0;
    background: none;
    flex: 1;
    min-width: 0;
    text-overflow: ellipsis;
    color: var(--ink);
  }
  .search input::placeholder {
    color: var(--ink-3);
    opacity: 1;
  }
  .search:focus-within {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .order,
  .group {
    display: flex;
    justify-content: space-between;
    align-items: center;
    font-size: var(--small);
    color: var(--ink-3);
  }
  .order button {
    display: flex;
    align-items: center;
    gap: var(--s1);
    padding: 0;
    border: 0;
    background: none;
    color: var(--ink-2);
    cursor: pointer;
  }
  .order .glyph {
    width: 12px;
    height: 12px;
  }
  .group {
    display: flex;
    justify-content: space-between;
    align-items: center;
    font-size: var(--small);
    color: var(--ink-3);
  }
  .order select {
    border: 0;
    border-radius: var(--r1);
    background: none;
    font: inherit;
    color: var(--ink-2);
    text-align: right;
    cursor: pointer;
  }
  .order option {
    background: var(--surface);
    color: var(--ink);
  }
  .group {
    height: 26px;
    padding: 4px var(--s4) 0;
    font-size: var(--micro);
  }
  .calls {
    overflow: hidden auto;
    flex: 1;
    min-height: 0;
    padding-top: var(--s1);
  }
  .hold {
    padding: var(--s5) var(--s4);
    color: var(--ink-3);
    font-size: var(--small);
  }
  .call {
    position: relative;
    display: grid;
    grid-template-columns: 16px minmax(0, 1fr) 60px;
    column-gap: 10px;
    align-items: center;
    height: 50px;
    padding: 0 var(--s4);
    cursor: pointer;
  }
  .call:hover {
    background: var(--hover);
  }
  .call:focus-visible {
    outline-offset: -2px;
  }
  .call[aria-selected='true'] {
    background: var(--selected);
  }
  .call[aria-selected='true']::before {
    content: '';
    position: absolute;
    inset: 0 auto 0 0;
    width: 3px;
    background: var(--accent);
  }
  .who {
    display: block;
    font-weight: 500;
  }
  .note {
    display: block;
    font-size: var(--small);
    line-height: 16px;
  }
  .note:not(.warn, .danger) {
    color: var(--ink-3);
  }
  .call > .glyph:not(.accent, .warn, .danger) {
    color: var(--ink-3);
  }
  time {
    display: block;
    text-align: right;
    color: var(--ink-2);
  }
  .ended .who,
  .ended time {
    color: var(--ink-3);
  }
  .levels {
    display: grid;
    gap: 2px;
    height: 16px;
    align-content: center;
  }
  .levels i {
    display: block;
    height: 5px;
    background:
      linear-gradient(currentColor, currentColor) 0 / var(--level, 0%) 100% no-repeat,
      var(--line);
    border-radius: 1px;
  }
  .levels .agent {
    mask: repeating-linear-gradient(90deg, #000 0 3px, #0000 3px 5px);
    border-radius: 0;
  }
  .ended .levels {
    opacity: 0.5;
  }
  @media (forced-colors: active) {
    .call[aria-selected='true']::before,
    .levels i {
      forced-color-adjust: none;
    }
  }
`;
