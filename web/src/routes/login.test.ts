import { screen, waitFor } from '@testing-library/dom';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { fakeServer } from '../testing/fake-server';
import { showLogInPage } from './login';

const goTo = vi.fn();

beforeEach(() => {
  goTo.mockReset();
});

function open(search = '') {
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  showLogInPage(root, { search, token: null, goTo });
}

async function logIn(email: string, password: string) {
  const user = userEvent.setup();
  await user.type(screen.getByRole('textbox', { name: 'Email' }), email);
  await user.type(screen.getByLabelText('Password'), password);
  await user.click(screen.getByRole('button', { name: 'Log in' }));
}

it('logs in and goes to the page that was asked for', async () => {
  const sent = fakeServer(({ method }) => (method === 'GET' ? { status: 401 } : { body: {} }));
  open('?next=%2Flive%2Ftasks');
  await logIn('ada@example.com', 'correct horse');
  await waitFor(() => expect(goTo).toHaveBeenCalledWith('/live/tasks'));
  expect(sent.at(-1)).toEqual({
    method: 'POST',
    path: '/web/session',
    body: { email: 'ada@example.com', password: 'correct horse' },
  });
});

it('says what the server says when the password is wrong, and keeps what was typed', async () => {
  fakeServer(({ method }) =>
    method === 'GET' ? { status: 401 } : { status: 401, body: { error: 'E-mail or password is wrong.' } },
  );
  open();
  await logIn('ada@example.com', 'wrong');
  expect((await screen.findByRole('alert')).textContent).toBe('E-mail or password is wrong.');
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Email' }).value).toBe('ada@example.com');
  expect(document.activeElement).toBe(screen.getByLabelText('Password'));
  expect(goTo).not.toHaveBeenCalled();
});

it('says how long to wait after too many tries', async () => {
  fakeServer(({ method }) =>
    method === 'GET' ? { status: 401 } : { status: 429, body: {}, headers: { 'Retry-After': '300' } },
  );
  open();
  await logIn('ada@example.com', 'wrong');
  expect((await screen.findByRole('alert')).textContent).toBe('Too many tries. Try again in 5 minutes.');
});

it('asks for what is missing without a request', async () => {
  const sent = fakeServer(() => ({ status: 401 }));
  open();
  await userEvent.setup().click(screen.getByRole('button', { name: 'Log in' }));
  expect(screen.getByText('Email is required.')).toBeTruthy();
  expect(screen.getByText('Password is required.')).toBeTruthy();
  expect(sent.filter(({ method }) => method === 'POST')).toEqual([]);
});

it('sends those away who are logged in already', async () => {
  fakeServer(() => ({ body: {} }));
  open('?next=//evil.example');
  await waitFor(() => expect(goTo).toHaveBeenCalledWith('/'));
});
