/** What the pages about callbacks read. Every key begins with mode and `callbacks`, so that news reach all of them. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { apiPath, queryText, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { type CallbackFilter, readCallbackFilter } from './filter';
import type {
  CallbackDetail,
  CallbackPage,
  CallbackSummary,
  ReceivedRequest,
  Receiver,
  Replay,
} from './types';

const CALLBACKS_PER_PAGE = 50;

export const callbacksKey = (mode: Mode) => [mode, 'callbacks'] as const;

export const callbacksQuery = (mode: Mode, search: CallbackFilter) => {
  // The router hands over whatever stands in the address; the server takes only what it knows.
  const filter = readCallbackFilter({ ...search });
  return queryOptions({
    queryKey: [...callbacksKey(mode), 'list', filter],
    queryFn: ({ signal }) =>
      request<CallbackPage>(
        'GET',
        apiPath('web', mode, 'callbacks') + queryText({ ...filter, limit: CALLBACKS_PER_PAGE }),
        undefined,
        { signal },
      ),
    placeholderData: keepPreviousData,
  });
};

export const callbackSummaryQuery = (mode: Mode) =>
  queryOptions({
    queryKey: [...callbacksKey(mode), 'summary'],
    queryFn: ({ signal }) =>
      request<CallbackSummary>('GET', apiPath('web', mode, 'callbacks', 'summary'), undefined, { signal }),
  });

export const callbackQuery = (mode: Mode, id: string) =>
  queryOptions({
    queryKey: [...callbacksKey(mode), 'one', id],
    queryFn: ({ signal }) =>
      request<CallbackDetail>('GET', apiPath('web', mode, 'callbacks', id), undefined, { signal }),
  });

/** While a replay runs, how far it is is asked this often. */
const REPLAY_EVERY_MS = 2000;

export const replaysQuery = (mode: Mode) =>
  queryOptions({
    queryKey: [...callbacksKey(mode), 'replays'],
    queryFn: ({ signal }) =>
      request<{ replays: Replay[] }>('GET', apiPath('web', mode, 'callbacks', 'replays'), undefined, {
        signal,
      }),
    refetchInterval: ({ state }) =>
      state.data?.replays.some((replay) => replay.state === 'running') ? REPLAY_EVERY_MS : false,
  });

export const receiverQuery = (mode: Mode) =>
  queryOptions({
    queryKey: [...callbacksKey(mode), 'receiver'],
    queryFn: ({ signal }) =>
      request<{ receiver: Receiver | null }>('GET', apiPath('web', mode, 'receivers'), undefined, { signal }),
  });

/** Requests may come from anywhere, so news of our own callbacks do not tell of all of them. */
const RECEIVED_EVERY_MS = 3000;

/** A receiver keeps this many requests (callbacks.md 6). */
const RECEIVED_MAX = 500;

/** What came in at a receiver, the newest first. Only what is new is fetched. */
export const receivedQuery = (mode: Mode, receiverId: string) =>
  queryOptions({
    queryKey: [...callbacksKey(mode), 'received', receiverId],
    queryFn: async ({ client, queryKey, signal }): Promise<ReceivedRequest[]> => {
      const known = client.getQueryData<ReceivedRequest[]>(queryKey) ?? [];
      const after = known[0]?.n ?? 0;
      const { requests } = await request<{ requests: ReceivedRequest[] }>(
        'GET',
        apiPath('web', mode, 'receivers', 'requests') + queryText({ after }),
        undefined,
        { signal },
      );
      const newer = requests.filter(({ n }) => n > after).toSorted((a, b) => b.n - a.n);
      return [...newer, ...known].slice(0, RECEIVED_MAX);
    },
    refetchInterval: RECEIVED_EVERY_MS,
  });
