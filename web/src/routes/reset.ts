/** `/reset`: asks for the address; with the token of the mail, for the new password. */
import { ApiError, request } from '../api/client';
import { devMailLink, link, links, paragraph, showEntry, type Visit } from '../features/session/entry-page';
import { createPlainForm } from '../features/session/plain-form';
import { fetchWelcome } from '../features/session/welcome';

const TITLE = 'Reset your password';
const NO_LOG_IN = { withoutLogIn: true };

export function showResetPage(root: HTMLElement, { token }: Visit): void {
  if (token === null) showAskForLink(root);
  else showNewPassword(root, token);
}

function showAskForLink(root: HTMLElement, why?: string): void {
  const form = createPlainForm({
    fields: [{ name: 'email', label: 'Email', type: 'email', autocomplete: 'username' }],
    submit: 'Send a link',
    sending: 'Sending…',
    onSubmit: async ({ email = '' }) => {
      await request('POST', '/web/password-reset', { email }, NO_LOG_IN);
      const welcome = await fetchWelcome().catch(() => null);
      const sends = welcome === null || welcome.mail || welcome.dev;
      showEntry(
        root,
        sends ? 'Check your mail' : TITLE,
        paragraph(
          sends
            ? `If somebody here has the address ${email}, a mail is on its way. Its link works for 30 minutes.`
            : 'This server sends no mail. Whoever runs it can set a new password for you.',
        ),
        ...devMailLink(welcome),
        links(link('/login', 'Log in')),
      );
    },
  });
  showEntry(
    root,
    TITLE,
    ...(why === undefined ? [] : [paragraph(why)]),
    paragraph('Enter the address that you log in with. We send a link to set a new password.'),
    form,
    links(link('/login', 'Log in')),
  );
}

function showNewPassword(root: HTMLElement, token: string): void {
  const form = createPlainForm({
    fields: [
      {
        name: 'password',
        label: 'New password',
        type: 'password',
        autocomplete: 'new-password',
        advise: true,
      },
    ],
    submit: 'Set password',
    sending: 'Setting…',
    known: ['weighbridge'],
    onSubmit: async ({ password }) => {
      try {
        await request('POST', '/web/password-reset/complete', { token, password }, NO_LOG_IN);
      } catch (error) {
        if (!(error instanceof ApiError) || (error.status !== 410 && error.status !== 404)) throw error;
        showAskForLink(root, error.message);
        return;
      }
      showEntry(
        root,
        'Password set',
        paragraph(
          'The new password holds from now on. Every browser that was logged in has been logged out.',
        ),
        links(link('/login', 'Log in')),
      );
    },
  });
  showEntry(root, TITLE, form);
}
