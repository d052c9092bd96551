import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { configure, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { vi } from 'vitest';
import { createQueryClient } from '../api/queries';
import type { Capability, Role, Session } from '../api/types';
import { createAppRouter } from '../router';
import { callbackSettingsOf } from './callback-settings';
import { fakeServer, type SentRequest } from './fake-server';

// A page's code is fetched when it is opened, which takes a machine with much to do over the default second.
configure({ asyncUtilTimeout: 5000 });

type Answer = ReturnType<Parameters<typeof fakeServer>[0]>;

/** What the role table gives each role, as far as pages ask (crates/domain/src/role.rs). */
const MANAGER: Capability[] = [
  ...(['see_api_keys', 'reveal_test_key', 'reveal_live_key'] as const),
  ...(['view_tasks', 'view_usage', 'label_tasks', 'see_team', 'see_team_details'] as const),
  ...(['view_callbacks', 'manage_callbacks', 'set_callback_settings'] as const),
  ...(['invite_member', 'change_member'] as const),
];
const CAPABILITIES: Record<Role, Capability[]> = {
  admin: [
    ...MANAGER,
    ...(['invite_manager', 'change_manager', 'change_admin', 'deactivate_manager'] as const),
    ...(['rename_account', 'read_audit', 'export_audit', 'set_key_policy'] as const),
  ],
  manager: MANAGER,
  member: ['ask_for_access', 'view_tasks', 'view_callbacks', 'label_tasks', 'see_team'],
  labeler: ['ask_for_access', 'label_tasks'],
};

export function sessionOf(role: Role, change: Partial<Session> = {}): Session {
  return {
    user: { id: `user-${role}`, email: `${role}@acme.example`, name: `The ${role}`, role },
    account: { id: 'account', name: 'Acme' },
    capabilities: CAPABILITIES[role],
    version: '0.1.0',
    dev: false,
    ...change,
  };
}

/** The streams of news that the app has open; a test sends news by them. */
export const streams: EventTarget[] = [];

/** A stream that is open, and never cut. */
class OpenStream extends EventTarget {
  static readonly CLOSED = 2;
  readonly readyState = 1;

  constructor() {
    super();
    streams.push(this);
  }

  close() {
    streams.splice(streams.indexOf(this), 1);
  }
}

/** Opens the whole app at an address; the server of the test must be there already. */
export function renderApp(path: string): void {
  streams.length = 0;
  vi.stubGlobal('EventSource', OpenStream);
  window.history.pushState(null, '', path);
  const queryClient = createQueryClient();
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={createAppRouter(queryClient)} />
    </QueryClientProvider>,
  );
}

/**
 * Opens an address of the app as somebody with a role. The server answers by method and path, and with an empty
 * object where nothing is given.
 */
export function openApp(
  path: string,
  session: Session,
  answers: Record<string, Answer | ((request: SentRequest) => Answer)>,
) {
  const sent = fakeServer((request) => {
    const answer = answers[`${request.method} ${request.path}`];
    if (answer !== undefined) return typeof answer === 'function' ? answer(request) : answer;
    if (request.method === 'GET' && request.path === '/web/session') return { body: session };
    if (request.path.endsWith('/projects')) return { body: [] };
    if (request.path === '/web/callback-settings') return { body: callbackSettingsOf() };
    return { body: {} };
  });
  renderApp(path);
  return { user: userEvent.setup(), changes: () => sent.filter(({ method }) => method !== 'GET') };
}
