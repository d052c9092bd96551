import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Role, TaskDetail } from '../api/types';
import { callbackOf } from '../testing/callbacks';
import { openApp, sessionOf } from '../testing/open-app';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const TASK = '66b0c4d1e5a7f30912ab34cd';
const CALLBACK = 'cb_66b0c4d1e5a7f30912ab34ce';

const DETAIL: TaskDetail = {
  task: {
    ...{ task_id: TASK, type: 'categorization', status: 'completed', is_test: false },
    ...{ created_at: '2026-11-25T04:00:00.000Z', params: {}, metadata: {} },
  },
  attachments: [],
  callbacks: [
    {
      ...{ id: CALLBACK, event: 'task.completed', url: 'https://x.example/cb', state: 'failed', tries: 21 },
      ...{ tries_max: 21, next_try_at: null, created_at: '2026-11-25T04:00:00.000Z', done_at: null },
      attempts: [
        {
          ...{ n: 1, started_at: '2026-11-25T04:00:00.000Z', duration_ms: 12, address: null },
          ...{ status: null, outcome: 'dns', detail: null },
        },
      ],
    },
  ],
  charge: null,
  completed_by: null,
};

async function open(role: Role) {
  const opened = openApp(`/live/tasks/${TASK}`, sessionOf(role), {
    [`GET /web/live/tasks/${TASK}`]: { body: DETAIL },
    [`POST /web/live/callbacks/${CALLBACK}/resend`]: { body: { callback: callbackOf() } },
  });
  const heading = await screen.findByRole('heading', { name: 'Callbacks' });
  return { section: within(heading.closest('section') as HTMLElement), ...opened };
}

it("a task's callbacks lead to their pages and can be sent again", async () => {
  const { section, user, changes } = await open('manager');
  expect(section.getByRole('link', { name: 'task.completed' }).getAttribute('href')).toBe(
    `/live/callbacks/${CALLBACK}`,
  );
  expect(section.getByText('Name not resolved')).toBeTruthy();
  await user.click(section.getByRole('button', { name: 'Send again task.completed' }));
  await section.findByText('State 1 is sent again, with the same id and body.');
  expect(changes().map(({ path }) => path)).toEqual([`/web/live/callbacks/${CALLBACK}/resend`]);
});

it('a Member reads them and sends nothing', async () => {
  const { section } = await open('member');
  expect(section.getByRole('link', { name: 'task.completed' })).toBeTruthy();
  expect(section.queryByRole('button', { name: /Send again/ })).toBeNull();
});
