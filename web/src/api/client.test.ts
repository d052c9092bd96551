import { afterEach, expect, it } from 'vitest';
import { fakeServer } from '../testing/fake-server';
import { ApiError, apiPath, OfflineError, onSessionEnd, queryText, request } from './client';

afterEach(() => onSessionEnd(null));

it('keeps slashes and other signs within one segment of the path', () => {
  expect(apiPath('web', 'live', 'projects', 'a b/ü?')).toBe('/web/live/projects/a%20b%2F%C3%BC%3F');
  expect(queryText({ project: 'a&b', status: '', batch: undefined })).toBe('?project=a%26b');
});

it('gives the error of the server with its code, problems and reference', async () => {
  fakeServer(() => ({
    status: 400,
    body: {
      error: 'No.',
      code: 'bad',
      errors: [{ path: 'category', message: 'Choose one category.' }],
      request_id: 'r1',
    },
  }));
  const error = await request('POST', '/web/x').catch((reason: unknown) => reason);
  if (!(error instanceof ApiError)) throw new Error('an ApiError');
  expect(error.message).toBe('No.');
  expect(error.code).toBe('bad');
  expect(error.problems).toEqual([{ path: 'category', message: 'Choose one category.' }]);
  expect(error.requestId).toBe('r1');
});

it('tells a lost connection from an error', async () => {
  fakeServer(() => 'offline');
  await expect(request('GET', '/web/x')).rejects.toBeInstanceOf(OfflineError);
});

it('W20 waits for a new log-in when the session has ended, and sends again', async () => {
  let loggedIn = false;
  const sent = fakeServer(() => (loggedIn ? { body: { ok: true } } : { status: 401 }));
  onSessionEnd(async () => {
    loggedIn = true;
  });
  await expect(request('PUT', '/web/x', { a: 1 })).resolves.toEqual({ ok: true });
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
});
