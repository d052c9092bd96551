/** The first step that sends a callback, on Home of a new account. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Role } from '../../api/types';
import { callbackSettingsOf } from '../../testing/callback-settings';
import { keysOf } from '../../testing/keys';
import { openApp, sessionOf } from '../../testing/open-app';
import type { ReceivedRequest } from '../callbacks/types';
import { checksWords, deliveryWords } from './test-delivery';

afterEach(cleanup);
beforeEach(() => localStorage.clear());

const RECEIVED: ReceivedRequest = {
  n: 8,
  at: '2026-11-25T12:00:00.000Z',
  headers: [
    ['content-type', 'application/json'],
    ['Webhook-Id', 'cb_1'],
  ],
  body: '{"task_id":"66b0c4d1e5a7f30912ab34cd"}',
  auth: 'ok',
  signature: 'ok',
};
const NUMBERS = {
  counts: { pending: 0, completed: 0, canceled: 0, error: 0 },
  ...{ oldest_pending_at: null, callbacks_failing: 0, charge_this_month_micros: 0, labelers_at_work: 0 },
  completed_live_tasks: 0,
};

/** Home, with a server that has a test receiver; `defaultUrl` answers 500. */
function open({ role = 'manager', defaultUrl = null }: { role?: Role; defaultUrl?: string | null } = {}) {
  const receiver = { id: 'r1', url: 'https://yard.example/dev/receiver/abc', received: 0 };
  let requests: ReceivedRequest[] = [];
  const callback = { id: 'cb_1', state: 'pending', last_status: null, last_outcome: null };
  return openApp('/live', sessionOf(role), {
    'GET /web/live/home': { body: NUMBERS },
    'GET /web/test/home': { body: NUMBERS },
    'GET /web/keys': { body: keysOf() },
    'GET /samples': { body: [] },
    'GET /web/team': { body: { people: [] } },
    'GET /web/callback-settings': { body: callbackSettingsOf({ default_callback_url: defaultUrl }) },
    'GET /web/test/receivers': () => ({ body: { receiver: receiver.received > 0 ? receiver : null } }),
    'POST /web/test/receivers': () => ({ body: { receiver: receiver } }),
    'POST /web/test/callbacks/test': () => {
      receiver.received += 1;
      // What another delivery left is not taken for this one.
      requests = [{ ...RECEIVED, headers: [['webhook-id', 'cb_0']], body: '{"other":1}' }, RECEIVED];
      return { body: { callback } };
    },
    'GET /web/test/receivers/requests?after=0': () => ({ body: { requests } }),
    'GET /web/test/callbacks/cb_1': {
      body: { callback: { ...callback, last_status: 500, last_outcome: 'http_status' } },
    },
  });
}

const step = async () => {
  // The first test also waits for the chunks of the page.
  const heading = await screen.findByText('Get answers sent to you', {}, { timeout: 5000 });
  return heading.closest('li') ?? document.body;
};

it('I15 a test callback is sent to a receiver of the server, and shown as it arrived', async () => {
  const { user, changes } = open();
  const item = await step();
  expect(item.textContent).not.toContain('Done');
  await user.click(within(item).getByRole('button', { name: 'Send a test callback' }));
  await within(item).findByText(/It has arrived\. It carries the right key and the right signature\./);
  expect(item.textContent).toContain('66b0c4d1e5a7f30912ab34cd');
  expect(item.textContent).not.toContain('other');
  expect(changes().map(({ path, body }) => [path, body])).toEqual([
    ['/web/test/receivers', {}],
    ['/web/test/callbacks/test', { event: 'task.completed', url: 'https://yard.example/dev/receiver/abc' }],
  ]);
  await waitFor(() => expect(item.textContent).toContain('Done'));
});

it('a test callback to the account’s own address tells what its server answered', async () => {
  const { user, changes } = open({ defaultUrl: 'https://yard.example/cb' });
  const item = await step();
  await user.click(await within(item).findByRole('button', { name: 'Send one to https://yard.example/cb' }));
  await within(item).findByText(/Not delivered: your server answered 500\./);
  expect(within(item).getByRole('link', { name: 'Request and answer' }).getAttribute('href')).toBe(
    '/test/callbacks/cb_1',
  );
  expect(changes().map(({ path }) => path)).toEqual(['/web/test/callbacks/test']);
});

it('a Member reads who sets the address', async () => {
  open({ role: 'member' });
  const item = await step();
  expect(item.textContent).toContain('an Admin or Manager sets');
  expect(within(item).queryByRole('button')).toBeNull();
});

it('says what is wrong with a callback that arrived', () => {
  expect(checksWords({ ...RECEIVED, auth: 'wrong', signature: 'missing' })).toBe(
    'The key is wrong, it is not signed.',
  );
});

it('says nothing of a delivery that was not tried yet, or is being tried', () => {
  const sent = { state: 'pending', last_status: null, last_outcome: null } as const;
  expect(deliveryWords(sent)).toBeNull();
  expect(deliveryWords({ ...sent, state: 'sending', last_outcome: 'http_status' })).toBeNull();
  expect(deliveryWords({ ...sent, last_outcome: 'timeout_connect' })).toBe(
    'Not delivered. No connection in time.',
  );
  expect(deliveryWords({ ...sent, state: 'delivered', last_status: 204 })).toContain('204');
});
