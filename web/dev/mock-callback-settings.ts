/** Callback settings and signing secrets, as the stand-in for the server has them: in memory. */
import { randomBytes } from 'node:crypto';
import { Refusal } from './refusal.ts';

type Body = Record<string, unknown>;
type Environment = 'live' | 'test';

const OVERLAPS_MS: Record<string, number> = {
  ...{ '0': 0, '1h': 3_600_000, '24h': 86_400_000, '3d': 259_200_000, '7d': 604_800_000 },
};

let settings: Body = {
  default_callback_url: null,
  plain_http: 'hold',
  pinned_hosts: null,
  subscribed_events: [],
  own_key_for_test_callbacks: false,
  old_key_first: false,
  held_plain_http: { live: 3, test: 0 },
  events: [
    { name: 'task.completed', description: 'A task was answered', original: true },
    { name: 'task.error', description: 'A task could not be done', original: true },
    { name: 'batch.completed', description: 'All tasks of a batch are done', original: true },
    { name: 'task.recalled', description: 'An answer was taken back', original: false },
    { name: 'task.audited', description: 'An answer was looked over', original: false },
  ],
};

/** `/web/callback-settings`. */
export function callbackSettingsRoutes(method: string, body: Body): Body {
  if (method === 'GET') return settings;
  const address = body.default_callback_url;
  if (typeof address === 'string' && address.includes('10.')) {
    const message = '10.0.0.5 is a private address. Allow it with --allow-callback-network 10.0.0.0/8.';
    throw new Refusal(400, {
      error: `default_callback_url: ${message}`,
      errors: [{ path: 'default_callback_url', message }],
    });
  }
  settings = { ...settings, ...body };
  if (settings.plain_http === 'send') settings.held_plain_http = { live: 0, test: 0 };
  return settings;
}

interface MockSecret extends Body {
  id: string;
  text: string;
  expires_at: string | null;
  publicKey: string;
}

function makeSecret(): MockSecret {
  const text = `whsec_${randomBytes(32).toString('base64')}`;
  return {
    id: `ws_${randomBytes(6).toString('hex')}`,
    ...{ text, hint: `…${text.slice(-4)}`, created_at: new Date().toISOString(), expires_at: null },
    publicKey: `whpk_${randomBytes(32).toString('base64')}`,
  };
}

const secrets: Record<Environment, MockSecret[]> = { live: [makeSecret()], test: [makeSecret()] };

/** Everything under `/web/{mode}/signing-secrets`. */
export function signingSecretRoutes(
  mode: Environment,
  rest: string[],
  body: Body,
  recent: () => void,
): unknown {
  const [id, action] = rest;
  if (action === 'reveal') {
    if (mode === 'live') recent();
    return { secret: secrets[mode].find((secret) => secret.id === id)?.text };
  }
  if (id === 'roll') {
    recent();
    const overlap = OVERLAPS_MS[String(body.overlap)] ?? 0;
    for (const secret of secrets[mode]) secret.expires_at ??= new Date(Date.now() + overlap).toISOString();
    secrets[mode] = [makeSecret(), ...secrets[mode].filter(isRunning)];
  }
  return {
    secrets: secrets[mode].map(({ text, publicKey, ...secret }) => ({
      ...secret,
      state: secret.expires_at === null ? 'current' : 'previous',
    })),
    public_keys: secrets[mode].map(({ publicKey }) => publicKey),
    public_keys_url: 'http://localhost:8080/.well-known/weighbridge/callback-keys?account=account',
  };
}

function isRunning({ expires_at }: MockSecret): boolean {
  return expires_at === null || Date.parse(expires_at) > Date.now();
}
