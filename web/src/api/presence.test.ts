import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { request } from './client';
import { noteAct } from './presence';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function headersOfARequest() {
  let headers: HeadersInit | undefined;
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    headers = init.headers;
    return new Response('{}');
  });
  await request('GET', '/web/session');
  return new Headers(headers);
}

it('case 80 marks what the page asks by itself, not what a person causes', async () => {
  noteAct();
  expect((await headersOfARequest()).get('Weighbridge-Background')).toBeNull();
  vi.advanceTimersByTime(60_000);
  expect((await headersOfARequest()).get('Weighbridge-Background')).toBe('1');
  window.dispatchEvent(new Event('pointerdown'));
  expect((await headersOfARequest()).get('Weighbridge-Background')).toBeNull();
});
