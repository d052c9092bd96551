import type { Key, Keys } from '../api/types';

/** A key as the server lists it, for tests. */
export function keyOf(change: Partial<Key>): Key {
  return {
    key_id: 'key_1',
    environment: 'test',
    name: 'default',
    hint: 'test_wb…c81e',
    state: 'active',
    revealable: true,
    imported: false,
    created_at: '2026-11-20T09:00:00.000Z',
    created_by: 'Ada Lind',
    last_used_at: null,
    last_used_address: null,
    last_used_agent: null,
    expires_at: null,
    revoked_at: null,
    replaced_by: null,
    ...change,
  };
}

/** The keys of a new account, and what else is given. */
export function keysOf(change: Partial<Keys> = {}): Keys {
  const live = { environment: 'live' } as const;
  return {
    api_keys: [keyOf({ ...live, key_id: 'key_live', hint: 'live_wb…4f2a' }), keyOf({ key_id: 'key_test' })],
    callback_auth_keys: [
      keyOf({ ...live, key_id: 'key_live_auth', hint: 'live_wc…9d03' }),
      keyOf({ key_id: 'key_test_auth', hint: 'test_wc…77ab' }),
    ],
    policy: { show_keys_once: false, keys_may_make_managers: false, own_key_for_test_callbacks: false },
    ...change,
  };
}
