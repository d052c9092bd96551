import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Role } from '../api/types';
import type { CallbackDetail } from '../features/callbacks/types';
import { attemptOf, callbackDetailOf, callbackOf } from '../testing/callbacks';
import { openApp, sessionOf } from '../testing/open-app';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const ID = 'cb_66b0c4d1e5a7f30912ab34ce';
const ONE = `/web/live/callbacks/${ID}`;

function open(
  detail: Partial<CallbackDetail> = {},
  role: Role = 'manager',
  answers: Parameters<typeof openApp>[2] = {},
) {
  return openApp(`/live/callbacks/${ID}`, sessionOf(role), {
    [`GET ${ONE}`]: { body: callbackDetailOf(detail) },
    [`POST ${ONE}/resend`]: { body: { callback: callbackOf() } },
    ...answers,
  });
}

it('shows the request with masked keys, and its body as it was sent', async () => {
  const { user } = open();
  await screen.findByText('live_wc…4f2a');
  const body = screen.getByRole('region', { name: 'request body' });
  expect(body.textContent).toBe('{\n  "status": "completed"\n}');
  await user.click(screen.getByRole('button', { name: 'As it was sent' }));
  expect(body.textContent).toBe('{"status":"completed"}');
});

it('shows every try, the newest first, with phases, address, status and answer', async () => {
  open({
    callback: callbackOf({ state: 'pending', tries: 2, next_try_at: '2126-11-25T04:00:00.000Z' }),
    attempts: [
      attemptOf({
        ...{ status: null, outcome: 'timeout_connect', connect_ms: null, duration_ms: 5003, answer: null },
        detail: 'No connection within 5 s.',
      }),
      attemptOf({ n: 2, status: 500, outcome: 'http_status', may_be_wrong_key: true }),
    ],
    why_next: 'Retry 2 of 20, 15 s after the one before.',
  });
  const [newest, oldest] = (await screen.findAllByRole('heading', { level: 3 })).map(
    (heading) => heading.closest('li')?.textContent,
  );
  expect(newest).toContain('Try 2500, Refused by status');
  expect(newest).toContain('DNS 3 ms, connect 21 ms of 5 s, wait 37 ms; 61 ms of 15 s');
  expect(newest).toContain('203.0.113.7:443');
  expect(newest).toContain('thanks');
  expect(oldest).toContain('No connection in time');
  expect(oldest).toContain('DNS 3 ms; 5 s of 15 s');
  expect(screen.getByText('Retry 2 of 20, 15 s after the one before.')).toBeTruthy();
  const verifier = screen.getByRole('link', { name: 'Check what it got in the verifier' });
  expect(verifier.getAttribute('href')).toBe('/live/callbacks/verify');
});

it('says so where not all of an answer was read', async () => {
  open({ attempts: [attemptOf({ answer: { headers: [], body: 'x', complete: false } })] });
  await screen.findByText('Not all of it: 64 KiB are read at most.');
});

it('case 137 sends it again, and says so', async () => {
  const { user, changes } = open();
  await user.click(await screen.findByRole('button', { name: 'Send again' }));
  await screen.findByText('State 1 is sent again, with the same id and body.');
  expect(changes()).toEqual([{ method: 'POST', path: `${ONE}/resend`, body: {} }]);
});

it('case 137 offers the newest state first where the server has seen a newer one', async () => {
  const newest = { id: 'cb_3', sequence: 3 };
  const { user, changes } = open({ newest }, 'manager', {
    [`POST ${ONE}/resend`]: ({ body }) =>
      (body as { confirm_older?: boolean }).confirm_older
        ? { body: { callback: callbackOf() } }
        : {
            status: 409,
            body: { error: 'state 1 of 3; your server has seen 3', code: 'older_state', newest },
          },
    'POST /web/live/callbacks/cb_3/resend': { body: { callback: callbackOf({ sequence: 3 }) } },
  });
  await user.click(await screen.findByRole('button', { name: 'Send again' }));
  let dialog = await screen.findByRole('dialog', { name: 'The task has a newer state' });
  expect(dialog.textContent).toContain('state 1 of 3; your server has seen 3');
  expect(document.activeElement?.textContent).toBe('Send state 3 instead');
  await user.keyboard('{Enter}');
  await screen.findByText('State 3 is sent again, with the same id and body.');
  await user.click(screen.getByRole('button', { name: 'Send again' }));
  dialog = await screen.findByRole('dialog', { name: 'The task has a newer state' });
  await user.click(within(dialog).getByRole('button', { name: 'Send the older state' }));
  await screen.findByText('State 1 is sent again, with the same id and body.');
  expect(changes().map(({ path, body }) => [path, body])).toEqual([
    [`${ONE}/resend`, {}],
    ['/web/live/callbacks/cb_3/resend', {}],
    [`${ONE}/resend`, {}],
    [`${ONE}/resend`, { confirm_older: true }],
  ]);
});

it('sends it to another address once; a refused one is told at its field', async () => {
  const { user, changes } = open({}, 'manager', {
    [`POST ${ONE}/resend`]: ({ body }) =>
      (body as { url: string }).url.startsWith('https:')
        ? { body: { callback: callbackOf() } }
        : {
            status: 400,
            body: { error: 'No.', errors: [{ path: 'url', message: '127.0.0.1 is loopback.' }] },
          },
  });
  await user.click(await screen.findByRole('button', { name: 'Send to…' }));
  const field = screen.getByLabelText('Address');
  await user.type(field, 'http://127.0.0.1/{Enter}');
  await screen.findByText('127.0.0.1 is loopback.');
  await user.clear(field);
  await user.type(field, 'https://other.example/cb{Enter}');
  await screen.findByText('State 1 goes to the other address now, with the same id and body.');
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(changes().at(-1)?.body).toEqual({ url: 'https://other.example/cb' });
});

it('I8 sends it again by the search over everything, with keys only', async () => {
  const { user, changes } = open();
  await screen.findByRole('button', { name: 'Send again' });
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByRole('combobox'), 'again{Enter}');
  await screen.findByText('State 1 is sent again, with the same id and body.');
  expect(changes()).toHaveLength(1);
});

it('shows both spellings of a host, and tells when it mixes alphabets', async () => {
  const host = { ascii: 'xn--pypal-4ve.example', unicode: 'p\u0430ypal.example', mixes_alphabets: true };
  open({ request: { ...callbackDetailOf().request, host } });
  await screen.findByText('xn--pypal-4ve.example');
  screen.getByText('p\u0430ypal.example');
  screen.getByText(/mixes letters of several alphabets/);
});

it('case 137 a purged one cannot be sent, and says why', async () => {
  const { user, changes } = open({
    request: { ...callbackDetailOf().request, body: null, body_bytes: null, purged: true },
  });
  const button = await screen.findByRole('button', { name: 'Send again' });
  expect(button.getAttribute('aria-disabled')).toBe('true');
  expect(button.title).toContain('Retention has emptied its body');
  await user.click(button);
  expect(changes()).toEqual([]);
  expect(screen.getByText(/past its retention/)).toBeTruthy();
});

it('copies it as curl, with the key as a variable', async () => {
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: 'Copy as curl' }));
  await screen.findByText('Copied the curl command.');
  expect(await navigator.clipboard.readText()).toContain('"scale-callback-auth: $SCALE_CALLBACK_AUTH"');
});

it("leads to the task's other callbacks", async () => {
  open({ others: [{ id: 'cb_2', sequence: 2, event: 'task.recalled', state: 'superseded' }] });
  const link = await screen.findByRole('link', { name: 'Sequence 2: task.recalled' });
  expect(link.getAttribute('href')).toBe('/live/callbacks/cb_2');
});

it('a Member sees it and sends nothing', async () => {
  const { user } = open({}, 'member');
  await screen.findByRole('button', { name: 'Copy as curl' });
  expect(screen.queryByRole('button', { name: /^Send/ })).toBeNull();
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByRole('combobox'), 'again');
  await screen.findByText('Nothing found.');
});

it('I6 one that is not there says so', async () => {
  open({}, 'manager', { [`GET ${ONE}`]: { status: 404, body: { error: 'No such callback.' } } });
  await screen.findByText(`No callback ${ID} in live mode.`);
});

it('I6 a Labeler reads whose page it is, and nothing is fetched', async () => {
  const asked = vi.fn(() => ({ body: {} }));
  open({}, 'labeler', { [`GET ${ONE}`]: asked });
  await screen.findByText(/Callbacks are shown to Admins, Managers and Members\./);
  expect(asked).not.toHaveBeenCalled();
});

it('an id in the search leads here', async () => {
  const { user } = openApp('/live/tasks', sessionOf('manager'), {
    'GET /web/live/tasks?limit=50': { body: { docs: [], total: 0, limit: 50, has_more: false } },
    [`GET ${ONE}`]: { body: callbackDetailOf() },
  });
  await screen.findByRole('heading', { level: 1, name: 'Tasks' });
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByRole('combobox', { name: /task id/ }), `${ID}{Enter}`);
  await waitFor(() => expect(window.location.pathname).toBe(`/live/callbacks/${ID}`));
});
