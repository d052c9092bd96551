import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Role } from '../api/types';
import type { CallbackItem, CallbackSummary, Replay } from '../features/callbacks/types';
import { callbackDetailOf, callbackOf, summaryOf, targetOf } from '../testing/callbacks';
import { openApp, sessionOf, streams } from '../testing/open-app';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const LIST = '/web/live/callbacks';
const FIRST = callbackOf({ id: 'cb_1', state: 'failed', tries: 21, last_status: 500 });
const SECOND = callbackOf({ id: 'cb_2', event: 'task.error', sequence: 2 });

interface Given {
  path?: string;
  role?: Role;
  callbacks?: CallbackItem[];
  summary?: Partial<CallbackSummary>;
  /** Answers of further requests. */
  answers?: Parameters<typeof openApp>[2];
}

/** The page, with a server whose answers a test can change while it is open. */
function open({ path = '/live/callbacks', role = 'manager', answers = {}, ...given }: Given = {}) {
  const server = { callbacks: given.callbacks ?? [FIRST, SECOND], replays: [] as Replay[] };
  const page = () => ({ body: { callbacks: server.callbacks, next_cursor: null } });
  const opened = openApp(path, sessionOf(role), {
    [`GET ${LIST}?limit=50`]: page,
    [`GET ${LIST}?state=failed&limit=50`]: page,
    [`GET ${LIST}/summary`]: { body: summaryOf(given.summary) },
    [`GET ${LIST}/replays`]: () => ({ body: { replays: server.replays } }),
    [`GET ${LIST}/cb_1`]: { body: callbackDetailOf({ callback: FIRST }) },
    [`GET ${LIST}/cb_9`]: { body: callbackDetailOf() },
    'GET /web/team/admins': { body: { admins: ['Ada L.'] } },
    ...answers,
  });
  return { server, ...opened };
}

const rows = async () => (await screen.findAllByRole('row')).slice(1).map((row) => row.textContent);
const address = () => window.location.pathname + window.location.search;

it('lists what goes out, with status, try and state', async () => {
  open();
  const [first, second] = await rows();
  expect(first).toContain('task.completed');
  expect(first).toContain('500');
  expect(first).toContain('21 of 21');
  expect(first).toContain('Failed');
  expect(second).toContain('task.error');
  expect(second).toContain('Delivered');
});

it('says how delivery stands, and leads from a count to what it counts', async () => {
  open();
  await screen.findByText('99.9%');
  expect(screen.getByText('99 of 100 within 40 ms')).toBeTruthy();
  const failed = screen.getByRole('link', { name: '10,000+ failed callbacks' });
  expect(failed.getAttribute('href')).toBe('/live/callbacks?state=failed');
});

it('keeps the filter in the address', async () => {
  const { user } = open();
  await rows();
  await user.selectOptions(screen.getByLabelText('State'), 'failed');
  await waitFor(() => expect(address()).toBe('/live/callbacks?state=failed'));
  await rows();
  await user.click(screen.getByRole('button', { name: 'Clear' }));
  await waitFor(() => expect(address()).toBe('/live/callbacks'));
});

it('asks for nothing that is no filter', async () => {
  open({ path: '/live/callbacks?state=failed&from=mail' });
  await rows();
});

it('older ones are a page of their own', async () => {
  const { user } = open({
    answers: {
      [`GET ${LIST}?limit=50`]: { body: { callbacks: [FIRST], next_cursor: 'c2' } },
      [`GET ${LIST}?cursor=c2&limit=50`]: { body: { callbacks: [SECOND], next_cursor: null } },
    },
  });
  await user.click(await screen.findByRole('link', { name: 'Older' }));
  await screen.findByRole('link', { name: 'task.error' });
  await waitFor(() => expect(address()).toBe('/live/callbacks?cursor=c2'));
  expect(screen.getByRole('link', { name: 'Newest' }).getAttribute('href')).toBe('/live/callbacks');
});

it('I8 goes through the rows by j and k, and opens one by Enter', async () => {
  const { user } = open({ summary: { targets: [targetOf({ state: 'failing', failures: 2 })] } });
  await rows();
  const links = () => within(screen.getByRole('table')).getAllByRole('link');
  await user.keyboard('jj');
  expect(document.activeElement).toBe(links()[1]);
  await user.keyboard('k');
  expect(document.activeElement).toBe(links()[0]);
  await user.keyboard('{Enter}');
  await waitFor(() => expect(address()).toBe('/live/callbacks/cb_1'));
});

it('g c leads here from anywhere, and ? lists it', async () => {
  const { user } = open({ path: '/live/api-keys', role: 'member' });
  await screen.findByRole('heading', { level: 1, name: 'API Keys' });
  await user.keyboard('?');
  const dialog = await screen.findByRole('dialog', { name: 'Keyboard shortcuts' });
  expect(within(dialog).getByText('Callbacks').closest('div')?.textContent).toBe('CallbacksG then C');
  await user.keyboard('{Escape}');
  await user.click(within(dialog).getByRole('button', { name: 'Close' }));
  await user.keyboard('gc');
  await waitFor(() => expect(address()).toBe('/live/callbacks'));
});

it('shows news by itself, and leaves the focus where it is', async () => {
  const { server, user } = open();
  await rows();
  await user.keyboard('jj');
  server.callbacks = [callbackOf({ id: 'cb_0', event: 'task.recalled', sequence: 3 }), FIRST, SECOND];
  streams.at(-1)?.dispatchEvent(new Event('callbacks'));
  await screen.findByText('task.recalled');
  expect(document.activeElement?.textContent).toBe('task.error');
});

it('puts targets with trouble first, and pauses and resumes them', async () => {
  const { user, changes } = open({
    summary: {
      targets: [
        targetOf({
          ...{ target: 'https://down.example:443', state: 'open', failures: 7, last_status: 503 },
          open_until: new Date(Date.now() + 42_000).toISOString(),
        }),
        targetOf({ target: 'https://quiet.example:443', state: 'paused', paused_by: 'auto', held: 3 }),
        targetOf(),
      ],
    },
    answers: { [`POST ${LIST}/targets/pause`]: { body: { target: targetOf() } } },
  });
  const targets = await screen.findByRole('region', { name: 'Targets' });
  const down = within(targets).getAllByRole('listitem')[0];
  expect(down?.textContent).toContain('https://down.example:443Breaker open');
  expect(down?.textContent).toContain('7 failures in a row, the last: 503next probe in');
  expect(within(targets).getByText('1 target without trouble')).toBeTruthy();
  await user.click(within(targets).getByRole('button', { name: 'Pause https://down.example:443' }));
  await within(targets).findByText(
    'https://down.example:443 is paused: new callbacks to it are held, nothing is lost.',
  );
  expect(within(targets).getByRole('button', { name: 'Resume https://quiet.example:443' })).toBeTruthy();
  expect(changes()).toEqual([
    { method: 'POST', path: `${LIST}/targets/pause`, body: { target: 'https://down.example:443' } },
  ]);
});

it('discards what is held only after the host was typed', async () => {
  const { user, changes } = open({
    summary: { targets: [targetOf({ state: 'paused', paused_by: 'person', held: 12 })] },
    answers: { [`POST ${LIST}/targets/discard`]: { body: { target: targetOf(), discarded: 12 } } },
  });
  await user.click(await screen.findByRole('button', { name: /^Discard held/ }));
  const dialog = screen.getByRole('dialog', { name: 'Discard 12 held callbacks?' });
  await user.click(within(dialog).getByRole('button', { name: 'Discard them' }));
  expect(changes()).toEqual([]);
  await user.type(within(dialog).getByRole('textbox'), 'x.example:443');
  await user.click(within(dialog).getByRole('button', { name: 'Discard them' }));
  await screen.findByText('12 callbacks to https://x.example:443 discarded.');
  expect(changes().map(({ body }) => body)).toEqual([{ target: 'https://x.example:443' }]);
});

it('case 137 a replay is counted before it is sent, then shows how far it is and can be canceled', async () => {
  const preview = vi.fn(() => ({ body: { count: 12, purged: 1, older_states: 3 } }));
  const { user, server, changes } = open({
    path: '/live/callbacks?state=failed',
    answers: {
      [`POST ${LIST}/replays/preview`]: preview,
      [`POST ${LIST}/replays`]: ({ body }) => {
        server.replays = [
          {
            ...{ id: 'r1', state: 'running', total: 12, sent: 3, delivered: 2, failed: 1 },
            ...{ created_at: new Date().toISOString(), created_by: 'Ada' },
            filter: body as Replay['filter'],
          },
        ];
        return { body: { replay: server.replays[0] } };
      },
      [`POST ${LIST}/replays/r1/cancel`]: () => {
        server.replays = server.replays.map((replay) => ({ ...replay, state: 'canceled' }));
        return { body: {} };
      },
    },
  });
  await rows();
  await user.click(screen.getByRole('button', { name: 'Send all failed since…' }));
  const dialog = screen.getByRole('dialog', { name: 'Send callbacks again' });
  await user.click(within(dialog).getByRole('button', { name: 'Count them' }));
  await within(dialog).findByText(/^12 callbacks would be sent again/);
  // What was counted no longer holds once something else is chosen.
  await user.selectOptions(within(dialog).getByLabelText('Event'), 'task.completed');
  await user.click(within(dialog).getByRole('button', { name: 'Count them' }));
  await user.click(await within(dialog).findByRole('button', { name: 'Send 12 again' }));
  const bar = await screen.findByRole('progressbar', { name: 'Replay of failed callbacks, task.completed' });
  expect(bar.getAttribute('value')).toBe('0.25');
  expect(preview).toHaveBeenCalledTimes(2);
  const started = changes().find(({ path }) => path === `${LIST}/replays`);
  expect(started?.body).toEqual({ state: 'failed', event: 'task.completed' });
  await user.click(screen.getByRole('button', { name: /^Cancel the replay/ }));
  await screen.findByText('1 ended replay');
});

it('sends a test callback and shows it; a refused address is told at its field', async () => {
  const { user } = open({
    answers: {
      [`POST ${LIST}/test`]: ({ body }) =>
        (body as { url: string }).url === 'https://ok.example/'
          ? { body: { callback: callbackOf({ id: 'cb_9', is_test: true }) } }
          : {
              status: 400,
              body: { error: 'No.', errors: [{ path: 'url', message: '10.0.0.5 is a private address.' }] },
            },
    },
  });
  await rows();
  await user.click(screen.getByRole('button', { name: 'Send a test callback' }));
  const field = screen.getByLabelText('Address');
  await user.type(field, 'http://10.0.0.5/{Enter}');
  await screen.findByText('10.0.0.5 is a private address.');
  expect(field.getAttribute('aria-invalid')).toBe('true');
  await user.clear(field);
  await user.type(field, 'https://ok.example/{Enter}');
  await waitFor(() => expect(address()).toBe('/live/callbacks/cb_9'));
});

it('I6 says what to do where nothing was sent yet', async () => {
  open({ callbacks: [] });
  await screen.findByText('No deliveries yet. Set a default callback URL.');
  const links = screen.getAllByRole('link', { name: 'Callback settings' });
  expect(links.map((link) => link.getAttribute('href'))).toEqual([
    '/settings/callbacks',
    '/settings/callbacks',
  ]);
  expect(screen.getByRole('link', { name: 'Make a test receiver' }).getAttribute('href')).toBe(
    '/live/callbacks/receiver',
  );
});

it('I6 says so where the filter matches nothing', async () => {
  open({ path: '/live/callbacks?state=failed', callbacks: [] });
  await screen.findByText('No callback matches this filter.');
});

it('I6 tells a failure with its reference, and tries again', async () => {
  let broken = true;
  const { user } = open({
    answers: {
      [`GET ${LIST}?limit=50`]: () =>
        broken
          ? { status: 400, body: { error: 'That broke.', request_id: 'req-1' } }
          : { body: { callbacks: [FIRST], next_cursor: null } },
    },
  });
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('That broke.');
  expect(alert.textContent).toContain('req-1');
  broken = false;
  await user.click(within(alert).getByRole('button', { name: 'Try again' }));
  await rows();
});

it('a Member sees everything and may do nothing', async () => {
  open({ role: 'member', summary: { targets: [targetOf({ state: 'paused', held: 3 })] } });
  await rows();
  await screen.findByRole('region', { name: 'Targets' });
  for (const name of [/Send/, /Pause/, /Resume/, /Discard/]) {
    expect(screen.queryByRole('button', { name })).toBeNull();
  }
});

it('I6 a Labeler reads whose page it is, and nothing is fetched', async () => {
  const asked = vi.fn(() => ({ body: {} }));
  open({ role: 'labeler', answers: { [`GET ${LIST}?limit=50`]: asked, [`GET ${LIST}/summary`]: asked } });
  await screen.findByText(/Callbacks are shown to Admins, Managers and Members\./);
  expect(asked).not.toHaveBeenCalled();
  expect(screen.queryByRole('link', { name: 'Callbacks' })).toBeNull();
});
