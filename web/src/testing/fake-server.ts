import { vi } from 'vitest';

export interface SentRequest {
  method: string;
  path: string;
  body: unknown;
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | 'offline';

/**
 * Puts a function in place of the network. It answers each request, or throws it away with `offline`; what was sent is
 * kept in order.
 */
export function fakeServer(answer: (request: SentRequest) => Answer): SentRequest[] {
  const sent: SentRequest[] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    const request = {
      method: init.method ?? 'GET',
      path,
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
    };
    sent.push(request);
    const given = answer(request);
    if (given === 'offline') throw new TypeError('fetch failed');
    return new Response(JSON.stringify(given.body ?? {}), {
      status: given.status ?? 200,
      headers: { 'Content-Type': 'application/json', ...given.headers },
    });
  });
  return sent;
}
