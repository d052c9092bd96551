import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Keys, Mode, Role } from '../api/types';
import { signingSecretOf, signingSecretsOf } from '../testing/callback-settings';
import { fakeServer, type SentRequest } from '../testing/fake-server';
import { keyOf, keysOf } from '../testing/keys';
import { renderApp, sessionOf, streams } from '../testing/open-app';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const LIVE_KEY = `live_wb${'0'.repeat(32)}0qqfUM`;
const RECEIPT = { confirmed_by: 3, unconfirmed: 0, in_force_everywhere_by: '2026-11-25T14:02:10Z' };
const ADMINS = ['Ada L.', 'Ben K.'];

interface Given {
  role?: Role;
  keys?: Keys;
  /** What a request that changes something gets; nothing for the rest. */
  answer?: (request: SentRequest) => { status?: number; body?: unknown } | undefined;
}

/** The page, with a server whose role and keys a test can change while it is open. */
function open({ role = 'admin', keys = keysOf(), answer = () => undefined }: Given = {}) {
  const server = { role, keys, signing: { live: signingSecretsOf(), test: signingSecretsOf() } };
  const sent = fakeServer((request) => {
    const given = answer(request);
    if (given) return given;
    if (request.path === '/web/session') return { body: sessionOf(server.role) };
    if (request.path === '/web/keys') return { body: server.keys };
    const [, mode] = /^\/web\/(live|test)\/signing-secrets$/.exec(request.path) ?? [];
    if (mode) return { body: server.signing[mode as Mode] };
    if (request.path === '/web/access-requests/mine') return { body: { state: 'none', admins: ADMINS } };
    if (request.path.endsWith('/projects')) return { body: [] };
    return { status: 404, body: { error: 'No such path.' } };
  });
  renderApp('/live/api-keys');
  return { server, sent, user: userEvent.setup({ delay: null }) };
}

const card = (name: string) => screen.findByRole('region', { name });
const button = (within_: HTMLElement, name: string) => within(within_).getByRole('button', { name });

it('case 52 a key is shown only after Reveal, and for 60 s', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { user } = open({
    answer: ({ path }) => (path.endsWith('/reveal') ? { body: { key: LIVE_KEY } } : undefined),
  });
  const live = await card('Live API key');
  expect(within(live).getByText('live_wb…4f2a')).toBeTruthy();
  expect(document.body.textContent).not.toContain(LIVE_KEY);
  await user.click(button(live, 'Reveal'));
  await within(live).findByText(LIVE_KEY);
  expect(live.textContent).toContain(
    'Anyone with this key can act for your account in live mode and cause charges. Keep it on servers.',
  );
  await vi.advanceTimersByTimeAsync(61_000);
  await waitFor(() => expect(document.body.textContent).not.toContain(LIVE_KEY));
});

it('case 87 Reveal of a live key asks for the password when the log-in is old', async () => {
  let confirmed = false;
  const { user } = open({
    answer: ({ path, body }) => {
      if (path === '/web/session/confirm') {
        confirmed = true;
        expect(body).toEqual({ password: 'correct horse' });
        return { body: {} };
      }
      if (!path.endsWith('/reveal')) return undefined;
      return confirmed
        ? { body: { key: LIVE_KEY } }
        : { status: 403, body: { code: 'reauthentication_required', error: 'Enter your password.' } };
    },
  });
  const live = await card('Live API key');
  await user.click(button(live, 'Reveal'));
  await user.type(await screen.findByLabelText('Password'), 'correct horse');
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  await within(live).findByText(LIVE_KEY);
});

it('case 65 a key that was shown once cannot be revealed, and says what to do', async () => {
  const { sent, user } = open({
    keys: keysOf({
      api_keys: [keyOf({ revealable: false }), keyOf({ key_id: 'i', imported: true, revealable: false })],
    }),
  });
  const test = await card('Test API key');
  await user.click(button(test, 'Reveal'));
  expect(sent.filter(({ path }) => path.endsWith('/reveal'))).toEqual([]);
  expect(test.textContent).toContain('Roll it');
  expect(document.body.textContent).toContain('An imported key cannot be shown');
});

it('case 53 I4 a Member reads the words; nothing about keys is fetched, until the role allows it', async () => {
  const { server, sent } = open({ role: 'member' });
  await screen.findByText(
    'Only Admins and Managers have access to API keys, for your security. Ask an Admin of your account to set ' +
      'your role to Manager on the team page. Admins: Ada L., Ben K.',
  );
  expect(sent.filter(({ path }) => path.startsWith('/web/keys'))).toEqual([]);
  server.role = 'manager';
  streams.at(-1)?.dispatchEvent(new Event('session'));
  await card('Live API key');
});

it('case 55 a Member asks once, with a note, and is told when that was', async () => {
  let asked: unknown = null;
  const { user } = open({
    role: 'member',
    answer: ({ method, path, body }) => {
      if (method === 'POST') asked = body;
      if (path !== '/web/access-requests/mine' || asked === null)
        return method === 'POST' ? { status: 201 } : undefined;
      const again_at = new Date(Date.now() + 86_400_000).toISOString();
      return { body: { state: 'open', created_at: new Date().toISOString(), again_at, admins: ADMINS } };
    },
  });
  await user.type(await screen.findByLabelText('Note to the Admins (optional)'), 'for the nightly import');
  await user.click(screen.getByRole('button', { name: 'Ask an Admin' }));
  await screen.findByText(/^You asked at .*; again after 24 h\./);
  expect(asked).toEqual({ note: 'for the nightly import' });
  expect(screen.queryByRole('button', { name: 'Ask an Admin' })).toBeNull();
});

it('case 55 without a stream the open page finds out within 5 s', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { server } = open({ role: 'member' });
  await screen.findByText(/Admins: Ada L/);
  server.role = 'manager';
  await vi.advanceTimersByTimeAsync(5000);
  await card('Live API key');
});

it('case 56 keys leave the page with the role', async () => {
  const { server } = open({ role: 'manager' });
  await card('Live API key');
  server.role = 'member';
  streams.at(-1)?.dispatchEvent(new Event('session'));
  await screen.findByText(/^Only Admins and Managers/);
  expect(document.body.textContent).not.toContain('live_wb…4f2a');
});

it('case 36 Roll keeps the old key for 24 h unless told otherwise, and shows the new one', async () => {
  const expires_at = new Date(Date.now() + 86_400_000).toISOString();
  const rolled = keyOf({ expires_at, replaced_by: 'key_new', uses: [] });
  const made = keyOf({ key_id: 'key_new', hint: 'test_wb…new1' });
  const { server, sent, user } = open({
    answer: ({ path }) => {
      if (!path.endsWith('/roll')) return undefined;
      server.keys = keysOf({ api_keys: [rolled, made] });
      return { status: 201, body: { key: made, text: 'test_wbTHENEWONE', old: rolled, receipt: RECEIPT } };
    },
  });
  await user.click(button(await card('Test API key'), 'Roll'));
  expect(screen.getByRole('radio', { name: 'in 24 hours' })).toHaveProperty('checked', true);
  await user.click(screen.getByRole('button', { name: 'Roll key' }));
  await screen.findByText('test_wbTHENEWONE');
  expect(sent.find(({ path }) => path.endsWith('/roll'))?.body).toEqual({ overlap: '24h' });
  const dialog = screen.getByRole('dialog');
  expect(dialog.textContent).toMatch(/The old key works until .*, then stops\./);
  expect(dialog.textContent).toContain('In force in 3 of 3 servers.');
  await user.click(within(dialog).getByRole('button', { name: 'Done' }));
  const old = await card(`Test API key ${rolled.name} ${rolled.hint}`);
  expect(button(old, 'Roll').title).toBe('This key was rolled already.');
  button(old, 'End now');
  button(old, 'Extend');
});

it('case 30 Revoke wants the last four characters, then says where it is in force', async () => {
  const { server, sent, user } = open({
    answer: ({ path }) => {
      if (!path.endsWith('/revoke')) return undefined;
      const key = keyOf({ key_id: 'key_test', state: 'revoked', revoked_at: new Date().toISOString() });
      server.keys = keysOf({ api_keys: [key] });
      return { body: { key, receipt: RECEIPT } };
    },
  });
  const revoked = () => sent.filter(({ path }) => path.endsWith('/revoke'));
  await user.click(button(await card('Test API key'), 'Revoke'));
  const field = screen.getByLabelText('Type the last four characters of the key');
  expect(screen.getByRole('dialog').textContent).toContain('Requests with this key fail at once.');
  await user.type(field, '0000');
  await user.click(screen.getByRole('button', { name: 'Revoke key' }));
  expect(revoked()).toEqual([]);
  await user.clear(field);
  await user.type(field, 'c81e');
  await user.click(screen.getByRole('button', { name: 'Revoke key' }));
  await screen.findByText(/is revoked\. In force in 3 of 3 servers\./);
  expect(revoked()).toHaveLength(1);
  await screen.findByText('Ended keys (1)');
});

it('case 29 Create key wants a name, makes it in the viewed mode and shows its text once made', async () => {
  const made = keyOf({ environment: 'live', key_id: 'key_new', name: 'nightly' });
  const { sent, user } = open({
    answer: ({ method, path }) =>
      method === 'POST' && path === '/web/keys'
        ? { status: 201, body: { key: made, text: LIVE_KEY, receipt: RECEIPT } }
        : undefined,
  });
  await card('Live API key');
  await user.click(screen.getByRole('button', { name: 'Create key' }));
  await user.click(screen.getByRole('button', { name: 'Create' }));
  await screen.findByText('Name is required.');
  await user.type(screen.getByLabelText('Name'), ' nightly ');
  await user.click(screen.getByRole('button', { name: 'Create' }));
  await screen.findByText(LIVE_KEY);
  expect(sent.find(({ method, path }) => method === 'POST' && path === '/web/keys')?.body).toEqual({
    environment: 'live',
    name: 'nightly',
  });
  const dialog = screen.getByRole('dialog');
  expect(dialog.textContent).toContain('You can reveal it again on this page.');
  await user.click(within(dialog).getByRole('button', { name: 'Done' }));
  expect(document.body.textContent).not.toContain(LIVE_KEY);
});

it('case 1 Import sends a key only when its form can be right', async () => {
  const { sent, user } = open({
    answer: ({ path }) =>
      path === '/web/keys/import' ? { status: 201, body: { key: keyOf({}), receipt: RECEIPT } } : undefined,
  });
  const imports = () => sent.filter(({ path }) => path === '/web/keys/import').map(({ body }) => body);
  await card('Live API key');
  await user.click(screen.getByRole('button', { name: 'Import an existing key' }));
  await user.type(screen.getByLabelText('Name'), 'old');
  const field = screen.getByLabelText('Key');
  await user.type(field, 'test_abcdefghijklmnop');
  await user.click(screen.getByRole('button', { name: 'Import' }));
  await screen.findByText(/This key says "test"/);
  expect(imports()).toEqual([]);
  await user.clear(field);
  await user.type(field, 'live_abcdefghijklmnop');
  await user.click(screen.getByRole('button', { name: 'Import' }));
  await screen.findByText(/is imported\. In force in 3 of 3 servers\./);
  expect(imports()).toEqual([{ environment: 'live', name: 'old', text: 'live_abcdefghijklmnop' }]);
});

it('case 65 Show keys once must be typed; the other rules are set at once, and only by Admins', async () => {
  const { sent, user } = open({
    answer: ({ path }) => (path === '/web/keys/policy' ? { body: { policy: keysOf().policy } } : undefined),
  });
  const set = () => sent.filter(({ path }) => path === '/web/keys/policy').map(({ body }) => body);
  await card('Live API key');
  await user.click(screen.getByRole('switch', { name: 'Own key for test callbacks' }));
  await waitFor(() => expect(set()).toEqual([{ own_key_for_test_callbacks: true }]));
  await user.click(screen.getByRole('switch', { name: 'Show keys once' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Show keys once' }));
  expect(set()).toHaveLength(1);
  await user.type(within(dialog).getByRole('textbox'), 'show keys once');
  await user.click(within(dialog).getByRole('button', { name: 'Show keys once' }));
  await waitFor(() => expect(set().at(-1)).toEqual({ show_keys_once: true }));
  cleanup();
  open({ role: 'manager' });
  await card('Live API key');
  expect(screen.queryByRole('switch', { name: 'Show keys once' })).toBeNull();
});

it('case 34 tells of servers that have not confirmed', async () => {
  const by = new Date(2026, 10, 25, 14, 2, 10).toISOString();
  const { user } = open({
    answer: ({ path }) =>
      path.endsWith('/suspend')
        ? {
            body: {
              key: keyOf({}),
              receipt: { confirmed_by: 1, unconfirmed: 1, in_force_everywhere_by: by },
            },
          }
        : undefined,
  });
  await user.click(button(await card('Test API key'), 'Suspend'));
  await screen.findByText(
    /is suspended\. 1 server has not confirmed; in force everywhere by 14:02:10 at the latest\./,
  );
});

it('revokes all test keys only when that was typed', async () => {
  const { sent, user } = open({
    answer: ({ path }) =>
      path.endsWith('/revoke-all') ? { body: { revoked: 2, receipt: RECEIPT } } : undefined,
  });
  const revoked = () => sent.filter(({ path }) => path.endsWith('/revoke-all')).map(({ body }) => body);
  await card('Test API key');
  await user.click(screen.getByRole('button', { name: 'Revoke all test keys' }));
  await user.click(screen.getByRole('button', { name: 'Revoke them' }));
  expect(revoked()).toEqual([]);
  await user.type(within(screen.getByRole('dialog')).getByRole('textbox'), 'revoke all test keys');
  await user.click(screen.getByRole('button', { name: 'Revoke them' }));
  await screen.findByText(/^2 test keys revoked\./);
  expect(revoked()).toEqual([{ environment: 'test' }]);
});

it('I6 tells that keys could not be loaded, and tries again', async () => {
  let broken = true;
  const { user } = open({
    answer: ({ path }) =>
      broken && path === '/web/keys'
        ? { status: 400, body: { error: 'The store is closed.', request_id: 'r1' } }
        : undefined,
  });
  await screen.findByText('The keys could not be loaded.');
  broken = false;
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await card('Live API key');
});

it('case 121 a signing secret is masked until Reveal, asks for the password, and hides after 60 s', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
  let confirmed = false;
  const { user } = open({
    answer: ({ path }) => {
      if (path === '/web/session/confirm') {
        confirmed = true;
        return { body: {} };
      }
      if (path !== '/web/live/signing-secrets/ws_1/reveal') return undefined;
      return confirmed
        ? { body: { secret } }
        : { status: 403, body: { code: 'reauthentication_required', error: 'Enter your password.' } };
    },
  });
  const live = await card('Live Callback Signing Secret');
  await within(live).findByText('…5e0d');
  within(live).getByText(/^whpk_/);
  await user.click(button(live, 'Reveal'));
  await user.type(await screen.findByLabelText('Password'), 'correct horse');
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  await within(live).findByText(secret);
  await vi.advanceTimersByTimeAsync(61_000);
  await waitFor(() => expect(document.body.textContent).not.toContain(secret));
});

it('case 121 Roll makes a new signing secret; the old one is shown until it ends', async () => {
  const { server, sent, user } = open({
    answer: ({ path }) => {
      if (!path.endsWith('/signing-secrets/roll')) return undefined;
      const expires_at = new Date(Date.now() + 86_400_000).toISOString();
      server.signing.test = signingSecretsOf({
        secrets: [
          signingSecretOf({ id: 'ws_2', hint: '…9b31' }),
          signingSecretOf({ state: 'previous', expires_at }),
        ],
        public_keys: ['whpk_new', 'whpk_old'],
      });
      return { status: 201, body: { receipt: RECEIPT } };
    },
  });
  const test = await card('Test Callback Signing Secret');
  await user.click(await within(test).findByRole('button', { name: 'Roll' }));
  await user.click(screen.getByRole('radio', { name: 'now' }));
  expect(screen.getByRole('dialog').textContent).toContain('refuse callbacks from now on');
  await user.click(screen.getByRole('radio', { name: 'in 24 hours' }));
  await user.click(screen.getByRole('button', { name: 'Roll secret' }));
  await screen.findByText(/A new signing secret of test mode signs\..*In force in 3 of 3 servers\./);
  const roll = sent.find(({ path }) => path === '/web/test/signing-secrets/roll');
  expect(roll?.body).toEqual({ overlap: '24h' });
  const old = await card('Old secret …5e0d');
  expect(within(old).queryByRole('button', { name: 'Roll' })).toBeNull();
  expect(old.textContent).toMatch(/The old secret signs too until/);
  within(test).getByText('Old public key');
});

it('a fourth signing secret is not made', async () => {
  const { server, user } = open();
  server.signing.live = signingSecretsOf({
    secrets: ['a', 'b', 'c'].map((id, index) =>
      signingSecretOf({ id, hint: `…${id}`, state: index === 0 ? 'current' : 'previous' }),
    ),
  });
  const live = await card('Live Callback Signing Secret');
  const roll = await within(live).findByRole('button', { name: 'Roll' });
  expect(roll.title).toMatch(/^At most 3 secrets/);
  await user.click(roll);
  expect(screen.queryByRole('dialog')).toBeNull();
});
