/** What the page says about keys. Times are passed in, so that tests can choose them. */
import type { Key, Mode, Receipt } from '../../api/types';
import { counted } from '../../lib/money';
import { clockTime } from '../../lib/time';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Longest time that an old key may work beside the new one. */
const OVERLAP_MAX_MS = 30 * DAY_MS;

export type Overlap = 'now' | '1h' | '24h' | '3d' | '7d';

export const OVERLAPS: { overlap: Overlap; words: string; ms: number }[] = [
  { overlap: 'now', words: 'now', ms: 0 },
  { overlap: '1h', words: 'in 1 hour', ms: HOUR_MS },
  { overlap: '24h', words: 'in 24 hours', ms: DAY_MS },
  { overlap: '3d', words: 'in 3 days', ms: 3 * DAY_MS },
  { overlap: '7d', words: 'in 7 days', ms: 7 * DAY_MS },
];

export const MODE_WORDS: Record<Mode, string> = { live: 'Live', test: 'Test' };

/** Where a change is in force: "In force in 3 of 3 servers." */
export function receiptText({ confirmed_by, unconfirmed, in_force_everywhere_by }: Receipt): string {
  if (unconfirmed === 0) return `In force in ${confirmed_by} of ${counted(confirmed_by, 'server')}.`;
  const have = unconfirmed === 1 ? 'has' : 'have';
  return (
    `${counted(unconfirmed, 'server')} ${have} not confirmed; in force everywhere by ` +
    `${clockTime(in_force_everywhere_by)} at the latest.`
  );
}

/** Whether the key was rolled and still works beside the new one. */
export function isRolledAndRunning(key: Key): boolean {
  return key.replaced_by !== null && (key.state === 'active' || key.state === 'suspended');
}

/** Whether the key works no more and never will. */
export function isEnded(key: Key): boolean {
  return key.state === 'revoked' || key.state === 'expired';
}

/** "2 addresses in the last hour" */
export function stillUsedBy(key: Key, now: number): string {
  const addresses = new Set(
    (key.uses ?? []).filter((use) => now - Date.parse(use.last_used_at) <= HOUR_MS).map((use) => use.address),
  );
  return `${counted(addresses.size, 'address', 'addresses')} in the last hour`;
}

/**
 * The later ends that a rolled key can be given. It was rolled when the new key was made, and works for 30 days after
 * that at most.
 */
export function laterEnds(old: Key, rolledAt: string, now: number): { words: string; at: string }[] {
  const end = Date.parse(old.expires_at ?? '');
  const latest = Date.parse(rolledAt) + OVERLAP_MAX_MS;
  const choices = [
    ...OVERLAPS.map(({ words, ms }) => ({ words, at: now + ms })),
    { words: 'as late as possible, 30 days after it was rolled', at: latest },
  ];
  return choices
    .filter(({ at }) => at > now && at <= latest && (Number.isNaN(end) || at > end))
    .map(({ words, at }) => ({ words, at: new Date(at).toISOString() }));
}

/** The last four characters, which its hint shows, and which confirm that the right key is meant. */
export function lastFour(key: Key): string {
  return key.hint.slice(-4);
}
