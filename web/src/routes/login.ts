/** The log-in page. It stands apart from the app, so that it loads without React. */
import { request } from '../api/client';
import type { Session } from '../api/types';
import { createLogInForm } from '../features/session/log-in-form';
import { safeNextPath } from '../lib/next-path';
import styles from './login.module.css';

export function showLogInPage(root: HTMLElement, search: string, goTo: (path: string) => void): void {
  document.title = 'Log in · Weighbridge';
  const next = safeNextPath(new URLSearchParams(search).get('next'));

  const page = document.createElement('main');
  page.className = styles.page ?? '';
  const card = document.createElement('div');
  card.className = styles.card ?? '';
  const name = document.createElement('p');
  name.className = styles.name ?? '';
  name.textContent = 'Weighbridge';
  const heading = document.createElement('h1');
  heading.textContent = 'Log in';
  const form = createLogInForm({ onLoggedIn: () => goTo(next) });
  card.append(name, heading, form);
  page.append(card);
  root.replaceChildren(page);
  form.querySelector('input')?.focus();

  // Somebody who is logged in already has no need of this page.
  request<Session>('GET', '/web/session', undefined, { withoutLogIn: true }).then(
    () => goTo(next),
    () => undefined,
  );
}
