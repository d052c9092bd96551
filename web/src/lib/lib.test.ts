import { describe, expect, it } from 'vitest';
import { counted, money } from './money';
import { safeNextPath } from './next-path';
import { adviseOnPassword } from './password-advice';
import { sameJson } from './same-json';
import { relativeTime, waitingTime } from './time';
import { newUuid } from './uuid';

describe('where to go after log-in', () => {
  it.each(['/live/tasks?status=error', '/test', '/live/projects/a%2Fb'])('follows %s', (path) => {
    expect(safeNextPath(path)).toBe(path);
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'live',
    '',
    null,
    '/\t/evil.example',
    '/a\nb',
  ])('does not follow %j', (path) => {
    expect(safeNextPath(path)).toBe('/');
  });
});

it('writes money from millionths, with places below a cent only where they count', () => {
  expect(money(80_000, 'USD')).toBe('$0.08');
  expect(money(1_234_560_000, 'USD')).toBe('$1,234.56');
  expect(money(2_500, 'USD')).toBe('$0.0025');
});

it('counts things', () => {
  expect(counted(1, 'task')).toBe('1 task');
  expect(counted(12_000, 'task')).toBe('12,000 tasks');
  expect(counted(2, 'try', 'tries')).toBe('2 tries');
});

it('says how long ago something was', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  expect(relativeTime('2026-11-24T11:59:57Z', now)).toBe('just now');
  expect(relativeTime('2026-11-24T11:30:00Z', now)).toBe('30 minutes ago');
  expect(relativeTime('2026-11-25T12:00:00Z', now)).toBe('tomorrow');
  expect(relativeTime('no time', now)).toBe('no time');
  expect(waitingTime(45)).toBe('45 seconds');
  expect(waitingTime(121)).toBe('3 minutes');
});

it.each([
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: '1' }, false],
  [[1, 2], [2, 1], false],
  [{}, [], false],
  [null, {}, false],
  [{ a: 1 }, { b: 1 }, false],
])('compares %j and %j', (a, b, same) => {
  expect(sameJson(a, b)).toBe(same);
  expect(sameJson(b, a)).toBe(same);
});

it('makes UUIDs of version 4', () => {
  expect(newUuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it.each([
  ['', 0],
  ['fourteen chars', 1],
  ['aaaaaaaaaaaaaaaa', 1],
  ['abcabcabcabcabc', 1],
  ['acmeacmeacme2026', 1],
  ['adaada.acmeacme1', 1],
  ['aababbabaabbabab', 2],
  ['abcdefghijklmno', 3],
  ['seven green lorries', 3],
  ['seven green lorries and a horse', 4],
  ['🚚🐄🌧️🔥🌊🪨🌲🦉🎈🧭🧊🪁🥕🧅🍋', 3],
])('case_68 rates the new password %j with %i of 4', (password, score) => {
  expect(adviseOnPassword(password, ['ada@acme.example', 'Acme']).score).toBe(score);
});
