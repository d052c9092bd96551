import type {
  CallbackSettings,
  SigningSecret,
  SigningSecrets,
} from '../features/callback-settings/callback-settings';

/** The callback settings of a new account, and what else is given. */
export function callbackSettingsOf(change: Partial<CallbackSettings> = {}): CallbackSettings {
  return {
    default_callback_url: null,
    plain_http: 'hold',
    pinned_hosts: null,
    subscribed_events: [],
    own_key_for_test_callbacks: false,
    old_key_first: false,
    held_plain_http: { live: 0, test: 0 },
    events: [
      { name: 'task.completed', description: 'A task was answered', original: true },
      { name: 'task.recalled', description: 'An answer was taken back', original: false },
    ],
    ...change,
  };
}

/** A signing secret as the server lists it. */
export function signingSecretOf(change: Partial<SigningSecret> = {}): SigningSecret {
  return {
    id: 'ws_1',
    hint: '…5e0d',
    created_at: '2026-11-20T09:00:00.000Z',
    expires_at: null,
    state: 'current',
    ...change,
  };
}

/** The signing secrets of a new account in one mode. */
export function signingSecretsOf(change: Partial<SigningSecrets> = {}): SigningSecrets {
  return {
    secrets: [signingSecretOf()],
    public_keys: ['whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='],
    public_keys_url: 'https://yard.example/.well-known/weighbridge/callback-keys?account=account',
    ...change,
  };
}
