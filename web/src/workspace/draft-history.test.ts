import { expect, it } from 'vitest';
import { record, redo, startHistory, UNDO_STEPS_MAX, undo } from './draft-history';

it('W22 undoes and redoes to the very same drafts', () => {
  const [a, b, c] = [{ n: 1 }, { n: 2 }, { n: 3 }];
  let history = record(record(startHistory(a), b, 0), c, 10);
  history = undo(undo(history));
  expect(history.present).toBe(a);
  history = redo(redo(history));
  expect(history.present).toBe(c);
  expect(redo(history)).toBe(history);
});

it('joins quick changes of one field into one step', () => {
  let history = startHistory('');
  history = record(history, 'a', 1000, 'plate');
  history = record(history, 'ab', 1100, 'plate');
  history = record(history, 'abc', 1200, 'net');
  expect(undo(history).present).toBe('ab');
  expect(undo(undo(history)).present).toBe('');
});

it('begins a new step after a pause, and after an undo', () => {
  let history = record(startHistory(''), 'a', 1000, 'plate');
  history = record(history, 'ab', 9000, 'plate');
  expect(undo(history).present).toBe('a');
  history = record(undo(history), 'ax', 9100, 'plate');
  expect(undo(history).present).toBe('a');
  expect(history.future).toEqual([]);
});

it('keeps at least 200 steps, and not without end', () => {
  let history = startHistory(0);
  for (let step = 1; step <= 1000; step++) history = record(history, step, step * 10_000);
  expect(history.past.length).toBe(UNDO_STEPS_MAX);
  expect(UNDO_STEPS_MAX).toBeGreaterThanOrEqual(200);
});
