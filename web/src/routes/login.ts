/** The log-in page. It stands apart from the app, so that it loads without React. */
import { request } from '../api/client';
import type { Session } from '../api/types';
import { link, links, showEntry, type Visit } from '../features/session/entry-page';
import { logInForm } from '../features/session/log-in-form';
import { createPlainForm } from '../features/session/plain-form';
import { fetchWelcome } from '../features/session/welcome';
import { safeNextPath } from '../lib/next-path';

export function showLogInPage(root: HTMLElement, { search, goTo }: Visit): void {
  const next = safeNextPath(new URLSearchParams(search).get('next'));
  const ways = links(link('/reset', 'Forgot password?'));
  showEntry(root, 'Log in', createPlainForm(logInForm({ onLoggedIn: () => goTo(next) })), ways);

  fetchWelcome().then(
    ({ sign_up }) => {
      if (sign_up === 'open' || sign_up === 'domains') ways.append(link('/signup', 'Sign up'));
    },
    // Who has an account needs no more than the form.
    () => undefined,
  );
  // Somebody who is logged in already has no need of this page.
  request<Session>('GET', '/web/session', undefined, { withoutLogIn: true }).then(
    () => goTo(next),
    () => undefined,
  );
}
