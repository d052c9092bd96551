import { afterEach, expect, it, vi } from 'vitest';
import { basicAuth, curlCall, nodeCall, pythonCall, sendSampleCall } from './sample-call';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('I12 the header is exactly Basic and the Base64 of the key and a colon', async () => {
  expect(basicAuth('live_ScaleRocks')).toBe('Basic bGl2ZV9TY2FsZVJvY2tzOg==');
  let sent: RequestInit = {};
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    sent = init;
    return new Response('{"task_id":"t1"}');
  });
  expect(await sendSampleCall('live_ScaleRocks', 'http://x/cat.jpg')).toMatchObject({
    status: 200,
    taskId: 't1',
    error: null,
  });
  expect(sent.credentials).toBe('omit');
  expect(new Headers(sent.headers).get('Authorization')).toBe('Basic bGl2ZV9TY2FsZVJvY2tzOg==');
});

it('gives the server its word when the call is refused', async () => {
  vi.stubGlobal(
    'fetch',
    async () => new Response('{"error":"The key is mistyped or cut off."}', { status: 401 }),
  );
  expect(await sendSampleCall('x', 'y')).toMatchObject({
    status: 401,
    taskId: null,
    error: 'The key is mistyped or cut off.',
  });
});

it('each language carries the address and the key', () => {
  const call = {
    origin: 'https://yard.example',
    key: 'test_wbKEY',
    photo: 'https://yard.example/samples/cat.jpg',
  };
  expect(curlCall(call)).toContain('curl https://yard.example/v1/task/imageannotation');
  expect(curlCall(call)).toContain('-u "test_wbKEY:"');
  expect(pythonCall(call)).toContain('auth=("test_wbKEY", "")');
  expect(nodeCall(call)).toContain("btoa('test_wbKEY:')");
  for (const text of [curlCall(call), pythonCall(call), nodeCall(call)]) expect(text).toContain(call.photo);
});
