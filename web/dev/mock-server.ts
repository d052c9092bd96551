/**
 * A stand-in for the server, for `npm run dev` and `npm run preview` only: the app API over data in memory. It is not
 * part of the build.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { callbackSettingsRoutes, signingSecretRoutes } from './mock-callback-settings.ts';
import { callbackRoutes } from './mock-callbacks.ts';
import { type MockTask, picture, projects, sampleTasks } from './mock-data.ts';
import { keyRoutes, newsStream, tellNews } from './mock-keys.ts';
import { type MockViewer, peopleRoutes, welcomeRoutes } from './mock-people.ts';
import { Refusal } from './refusal.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "media-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

type Body = Record<string, unknown>;

const USERS: Record<string, { name: string; role: string; capabilities: string[] }> = {
  'admin@example.com': {
    name: 'Ada Lind',
    role: 'admin',
    capabilities: [
      ...[
        'see_api_keys',
        'set_key_policy',
        'reveal_test_key',
        'reveal_live_key',
        'view_tasks',
        'cancel_task',
        'view_usage',
      ],
      ...['label_tasks', 'see_team', 'see_team_details', 'invite_member', 'invite_manager'],
      ...['change_member', 'change_manager', 'change_admin', 'deactivate_manager', 'rename_account'],
      ...['read_audit', 'export_audit', 'view_callbacks', 'manage_callbacks'],
    ],
  },
  'manager@example.com': {
    name: 'Ben Krause',
    role: 'manager',
    capabilities: [
      ...['see_api_keys', 'reveal_test_key', 'reveal_live_key', 'view_tasks', 'cancel_task', 'view_usage'],
      ...['label_tasks', 'see_team', 'see_team_details', 'invite_member', 'change_member'],
      ...['view_callbacks', 'manage_callbacks'],
    ],
  },
  'member@example.com': {
    name: 'Max Berg',
    role: 'member',
    capabilities: [
      'ask_for_access',
      'view_tasks',
      'view_callbacks',
      'cancel_task',
      'label_tasks',
      'see_team',
    ],
  },
  'labeler@example.com': {
    name: 'Lea Holm',
    role: 'labeler',
    capabilities: ['ask_for_access', 'label_tasks'],
  },
};

let user: string | null = null;
const done = new Set<string>();
let claim: { id: string; epoch: number; version: number; draft: unknown; task: MockTask } | null = null;
let claims = 0;
let confirmed = false;

export function mockServer(): Plugin {
  return {
    name: 'mock-server',
    configureServer(server) {
      server.middlewares.use(handle);
    },
    configurePreviewServer(server) {
      server.middlewares.use((_request, response, next) => {
        response.setHeader('Content-Security-Policy', POLICY);
        next();
      });
      server.middlewares.use(handle);
    },
  };
}

function handle(request: IncomingMessage, response: ServerResponse, next: Connect.NextFunction): void {
  const url = new URL(request.url ?? '/', 'http://mock');
  if (!/^\/(web|v1|samples)(\/|$)/.test(url.pathname)) {
    next();
    return;
  }
  if (/^\/web\/(live|test)\/events$/.test(url.pathname)) {
    newsStream(request, response);
    return;
  }
  let text = '';
  request.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  request.on('end', () => {
    try {
      const body = text === '' ? {} : (JSON.parse(text) as Body);
      const answer = route(request.method ?? 'GET', url, body);
      if (answer instanceof Picture) {
        response.setHeader('Content-Type', 'image/svg+xml');
        response.end(answer.svg);
        return;
      }
      send(response, 200, answer);
    } catch (error) {
      if (error instanceof Refusal) {
        send(response, error.status, { status_code: error.status, request_id: 'req-mock', ...error.body });
      } else {
        send(response, 500, { status_code: 500, error: String(error), request_id: 'req-mock' });
      }
    }
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}

class Picture {
  readonly svg: string;

  constructor(svg: string) {
    this.svg = svg;
  }
}

function session(): Body {
  const known = user === null ? undefined : USERS[user];
  if (!known) throw new Refusal(401, { error: 'Log in first.', code: 'unauthenticated' });
  return {
    user: { id: `user-${known.role}`, email: user, name: known.name, role: known.role },
    account: { id: 'account', name: 'Yard Logistics' },
    capabilities: known.capabilities,
    version: '0.1.0',
    dev: true,
  };
}

function refuse(status: number, body: Body): never {
  throw new Refusal(status, body);
}

function need(capability: string, error: string): void {
  const { capabilities } = session() as { capabilities: string[] };
  if (!capabilities.includes(capability)) {
    throw new Refusal(403, { code: 'role_required', error, admins: ['Ada L.', 'Ben K.'] });
  }
}

function route(method: string, url: URL, body: Body): unknown {
  const [, root, first = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  if (root === 'samples') return first === '' ? ['/samples/cat.jpg'] : new Picture(picture());
  if (root === 'v1') return createTask(body);
  if (first === 'session') return sessionRoutes(method, rest, body);
  const welcome = welcomeRoutes(url.pathname, body, refuse);
  if (welcome !== undefined) return welcome;
  const { user: viewer, capabilities } = session() as { user: MockViewer; capabilities: string[] };
  const recent = /account$|invitations$|role$|deactivate$|export$/;
  if (recent.test(url.pathname) && !confirmed) {
    throw new Refusal(403, { code: 'reauthentication_required', error: 'Confirm your password.' });
  }
  const people = peopleRoutes(method, [first, ...rest], body, { ...viewer, capabilities }, refuse);
  if (people !== undefined) return people;
  if (first === 'keys') {
    need(
      'see_api_keys',
      'Only Admins and Managers have access to API keys, for your security. Ask an Admin of your account to set your ' +
        'role to Manager on the team page.',
    );
    return keyRoutes(method, rest, body, needConfirmed);
  }
  if (first === 'callback-settings') return callbackSettingsRoutes(method, body);
  if (first === 'test' || first === 'live') return modeRoutes(first, method, rest, url, body);
  throw new Refusal(404, { error: 'No such address.' });
}

function needConfirmed(): void {
  if (!confirmed) {
    throw new Refusal(403, { code: 'reauthentication_required', error: 'Confirm your password.' });
  }
}

function sessionRoutes(method: string, rest: string[], body: Body): unknown {
  if (rest[0] === 'confirm') {
    if (body.password !== 'weighbridge') {
      throw new Refusal(403, { code: 'wrong_password', error: 'The password is wrong.' });
    }
    confirmed = true;
    return session();
  }
  if (method === 'GET') return session();
  if (method === 'DELETE') {
    user = null;
    return {};
  }
  if (!USERS[String(body.email)] || body.password !== 'weighbridge') {
    throw new Refusal(401, { error: 'E-mail or password is wrong.' });
  }
  user = String(body.email);
  return session();
}

let created = 0;

/** A call of API v1: it makes the first of the sample tasks. */
function createTask(body: Body): unknown {
  created += 1;
  tellNews('tasks');
  return { ...shown('test', sampleTasks()[0] as MockTask, 0), instruction: body.instruction };
}

function home(mode: 'live' | 'test'): Body {
  const completed = mode === 'test' ? created : 0;
  return {
    counts: { pending: 0, completed, canceled: 0, error: 0 },
    ...{ oldest_pending_at: null, callbacks_failing: 0, charge_this_month_micros: 0, labelers_at_work: 0 },
    completed_live_tasks: 0,
  };
}

function modeRoutes(mode: 'live' | 'test', method: string, rest: string[], url: URL, body: Body): unknown {
  const [noun, id, action] = rest;
  switch (noun) {
    case 'callbacks':
    case 'receivers':
      need('view_callbacks', 'Labelers see their own work only.');
      return callbackRoutes(method, rest, url, body);
    case 'projects': {
      need('view_tasks', 'Labelers see their own work only.');
      if (id === undefined) return projects(mode);
      const found = projects(mode).find((project) => project.name === id);
      if (!found) {
        throw new Refusal(404, {
          error:
            `Project ${id} does not exist in ${mode} mode. Test and live mode are separate: a project made in ` +
            'one mode must be made again in the other.',
        });
      }
      return {
        ...found,
        param_history: [
          { version: 0, created_at: found.created_at, instruction: 'Box every truck.' },
          { version: 1, created_at: '2026-11-22T09:00:00.000Z', instruction: 'Box every truck and trailer.' },
        ],
      };
    }
    case 'batches':
      return {
        docs: [
          {
            ...{ name: 'week-47', project: url.searchParams.get('project'), status: 'in_progress' },
            ...{ created_at: '2026-11-20T09:00:00.000Z', pending: 12, completed: 30, canceled: 1, error: 0 },
          },
        ],
      };
    case 'tasks':
      return taskRoutes(mode, id, action, rest[3], url);
    case 'signing-secrets':
      return signingSecretRoutes(mode, rest.slice(1), body, needConfirmed);
    case 'home':
      return home(mode);
    case 'usage':
      need('view_usage', 'Only Admins and Managers see charges.');
      return usage(mode, url);
    case 'queue':
      return {
        waiting: waiting().length,
        in_work: 1,
        projects: [{ name: 'gate-cameras', waiting: waiting().length }],
        open_claim_id: claim?.id ?? null,
        done_today: done.size,
      };
    case 'claims':
      return claimRoutes(method, id, action, body);
    default:
      throw new Refusal(404, { error: 'No such address.' });
  }
}

function usage(mode: string, url: URL): Body {
  const days = ['2026-11-21', '2026-11-22', '2026-11-23', '2026-11-24'];
  const rows =
    mode === 'test'
      ? []
      : days.flatMap((day, index) => [
          {
            day,
            project: 'gate-cameras',
            type: 'imageannotation',
            tasks: 40 + index * 13,
            amount_micros: 3_200_000,
          },
          { day, project: null, type: 'categorization', tasks: 9, amount_micros: 225_000 },
        ]);
  return {
    ...{ currency: 'USD', from: url.searchParams.get('from'), to: url.searchParams.get('to'), rows },
    total_micros: rows.reduce((sum, row) => sum + row.amount_micros, 0),
    total_tasks: rows.reduce((sum, row) => sum + row.tasks, 0),
  };
}

function shown(mode: 'live' | 'test', task: MockTask, index: number): Body {
  const completed = mode === 'test' || index % 3 === 0;
  return {
    task_id: task.task_id,
    type: task.type,
    status: completed ? 'completed' : index === 4 ? 'canceled' : 'pending',
    created_at: task.created_at,
    ...(completed ? { completed_at: '2026-11-24T10:30:00.000Z', response: task.answer } : {}),
    params: task.params,
    metadata: { lane: index },
    is_test: mode === 'test',
    project: task.project ?? undefined,
    batch: task.batch ?? undefined,
    instruction: task.instruction ?? undefined,
    unique_id: `gate-${index}`,
  };
}

function taskRoutes(
  mode: 'live' | 'test',
  id: string | undefined,
  action: string | undefined,
  index: string | undefined,
  url: URL,
): unknown {
  if (action === 'attachments' && index !== undefined) return new Picture(picture());
  need('view_tasks', 'Labelers see their own work only.');
  const tasks = sampleTasks().map((task, at) => shown(mode, task, at));
  if (id === undefined) {
    const matching = tasks.filter((task) =>
      ['project', 'batch', 'status', 'type', 'unique_id'].every((name) => {
        const wanted = url.searchParams.get(name);
        return wanted === null || task[name] === wanted;
      }),
    );
    const second = url.searchParams.get('next_token') === 'second';
    const docs = second ? matching.slice(8) : matching.slice(0, 8);
    const has_more = !second && matching.length > 8;
    return {
      ...{
        docs,
        total: matching.length,
        limit: 50,
        offset: 0,
        has_more,
        next_token: has_more ? 'second' : null,
      },
    };
  }
  const task = tasks.find((candidate) => candidate.task_id === id);
  const sample = sampleTasks().find((candidate) => candidate.task_id === id);
  if (!task || !sample) throw new Refusal(404, { error: 'Task with that ID not found.' });
  if (action === 'cancel') return { task: { ...task, status: 'canceled' } };
  return {
    task,
    attachments: sample.attachments.map((attachment) => ({
      kind: attachment.kind,
      url: attachment.url === null ? null : `/web/${mode}/tasks/${id}/attachments/0`,
    })),
    callbacks:
      task.status === 'completed'
        ? [
            {
              ...{
                id: 'cb_66b0c4d1e5a7f30912ab34ce',
                event: 'task.completed',
                url: 'https://yard.example/cb',
                state: 'delivered',
                tries: 2,
              },
              ...{ tries_max: 21, next_try_at: null, created_at: '2026-11-24T10:30:00.000Z' },
              done_at: '2026-11-24T10:30:10.000Z',
              attempts: [
                {
                  ...{
                    n: 1,
                    started_at: '2026-11-24T10:30:01.000Z',
                    duration_ms: 212,
                    address: '203.0.113.7:443',
                  },
                  ...{
                    status: 503,
                    outcome: 'failed',
                    detail: 'The receiver answered 503 Service Unavailable.',
                  },
                },
                {
                  ...{
                    n: 2,
                    started_at: '2026-11-24T10:30:09.000Z',
                    duration_ms: 61,
                    address: '203.0.113.7:443',
                  },
                  ...{ status: 200, outcome: 'delivered', detail: null },
                },
              ],
            },
          ]
        : [],
    charge:
      mode === 'live' && task.status === 'completed'
        ? { amount_micros: 80_000, currency: 'USD', created_at: '2026-11-24T10:30:00.000Z' }
        : null,
    completed_by: mode === 'live' && task.status === 'completed' ? { name: 'Lea Holm' } : null,
  };
}

function waiting(): MockTask[] {
  return sampleTasks().filter((task) => !done.has(task.task_id) && task.task_id !== claim?.task.task_id);
}

function answerWithClaim(): unknown {
  if (!claim) {
    const task = waiting()[0];
    if (!task) return null;
    claims += 1;
    claim = { id: `claim${claims}`, epoch: 1, version: 0, draft: null, task };
  }
  const { id, epoch, version, draft, task } = claim;
  return {
    claim: {
      ...{ claim_id: id, task_id: task.task_id, epoch, state: 'active', lease_seconds_left: 900 },
      ...{ draft_version: version, draft, opened_here: true },
    },
    task: {
      ...task,
      attachments: task.attachments.map((attachment) => ({
        ...attachment,
        url: attachment.url === null ? null : `/web/live/tasks/${task.task_id}/attachments/0`,
      })),
    },
  };
}

function claimRoutes(
  method: string,
  id: string | undefined,
  action: string | undefined,
  body: Body,
): unknown {
  if (method === 'POST' && id === undefined) return answerWithClaim() ?? { claim: null, task: null };
  if (!claim || claim.id !== id) throw new Refusal(404, { error: 'This task is not yours any more.' });
  switch (action) {
    case undefined:
      return answerWithClaim();
    case 'heartbeat':
      return { lease_seconds_left: 900, state: 'active' };
    case 'take_over':
      claim.epoch += 1;
      return answerWithClaim();
    case 'draft':
      if (body.version !== claim.version + 1) {
        throw new Refusal(409, {
          ...{
            code: 'draft_conflict',
            error: 'A newer draft is stored.',
            version: claim.version,
            draft: claim.draft,
          },
        });
      }
      claim.version += 1;
      claim.draft = body.draft;
      return { version: claim.version };
    case 'submit':
    case 'skip': {
      console.log(action, claim.task.type, JSON.stringify(body.response ?? body.reason));
      const { task_id } = claim.task;
      done.add(task_id);
      claim = null;
      return { task_id, next: answerWithClaim() };
    }
    case 'release':
      return {};
    default:
      throw new Refusal(404, { error: 'No such address.' });
  }
}
