import { describe, expect, test } from 'vitest';
import { PlayoutLedger } from '../../src/transports/playout-ledger.ts';

const FRAME = 160;

describe('between marks', () => {
  test('what was heard follows the clock, and never passes what was sent', () => {
    const ledger = new PlayoutLedger(8000);
    ledger.audioSent(10 * FRAME, 1000);
    expect(ledger.heardAt(1000)).toBe(0);
    expect(ledger.heardAt(1100)).toBe(800);
    expect(ledger.heardAt(5000)).toBe(1600);
    expect(ledger.aheadMs(1100)).toBe(100);
  });

  test('half the round trip of a fence is taken as the way', () => {
    const ledger = new PlayoutLedger(8000);
    ledger.markSent('fence', 0);
    ledger.markEchoed('fence', 60);
    ledger.audioSent(10 * FRAME, 100);
    expect(ledger.oneWayMs).toBe(30);
    expect(ledger.heardAt(130)).toBe(0);
    expect(ledger.heardAt(180)).toBe(400);
  });

  test('audio that comes after the last was played starts a new run: the pause is not heard', () => {
    const ledger = new PlayoutLedger(8000);
    ledger.audioSent(FRAME, 0);
    ledger.audioSent(FRAME, 500);
    expect(ledger.heardAt(400)).toBe(160);
    expect(ledger.heardAt(510)).toBe(240);
  });

  test('a mark that comes later than expected moves the estimate back', () => {
    const ledger = new PlayoutLedger(8000);
    ledger.audioSent(10 * FRAME, 0);
    ledger.markSent('a', 0);
    ledger.audioSent(10 * FRAME, 0);
    ledger.markSent('b', 0);
    expect(ledger.markEchoed('a', 240)).toBe('played');
    expect(ledger.confirmed).toBe(1600);
    expect(ledger.heardAt(240)).toBe(1600);
    expect(ledger.heardAt(290)).toBe(2000);
  });
});

describe('clear', () => {
  test('marks that come back because of it are not played, and no audio before it is heard any more', () => {
    const ledger = new PlayoutLedger(8000);
    ledger.audioSent(50 * FRAME, 0);
    ledger.markSent('end', 0);
    expect(ledger.cleared(200)).toBe(1600);
    expect(ledger.markEchoed('end', 230)).toBe('cleared');
    expect(ledger.markEchoed('end', 231)).toBeUndefined();
    expect(ledger.drained).toBe(true);
    expect(ledger.heardAt(10_000)).toBe(50 * FRAME);
    expect(ledger.aheadMs(200)).toBe(0);
  });

  test('what is sent afterwards plays at once', () => {
    const ledger = new PlayoutLedger(8000);
    ledger.audioSent(50 * FRAME, 0);
    ledger.cleared(200);
    ledger.audioSent(10 * FRAME, 210);
    expect(ledger.heardAt(260) - 50 * FRAME).toBe(400);
  });

  test('a name that is used before and after it is told apart by the order', () => {
    const ledger = new PlayoutLedger(8000);
    ledger.audioSent(FRAME, 0);
    ledger.markSent('x', 0);
    ledger.cleared(5);
    ledger.audioSent(FRAME, 6);
    ledger.markSent('x', 6);
    expect(ledger.markEchoed('x', 10)).toBe('cleared');
    expect(ledger.markEchoed('x', 26)).toBe('played');
  });
});

test('marks come back in order, so a later echo confirms the earlier', () => {
  const ledger = new PlayoutLedger(8000);
  for (const name of ['a', 'b', 'c']) {
    ledger.audioSent(FRAME, 0);
    ledger.markSent(name, 0);
  }
  expect(ledger.markEchoed('c', 60)).toBe('played');
  expect(ledger.drained).toBe(true);
  expect(ledger.markEchoed('stranger', 61)).toBeUndefined();
});

test('an overdue mark is noticed', () => {
  const ledger = new PlayoutLedger(8000);
  ledger.audioSent(50 * FRAME, 0);
  ledger.markSent('end', 0);
  expect(ledger.overdueMs(900)).toBe(0);
  expect(ledger.overdueMs(4000)).toBe(3000);
});

test('memory does not grow with a call that has no marks', () => {
  const ledger = new PlayoutLedger(8000);
  for (let i = 0; i < 10_000; i++) ledger.audioSent(FRAME, i * 25);
  expect(ledger.heardAt(250_000)).toBe(10_000 * FRAME);
});

describe('a clear that is confirmed', () => {
  test('tells the marks that it cut off and that did not come back', () => {
    const ledger = new PlayoutLedger(16_000);
    for (const name of ['heard', 'same', 'same', 'back']) {
      ledger.audioSent(FRAME, 0);
      ledger.markSent(name, 0);
    }
    expect(ledger.markEchoed('heard', 20)).toBe('played');
    ledger.cleared(21);
    expect(ledger.markEchoed('back', 22)).toBe('cleared');
    expect(ledger.clearConfirmed()).toEqual(['same', 'same']);
    for (const name of ledger.clearConfirmed()) expect(ledger.markEchoed(name, 23)).toBe('cleared');
    expect(ledger.clearConfirmed()).toEqual([]);
    expect(ledger.markEchoed('same', 24)).toBeUndefined();
  });

  test('is not the end of a clear that was sent after it', () => {
    const ledger = new PlayoutLedger(16_000);
    ledger.audioSent(FRAME, 0);
    ledger.markSent('first', 0);
    ledger.cleared(1);
    ledger.audioSent(FRAME, 2);
    ledger.markSent('second', 2);
    ledger.cleared(3);
    expect(ledger.clearConfirmed()).toEqual([]);
    expect(ledger.clearConfirmed()).toEqual(['first', 'second']);
  });
});
