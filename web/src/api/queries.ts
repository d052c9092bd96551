/** What the pages read, each with its cache key. A page's loader fills them, the page reads them. */
import { keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, apiPath, queryText, request } from './client';
import type {
  AccessRequest,
  Batch,
  ClaimAnswer,
  HomeNumbers,
  Keys,
  Mode,
  Project,
  ProjectDetail,
  Queue,
  Session,
  TaskDetail,
  TaskPage,
  Usage,
} from './types';

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        networkMode: 'always',
        // What the server refused stays refused; only a lost connection or a fault is tried again.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
      mutations: { networkMode: 'always' },
    },
  });
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => request<Session>('GET', '/web/session', undefined, { withoutLogIn: true }),
  staleTime: 60_000,
});

export const projectsQuery = (mode: Mode) =>
  queryOptions({
    queryKey: [mode, 'projects'],
    queryFn: ({ signal }) =>
      request<Project[]>('GET', apiPath('web', mode, 'projects'), undefined, { signal }),
  });

export const projectQuery = (mode: Mode, name: string) =>
  queryOptions({
    queryKey: [mode, 'projects', name],
    queryFn: ({ signal }) =>
      request<ProjectDetail>('GET', apiPath('web', mode, 'projects', name), undefined, { signal }),
  });

export const batchesQuery = (mode: Mode, project: string) =>
  queryOptions({
    queryKey: [mode, 'batches', project],
    queryFn: ({ signal }) =>
      request<{ docs: Batch[] }>('GET', apiPath('web', mode, 'batches') + queryText({ project }), undefined, {
        signal,
      }),
  });

/** Filters of a task list as they stand in the address. Absent means any. */
export interface TaskFilter {
  project?: string | undefined;
  batch?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
  unique_id?: string | undefined;
  tags?: string | undefined;
  next_token?: string | undefined;
}

const TASKS_PER_PAGE = 50;

export const tasksQuery = (mode: Mode, filter: TaskFilter) =>
  queryOptions({
    queryKey: [mode, 'tasks', filter],
    queryFn: ({ signal }) =>
      request<TaskPage>(
        'GET',
        apiPath('web', mode, 'tasks') + queryText({ ...filter, limit: TASKS_PER_PAGE }),
        undefined,
        { signal },
      ),
    placeholderData: keepPreviousData,
  });

export const taskQuery = (mode: Mode, taskId: string) =>
  queryOptions({
    queryKey: [mode, 'task', taskId],
    queryFn: ({ signal }) =>
      request<TaskDetail>('GET', apiPath('web', mode, 'tasks', taskId), undefined, { signal }),
  });

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => request<Keys>('GET', '/web/keys', undefined, { signal }),
});

export const accessRequestQuery = queryOptions({
  queryKey: ['access-request'],
  queryFn: ({ signal }) => request<AccessRequest>('GET', '/web/access-requests/mine', undefined, { signal }),
});

export const homeQuery = (mode: Mode) =>
  queryOptions({
    queryKey: [mode, 'home'],
    queryFn: ({ signal }) => request<HomeNumbers>('GET', apiPath('web', mode, 'home'), undefined, { signal }),
  });

export const usageQuery = (mode: Mode, from: string, to: string) =>
  queryOptions({
    queryKey: [mode, 'usage', from, to],
    queryFn: ({ signal }) =>
      request<Usage>('GET', apiPath('web', mode, 'usage') + queryText({ from, to }), undefined, { signal }),
    placeholderData: keepPreviousData,
  });

export const queueQuery = queryOptions({
  queryKey: ['live', 'queue'],
  queryFn: ({ signal }) => request<Queue>('GET', '/web/live/queue', undefined, { signal }),
  refetchInterval: 10_000,
  staleTime: 0,
});

/** An open claim is fetched once; from then on the workspace itself knows best. */
export const claimQuery = (claimId: string) =>
  queryOptions({
    queryKey: ['live', 'claims', claimId],
    queryFn: ({ signal }) =>
      request<ClaimAnswer>('GET', apiPath('web', 'live', 'claims', claimId), undefined, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    // Coming back to it, as by the browser's Back, must ask anew: it may be handed in by then.
    gcTime: 5000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
