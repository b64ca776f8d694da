import { type CSSResult, css } from 'lit';

/** The styles of `<call-stage>`. */
export const stageStyles: CSSResult = css`
  :host {
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
    flex: none;
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
    gap: var(--s3);
    padding: 0 var(--s4);
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  .small {
    font-size: var(--small);
    color: var(--ink-3);
  }
  .save {
    border-color: transparent;
    background: none;
  }
  .in-dock {
    display: none;
  }
  .live-note {
    display: none;
    font-size: var(--small);
    color: var(--ink-2);
  }
  .show {
    margin-left: auto;
    font-size: var(--small);
    color: var(--ink-3);
  }
  @container (max-width: 1340px) {
    .save span {
      display: none;
    }
  }
  @container (max-width: 1180px) {
    .more {
      display: inline-flex;
    }
  }
  @container (max-width: 960px) {
    .tag,
    .show {
      display: none;
    }
    .windows {
      margin-left: auto;
    }
  }
  @container (max-width: 720px) {
    :host {
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
    .in-head,
    .save,
    .windows {
      display: none;
    }
    .in-dock {
      display: block;
    }
    .live-note {
      display: block;
      margin-left: auto;
    }
    .tools {
      padding: 0 var(--s3) var(--s2);
    }
  }
  @media (forced-colors: active) {
    .tag {
      border: 1px solid CanvasText;
    }
  }
`;
