import { expect, it } from 'vitest';
import { workTask } from '../../testing/work-task';
import { choose, initialDraft, problems, readDraft, readParams, toResponse } from './response';

const one = workTask('categorization', {
  categories: ['loaded', 'empty'],
  category_ids: { c1: 'loaded', c2: 'empty' },
});
const several = workTask('categorization', { categories: ['a', 'b', 'c'], allow_multiple: true });

it('answers with one category and its id', () => {
  expect(toResponse(one, { chosen: ['empty'] })).toEqual({ category: 'empty', category_id: 'c2' });
});

it('answers with a list where several are allowed, in the order of the request', () => {
  const params = readParams(several.params);
  let draft = choose(params, { chosen: [] }, 'c');
  draft = choose(params, draft, 'a');
  expect(toResponse(several, draft)).toEqual({ category: ['a', 'c'] });
  draft = choose(params, draft, 'c');
  expect(draft.chosen).toEqual(['a']);
});

it('needs a choice', () => {
  expect(problems(one, { chosen: [] })).toEqual([{ path: 'category', message: 'Choose one category.' }]);
  expect(problems(one, { chosen: ['empty'] })).toEqual([]);
});

it('starts from the first guess and drops what is no category', () => {
  const guessed = workTask('categorization', { categories: ['a', 'b'], hypothesis: { category: 'b' } });
  expect(initialDraft(guessed)).toEqual({ chosen: ['b'] });
  expect(readDraft(one, { chosen: ['gone', 'empty'] })).toEqual({ chosen: ['empty'] });
  expect(readDraft(one, { other: 1 })).toBeNull();
});

it('shows the display text, answers with the choice, and lets only leaves be chosen', () => {
  const params = readParams({
    categories: [
      { choice: 'v', display: 'Vehicle', subchoices: [{ choice: 't', display: 'Truck' }] },
      'none',
    ],
  });
  expect(params.categories.map(({ display }) => display)).toEqual(['Vehicle', 'none']);
  const task = workTask('categorization', { categories: [{ choice: 'v', subchoices: ['t'] }] });
  expect(readDraft(task, { chosen: ['v'] })).toEqual({ chosen: [] });
  expect(readDraft(task, { chosen: ['t'] })).toEqual({ chosen: ['t'] });
});
