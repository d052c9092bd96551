/** Requests that send a callback once more, or a made-up one. Each fails as `request` does. */
import { ApiError, apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import type { CallbackItem } from './types';

export interface ResendOptions {
  /** Sends it there once, instead of to its own address. */
  url?: string;
  /** Sends it although its task has a newer state. */
  confirm_older?: true;
}

export async function resendCallback(
  mode: Mode,
  id: string,
  options: ResendOptions = {},
): Promise<CallbackItem> {
  const path = apiPath('web', mode, 'callbacks', id, 'resend');
  return (await request<{ callback: CallbackItem }>('POST', path, options)).callback;
}

export async function sendTestCallback(mode: Mode, event: string, url: string): Promise<CallbackItem> {
  const path = apiPath('web', mode, 'callbacks', 'test');
  return (await request<{ callback: CallbackItem }>('POST', path, { event, url })).callback;
}

/** A refusal since the task has a newer state, and which one that is. */
export interface OlderState {
  text: string;
  newest: { id: string; sequence: number } | null;
}

/** Reads the refusal; null where the request failed for another reason. */
export function olderState(error: unknown): OlderState | null {
  if (!(error instanceof ApiError) || error.code !== 'older_state') return null;
  const { newest } = error.body as { newest?: { id: string; sequence: number } | null };
  return { text: error.message, newest: newest ?? null };
}

/** What the server says against the value at a parameter's path; null where that is not what failed. */
export function problemAt(error: unknown, path: string): string | null {
  if (!(error instanceof ApiError)) return null;
  return error.problems.find((problem) => problem.path === path)?.message ?? null;
}
