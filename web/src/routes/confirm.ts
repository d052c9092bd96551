/** `/confirm#TOKEN`: confirms an address. Opening the page does nothing, since mail scanners open links too. */
import { ApiError, request } from '../api/client';
import { devMailLink, link, links, paragraph, showEntry, type Visit } from '../features/session/entry-page';
import { createPlainForm } from '../features/session/plain-form';
import { fetchWelcome } from '../features/session/welcome';

const TITLE = 'Confirm your address';

export function showConfirmPage(root: HTMLElement, { token }: Visit): void {
  if (token === null) {
    showEntry(
      root,
      TITLE,
      paragraph('Open the link of the mail that we sent you. Each opening of this page needs it anew.'),
      links(link('/login', 'Log in')),
    );
    return;
  }
  const form = createPlainForm({
    fields: [],
    submit: 'Confirm address',
    sending: 'Confirming…',
    onSubmit: async () => {
      try {
        const { email } = await request<{ email: string }>(
          'POST',
          '/web/confirm-email',
          { token },
          NO_LOG_IN,
        );
        showConfirmed(root, `The address ${email} is confirmed. You can log in now.`);
      } catch (error) {
        if (!(error instanceof ApiError) || (error.status !== 410 && error.status !== 404)) throw error;
        if (error.code === 'link_used') showConfirmed(root, error.message);
        else showBroken(root, token, error);
      }
    },
  });
  showEntry(root, TITLE, paragraph('Press the button to confirm that this address is yours.'), form);
}

const NO_LOG_IN = { withoutLogIn: true };

function showConfirmed(root: HTMLElement, text: string): void {
  showEntry(root, TITLE, paragraph(text), links(link('/login', 'Log in')));
}

function showBroken(root: HTMLElement, token: string, error: ApiError): void {
  if (error.code !== 'link_expired') {
    showEntry(root, TITLE, paragraph(error.message), links(link('/login', 'Log in')));
    return;
  }
  const resend = createPlainForm({
    fields: [],
    submit: 'Send a new link',
    sending: 'Sending…',
    onSubmit: async () => {
      await request('POST', '/web/confirm-email/resend', { token }, NO_LOG_IN);
      const welcome = await fetchWelcome().catch(() => null);
      showEntry(
        root,
        'Check your mail',
        paragraph('A new mail is on its way. Its link works for 24 hours.'),
        ...devMailLink(welcome),
      );
    },
  });
  showEntry(root, TITLE, paragraph(error.message), resend);
}
