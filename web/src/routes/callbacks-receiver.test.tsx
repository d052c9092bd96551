import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Role } from '../api/types';
import type { ReceivedRequest, Receiver } from '../features/callbacks/types';
import { callbackOf } from '../testing/callbacks';
import { openApp, sessionOf, streams } from '../testing/open-app';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const RECEIVERS = '/web/test/receivers';
const RECEIVER: Receiver = {
  id: 'r1',
  url: 'http://wb.example/dev/receiver/abc',
  expires_at: '2126-11-26T04:00:00.000Z',
  answer_status: 200,
  delay_ms: 0,
  received: 0,
};

function received(n: number, change: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return {
    n,
    at: '2026-11-25T04:00:00.000Z',
    headers: [['Weighbridge-Event', 'task.completed']],
    body: '{"status":"completed"}',
    auth: 'ok',
    signature: 'ok',
    ...change,
  };
}

/** The page, with a server that has a receiver or makes one, and requests that a test adds. */
function open(receiver: Receiver | null, role: Role = 'manager') {
  const server = { receiver, requests: [] as ReceivedRequest[] };
  const askedAfter: number[] = [];
  const requests = (after: number) => () => {
    askedAfter.push(after);
    return { body: { requests: server.requests.filter(({ n }) => n > after) } };
  };
  const opened = openApp('/test/callbacks/receiver', sessionOf(role), {
    [`GET ${RECEIVERS}`]: () => ({ body: { receiver: server.receiver } }),
    [`POST ${RECEIVERS}`]: ({ body }) => {
      server.receiver = { ...RECEIVER, ...(body as Partial<Receiver>) };
      return { body: { receiver: server.receiver } };
    },
    [`POST ${RECEIVERS}/delete`]: () => {
      server.receiver = null;
      return { body: {} };
    },
    ...Object.fromEntries([0, 1, 2].map((n) => [`GET ${RECEIVERS}/requests?after=${n}`, requests(n)])),
    'POST /web/test/callbacks/test': { body: { callback: callbackOf({ id: 'cb_7', is_test: true }) } },
  });
  return { server, askedAfter, ...opened };
}

it('makes one, with the answer that was chosen', async () => {
  const { user, changes } = open(null);
  const status = await screen.findByLabelText('Answer with status');
  await user.clear(status);
  await user.type(status, '503');
  await user.click(screen.getByRole('button', { name: 'Make a test receiver' }));
  await screen.findByText(RECEIVER.url);
  expect(changes()[0]?.body).toEqual({ answer_status: 503, delay_ms: 0 });
});

it('lists what comes in by itself, the newest first, and asks only for what is new', async () => {
  const { server, askedAfter } = open(RECEIVER);
  await screen.findByText('Nothing came in yet.');
  server.requests = [received(1, { auth: 'wrong', signature: 'missing' })];
  streams.at(-1)?.dispatchEvent(new Event('callbacks'));
  await screen.findByText('1. task.completed');
  expect(screen.getByText('key wrong')).toBeTruthy();
  expect(screen.getByText('signature missing')).toBeTruthy();
  server.requests = [received(1), received(2)];
  streams.at(-1)?.dispatchEvent(new Event('callbacks'));
  await screen.findByText('2. task.completed', {}, { timeout: 3000 });
  const list = within(screen.getByRole('region', { name: 'Received' })).getByRole('list');
  expect([...list.children].map((item) => item.querySelector('strong')?.textContent)).toEqual([
    ...['2. task.completed', '1. task.completed'],
  ]);
  // What is known is not fetched again.
  expect(screen.getByText('key wrong')).toBeTruthy();
  expect(askedAfter.slice(0, 3)).toEqual([0, 0, 1]);
});

it('sends a test callback there, with the event that was chosen', async () => {
  const { user, changes } = open(RECEIVER);
  await user.selectOptions(await screen.findByLabelText('Event'), 'task.error');
  await user.click(screen.getByRole('button', { name: 'Send a test callback here' }));
  const link = await within(screen.getByRole('form', { name: 'Test callback' })).findByRole('link');
  expect(link.getAttribute('href')).toBe('/test/callbacks/cb_7');
  expect(changes()[0]?.body).toEqual({ event: 'task.error', url: RECEIVER.url });
});

it('ends it only after a question', async () => {
  const { user } = open(RECEIVER);
  await user.click(await screen.findByRole('button', { name: 'End it…' }));
  const dialog = screen.getByRole('dialog', { name: 'End this test receiver?' });
  await user.click(within(dialog).getByRole('button', { name: 'End it' }));
  await screen.findByText('No test receiver yet.');
});

it('a Member sees what came in, and changes nothing', async () => {
  open(RECEIVER, 'member');
  await screen.findByText('Nothing came in yet.');
  await waitFor(() => expect(screen.queryByRole('button', { name: /Send|Save|End/ })).toBeNull());
});
