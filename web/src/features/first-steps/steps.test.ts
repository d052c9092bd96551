import { expect, it } from 'vitest';
import type { HomeNumbers } from '../../api/types';
import { keyOf } from '../../testing/keys';
import { stepsDone } from './steps';

const numbers = (change: Partial<HomeNumbers['counts']>, completed_live_tasks = 0): HomeNumbers => ({
  counts: { pending: 0, completed: 0, canceled: 0, error: 0, ...change },
  oldest_pending_at: null,
  callbacks_failing: 0,
  charge_this_month_micros: 0,
  labelers_at_work: 0,
  completed_live_tasks,
});

it('I15 nothing is done in a new account, or before the numbers are there', () => {
  const none = {
    key: false,
    testTask: false,
    liveTask: false,
    answer: false,
    callback: false,
    labeler: false,
  };
  const facts = { labelers: 0, defaultUrl: null, received: 0 };
  expect(stepsDone({ ...facts, test: numbers({}), live: numbers({}), keys: [keyOf({})] })).toEqual(none);
  expect(stepsDone({ ...facts, test: undefined, live: undefined, keys: [] })).toEqual(none);
});

it('I15 each step is done by what is there', () => {
  const done = (change: object) =>
    stepsDone({
      ...{ test: numbers({}), live: numbers({}), keys: [], labelers: 0, defaultUrl: null, received: 0 },
      ...change,
    });
  expect(done({ test: numbers({ completed: 1 }) })).toMatchObject({
    key: true,
    testTask: true,
    liveTask: false,
  });
  expect(done({ keys: [keyOf({ last_used_at: '2026-11-25T12:00:00Z' })] })).toMatchObject({
    key: true,
    testTask: false,
  });
  expect(done({ live: numbers({ pending: 1 }) })).toMatchObject({
    testTask: false,
    liveTask: true,
    answer: false,
  });
  expect(done({ live: numbers({ completed: 1 }, 1) })).toMatchObject({ liveTask: true, answer: true });
  expect(done({ labelers: 1 })).toMatchObject({ labeler: true, callback: false });
  expect(done({ received: 1 })).toMatchObject({ callback: true });
  expect(done({ defaultUrl: 'https://yard.example/cb' })).toMatchObject({ callback: true });
});
