import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { Role } from '../api/types';
import type { AccessRequest, Invitation, Person, Team } from '../features/team/team';
import { openApp, sessionOf } from '../testing/open-app';

afterEach(cleanup);

const AT = '2026-11-24T09:12:00.000Z';
const ROLE_NAMES = ['admin', 'manager', 'member', 'labeler'] as const;

/** One person of each role; the viewer is the one of their role. Another Admin is there as well. */
function teamFor(viewer: Role): Team {
  const person = (user_id: string, name: string, role: Role): Person => ({
    ...{ user_id, name, role, active: true, you: user_id === `user-${viewer}` },
    ...(viewer === 'member' ? {} : { email: `${user_id}@acme.example`, last_log_in_at: AT }),
  });
  return {
    people: [
      ...ROLE_NAMES.map((role) => person(`user-${role}`, `The ${role}`, role)),
      person('user-adam', 'Adam', 'admin'),
    ],
  };
}

const invitation: Invitation = {
  ...{ invitation_id: 'i1', email: 'mia@acme.example', role: 'member', invited_by: 'Ada' },
  ...{ created_at: AT, expires_at: '2026-12-01T09:12:00.000Z', state: 'open' },
};
const request: AccessRequest = {
  ...{ request_id: 'r1', user_id: 'user-member', name: 'The member', note: 'For the gates.' },
  ...{ origin: 'person', created_at: AT },
};
const refusal = { status: 403, body: { code: 'reauthentication_required', error: 'Enter your password.' } };

async function row(name: string) {
  return within((await screen.findByRole('rowheader', { name: new RegExp(name) })).closest('tr') ?? fail());
}

function fail(): never {
  throw new Error('the name is in no row');
}

it.each([
  // Self: only down. Others: what 2.6 gives.
  ['admin', 'The admin', ['Manager', 'Member', 'Labeler']],
  ['admin', 'Adam', ['Manager', 'Member', 'Labeler']],
  ['admin', 'The manager', ['Admin', 'Member', 'Labeler']],
  ['admin', 'The member', ['Admin', 'Manager', 'Labeler']],
  ['manager', 'The admin', []],
  ['manager', 'The manager', ['Member', 'Labeler']],
  ['manager', 'The member', ['Labeler']],
  ['manager', 'The labeler', ['Member']],
] as const)('case_110 the %s may give %s the roles %j', async (viewer, name, roles) => {
  const { user } = openApp('/settings/team', sessionOf(viewer), {
    'GET /web/team': { body: teamFor(viewer) },
  });
  const button = (await row(name)).queryByRole('button', { name: `Change role of ${name}` });
  if (roles.length === 0) {
    expect(button).toBeNull();
    return;
  }
  await user.click(button ?? fail());
  const names = screen.getAllByRole('radio').map((radio) => radio.closest('label')?.querySelector('strong'));
  expect(names.map((element) => element?.textContent)).toEqual(roles);
});

it.each([
  ['admin', ['Adam', 'The manager', 'The member', 'The labeler']],
  ['manager', ['The member', 'The labeler']],
] as const)('case_110 the %s may deactivate %j', async (viewer, names) => {
  openApp('/settings/team', sessionOf(viewer), { 'GET /web/team': { body: teamFor(viewer) } });
  await row('Adam');
  const buttons = screen.getAllByRole('button', { name: /^Deactivate/ });
  expect(buttons.map((button) => button.textContent?.replace('Deactivate ', '')).toSorted()).toEqual(
    names.toSorted(),
  );
});

it.each([
  ['admin', ['Admin', 'Manager', 'Member', 'Labeler']],
  ['manager', ['Member', 'Labeler']],
] as const)('case_108 the %s may invite to %j', async (viewer, roles) => {
  openApp('/settings/team', sessionOf(viewer), { 'GET /web/team': { body: teamFor(viewer) } });
  const select = await screen.findByRole('combobox', { name: 'Role' });
  expect(
    within(select)
      .getAllByRole('option')
      .map(({ textContent }) => textContent),
  ).toEqual(roles);
});

it('a Member sees names and roles only', async () => {
  openApp('/settings/team', sessionOf('member'), { 'GET /web/team': { body: teamFor('member') } });
  await row('Adam');
  expect(screen.getAllByRole('columnheader').map(({ textContent }) => textContent)).toEqual(['Name', 'Role']);
  expect(screen.queryByRole('button', { name: 'Invite' })).toBeNull();
});

it('case_54 a Labeler is told that the page is not theirs, and who the Admins are', async () => {
  openApp('/settings/team', sessionOf('labeler'), {
    'GET /web/team': { status: 403, body: { code: 'role_required', error: 'Your role does not permit it.' } },
    'GET /web/team/admins': { body: { admins: ['Ada L.', 'Ben K.'] } },
  });
  expect(await screen.findByText(/Admins: Ada L., Ben K\./)).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'Team' })).toBeNull();
});

it('says when one is alone', async () => {
  const you = teamFor('admin').people.filter((person) => person.you);
  openApp('/settings/team', sessionOf('admin'), { 'GET /web/team': { body: { people: you } } });
  expect(await screen.findByText('Only you so far.')).toBeTruthy();
});

it('a failure shows its reference and can be tried again', async () => {
  let broken = true;
  const { user } = openApp('/settings/team', sessionOf('admin'), {
    'GET /web/team': () =>
      broken
        ? { status: 400, body: { error: 'Something broke.', request_id: 'req_1' } }
        : { body: teamFor('admin') },
  });
  expect(await screen.findByText('req_1')).toBeTruthy();
  broken = false;
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await row('Adam');
});

it('invites by mail and keeps what was typed when that fails', async () => {
  let full = true;
  const { user, changes } = openApp('/settings/team', sessionOf('manager'), {
    'GET /web/team': { body: teamFor('manager') },
    'POST /web/team/invitations': () =>
      full ? { status: 409, body: { error: 'Fifty invitations a day are the most.' } } : { status: 201 },
  });
  const email = await screen.findByRole<HTMLInputElement>('textbox', { name: 'Email' });
  await user.click(screen.getByRole('button', { name: 'Invite' }));
  expect(screen.getByText('Email is required.')).toBeTruthy();
  await user.type(email, 'mia@acme.example');
  await user.selectOptions(screen.getByRole('combobox', { name: 'Role' }), 'member');
  await user.click(screen.getByRole('button', { name: 'Invite' }));
  await screen.findByText('Fifty invitations a day are the most.');
  expect(email.value).toBe('mia@acme.example');
  full = false;
  await user.click(screen.getByRole('button', { name: 'Invite' }));
  expect(await screen.findByText(/Invited mia@acme.example/)).toBeTruthy();
  expect(email.value).toBe('');
  expect(changes().at(-1)?.body).toEqual({ email: 'mia@acme.example', role: 'member' });
});

it.each([
  [{ mail: true, dev: false }, 0],
  [{ mail: false, dev: true }, 0],
  [{ mail: false, dev: false }, 1],
])('with %j it warns that invitations reach nobody: %i', async (welcome, warnings) => {
  let asked = false;
  openApp('/settings/team', sessionOf('admin'), {
    'GET /web/team': { body: teamFor('admin') },
    'GET /web/welcome': () => {
      asked = true;
      return { body: { sign_up: 'open', ...welcome } };
    },
  });
  await row('Adam');
  await waitFor(() => expect(asked).toBe(true));
  await waitFor(() => expect(screen.queryAllByText(/sends no mail/)).toHaveLength(warnings));
});

it('case_87 what needs a recent log-in asks for the password, then goes on by itself', async () => {
  let confirmed = false;
  const { user, changes } = openApp('/settings/team', sessionOf('admin'), {
    'GET /web/team': { body: teamFor('admin') },
    'PUT /web/team/people/user-member/role': () => (confirmed ? { body: {} } : refusal),
    'POST /web/session/confirm': ({ body }) => {
      confirmed = (body as { password: string }).password === 'right';
      return confirmed
        ? { body: {} }
        : { status: 403, body: { code: 'wrong_password', error: 'The password is wrong.' } };
    },
  });
  await user.click((await row('The member')).getByRole('button', { name: /Change role/ }));
  await user.click(screen.getByRole('radio', { name: /^Admin/ }));
  await user.click(screen.getByRole('button', { name: 'Make The member Admin' }));
  await user.type(await screen.findByLabelText('Password'), 'wrong');
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  expect(await screen.findByText('The password is wrong.')).toBeTruthy();
  await user.clear(screen.getByLabelText('Password'));
  await user.type(screen.getByLabelText('Password'), 'right');
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(changes().at(-1)).toEqual({
    method: 'PUT',
    path: '/web/team/people/user-member/role',
    body: { role: 'admin' },
  });
});

it('case_87 closing the question for the password does nothing and says nothing', async () => {
  const { user, changes } = openApp('/settings/team', sessionOf('admin'), {
    'GET /web/team': { body: teamFor('admin') },
    'DELETE /web/team/people/user-adam/sessions': refusal,
  });
  await user.click((await row('Adam')).getByRole('button', { name: /End sessions/ }));
  await user.click(await screen.findByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(screen.queryByRole('alert')).toBeNull();
  expect(changes()).toHaveLength(1);
});

it('case_109 the last Admin is told why the role stays', async () => {
  const text = 'You are the only Admin. Make someone else Admin first.';
  const { user } = openApp('/settings/team', sessionOf('admin'), {
    'GET /web/team': { body: teamFor('admin') },
    'PUT /web/team/people/user-admin/role': { status: 409, body: { code: 'last_admin', error: text } },
  });
  await user.click((await row('The admin')).getByRole('button', { name: /Change role/ }));
  expect(screen.getByText(/This is your own role/)).toBeTruthy();
  await user.click(screen.getByRole('radio', { name: /^Member/ }));
  await user.click(screen.getByRole('button', { name: 'Make me Member' }));
  expect(await screen.findByText(text)).toBeTruthy();
});

it('after deactivating it names the keys that the person may know and leads to rolling them', async () => {
  const { user } = openApp('/settings/team', sessionOf('admin'), {
    'GET /web/team': { body: teamFor('admin') },
    'POST /web/team/people/user-member/deactivate': {
      body: { keys: [{ key_id: 'k', name: 'gates', hint: 'live_…4f2a', environment: 'live' }] },
    },
  });
  await user.click((await row('The member')).getByRole('button', { name: /Deactivate/ }));
  await user.click(screen.getByRole('button', { name: 'Deactivate' }));
  expect(await screen.findByText('live_…4f2a')).toBeTruthy();
  expect(screen.getByRole('link', { name: /Roll them/ }).getAttribute('href')).toBe('/live/api-keys');
});

it('case_55 the link of the mail marks the person, and the Admin decides', async () => {
  let open = true;
  const { user, changes } = openApp('/settings/team?person=user-member', sessionOf('admin'), {
    'GET /web/team': () => ({ body: { ...teamFor('admin'), requests: open ? [request] : [] } }),
    'POST /web/access-requests/r1/grant': () => {
      open = false;
      return { body: {} };
    },
  });
  expect(await screen.findByText('For the gates.')).toBeTruthy();
  const marked = document.querySelectorAll('[aria-current="true"]');
  expect([...marked].map(({ tagName }) => tagName).toSorted()).toEqual(['LI', 'TR']);
  await user.click(screen.getByRole('button', { name: 'Make Manager' }));
  expect(await screen.findByText('The member is Manager now.')).toBeTruthy();
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Make Manager' })).toBeNull());
  expect(changes()).toHaveLength(1);
});

it('invitations show their state and can be sent again, withdrawn, approved', async () => {
  const { user, changes } = openApp('/settings/team', sessionOf('admin'), {
    'GET /web/team': {
      body: {
        ...teamFor('admin'),
        invitations: [
          invitation,
          { ...invitation, invitation_id: 'i2', email: 'key@acme.example', state: 'waits_for_admin' },
          { ...invitation, invitation_id: 'i3', email: 'late@acme.example', state: 'expired' },
        ],
      },
    },
  });
  expect(await screen.findByText('waits for an Admin')).toBeTruthy();
  expect(screen.getByText('expired')).toBeTruthy();
  await user.click((await row('late@')).getByRole('button', { name: /Resend/ }));
  await user.click((await row('mia@')).getByRole('button', { name: /Withdraw/ }));
  await user.click((await row('key@')).getByRole('button', { name: /Approve/ }));
  await waitFor(() =>
    expect(changes().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /web/team/invitations/i3/resend',
      'DELETE /web/team/invitations/i1',
      'POST /web/team/invitations/i2/approve',
    ]),
  );
});
