/** The log-in form: of the log-in page, and of the dialog that opens when a session has ended. */
import { request } from '../../api/client';
import type { Session } from '../../api/types';
import type { PlainFormOptions } from './plain-form';

export interface LogInFormOptions {
  /** Filled in for a session that has ended. */
  email?: string;
  onLoggedIn: (session: Session) => void;
}

export function logInForm({ email = '', onLoggedIn }: LogInFormOptions): PlainFormOptions {
  return {
    fields: [
      { name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: email },
      { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' },
    ],
    submit: 'Log in',
    sending: 'Logging in…',
    onSubmit: async (credentials) =>
      onLoggedIn(await request<Session>('POST', '/web/session', credentials, { withoutLogIn: true })),
  };
}
