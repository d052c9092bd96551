import { expect, it } from 'vitest';
import { callbackOf } from '../../testing/callbacks';
import { countdown, duration, nextWithoutMoment, percent, shortTarget } from './words';

const NOW = Date.parse('2026-11-25T04:00:00.000Z');
const after = (ms: number) => countdown(new Date(NOW + ms).toISOString(), NOW);

it('counts down to the second within the hour, and is never below now', () => {
  expect(after(0)).toBe('now');
  expect(after(-5000)).toBe('now');
  expect(after(1)).toBe('in 1 s');
  expect(after(59_000)).toBe('in 59 s');
  expect(after(60_000)).toBe('in 1 min 00 s');
  expect(after(3_599_000)).toBe('in 59 min 59 s');
  expect(after(3 * 3_600_000 + 120_000)).toBe('in 3 h 02 min');
  expect(after(50 * 3_600_000)).toBe('in 2 days');
});

it('says what a callback waits for where there is no moment', () => {
  expect(nextWithoutMoment(callbackOf({ state: 'pending' }))).toBe('after an earlier state');
  expect(nextWithoutMoment(callbackOf({ state: 'held', held_for: 'plain_http' }))).toBe('plain http');
  expect(nextWithoutMoment(callbackOf({ state: 'held', held_for: 'pause' }))).toBe('target paused');
  expect(nextWithoutMoment(callbackOf())).toBe('–');
});

it('never rounds a failure away', () => {
  expect(percent(1)).toBe('100%');
  expect(percent(0.9996)).toBe('99.9%');
  expect(percent(0.57)).toBe('57%');
});

it('tells durations in the unit that fits', () => {
  expect([12, 999, 1000, 2310, 15_000, 120_000].map(duration)).toEqual([
    ...['12 ms', '999 ms', '1 s', '2.3 s', '15 s', '2 min'],
  ]);
});

it('leaves out of a target what goes without saying', () => {
  expect(shortTarget('https://x.example:443')).toBe('x.example');
  expect(shortTarget('https://x.example:8443')).toBe('x.example:8443');
  expect(shortTarget('http://x.example:80')).toBe('http://x.example:80');
  expect(shortTarget('https://[2001:db8::1]:443')).toBe('[2001:db8::1]');
  expect(shortTarget('mailto:ada@x.example')).toBe('mailto:ada@x.example');
});
