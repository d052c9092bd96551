/** The pages before the log-in, beside the log-in page itself. */
import { screen, waitFor } from '@testing-library/dom';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Visit } from '../features/session/entry-page';
import { takeFragmentToken } from '../lib/fragment-token';
import { fakeServer, type SentRequest } from '../testing/fake-server';
import { showConfirmPage } from './confirm';
import { showInvitePage } from './invite';
import { showLogInPage } from './login';
import { showResetPage } from './reset';
import { showSignUpPage } from './signup';

const goTo = vi.fn();

beforeEach(() => goTo.mockReset());

type Answer = ReturnType<Parameters<typeof fakeServer>[0]>;

/** Opens a page on a server that answers by method and path; the welcome is that of a developer's machine. */
function open(
  show: (root: HTMLElement, visit: Visit) => void,
  token: string | null,
  answers: Record<string, Answer | ((request: SentRequest) => Answer)> = {},
) {
  const sent = fakeServer((request) => {
    const answer = answers[`${request.method} ${request.path}`];
    if (answer === undefined && request.path === '/web/welcome') {
      return { body: { sign_up: 'open', mail: false, dev: true } };
    }
    if (answer === undefined) return { status: 401 };
    return typeof answer === 'function' ? answer(request) : answer;
  });
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  show(root, { search: '', token, goTo });
  return { user: userEvent.setup(), posts: () => sent.filter(({ method }) => method !== 'GET') };
}

const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
const password = () => screen.getByLabelText<HTMLInputElement>(/password$/i);

async function fillSignUp(user: ReturnType<typeof userEvent.setup>, secret: string) {
  await user.type(await screen.findByRole('textbox', { name: 'Company' }), 'Acme');
  await user.type(screen.getByRole('textbox', { name: 'Email' }), ' ada@acme.example ');
  await user.type(password(), secret);
  await user.click(screen.getByRole('button', { name: 'Sign up' }));
}

// --- Ways in from the log-in page ---

it.each([
  ['open', 1],
  ['domains', 1],
  ['invite', 0],
  ['closed', 0],
])('the log-in page links to the sign-up when it is %s: %i', async (sign_up, linked) => {
  const asked = vi.fn();
  open(showLogInPage, null, {
    'GET /web/welcome': () => {
      asked();
      return { body: { sign_up, mail: true, dev: false } };
    },
  });
  await waitFor(() => expect(asked).toHaveBeenCalled());
  await waitFor(() => expect(screen.queryAllByRole('link', { name: 'Sign up' })).toHaveLength(linked));
  expect(screen.getByRole('link', { name: 'Forgot password?' }).getAttribute('href')).toBe('/reset');
});

// --- Sign-up ---

it('case_107 a sign-up ends with "check your mail", with the mail of a developer’s machine at hand', async () => {
  const { user, posts } = open(showSignUpPage, null, {
    'POST /web/sign-up': { status: 202, body: { confirm: true } },
  });
  await fillSignUp(user, 'seven green lorries');
  await heading('Check your mail');
  expect(screen.getByText('ada@acme.example')).toBeTruthy();
  expect(screen.getByRole('link', { name: /mail of this server/ }).getAttribute('href')).toBe('/dev/mail');
  expect(posts()).toEqual([
    {
      method: 'POST',
      path: '/web/sign-up',
      body: { company: 'Acme', email: 'ada@acme.example', password: 'seven green lorries' },
    },
  ]);
});

it('where no mail can be sent, a sign-up leads into the app', async () => {
  const { user } = open(showSignUpPage, null, { 'POST /web/sign-up': { status: 201, body: { user: {} } } });
  await fillSignUp(user, 'seven green lorries');
  await waitFor(() => expect(goTo).toHaveBeenCalledWith('/'));
});

it('case_66 a password that is refused says why at its field and can be added to', async () => {
  const message = 'must have at least 15 characters';
  const { user } = open(showSignUpPage, null, {
    'POST /web/sign-up': {
      status: 400,
      body: {
        error: `password: ${message}`,
        code: 'invalid_parameter',
        param: 'password',
        errors: [{ path: 'password', message }],
      },
    },
  });
  await fillSignUp(user, 'fourteen chars');
  const error = await screen.findByText('Must have at least 15 characters');
  expect(password().getAttribute('aria-describedby')?.split(' ')).toContain(error.id);
  expect(password().getAttribute('aria-invalid')).toBe('true');
  expect(document.activeElement).toBe(password());
  expect(password().value).toBe('fourteen chars');
});

it('case_76 no secret is left when another field is refused', async () => {
  const { user } = open(showSignUpPage, null, {
    'POST /web/sign-up': {
      status: 409,
      body: { error: 'This address has an account.', code: 'email_taken' },
    },
  });
  await fillSignUp(user, 'seven green lorries');
  await screen.findByText('This address has an account.');
  expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Email' }));
  expect(password().value).toBe('');
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Company' }).value).toBe('Acme');
});

it('case_76 no secret is left when another field is missing', async () => {
  const { user, posts } = open(showSignUpPage, null);
  await user.type(await screen.findByLabelText('Password'), 'seven green lorries');
  await user.click(screen.getByRole('button', { name: 'Sign up' }));
  expect(screen.getByText('Company is required.')).toBeTruthy();
  expect(password().value).toBe('');
  expect(posts()).toEqual([]);
});

it('a busy server keeps what was typed, the password too', async () => {
  const { user } = open(showSignUpPage, null, { 'POST /web/sign-up': { status: 503, body: {} } });
  await fillSignUp(user, 'seven green lorries');
  expect((await screen.findByRole('alert')).textContent).toBe('The server is busy. Try again in a moment.');
  expect(password().value).toBe('seven green lorries');
});

it('case_76 a password field is for managers, can be shown, takes pastes, and its meter only advises', async () => {
  const { user, posts } = open(showSignUpPage, null, {
    'POST /web/sign-up': { status: 202, body: { confirm: true } },
  });
  await screen.findByRole('textbox', { name: 'Company' });
  const field = password();
  expect(field.autocomplete).toBe('new-password');
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Email' }).autocomplete).toBe('username');
  await user.click(screen.getByRole('button', { name: 'Show password' }));
  expect(field.type).toBe('text');
  await user.click(field);
  await user.paste('short');
  expect(field.value).toBe('short');
  expect(screen.getByText('10 more characters needed.')).toBeTruthy();
  await user.type(screen.getByRole('textbox', { name: 'Company' }), 'Acme');
  await user.type(screen.getByRole('textbox', { name: 'Email' }), 'ada@acme.example');
  await user.click(screen.getByRole('button', { name: 'Sign up' }));
  await waitFor(() => expect(posts()).toHaveLength(1));
  // Sent as a password, so that the browser does not keep it as a text.
  expect(field.type).toBe('password');
});

it.each([
  ['closed', /Sign-up is closed/],
  ['invite', /by invitation only/],
])('case_107 says that sign-up is %s', async (sign_up, text) => {
  open(showSignUpPage, null, { 'GET /web/welcome': { body: { sign_up, mail: true, dev: false } } });
  expect(await screen.findByText(text)).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Sign up' })).toBeNull();
});

it('a sign-up page that cannot ask the server says so and tries again', async () => {
  let online = false;
  const { user } = open(showSignUpPage, null, {
    'GET /web/welcome': () => (online ? { body: { sign_up: 'open', mail: true, dev: false } } : 'offline'),
  });
  await screen.findByText(/No connection/);
  online = true;
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('button', { name: 'Sign up' })).toBeTruthy();
});

// --- Links of mails ---

it('reads a token once and takes it out of the address', () => {
  window.history.replaceState(null, '', '/confirm?x=1#secret-token');
  expect(takeFragmentToken()).toBe('secret-token');
  expect(window.location.href).not.toContain('secret-token');
  expect(window.location.search).toBe('?x=1');
  expect(takeFragmentToken()).toBeNull();
});

it.each([
  ['confirm', showConfirmPage],
  ['reset', showResetPage],
  ['invite', showInvitePage],
])('case_104 opening /%s sends nothing, with a token or without', async (_name, show) => {
  for (const token of ['secret-token', null]) {
    const { posts } = open(show, token);
    await Promise.resolve();
    expect(posts()).toEqual([]);
    expect(document.body.innerHTML).not.toContain('secret-token');
  }
});

it('case_104 the button confirms the address', async () => {
  const { user, posts } = open(showConfirmPage, 'token', {
    'POST /web/confirm-email': { body: { email: 'ada@acme.example' } },
  });
  await user.click(screen.getByRole('button', { name: 'Confirm address' }));
  expect(await screen.findByText(/ada@acme.example is confirmed/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Log in' })).toBeTruthy();
  expect(posts()).toEqual([{ method: 'POST', path: '/web/confirm-email', body: { token: 'token' } }]);
});

it('case_104 a used link says so; an expired one offers another', async () => {
  const gone = (code: string, error: string): Answer => ({ status: 410, body: { code, error } });
  const used = open(showConfirmPage, 'token', {
    'POST /web/confirm-email': gone('link_used', 'This link was already used.'),
  });
  await used.user.click(screen.getByRole('button', { name: 'Confirm address' }));
  expect(await screen.findByText('This link was already used.')).toBeTruthy();
  expect(screen.queryByRole('button')).toBeNull();

  const { user, posts } = open(showConfirmPage, 'token', {
    'POST /web/confirm-email': gone('link_expired', 'This link has expired.'),
    'POST /web/confirm-email/resend': { status: 202 },
  });
  await user.click(screen.getByRole('button', { name: 'Confirm address' }));
  await user.click(await screen.findByRole('button', { name: 'Send a new link' }));
  await heading('Check your mail');
  expect(posts().at(-1)).toEqual({
    method: 'POST',
    path: '/web/confirm-email/resend',
    body: { token: 'token' },
  });
});

it('case_105 a reset says the same whether or not the address is known', async () => {
  const { user, posts } = open(showResetPage, null, { 'POST /web/password-reset': { status: 202 } });
  await user.type(screen.getByRole('textbox', { name: 'Email' }), 'nobody@acme.example');
  await user.click(screen.getByRole('button', { name: 'Send a link' }));
  await heading('Check your mail');
  expect(screen.getByText(/If somebody here has the address nobody@acme.example/)).toBeTruthy();
  expect(posts()[0]?.body).toEqual({ email: 'nobody@acme.example' });
});

it('a reset on a server without mail says who can help', async () => {
  const { user } = open(showResetPage, null, {
    'GET /web/welcome': { body: { sign_up: 'open', mail: false, dev: false } },
    'POST /web/password-reset': { status: 202 },
  });
  await user.type(screen.getByRole('textbox', { name: 'Email' }), 'ada@acme.example');
  await user.click(screen.getByRole('button', { name: 'Send a link' }));
  expect(await screen.findByText(/This server sends no mail/)).toBeTruthy();
});

it('case_106 the link of a reset sets a new password; a bad link asks for another', async () => {
  const good = open(showResetPage, 'token', { 'POST /web/password-reset/complete': { body: {} } });
  await good.user.type(screen.getByLabelText('New password'), 'seven green lorries');
  await good.user.click(screen.getByRole('button', { name: 'Set password' }));
  await heading('Password set');
  expect(good.posts()[0]?.body).toEqual({ token: 'token', password: 'seven green lorries' });

  const { user } = open(showResetPage, 'token', {
    'POST /web/password-reset/complete': {
      status: 410,
      body: { code: 'link_expired', error: 'It has expired.' },
    },
  });
  await user.type(screen.getByLabelText('New password'), 'seven green lorries');
  await user.click(screen.getByRole('button', { name: 'Set password' }));
  expect(await screen.findByText('It has expired.')).toBeTruthy();
  expect(screen.getByRole('textbox', { name: 'Email' })).toBeTruthy();
  expect(screen.queryByLabelText('New password')).toBeNull();
});

const invitation: Answer = { body: { company: 'Acme', email: 'leo@acme.example', role: 'labeler' } };

async function join(user: ReturnType<typeof userEvent.setup>) {
  await user.click(screen.getByRole('button', { name: 'Open the invitation' }));
  await heading('Join Acme');
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Leo');
  await user.type(password(), 'seven green lorries');
  await user.click(screen.getByRole('button', { name: 'Join' }));
}

it('case_108 an invitation says company, address and role, and sends no role of its own', async () => {
  const { user, posts } = open(showInvitePage, 'token', {
    'POST /web/invitation': invitation,
    'POST /web/invitation/accept': { status: 201 },
  });
  await join(user);
  await waitFor(() => expect(goTo).toHaveBeenCalledWith('/'));
  expect(posts().at(-1)?.body).toEqual({ token: 'token', name: 'Leo', password: 'seven green lorries' });
});

it('case_108 a withdrawn invitation says so', async () => {
  const { user } = open(showInvitePage, 'token', {
    'POST /web/invitation': {
      status: 410,
      body: { code: 'invitation_withdrawn', error: 'The invitation was withdrawn.' },
    },
  });
  await user.click(screen.getByRole('button', { name: 'Open the invitation' }));
  expect(await screen.findByText('The invitation was withdrawn.')).toBeTruthy();
  expect(screen.queryByRole('button')).toBeNull();
});

it('case_108 whoever is logged in by another address is told, and can log out to go on', async () => {
  let loggedIn = true;
  const { user, posts } = open(showInvitePage, 'token', {
    'POST /web/invitation': () =>
      loggedIn ? { status: 409, body: { error: 'You are logged in as ada@acme.example.' } } : invitation,
    'DELETE /web/session': () => {
      loggedIn = false;
      return { body: {} };
    },
  });
  await user.click(screen.getByRole('button', { name: 'Open the invitation' }));
  expect(await screen.findByText('You are logged in as ada@acme.example.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Log out and go on' }));
  await heading('Join Acme');
  expect(posts().map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /web/invitation',
    'DELETE /web/session',
    'POST /web/invitation',
  ]);
});
