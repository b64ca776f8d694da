import { expect, it } from 'vitest';
import { audioFormat, clock, decibels, delay, exactClock, length, phoneNumber, wait } from '../src/words.ts';

it('says times', () => {
  expect([clock(0), clock(167_400), clock(3_727_000)]).toEqual(['0:00', '2:47', '1:02:07']);
  expect(exactClock(167_419)).toBe('2:47.41');
  expect([wait(830), length(3300), length(75_000)]).toEqual(['0.83 s', '3.3 s', '1:15']);
  expect([delay(84.2), delay(14_210)]).toEqual(['84 ms', '14.2 s']);
});

it('says levels with a true minus sign', () => {
  expect([decibels(-14.4), decibels(-120), decibels(-0.2)]).toEqual(['−14', '−∞', '0']);
});

it('spaces numbers, masked or not', () => {
  expect(phoneNumber('+14155550142')).toBe('+1 415 555 0142');
  expect(phoneNumber('+•••••••4471')).toBe('+• ••• ••• 4471');
  expect(phoneNumber('sip:nora@example.com')).toBe('sip:nora@example.com');
  expect(phoneNumber(undefined)).toBe('Number withheld');
});

it('says what a wire carries', () => {
  expect(audioFormat({ encoding: 'mulaw', sampleRate: 8000 })).toBe('µ-law, 8 kHz');
});
