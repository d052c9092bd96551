/** What the account has decided about its callbacks, and the secrets that sign them. */
import { queryOptions } from '@tanstack/react-query';
import { apiPath, request } from '../../api/client';
import { keysQuery } from '../../api/queries';
import type { Mode } from '../../api/types';
import { counted } from '../../lib/money';

/** What becomes of a callback whose address is plain http to a public host (callbacks.md 5). */
export type PlainHttp = 'hold' | 'send' | 'refuse';

export interface CallbackEvent {
  name: string;
  description: string;
  /** Part of the original API: sent to every account. */
  original: boolean;
}

export interface CallbackSettings {
  /** http(s) address or the e-mail address of a person of the account. */
  default_callback_url: string | null;
  plain_http: PlainHttp;
  /** The only hosts that callbacks may go to; null where any public host will do. */
  pinned_hosts: string[] | null;
  /** Events beyond the original that are sent too. */
  subscribed_events: string[];
  own_key_for_test_callbacks: boolean;
  /** While a key is rolled: the old one stays in `scale-callback-auth`. */
  old_key_first: boolean;
  /** How many callbacks wait for `plain_http` to become `send`. */
  held_plain_http: Record<Mode, number>;
  events: CallbackEvent[];
}

/** What can be changed on the page of the settings. */
export type ChangeableSettings = Pick<
  CallbackSettings,
  'default_callback_url' | 'plain_http' | 'pinned_hosts' | 'subscribed_events' | 'old_key_first'
>;

export const callbackSettingsQuery = queryOptions({
  queryKey: ['callback-settings'],
  queryFn: ({ signal }) => request<CallbackSettings>('GET', '/web/callback-settings', undefined, { signal }),
});

export async function saveCallbackSettings(change: Partial<ChangeableSettings>): Promise<void> {
  await request('POST', '/web/callback-settings', change);
}

/** A secret that callbacks of one mode are signed with, without its text. */
export interface SigningSecret {
  id: string;
  /** Its end: `…4f2a`. */
  hint: string;
  created_at: string;
  /** Null of the one that stays. */
  expires_at: string | null;
  state: 'current' | 'previous';
}

export interface SigningSecrets {
  /** Those that sign, the newest first. */
  secrets: SigningSecret[];
  /** `whpk_…`, the newest first. */
  public_keys: string[];
  /** Where receivers fetch the public keys from. */
  public_keys_url: string;
}

/** So many secrets sign at a time. */
export const SECRETS_MAX = 3;

/** Under the keys, so that what has them fetched anew, or forgotten, does the same to the secrets. */
export const signingSecretsQuery = (mode: Mode) =>
  queryOptions({
    queryKey: [...keysQuery.queryKey, 'signing', mode],
    queryFn: ({ signal }) =>
      request<SigningSecrets>('GET', apiPath('web', mode, 'signing-secrets'), undefined, { signal }),
  });

/** "3 callbacks of live mode and 1 of test mode wait", or null where none does. */
export function heldWords({ live, test }: CallbackSettings['held_plain_http']): string | null {
  if (live + test === 0) return null;
  const verb = live + test === 1 ? 'waits' : 'wait';
  if (live === 0) return `${counted(test, 'callback')} of test mode ${verb}`;
  if (test === 0) return `${counted(live, 'callback')} ${verb}`;
  return `${counted(live, 'callback')} of live mode and ${test} of test mode ${verb}`;
}

/** The hosts of a text that has one a line; commas and spaces part them too. */
export function hostsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((host) => host !== ''))];
}

/** What of the settings differs from how they are saved. */
export function changesOf(saved: CallbackSettings, wanted: ChangeableSettings): Partial<ChangeableSettings> {
  const names = Object.keys(wanted) as (keyof ChangeableSettings)[];
  const differing = names.filter((name) => comparable(saved[name]) !== comparable(wanted[name]));
  return Object.fromEntries(differing.map((name) => [name, wanted[name]]));
}

/** Lists are sets here: their order says nothing. */
function comparable(value: ChangeableSettings[keyof ChangeableSettings]): string {
  return JSON.stringify(Array.isArray(value) ? value.toSorted() : value);
}
