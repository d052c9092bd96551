import { expect, it } from 'vitest';
import { placeInOtherMode } from './other-mode';

it('I1 keeps page and filter, but not a page cursor', () => {
  expect(placeInOtherMode('/live/tasks', '?status=error&next_token=abc', 'test')).toEqual({
    href: '/test/tasks?status=error',
  });
  expect(placeInOtherMode('/live/callbacks', '?state=problem&cursor=abc', 'test')).toEqual({
    href: '/test/callbacks?state=problem',
  });
  expect(placeInOtherMode('/live/callbacks/verify', '', 'test')).toEqual({ href: '/test/callbacks/verify' });
  expect(placeInOtherMode('/test/usage', '?from=2026-11-01', 'live')).toEqual({
    href: '/live/usage?from=2026-11-01',
  });
});

it('I1 asks whether a project is there, by its whole name', () => {
  expect(placeInOtherMode('/live/projects/a%2Fb%20%C3%BC', '', 'test')).toEqual({
    href: '/test/projects/a%2Fb%20%C3%BC',
    needsProject: 'a/b ü',
  });
});

it('I1 goes to the nearest parent of what has an id, with a note', () => {
  expect(placeInOtherMode('/live/tasks/66b0c4d1e5a7f30912ab34cd', '', 'test')).toEqual({
    href: '/test/tasks',
    note: 'This task does not exist in test mode.',
  });
  expect(placeInOtherMode('/live/callbacks/cb_66b0c4d1e5a7f30912ab34ce', '', 'test')).toEqual({
    href: '/test/callbacks',
    note: 'This callback does not exist in test mode.',
  });
  expect(placeInOtherMode('/live/label/claim1', '', 'test')).toEqual({ href: '/test/label' });
});

it('case 58 goes to the nearest ancestor of what lies below a project', () => {
  expect(placeInOtherMode('/live/projects/cows/tasks', '', 'test')).toEqual({
    href: '/test/projects/cows',
    needsProject: 'cows',
  });
});
