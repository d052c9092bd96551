/**
 * Sends the reader's own call: a key as Basic user name, no cookie, no redirect elsewhere. `credentials: 'omit'` also
 * keeps the browser's own log-in dialog away when the server answers 401 with a challenge.
 */
import { basicSteps, modeOfKey } from './basic-auth';
import { type CallValues, type ExampleCall, filledPath } from './calls';

export interface TriedCall {
  method: string;
  url: string;
  requestHeaders: [string, string][];
  status: number;
  statusText: string;
  headers: [string, string][];
  body: string;
  tookMs: number;
}

/** Sends the call to `origin` and reads the whole answer. */
export async function tryCall(
  call: ExampleCall,
  values: CallValues,
  key: string,
  origin: string,
): Promise<TriedCall> {
  const url = origin + filledPath(call, values);
  const headers: Record<string, string> = {
    Authorization: basicSteps(key).header,
    Accept: 'application/json',
  };
  const init: RequestInit = { method: call.method, headers, credentials: 'omit', cache: 'no-store' };
  if (call.method !== 'GET') {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(values.body ?? {});
  }
  const started = performance.now();
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new Error('No answer came: there is no connection to the server.');
  }
  const body = await response.text();
  return {
    method: call.method,
    url,
    requestHeaders: Object.entries(headers),
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers],
    body: indented(body),
    tookMs: performance.now() - started,
  };
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/**
 * Whether a charged call with this key would be real. The text tells for all keys but imported ones; for those the
 * server is asked by a call that changes nothing.
 */
export async function isLiveKey(key: string, origin: string): Promise<boolean> {
  const told = modeOfKey(key);
  if (told !== null) return told === 'live';
  const response = await fetch(`${origin}/v1/tasks?limit=1`, {
    headers: { Authorization: basicSteps(key).header },
    credentials: 'omit',
    cache: 'no-store',
  });
  // A key that the server refuses has no mode; the call itself shows the refusal.
  return response.headers.get('Weighbridge-Mode') === 'live';
}

/** Live keys for which the reader has agreed, in this tab, to be charged. */
const agreed = new Set<string>();

export const hasAgreedToCharges = (key: string): boolean => agreed.has(key);
export const agreeToCharges = (key: string): void => void agreed.add(key);
