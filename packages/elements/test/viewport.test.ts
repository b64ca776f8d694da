import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Viewport } from '../src/viewport.ts';

describe('a view of a call', () => {
  it('follows the live edge until it is moved, and again when it is moved back', () => {
    const view = new Viewport(30_000);
    expect(view.endMs(100_000)).toBe(100_000);
    view.pan(-20_000, 100_000);
    expect(view.isHeld).toBe(true);
    expect(view.endMs(110_000)).toBe(80_000);
    view.pan(40_000, 110_000);
    expect(view.isHeld).toBe(false);
    expect(view.endMs(111_000)).toBe(111_000);
  });

  it('does not go before the beginning', () => {
    const view = new Viewport(30_000);
    view.pan(-500_000, 100_000);
    expect(view.endMs(100_000)).toBe(30_000);
  });

  it('stays where the ear is while that is in view, and follows it when it is not', () => {
    const view = new Viewport(30_000);
    expect(view.endMs(100_000, 90_000)).toBe(100_000);
    expect(view.endMs(100_000, 50_000)).toBe(57_500);
  });

  it('zooms around what it shows', () => {
    const view = new Viewport(30_000);
    view.pan(-40_000, 100_000); // 30 to 60 s
    view.zoom(10_000, 100_000);
    expect(view.endMs(100_000)).toBe(50_000);
    view.zoom(Infinity, 100_000);
    expect([view.windowMs(100_000), view.endMs(100_000), view.isHeld]).toEqual([100_000, 100_000, false]);
  });

  it('brings a time into view, and does not move for one that is', () => {
    const view = new Viewport(30_000);
    view.show(90_000, 100_000);
    expect(view.isHeld).toBe(false);
    view.show(20_000, 100_000);
    expect(view.endMs(100_000)).toBe(35_000);
  });

  it('never shows the future, whatever is done', () => {
    const act = fc.record({ by: fc.integer({ min: -200_000, max: 200_000 }), zoom: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        const view = new Viewport(30_000);
        let edgeMs = 60_000;
        for (const { by, zoom } of acts) {
          edgeMs += 500;
          if (zoom) view.zoom(Math.abs(by), edgeMs);
          else view.pan(by, edgeMs);
          const endMs = view.endMs(edgeMs);
          expect(endMs).toBeLessThanOrEqual(edgeMs);
          expect(endMs).toBeGreaterThanOrEqual(Math.min(edgeMs, view.windowMs(edgeMs)) - 1e-6);
        }
      }),
      { seed: 3 },
    );
  });
});
