/** Profile, account, security, audit, and what the shell says about them. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openApp, sessionOf } from '../testing/open-app';

afterEach(cleanup);
beforeEach(() => sessionStorage.clear());

const AT = '2026-11-24T09:12:00.000Z';

it('case_75 changing the password needs the present one; a wrong one leaves no new one in its field', async () => {
  const { user, changes } = openApp('/settings/security', sessionOf('member'), {
    'GET /web/sessions': { body: { sessions: [] } },
    'POST /web/profile/password': ({ body }) =>
      (body as { current_password: string }).current_password === 'right'
        ? { body: sessionOf('member') }
        : { status: 403, body: { code: 'wrong_password', error: 'The password is wrong.' } },
  });
  const current = await screen.findByLabelText<HTMLInputElement>('Current password');
  const wanted = screen.getByLabelText<HTMLInputElement>('New password');
  expect([current.autocomplete, wanted.autocomplete]).toEqual(['current-password', 'new-password']);
  await user.type(current, 'wrong');
  await user.type(wanted, 'seven green lorries');
  await user.click(screen.getByRole('button', { name: 'Change password' }));
  const error = await screen.findByText('The password is wrong.');
  expect(current.getAttribute('aria-describedby')).toContain(error.id);
  expect(wanted.value).toBe('');

  await user.clear(current);
  await user.type(current, 'right');
  await user.type(wanted, 'seven green lorries');
  await user.click(screen.getByRole('button', { name: 'Change password' }));
  expect(await screen.findByText(/The password is changed/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>('New password').value).toBe('');
  expect(changes().at(-1)?.body).toEqual({
    current_password: 'right',
    new_password: 'seven green lorries',
  });
});

it('case_82 lists sessions, ends one, ends all others', async () => {
  let ids = ['own', 'b', 'c'];
  const { user, changes } = openApp('/settings/security', sessionOf('member'), {
    'GET /web/sessions': () => ({
      body: {
        sessions: ids.map((session_id) => ({
          ...{ session_id, current: session_id === 'own', browser: `Browser ${session_id}` },
          ...{ user_agent: 'x', address: '192.0.2.7', created_at: AT, last_seen_at: AT },
        })),
      },
    }),
    'DELETE /web/sessions/b': () => {
      ids = ['own', 'c'];
      return { body: {} };
    },
    'DELETE /web/sessions': () => {
      ids = ['own'];
      return { body: {} };
    },
  });
  await user.click(await screen.findByRole('button', { name: /End the session of Browser b/ }));
  await waitFor(() => expect(screen.queryByText('Browser b')).toBeNull());
  const own = screen.getByRole('rowheader', { name: /Browser own/ }).closest('tr');
  expect(within(own ?? document.body).queryByRole('button')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'End all others' }));
  expect(await screen.findByText('No other browser is logged in as you.')).toBeTruthy();
  expect(changes().map(({ path }) => path)).toEqual(['/web/sessions/b', '/web/sessions']);
});

it('changes one’s own name, and shows it at once', async () => {
  let name = 'Mia';
  const session = sessionOf('member');
  const { user } = openApp('/profile', session, {
    'GET /web/session': () => ({ body: { ...session, user: { ...session.user, name } } }),
    'PUT /web/profile': ({ body }) => {
      name = (body as { name: string }).name;
      return { body: {} };
    },
  });
  const field = await screen.findByRole('textbox', { name: 'Name' });
  await user.clear(field);
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(screen.getByText('Name is required.')).toBeTruthy();
  await user.type(field, 'Mia Berg');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Saved.')).toBeTruthy();
  expect(await screen.findByTitle(/member@acme.example/)).toHaveProperty('textContent', 'Mia Berg');
});

it('a name that is refused says why at its field and stays there', async () => {
  const { user } = openApp('/profile', sessionOf('member'), {
    'PUT /web/profile': {
      status: 400,
      body: {
        error: 'name: must have 1 to 100 characters',
        code: 'invalid_parameter',
        param: 'name',
        errors: [{ path: 'name', message: 'must have 1 to 100 characters' }],
      },
    },
  });
  const field = await screen.findByRole<HTMLInputElement>('textbox', { name: 'Name' });
  await user.type(field, ' too long');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  const error = await screen.findByText('Must have 1 to 100 characters');
  expect(field.getAttribute('aria-describedby')).toContain(error.id);
  expect(field.value).toBe('The member too long');
  expect(screen.queryByRole('alert')).toBeNull();
});

it('only Admins rename the account, right after the password', async () => {
  openApp('/settings/account', sessionOf('manager'), {
    'GET /web/team/admins': { body: { admins: ['Ada L.'] } },
  });
  expect(await screen.findByText(/Only Admins change the account.*Admins: Ada L\./)).toBeTruthy();
  cleanup();

  let confirmed = false;
  const { user, changes } = openApp('/settings/account', sessionOf('admin'), {
    'PUT /web/account': () =>
      confirmed ? { body: {} } : { status: 403, body: { code: 'reauthentication_required', error: 'No.' } },
    'POST /web/session/confirm': () => {
      confirmed = true;
      return { body: {} };
    },
  });
  const field = await screen.findByRole('textbox', { name: 'Company' });
  await user.clear(field);
  await user.type(field, 'Acme Yards');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await user.type(await screen.findByLabelText('Password'), 'secret');
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  await waitFor(() => expect(changes().at(-1)?.method).toBe('PUT'));
  expect(changes().at(-1)?.body).toEqual({ name: 'Acme Yards' });
});

function entry(seq: number) {
  return {
    ...{ seq, at: AT, actor: { kind: 'user', id: 'u', name: 'Ada' }, action: 'key.roll', target: 'k' },
    ...{ text: `Rolled key ${seq}`, environment: 'live', address: '192.0.2.7', user_agent: 'curl' },
    ...{ before: { hint: 'live_…1' }, after: null },
  };
}

it('the audit log goes on to older entries', async () => {
  const { user } = openApp('/settings/audit', sessionOf('admin'), {
    'GET /web/audit?limit=50': { body: { entries: [entry(9), entry(8)], more: true } },
    'GET /web/audit?before=8&limit=50': { body: { entries: [entry(7)], more: false } },
  });
  expect(await screen.findByText('Rolled key 9')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Older entries' }));
  expect(await screen.findByText('Rolled key 7')).toBeTruthy();
  expect(screen.getByText('Rolled key 9')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Older entries' })).toBeNull();
});

it('the audit log is exported as a file, right after the password', async () => {
  let confirmed = false;
  const save = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x');
  const { user } = openApp('/settings/audit', sessionOf('admin'), {
    'GET /web/audit?limit=50': { body: { entries: [], more: false } },
    'GET /web/audit/export?format=csv': () =>
      confirmed ? { body: {} } : { status: 403, body: { code: 'reauthentication_required', error: 'No.' } },
    'POST /web/session/confirm': () => {
      confirmed = true;
      return { body: {} };
    },
  });
  expect(await screen.findByText('No entries yet.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Export CSV' }));
  await user.type(await screen.findByLabelText('Password'), 'secret');
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  await waitFor(() => expect(save).toHaveBeenCalled());
  expect((save.mock.contexts[0] as HTMLAnchorElement).download).toBe('audit.csv');
});

it('who may not read the audit log is told who may', async () => {
  openApp('/settings/audit', sessionOf('manager'), {
    'GET /web/audit?limit=50': {
      status: 403,
      body: { code: 'role_required', error: 'Only Admins read it.' },
    },
    'GET /web/team/admins': { body: { admins: ['Ada L.'] } },
  });
  expect(await screen.findByText(/Only Admins read it\..*Admins: Ada L\./)).toBeTruthy();
});

it('warns of a short password and of plain HTTP', async () => {
  const session = sessionOf('admin', { insecure_http: true });
  openApp('/profile', { ...session, user: { ...session.user, has_short_password: true } }, {});
  expect(await screen.findByText(/Your password is shorter than 15 characters/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Choose a longer one' }).getAttribute('href')).toBe(
    '/settings/security',
  );
  expect(screen.getByText(/reached over plain HTTP/)).toBeTruthy();
});

it.each([
  ['admin', ['Team', 'Account', 'Callback settings', 'Audit', 'Profile', 'Security']],
  ['manager', ['Team', 'Callback settings', 'Profile', 'Security']],
  ['member', ['Team', 'Profile', 'Security']],
  ['labeler', ['Profile', 'Security']],
] as const)('the menu of the %s leads to %j', async (role, names) => {
  openApp('/profile', sessionOf(role), {});
  await screen.findByRole('heading', { name: 'Profile' });
  const menu = within(screen.getByRole('navigation', { name: 'Main' }));
  const links = menu
    .getAllByRole('link')
    .filter((link) => /^\/(settings|profile)/.test(link.getAttribute('href') ?? ''));
  expect(links.map(({ textContent }) => textContent)).toEqual(names);
});

it('pages without a mode keep the mode last used, and the toggle changes it in place', async () => {
  sessionStorage.setItem('weighbridge.mode', 'test');
  const { user } = openApp('/profile', sessionOf('admin'), {});
  const toggle = await screen.findByRole('switch', { name: 'Live mode' });
  expect(toggle.getAttribute('aria-checked')).toBe('false');
  expect(screen.getByRole('link', { name: 'Home' }).getAttribute('href')).toBe('/test');
  await user.click(toggle);
  await waitFor(() => expect(toggle.getAttribute('aria-checked')).toBe('true'));
  expect(screen.getByRole('link', { name: 'Home' }).getAttribute('href')).toBe('/live');
  expect(window.location.pathname).toBe('/profile');
});
