import { type CSSResult, css } from 'lit';
import { dialog } from '../tokens.ts';

/** The styles of `<barge-in>`. */
export const bargeStyles: CSSResult[] = [
  dialog,
  css`
    /* Out of the way, and still where the focus is: letting go of the key has to be heard. */
    .dialog.away {
      opacity: 0;
      pointer-events: none;
    }
    .level {
      display: grid;
      grid-template-columns: 16px auto minmax(0, 1fr);
      gap: var(--s2);
      align-items: center;
      margin-bottom: var(--s3);
      font-size: var(--small);
    }
    .hold {
      touch-action: none;
      user-select: none;
    }
    .hold kbd {
      border-color: currentColor;
      background: none;
      color: inherit;
    }
    form {
      margin-top: var(--s3);
      padding-top: var(--s3);
      border-top: 1px solid var(--line);
    }
    label {
      font-size: var(--small);
      color: var(--ink-2);
    }
    .line {
      display: flex;
      gap: var(--s2);
      margin: var(--s1) 0;
    }
    .line input {
      flex: 1;
      min-width: 0;
      height: 32px;
      padding: 0 var(--s2);
      border: 1px solid var(--edge);
      border-radius: var(--r2);
      background: var(--surface);
    }
    form p {
      margin: 0;
      min-height: 16px;
      font-size: var(--small);
      line-height: 16px;
    }
    .on-air {
      position: absolute;
      z-index: 6;
      inset: 0;
      display: flex;
      align-items: center;
      gap: var(--s3);
      padding: 0 var(--s4);
      background: var(--danger-fill);
      color: var(--on-danger);
      pointer-events: none;
    }
    .on-air b {
      font-size: var(--lead);
    }
    .grow {
      flex: 1;
    }
    .dot {
      width: 10px;
      height: 10px;
      border-radius: 50%;
      background: currentColor;
      animation: breathe 2s ease-in-out infinite;
    }
    .let-go {
      padding: 6px var(--s3);
      border-radius: var(--r2);
      background: var(--on-danger);
      color: var(--danger-fill);
      font-weight: 500;
    }
    @keyframes breathe {
      50% {
        opacity: 0.4;
      }
    }
    @container (max-width: 900px) {
      .hears {
        display: none;
      }
    }
  `,
];
