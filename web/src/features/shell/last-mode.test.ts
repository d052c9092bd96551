import { act, renderHook } from '@testing-library/react';

import { beforeEach, expect, it } from 'vitest';
import { lastMode, modeOfPath, rememberMode, useShellMode } from './last-mode';

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});

it('reads the mode from the address alone where it is there', () => {
  expect(modeOfPath('/test/tasks')).toBe('test');
  expect(modeOfPath('/live')).toBe('live');
  expect(modeOfPath('/settings/team')).toBeNull();
  expect(modeOfPath('/testing')).toBeNull();
});

it('pages without a mode keep the one last used', () => {
  const { result, rerender } = renderHook(({ pathname }) => useShellMode(pathname), {
    initialProps: { pathname: '/settings/team' },
  });
  expect(result.current).toBe('live');
  act(() => rememberMode('test'));
  expect(result.current).toBe('test');
  rerender({ pathname: '/live/tasks' });
  expect(result.current).toBe('live');
});

it('a new tab begins with the mode last used in this browser', () => {
  rememberMode('test');
  sessionStorage.clear();
  expect(lastMode()).toBe('test');
});
