import { cleanup, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { openApp, sessionOf } from '../testing/open-app';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const VERIFY = 'POST /web/live/callbacks/verify';

function open(answer: unknown) {
  return openApp('/live/callbacks/verify', sessionOf('member'), { [VERIFY]: { body: answer } });
}

it('says which key fits, how old it is, why, and where the body parts', async () => {
  const { user, changes } = open({
    auth: { state: 'other_mode', text: 'It is the Test Callback Auth Key.' },
    timestamp: { age_seconds: 412, within_tolerance: false },
    signatures: [{ scheme: 'v1', state: 'unknown', text: 'No secret made it.' }],
    verdict: 'bad',
    causes: ['The body was parsed and written again.', 'A newline was added.'],
    difference: { offset: 10, line: 1, column: 11, expected: '{"status":"a"}', got: '{"status": "a"}' },
  });
  await user.type(await screen.findByLabelText('Headers'), 'webhook-id: cb_1');
  await user.click(screen.getByLabelText('Body'));
  await user.paste('{"status": "a"}');
  await user.click(screen.getByRole('button', { name: 'Verify' }));
  const result = await screen.findByRole('region', { name: 'Result It does not verify' });
  expect(changes()[0]?.body).toEqual({ headers: 'webhook-id: cb_1', body: '{"status": "a"}' });
  expect(result.textContent).toContain("fits the other mode's It is the Test Callback Auth Key.");
  expect(result.textContent).toContain('7 minutes old');
  expect(result.textContent).toContain('fits none No secret made it.');
  expect([...result.querySelectorAll('li')].map(({ textContent }) => textContent)).toEqual([
    ...['The body was parsed and written again.', 'A newline was added.'],
  ]);
  expect(result.textContent).toContain('Byte 10, line 1, column 11');
  expect([...result.querySelectorAll('mark')].map(({ textContent }) => textContent)).toEqual(['"', '␣']);
});

it('says so where everything fits', async () => {
  const { user } = open({
    auth: { state: 'current', text: '' },
    timestamp: { age_seconds: 3, within_tolerance: true },
    ...{ signatures: [], verdict: 'ok', causes: [], difference: null },
  });
  await user.type(await screen.findByLabelText('Headers'), 'a: b');
  await user.click(screen.getByRole('button', { name: 'Verify' }));
  await screen.findByText('It is from us and unchanged');
});

it('asks for the headers before it asks the server', async () => {
  const { user, changes } = open({});
  await user.click(await screen.findByRole('button', { name: 'Verify' }));
  await screen.findByText('Paste the headers first, one a line.');
  expect(document.activeElement).toBe(screen.getByLabelText('Headers'));
  expect(changes()).toEqual([]);
});
