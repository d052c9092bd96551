import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changedBy, Refetcher } from './use-news';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('case 59 news of one mode touch nothing of the other', () => {
  const keys = [...changedBy('tasks', 'test'), ...changedBy('callbacks', 'test')];
  expect(keys.every(([mode]) => mode === 'test')).toBe(true);
});

it('never asks anew for an open claim, which the workspace knows best', () => {
  expect(changedBy('tasks', 'live')).not.toContainEqual(['live', 'claims']);
  expect(changedBy('tasks', 'live')).not.toContainEqual(['live']);
});

it('case 55 a changed role has the session and the keys asked anew', () => {
  expect(changedBy('session', 'live')).toEqual(expect.arrayContaining([['session'], ['keys']]));
});

it('fetches at once, then at most once a second, and never loses the last', () => {
  const queryClient = new QueryClient();
  const asked = vi.spyOn(queryClient, 'invalidateQueries').mockResolvedValue();
  const refetcher = new Refetcher(queryClient);
  for (let news = 0; news < 100; news += 1) {
    refetcher.add([['test', 'tasks']]);
    vi.advanceTimersByTime(25);
  }
  // 2.5 s of news: one at the start, and one at each whole second.
  expect(asked).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(1000);
  expect(asked).toHaveBeenCalledTimes(4);
  vi.advanceTimersByTime(60_000);
  expect(asked).toHaveBeenCalledTimes(4);
});
