import { type CSSResult, css } from 'lit';

/** The styles of `<call-latency>`. */
export const latencyStyles: CSSResult = css`
  :host {
    display: block;
    height: 100%;
    overflow: hidden auto;
    padding: var(--s3) var(--s5) var(--s5);
    background: var(--bg);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--s2) var(--s4);
    margin-bottom: var(--s3);
    color: var(--ink-2);
  }
  h1 {
    color: var(--ink);
    font-size: var(--title);
    line-height: 28px;
    font-weight: 600;
  }
  .grow {
    flex: 1;
  }
  .panels {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr));
    gap: var(--s4);
    margin-bottom: var(--s4);
  }
  .panel {
    padding: var(--s4);
    border: 1px solid var(--line);
    border-radius: var(--r3);
    background: var(--surface);
  }
  h2 {
    display: flex;
    align-items: center;
    justify-content: space-between;
    font-size: var(--lead);
    line-height: 20px;
  }
  .what {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  h2 small {
    font-size: var(--small);
    font-weight: 400;
    color: var(--ink-3);
  }
  .figures {
    display: flex;
    gap: var(--s6);
    margin: var(--s3) 0;
  }
  .figures b {
    display: block;
    font-size: var(--figure);
    line-height: 32px;
    font-weight: 600;
  }
  .figures small {
    margin-left: var(--s1);
    font-size: var(--small);
    font-weight: 400;
  }
  .figures span,
  .figures div:not(.warn) small {
    font-size: var(--small);
    color: var(--ink-2);
  }
  .chart {
    position: relative;
    height: 280px;
    margin: var(--s3) 0 var(--s5) 44px;
  }
  .line {
    position: absolute;
    inset: var(--y) 0 auto 0;
    border-top: 1px solid var(--line);
    font-size: var(--micro);
    line-height: 14px;
    color: var(--ink-3);
  }
  .line > span {
    position: absolute;
    right: calc(100% + 8px);
    top: -7px;
    white-space: nowrap;
  }
  .line.slow {
    border-top: 1px dashed var(--warn);
    color: var(--warn);
  }
  .line.slow > span {
    right: 18%;
    top: -16px;
    padding: 0 3px;
    background: var(--surface);
  }
  .dots,
  .often {
    position: absolute;
    inset: 0 18% 0 0;
  }
  .often {
    inset: 0 0 0 84%;
  }
  .dot {
    position: absolute;
    left: var(--x);
    top: var(--y);
    width: 7px;
    height: 7px;
    margin: -3.5px;
    padding: 0;
    border: 0;
    border-radius: 50%;
    background: color-mix(in srgb, var(--agent) 70%, transparent);
    cursor: pointer;
  }
  .dot::after {
    content: '';
    position: absolute;
    inset: -5px;
  }
  .dot.late {
    width: 10px;
    height: 9px;
    border-radius: 0;
    background: var(--warn);
    clip-path: polygon(50% 0, 100% 100%, 0 100%);
  }
  .often i {
    position: absolute;
    left: 0;
    top: var(--y);
    width: var(--w);
    height: calc(var(--h) - 1px);
    background: var(--agent);
  }
  .often i.late {
    background: var(--warn);
  }
  .times {
    position: absolute;
    inset: calc(100% + 5px) 18% auto 0;
    display: flex;
    justify-content: space-between;
    font-size: var(--micro);
    line-height: 14px;
    color: var(--ink-3);
  }
  .times span:last-child {
    position: absolute;
    left: calc(100% * 0.84 / 0.82);
    white-space: nowrap;
  }
  .none {
    padding: var(--s5) 0;
    color: var(--ink-3);
  }
  .scroll {
    overflow: auto hidden;
  }
  table {
    width: 100%;
    margin-top: var(--s2);
    border-collapse: collapse;
    font-size: var(--small);
    text-align: left;
    white-space: nowrap;
  }
  th {
    padding: var(--s1) var(--s3) var(--s1) 0;
    font-weight: 400;
    color: var(--ink-3);
  }
  td {
    height: 32px;
    padding: 0 var(--s3) 0 0;
    border-top: 1px solid var(--line);
  }
  .words {
    max-width: 320px;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .bar {
    width: 30%;
    min-width: 80px;
  }
  .bar i {
    display: block;
    width: var(--w);
    height: 10px;
    background: var(--agent);
  }
  .wait {
    text-align: right;
    font-weight: 600;
  }
  .link {
    border: 0;
    padding: 0;
    background: none;
    color: var(--ink);
    text-decoration: underline;
    text-underline-offset: 2px;
    cursor: pointer;
  }
  @container (max-width: 720px) {
    :host {
      padding: var(--s3);
    }
    .figures {
      gap: var(--s4);
    }
    .chart {
      height: 200px;
    }
  }
  @media (forced-colors: active) {
    .dot,
    .often i,
    .bar i {
      forced-color-adjust: none;
    }
  }
`;
