/**
 * Canvases: their size, and the colours of the theme. They are decoration: all that they show also stands in words.
 *
 * @module
 */

/** The colours of a canvas, read once per theme. */
export interface Palette {
  readonly surface: string;
  readonly well: string;
  readonly line: string;
  readonly edge: string;
  readonly ink2: string;
  readonly caller: string;
  readonly callerSoft: string;
  readonly agent: string;
  readonly agentSoft: string;
  readonly warn: string;
  readonly danger: string;
  readonly dangerSoft: string;
  readonly accent: string;
  readonly font: string;
}

/** Fits a canvas to its place, at the screen's resolution. Returns undefined where it has no size. */
export function fit(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const context = canvas.getContext('2d');
  if (!context || width < 1 || height < 1) return undefined;
  const ratio = devicePixelRatio || 1;
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelWidth) canvas.width = pixelWidth;
  if (canvas.height !== pixelHeight) canvas.height = pixelHeight;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Reads the colours as a probe element sees them; undefined while they are as they were. */
export function readPalette(
  probe: HTMLElement,
  font: string,
  before: Palette | undefined,
): Palette | undefined {
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [ink2, surface] = [colour('ink-2'), colour('surface')];
  if (ink2 === before?.ink2 && surface === before.surface) return undefined;
  return {
    surface,
    well: colour('well'),
    line: colour('line'),
    edge: colour('edge'),
    caller: colour('caller'),
    callerSoft: colour('caller-soft'),
    agent: colour('agent'),
    agentSoft: colour('agent-soft'),
    warn: colour('warn'),
    danger: colour('danger'),
    dangerSoft: colour('danger-soft'),
    accent: colour('accent'),
    ink2,
    font,
  };
}
