/** `/signup`: makes an account of one's own, where the operator allows it. */
import { request } from '../api/client';
import type { Session } from '../api/types';
import { devMailLink, link, links, paragraph, showEntry, type Visit } from '../features/session/entry-page';
import { createPlainForm, failureText } from '../features/session/plain-form';
import { fetchWelcome, type Welcome } from '../features/session/welcome';
import { element } from '../lib/dom';

const TITLE = 'Sign up';

export async function showSignUpPage(root: HTMLElement, visit: Visit): Promise<void> {
  const logIn = links(link('/login', 'Log in'));
  showEntry(root, TITLE, paragraph('Loading…'));
  let welcome: Welcome;
  try {
    welcome = await fetchWelcome();
  } catch (error) {
    const again = createPlainForm({
      fields: [],
      submit: 'Try again',
      sending: 'Asking…',
      onSubmit: () => showSignUpPage(root, visit),
    });
    showEntry(root, TITLE, paragraph(failureText(error)), again);
    return;
  }
  if (welcome.sign_up === 'closed') {
    showEntry(
      root,
      TITLE,
      paragraph('Sign-up is closed on this server. Whoever runs it can make an account for you.'),
      logIn,
    );
    return;
  }
  if (welcome.sign_up === 'invite') {
    showEntry(
      root,
      TITLE,
      paragraph('Sign-up is by invitation only. Ask an Admin of your company’s account for one.'),
      logIn,
    );
    return;
  }
  const form = createPlainForm({
    fields: [
      { name: 'company', label: 'Company', type: 'text', autocomplete: 'organization' },
      {
        name: 'email',
        label: 'Email',
        type: 'email',
        autocomplete: 'username',
        ...(welcome.sign_up === 'domains'
          ? { hint: 'This server takes addresses of certain companies only.' }
          : {}),
      },
      { name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', advise: true },
    ],
    submit: 'Sign up',
    sending: 'Signing up…',
    known: ['weighbridge'],
    fieldOfCode: { email_taken: 'email' },
    onSubmit: async (values) => {
      const answer = await request<Session | { confirm: true }>('POST', '/web/sign-up', values, {
        withoutLogIn: true,
      });
      if ('confirm' in answer) showCheckMail(root, values.email ?? '', welcome);
      else visit.goTo('/');
    },
  });
  const already = element('p', {}, 'You have an account? ', link('/login', 'Log in'));
  showEntry(root, TITLE, form, already);
}

/** The same for a new address and for one that is taken: only the mail tells. */
function showCheckMail(root: HTMLElement, email: string, welcome: Welcome): void {
  showEntry(
    root,
    'Check your mail',
    paragraph(
      'We sent a mail to ',
      element('strong', { textContent: email }),
      '. Its link confirms the address and works for 24 hours. After that you can log in.',
    ),
    ...devMailLink(welcome),
    paragraph('No mail? Look among unwanted mail, or sign up again.'),
    links(link('/login', 'Log in')),
  );
}
