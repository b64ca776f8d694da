import { type CSSResult, css } from 'lit';

/** The styles of `<call-waveform>`. */
export const waveformStyles: CSSResult = css`
  :host {
    display: block;
    --future: 28px;
  }
  .stage {
    position: relative;
    display: grid;
    grid-template-columns: var(--gutter) minmax(0, 1fr);
    grid-template-rows: 132px 56px 132px;
    background: var(--well);
  }
  .who {
    display: flex;
    flex-direction: column;
    justify-content: center;
    gap: var(--s1);
    padding-left: var(--s4);
    border-right: 1px solid var(--line);
    background: var(--surface);
    font-weight: 600;
    overflow: hidden;
  }
  .who small {
    font-weight: 400;
    font-size: var(--micro);
    line-height: 14px;
    color: var(--ink-3);
  }
  .lane {
    position: relative;
    overflow: hidden;
  }
  .lane canvas {
    position: absolute;
    inset: 0;
  }
  .band {
    position: relative;
    border-block: 1px solid var(--line);
    background: var(--surface);
    overflow: hidden;
  }
  .scroll {
    position: absolute;
    inset: 0 auto 0 0;
    width: 0;
    will-change: transform;
  }
  .tick {
    position: absolute;
    left: var(--x);
    bottom: 0;
    height: 22px;
    padding: 4px 0 0 5px;
    border-left: 1px solid var(--edge);
    font-size: var(--micro);
    line-height: 14px;
    color: var(--ink-3);
  }
  .event {
    z-index: 1;
    margin: 0;
    padding: 0;
    border: 0;
    background: none;
    cursor: pointer;
    position: absolute;
    left: var(--x);
    top: 5px;
    height: 24px;
    display: flex;
    align-items: center;
    gap: var(--s1);
    transform: translateX(-8px);
    font-size: var(--micro);
    white-space: nowrap;
    color: var(--ink-2);
  }
  .event.warn {
    color: var(--warn);
  }
  .event.danger {
    color: var(--danger);
  }
  .event.agent {
    color: var(--agent);
  }
  .many {
    min-width: 20px;
    padding: 0 5px;
    border-radius: var(--r3);
    background: var(--hover);
    text-align: center;
    font-weight: 600;
    color: var(--ink);
  }
  .lane,
  .strip {
    cursor: crosshair;
    touch-action: pan-y;
  }
  .over {
    position: absolute;
    inset: 0 0 0 var(--gutter);
    pointer-events: none;
  }
  .over:focus-visible {
    outline-offset: -2px;
  }
  .edge,
  .playhead {
    position: absolute;
    inset: 0 auto 0 0;
    width: 0;
    transform: translateX(var(--at, -100px));
    border-left: 1px dashed var(--edge);
  }
  .playhead,
  .live .edge {
    border-left: 2px solid var(--accent);
  }
  .flag {
    position: absolute;
    top: 6px;
    right: 4px;
    height: 18px;
    padding: 0 6px;
    border-radius: var(--r1);
    font-size: var(--micro);
    line-height: 18px;
    font-weight: 600;
    background: var(--accent);
    color: var(--on-accent);
  }
  .playhead .flag {
    right: auto;
    left: 2px;
    border-radius: 0 var(--r1) var(--r1) 0;
  }
  .whole {
    display: grid;
    grid-template-columns: var(--gutter) minmax(0, 1fr);
    height: 44px;
    border-block: 1px solid var(--line);
    background: var(--surface);
  }
  .whole .name {
    padding-left: var(--s4);
    display: flex;
    align-items: center;
    font-size: var(--micro);
    color: var(--ink-3);
    border-right: 1px solid var(--line);
    white-space: nowrap;
    overflow: hidden;
  }
  .strip {
    position: relative;
    min-width: 0;
    overflow: hidden;
  }
  .strip canvas {
    position: absolute;
    inset: 0;
  }
  .window {
    position: absolute;
    inset: 3px auto 3px var(--from, 0%);
    width: var(--width, 100%);
    border: 1.5px solid var(--accent);
    border-radius: var(--r1);
    background: color-mix(in srgb, var(--accent) 8%, transparent);
  }
  .here {
    position: absolute;
    inset: 0 auto 0 var(--ear, -10px);
    border-left: 2px solid var(--accent);
  }
  @container (max-width: 720px) {
    .stage {
      grid-template-rows: 96px 56px 96px;
    }
    .who {
      padding: 0;
      align-items: center;
    }
    .who span,
    .who small,
    .whole .name {
      display: none;
    }
    .whole {
      grid-template-columns: minmax(0, 1fr);
      height: 36px;
    }
  }
  @media (max-height: 700px) {
    .stage {
      grid-template-rows: 68px 56px 68px;
    }
    .whole {
      display: none;
    }
  }
  @media (forced-colors: active) {
    #probe,
    .edge,
    canvas {
      forced-color-adjust: none;
    }
  }
`;
