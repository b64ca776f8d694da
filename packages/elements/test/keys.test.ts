import { expect, it } from 'vitest';
import { actionOf } from '../src/keys.ts';

const press = (key: string, more: object = {}) =>
  actionOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

it('keys do what the table says', () => {
  expect(['/', 'l', 'L', 'ArrowLeft', '[', '+', '1', 'Escape'].map((key) => press(key))).toEqual([
    'search',
    'live',
    'live',
    'back',
    'previous',
    'zoom-in',
    'view-live',
    'escape',
  ]);
});

it('Shift makes another key of a letter or an arrow, not of a sign that needs it', () => {
  const shiftKey = true;
  expect(press('M', { shiftKey })).toBe('mute-agent');
  expect(press('ArrowLeft', { shiftKey })).toBe('far-back');
  expect(press('?', { shiftKey })).toBe('keys');
  expect(press('+', { shiftKey })).toBe('zoom-in');
  expect(press('L', { shiftKey })).toBeUndefined();
});

it('leaves the browser’s own keys alone', () => {
  expect(press('l', { ctrlKey: true })).toBeUndefined();
  expect(press('ArrowLeft', { altKey: true })).toBeUndefined();
  expect(press('x')).toBeUndefined();
});

it('H alone asks nothing', () => {
  expect(press('h')).toBeUndefined();
  expect(press('H', { shiftKey: true })).toBe('hang-up');
});
