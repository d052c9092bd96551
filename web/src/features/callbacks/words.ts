/** Callbacks in words. Every function that needs the present takes it, so that tests can choose it. */
import { count } from '../../lib/money';
import type { BadgeTone } from '../../ui/Badge';
import type { CallbackItem, CallbackState, Cause, HeldFor, Target } from './types';

export const STATE_TONES: Record<CallbackState, BadgeTone> = {
  pending: 'waiting',
  sending: 'waiting',
  delivered: 'good',
  failed: 'bad',
  blocked: 'bad',
  superseded: 'neutral',
  held: 'waiting',
  discarded: 'neutral',
};

const HELD_WORDS: Record<HeldFor, string> = {
  pause: 'target paused',
  gone: 'target answered 410 Gone',
  plain_http: 'plain http',
};

/** Why a callback is held, shortly. */
export function heldWords(heldFor: HeldFor | null): string {
  return heldFor === null ? 'held' : HELD_WORDS[heldFor];
}

/** What a held callback waits for, as a sentence. */
export function heldSentence(heldFor: HeldFor | null): string {
  switch (heldFor) {
    case 'plain_http':
      return 'Held: its address is plain http to a public host, so the key could be read on the way. It goes out once the account allows plain http.';
    case 'gone':
      return 'Held: its address answered 410 Gone twice in a row. It goes out once the target is resumed.';
    default:
      return 'Held: its target is paused. It goes out once the target is resumed.';
  }
}

const OUTCOME_WORDS: Record<string, string> = {
  delivered: 'Delivered',
  http_status: 'Refused by status',
  started: 'Under way',
  gone: 'Gone: no more are wanted',
  redirect: 'Redirect, not followed',
  dns: 'Name not resolved',
  blocked_address: 'Address not allowed',
  blocked_literal: 'Address not allowed',
  plain_http: 'Plain http not allowed',
  refused: 'Connection refused',
  reset: 'Connection broke off',
  tls: 'TLS failed',
  timeout_connect: 'No connection in time',
  timeout_whole: 'No answer in time',
  bad_http: 'Answer is no HTTP',
  worker_lost: 'Unknown: worker lost',
  late: 'Too late: another worker had taken it over',
  interrupted: 'Interrupted by a stop of the server',
  no_auth_key: 'No callback auth key',
  target_down: 'Target down until the window ended',
  mail_refused: 'Mail refused',
  held_too_long: 'Held for too long',
  proxy: 'Our proxy failed',
  too_late: 'Not sent: no time was left',
};

/** What a try came to, shortly. */
export function outcomeWords(outcome: string | null): string {
  if (outcome === null) return 'Under way';
  return OUTCOME_WORDS[outcome] ?? outcome.replaceAll('_', ' ');
}

export const CAUSE_WORDS: Record<Cause, string> = {
  schedule: 'by schedule',
  probe: 'as a probe',
  person: 'by a person',
  replay: 'by a replay',
  test: 'as a test',
};

export const TARGET_WORDS: Record<Target['state'], string> = {
  ok: 'OK',
  failing: 'Failing',
  open: 'Breaker open',
  paused: 'Paused',
};

export const TARGET_TONES: Record<Target['state'], BadgeTone> = {
  ok: 'good',
  failing: 'bad',
  open: 'bad',
  paused: 'waiting',
};

const PAUSED_BY: Record<NonNullable<Target['paused_by']>, string> = {
  auto: 'by itself, after days without a success',
  person: 'by a person',
  start: 'at the start of the server',
};

export function pausedBy({ paused_by }: Target): string {
  return paused_by === null ? '' : PAUSED_BY[paused_by];
}

/** A target as lists show it: https and its port go without saying. */
export function shortTarget(target: string): string {
  return target.replace(/^https:\/\/(.*?)(:443)?$/, '$1');
}

/** Time until a moment, to the second within the hour: "in 12 min 05 s"; "now" once it is there. */
export function countdown(iso: string, now: number): string {
  const seconds = Math.ceil((Date.parse(iso) - now) / 1000);
  if (!Number.isFinite(seconds)) return iso;
  if (seconds <= 0) return 'now';
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `in ${seconds} s`;
  if (minutes < 60) return `in ${minutes} min ${two(seconds % 60)} s`;
  if (hours < 48) return `in ${hours} h ${two(minutes % 60)} min`;
  return `in ${Math.floor(hours / 24)} days`;
}

/** What is to come for a callback that has no moment for it. */
export function nextWithoutMoment({ state, held_for }: CallbackItem): string {
  switch (state) {
    case 'pending':
      return 'after an earlier state';
    case 'sending':
      return 'being sent';
    case 'held':
      return heldWords(held_for);
    default:
      return '–';
  }
}

/** A duration: "12 ms", "1.3 s", "15 s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 60) return `${seconds} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** A count that goes no further than a cap: "10,000+" stands for all above. */
export function countUpTo(n: number, cap: number): string {
  return n >= cap ? `${count(cap)}+` : count(n);
}

/** A share as percent, never rounded up to 100: "99.9%". */
export function percent(share: number): string {
  const tenths = Math.floor(share * 1000 + 1e-9) / 10;
  return `${tenths}%`;
}
