/**
 * The log-in form, made without React: the log-in page must weigh less than React does. The dialog that opens when a
 * session has ended shows the same form.
 */
import { ApiError, OfflineError, request } from '../../api/client';
import type { Session } from '../../api/types';
import { waitingTime } from '../../lib/time';
import styles from './log-in-form.module.css';

export interface LogInFormOptions {
  /** Filled in for a session that has ended. */
  email?: string;
  onLoggedIn: (session: Session) => void;
}

/** What to tell somebody whose log-in failed. */
export function logInFailureText(error: unknown): string {
  if (error instanceof OfflineError) return 'No connection to the server. Check the network and try again.';
  if (error instanceof ApiError) {
    if (error.status === 429) {
      const wait = error.retryAfterSeconds;
      return `Too many tries. ${wait === null ? 'Wait a while, then try again.' : `Try again in ${waitingTime(wait)}.`}`;
    }
    if (error.status === 503) return 'The server is busy. Try again in a moment.';
    return error.message;
  }
  return 'Log-in failed. Try again.';
}

export function createLogInForm({ email = '', onLoggedIn }: LogInFormOptions): HTMLFormElement {
  const form = document.createElement('form');
  form.className = styles.form ?? '';
  form.noValidate = true;

  const alert = document.createElement('p');
  alert.className = styles.alert ?? '';
  alert.setAttribute('role', 'alert');
  alert.hidden = true;

  const emailField = field('Email', 'email', 'username', email);
  const passwordField = field('Password', 'password', 'current-password', '');

  // A dialog moves the focus to the field that says so when it opens.
  (email === '' ? emailField : passwordField).input.autofocus = true;

  const button = document.createElement('button');
  button.type = 'submit';
  button.className = styles.submit ?? '';
  button.textContent = 'Log in';

  form.append(alert, emailField.row, passwordField.row, button);

  function showFailure(text: string, focus: HTMLInputElement): void {
    alert.textContent = text;
    alert.hidden = false;
    focus.focus();
  }

  let sending = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (sending) return;
    for (const { input, error, name } of [passwordField, emailField]) {
      const missing = input.value === '';
      input.setAttribute('aria-invalid', String(missing));
      error.textContent = missing ? `${name} is required.` : '';
      if (missing) input.focus();
    }
    if (emailField.input.value === '' || passwordField.input.value === '') {
      alert.hidden = true;
      return;
    }
    sending = true;
    button.setAttribute('aria-disabled', 'true');
    button.textContent = 'Logging in…';
    alert.hidden = true;
    try {
      const credentials = { email: emailField.input.value.trim(), password: passwordField.input.value };
      const session = await request<Session>('POST', '/web/session', credentials, { withoutLogIn: true });
      onLoggedIn(session);
    } catch (error) {
      showFailure(logInFailureText(error), passwordField.input);
    } finally {
      sending = false;
      button.removeAttribute('aria-disabled');
      button.textContent = 'Log in';
    }
  });
  return form;
}

let fieldCount = 0;

function field(name: string, type: 'email' | 'password', autocomplete: AutoFill, value: string) {
  fieldCount += 1;
  const row = document.createElement('div');
  const label = document.createElement('label');
  const input = document.createElement('input');
  const error = document.createElement('p');
  input.id = `log-in-${type}-${fieldCount}`;
  input.type = type;
  input.name = type;
  input.autocomplete = autocomplete;
  input.value = value;
  input.required = true;
  input.setAttribute('aria-describedby', `${input.id}-error`);
  label.htmlFor = input.id;
  label.textContent = name;
  error.id = `${input.id}-error`;
  error.className = styles.error ?? '';
  row.append(label, input, error);
  return { row, input, error, name };
}
