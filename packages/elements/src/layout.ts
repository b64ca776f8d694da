/**
 * How `<call-monitor>` lays its parts out: list, call, facts; under 1180 px the facts are a drawer, under 720 px
 * there is one column.
 *
 * @module
 */

import { type CSSResult, css } from 'lit';

/** The styles of `<call-monitor>` itself. */
export const layout: CSSResult = css`
  :host {
    display: block;
    height: 100%;
    min-height: 0;
    background: var(--bg);
    container-type: inline-size;
  }
  .page {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    grid-template-columns: minmax(0, 1fr);
    height: 100%;
  }
  .live {
    position: relative;
    display: grid;
    grid-template-columns: 296px minmax(0, 1fr) 312px;
    grid-template-rows: minmax(0, 1fr);
    height: 100%;
    overflow: hidden;
  }
  .list {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--surface);
    border-right: 1px solid var(--line);
  }
  .list call-list {
    flex: 1;
  }
  .lost {
    display: flex;
    gap: var(--s2);
    padding: var(--s3) var(--s4);
    border-top: 1px solid var(--line);
    background: var(--warn-soft);
    color: var(--warn);
    font-size: var(--small);
    line-height: 16px;
  }
  .lost .button {
    height: 24px;
    margin: -4px 0 -4px auto;
    font-size: var(--small);
  }
  .news {
    display: flex;
    gap: var(--s2);
    padding: var(--s3) var(--s4);
    border-top: 1px solid var(--line);
    background: var(--surface);
    color: var(--ink-2);
    font-size: var(--small);
    line-height: 16px;
  }
  .fill {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .fill > :last-child {
    flex: 1;
    min-height: 0;
  }
  .side {
    min-height: 0;
    background: var(--surface);
    border-left: 1px solid var(--line);
    overflow: hidden auto;
  }
  .first {
    display: grid;
    grid-template-columns: min(640px, 100%);
    align-content: center;
    justify-content: center;
    padding: var(--s5) var(--s6) 64px;
    overflow: auto;
  }
  .first.alone {
    height: 100%;
  }
  .first h1 {
    font-size: var(--figure);
    line-height: 36px;
    letter-spacing: -0.02em;
  }
  .first p {
    margin: var(--s2) 0 var(--s6);
    font-size: var(--lead);
    line-height: 24px;
    color: var(--ink-2);
  }
  .heard {
    min-width: 0;
    min-height: 0;
  }
  .heard call-stage {
    height: 100%;
  }
  @container (max-width: 1180px) {
    .live {
      grid-template-columns: 264px minmax(0, 1fr);
    }
    .side {
      display: none;
    }
    .drawer .side {
      display: block;
      position: absolute;
      z-index: 3;
      inset: 60px 0 0 auto;
      width: min(312px, 100%);
      border-top: 1px solid var(--line);
      box-shadow: var(--shadow);
    }
  }
  @container (max-width: 720px) {
    .yields {
      display: none;
    }
    .live {
      --gutter: 32px;
      grid-template-columns: minmax(0, 1fr);
    }
    [data-showing='list'] .heard,
    [data-showing='call'] .list {
      display: none;
    }
    .live[data-showing='nothing'] {
      grid-template-rows: auto minmax(0, 1fr);
    }
    .first {
      align-content: start;
      padding: var(--s5) var(--s4);
    }
    .list {
      border: 0;
    }
  }
`;
