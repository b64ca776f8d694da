import { type CSSResult, css } from 'lit';

/** The styles of `<call-timeline>`. */
export const timelineStyles: CSSResult = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--surface);
  }
  header {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 0 var(--s4);
    padding: var(--s2) var(--s4) var(--s1);
  }
  .filters {
    display: flex;
    gap: var(--s3);
  }
  .filters button {
    border: 0;
    background: none;
    padding: 2px 0;
    font-size: var(--small);
    color: var(--ink-3);
    cursor: pointer;
  }
  .filters button[aria-pressed='true'] {
    color: var(--ink);
    font-weight: 600;
    box-shadow: 0 2px 0 var(--accent);
  }
  .rows {
    flex: 1;
    min-height: 0;
    overflow: hidden auto;
    padding: var(--s2) 0 var(--s1);
    mask: linear-gradient(#0000, #000 16px);
  }
  .row {
    display: grid;
    grid-template-columns: 52px 16px 58px minmax(0, 1fr) auto;
    column-gap: var(--s2);
    align-items: center;
    min-height: 27px;
    padding: 0 var(--s4);
  }
  .time {
    padding: 0;
    border: 0;
    background: none;
    color: var(--ink-3);
    font-size: var(--small);
    text-align: left;
    cursor: pointer;
  }
  .time:hover {
    text-decoration: underline;
  }
  .row.now {
    color: inherit;
  }
  .now.caller {
    background: var(--caller-soft);
  }
  .now.agent {
    background: var(--agent-soft);
  }
  .now.danger {
    background: var(--danger-soft);
  }
  .now .time,
  .now .more {
    color: var(--ink-2);
  }
  s {
    color: var(--ink-2);
    text-decoration-color: var(--danger);
  }
  .what.cut,
  .what .cut {
    min-width: 0;
  }
  .who {
    font-weight: 600;
    font-size: var(--small);
    white-space: nowrap;
  }
  .what {
    display: flex;
    align-items: center;
    gap: var(--s1);
    min-width: 0;
  }
  .note {
    color: var(--ink-2);
  }
  .more {
    display: flex;
    align-items: center;
    gap: 6px;
    font-size: var(--small);
    color: var(--ink-3);
    white-space: nowrap;
  }
  .more .glyph {
    width: 12px;
    height: 12px;
  }
  .none {
    padding: var(--s2) var(--s4);
    font-size: var(--small);
    color: var(--ink-3);
  }
  @media (forced-colors: active) {
    .filters button[aria-pressed='true'] {
      text-decoration: underline;
    }
  }
  @container (max-width: 720px) {
    header,
    .none {
      padding-inline: var(--s3);
    }
    .row {
      grid-template-columns: 36px 16px minmax(0, 1fr) auto;
      align-items: start;
      padding: 5px var(--s3);
    }
    .row > .glyph {
      margin-top: 2px;
    }
    .time {
      line-height: 20px;
    }
    .row > .who {
      display: none;
    }
    .cut {
      white-space: normal;
    }
    .more {
      line-height: 20px;
    }
    .unheard {
      display: none;
    }
  }
`;
