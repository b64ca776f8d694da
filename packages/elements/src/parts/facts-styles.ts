import { type CSSResult, css } from 'lit';

/** The styles of `<call-facts>`. */
export const factsStyles: CSSResult = css`
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
  .figures {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: var(--s3);
    font-size: var(--micro);
    line-height: 14px;
    color: var(--ink-3);
  }
  .figures b {
    display: block;
    font-size: var(--lead);
    line-height: 22px;
    color: var(--ink);
  }
  .bars {
    position: relative;
    height: 56px;
    margin: var(--s3) 32px 0 0;
    border-block: 1px solid var(--line);
  }
  .bars div {
    display: flex;
    align-items: flex-end;
    gap: 2px;
    height: 100%;
  }
  .bars button {
    flex: 1;
    max-width: 16px;
    height: var(--h);
    padding: 0;
    border: 0;
    background: var(--agent);
    cursor: pointer;
  }
  .bars .late {
    background: var(--warn);
  }
  .top,
  .zero {
    position: absolute;
    left: calc(100% + 6px);
    top: -7px;
    white-space: nowrap;
  }
  .zero {
    top: auto;
    bottom: -7px;
  }
  .top,
  .zero,
  .ends {
    font-size: var(--micro);
    line-height: 14px;
    color: var(--ink-3);
  }
  .ends {
    display: flex;
    justify-content: space-between;
    margin: 3px 32px 0 0;
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
`;
