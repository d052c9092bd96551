import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { apiPath, type Method, request } from '../../api/client';
import { keysQuery } from '../../api/queries';
import type { Key } from '../../api/types';
import { useRecentLogIn } from '../session/use-recent-log-in';

interface KeyRequests {
  /** Changes something about keys, and has the list fetched anew. */
  change: <T>(method: Method, path: string, body?: unknown) => Promise<T>;
  /** The text of a key. */
  reveal: (key: Key) => Promise<string>;
  /** To be put onto the page. */
  passwordDialog: ReactNode;
}

/** Requests about keys; where the server wants the password first, the dialog asks for it. */
export function useKeyRequests(): KeyRequests {
  const queryClient = useQueryClient();
  const { withRecentLogIn, question } = useRecentLogIn('see or change keys');

  async function change<T>(method: Method, path: string, body: unknown = {}): Promise<T> {
    const answer = await withRecentLogIn(() => request<T>(method, path, body));
    void queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
    return answer;
  }

  async function reveal(key: Key): Promise<string> {
    const answer = await withRecentLogIn(() =>
      request<{ key: string }>('POST', apiPath('web', 'keys', key.key_id, 'reveal'), {}),
    );
    return answer.key;
  }

  return { change, reveal, passwordDialog: question };
}
