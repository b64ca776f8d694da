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
  .side {
    min-height: 0;
    background: var(--surface);
    border-left: 1px solid var(--line);
    overflow: hidden auto;
  }
  .heard {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: 60px 40px auto minmax(0, 1fr) auto;
    min-width: 0;
    min-height: 0;
  }
  .head {
    position: relative;
    z-index: 2;
    display: flex;
    align-items: center;
    gap: var(--s3);
    padding: 0 var(--s4);
    background: var(--surface);
    white-space: nowrap;
  }
  .title {
    min-width: 0;
    flex: none;
  }
  .title p,
  .back,
  .more {
    display: none;
  }
  h1 {
    font-size: var(--title);
    line-height: 28px;
    font-weight: 600;
    letter-spacing: -0.01em;
  }
  .duration {
    font-size: var(--title);
    line-height: 28px;
    color: var(--ink-2);
  }
  .grow {
    flex: 1;
    min-width: 0;
  }
  .tag {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    flex: 0 1 auto;
    min-width: 30px;
    height: 24px;
    padding: 0 var(--s2);
    border-radius: var(--r1);
    overflow: hidden;
    font-size: var(--small);
    font-weight: 500;
  }
  .tag .glyph {
    width: 14px;
    height: 14px;
  }
  .tag.on {
    background: var(--selected);
    color: var(--accent);
  }
  .tag.attention {
    background: var(--warn-soft);
    color: var(--warn);
  }
  .tools {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--s3);
    padding: 0 var(--s4);
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  .small {
    font-size: var(--small);
    color: var(--ink-3);
  }
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
  @container (max-width: 1180px) {
    .live {
      grid-template-columns: 264px minmax(0, 1fr);
    }
    .more {
      display: inline-flex;
    }
    .side {
      display: none;
    }
    .drawer .side {
      display: block;
      position: absolute;
      z-index: 1;
      inset: 60px 0 0 auto;
      width: min(312px, 100%);
      border-top: 1px solid var(--line);
      box-shadow: var(--shadow);
    }
  }
  @container (max-width: 820px) {
    .tag {
      display: none;
    }
  }
  @container (max-width: 720px) {
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
    .heard {
      grid-template-rows: auto auto auto minmax(0, 1fr) auto;
    }
    .head {
      gap: var(--s1);
      min-height: 56px;
      padding: var(--s3) var(--s2) var(--s1) var(--s1);
    }
    .back {
      display: inline-flex;
    }
    .button.bare {
      width: 44px;
      height: 44px;
    }
    .title {
      flex: 0 1 auto;
    }
    .title p {
      display: block;
      font-size: var(--small);
      line-height: 16px;
      color: var(--ink-3);
    }
    h1,
    .duration {
      font-size: 17px;
      line-height: 22px;
    }
    .duration {
      margin-left: auto;
      padding-left: var(--s2);
    }
    .head .grow,
    .in-head {
      display: none;
    }
    .tools {
      padding: 0 var(--s3) var(--s2);
    }
    .segments button {
      height: 32px;
    }
    .list {
      border: 0;
    }
  }
  @media (forced-colors: active) {
    .tag {
      border: 1px solid CanvasText;
    }
    .segments button[aria-pressed='true'] {
      background: Highlight;
      color: HighlightText;
      forced-color-adjust: none;
    }
  }
`;
