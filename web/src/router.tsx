import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  redirect,
} from '@tanstack/react-router';
import { ApiError } from './api/client';
import {
  batchesQuery,
  claimQuery,
  homeQuery,
  keysQuery,
  projectQuery,
  projectsQuery,
  queueQuery,
  sessionQuery,
  type TaskFilter,
  taskQuery,
  tasksQuery,
} from './api/queries';
import type { Mode, Session } from './api/types';
import { auditQuery } from './features/audit/audit';
import { callbackSettingsQuery } from './features/callback-settings/callback-settings';
import { readCallbackFilter } from './features/callbacks/filter';
import {
  callbackQuery,
  callbackSummaryQuery,
  callbacksQuery,
  receiverQuery,
} from './features/callbacks/queries';
import { sessionsQuery } from './features/session/sessions';
import { lastMode } from './features/shell/last-mode';
import { PageError } from './features/shell/PageError';
import { PageNotFound } from './features/shell/PageNotFound';
import { Shell } from './features/shell/Shell';
import { teamQuery } from './features/team/team';
import { LoadingState } from './ui/states';

interface RouterContext {
  queryClient: QueryClient;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({ notFoundComponent: PageNotFound });

/** Sends those who are not logged in to the log-in page, and back afterwards. */
async function requireSession(queryClient: QueryClient, href: string): Promise<Session> {
  try {
    return await queryClient.ensureQueryData(sessionQuery);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      window.location.replace(`/login?next=${encodeURIComponent(href)}`);
      // The page is about to be replaced: nothing may be shown in between.
      await new Promise(() => undefined);
    }
    throw error;
  }
}

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: Shell,
  errorComponent: PageError,
  beforeLoad: async ({ context, location }) => ({
    session: await requireSession(context.queryClient, location.href),
  }),
});

const startRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  beforeLoad: ({ context }) => {
    throw redirect({ href: homePath(context.session, lastMode()) });
  },
});

function homePath(session: Session, mode: Mode): string {
  return session.capabilities.includes('view_tasks') ? `/${mode}` : `/${mode}/label`;
}

/** Whom the team page points at; mails to Admins link to it. */
export interface TeamSearch {
  person?: string;
}

const teamRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: 'settings/team',
  validateSearch: ({ person }: Record<string, unknown>): TeamSearch =>
    typeof person === 'string' || typeof person === 'number' ? { person: String(person) } : {},
  loader: ({ context }) => void context.queryClient.prefetchQuery(teamQuery),
  component: lazyRouteComponent(() => import('./routes/team'), 'TeamPage'),
});

const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: 'settings/account',
  component: lazyRouteComponent(() => import('./routes/account'), 'AccountPage'),
});

const callbackSettingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: 'settings/callbacks',
  loader: ({ context }) => {
    if (context.session.capabilities.includes('set_callback_settings'))
      void context.queryClient.prefetchQuery(callbackSettingsQuery);
  },
  component: lazyRouteComponent(() => import('./routes/callback-settings'), 'CallbackSettingsPage'),
});

const securityRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: 'settings/security',
  loader: ({ context }) => void context.queryClient.prefetchQuery(sessionsQuery),
  component: lazyRouteComponent(() => import('./routes/security'), 'SecurityPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: 'settings/audit',
  loader: ({ context }) => void context.queryClient.prefetchInfiniteQuery(auditQuery),
  component: lazyRouteComponent(() => import('./routes/audit'), 'AuditPage'),
});

const profileRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: 'profile',
  component: lazyRouteComponent(() => import('./routes/profile'), 'ProfilePage'),
});

const modeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '$mode',
  notFoundComponent: PageNotFound,
  params: {
    parse: ({ mode }) => {
      if (mode !== 'live' && mode !== 'test') throw notFound();
      return { mode: mode as Mode };
    },
    stringify: ({ mode }) => ({ mode }),
  },
});

const homeRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: '/',
  beforeLoad: ({ context, params }) => {
    if (homePath(context.session, params.mode) !== `/${params.mode}`) {
      throw redirect({ href: homePath(context.session, params.mode) });
    }
  },
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(homeQuery(params.mode)),
  component: lazyRouteComponent(() => import('./routes/home'), 'HomePage'),
});

const projectsRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'projects',
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(projectsQuery(params.mode)),
  component: lazyRouteComponent(() => import('./routes/projects'), 'ProjectsPage'),
});

const TASK_FILTERS = ['project', 'batch', 'status', 'type', 'unique_id', 'tags', 'next_token'] as const;

/** Reads the filters from the address; what is no text is left out. */
function readTaskFilter(search: Record<string, unknown>): TaskFilter {
  const filter: TaskFilter = {};
  for (const name of TASK_FILTERS) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') filter[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') filter[name] = String(value);
  }
  return filter;
}

const projectRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'projects/$project',
  validateSearch: readTaskFilter,
  loader: ({ context, params: { mode, project } }) => {
    void context.queryClient.prefetchQuery(projectQuery(mode, project));
    void context.queryClient.prefetchQuery(batchesQuery(mode, project));
  },
  component: lazyRouteComponent(() => import('./routes/project'), 'ProjectPage'),
});

const tasksRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'tasks',
  validateSearch: readTaskFilter,
  loaderDeps: ({ search }) => search,
  loader: ({ context, params, deps }) =>
    void context.queryClient.prefetchQuery(tasksQuery(params.mode, deps)),
  component: lazyRouteComponent(() => import('./routes/tasks'), 'TasksPage'),
});

const taskRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'tasks/$taskId',
  loader: ({ context, params }) =>
    void context.queryClient.prefetchQuery(taskQuery(params.mode, params.taskId)),
  component: lazyRouteComponent(() => import('./routes/task'), 'TaskPage'),
});

const callbacksRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'callbacks',
  validateSearch: readCallbackFilter,
  loaderDeps: ({ search }) => search,
  loader: ({ context, params: { mode }, deps }) => {
    if (!context.session.capabilities.includes('view_callbacks')) return;
    void context.queryClient.prefetchQuery(callbackSummaryQuery(mode));
    void context.queryClient.prefetchQuery(callbacksQuery(mode, deps));
  },
  component: lazyRouteComponent(() => import('./routes/callbacks'), 'CallbacksPage'),
});

const callbackRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'callbacks/$callbackId',
  loader: ({ context, params: { mode, callbackId } }) => {
    if (!context.session.capabilities.includes('view_callbacks')) return;
    void context.queryClient.prefetchQuery(callbackQuery(mode, callbackId));
  },
  component: lazyRouteComponent(() => import('./routes/callbacks-detail'), 'CallbackPage'),
});

const callbackVerifierRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'callbacks/verify',
  component: lazyRouteComponent(() => import('./routes/callbacks-verify'), 'CallbackVerifierPage'),
});

const testReceiverRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'callbacks/receiver',
  loader: ({ context, params: { mode } }) => {
    if (!context.session.capabilities.includes('view_callbacks')) return;
    void context.queryClient.prefetchQuery(receiverQuery(mode));
  },
  component: lazyRouteComponent(() => import('./routes/callbacks-receiver'), 'TestReceiverPage'),
});

const apiKeysRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'api-keys',
  loader: ({ context }) => {
    // No key, not even its hint, comes into the browser of somebody who may not see it.
    if (context.session.capabilities.includes('see_api_keys'))
      void context.queryClient.prefetchQuery(keysQuery);
  },
  component: lazyRouteComponent(() => import('./routes/api-keys'), 'ApiKeysPage'),
});

export interface UsageSearch {
  from?: string;
  to?: string;
}

const usageRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'usage',
  validateSearch: ({ from, to }: Record<string, unknown>): UsageSearch => {
    const day = /^\d{4}-\d{2}-\d{2}$/;
    return {
      ...(typeof from === 'string' && day.test(from) ? { from } : {}),
      ...(typeof to === 'string' && day.test(to) ? { to } : {}),
    };
  },
  component: lazyRouteComponent(() => import('./routes/usage'), 'UsagePage'),
});

const labelRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'label',
  validateSearch: ({ waiting }: Record<string, unknown>): { waiting?: true } =>
    waiting === true ? { waiting: true } : {},
  loader: ({ context, params }) => {
    if (params.mode === 'live') void context.queryClient.prefetchQuery(queueQuery);
  },
  component: lazyRouteComponent(() => import('./routes/label'), 'LabelPage'),
});

const workspaceRoute = createRoute({
  getParentRoute: () => modeRoute,
  path: 'label/$claimId',
  beforeLoad: ({ params }) => {
    // Test tasks are answered at once, so there is no claim to open.
    if (params.mode === 'test') throw redirect({ to: '/$mode/label', params: { mode: 'test' } });
  },
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(claimQuery(params.claimId)),
  component: lazyRouteComponent(() => import('./routes/workspace'), 'WorkspacePage'),
});

const docsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'docs',
  component: lazyRouteComponent(() => import('./docs/DocsLayout'), 'DocsLayout'),
});

const docsStartRoute = createRoute({
  getParentRoute: () => docsRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./docs/StartPage'), 'StartPage'),
});

const docsReferenceRoute = createRoute({
  getParentRoute: () => docsRoute,
  path: 'reference',
  component: lazyRouteComponent(() => import('./docs/ReferencePage'), 'ReferencePage'),
});

const docsGuideRoute = createRoute({
  getParentRoute: () => docsRoute,
  path: '$guide',
  notFoundComponent: PageNotFound,
  loader: async ({ params }) => {
    const { loadGuide } = await import('./docs/guides');
    const text = await loadGuide(params.guide, window.location.origin);
    if (text === null) throw notFound();
    return text;
  },
  component: lazyRouteComponent(() => import('./docs/GuidePage'), 'GuidePage'),
});

const routeTree = rootRoute.addChildren([
  docsRoute.addChildren([docsStartRoute, docsReferenceRoute, docsGuideRoute]),
  shellRoute.addChildren([
    startRoute,
    teamRoute,
    accountRoute,
    callbackSettingsRoute,
    securityRoute,
    auditRoute,
    profileRoute,
    modeRoute.addChildren([
      homeRoute,
      projectsRoute,
      projectRoute,
      tasksRoute,
      taskRoute,
      callbacksRoute,
      callbackRoute,
      callbackVerifierRoute,
      testReceiverRoute,
      apiKeysRoute,
      usageRoute,
      labelRoute,
      workspaceRoute,
    ]),
  ]),
]);

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultPendingComponent: () => <LoadingState what="the page" />,
    defaultErrorComponent: PageError,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
