/** The page of the callback settings, and the banner of what waits for one of them. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CallbackSettings } from '../features/callback-settings/callback-settings';
import { callbackSettingsOf } from '../testing/callback-settings';
import { openApp, sessionOf } from '../testing/open-app';

afterEach(cleanup);
beforeEach(() => sessionStorage.clear());

/** The page, with a server that keeps what is saved unless it refuses it. */
function open(given: Partial<CallbackSettings> = {}, refuse?: { status: number; body: unknown }) {
  let settings = callbackSettingsOf(given);
  return openApp('/settings/callbacks', sessionOf('manager'), {
    'GET /web/callback-settings': () => ({ body: settings }),
    'POST /web/callback-settings': ({ body }) => {
      if (refuse) return refuse;
      settings = { ...settings, ...(body as Partial<CallbackSettings>) };
      return { body: settings };
    },
  });
}

const save = () => screen.getByRole('button', { name: 'Save' });

it('saves only what was changed', async () => {
  const { user, changes } = open({ pinned_hosts: ['a.example'] });
  const address = await screen.findByRole('textbox', { name: 'Default callback URL' });
  await user.type(address, ' https://yard.example/cb ');
  await user.click(screen.getByRole('checkbox', { name: 'task.recalled' }));
  await user.click(save());
  expect(await screen.findByText('Saved.')).toBeTruthy();
  expect(changes().map(({ body }) => body)).toEqual([
    { default_callback_url: 'https://yard.example/cb', subscribed_events: ['task.recalled'] },
  ]);
  await user.click(save());
  expect(changes()).toHaveLength(1);
});

it('a field that was not touched follows the server: Save takes nothing back that the banner has set', async () => {
  const { user, changes } = open({ held_plain_http: { live: 1, test: 0 } });
  await user.type(await screen.findByRole('textbox', { name: 'Default callback URL' }), 'https://y.example/');
  await user.click(screen.getByRole('button', { name: 'Send them' }));
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Send them' }));
  await waitFor(() =>
    expect(screen.getByRole('radio', { name: 'Send them' })).toHaveProperty('checked', true),
  );
  await user.click(save());
  await screen.findByText('Saved.');
  expect(changes().map(({ body }) => body)).toEqual([
    { plain_http: 'send' },
    { default_callback_url: 'https://y.example/' },
  ]);
});

it('an address that is refused says why at its field, keeps it, and takes the focus', async () => {
  const { user } = open(
    {},
    {
      status: 400,
      body: {
        error: 'default_callback_url: 10.0.0.5 is a private address',
        code: 'invalid_parameter',
        errors: [{ path: 'default_callback_url', message: '10.0.0.5 is a private address' }],
      },
    },
  );
  const address = await screen.findByRole<HTMLInputElement>('textbox', { name: 'Default callback URL' });
  await user.type(address, 'http://10.0.0.5/');
  await user.click(save());
  const error = await screen.findByText('10.0.0.5 is a private address');
  expect(address.getAttribute('aria-describedby')).toContain(error.id);
  expect(address.value).toBe('http://10.0.0.5/');
  await waitFor(() => expect(document.activeElement).toBe(address));
  expect(screen.queryByText('Saved.')).toBeNull();
});

it('hosts are named one a line; none, and one that is refused, are told at the field', async () => {
  const refusal = {
    status: 400,
    body: { error: 'No.', errors: [{ path: 'pinned_hosts[1]', message: '"b/c" is no host' }] },
  };
  const { user, changes } = open({}, refusal);
  await user.click(await screen.findByRole('radio', { name: 'Only these hosts' }));
  await user.click(save());
  expect(await screen.findByText(/^Name at least one host/)).toBeTruthy();
  expect(changes()).toEqual([]);
  const hosts = screen.getByRole('textbox', { name: 'Hosts, one a line' });
  await user.type(hosts, 'a.example{Enter}b/c, *.d.example{Enter}a.example');
  await user.click(save());
  expect(await screen.findByText('"b/c" is no host')).toBeTruthy();
  expect(changes().at(-1)?.body).toEqual({ pinned_hosts: ['a.example', 'b/c', '*.d.example'] });
  expect(hosts.getAttribute('aria-invalid')).toBe('true');
  await user.click(screen.getByRole('radio', { name: 'Any public host' }));
  expect(screen.queryByRole('textbox', { name: 'Hosts, one a line' })).toBeNull();
});

it('case 145 choosing to send over plain http says what it means, and what it sends', async () => {
  const { user, changes } = open({ held_plain_http: { live: 3, test: 1 } });
  await user.click(await screen.findByRole('radio', { name: 'Send them' }));
  expect(
    screen.getByText(/The key can be read on the way.*3 callbacks of live mode and 1 of test mode wait/),
  ).toBeTruthy();
  await user.click(save());
  await screen.findByText('Saved.');
  expect(changes().at(-1)?.body).toEqual({ plain_http: 'send' });
});

it('who may not change the settings is told who may, and nothing is fetched', async () => {
  openApp('/settings/callbacks', sessionOf('labeler'), {
    'GET /web/team/admins': { body: { admins: ['Ada L.'] } },
  });
  expect(
    await screen.findByText(/Only Admins and Managers change callback settings\..*Admins: Ada L\./),
  ).toBeTruthy();
  expect(screen.queryByRole('textbox')).toBeNull();
});

it('I6 tells that the settings could not be loaded, and tries again', async () => {
  let broken = true;
  const { user } = openApp('/settings/callbacks', sessionOf('admin'), {
    'GET /web/callback-settings': () =>
      broken ? { status: 400, body: { error: 'The store is closed.' } } : { body: callbackSettingsOf() },
  });
  await screen.findByText('The settings could not be loaded.');
  broken = false;
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('textbox', { name: 'Default callback URL' });
});

it('case 145 a banner says why callbacks wait; a Manager sends them with one press, once sure', async () => {
  let settings = callbackSettingsOf({ held_plain_http: { live: 3, test: 0 } });
  const { user, changes } = openApp('/profile', sessionOf('manager'), {
    'GET /web/callback-settings': () => ({ body: settings }),
    'POST /web/callback-settings': ({ body }) => {
      settings = callbackSettingsOf(body as Partial<CallbackSettings>);
      return { body: settings };
    },
  });
  const banner = await screen.findByText(
    /3 callbacks wait: their address is plain http to a public host, and the key could be read on the way/,
  );
  expect(screen.getByRole('link', { name: 'See them' }).getAttribute('href')).toBe(
    '/live/callbacks?state=held',
  );
  await user.click(screen.getByRole('button', { name: 'Send them' }));
  const dialog = screen.getByRole('dialog');
  expect(changes()).toEqual([]);
  await user.click(within(dialog).getByRole('button', { name: 'Send them' }));
  await waitFor(() => expect(banner.isConnected).toBe(false));
  expect(changes().map(({ path, body }) => [path, body])).toEqual([
    ['/web/callback-settings', { plain_http: 'send' }],
  ]);
});

it('case 145 a Member reads why callbacks wait, and who can send them', async () => {
  openApp('/profile', sessionOf('member'), {
    'GET /web/callback-settings': { body: callbackSettingsOf({ held_plain_http: { live: 0, test: 1 } }) },
  });
  await screen.findByText(/1 callback of test mode waits: .*An Admin or Manager can send/);
  expect(screen.queryByRole('button', { name: 'Send them' })).toBeNull();
  expect(screen.getByRole('link', { name: 'See them' }).getAttribute('href')).toBe(
    '/test/callbacks?state=held',
  );
});
