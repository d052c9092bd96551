/** People, invitations, sessions and the audit log of the mock server. */
type Body = Record<string, unknown>;

/** Throws what the mock server answers as an error. */
type Refuse = (status: number, body: Body) => never;

export interface MockViewer {
  id: string;
  email: string;
  name: string;
  role: string;
  capabilities: string[];
}

const AT = '2026-11-24T09:12:00.000Z';

let people = [
  { user_id: 'user-admin', name: 'Ada Lind', role: 'admin', active: true, email: 'admin@example.com' },
  {
    user_id: 'user-manager',
    name: 'Ben Krause',
    role: 'manager',
    active: true,
    email: 'manager@example.com',
  },
  { user_id: 'user-member', name: 'Max Berg', role: 'member', active: true, email: 'member@example.com' },
  { user_id: 'user-labeler', name: 'Lea Holm', role: 'labeler', active: true, email: 'labeler@example.com' },
  { user_id: 'user-gone', name: 'Gus Old', role: 'labeler', active: false, email: 'gus@example.com' },
];
let invitations = [
  invitation('invitation1', 'mia.with.a.long.address@subsidiary.example.com', 'member', 'open'),
  invitation('invitation2', 'late@example.com', 'labeler', 'expired'),
  invitation('invitation3', 'key@example.com', 'manager', 'waits_for_admin'),
];
let asked: string | null = null;

/** The request for access of whoever is logged in. */
function mine(): Body {
  return {
    state: asked === null ? 'none' : 'open',
    created_at: asked,
    again_at: asked === null ? null : new Date(Date.parse(asked) + 86_400_000).toISOString(),
    admins: ['Ada L.', 'Ben K.'],
  };
}

let requests = [
  {
    ...{ request_id: 'request1', user_id: 'user-member', name: 'Max Berg', origin: 'person', created_at: AT },
    note: 'I set up the gate cameras and need the test key for it.',
  },
];
let sessions = [
  session('session1', true, 'Chromium on Linux', '192.0.2.7'),
  session('session2', false, 'Firefox on Windows', '2001:db8::17'),
];

function invitation(invitation_id: string, email: string, role: string, state: string) {
  return {
    ...{ invitation_id, email, role, state, invited_by: state === 'waits_for_admin' ? null : 'Ada Lind' },
    ...{ created_at: AT, expires_at: '2026-12-01T09:12:00.000Z' },
  };
}

function session(session_id: string, current: boolean, browser: string, address: string) {
  const user_agent = `Mozilla/5.0 (${browser})`;
  return { session_id, current, browser, user_agent, address, created_at: AT, last_seen_at: AT };
}

/** What nobody needs to be logged in for; undefined where the address is another's. */
export function welcomeRoutes(path: string, body: Body, refuse: Refuse): unknown {
  switch (path) {
    case '/web/welcome':
      return { sign_up: 'open', mail: false, dev: true };
    case '/web/sign-up':
      if (String(body.password).length < 15) {
        return refuse(400, {
          code: 'invalid_parameter',
          error: 'password must have at least 15 characters',
          param: 'password',
        });
      }
      return { confirm: true };
    case '/web/confirm-email':
      if (body.token === 'old') {
        return refuse(410, { code: 'link_expired', error: 'This link has expired: it worked for 24 hours.' });
      }
      return { email: 'ada@example.com' };
    case '/web/invitation':
      return { company: 'Yard Logistics', email: 'mia@example.com', role: 'member' };
    case '/web/confirm-email/resend':
    case '/web/password-reset':
    case '/web/password-reset/complete':
    case '/web/invitation/accept':
      return {};
    default:
      return undefined;
  }
}

/** What belongs to the account or the person; undefined where the address is another's. */
export function peopleRoutes(
  method: string,
  path: string[],
  body: Body,
  viewer: MockViewer,
  refuse: Refuse,
): unknown {
  const can = (capability: string) => viewer.capabilities.includes(capability);
  const need = (capability: string) =>
    can(capability) ||
    refuse(403, { code: 'role_required', error: `Your role, ${viewer.role}, does not permit this.` });
  const [noun, id, action, verb] = path;
  switch (noun) {
    case 'profile':
      if (id === 'password' && body.current_password !== 'weighbridge') {
        return refuse(403, { code: 'wrong_password', error: 'The password is wrong.' });
      }
      return {};
    case 'account':
      need('rename_account');
      return {};
    case 'sessions':
      if (method === 'DELETE') {
        sessions = sessions.filter((one) => one.current || (id !== undefined && one.session_id !== id));
      }
      return { sessions };
    case 'audit':
      need('read_audit');
      return { entries: AUDIT, more: false };
    case 'access-requests':
      if (id === undefined) asked = new Date().toISOString();
      if (id === undefined || id === 'mine') return mine();
      requests = requests.filter(({ request_id }) => request_id !== id);
      return {};
    case 'team':
      break;
    default:
      return undefined;
  }
  if (id === 'admins') return { admins: ['Ada Lind'] };
  need('see_team');
  if (id === 'invitations') {
    if (method === 'DELETE') invitations = invitations.filter((one) => one.invitation_id !== action);
    if (method === 'POST' && action === undefined) {
      invitations.push(invitation(`invitation${Date.now()}`, String(body.email), String(body.role), 'open'));
    }
    return {};
  }
  if (id === 'people') {
    people = people.map((person) => {
      if (person.user_id !== action) return person;
      if (verb === 'role') return { ...person, role: String(body.role) };
      return verb === 'sessions' ? person : { ...person, active: verb === 'reactivate' };
    });
    return {
      keys: [{ key_id: 'live-key', name: 'default', hint: 'live_…4f2a', environment: 'live' }],
    };
  }
  const details = can('see_team_details');
  return {
    people: people.map(({ email, ...person }) => ({
      ...person,
      you: person.user_id === viewer.id,
      ...(details ? { email, last_log_in_at: person.active ? AT : null } : {}),
    })),
    ...(details ? { invitations } : {}),
    ...(can('change_manager') ? { requests } : {}),
  };
}

const AUDIT = [
  entry(4, 'key.roll', 'Rolled the live key default', { hint: 'live_…4f2a' }, { hint: 'live_…81c0' }),
  entry(3, 'user.set_role', 'Made Ben Krause Manager', { role: 'member' }, { role: 'manager' }),
  entry(2, 'invitation.create', 'Invited mia@example.com as Member', null, { role: 'member' }),
  entry(1, 'account.create', 'Made the account Yard Logistics', null, null),
];

function entry(seq: number, action: string, text: string, before: unknown, after: unknown) {
  return {
    ...{ seq, at: AT, action, text, before, after, target: '66b0c4d1e5a7f30912ab34cd' },
    actor: { kind: 'user', id: 'user-admin', name: 'Ada Lind' },
    ...{ environment: action === 'key.roll' ? 'live' : null, address: '192.0.2.7' },
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  };
}
