import { queryOptions } from '@tanstack/react-query';
import { request } from '../../api/client';

/** One browser that is logged in as oneself. */
export interface OpenSession {
  session_id: string;
  /** The one that asks. */
  current: boolean;
  /** "Firefox on Linux". */
  browser: string;
  user_agent: string | null;
  address: string | null;
  created_at: string;
  last_seen_at: string;
}

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) =>
    request<{ sessions: OpenSession[] }>('GET', '/web/sessions', undefined, { signal }),
});
