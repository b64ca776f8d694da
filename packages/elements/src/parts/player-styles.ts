import { type CSSResult, css } from 'lit';

/** The styles of `<call-player>`. */
export const playerStyles: CSSResult = css`
  :host {
    display: grid;
    grid-template-columns: 200px minmax(0, 1fr) 148px;
    min-height: 116px;
    border-top: 1px solid var(--line);
    background: var(--surface);
  }
  section {
    padding: var(--s3) var(--s4);
    min-width: 0;
  }
  section + section {
    border-left: 1px solid var(--line);
  }
  .play {
    display: grid;
    grid-template-columns: 48px minmax(0, 1fr);
    gap: var(--s3);
    align-items: center;
  }
  .round {
    width: 48px;
    height: 48px;
    padding: 0;
    border-radius: 50%;
    display: grid;
    place-items: center;
    border: 1.5px solid var(--edge);
    background: none;
    color: var(--ink);
    cursor: pointer;
  }
  .round .glyph {
    width: 20px;
    height: 20px;
  }
  .round.filled {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  .round.gone {
    border-color: transparent;
    background: var(--hover);
    color: var(--ink-3);
  }
  .round:disabled {
    cursor: default;
  }
  .title {
    display: block;
    font-weight: 600;
  }
  .detail {
    font-size: var(--small);
    line-height: 16px;
    color: var(--ink-2);
  }
  .play {
    position: relative;
  }
  .extra {
    grid-column: 1 / -1;
    justify-content: space-between;
    height: 28px;
  }
  .extra.go {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  .extra kbd {
    border-color: currentColor;
    background: none;
    color: inherit;
  }
  .mix {
    display: grid;
    grid-template-columns: 68px 28px 28px 60px 64px minmax(110px, 1fr);
    grid-template-rows: 16px 36px 36px;
    column-gap: 10px;
    align-items: center;
  }
  .head {
    font-size: var(--micro);
    line-height: 16px;
    color: var(--ink-3);
  }
  .ends {
    display: flex;
    justify-content: space-between;
  }
  .scale {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 34px;
    column-gap: var(--s2);
  }
  .scale .marks {
    position: relative;
    height: 16px;
  }
  .scale .marks span {
    position: absolute;
    left: var(--at);
    transform: translateX(-50%);
  }
  .scale .peak {
    text-align: right;
  }
  .track {
    display: flex;
    align-items: center;
    gap: var(--s2);
    font-weight: 600;
  }
  .switch {
    width: 28px;
    height: 26px;
    padding: 0;
    border: 1px solid var(--edge);
    border-radius: var(--r1);
    background: none;
    font-size: var(--small);
    font-weight: 600;
    color: var(--ink-2);
    cursor: pointer;
  }
  .switch[aria-pressed='true'] {
    background: var(--ink);
    border-color: var(--ink);
    color: var(--surface);
  }
  .slide {
    position: relative;
    display: flex;
    align-items: center;
    min-width: 0;
  }
  .slide.pan::before {
    content: '';
    position: absolute;
    left: 50%;
    height: 10px;
    border-left: 1px solid var(--edge);
  }
  input[type='range'] {
    position: relative;
    appearance: none;
    width: 100%;
    min-width: 0;
    height: 20px;
    margin: 0;
    background: none;
    cursor: pointer;
  }
  input::-webkit-slider-runnable-track {
    height: 3px;
    border-radius: 2px;
    background:
      linear-gradient(var(--ink-2), var(--ink-2)) 0 / var(--filled, 0%) 100% no-repeat,
      var(--line);
  }
  input::-moz-range-track {
    height: 3px;
    border-radius: 2px;
    background:
      linear-gradient(var(--ink-2), var(--ink-2)) 0 / var(--filled, 0%) 100% no-repeat,
      var(--line);
  }
  input::-webkit-slider-thumb {
    appearance: none;
    width: 12px;
    height: 12px;
    margin-top: -4.5px;
    border-radius: 50%;
    border: 2px solid var(--ink-2);
    background: var(--surface);
  }
  input::-moz-range-thumb {
    box-sizing: border-box;
    width: 12px;
    height: 12px;
    border-radius: 50%;
    border: 2px solid var(--ink-2);
    background: var(--surface);
  }
  .delay {
    display: flex;
    flex-direction: column;
    justify-content: center;
    gap: var(--s1);
    font-size: var(--small);
    line-height: 16px;
    color: var(--ink-2);
  }
  .figure {
    display: flex;
    align-items: baseline;
    gap: var(--s1);
    font-size: var(--title);
    line-height: 24px;
    font-weight: 600;
    color: var(--ink);
  }
  .figure small {
    font-size: var(--small);
    font-weight: 400;
    color: var(--ink-3);
  }
  .stack {
    display: flex;
    gap: 1px;
    height: 6px;
    border-radius: 2px;
    overflow: hidden;
    background: var(--hover);
  }
  .stack i {
    flex: var(--n) 1 0;
    background: var(--ink-3);
  }
  .stack i:nth-child(2) {
    background: var(--accent);
  }
  .stack i:nth-child(3) {
    background: var(--edge);
    opacity: 0.6;
  }
  slot {
    display: none;
  }
  @container (width < 1500px) {
    .scale .marks span:nth-child(even) {
      display: none;
    }
  }
  @container (width < 1088px) or (1180px < width < 1428px) {
    .mix {
      grid-template-columns: 68px 28px 28px 64px minmax(100px, 1fr);
    }
    .pan {
      display: none;
    }
  }
  @container (width < 1018px) or (1180px < width < 1360px) {
    :host {
      grid-template-columns: 184px minmax(0, 1fr);
    }
    .delay {
      display: none;
    }
  }
  @container (width < 860px) {
    :host {
      grid-template-columns: 152px minmax(0, 1fr);
    }
    .mix {
      grid-template-columns: 68px 28px 64px minmax(80px, 1fr);
    }
    .solo,
    .scale .marks {
      display: none;
    }
  }
  @container (max-width: 720px) {
    :host {
      display: block;
    }
    section {
      padding: var(--s2) var(--s3);
    }
    section + section {
      border: 0;
    }
    .mix {
      grid-template-columns: 72px 44px minmax(48px, 80px) minmax(0, 1fr);
      grid-template-rows: 44px 44px;
    }
    .head {
      display: none;
    }
    .switch {
      width: 44px;
      height: 36px;
    }
    slot {
      display: contents;
    }
    .play {
      display: flex;
      align-items: center;
      justify-content: center;
      gap: var(--s3);
      padding-bottom: var(--s5);
    }
    .words {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .play:not(:has(.filled)) .words {
      inset: auto var(--s3) 2px;
      width: auto;
      height: auto;
      clip-path: none;
      text-align: center;
    }
    .play:not(:has(.filled)) .title {
      display: none;
    }
    ::slotted(*) {
      flex: 1;
    }
    .extra {
      position: absolute;
      right: var(--s3);
      bottom: calc(100% + 96px);
      box-shadow: var(--shadow);
    }
    .round {
      width: 64px;
      height: 64px;
    }
    .round .glyph {
      width: 26px;
      height: 26px;
    }
    :host {
      display: flex;
      flex-direction: column-reverse;
    }
  }
  @container (width < 480px) {
    .mix {
      grid-template-columns: 72px 44px minmax(0, 1fr);
    }
    .volume {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .round,
    .switch {
      border-color: ButtonText;
    }
    .switch[aria-pressed='true'] {
      background: Highlight;
      color: HighlightText;
      forced-color-adjust: none;
    }
    input {
      outline: 1px solid ButtonBorder;
      outline-offset: -7px;
    }
  }
`;
