/** Callbacks of the stand-in server: some of each kind, a target that is down, a replay and a test receiver. */
import { Refusal } from './refusal.ts';

type Body = Record<string, unknown>;

const TARGETS = ['https://yard.example:443', 'https://depot.example:8443'];
const STATES = ['pending', 'delivered', 'failed', 'delivered', 'held', 'superseded', 'delivered', 'blocked'];
const COUNT = 120;
const LIMITS = { connect_ms: 5000, whole_ms: 15_000, answer_bytes: 65_536 };

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
const idOf = (index: number) => `cb_66b0c4d1e5a7f309${(0x12ab34ce + index).toString(16).padStart(8, '0')}`;

const paused = new Set<string>();
const discarded = new Set<number>();
const tests: number[] = [];
let receiver: Body | null = null;
let received: Body[] = [];
const replays: Body[] = [];

function callback(index: number): Body {
  const isTest = tests.includes(index);
  const state = discarded.has(index) ? 'discarded' : isTest ? 'delivered' : STATES[index % STATES.length];
  const target = TARGETS[state === 'delivered' || state === 'superseded' ? 0 : 1];
  const bad = state !== 'delivered' && state !== 'superseded' && state !== 'held';
  return {
    id: idOf(index),
    ...{ event: index % 5 === 4 ? 'task.error' : 'task.completed', sequence: (index % 3) + 1 },
    ...{ url: `${target}/callbacks?token=…4f2a`, target, task_id: '66b0c4d1e5a7f30912ab34cd' },
    ...{ batch: null, project: 'gate-cameras', state, held_for: state === 'held' ? 'pause' : null },
    ...{ tries: state === 'held' ? 0 : bad ? 3 + (index % 4) : 1, tries_max: 21 },
    last_status: state === 'held' ? null : state === 'blocked' ? null : bad ? 500 : 200,
    last_outcome:
      state === 'held' ? null : state === 'blocked' ? 'blocked_address' : bad ? 'http_status' : 'delivered',
    last_latency_ms: state === 'held' ? null : bad ? 2310 : 61,
    next_try_at: state === 'pending' ? ahead(45_000 + index * 7000) : null,
    ...{ created_at: ago(60_000 * (index + 1)), done_at: state === 'delivered' ? ago(59_000 * index) : null },
    ...{ first_try_at: null, is_test: isTest, resend: null },
  };
}

function all(): Body[] {
  return Array.from({ length: COUNT }, (_, index) => callback(index));
}

function list(url: URL): Body {
  const wanted = url.searchParams;
  const matching = all().filter((found) =>
    ['state', 'target', 'project', 'event'].every((name) => {
      const value = wanted.get(name);
      if (value === null) return true;
      if (value === 'problem') return ['failed', 'blocked', 'held', 'pending'].includes(String(found.state));
      return found[name] === value;
    }),
  );
  const from = Number(wanted.get('cursor') ?? 0);
  const end = from + Number(wanted.get('limit') ?? 50);
  return { callbacks: matching.slice(from, end), next_cursor: end < matching.length ? String(end) : null };
}

function target(name: string): Body {
  const down = name === TARGETS[1];
  const count = (state: string) =>
    all().filter((found) => found.target === name && found.state === state).length;
  return {
    target: name,
    state: paused.has(name) ? 'paused' : down ? 'open' : 'ok',
    ...{ failures: down ? 7 : 0, open_until: down ? ahead(42_000) : null, not_before: null },
    ...{ paused_at: paused.has(name) ? ago(5000) : null, paused_by: paused.has(name) ? 'person' : null },
    ...{ pending: count('pending'), held: count('held') },
    ...{ last_success_at: ago(down ? 10_800_000 : 20_000), last_failure_at: down ? ago(18_000) : null },
    ...{
      last_outcome: down ? 'http_status' : 'delivered',
      last_status: down ? 500 : 200,
      next_due_at: ahead(42_000),
    },
  };
}

function summary(): Body {
  const count = (state: string) => all().filter((found) => found.state === state).length;
  return {
    ...{ success_rate: 0.7512, ended: 1000, lag_ms: { p50: 3, p99: 41 } },
    ...{ pending: count('pending'), held: count('held'), failed: count('failed') },
    ...{
      oldest_due_at: ago(18_000),
      counts_capped_at: 10_000,
      target_counts_capped_at: 1000,
      targets: TARGETS.toReversed().map(target),
    },
  };
}

function headers(n: number): [string, string][] {
  return [
    ['content-type', 'application/json'],
    ['user-agent', 'Weighbridge/0.1.0'],
    ['scale-callback-auth', 'live_wc…4f2a'],
    ['webhook-id', idOf(0)],
    ['webhook-timestamp', '1786000000'],
    ['webhook-signature', 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4='],
    ['weighbridge-event', 'task.completed'],
    ['weighbridge-attempt', String(n)],
  ];
}

function attempt(n: number, found: Body): Body {
  const good = found.state === 'delivered';
  return {
    ...{ n, cause: 'schedule', url: null, started_at: ago(600_000 / n), duration_ms: good ? 61 : 2310 },
    ...{ dns_ms: 3, connect_ms: good ? 21 : 1200, address: '203.0.113.7:443', status: good ? 200 : 500 },
    ...{ outcome: good ? 'delivered' : 'http_status', detail: good ? null : 'The receiver answered 500.' },
    request_headers: headers(n),
    answer: {
      headers: [
        ['content-type', 'text/plain'],
        ['server', 'yard/1.4'],
      ],
      ...{ body: good ? 'thank you' : 'wrong key', complete: true },
    },
    may_be_wrong_key: !good,
  };
}

function detail(id: string): Body {
  const index = all().findIndex((found) => found.id === id);
  if (index === -1) throw new Refusal(404, { error: 'There is no such callback.' });
  const found = callback(index);
  const body = JSON.stringify({ status: 'completed', task: { task_id: found.task_id, status: 'completed' } });
  const tries = Number(found.tries);
  return {
    callback: found,
    request: {
      ...{ method: 'POST', url: found.url, headers: headers(tries), body, body_bytes: body.length },
      purged: false,
    },
    attempts: Array.from({ length: tries }, (_, at) => attempt(at + 1, found)),
    others: [{ id: idOf(1), sequence: 2, event: 'task.recalled', state: 'delivered' }],
    newest: { id: idOf(1), sequence: 3 },
    why_next:
      found.state === 'pending' ? 'Retry 4 of 20: 1 minute after the one before, less up to a fifth.' : null,
    limits: LIMITS,
  };
}

function startReplay(filter: Body): Body {
  const replay = {
    ...{ id: `replay-${replays.length}`, state: 'running', total: 240, sent: 60, delivered: 52, failed: 8 },
    ...{ created_at: ago(12_000), created_by: 'Ada Lind', filter },
  };
  replays.unshift(replay);
  return { replay };
}

function replayRoutes(method: string, id: string | undefined, action: string | undefined, body: Body): Body {
  if (method === 'GET') return { replays };
  if (id === undefined) return startReplay(body);
  if (id === 'preview') return { count: 240, purged: 1, older_states: 3 };
  const replay = replays.find((candidate) => candidate.id === id);
  if (!replay) throw new Refusal(404, { error: 'There is no such replay.' });
  replay.state = action === 'pause' ? 'paused' : action === 'resume' ? 'running' : 'canceled';
  return { replay };
}

function targetRoutes(action: string | undefined, name: string): Body {
  if (action === 'pause') paused.add(name);
  if (action === 'resume') paused.delete(name);
  if (action !== 'discard') return { target: target(name) };
  const held = all().flatMap((found, index) => (found.state === 'held' ? [index] : []));
  for (const index of held) discarded.add(index);
  return { target: target(name), discarded: held.length };
}

function resend(id: string, body: Body): Body {
  const index = all().findIndex((found) => found.id === id);
  const found = callback(index);
  if (body.url !== undefined && !String(body.url).startsWith('http')) {
    const message = 'The address must begin with https:// or http://.';
    throw new Refusal(400, { error: message, errors: [{ path: 'url', message }] });
  }
  if (found.sequence === 1 && body.confirm_older !== true) {
    throw new Refusal(409, {
      ...{ code: 'older_state', error: 'This is state 1 of 3; your server has seen 3.' },
      newest: { id: idOf(index + 2), sequence: 3 },
    });
  }
  return { callback: found };
}

function verification(): Body {
  return {
    auth: { state: 'other_mode', text: 'It is the Test Callback Auth Key; this page is of live mode.' },
    timestamp: { age_seconds: 412, within_tolerance: false },
    signatures: [{ scheme: 'v1', state: 'unknown', text: 'No signing secret of this account made it.' }],
    verdict: 'bad',
    causes: [
      'The body was parsed and written again before it was checked.',
      'A newline was added at the end.',
      'The secret is of the other mode.',
    ],
    difference: {
      ...{ offset: 17, line: 1, column: 18, expected: '{"status":"completed","task"' },
      got: '{"status": "completed", "task"',
    },
  };
}

function receiverRoutes(method: string, action: string | undefined, url: URL, body: Body): Body {
  if (action === 'requests') {
    const after = Number(url.searchParams.get('after') ?? 0);
    return { requests: received.filter(({ n }) => Number(n) > after) };
  }
  if (action === 'delete') {
    receiver = null;
    received = [];
    return {};
  }
  if (method === 'POST') {
    receiver = {
      ...{ id: 'receiver-1', url: `${url.origin}/dev/receiver/8f14e45fceea167a5a36dedd4bea2543` },
      ...{ expires_at: ahead(86_400_000), answer_status: 200, delay_ms: 0, ...receiver, ...body },
    };
  }
  return { receiver: receiver && { ...receiver, received: received.length } };
}

function sendTest(body: Body): Body {
  const index = tests.length;
  tests.push(index);
  if (receiver !== null && body.url === receiver.url) {
    received.push({
      ...{ n: received.length + 1, at: ago(0), headers: headers(1), auth: 'ok', signature: 'ok' },
      body: '{"status":"completed"}',
    });
  }
  return { callback: { ...callback(index), event: body.event } };
}

/** Answers about callbacks and test receivers; undefined for other addresses. */
export function callbackRoutes(method: string, rest: string[], url: URL, body: Body): unknown {
  const [noun, id, action, last] = rest;
  if (noun === 'receivers') return receiverRoutes(method, id, url, body);
  if (noun !== 'callbacks') return undefined;
  switch (id) {
    case undefined:
      return list(url);
    case 'summary':
      return summary();
    case 'replays':
      return replayRoutes(method, action, last, body);
    case 'targets':
      return targetRoutes(action, String(body.target));
    case 'test':
      return sendTest(body);
    case 'verify':
      return verification();
    default:
      return action === 'resend' ? resend(id, body) : detail(id);
  }
}
