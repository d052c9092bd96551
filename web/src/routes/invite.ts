/** `/invite#TOKEN`: joins an account. Opening the page does nothing, since mail scanners open links too. */
import { ApiError, request } from '../api/client';
import type { Role, Session } from '../api/types';
import { link, links, paragraph, showEntry, type Visit } from '../features/session/entry-page';
import { createPlainForm } from '../features/session/plain-form';
import { ROLES } from '../lib/roles';

const TITLE = 'Invitation';
const NO_LOG_IN = { withoutLogIn: true };

interface Invitation {
  company: string;
  email: string;
  role: Role;
}

export function showInvitePage(root: HTMLElement, visit: Visit): void {
  const { token } = visit;
  if (token === null) {
    showEntry(
      root,
      TITLE,
      paragraph('Open the link of the mail that invited you. Each opening of this page needs it anew.'),
      links(link('/login', 'Log in')),
    );
    return;
  }
  const form = createPlainForm({
    fields: [],
    submit: 'Open the invitation',
    sending: 'Opening…',
    onSubmit: () => openInvitation(root, visit, token),
  });
  showEntry(root, TITLE, paragraph('You have been invited to work with others on Weighbridge.'), form);
}

async function openInvitation(root: HTMLElement, visit: Visit, token: string): Promise<void> {
  try {
    showJoin(root, visit, token, await request('POST', '/web/invitation', { token }, NO_LOG_IN));
  } catch (error) {
    showWhyNot(root, visit, token, error);
  }
}

function showJoin(root: HTMLElement, visit: Visit, token: string, invitation: Invitation): void {
  const { company, email, role } = invitation;
  const form = createPlainForm({
    fields: [
      {
        name: 'email',
        label: 'Email',
        type: 'email',
        autocomplete: 'username',
        value: email,
        readOnly: true,
      },
      { name: 'name', label: 'Name', type: 'text', autocomplete: 'name', hint: 'As others here know you.' },
      { name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', advise: true },
    ],
    submit: 'Join',
    sending: 'Joining…',
    known: ['weighbridge', company],
    onSubmit: async ({ name, password }) => {
      try {
        const body = { token, name, password };
        await request<Session>('POST', '/web/invitation/accept', body, NO_LOG_IN);
      } catch (error) {
        showWhyNot(root, visit, token, error);
        return;
      }
      visit.goTo('/');
    },
  });
  const { name, may } = ROLES[role];
  showEntry(root, `Join ${company}`, paragraph(`You will be a ${name}: ${may}`), form);
}

/** Shows why the link does not work, or not for whoever is logged in; any other failure belongs to the form. */
function showWhyNot(root: HTMLElement, visit: Visit, token: string, error: unknown): void {
  if (!(error instanceof ApiError) || ![403, 404, 409, 410].includes(error.status)) throw error;
  if (error.status === 409) {
    // The invitation stays good for the one whom it names.
    const form = createPlainForm({
      fields: [],
      submit: 'Log out and go on',
      sending: 'Logging out…',
      onSubmit: async () => {
        await request('DELETE', '/web/session', {}, NO_LOG_IN);
        await openInvitation(root, visit, token);
      },
    });
    showEntry(root, TITLE, paragraph(error.message), form, links(link('/', 'Stay logged in')));
    return;
  }
  showEntry(
    root,
    TITLE,
    paragraph(error.message),
    paragraph('Ask whoever invited you for a new invitation.'),
    links(link('/login', 'Log in')),
  );
}
