/** Keys and news, as the stand-in for the server has them: in memory. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { keyTail } from '../src/features/keys/key-form.ts';
import { Refusal } from './refusal.ts';

type Body = Record<string, unknown>;
type Environment = 'live' | 'test';

interface MockKey extends Body {
  key_id: string;
  environment: Environment;
  name: string;
  hint: string;
  state: string;
  expires_at: string | null;
  replaced_by: string | null;
}

const HOUR_MS = 3_600_000;
const OVERLAPS: Record<string, number> = {
  ...{ now: 0, '1h': HOUR_MS, '24h': 24 * HOUR_MS, '3d': 72 * HOUR_MS, '7d': 168 * HOUR_MS },
};

let made = 0;
const texts = new Map<string, string>();
const apiKeys: MockKey[] = [];
const callbackKeys: MockKey[] = [];
let policy = { show_keys_once: false, keys_may_make_managers: false, own_key_for_test_callbacks: false };
const streams = new Set<ServerResponse>();

function makeKey(list: MockKey[], environment: Environment, name: string, kind: 'wb' | 'wc'): MockKey {
  made += 1;
  const start = `${environment}_${kind}${String(made).padStart(32, '0')}`;
  const text = start + keyTail(start);
  const key: MockKey = {
    ...{ key_id: `key_${String(made).padStart(24, '0')}`, environment, name, state: 'active' },
    ...{
      hint: `${environment}_${kind}…${text.slice(-4)}`,
      revealable: !policy.show_keys_once,
      imported: false,
    },
    ...{ created_at: new Date().toISOString(), created_by: made > 4 ? 'Ada Lind' : null, last_used_at: null },
    ...{
      last_used_address: null,
      last_used_agent: null,
      expires_at: null,
      revoked_at: null,
      replaced_by: null,
    },
  };
  texts.set(key.key_id, text);
  list.push(key);
  return key;
}

const used = makeKey(apiKeys, 'live', 'default', 'wb');
Object.assign(used, {
  last_used_at: '2026-11-24T08:00:00.000Z',
  ...{ last_used_address: '203.0.113.7', last_used_agent: 'python-requests/2.34.2' },
});
makeKey(apiKeys, 'test', 'default', 'wb');
makeKey(callbackKeys, 'live', 'default', 'wc');
makeKey(callbackKeys, 'test', 'default', 'wc');

function receipt(): Body {
  return {
    confirmed_by: 3,
    unconfirmed: 0,
    in_force_everywhere_by: new Date(Date.now() + 10_000).toISOString(),
  };
}

function find(id: string | undefined): MockKey {
  const key = [...apiKeys, ...callbackKeys].find((candidate) => candidate.key_id === id);
  if (!key) throw new Refusal(404, { code: 'key_not_found', error: 'There is no such key.' });
  return key;
}

/** Everything under `/web/keys`. */
export function keyRoutes(method: string, rest: string[], body: Body, recent: () => void): unknown {
  const [id, action] = rest;
  if (id === undefined && method === 'GET') {
    return { api_keys: apiKeys, callback_auth_keys: callbackKeys, policy };
  }
  tellNews('keys');
  if (id === 'policy') {
    recent();
    policy = { ...policy, ...body };
    if (policy.show_keys_once) for (const key of [...apiKeys, ...callbackKeys]) key.revealable = false;
    return { policy };
  }
  if (id === 'revoke-all') {
    const live = apiKeys.filter((key) => key.environment === body.environment && key.state === 'active');
    for (const key of live) Object.assign(key, { state: 'revoked', revoked_at: new Date().toISOString() });
    return { revoked: live.length, receipt: receipt() };
  }
  if (id === undefined || id === 'import') {
    if (body.environment === 'live') recent();
    const key = makeKey(apiKeys, body.environment as Environment, String(body.name), 'wb');
    if (id === 'import') {
      Object.assign(key, {
        ...{ imported: true, revealable: false },
        hint: `${String(body.text).slice(0, 5)}…${String(body.text).slice(-4)}`,
      });
    }
    return { key, text: texts.get(key.key_id), receipt: receipt() };
  }
  const key = find(id);
  if (key.environment === 'live' && action !== 'revoke') recent();
  switch (action) {
    case undefined:
      key.name = String(body.name);
      break;
    case 'reveal':
      if (!key.revealable)
        throw new Refusal(410, { code: 'key_not_revealable', error: 'It cannot be shown.' });
      return { key: texts.get(key.key_id) };
    case 'roll': {
      if (key.replaced_by)
        throw new Refusal(409, { code: 'already_rolled', error: 'It was rolled already.' });
      const list = apiKeys.includes(key) ? apiKeys : callbackKeys;
      const next = makeKey(list, key.environment, key.name, list === apiKeys ? 'wb' : 'wc');
      const overlap = OVERLAPS[String(body.overlap)] ?? 0;
      Object.assign(key, {
        replaced_by: next.key_id,
        expires_at: new Date(Date.now() + overlap).toISOString(),
        ...(overlap === 0 ? { state: 'expired' } : {}),
        uses: [
          ...[{ address: '203.0.113.7', user_agent: 'python-requests/2.34.2' }],
          ...[{ address: '203.0.113.8', user_agent: null }],
        ].map((use) => ({ ...use, last_used_at: new Date().toISOString() })),
      });
      return { key: next, text: texts.get(next.key_id), old: key, receipt: receipt() };
    }
    case 'end':
      key.expires_at = body.at === 'now' ? new Date().toISOString() : String(body.at);
      if (body.at === 'now') key.state = 'expired';
      break;
    case 'suspend':
      key.state = 'suspended';
      break;
    case 'resume':
      key.state = 'active';
      break;
    case 'revoke':
      Object.assign(key, { state: 'revoked', revoked_at: new Date().toISOString() });
      break;
    default:
      throw new Refusal(404, { error: 'No such address.' });
  }
  return { key, receipt: receipt() };
}

/** Opens a stream of news. */
export function newsStream(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': hello\n\n');
  streams.add(response);
  request.on('close', () => streams.delete(response));
}

export function tellNews(kind: string): void {
  for (const stream of streams) stream.write(`id: ${Date.now()}\nevent: ${kind}\ndata: {}\n\n`);
}
