import { expect, it } from 'vitest';
import { isFiltered, localMoment, momentOf, readCallbackFilter } from './filter';

it('reads the filters of the address, and nothing else', () => {
  expect(readCallbackFilter({ state: 'failed', task: 12, target: '', other: 'x', project: ['a'] })).toEqual({
    state: 'failed',
    task: '12',
  });
});

it('a page of the list is no filter', () => {
  expect(isFiltered({ cursor: 'abc' })).toBe(false);
  expect(isFiltered({ cursor: 'abc', event: 'task.error' })).toBe(true);
});

it('a moment comes back from its field to the minute', () => {
  expect(momentOf(localMoment('2026-11-25T04:05:00.000Z'))).toBe('2026-11-25T04:05:00.000Z');
  expect(localMoment(undefined)).toBe('');
  expect(localMoment('yesterday')).toBe('');
  expect(momentOf('')).toBeUndefined();
});
