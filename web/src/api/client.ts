/**
 * The only place that talks to the server. Same origin, JSON both ways, cookie session.
 * When the session has ended, the request waits for a new log-in and is sent again, so no page loses what it shows.
 */

import { BACKGROUND_HEADER, isUnattended } from './presence';

export interface ProblemAtPath {
  path: string;
  message: string;
}

/** The server answered with an error. `message` is the server's own text. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly problems: ProblemAtPath[];
  readonly requestId: string | null;
  /** Seconds after which the server asks to try again. */
  readonly retryAfterSeconds: number | null;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>, retryAfterSeconds: number | null = null) {
    super(typeof body.error === 'string' ? body.error : `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.code = typeof body.code === 'string' ? body.code : null;
    this.problems = Array.isArray(body.errors) ? (body.errors as ProblemAtPath[]) : [];
    this.requestId = typeof body.request_id === 'string' ? body.request_id : null;
    this.retryAfterSeconds = retryAfterSeconds;
    this.body = body;
  }
}

/** No answer came: no connection, or the server is down. */
export class OfflineError extends Error {
  constructor() {
    super('No connection to the server.');
    this.name = 'OfflineError';
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RequestOptions {
  signal?: AbortSignal;
  /** Lets the request outlive the page; the browser allows 64 KiB. */
  keepalive?: boolean;
  /** A 401 is an answer of its own here and opens no log-in. */
  withoutLogIn?: boolean;
}

let logInAgain: (() => Promise<void>) | null = null;

/** Sets what is done when the session has ended: it resolves once somebody has logged in again. */
export function onSessionEnd(handler: (() => Promise<void>) | null): void {
  logInAgain = handler;
}

/**
 * Sends one request.
 *
 * @throws ApiError when the server answers with an error, OfflineError when it does not answer.
 */
export async function request<T>(
  method: Method,
  path: string,
  body?: unknown,
  options: RequestOptions = {},
): Promise<T> {
  return (await readBody(await exchange(method, path, body, options))) as T;
}

/** Fetches what is no JSON but a file to keep. Fails as `request` does. */
export async function fetchFile(path: string): Promise<Blob> {
  const response = await exchange('GET', path, undefined, {});
  return response.blob();
}

/** Gives the answer of a request that succeeded; its body is still to be read. */
async function exchange(
  method: Method,
  path: string,
  body: unknown,
  options: RequestOptions,
): Promise<Response> {
  for (;;) {
    const response = await send(method, path, body, options);
    if (response.ok) return response;
    if (response.status === 401 && !options.withoutLogIn && logInAgain) {
      await logInAgain();
      continue;
    }
    const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN);
    const answer = await readBody(response);
    throw new ApiError(response.status, answer, Number.isFinite(retryAfter) ? retryAfter : null);
  }
}

async function send(
  method: Method,
  path: string,
  body: unknown,
  { signal, keepalive }: RequestOptions,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (isUnattended()) headers[BACKGROUND_HEADER] = '1';
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (method !== 'GET') {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body ?? {});
  }
  if (signal) init.signal = signal;
  if (keepalive) init.keepalive = true;
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new OfflineError();
  }
}

async function readBody(response: Response): Promise<Record<string, unknown>> {
  try {
    const parsed: unknown = await response.json();
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Builds a path from segments, each percent-encoded whole, so that `/` stays part of a name. */
export function apiPath(...segments: string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

/** Query text with the empty values left out, or an empty string. */
export function queryText(values: Record<string, string | number | undefined | null>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
